//! Source maps, version 3.

mod input;

use rustc_hash::FxHashMap;

use self::input::InputMap;
use crate::text::{Position, push_js_string, utf16_len};

/// Mappings in the order of the generated text.
#[derive(Debug)]
pub(super) struct Mappings {
    /// Base64 digits, commas and semicolons.
    encoded: Vec<u8>,
    names: Vec<String>,
    name_indices: FxHashMap<String, u32>,
    /// Places of the source are places of what it was made from.
    input: Option<InputMap>,
    /// The source of the last mapping.
    source: u32,
    /// Where the generated text has got to.
    at: Position,
    /// The generated column, the original place and the name of the last mapping.
    column: u32,
    original: Position,
    name: u32,
    /// There is a mapping on this line.
    has_mapping: bool,
}

impl Mappings {
    /// `bytes`: how long the encoded mappings will be, about. `input_map`: the map of the source itself, as JSON.
    pub(super) fn new(bytes: usize, input_map: Option<&str>) -> Self {
        Self {
            name_indices: FxHashMap::default(),
            input: input_map.and_then(InputMap::read),
            source: 0,
            encoded: Vec::with_capacity(bytes),
            names: Vec::new(),
            at: Position::default(),
            column: 0,
            original: Position::default(),
            name: 0,
            has_mapping: false,
        }
    }

    /// Maps a generated text as a whole to a place of the source, or to nothing.
    pub(super) fn generated(&mut self, text: &str, origin: Option<Position>, name: Option<&str>) {
        self.column();
        if let Some(origin) = origin {
            self.place(origin, name);
        }
        match text.rsplit_once('\n') {
            None => self.at.column += utf16_len(text),
            Some((before, last)) => {
                let lines = 1 + memchr::memchr_iter(b'\n', before.as_bytes()).count();
                (0..lines).for_each(|_| self.end_line());
                self.at.column = utf16_len(last);
            }
        }
    }

    /// Maps each word and each sign of a piece of the source to its own place.
    pub(super) fn original(&mut self, text: &str, origin: Position) {
        let bytes = text.as_bytes();
        let mut origin = origin;
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            let (units, end) = match KIND[usize::from(byte)] {
                Kind::Space => (1, at + 1),
                Kind::Newline => {
                    self.end_line();
                    origin = Position { line: origin.line + 1, column: 0 };
                    at += 1;
                    continue;
                }
                Kind::Sign => {
                    self.token(origin);
                    (1, at + 1)
                }
                Kind::Word => {
                    self.token(origin);
                    let (mut end, mut bits) = (at + 1, byte);
                    while let Some(&byte) = bytes.get(end)
                        && KIND[usize::from(byte)] == Kind::Word
                    {
                        bits |= byte;
                        end += 1;
                    }
                    let units =
                        if bits.is_ascii() { (end - at) as u32 } else { utf16_len(&text[at..end]) };
                    (units, end)
                }
            };
            self.at.column += units;
            origin.column += units;
            at = end;
        }
    }

    /// Maps the place that the generated text has got to.
    #[inline]
    fn token(&mut self, origin: Position) {
        let moved = self.at.column - self.column;
        let is_parallel = self.has_mapping
            && self.input.is_none()
            && origin.line == self.original.line
            && origin.column.wrapping_sub(self.original.column) == moved;
        if is_parallel && moved < 16 {
            // Most tokens: as far from the one before as in the source.
            self.encoded.extend_from_slice(&PARALLEL[moved as usize]);
            self.column = self.at.column;
            self.original = origin;
            return;
        }
        self.column();
        self.place(origin, None);
    }

    fn column(&mut self) {
        if self.has_mapping {
            self.encoded.push(b',');
        }
        self.has_mapping = true;
        self.number(i64::from(self.at.column) - i64::from(self.column));
        self.column = self.at.column;
    }

    fn place(&mut self, origin: Position, name: Option<&str>) {
        let Some(input) = &self.input else { return self.place_in(0, origin, name) };
        let Some(traced) = input.trace(origin.line, origin.column) else { return };
        let origin = Position { line: traced.line, column: traced.column };
        let known = traced.name.map(|name| input.names[name as usize].clone());
        self.place_in(traced.source, origin, known.as_deref().or(name));
    }

    fn place_in(&mut self, source: u32, origin: Position, name: Option<&str>) {
        self.number(i64::from(source) - i64::from(self.source));
        self.source = source;
        self.number(i64::from(origin.line) - i64::from(self.original.line));
        self.number(i64::from(origin.column) - i64::from(self.original.column));
        self.original = origin;
        if let Some(name) = name {
            self.name(name);
        }
    }

    fn name(&mut self, name: &str) {
        let index = match self.name_indices.get(name) {
            Some(index) => *index,
            None => {
                let index = self.names.len() as u32;
                self.names.push(name.to_owned());
                self.name_indices.insert(name.to_owned(), index);
                index
            }
        };
        self.number(i64::from(index) - i64::from(self.name));
        self.name = index;
    }

    fn end_line(&mut self) {
        self.encoded.push(b';');
        self.at = Position { line: self.at.line + 1, column: 0 };
        self.column = 0;
        self.has_mapping = false;
    }

    /// Base64 digits of five bits, the least first; the lowest bit of all is the sign.
    fn number(&mut self, number: i64) {
        let mut rest = (number.unsigned_abs() << 1) | u64::from(number < 0);
        loop {
            let digit = rest & 0b1_1111;
            rest >>= 5;
            let more = u64::from(rest > 0) << 5;
            self.encoded.push(DIGITS[(digit | more) as usize]);
            if rest == 0 {
                return;
            }
        }
    }

    /// The map as JSON, with the whole text of each source that is known.
    pub(super) fn into_json(mut self, filename: &str, source: &str) -> String {
        let mut json = String::with_capacity(self.encoded.len() + source.len() * 9 / 8 + 200);
        let (sources, contents) = match self.input.take() {
            Some(input) => (input.sources, input.contents),
            None => (vec![Some(filename.to_owned())], vec![Some(source.to_owned())]),
        };
        json.push_str(r#"{"version":3,"sources":["#);
        push_list(&mut json, &sources);
        json.push_str(r#"],"sourcesContent":["#);
        push_list(&mut json, &contents);
        json.push_str(r#"],"names":["#);
        push_list(&mut json, &self.names.into_iter().map(Some).collect::<Vec<_>>());
        json.push_str(r#"],"mappings":""#);
        json.push_str(std::str::from_utf8(&self.encoded).unwrap_or_default());
        json.push_str("\"}");
        json
    }
}

fn push_list(json: &mut String, items: &[Option<impl AsRef<str>>]) {
    for (index, item) in items.iter().enumerate() {
        json.push_str(if index == 0 { "" } else { "," });
        match item {
            Some(text) => push_js_string(json, text.as_ref()),
            None => json.push_str("null"),
        }
    }
}

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The mapping of a place as far behind the last one as in the source, for up to 15 columns.
const PARALLEL: [[u8; 5]; 16] = {
    let mut table = [[0; 5]; 16];
    let mut columns = 0;
    while columns < 16 {
        let digit = DIGITS[2 * columns];
        table[columns] = [b',', digit, b'A', b'A', digit];
        columns += 1;
    }
    table
};

/// A mapping begins with each word and each sign.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Space,
    Newline,
    Word,
    Sign,
}

const KIND: [Kind; 256] = {
    let mut table = [Kind::Sign; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'\n' => Kind::Newline,
            b' ' | b'\t' | b'\r' | 0x0b | 0x0c => Kind::Space,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | 0x80.. => Kind::Word,
            _ => Kind::Sign,
        };
        byte += 1;
    }
    table
};

/// A map that says of no place where it comes from: no map would let a bundler keep the one of the source.
pub(super) fn empty() -> String {
    r#"{"version":3,"sources":[],"names":[],"mappings":""}"#.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(mappings: Mappings) -> String {
        String::from_utf8(mappings.encoded).unwrap()
    }

    #[test]
    fn numbers_are_base64_vlq() {
        for (number, digits) in
            [(0, "A"), (1, "C"), (-1, "D"), (15, "e"), (16, "gB"), (1000, "w+B")]
        {
            let mut mappings = Mappings::new(0, None);
            mappings.number(number);
            assert_eq!(encoded(mappings), digits);
        }
    }

    #[test]
    fn what_is_generated_is_mapped_as_a_whole() {
        let mut mappings = Mappings::new(0, None);
        mappings.generated("abc ", Some(Position { line: 0, column: 0 }), Some("x"));
        mappings.generated("ours\n\n ", None, None);
        mappings.generated("b", Some(Position { line: 1, column: 3 }), Some("x"));
        assert_eq!(mappings.names, ["x"]);
        assert_eq!(encoded(mappings), "AAAAA,I;;CACGA");
    }

    #[test]
    fn the_source_is_mapped_word_by_word_and_sign_by_sign() {
        let mut mappings = Mappings::new(0, None);
        mappings.original("a += é😀b(c)\n  d", Position { line: 2, column: 1 });
        // a, +, =, é😀b, (, c, ), then d on the next line
        assert_eq!(encoded(mappings), "AAEC,EAAE,CAAC,EAAE,IAAI,CAAC,CAAC;EACV");
    }
}
