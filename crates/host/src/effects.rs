//! What an action did beside returning: invalidations and a redirect, as headers say it.

use serde_json::json;
use url::Url;

use crate::rejection::Rejection;

/// Where a redirect leads, seen from the page that called.
#[derive(Debug, PartialEq, Eq)]
pub enum Target {
    /// Inside this origin: path, query and hash.
    Internal(String),
    /// Somewhere else: the whole address.
    External(String),
}

impl Target {
    /// The address as a `Location` header takes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Internal(address) | Self::External(address) => address,
        }
    }
}

/// Resolves what the user passed to `redirect` the way a browser would on the page `page` (its
/// path and query) of `host`: `//other` is another host, `./x` is relative to the page.
///
/// # Errors
///
/// [`Rejection::BadRedirect`]: it isn't an address, or not an http one (`javascript:`).
pub fn redirect_target(target: &str, page: &str, host: Option<&str>) -> Result<Target, Rejection> {
    let own = host.and_then(|host| Url::parse(&format!("http://{host}")).ok());
    // Without a usable Host only relative targets are ours.
    let mut here = own.unwrap_or_else(|| Url::parse("http://page.invalid").expect("a constant"));
    here.set_path(page.split(['?', '#']).next().unwrap_or("/"));

    let absolute = Url::parse(target);
    let url = match &absolute {
        Ok(url) => url.clone(),
        Err(_) => here.join(target).map_err(|_| Rejection::BadRedirect)?,
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Rejection::BadRedirect);
    }
    if url.host_str() == here.host_str() && url.port() == here.port() {
        return Ok(Target::Internal(url[url::Position::BeforePath..].to_owned()));
    }
    Ok(Target::External(match absolute {
        Ok(url) => url.into(),
        // Relative to a scheme that only the browser knows.
        Err(_) => format!("//{}", &url[url::Position::BeforeHost..]),
    }))
}

/// The value of `errand-revalidated`: `{"paths":[…],"tags":[…]}` in ASCII, with `"refresh":true` for a
/// page that is to be shown anew.
pub fn revalidated_header(paths: &[String], tags: &[String], refreshed: bool) -> String {
    let mut said = json!({ "paths": paths, "tags": tags });
    if refreshed {
        said["refresh"] = true.into();
    }
    ascii(&said.to_string())
}

/// JSON may say any character by its code; header values had better be ASCII.
fn ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for unit in json.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte) if (0x20..0x7f).contains(&byte) => out.push(byte as char),
            _ => out.push_str(&format!("\\u{unit:04x}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_is_read_as_a_browser_reads_it() {
        let internal = |target: &str| Target::Internal(target.to_owned());
        let external = |target: &str| Target::External(target.to_owned());
        for (target, expected) in [
            ("/posts", internal("/posts")),
            ("./b", internal("/a/b")),
            ("../c?x=ü", internal("/c?x=%C3%BC")),
            ("?q=1", internal("/a/page?q=1")),
            ("/a;b=1#h", internal("/a;b=1#h")),
            ("//evil.test/x", external("//evil.test/x")),
            ("/\\evil.test", external("//evil.test/")),
            ("https://other.test", external("https://other.test/")),
            ("https://own.test/x", internal("/x")),
            ("https://own.test:8443/x", external("https://own.test:8443/x")),
        ] {
            let found = redirect_target(target, "/a/page?old=1", Some("own.test"));
            assert_eq!(found.unwrap(), expected, "{target}");
        }
        for target in ["javascript:alert(1)", "data:text/html,x", "http://", "mailto:a@b"] {
            assert!(redirect_target(target, "/", Some("own.test")).is_err(), "{target}");
        }
    }

    #[test]
    fn a_page_that_looks_like_a_host_is_a_path() {
        let found = redirect_target("./x", "//evil.test/a", Some("own.test")).unwrap();
        assert!(matches!(found, Target::Internal(path) if path.ends_with("/x")));
        let found = redirect_target("/x", "/", Some("not a host/")).unwrap();
        assert_eq!(found, Target::Internal("/x".to_owned()));
    }

    #[test]
    fn the_header_is_ascii_json() {
        let header = revalidated_header(&["/é".into()], &["a\"b\n".into()], false);
        assert_eq!(header, r#"{"paths":["/\u00e9"],"tags":["a\"b\n"]}"#);
    }
}
