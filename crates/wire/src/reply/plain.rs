//! A quick look at a text: most calls send plain JSON, which needs nothing but to be within the limits.

use crate::Limits;

/// Whether a text is sure to be a list within the limits, without any tag, escaped key or key
/// `__proto__`: then it means what JSON means by it. If not, reading it thoroughly says what it is.
pub(super) fn is_plain(text: &str, limits: &Limits) -> bool {
    text.len() as u64 <= limits.part_bytes && Glance::new(text.as_bytes(), limits).look().is_some()
}

/// One pass over a text that ends at whatever isn't plain, isn't usual, or isn't allowed.
struct Glance<'a> {
    text: &'a [u8],
    at: usize,
    limits: &'a Limits,
    nodes: u64,
    arguments: u32,
    /// Containers that are open, and of the innermost 64 which are objects.
    depth: u32,
    objects: u64,
    /// For each level the keys of the last object there, as bytes of the text. They are all different.
    shapes: Vec<Shape>,
}

#[derive(Default)]
struct Shape {
    keys: Vec<(usize, usize)>,
    /// How many of them the object has that is being read.
    count: usize,
}

/// Keys of one object that are compared one by one.
const FEW: usize = 16;

impl<'a> Glance<'a> {
    fn new(text: &'a [u8], limits: &'a Limits) -> Self {
        Self {
            text,
            at: 0,
            limits,
            nodes: 0,
            arguments: 0,
            depth: 0,
            objects: 0,
            shapes: Vec::new(),
        }
    }

    fn look(&mut self) -> Option<()> {
        self.blanks();
        (self.peek()? == b'[').then_some(())?;
        self.open()?;
        // Whether a value may follow, or has to: behind an opening bracket there may be none.
        let mut may_close = true;
        while self.depth > 0 {
            self.blanks();
            let byte = self.peek()?;
            if may_close && matches!(byte, b']' | b'}') {
                self.close(byte)?;
            } else {
                if self.in_object() {
                    self.key()?;
                }
                if self.value()? {
                    may_close = true;
                    continue;
                }
            }
            may_close = self.behind_value()?;
        }
        self.blanks();
        let fits = self.at == self.text.len() && self.arguments <= self.limits.arguments;
        fits.then_some(())
    }

    /// Behind a value comes a comma, or the end of what it is in; gives whether there may be no value next.
    fn behind_value(&mut self) -> Option<bool> {
        while self.depth > 0 {
            self.blanks();
            match self.peek()? {
                b',' => {
                    self.at += 1;
                    return Some(false);
                }
                byte => self.close(byte)?,
            }
        }
        Some(false)
    }

    /// Gives whether it was an opening bracket.
    fn value(&mut self) -> Option<bool> {
        self.arguments += u32::from(self.depth == 1);
        match self.peek()? {
            b'[' | b'{' => {
                self.open()?;
                return Some(true);
            }
            b'"' => {
                let (start, end) = self.string()?;
                let first = *self.text.get(start)?;
                let may_be_tag = first == b'$' && start < end
                    || first == b'\\' && *self.text.get(start + 1)? == b'u';
                (!may_be_tag).then_some(())?;
            }
            b'-' | b'0'..=b'9' => self.number()?,
            _ => self.literal()?,
        }
        self.count()?;
        Some(false)
    }

    fn open(&mut self) -> Option<()> {
        if self.depth > 0 {
            self.count()?;
        }
        self.depth += 1;
        (self.depth <= self.limits.depth.min(64)).then_some(())?;
        let is_object = self.peek()? == b'{';
        self.objects = self.objects << 1 | u64::from(is_object);
        self.at += 1;
        if self.shapes.len() < self.depth as usize {
            self.shapes.push(Shape::default());
        }
        self.shape()?.count = 0;
        Some(())
    }

    fn close(&mut self, byte: u8) -> Option<()> {
        (byte == if self.in_object() { b'}' } else { b']' }).then_some(())?;
        self.at += 1;
        self.depth -= 1;
        self.objects >>= 1;
        Some(())
    }

    fn count(&mut self) -> Option<()> {
        self.nodes += 1;
        (self.nodes < self.limits.nodes).then_some(())
    }

    /// A key that the object hasn't had, and the colon.
    fn key(&mut self) -> Option<()> {
        let (start, end) = self.string()?;
        let key = self.text.get(start..end)?;
        (!key.contains(&b'\\') && key != b"__proto__").then_some(())?;
        let text = self.text;
        let shape = self.shape()?;
        let count = shape.count;
        shape.count += 1;
        let same = |at: &(usize, usize)| text.get(at.0..at.1) == Some(key);
        if !shape.keys.get(count).is_some_and(same) {
            shape.keys.truncate(count);
            (count < FEW && !shape.keys.iter().any(same)).then_some(())?;
            shape.keys.push((start, end));
        }
        self.blanks();
        (self.peek()? == b':').then_some(())?;
        self.at += 1;
        self.blanks();
        Some(())
    }

    /// Where the bytes between the quotes are; escapes are checked.
    fn string(&mut self) -> Option<(usize, usize)> {
        (self.peek()? == b'"').then_some(())?;
        let start = self.at + 1;
        self.at = start;
        loop {
            self.at += plain_bytes(self.text.get(self.at..)?);
            match self.text.get(self.at..)? {
                [b'"', ..] => break,
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => self.at += 2,
                [b'\\', b'u', a, b, c, d, ..]
                    if [a, b, c, d].iter().all(|it| it.is_ascii_hexdigit()) =>
                {
                    self.at += 6;
                }
                _ => return None,
            }
        }
        let end = self.at;
        self.at += 1;
        (((end - start) as u64) <= self.limits.string_bytes).then_some((start, end))
    }

    fn number(&mut self) -> Option<()> {
        self.skip_one(b'-');
        if self.skip_one(b'0') {
            (!self.peek()?.is_ascii_digit()).then_some(())?;
        } else {
            self.digits()?;
        }
        if self.skip_one(b'.') {
            self.digits()?;
        }
        if matches!(self.peek()?, b'e' | b'E') {
            self.at += 1;
            if !self.skip_one(b'+') {
                self.skip_one(b'-');
            }
            self.digits()?;
        }
        Some(())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek()?.is_ascii_digit() {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn literal(&mut self) -> Option<()> {
        let rest = self.text.get(self.at..)?;
        let word = match rest.first()? {
            b't' => "true",
            b'f' => "false",
            _ => "null",
        };
        rest.starts_with(word.as_bytes()).then_some(())?;
        self.at += word.len();
        Some(())
    }

    fn skip_one(&mut self, byte: u8) -> bool {
        let is_there = self.peek() == Some(byte);
        self.at += usize::from(is_there);
        is_there
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn shape(&mut self) -> Option<&mut Shape> {
        self.shapes.get_mut(self.depth as usize - 1)
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
}

/// How many bytes there are before the first quote, backslash or control character: eight at a time.
fn plain_bytes(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let has_zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGH;
    let mut at = 0;
    while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*eight);
        let special = has_zero(word ^ (ONES * u64::from(b'"')))
            | has_zero(word ^ (ONES * u64::from(b'\\')))
            | (word.wrapping_sub(ONES * 0x20) & !word & HIGH);
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    let rest = text.get(at..).unwrap_or_default();
    at + rest.iter().position(is_special).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::{Parts, decode_parts};

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
        fn eight_at_a_time_is_one_at_a_time(bytes in proptest::collection::vec(0u8.., 0..40)) {
            let one = bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
            proptest::prop_assert_eq!(plain_bytes(&bytes), one.unwrap_or(bytes.len()));
        }
    }
}
