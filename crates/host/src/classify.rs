//! What a request is, told from its head alone.

use crate::proxy::Proxied;

/// The parts of a request's head that decide. Header values as they arrived.
#[derive(Clone, Copy, Debug, Default)]
pub struct Head<'a> {
    /// As sent: `POST`.
    pub method: &'a str,
    /// The header `errand-action`.
    pub action: Option<&'a str>,
    /// The header `content-type`.
    pub content_type: Option<&'a str>,
    /// The header `content-length`, in bytes.
    pub content_length: Option<u64>,
    /// The header `host`.
    pub host: Option<&'a str>,
    /// The header `origin`.
    pub origin: Option<&'a str>,
    /// The header `sec-fetch-site`.
    pub sec_fetch_site: Option<&'a str>,
    /// What proxies added.
    pub proxied: Proxied<'a>,
}

/// What a request is.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A fetch call of the action with this id.
    Call(&'a str),
    /// Perhaps a form sent without JavaScript; only its fields tell.
    Form,
    /// Not ours.
    Other,
}

/// A fetch call names its action in a header; a form sent without JavaScript is a plain multipart
/// post, like many that aren't ours.
pub fn classify<'a>(head: &Head<'a>) -> Kind<'a> {
    match head.action {
        _ if head.method != "POST" => Kind::Other,
        Some(id) => Kind::Call(id),
        None if media_type(head.content_type) == "multipart/form-data" => Kind::Form,
        None => Kind::Other,
    }
}

/// The type without its parameters, in lower case; empty when there is none.
pub(crate) fn media_type(content_type: Option<&str>) -> String {
    let (essence, _) =
        content_type.unwrap_or("").split_once(';').unwrap_or((content_type.unwrap_or(""), ""));
    essence.trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_posts_are_ours() {
        for method in ["GET", "HEAD", "PUT", "DELETE", "post"] {
            let head = Head { method, action: Some("id"), ..Head::default() };
            assert_eq!(classify(&head), Kind::Other, "{method}");
        }
    }

    #[test]
    fn the_header_makes_a_call_and_multipart_may_be_a_form() {
        let head = Head { method: "POST", ..Head::default() };
        assert_eq!(classify(&Head { action: Some("id"), ..head }), Kind::Call("id"));
        let form = Some("Multipart/Form-Data; boundary=x");
        assert_eq!(classify(&Head { content_type: form, ..head }), Kind::Form);
        assert_eq!(classify(&Head { content_type: Some("application/json"), ..head }), Kind::Other);
        assert_eq!(classify(&head), Kind::Other);
    }
}
