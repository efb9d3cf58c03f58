//! Source maps, version 3.

use std::fmt::Write;

use crate::text::{Position, js_string};

/// Mappings in the order of the generated text.
#[derive(Debug, Default)]
pub(super) struct Mappings {
    encoded: String,
    line: u32,
    column: u32,
    original: Position,
    has_segment: bool,
}

impl Mappings {
    /// Maps a place of the generated text to one of the source, or with `None` to nothing.
    pub(super) fn add(&mut self, generated: Position, original: Option<Position>) {
        while self.line < generated.line {
            self.encoded.push(';');
            self.line += 1;
            self.column = 0;
            self.has_segment = false;
        }
        if self.has_segment {
            self.encoded.push(',');
        }
        self.has_segment = true;
        self.number(i64::from(generated.column) - i64::from(self.column));
        self.column = generated.column;
        let Some(original) = original else { return };
        // There is one source, and it doesn't change.
        self.encoded.push('A');
        self.number(i64::from(original.line) - i64::from(self.original.line));
        self.number(i64::from(original.column) - i64::from(self.original.column));
        self.original = original;
    }

    /// Base64 digits of five bits, the least first; the lowest bit of all is the sign.
    fn number(&mut self, number: i64) {
        const DIGITS: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut rest = (number.unsigned_abs() << 1) | u64::from(number < 0);
        loop {
            let digit = rest & 0b1_1111;
            rest >>= 5;
            let more = u64::from(rest > 0) << 5;
            self.encoded.push(char::from(DIGITS[(digit | more) as usize]));
            if rest == 0 {
                return;
            }
        }
    }

    /// The map as JSON, with the whole source in it.
    pub(super) fn into_json(self, filename: &str, source: &str) -> String {
        let mut json = String::with_capacity(self.encoded.len() + source.len() + 100);
        let _ = write!(
            json,
            r#"{{"version":3,"sources":[{}],"sourcesContent":[{}],"names":[],"mappings":"{}"}}"#,
            js_string(filename),
            js_string(source),
            self.encoded
        );
        json
    }
}

/// A map that says of no place where it comes from: no map would let a bundler keep the one of the source.
pub(super) fn empty() -> String {
    r#"{"version":3,"sources":[],"names":[],"mappings":""}"#.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_base64_vlq() {
        for (number, digits) in
            [(0, "A"), (1, "C"), (-1, "D"), (15, "e"), (16, "gB"), (1000, "w+B")]
        {
            let mut mappings = Mappings::default();
            mappings.number(number);
            assert_eq!(mappings.encoded, digits);
        }
    }

    #[test]
    fn segments_are_relative_and_lines_are_kept() {
        let at = |line, column| Position { line, column };
        let mut mappings = Mappings::default();
        mappings.add(at(0, 0), Some(at(0, 0)));
        mappings.add(at(0, 4), None);
        mappings.add(at(2, 1), Some(at(1, 3)));
        assert_eq!(mappings.encoded, "AAAA,I;;CACG");
    }
}
