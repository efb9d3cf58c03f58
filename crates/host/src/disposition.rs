//! What the head of a part says of it: its name, and of a file its file name.
//!
//! ```text
//! disposition = "form-data" *( ";" ( "name" / "filename" ) "=" ( DQUOTE *text DQUOTE / token ) )
//! ```
//!
//! That is what browsers write (HTML, "multipart/form-data"), and nothing else: each once, no backslash that
//! escapes, no `filename*`. Two readers of one body must not see two names.

use crate::rejection::Rejection;

/// The names of a part, their escapes undone.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// The name of the field.
    pub(crate) name: String,
    /// Only files have one.
    pub(crate) file_name: Option<String>,
}

/// Reads the value of a `Content-Disposition` header.
///
/// # Errors
///
/// [`Rejection::Multipart`].
pub(crate) fn parse(header: &[u8]) -> Result<Names, Rejection> {
    const UNREADABLE: Rejection = Rejection::Multipart("a part's names can't be read");
    let header = std::str::from_utf8(header).map_err(|_| UNREADABLE)?;
    let (kind, mut rest) = header.split_at(header.find(';').unwrap_or(header.len()));
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return Err(Rejection::Multipart("a part is no form data"));
    }
    let (mut name, mut file_name) = (None, None);
    while let Some(parameter) = rest.strip_prefix(';') {
        let (attribute, value) = parameter.split_once('=').ok_or(UNREADABLE)?;
        let place = match attribute.trim().to_ascii_lowercase().as_str() {
            "name" => &mut name,
            "filename" => &mut file_name,
            _ => return Err(Rejection::Multipart("a part's head has what browsers don't write")),
        };
        let value = value.trim_start();
        let (value, behind) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').ok_or(UNREADABLE)?,
            None => {
                let (token, behind) = value.split_at(value.find(';').unwrap_or(value.len()));
                (token.trim_end(), behind)
            }
        };
        if place.replace(unescaped(value)).is_some() {
            return Err(Rejection::Multipart("a part's head says something twice"));
        }
        rest = behind.trim_start();
    }
    match name {
        Some(name) if rest.is_empty() => Ok(Names { name, file_name }),
        Some(_) => Err(UNREADABLE),
        None => Err(Rejection::Multipart("a part has no name")),
    }
}

/// The three escapes that HTML defines for names in multipart bodies; nothing else is decoded.
fn unescaped(name: &str) -> String {
    if !name.contains('%') {
        return name.to_owned();
    }
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(name: &str, file_name: Option<&str>) -> Option<Names> {
        Some(Names { name: name.to_owned(), file_name: file_name.map(str::to_owned) })
    }

    fn read(header: &str) -> Option<Names> {
        parse(header.as_bytes()).ok()
    }

    #[test]
    fn names_are_what_browsers_mean_by_them() {
        assert_eq!(read("form-data; name=\"a\""), names("a", None));
        assert_eq!(read("form-data; name=\"a\"; filename=\"b.txt\""), names("a", Some("b.txt")));
        assert_eq!(read("Form-Data;Filename=\"\";Name=a "), names("a", Some("")));
        assert_eq!(read("form-data; name=\"\""), names("", None));
        assert_eq!(read("form-data; name=\"%22%0D%0A%41é\""), names("\"\r\n%41é", None));
        assert_eq!(read("form-data; name=\" a \"; filename=\"b \" "), names(" a ", Some("b ")));
        // A backslash is a backslash, and what looks like a parameter in a name is the name's.
        assert_eq!(read("form-data; name=\"a\\\""), names("a\\", None));
        assert_eq!(read("form-data; name=\"a; filename=b\""), names("a; filename=b", None));
        assert_eq!(
            read("form-data; filename=\"; name=x\"; name=\"a\""),
            names("a", Some("; name=x"))
        );
    }

    #[test]
    fn what_browsers_do_not_write_is_refused() {
        for bad in [
            "",
            "form-data",
            "form-data;",
            "attachment; name=\"a\"",
            "form-data; filename=\"a\"",
            "form-data; name=\"a\"; name=\"b\"",
            "form-data; name=\"a\"; NAME=a",
            "form-data; name=\"a\"; filename=\"b\"; filename=\"c\"",
            "form-data; name=\"a\"; filename*=utf-8''b",
            "form-data; name*=utf-8''b",
            "form-data; name=\"a",
            "form-data; name=\"a\"b",
            "form-data; name=\"a\\\"b\"",
            "form-data; name",
            "form-data name=\"a\"",
            "form-data; size=1; name=\"a\"",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert!(parse(b"form-data; name=\"\xff\"").is_err());
    }
}
