//! Whole responses as the cache keeps them: under which key, in which bytes, and what their heads say
//! to browsers and proxies (RFC 9110 on conditional requests, RFC 9111 on caches).

use std::{fmt::Write, time::Duration};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Under which key the page at `url` (path and query, as asked for) is stored. `vary` are the request headers
/// on which it depends, with their values.
pub fn key(url: &str, vary: &[(String, Option<String>)]) -> String {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if vary.is_empty() && url.bytes().all(is_plain) {
        return ["[\"p\",\"", url, "\"]"].concat(); // as below: the listener asks for each request
    }
    let mut parts = vec![json!("p"), json!(url)];
    parts.extend(vary.iter().map(|(name, value)| json!([name, value])));
    Value::Array(parts).to_string()
}

/// A stored response, as it lies in the bytes that were stored.
#[derive(Debug, PartialEq, Eq)]
pub struct Page<'a> {
    /// The HTTP status.
    pub status: u16,
    head: &'a str,
    /// Seconds since it was made, unless that was for this request.
    pub age: Option<u64>,
    /// Where the body begins among the stored bytes.
    pub body: usize,
}

impl<'a> Page<'a> {
    /// Names and values. Those that describe a body are left out where the visitor has it already.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let is_kept = |name: &str| self.status != 304 || !name.starts_with("content-");
        pairs(self.head).filter(move |(name, _)| is_kept(name))
    }
}

fn pairs(head: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut lines = head.split('\n');
    std::iter::from_fn(move || lines.next().zip(lines.next()))
}

/// What a page's head says beside what its author wrote.
#[derive(Clone, Debug, Default)]
pub struct Sharing<'a> {
    /// Names of request headers on which it depends.
    pub vary: &'a [String],
    /// Where caches of others may keep it: for how long it is fresh, and for how long after that it
    /// may be served stale.
    pub shared: Option<(Duration, Duration)>,
    /// The header that names its tags to a CDN, and they.
    pub tags: Option<(&'a str, &'a [String])>,
}

/// Whether a response may be kept and served to everybody: a success that sets no cookie, that was not made for who asked
/// (`is_personal`), that its author didn't forbid to keep, and that varies by none but the request headers `vary`, which
/// are in its [`key`].
pub fn may_store(status: u16, headers: &[String], is_personal: bool, vary: &[String]) -> bool {
    let is_known = |name: &str| vary.iter().any(|it| it.eq_ignore_ascii_case(name));
    let allows = |pair: &[String]| {
        let mut words = pair[1].split(',').map(|it| it.trim().to_ascii_lowercase());
        match pair[0].to_ascii_lowercase().as_str() {
            "set-cookie" => false,
            // `private="x-name"` keeps back a header only, but what isn't sure isn't kept.
            "cache-control" => !words.any(|it| it == "no-store" || it.starts_with("private")),
            // What a compressor adds is of the answer, not of what is stored.
            "vary" => words.all(|it| it == "accept-encoding" || is_known(&it)),
            _ => true,
        }
    };
    status == 200 && !is_personal && headers.chunks_exact(2).all(allows)
}

/// The bytes to store: a head in lines (its length without this line, status, names and values), and the body. What the author said of `etag`,
/// `cache-control` and `vary` stays; else browsers are to ask each time, and get 304 for what they
/// have.
pub fn encode(status: u16, headers: &[String], body: &[u8], sharing: &Sharing<'_>) -> Vec<u8> {
    let mut headers = headers.to_vec();
    let mut add = |name: &str, value: String| {
        if !value.is_empty() && value_of(&headers, name).is_none() {
            headers.extend([name.to_owned(), value]);
        }
    };
    add("etag", etag(body));
    let control = match sharing.shared {
        None => "public, max-age=0, must-revalidate".to_owned(),
        Some((fresh, stale)) => format!(
            "public, max-age=0, s-maxage={}, stale-while-revalidate={}",
            fresh.as_secs(),
            stale.as_secs()
        ),
    };
    add("cache-control", control);
    add("vary", sharing.vary.join(", "));
    if let Some((name, tags)) = sharing.tags {
        add(name, tags.iter().map(|tag| header_tag(tag)).collect::<Vec<_>>().join(","));
    }
    let mut head = format!("{status}\n");
    for pair in headers.chunks_exact(2).filter(|pair| pair.iter().all(|it| !it.contains('\n'))) {
        head.extend([&pair[0], "\n", &pair[1], "\n"]); // with an end of line they could not be sent
    }
    let mut bytes = format!("{}\n{head}", head.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Weak: whoever compresses the body on its way keeps what it means, not its bytes.
fn etag(body: &[u8]) -> String {
    let hash = Sha256::digest(body);
    let mut tag = String::from("W/\"");
    for byte in &hash[..12] {
        let _ = write!(tag, "{byte:02x}"); // a String takes everything
    }
    tag + "\""
}

/// A tag as a header can have it: everything but letters, digits and `-._~:/` is percent-encoded, the
/// comma that parts tags above all.
pub fn header_tag(tag: &str) -> String {
    let mut out = String::with_capacity(tag.len());
    for byte in tag.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'/' => {
                out.push(byte as char);
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// What [`encode`] stored, `age` seconds ago (`None`: it was made for this request), for a request with this
/// `if-none-match`: 304 without a body where the visitor has it. `None`: the bytes are something else.
// Nothing is allocated: the listener does this for each request.
pub fn decode<'a>(
    bytes: &'a [u8],
    age: Option<u64>,
    if_none_match: Option<&str>,
) -> Option<Page<'a>> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    let length: usize = std::str::from_utf8(&bytes[..end]).ok()?.parse().ok()?;
    let body = (end + 1).checked_add(length)?;
    let (status, head) = std::str::from_utf8(bytes.get(end + 1..body)?).ok()?.split_once('\n')?;
    let status = status.parse().ok().filter(|_| head.is_empty() || head.ends_with('\n'))?;
    let etag = || pairs(head).find(|(name, _)| name.eq_ignore_ascii_case("etag"));
    let has_it =
        if_none_match.is_some_and(|known| etag().is_some_and(|(_, tag)| names(known, tag)));
    Some(match has_it {
        true => Page { status: 304, head, age, body: bytes.len() },
        false => Page { status, head, age, body },
    })
}

/// Whether an `if-none-match` has this entity tag, in weak comparison.
fn names(known: &str, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    known.trim() == "*" || known.split(',').any(|tag| opaque(tag) == opaque(etag))
}

fn value_of<'a>(headers: &'a [String], name: &str) -> Option<&'a str> {
    let mut pairs = headers.chunks_exact(2);
    pairs.find(|pair| pair[0].eq_ignore_ascii_case(name)).map(|pair| pair[1].as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(headers: &[&str], sharing: &Sharing<'_>) -> Vec<u8> {
        let headers: Vec<_> = headers.iter().map(|&it| it.to_owned()).collect();
        encode(200, &headers, b"\n<p>", sharing)
    }

    fn headers_of(page: &Page<'_>) -> Vec<String> {
        page.headers().flat_map(|(name, value)| [name.to_owned(), value.to_owned()]).collect()
    }

    fn header_of<'a>(page: &Page<'a>, asked: &str) -> Option<&'a str> {
        page.headers().find(|(name, _)| name.eq_ignore_ascii_case(asked)).map(|(_, value)| value)
    }

    const HTML: [&str; 2] = ["content-type", "text/html; charset=\"ü\""];

    #[test]
    fn a_page_comes_out_as_it_went_in_and_says_its_age() {
        let stored = stored(&HTML, &Sharing::default());
        let page = decode(&stored, Some(7), None).unwrap();
        assert_eq!((page.status, &stored[page.body..]), (200, b"\n<p>".as_slice()));
        assert_eq!(headers_of(&page)[..2], HTML);
        assert_eq!(page.age, Some(7));
        assert_eq!(header_of(&page, "cache-control"), Some("public, max-age=0, must-revalidate"));
    }

    #[test]
    fn what_is_no_page_is_none() {
        for bytes in [
            b"".as_slice(),
            b"x\n",
            b"99999999999999999999\n",
            b"9\n200\na\nb\n",
            b"2\n[]",
            b"7\n200\na\nb",
        ] {
            assert_eq!(decode(bytes, None, None), None, "{bytes:?}");
        }
    }

    #[test]
    fn who_has_it_gets_304_without_a_body() {
        let stored = stored(&HTML, &Sharing::default());
        let etag = header_of(&decode(&stored, Some(0), None).unwrap(), "etag").unwrap().to_owned();
        for (known, has_it) in [
            (etag.as_str(), true),
            (etag.trim_start_matches("W/"), true),
            (&format!("\"other\", {etag}"), true),
            ("*", true),
            ("\"other\"", false),
            ("", false),
        ] {
            let page = decode(&stored, Some(0), Some(known)).unwrap();
            assert_eq!(page.status == 304, has_it, "{known}");
            assert_eq!(page.body == stored.len(), has_it);
            assert_eq!(header_of(&page, "content-type").is_none(), has_it);
            assert_eq!(header_of(&page, "etag"), Some(etag.as_str()));
        }
    }

    #[test]
    fn what_the_author_said_stays() {
        let own = ["Cache-Control", "private", "etag", "\"mine\"", "vary", "cookie"];
        let vary = ["accept".to_owned()];
        let sharing = Sharing { vary: &vary, ..Sharing::default() };
        let bytes = stored(&own, &sharing);
        let page = decode(&bytes, Some(0), None).unwrap();
        assert_eq!(headers_of(&page)[..6], own);
        assert_eq!(headers_of(&page).len(), 6);
        let bytes = stored(&[], &sharing);
        let page = decode(&bytes, None, None).unwrap();
        assert_eq!(header_of(&page, "vary"), Some("accept"));
    }

    #[test]
    fn only_what_is_for_everybody_may_be_stored() {
        let vary = ["Accept-Language".to_owned()];
        let may = |status, headers: &[&str], is_personal| {
            let headers: Vec<_> = headers.iter().map(|&it| it.to_owned()).collect();
            may_store(status, &headers, is_personal, &vary)
        };
        assert!(may(200, &HTML, false));
        assert!(may(200, &["Cache-Control", "public, max-age=5"], false));
        assert!(may(200, &["vary", "accept-language, Accept-Encoding"], false));
        assert!(!may(404, &HTML, false));
        assert!(!may(200, &HTML, true));
        for forbidding in [
            ["Set-Cookie", "a=1"],
            ["Cache-Control", "max-age=1, Private"],
            ["cache-control", "no-store"],
            ["cache-control", "private=\"x\""],
            ["vary", "*"],
            ["Vary", "accept-language, cookie"],
        ] {
            assert!(!may(200, &forbidding, false), "{forbidding:?}");
        }
    }

    #[test]
    fn a_cdn_is_told_how_long_and_which_tags() {
        let tags = ["t:a,b".to_owned(), "p:/posts/ü".to_owned()];
        let shared = Some((Duration::from_secs(60), Duration::from_secs(540)));
        let sharing = Sharing { shared, tags: Some(("cache-tag", &tags)), ..Sharing::default() };
        let bytes = stored(&[], &sharing);
        let page = decode(&bytes, None, None).unwrap();
        assert_eq!(header_of(&page, "cache-tag"), Some("t:a%2Cb,p:/posts/%C3%BC"));
        assert_eq!(
            header_of(&page, "cache-control"),
            Some("public, max-age=0, s-maxage=60, stale-while-revalidate=540")
        );
    }

    #[test]
    fn a_key_tells_urls_and_what_they_vary_by_apart() {
        let vary =
            |value: Option<&str>| vec![("accept-language".to_owned(), value.map(str::to_owned))];
        let keys = [
            key("/a", &[]),
            key("/a?b", &[]),
            key("/a", &vary(None)),
            key("/a", &vary(Some(""))),
            key("/a", &vary(Some("de"))),
        ];
        assert_eq!(keys[0], json!(["p", "/a"]).to_string());
        assert_eq!(key("/\"é\\", &[]), json!(["p", "/\"é\\"]).to_string());
        for (at, one) in keys.iter().enumerate() {
            assert!(keys[at + 1..].iter().all(|other| one != other), "{one}");
        }
    }

    #[test]
    fn a_header_with_an_end_of_line_is_not_stored() {
        let bytes = stored(&["x-a", "1\nset-cookie", "x-b", "2"], &Sharing::default());
        let page = decode(&bytes, None, None).unwrap();
        assert_eq!(headers_of(&page)[..2], ["x-b", "2"]);
    }
}
