//! May this page call us? Decided from the head, before a byte of the body is read.
//!
//! Browsers say where a request comes from in two ways. `Sec-Fetch-Site` can't be forged by a page
//! and needs no knowledge of our own name, so it is asked first; `Origin` against `Host` is for
//! browsers without it. A request with neither comes from no page at all (curl, another server):
//! it carries no visitor's cookies unless it already has them, so there is nothing to forge.

use crate::{
    classify::{Head, Kind, media_type},
    rejection::Rejection,
    settings::{BadOption, Settings},
};

/// Refuses what nobody may ask, cheapest question first.
///
/// # Errors
///
/// [`Rejection::UnknownAction`], [`Rejection::WrongContentType`], [`Rejection::ForeignOrigin`] and
/// [`Rejection::BodyTooLarge`] (only the declared length is known here).
pub fn guard(
    head: &Head<'_>,
    kind: &Kind<'_>,
    known: bool,
    settings: &Settings,
) -> Result<(), Rejection> {
    if !known {
        return Err(Rejection::UnknownAction);
    }
    if matches!(kind, Kind::Call(_)) {
        check_content_type(head)?;
    }
    check_origin(head, &settings.allowed_origins)?;
    let is_multipart = media_type(head.content_type) == "multipart/form-data";
    let limit = match kind {
        // Files go to disk.
        Kind::Form => settings.limits.upload_bytes(),
        Kind::Call(_) if is_multipart => settings.limits.upload_bytes(),
        _ => settings.limits.body_bytes,
    };
    match head.content_length {
        Some(length) if length > limit => Err(Rejection::BodyTooLarge { limit }),
        _ => Ok(()),
    }
}

fn check_content_type(head: &Head<'_>) -> Result<(), Rejection> {
    match media_type(head.content_type).as_str() {
        "text/plain" | "multipart/form-data" => Ok(()),
        _ => Err(Rejection::WrongContentType),
    }
}

/// Fetch Metadata first, then `Origin` against `Host`; `null` is an origin like any other, and
/// nobody's own.
pub fn check_origin(head: &Head<'_>, allowed: &[OriginPattern]) -> Result<(), Rejection> {
    let own = match (head.sec_fetch_site, head.origin) {
        (Some("same-origin"), _) => true,
        (Some("none"), None) | (None, None) => true,
        (Some("same-site" | "cross-site"), _) => false,
        (_, Some(origin)) => is_own(origin, head.host),
        (Some(_), None) => false,
    };
    let is_allowed =
        || head.origin.is_some_and(|origin| allowed.iter().any(|pattern| pattern.matches(origin)));
    if own || is_allowed() {
        return Ok(());
    }
    Err(Rejection::ForeignOrigin {
        seen: match (head.origin, head.sec_fetch_site) {
            (Some(origin), _) => origin.to_owned(),
            (None, site) => format!("sec-fetch-site {}", site.unwrap_or("absent")),
        },
        expected: head.host.unwrap_or("a Host header").to_owned(),
    })
}

/// Whether `origin` (`https://example.com:8443`) is where `host` (`example.com:8443`) is reached.
fn is_own(origin: &str, host: Option<&str>) -> bool {
    let Some((scheme, authority)) = split_origin(origin) else { return false };
    let Some(host) = host else { return false };
    without_default_port(authority, scheme)
        .eq_ignore_ascii_case(without_default_port(host.trim(), scheme))
}

fn split_origin(origin: &str) -> Option<(&str, &str)> {
    let (scheme, authority) = origin.split_once("://")?;
    let plain = !authority.is_empty() && !authority.contains(['/', '@', '?', '#', ' ']);
    plain.then_some((scheme, authority))
}

fn without_default_port<'a>(authority: &'a str, scheme: &str) -> &'a str {
    let port = match () {
        () if scheme.eq_ignore_ascii_case("https") => ":443",
        () if scheme.eq_ignore_ascii_case("http") => ":80",
        () => return authority,
    };
    authority.strip_suffix(port).unwrap_or(authority)
}

/// One entry of `allowedOrigins`: `example.com`, `*.example.com`, `https://example.com:8443`.
///
/// A leading `*.` stands for one or more labels. Without a scheme any scheme fits; a port must be
/// written to fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginPattern {
    scheme: Option<String>,
    any_subdomain: bool,
    authority: String,
}

impl std::str::FromStr for OriginPattern {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Self, BadOption> {
        let bad = |problem: &str| BadOption {
            option: "allowedOrigins",
            problem: format!("{text:?} {problem}"),
        };
        if text == "null" {
            return Ok(Self { scheme: None, any_subdomain: false, authority: text.to_owned() });
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text),
        };
        let (any_subdomain, authority) = match rest.strip_prefix("*.") {
            Some(domain) => (true, domain),
            None => (false, rest),
        };
        if authority.is_empty() || authority.contains(['*', '/', '@', '?', '#', ' ']) {
            return Err(bad(
                "is not an origin: write example.com, *.example.com or https://example.com",
            ));
        }
        if any_subdomain && !authority.contains('.') {
            return Err(bad("would allow a whole top-level domain"));
        }
        Ok(Self { scheme, any_subdomain, authority: authority.to_ascii_lowercase() })
    }
}

impl OriginPattern {
    /// Whether the value of an `Origin` header fits.
    pub fn matches(&self, origin: &str) -> bool {
        if origin == "null" {
            return self.authority == "null" && !self.any_subdomain;
        }
        let Some((scheme, authority)) = split_origin(origin) else { return false };
        if self.scheme.as_deref().is_some_and(|wanted| !wanted.eq_ignore_ascii_case(scheme)) {
            return false;
        }
        let seen = without_default_port(authority, scheme).to_ascii_lowercase();
        let wanted = without_default_port(&self.authority, scheme);
        if self.any_subdomain {
            seen.strip_suffix(wanted).and_then(|labels| labels.strip_suffix('.')).is_some_and(
                |labels| !labels.is_empty() && labels.split('.').all(|label| !label.is_empty()),
            )
        } else {
            seen == wanted
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(site: Option<&str>, origin: Option<&str>, host: &str, allowed: &[&str]) -> bool {
        let allowed: Vec<_> = allowed.iter().map(|text| text.parse().unwrap()).collect();
        let head = Head { sec_fetch_site: site, origin, host: Some(host), ..Head::default() };
        check_origin(&head, &allowed).is_ok()
    }

    #[test]
    fn fetch_metadata_is_asked_first() {
        assert!(check(Some("same-origin"), Some("https://proxy.test"), "inner:3000", &[]));
        assert!(!check(Some("cross-site"), Some("https://a.test"), "a.test", &[]));
        assert!(!check(Some("same-site"), Some("https://b.a.test"), "a.test", &[]));
        assert!(check(Some("cross-site"), Some("https://b.test"), "a.test", &["b.test"]));
        assert!(check(Some("none"), None, "a.test", &[]));
        assert!(!check(Some("none"), Some("https://b.test"), "a.test", &[]));
        assert!(!check(Some("nonsense"), None, "a.test", &[]));
    }

    #[test]
    fn origin_is_compared_with_host_without_case_and_default_ports() {
        assert!(check(None, Some("https://a.test"), "A.test:443", &[]));
        assert!(check(None, Some("http://a.test:3000"), "a.test:3000", &[]));
        assert!(!check(None, Some("http://a.test:3001"), "a.test:3000", &[]));
        assert!(!check(None, Some("https://a.test.evil.test"), "a.test", &[]));
        assert!(!check(None, Some("https://user@a.test"), "a.test", &[]));
        assert!(check(None, None, "a.test", &[]));
    }

    #[test]
    fn null_is_foreign_unless_it_is_listed() {
        assert!(!check(None, Some("null"), "null", &[]));
        assert!(!check(None, Some("null"), "a.test", &["*.test.test"]));
        assert!(check(None, Some("null"), "a.test", &["null"]));
    }

    #[test]
    fn patterns_fit_labels_from_the_right() {
        let fits =
            |pattern: &str, origin: &str| pattern.parse::<OriginPattern>().unwrap().matches(origin);
        assert!(fits("*.example.com", "https://a.example.com"));
        assert!(fits("*.example.com", "https://a.b.example.com"));
        assert!(!fits("*.example.com", "https://example.com"));
        assert!(!fits("*.example.com", "https://evilexample.com"));
        assert!(!fits("*.example.com", "https://.example.com"));
        assert!(fits("Example.com", "https://example.COM:443"));
        assert!(!fits("https://example.com", "http://example.com"));
        assert!(!fits("example.com", "https://example.com:8443"));
    }

    #[test]
    fn patterns_that_allow_too_much_are_refused() {
        for text in ["*", "*.com", "**.com", "", "a.*.com", "https://", "example.com/path"] {
            assert!(text.parse::<OriginPattern>().is_err(), "{text}");
        }
    }
}
