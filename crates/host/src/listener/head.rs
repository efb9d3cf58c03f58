//! A request's head: what is wrong with it, and what policy and JavaScript want to know of it.

use std::{borrow::Cow, net::IpAddr, sync::Arc};

use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header,
    request::Parts,
    uri::{Authority, Uri},
};

use crate::{classify, proxy::Proxied};

/// A head that may be answered.
pub(super) struct Head {
    parts: Parts,
    /// Our name in this request: from its target, else its `Host`.
    authority: Option<String>,
    /// Path and query, as asked for.
    url: String,
    peer: Arc<str>,
    is_encrypted: bool,
}

/// Where a request came in.
#[derive(Clone)]
pub(super) struct Entrance {
    /// See [`peer`].
    pub(super) peer: Arc<str>,
    pub(super) is_encrypted: bool,
    /// How many headers there may be.
    pub(super) headers: usize,
}

/// The other end's address, as text: an address of IPv4 as that.
pub(super) fn peer(address: IpAddr) -> Arc<str> {
    address.to_canonical().to_string().into()
}

impl Head {
    /// # Errors
    ///
    /// The status of the answer to a head that nobody has to understand.
    pub(super) fn read(parts: Parts, entrance: Entrance) -> Result<Self, StatusCode> {
        if parts.headers.len() > entrance.headers {
            return Err(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE);
        }
        // `Request` of Fetch has none of these.
        if matches!(parts.method.as_str(), "CONNECT" | "TRACE" | "TRACK") {
            return Err(StatusCode::NOT_IMPLEMENTED);
        }
        let authority = authority(&parts)?;
        let url = url(&parts)?;
        let Entrance { peer, is_encrypted, .. } = entrance;
        Ok(Self { parts, authority, url, peer, is_encrypted })
    }

    pub(super) fn method(&self) -> &Method {
        &self.parts.method
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    pub(super) fn is_http1(&self) -> bool {
        self.parts.version < Version::HTTP_2
    }

    pub(super) fn content_type(&self) -> Cow<'_, str> {
        self.header("content-type").unwrap_or_default()
    }

    /// The declared length of the body.
    pub(super) fn content_length(&self) -> Option<u64> {
        self.parts.headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    pub(super) fn if_none_match(&self) -> Option<Cow<'_, str>> {
        self.header("if-none-match")
    }

    /// Whether the visitor has to see an invalidation that this process may not know yet.
    pub(super) fn has_seen(&self) -> bool {
        self.header("cookie").is_some_and(|cookie| cookie.contains("errand-seen="))
    }

    pub(super) fn action(&self) -> Option<Cow<'_, str>> {
        self.header("errand-action")
    }

    /// What the policy decides by.
    pub(super) fn judged<T>(&self, judge: impl FnOnce(&classify::Head<'_>) -> T) -> T {
        let header = |name| self.header(name);
        let (action, content_type) = (self.action(), header("content-type"));
        let (origin, site) = (header("origin"), header("sec-fetch-site"));
        let (host, port) = (header("x-forwarded-host"), header("x-forwarded-port"));
        let forwarded = header("forwarded");
        judge(&classify::Head {
            method: self.parts.method.as_str(),
            action: action.as_deref(),
            content_type: content_type.as_deref(),
            content_length: self.content_length(),
            host: self.authority.as_deref(),
            origin: origin.as_deref(),
            sec_fetch_site: site.as_deref(),
            proxied: Proxied {
                host: host.as_deref(),
                port: port.as_deref(),
                forwarded: forwarded.as_deref(),
                peer: Some(&self.peer),
            },
        })
    }

    /// Everything, in lines: method, url, peer, scheme, then names and values. No part of a head can hold an end
    /// of line. Each byte that isn't ASCII is one character, as in Node.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::with_capacity(512);
        let scheme = if self.is_encrypted { "https" } else { "http" };
        text.extend([self.parts.method.as_str(), "\n", &self.url, "\n", &self.peer, "\n", scheme]);
        let host = self.authority.as_deref().unwrap_or_default();
        if !host.is_empty() {
            text.extend(["\nhost\n", host]);
        }
        for name in self.parts.headers.keys().filter(|name| *name != header::HOST) {
            text.extend(["\n", name.as_str(), "\n"]);
            text.push_str(&joined(&self.parts.headers, name).unwrap_or_default());
        }
        text
    }

    fn header(&self, name: &'static str) -> Option<Cow<'_, str>> {
        joined(&self.parts.headers, &HeaderName::from_static(name))
    }
}

/// RFC 9112 §3.2.2: an absolute target names the host, whatever `Host` says.
fn authority(parts: &Parts) -> Result<Option<String>, StatusCode> {
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let (host, second) = (hosts.next(), hosts.next());
    let is_missing = host.is_none() && parts.version == Version::HTTP_11;
    if is_missing || second.is_some() {
        return Err(StatusCode::BAD_REQUEST);
    }
    if let Some(authority) = parts.uri.authority() {
        return checked(authority.as_str()).map(Some);
    }
    match host.map(HeaderValue::to_str) {
        None => Ok(None),
        Some(Ok("")) => Ok(None),
        Some(Ok(host)) => checked(host).map(Some),
        Some(Err(_)) => Err(StatusCode::BAD_REQUEST),
    }
}

/// A name and a port, and nothing that would make something else of a URL.
fn checked(host: &str) -> Result<String, StatusCode> {
    match host.parse::<Authority>() {
        Ok(it) if !host.contains('@') && !it.host().is_empty() => Ok(host.to_owned()),
        _ => Err(StatusCode::BAD_REQUEST),
    }
}

fn url(parts: &Parts) -> Result<String, StatusCode> {
    let uri: &Uri = &parts.uri;
    if uri.scheme_str().is_some_and(|scheme| scheme != "http" && scheme != "https") {
        return Err(StatusCode::BAD_REQUEST);
    }
    match uri.path_and_query().map_or("", |it| it.as_str()) {
        "*" if parts.method == Method::OPTIONS => Err(StatusCode::NO_CONTENT),
        target if target.starts_with('/') => Ok(latin1(target.as_bytes())),
        target if target.is_empty() || target.starts_with('?') => {
            Ok(format!("/{}", latin1(target.as_bytes())))
        }
        _ => Err(StatusCode::BAD_REQUEST),
    }
}

/// All values of a header. One that decides is then none that we know, when somebody sends two.
fn joined<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<Cow<'a, str>> {
    let mut values = headers.get_all(name).iter();
    let first = text(values.next()?);
    let Some(second) = values.next() else { return Some(first) };
    let separator = if *name == header::COOKIE { "; " } else { ", " };
    let mut all = first.into_owned();
    for value in std::iter::once(second).chain(values) {
        all.push_str(separator);
        all.push_str(&text(value));
    }
    Some(all.into())
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    value.to_str().map_or_else(|_| latin1(value.as_bytes()).into(), Cow::Borrowed)
}

fn latin1(bytes: &[u8]) -> String {
    if let Some(text) = std::str::from_utf8(bytes).ok().filter(|it| it.is_ascii()) {
        return text.to_owned();
    }
    bytes.iter().map(|&byte| char::from(byte)).collect()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn entrance() -> Entrance {
        let address = IpAddr::V6(std::net::Ipv4Addr::new(10, 0, 0, 7).to_ipv6_mapped());
        Entrance { peer: peer(address), is_encrypted: false, headers: 3 }
    }

    fn read(method: &str, target: &str, headers: &[(&str, &[u8])]) -> Result<Head, StatusCode> {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_bytes(value).unwrap());
        }
        Head::read(request.body(()).unwrap().into_parts().0, entrance())
    }

    fn text_of(method: &str, target: &str, headers: &[(&str, &[u8])]) -> String {
        read(method, target, headers).ok().unwrap().to_text()
    }

    #[test]
    fn a_head_is_told_in_lines() {
        assert_eq!(
            text_of("GET", "/a?b", &[("host", b"app.test"), ("x-odd", b"\xe9")]),
            "GET\n/a?b\n10.0.0.7\nhttp\nhost\napp.test\nx-odd\né"
        );
        let cookies =
            text_of("GET", "/", &[("host", b"a"), ("cookie", b"a=1"), ("cookie", b"b=2")]);
        assert!(cookies.ends_with("cookie\na=1; b=2"), "{cookies}");
    }

    #[test]
    fn an_absolute_target_names_the_host() {
        let text = text_of("GET", "http://app.test:81?q", &[("host", b"other.test")]);
        assert_eq!(text, "GET\n/?q\n10.0.0.7\nhttp\nhost\napp.test:81");
    }

    #[test]
    fn what_nobody_has_to_understand_is_refused() {
        let host = [("host", b"a".as_slice())];
        fn status(method: &str, target: &str, headers: &[(&str, &[u8])]) -> Option<u16> {
            read(method, target, headers).err().map(|it| it.as_u16())
        }
        assert_eq!(status("GET", "/", &host), None);
        assert_eq!(status("GET", "/", &[]), Some(400));
        assert_eq!(status("GET", "/", &[("host", b"a"), ("host", b"a")]), Some(400));
        for bad in ["a b", "user@a", "a/b", "a:b:c", "[::1", "a?b"] {
            assert_eq!(status("GET", "/", &[("host", bad.as_bytes())]), Some(400), "{bad}");
        }
        assert_eq!(status("GET", "ftp://a/", &host), Some(400));
        assert_eq!(status("CONNECT", "a:1", &host), Some(501));
        assert_eq!(status("OPTIONS", "*", &host), Some(204));
        assert_eq!(status("GET", "*", &host), Some(400));
    }

    #[test]
    fn headers_are_counted() {
        let headers = [("host", b"a".as_slice()), ("x-a", b"1"), ("x-a", b"2"), ("x-a", b"3")];
        assert!(read("GET", "/", &headers[..3]).is_ok());
        assert_eq!(read("GET", "/", &headers).err().map(|it| it.as_u16()), Some(431));
    }

    #[test]
    fn a_header_that_decides_counts_for_nothing_when_there_are_two() {
        let head = read(
            "POST",
            "/",
            &[
                ("host", b"a"),
                ("sec-fetch-site", b"same-origin"),
                ("sec-fetch-site", b"cross-site"),
            ],
        );
        head.ok().unwrap().judged(|it| {
            assert_eq!(it.sec_fetch_site, Some("same-origin, cross-site"));
            assert_eq!(it.proxied.peer, Some("10.0.0.7"));
        });
    }
}
