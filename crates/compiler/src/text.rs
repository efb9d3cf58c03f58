//! Places in the source: bytes to lines and UTF-16 columns, and the few tokens that the syntax tree doesn't keep.

use std::{cell::Cell, fmt::Write, ops::Range};

/// The source with an index of its lines. All offsets are bytes from 0.
pub(crate) struct Text<'a> {
    pub(crate) source: &'a str,
    line_starts: Vec<u32>,
    /// The place that was asked for last: the next is near it, and a line can be as long as the file.
    last: Cell<(u32, Position)>,
}

/// A place as editors and source maps count before they add 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Position {
    /// From 0.
    pub(crate) line: u32,
    /// From 0, in UTF-16 code units.
    pub(crate) column: u32,
}

impl<'a> Text<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        let mut line_starts = vec![0];
        line_starts.extend(memchr::memchr_iter(b'\n', source.as_bytes()).map(|at| at as u32 + 1));
        Self { source, line_starts, last: Cell::default() }
    }

    pub(crate) fn position(&self, at: u32) -> Position {
        let line = self.line_starts.partition_point(|&start| start <= at) as u32 - 1;
        let start = self.position_start(line);
        let width = |from: u32, to: u32| utf16_len(self.slice(&(from..to)));
        let (last_at, last) = self.last.get();
        let column = if last.line != line {
            width(start, at)
        } else if last_at <= at {
            last.column + width(last_at, at)
        } else if last_at - at < at - start {
            last.column - width(at, last_at)
        } else {
            width(start, at)
        };
        let position = Position { line, column };
        self.last.set((at, position));
        position
    }

    /// The place at a line and a UTF-16 column, both from 0.
    pub(crate) fn offset(&self, line: u32, column: u32) -> u32 {
        let (last_at, last) = self.last.get();
        let is_ahead = last.line == line && last.column <= column;
        let (mut at, mut left) = match is_ahead {
            true => (last_at, column - last.column),
            false => (self.position_start(line), column),
        };
        let end = self.position_start(line) + self.line(line).unwrap_or_default().len() as u32;
        for c in self.slice(&(at.min(end)..end)).chars() {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(c.len_utf16() as u32);
            at += c.len_utf8() as u32;
        }
        self.last.set((at, Position { line, column: column - left }));
        at
    }

    pub(crate) fn position_start(&self, line: u32) -> u32 {
        self.line_starts[line as usize]
    }

    /// The text of a line (from 0) without its end.
    pub(crate) fn line(&self, line: u32) -> Option<&'a str> {
        let start = *self.line_starts.get(line as usize)? as usize;
        let end =
            self.line_starts.get(line as usize + 1).map_or(self.source.len(), |&at| at as usize);
        Some(self.source[start..end].trim_end_matches(['\n', '\r']))
    }

    pub(crate) fn slice(&self, range: &Range<u32>) -> &'a str {
        &self.source[range.start as usize..range.end as usize]
    }

    /// The first byte at or after `at` that isn't white space or in a comment.
    pub(crate) fn skip_trivia(&self, at: u32) -> u32 {
        let mut rest = &self.source[at as usize..];
        loop {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            let comment_bytes = if rest.starts_with("//") {
                rest.find(['\n', '\r', '\u{2028}', '\u{2029}']).unwrap_or(rest.len())
            } else if let Some(inside) = rest.strip_prefix("/*") {
                inside.find("*/").map_or(rest.len(), |end| end + "/**/".len())
            } else {
                return (self.source.len() - rest.len()) as u32;
            };
            rest = &rest[comment_bytes..];
        }
    }

    /// Behind `async`, `function` and `*`, where a function's name would be.
    pub(crate) fn after_function_keyword(&self, at: u32) -> u32 {
        let mut at = at;
        for keyword in ["async", "function"] {
            if self.word(self.skip_trivia(at)) == keyword {
                at = self.skip_trivia(at) + keyword.len() as u32;
            }
        }
        match self.byte(self.skip_trivia(at)) {
            Some(b'*') => self.skip_trivia(at) + 1,
            _ => at,
        }
    }

    pub(crate) fn byte(&self, at: u32) -> Option<u8> {
        self.source.as_bytes().get(at as usize).copied()
    }

    /// The run of identifier letters at `at`; empty if there is none.
    pub(crate) fn word(&self, at: u32) -> &'a str {
        let rest = &self.source[at as usize..];
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$'))
            .unwrap_or(rest.len());
        &rest[..end]
    }
}

/// `code` without a byte order mark.
pub(crate) fn without_bom(code: &str) -> &str {
    code.strip_prefix('\u{feff}').unwrap_or(code)
}

pub(crate) fn utf16_len(text: &str) -> u32 {
    if text.is_ascii() { text.len() as u32 } else { text.encode_utf16().count() as u32 }
}

/// `text` as a JavaScript string literal.
pub(crate) fn js_string(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    push_js_string(&mut literal, text);
    literal
}

/// Appends `text` as a string literal of JavaScript and of JSON.
pub(crate) fn push_js_string(to: &mut String, text: &str) {
    to.push('"');
    let bytes = text.as_bytes();
    let (mut from, mut at) = (0, 0);
    while at < bytes.len() {
        let length = match bytes[at] {
            b'"' | b'\\' | 0..=0x1f => 1,
            // U+2028 and U+2029 end a line of JavaScript.
            0xe2 if matches!(bytes[at..], [_, 0x80, 0xa8 | 0xa9, ..]) => 3,
            _ => {
                at += 1;
                continue;
            }
        };
        to.push_str(&text[from..at]);
        match &text[at..at + length] {
            "\"" => to.push_str("\\\""),
            "\\" => to.push_str("\\\\"),
            "\n" => to.push_str("\\n"),
            "\r" => to.push_str("\\r"),
            "\t" => to.push_str("\\t"),
            other => {
                let code = other.chars().next().map_or(0, u32::from);
                let _ = write!(to, "\\u{code:04x}");
            }
        }
        at += length;
        from = at;
    }
    to.push_str(&text[from..]);
    to.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf16_code_units() {
        let text = Text::new("a\né😀b\n");
        assert_eq!(text.position(0), Position { line: 0, column: 0 });
        assert_eq!(text.position(8), Position { line: 1, column: 3 });
        assert_eq!(text.position(10), Position { line: 2, column: 0 });
        assert_eq!(text.line(1), Some("é😀b"));
    }

    #[test]
    fn comments_are_trivia() {
        let text = Text::new(" /*/ => */ // (\n\t=> x");
        assert_eq!(text.skip_trivia(0), 17);
        assert_eq!(text.skip_trivia(17), 17);
    }

    #[test]
    fn places_are_the_same_in_whatever_order_they_are_asked_for() {
        let source = "é😀a\nb\r\n\n😀😀c";
        let text = Text::new(source);
        let boundaries: Vec<u32> = source.char_indices().map(|(at, _)| at as u32).collect();
        for &first in &boundaries {
            for &second in &boundaries {
                text.position(first);
                let position = text.position(second);
                assert_eq!(position, Text::new(source).position(second), "{first} {second}");
                text.position(first);
                if !source[second as usize..].starts_with(['\r', '\n']) {
                    assert_eq!(text.offset(position.line, position.column), second, "{first}");
                }
            }
        }
    }

    #[test]
    fn a_string_literal_can_hold_anything() {
        assert_eq!(js_string("a\"\\\n\u{2028}é"), "\"a\\\"\\\\\\n\\u2028é\"");
    }
}
