//! May this page call us? Decided from the head, before a byte of the body is read.
//!
//! Browsers say where a request comes from in two ways. `Sec-Fetch-Site` can't be forged by a page
//! and needs no knowledge of our own name, so it is asked first; `Origin` against our own name is
//! for browsers without it. A request with neither comes from no page at all (curl, another
//! server): it carries no visitor's cookies unless it already has them, so there is nothing to
//! forge.
//!
//! Our own name is `Host`, or what a trusted proxy says it was ([`TrustProxy`](crate::proxy)).

use crate::{
    classify::{Head, Kind, media_type},
    origin::{OriginPattern, is_own, split},
    policy::Bounds,
    proxy::TrustProxy,
    rejection::{Rejection, printable},
    settings::Settings,
};

/// Refuses what nobody may ask, in the order: content type, id, origin, declared length.
///
/// # Errors
///
/// [`Rejection::WrongContentType`], [`Rejection::UnknownAction`], [`Rejection::ForeignOrigin`] and
/// [`Rejection::BodyTooLarge`] (only the declared length is known here).
pub fn guard(
    head: &Head<'_>,
    kind: &Kind<'_>,
    known: bool,
    settings: &Settings,
    bounds: &Bounds,
) -> Result<(), Rejection> {
    if matches!(kind, Kind::Call(_)) {
        check_content_type(head)?;
    }
    if !known {
        return Err(Rejection::UnknownAction);
    }
    check_origin(head, &settings.allowed_origins, &settings.trust_proxy)?;
    let is_form = matches!(kind, Kind::Form);
    check_length(head.content_length, is_form || is_multipart(head.content_type), bounds)
}

/// Refuses a body by its declared length.
///
/// # Errors
///
/// [`Rejection::BodyTooLarge`].
pub fn check_length(
    declared: Option<u64>,
    is_multipart: bool,
    bounds: &Bounds,
) -> Result<(), Rejection> {
    // Files go to disk.
    let limit = if is_multipart { bounds.upload_bytes } else { bounds.limits.body_bytes };
    match declared {
        Some(length) if length > limit => Err(Rejection::BodyTooLarge { limit }),
        _ => Ok(()),
    }
}

pub(crate) fn is_multipart(content_type: Option<&str>) -> bool {
    media_type(content_type) == "multipart/form-data"
}

fn check_content_type(head: &Head<'_>) -> Result<(), Rejection> {
    match media_type(head.content_type).as_str() {
        "text/plain" | "multipart/form-data" => Ok(()),
        _ => Err(Rejection::WrongContentType),
    }
}

/// Fetch Metadata first, then `Origin` against our own name; `null` is an origin like any other, and
/// nobody's own.
pub fn check_origin(
    head: &Head<'_>,
    allowed: &[OriginPattern],
    trust: &TrustProxy,
) -> Result<(), Rejection> {
    let own = || trust.authority(head.host, &head.proxied);
    let is_from_own = match (head.sec_fetch_site, head.origin) {
        (Some("same-origin"), _) => true,
        (Some("none"), None) | (None, None) => true,
        (Some("same-site" | "cross-site"), _) => false,
        (_, Some(origin)) => own().is_some_and(|own| is_own(origin, &own)),
        (Some(_), None) => false,
    };
    let is_allowed =
        || head.origin.is_some_and(|origin| allowed.iter().any(|pattern| pattern.matches(origin)));
    if is_from_own || is_allowed() {
        return Ok(());
    }
    Err(Rejection::ForeignOrigin {
        seen: match (head.origin, head.sec_fetch_site) {
            (Some(origin), _) => origin.to_owned(),
            (None, site) => format!("sec-fetch-site {}", site.unwrap_or("absent")),
        },
        expected: own().map_or_else(|| "a Host header".to_owned(), Into::into),
        option: option_for(head),
    })
}

/// The option that would let this request in, if the operator wants that.
fn option_for(head: &Head<'_>) -> String {
    let claimed = head.proxied.claimed();
    if let (Some(origin), Some(host)) = (head.origin, claimed)
        && is_own(origin, host)
    {
        let peer = head
            .proxied
            .peer
            .map_or_else(|| "true".to_owned(), |peer| format!("'{}'", printable(peer)));
        return format!("x-forwarded-host fits, but that proxy is not trusted: trustProxy: {peer}");
    }
    match head.origin {
        Some("null") => "allowedOrigins: ['null'], which any site can claim to be".to_owned(),
        Some(origin) => {
            let name = split(origin).map_or(origin, |(_, authority)| authority);
            format!("if the page is yours: allowedOrigins: ['{}']", printable(name))
        }
        None => "a browser that hides its origin can't be let in".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proxy::Proxied;

    fn check(site: Option<&str>, origin: Option<&str>, host: &str, allowed: &[&str]) -> bool {
        let allowed: Vec<_> = allowed.iter().map(|text| text.parse().unwrap()).collect();
        let head = Head { sec_fetch_site: site, origin, host: Some(host), ..Head::default() };
        check_origin(&head, &allowed, &TrustProxy::Nobody).is_ok()
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
    fn the_log_names_the_option_that_would_let_the_request_in() {
        let proxied =
            Proxied { host: Some("app.test"), peer: Some("10.0.0.7"), ..Proxied::default() };
        let origin = Some("https://app.test");
        let head = Head { origin, host: Some("inner:3000"), proxied, ..Head::default() };
        let log = |head, trust| check_origin(&head, &[], &trust).unwrap_err().log();
        let shown = log(head, TrustProxy::Nobody);
        assert!(shown.contains("saw https://app.test, expected inner:3000"), "{shown}");
        assert!(shown.contains("trustProxy: '10.0.0.7'"), "{shown}");
        assert!(check_origin(&head, &[], &"10.0.0.7".parse().unwrap()).is_ok());

        let foreign = Head { origin: Some("https://b.test:1"), ..head };
        let shown = log(foreign, TrustProxy::Everybody);
        assert!(shown.contains("saw https://b.test:1, expected app.test"), "{shown}");
        assert!(shown.contains("allowedOrigins: ['b.test:1']"), "{shown}");
    }

    #[test]
    fn what_the_log_shows_of_a_stranger_is_short_and_printable() {
        let origin = format!("https://a\u{1b}[31m\n{}", "x".repeat(200));
        let head = Head { origin: Some(&origin), host: Some("app.test"), ..Head::default() };
        let log = check_origin(&head, &[], &TrustProxy::Nobody).unwrap_err().log();
        assert!(!log.contains(['\u{1b}', '\n']), "{log}");
        assert!(log.len() < 500, "{}", log.len());
    }
}
