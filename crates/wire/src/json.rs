//! A strict JSON reader that builds nothing: it says what stands where.
//!
//! RFC 8259 and no more: no byte order mark, no trailing comma. A lone surrogate is a legal escape
//! (`"\ud800"`); the text keeps it as it is, and JavaScript reads it as it was meant.

use std::borrow::Cow;

/// What went wrong: what would have been right, and at which byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unexpected {
    pub(crate) expected: &'static str,
    pub(crate) at: usize,
}

/// One step through a text. Strings are raw: what stands between the quotes, checked but not
/// unescaped. Offsets are bytes of the text; `end` lies behind the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    Open {
        is_object: bool,
        at: usize,
    },
    Close {
        end: usize,
    },
    /// `at` is the quote.
    Key {
        raw: &'a str,
        at: usize,
    },
    /// `at` is the quote, `end` lies behind the other.
    String {
        raw: &'a str,
        at: usize,
        end: usize,
    },
    /// A number, `true`, `false` or `null`.
    Plain {
        at: usize,
        end: usize,
    },
}

/// What the grammar allows next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Value,
    ItemOrClose,
    Key,
    KeyOrClose,
    CommaOrClose,
    Done,
}

/// Reads one JSON value, and nothing around it but blanks. Its memory is one bit of meaning for each
/// open container; the caller bounds how many there may be.
pub(crate) struct Reader<'a> {
    text: &'a str,
    at: usize,
    state: State,
    /// For each open container, whether it is an object.
    open: Vec<bool>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0, state: State::Value, open: Vec::new() }
    }

    /// How many containers are open.
    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    /// The next step; `None` at the end of the text.
    pub(crate) fn next(&mut self) -> Result<Option<Event<'a>>, Unexpected> {
        self.skip_blanks();
        if self.state == State::CommaOrClose && self.peek() == Some(b',') {
            self.at += 1;
            self.state = if self.in_object() { State::Key } else { State::Value };
            self.skip_blanks();
        }
        let byte = self.peek();
        match (self.state, byte) {
            (State::Done, None) => Ok(None),
            (State::Done, Some(_)) => self.fail("the end"),
            (State::ItemOrClose, Some(b']')) | (State::KeyOrClose, Some(b'}')) => self.close(),
            (State::CommaOrClose, Some(b'}')) if self.in_object() => self.close(),
            (State::CommaOrClose, Some(b']')) if !self.in_object() => self.close(),
            (State::CommaOrClose, _) => self.fail("a comma or a closing bracket"),
            (State::Key | State::KeyOrClose, Some(b'"')) => self.key(),
            (State::Key | State::KeyOrClose, _) => self.fail("a key"),
            (State::Value | State::ItemOrClose, Some(byte)) => self.value(byte),
            (State::Value | State::ItemOrClose, None) => self.fail("a value"),
        }
    }

    fn value(&mut self, byte: u8) -> Result<Option<Event<'a>>, Unexpected> {
        let at = self.at;
        match byte {
            b'[' | b'{' => {
                let is_object = byte == b'{';
                self.at += 1;
                self.open.push(is_object);
                self.state = if is_object { State::KeyOrClose } else { State::ItemOrClose };
                return Ok(Some(Event::Open { is_object, at }));
            }
            b'"' => {
                let raw = self.string()?;
                self.after_value();
                return Ok(Some(Event::String { raw, at, end: self.at }));
            }
            b'-' | b'0'..=b'9' => self.number()?,
            _ => self.literal()?,
        }
        self.after_value();
        Ok(Some(Event::Plain { at, end: self.at }))
    }

    fn key(&mut self) -> Result<Option<Event<'a>>, Unexpected> {
        let at = self.at;
        let raw = self.string()?;
        self.skip_blanks();
        if self.peek() != Some(b':') {
            return self.fail("a colon");
        }
        self.at += 1;
        self.state = State::Value;
        Ok(Some(Event::Key { raw, at }))
    }

    fn close(&mut self) -> Result<Option<Event<'a>>, Unexpected> {
        self.at += 1;
        self.open.pop();
        self.after_value();
        Ok(Some(Event::Close { end: self.at }))
    }

    fn after_value(&mut self) {
        self.state = if self.open.is_empty() { State::Done } else { State::CommaOrClose };
    }

    fn string(&mut self) -> Result<&'a str, Unexpected> {
        let start = self.at + 1;
        self.at = start;
        loop {
            let rest = self.rest();
            let Some(stop) = memchr::memchr2(b'"', b'\\', rest) else {
                self.at = self.text.len();
                return self.fail("the end of a string");
            };
            if let Some(control) = rest.iter().take(stop).position(|byte| *byte < b' ') {
                self.at += control;
                return self.fail("no control character in a string");
            }
            self.at += stop;
            match self.rest() {
                [b'"', ..] => {
                    let raw = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(raw);
                }
                [_, b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => self.at += 2,
                [_, b'u', a, b, c, d, ..]
                    if [a, b, c, d].iter().all(|it| it.is_ascii_hexdigit()) =>
                {
                    self.at += 6;
                }
                _ => return self.fail("an escape that JSON knows"),
            }
        }
    }

    fn number(&mut self) -> Result<(), Unexpected> {
        self.skip_one(b"-");
        if self.skip_one(b"0") {
            if self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                return self.fail("no digit behind a leading zero");
            }
        } else {
            self.digits()?;
        }
        if self.skip_one(b".") {
            self.digits()?;
        }
        if self.skip_one(b"eE") {
            self.skip_one(b"+-");
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Unexpected> {
        let count = self.rest().iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { self.fail("a digit") } else { Ok(()) }
    }

    fn literal(&mut self) -> Result<(), Unexpected> {
        let rest = self.rest();
        let word = ["true", "false", "null"].iter().find(|word| rest.starts_with(word.as_bytes()));
        let Some(word) = word else { return self.fail("a value") };
        self.at += word.len();
        Ok(())
    }

    fn skip_one(&mut self, wanted: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| wanted.contains(&byte));
        self.at += usize::from(found);
        found
    }

    fn skip_blanks(&mut self) {
        let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.rest().iter().take_while(blank).count();
    }

    fn in_object(&self) -> bool {
        self.open.last() == Some(&true)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    fn fail<T>(&self, expected: &'static str) -> Result<T, Unexpected> {
        Err(Unexpected { expected, at: self.at })
    }
}

/// What a raw string says, as UTF-8 in which a lone surrogate has three bytes like any other
/// character beyond U+07FF (WTF-8). Two raw strings say the same exactly if this is the same.
pub(crate) fn unescape(raw: &str) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw.as_bytes());
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, escape)) = rest.split_once('\\') {
        out.extend_from_slice(before.as_bytes());
        let mut chars = escape.chars();
        match chars.next() {
            Some('b') => out.push(8),
            Some('f') => out.push(12),
            Some('n') => out.push(b'\n'),
            Some('r') => out.push(b'\r'),
            Some('t') => out.push(b'\t'),
            Some('u') => {
                let (code, read) = code_point(escape);
                push_wtf8(code, &mut out);
                chars = escape.get(read..).unwrap_or_default().chars();
            }
            Some(other) => out.push(other as u8), // `"`, `\` and `/`: the reader has let no others in
            None => {}
        }
        rest = chars.as_str();
    }
    out.extend_from_slice(rest.as_bytes());
    Cow::Owned(out)
}

/// What a raw string says; `None` if it has a lone surrogate, which UTF-8 has no word for.
pub(crate) fn unescape_text(raw: &str) -> Option<Cow<'_, str>> {
    match unescape(raw) {
        Cow::Borrowed(_) => Some(Cow::Borrowed(raw)),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// The character at the `u` of an escape, joined with the escape behind it if they are a pair; and
/// how many bytes they take.
fn code_point(escape: &str) -> (u32, usize) {
    let unit = |from: usize| {
        escape.get(from..from + 4).and_then(|digits| u32::from_str_radix(digits, 16).ok())
    };
    let high = unit(1).unwrap_or_default();
    let low = if escape.get(5..7) == Some("\\u") { unit(7) } else { None };
    match (high, low) {
        (0xd800..=0xdbff, Some(low @ 0xdc00..=0xdfff)) => {
            (0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00), 11)
        }
        _ => (high, 5),
    }
}

fn push_wtf8(code: u32, out: &mut Vec<u8>) {
    match char::from_u32(code) {
        Some(char) => out.extend_from_slice(char.encode_utf8(&mut [0; 4]).as_bytes()),
        None => {
            let tail = |shift: u32| 0x80 | ((code >> shift) & 0x3f) as u8;
            out.extend_from_slice(&[0xe0 | (code >> 12) as u8, tail(6), tail(0)]);
        }
    }
}

/// Appends `text` as a JSON string, quotes included.
pub(crate) fn quote(text: &str, out: &mut String) {
    out.push('"');
    let mut copied = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(text.get(copied..at).unwrap_or_default());
        copied = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => {
                out.push_str(if control < 16 { "\\u000" } else { "\\u001" });
                out.extend(char::from_digit(u32::from(control % 16), 16));
            }
        }
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<usize, Unexpected> {
        let mut reader = Reader::new(text);
        let mut count = 0;
        while reader.next()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    #[test]
    fn the_grammar_is_json_s_and_no_wider() {
        assert_eq!(read(r#" {"a":[1,-0.5e+3,true,null,"\u00e9\n\ud800"]} "#), Ok(10));
        for good in ["0", "-0", "1E5", "1.5e-7", "\"\"", "[]", "{}", "[[],{}]", "\t\r\n null "] {
            assert!(read(good).is_ok(), "{good:?}");
        }
        for bad in [
            "",
            " ",
            "01",
            "-01",
            "-",
            "+1",
            "1.",
            ".5",
            "1e",
            "1e+",
            "0x1",
            "1_0",
            "NaN",
            "Infinity",
            "nul",
            "truefalse",
            "'a'",
            "\"a",
            "\"\\",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u12",
            "\"\n\"",
            "\"\u{0}\"",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,1]",
            "[1 2]",
            "[1}",
            "]",
            "{",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,}",
            "{,}",
            "{a:1}",
            "{1:1}",
            "{\"a\" 1}",
            "{\"a\":1]",
            "1 2",
            "[] []",
            "\u{feff}1",
            "\u{a0}1",
            "/**/1",
            "\u{b}1",
        ] {
            assert!(read(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_error_says_where_it_is() {
        assert_eq!(
            read("[1,\"a\tb\"]"),
            Err(Unexpected { expected: "no control character in a string", at: 5 })
        );
        assert_eq!(
            read("[1 2]"),
            Err(Unexpected { expected: "a comma or a closing bracket", at: 3 })
        );
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
        assert_eq!(read(&deep), Ok(2_000_000));
    }

    #[test]
    fn strings_are_unescaped_as_json_says() {
        assert_eq!(
            unescape_text(r#"a\"\\\/\b\u00e9\ud83d\ude00z"#).as_deref(),
            Some("a\"\\/\u{8}é😀z")
        );
        for (pair, char) in [(r"\ud800\udc00", "\u{10000}"), (r"\udbff\udfff", "\u{10ffff}")] {
            assert_eq!(unescape_text(pair).as_deref(), Some(char));
        }
        for lone in
            [r"\ud800", r"\udc00", r"\ud800x", r"\ud800\u0041", r"\ud800\ud800", r"x\udc00\ud800"]
        {
            assert_eq!(unescape_text(lone), None, "{lone}");
        }
        assert_eq!(unescape(r"\ud800"), unescape(r"\uD800"));
        assert_ne!(unescape(r"\ud800"), unescape(r"\ud801"));
    }

    #[test]
    fn quoting_is_undone_by_unescaping() {
        let text = "a\"\\\n\r\t\u{1}\u{1f}\u{7f}é😀\u{2028}";
        let mut out = String::new();
        quote(text, &mut out);
        assert_eq!(read(&out), Ok(1));
        assert_eq!(unescape_text(&out[1..out.len() - 1]).as_deref(), Some(text));
        assert!(out.starts_with(r#""a\"\\\n\r\t\u0001\u001f"#));
    }
}
