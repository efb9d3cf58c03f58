//! What of an error may leave the server.

/// An error's name and its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Such as `TypeError`.
    pub name: String,
    /// What it says.
    pub message: String,
}

/// What the browser is shown of an error that nobody threw for it: while developing all, in production only the `digest`
/// that its log is found by.
pub fn redact(error: Shown, digest: &str, is_production: bool) -> Shown {
    if !is_production {
        return error;
    }
    let message = if digest.is_empty() {
        "The action failed on the server.".to_owned()
    } else {
        format!(
            "The action failed on the server; its log has the reason under the digest {digest}."
        )
    };
    Shown { name: "Error".to_owned(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_production_nothing_of_it_is_left() {
        let error = Shown { name: "PgError".into(), message: "password=hunter2".into() };
        assert_eq!(redact(error.clone(), "d1", false), error);
        let shown = redact(error.clone(), "d1", true);
        assert!(shown.message.ends_with("digest d1.") && !format!("{shown:?}").contains("hunter2"));
        assert_eq!(
            (shown.name.as_str(), redact(error, "", true).message.contains("digest")),
            ("Error", false)
        );
    }
}
