//! Whole responses as the cache keeps them: under which key, and in which bytes.

use serde_json::{Value, json};

/// Under which key the page at `url` (path and query, as asked for) is stored. `vary` are the request headers
/// on which it depends, with their values.
pub fn key(url: &str, vary: &[(String, Option<String>)]) -> String {
    let mut parts = vec![json!("p"), json!(url)];
    parts.extend(vary.iter().map(|(name, value)| json!([name, value])));
    Value::Array(parts).to_string()
}

/// A stored response.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// Flat: name, value, name, value.
    pub headers: Vec<String>,
    /// Where the body begins among the stored bytes.
    pub body: usize,
}

/// The bytes to store: `head length · \n · head as JSON · body`.
pub fn encode(status: u16, headers: &[String], body: &[u8]) -> Vec<u8> {
    let head = json!([status, headers]).to_string();
    let mut bytes = format!("{}\n{head}", head.len()).into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// What [`encode`] stored, `age_seconds` ago. `None`: the bytes are something else.
pub fn decode(bytes: &[u8], age_seconds: u64) -> Option<Page> {
    let end = bytes.iter().position(|&byte| byte == b'\n')?;
    let length: usize = std::str::from_utf8(&bytes[..end]).ok()?.parse().ok()?;
    let body = (end + 1).checked_add(length)?;
    let (status, mut headers): (u16, Vec<String>) =
        serde_json::from_slice(bytes.get(end + 1..body)?).ok()?;
    headers.extend(["age".to_owned(), age_seconds.to_string()]);
    Some(Page { status, headers, body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_comes_out_as_it_went_in_and_says_its_age() {
        let headers = ["content-type".to_owned(), "text/html; charset=\"ü\"".to_owned()];
        let stored = encode(200, &headers, b"\n<p>");
        let page = decode(&stored, 7).unwrap();
        assert_eq!((page.status, &stored[page.body..]), (200, b"\n<p>".as_slice()));
        assert_eq!(page.headers[..2], headers);
        assert_eq!(page.headers[2..], ["age", "7"]);
    }

    #[test]
    fn what_is_no_page_is_none() {
        for bytes in [b"".as_slice(), b"x\n", b"99999999999999999999\n", b"10\n[200,[]]", b"2\n[]"]
        {
            assert_eq!(decode(bytes, 0), None, "{bytes:?}");
        }
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
        for (at, one) in keys.iter().enumerate() {
            assert!(keys[at + 1..].iter().all(|other| one != other), "{one}");
        }
    }
}
