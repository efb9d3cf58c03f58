//! A quick look at a text: most calls send plain JSON, which needs nothing but to be within the limits.

use crate::Limits;

/// Whether a text is sure to be a list within the limits that means what JSON means by it. If not, reading
/// it thoroughly says what it is: it has tags or the key `__proto__`, it is refused, or it is unusual, as are
/// keys with escapes and objects of very many keys.
pub(super) fn is_plain(text: &str, limits: &Limits) -> bool {
    let bytes = text.as_bytes();
    let room = usize::try_from(limits.depth).unwrap_or(usize::MAX);
    let string_bytes = usize::try_from(limits.string_bytes).unwrap_or(usize::MAX);
    let mut scan = Scan { bytes, at: 0, string_bytes, room, open: Vec::new(), shapes: Vec::new() };
    let counted = if bytes.len() as u64 <= limits.part_bytes { scan.list() } else { None };
    counted.is_some_and(|Counted { nodes, arguments }| {
        nodes <= limits.nodes && arguments <= limits.arguments.into()
    })
}

struct Counted {
    nodes: u64,
    arguments: u64,
}

struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
    string_bytes: usize,
    /// How many containers may be open.
    room: usize,
    /// For each open container, whether it is an object.
    open: Vec<bool>,
    /// Keys of objects, by the number of containers around them.
    shapes: Vec<Shape<'a>>,
}

/// The keys of the last object here, each once. Records have the same ones again and again, in the same
/// order: those need no comparing with each other.
#[derive(Default)]
struct Shape<'a> {
    keys: Vec<Key<'a>>,
    /// How many of them the open object has had.
    met: usize,
}

/// A key, and for a quick look the first eight bytes of it and the quote behind.
struct Key<'a> {
    bytes: &'a [u8],
    head: u64,
    mask: u64,
}

impl<'a> Key<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut head = [0; 8];
        let mut mask = [0; 8];
        for (at, byte) in bytes.iter().chain(b"\"").enumerate().take(8) {
            if let (Some(head), Some(mask)) = (head.get_mut(at), mask.get_mut(at)) {
                (*head, *mask) = (*byte, 0xff);
            }
        }
        Self { bytes, head: u64::from_le_bytes(head), mask: u64::from_le_bytes(mask) }
    }

    /// Whether it stands at the start of `text`, with its quote. May say no near the end of a text.
    fn begins(&self, text: &[u8]) -> bool {
        let Some(eight) = text.first_chunk() else { return false };
        let is_head = u64::from_le_bytes(*eight) & self.mask == self.head;
        let length = self.bytes.len();
        is_head && (length < 8 || (text.starts_with(self.bytes) && text.get(length) == Some(&b'"')))
    }
}

/// From here on comparing each with each takes too long.
const MANY_KEYS: usize = 64;

impl<'a> Scan<'a> {
    /// Reads a list, and nothing but blanks around it.
    fn list(&mut self) -> Option<Counted> {
        let mut counted = Counted { nodes: 0, arguments: 0 };
        self.skip_blanks();
        if self.peek() != Some(b'[') {
            return None;
        }
        'value: loop {
            counted.nodes += 1;
            counted.arguments += u64::from(self.open.len() == 1);
            let byte = self.peek()?;
            match byte {
                b'"' => self.string()?,
                b'-' | b'0'..=b'9' => self.number()?,
                b'{' | b'[' => {
                    if self.enter(byte == b'{')? {
                        continue 'value;
                    }
                }
                _ => self.literal()?,
            }
            loop {
                self.skip_blanks();
                let Some(is_object) = self.open.last().copied() else {
                    return (self.at == self.bytes.len()).then_some(counted);
                };
                match (self.peek()?, is_object) {
                    (b',', is_object) => {
                        self.at += 1;
                        self.skip_blanks();
                        if is_object {
                            self.key()?;
                        }
                        continue 'value;
                    }
                    (b']', false) | (b'}', true) => {
                        self.at += 1;
                        self.open.pop();
                    }
                    _ => return None,
                }
            }
        }
    }

    /// Goes to the first value in a container; `false` if it is empty, and so closed.
    fn enter(&mut self, is_object: bool) -> Option<bool> {
        let level = self.open.len();
        if level == self.room {
            return None;
        }
        self.open.push(is_object);
        self.at += 1;
        self.skip_blanks();
        if self.peek()? == if is_object { b'}' } else { b']' } {
            self.at += 1;
            self.open.pop();
            return Some(false);
        }
        if is_object {
            self.shapes.resize_with(self.shapes.len().max(self.open.len()), Shape::default);
            self.shapes.get_mut(level)?.met = 0;
            self.key()?;
        }
        Some(true)
    }

    /// Reads a key and its colon.
    fn key(&mut self) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        let rest = self.bytes.get(self.at + 1..)?;
        let Shape { keys, met } = self.shapes.get_mut(self.open.len() - 1)?;
        let length = match keys.get(*met) {
            Some(key) if key.begins(rest) => key.bytes.len(),
            _ => {
                let length = quiet(rest);
                let key = rest.get(..length)?;
                keys.truncate(*met);
                let is_odd = rest.get(length) != Some(&b'"') || length > self.string_bytes;
                let is_again = || keys.iter().any(|known| known.bytes == key);
                if is_odd || key == b"__proto__" || keys.len() == MANY_KEYS || is_again() {
                    return None;
                }
                keys.push(Key::new(key));
                length
            }
        };
        *met += 1;
        self.at += length + 2;
        self.skip_blanks();
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        self.skip_blanks();
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let start = self.at + 1;
        self.at = start;
        match (self.peek()?, self.bytes.get(start + 1)) {
            (b'$', _) | (b'\\', Some(b'u')) => return None, // what an escape says, the decoder finds out
            _ => {}
        }
        loop {
            self.at += quiet(self.bytes.get(self.at..)?);
            match self.bytes.get(self.at..)? {
                [b'"', ..] => break,
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => self.at += 2,
                [b'\\', b'u', digits @ ..] => {
                    let digits = digits.get(..4)?;
                    if !digits.iter().all(u8::is_ascii_hexdigit) {
                        return None;
                    }
                    self.at += 6;
                }
                _ => return None,
            }
        }
        let length = self.at - start;
        self.at += 1;
        (length <= self.string_bytes).then_some(())
    }

    fn number(&mut self) -> Option<()> {
        self.at += usize::from(self.peek() == Some(b'-'));
        let leading = self.peek();
        let digits = self.digits()?;
        if leading == Some(b'0') && digits > 1 {
            return None;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<usize> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(self.at - start)
    }

    fn literal(&mut self) -> Option<()> {
        self.at += match self.bytes.get(self.at..)? {
            [b't', b'r', b'u', b'e', ..] | [b'n', b'u', b'l', b'l', ..] => 4,
            [b'f', b'a', b'l', b's', b'e', ..] => 5,
            _ => return None,
        };
        Some(())
    }

    fn skip_blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

/// How many bytes there are before the first quote, backslash or control character.
fn quiet(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut eights = 0;
    while let Some((eight, behind)) = rest.split_first_chunk() {
        let loud = loud(u64::from_le_bytes(*eight));
        if loud != 0 {
            return bytes.len() - rest.len() + loud.trailing_zeros() as usize / 8;
        }
        rest = behind;
        eights += 1;
        // What is longer than most strings is looked at in larger pieces, which the compiler vectorises.
        while eights == 4
            && let Some((many, behind)) = rest.split_first_chunk::<64>()
        {
            if many.iter().fold(false, |any, byte| any | is_loud(*byte)) {
                break;
            }
            rest = behind;
        }
    }
    let tail = rest.iter().position(|byte| is_loud(*byte));
    tail.map_or(bytes.len(), |tail| bytes.len() - rest.len() + tail)
}

fn is_loud(byte: u8) -> bool {
    byte < b' ' || byte == b'"' || byte == b'\\'
}

/// The lowest set bit is the highest one of the first of eight bytes that is loud.
fn loud(eight: u64) -> u64 {
    const EACH: u64 = 0x0101_0101_0101_0101;
    let below = |word: u64, limit: u64| word.wrapping_sub(EACH * limit) & !word & (EACH << 7);
    let is = |byte: u8| below(eight ^ (EACH * u64::from(byte)), 1);
    below(eight, 0x20) | is(b'"') | is(b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::{Parts, decode_parts, outline::Outline};

    fn plain(text: &str) -> bool {
        check(text, &Limits::default())
    }

    /// What the quick look says; where it says yes, reading thoroughly must find no work.
    fn check(text: &str, limits: &Limits) -> bool {
        let quick = is_plain(text, limits);
        if quick {
            let mut parts = Parts::new("");
            parts.text("0", text.to_owned(), limits).unwrap();
            let read = decode_parts(parts, limits).unwrap().skeleton;
            assert_eq!((read.text.as_str(), read.program.as_str()), (text.trim(), ""));
        }
        quick
    }

    #[test]
    fn usual_calls_are_seen_to_be_plain() {
        for usual in [
            "[]",
            " [ ] ",
            r#"["hello",1]"#,
            r#"[{"a":1,"b":[true,false,null,-0.5e+7,0,"x\n\u00e9\""]},{"a":2,"b":[]},{"b":1,"a":2},{}]"#,
            r#"[[[{}],{"a":{"a":{"a":""}}}],"a$","a long enough text $ with é and 😀 in it"]"#,
        ] {
            assert!(check(usual, &Limits::default()), "{usual}");
        }
    }

    #[test]
    fn whatever_else_is_looked_at_thoroughly() {
        let limits = Limits::default();
        for other in [
            "",
            "1",
            "{}",
            "[",
            "[1",
            "[1,",
            "[1,]",
            "[,]",
            "]",
            "[]]",
            "[1]1",
            "[1 2]",
            "[}",
            "[{]",
            r#"[{"a":1]"#,
            r#"["$1"]"#,
            r#"["\u0024"]"#,
            r#"[{"__proto__":1}]"#,
            r#"[{"a":1,"a":2}]"#,
            r#"[{"a":1},{"a":1,"b":2,"a":3}]"#,
            r#"[{"\u0061":1}]"#,
            r#"[{"a"}]"#,
            r#"[{"a":}]"#,
            r#"[{"a":1,}]"#,
            "[01]",
            "[1.]",
            "[.5]",
            "[-]",
            "[1e]",
            "[+1]",
            "[tru]",
            "[nulL]",
            "[\"\n\"]",
            "[\"\\x\"]",
            "[\"\\u12g4\"]",
            "[\"",
            "[\"\\",
            "\u{feff}[]",
            "[NaN]",
            "[\u{a0}1]",
        ] {
            assert!(!check(other, &limits), "{other}");
        }
        assert!(!check("[1,2]", &Limits { arguments: 1, ..limits }));
        assert!(!check("[[1]]", &Limits { depth: 1, ..limits }));
        assert!(!check("[\"ab\"]", &Limits { string_bytes: 1, ..limits }));
        assert!(!check("[1,2,3]", &Limits { nodes: 3, ..limits }));
    }

    #[test]
    fn a_key_stands_once_in_an_object_whatever_those_before_it_had() {
        for good in [
            r#"[{"a":1,"b":2},{"a":1,"b":2},{"a":1},{"a":1,"b":1},{"b":1,"a":1},{"ab":1,"a":1}]"#,
            r#"[{"a":{"a":{"a":1}},"b":{"a":1}},{"a":1}]"#,
            r#"[{"a":[{"b":1},{"b":1}],"b":[[{"a":1}]]}]"#,
        ] {
            assert!(plain(good), "{good}");
        }
        for twice in [
            r#"[{"a":1,"a":1}]"#,
            r#"[{"a":1,"b":1},{"a":1,"b":1,"a":1}]"#,
            r#"[{"a":1,"b":1,"c":1},{"b":1,"a":1,"b":1}]"#,
            r#"[{"a":1,"b":{"a":1},"a":1}]"#,
            r#"[{"a":1,"\u0061":1}]"#,
        ] {
            assert!(!plain(twice), "{twice}");
        }
    }

    #[test]
    fn what_needs_work_is_found_at_any_distance() {
        for length in 0..200 {
            let quiet_ones = "é~ ".repeat(length)[..].chars().take(length).collect::<String>();
            for (odd, expected) in [
                ("", true),
                ("\\n", true),
                ("\u{7f}\u{80}", true),
                ("\u{1f}", false),
                ("\\", false),
            ] {
                let text = format!("[\"{quiet_ones}{odd}\"]");
                assert_eq!(plain(&text), expected, "{text:?}");
                assert_eq!(
                    plain(&format!("[{{\"{quiet_ones}{odd}\":1}}]")),
                    expected && !odd.starts_with('\\')
                );
            }
        }
    }

    #[test]
    fn what_is_called_plain_is_what_needs_no_work() {
        const TOKENS: [&str; 11] = [
            "[",
            "]",
            "{",
            "}",
            ",",
            "\"a\":",
            "\"b\" :",
            "\"\\n\"",
            " 1",
            "\"$T\"",
            "\"__proto__\":0",
        ];
        let limits = Limits::default();
        let mut plain_ones = 0;
        for number in 0..TOKENS.len().pow(5) {
            let mut text = String::from("[");
            let mut rest = number;
            while rest > 0 {
                text.push_str(TOKENS[rest % TOKENS.len()]);
                rest /= TOKENS.len();
            }
            for end in ["]", "}]", "]]", "}]}]"] {
                let text = format!("{text}{end}");
                let outline = Outline::read(text.clone(), 0, 0, &mut 0, &limits);
                let needs_no_work = outline.is_ok_and(|outline| outline.marks.is_empty());
                assert_eq!(is_plain(&text, &limits), needs_no_work, "{text}");
                plain_ones += u32::from(needs_no_work);
            }
        }
        assert!(plain_ones > 50, "{plain_ones}");
    }

    proptest::proptest! {
        #[test]
        fn it_never_says_more_than_the_thorough_reader(
            text in r#"[\[\]{},:"\\$a0-9 u.eE+\-tn_]{0,24}"#,
            depth in 1u32..4,
            nodes in 1u64..8,
        ) {
            check(&format!("[{text}"), &Limits { depth, nodes, ..Limits::default() });
            check(&format!("[{{\"a\":1,{text}"), &Limits::default());
        }

        #[test]
        fn of_json_it_says_the_same(seed: u64, cut in 0usize..200) {
            let mut text = String::from("[");
            let mut state = seed | 1;
            for _ in 0..20 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let piece = [
                    "{\"a\":1,\"b\":\"x\"},", "[],", "\"text that is longer than eight\",", "-1.5e3,", "null,",
                    "{\"a\":{\"b\":[1,2]}},", "\"\\n\",", "{\"b\":1,\"a\":2,\"c\":3},",
                ];
                text.push_str(piece[(state >> 33) as usize % piece.len()]);
            }
            text.push_str("0]");
            assert!(check(&text, &Limits::default()), "{text}");
            let cut = cut.min(text.len() - 1);
            assert!(!check(&text[..cut], &Limits::default()));
        }

        #[test]
        fn eight_at_a_time_is_one_at_a_time(bytes in proptest::collection::vec(0u8.., 0..200)) {
            let one = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            proptest::prop_assert_eq!(quiet(&bytes), one.unwrap_or(bytes.len()));
        }
    }
}
