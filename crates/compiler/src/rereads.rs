//! How often TypeScript's parser would read the same bytes again, from the bytes alone.
//!
//! At some places it can't know what it reads: `<T>(` may begin an arrow function, `a ? (b) : c => d` hold one with a
//! return type, and `a < b` type arguments. It tries the one, goes back, and tries the other. Nested in each other,
//! the tries multiply: twenty levels on one line take a second, forty take days. Here the tries around each byte are
//! counted, and a source that would be read too often is refused. In code that people write they are few.

use std::ops::Range;

use memchr::{memchr_iter, memmem};

use crate::depth::{comment_end, string_end};

/// How often a byte may be read, on average.
const READINGS: u64 = 16;
/// Bytes that may be read besides, in a source however short.
const SPARE_BYTES: u64 = 1 << 20;

/// Where the parser would have read too much.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooOften {
    pub(crate) at: Range<u32>,
}

/// Refuses a TypeScript `source` that would be read too often.
pub(crate) fn check(source: &str, is_tsx: bool) -> Result<(), TooOften> {
    if may_multiply(source.as_bytes()) { count(source.as_bytes(), is_tsx) } else { Ok(()) }
}

/// Whether there is enough of what it takes: in most files there isn't, and this is quick.
fn may_multiply(bytes: &[u8]) -> bool {
    const FEW: usize = 10;
    let is_many = |byte, many| memchr_iter(byte, bytes).nth(many).is_some();
    let behind_types = || {
        let ends = memchr_iter(b'>', bytes).filter(|&at| is_before_paren(bytes, at));
        ends.take(FEW).count() == FEW
    };
    // `a ? (b) : c => d`
    let arrows = || memmem::find_iter(bytes, b"=>").filter(|&at| may_follow_type(bytes, at));
    is_many(b'<', 40 * FEW)
        || is_many(b'?', FEW) && arrows().nth(FEW).is_some()
        || is_many(b'<', FEW) && behind_types()
}

/// Whether a return type may stand before the `=>` at `at`, and not only parameters.
fn may_follow_type(bytes: &[u8], at: usize) -> bool {
    let before = bytes[..at].trim_ascii_end();
    let head = match before.last() {
        Some(b')') => match before_parens(before) {
            Some(head) => head,
            None => return true,
        },
        Some(byte) if is_word(byte) => before_word(before).trim_ascii_end(),
        _ => return true,
    };
    let head = head.strip_suffix(b"async").map_or(head, <[u8]>::trim_ascii_end);
    !matches!(head.last(), Some(b'(' | b',' | b'=' | b'{' | b'[' | b';' | b'?'))
}

/// What stands before the `(` that belongs to the `)` at the end; `None` when that isn't plain to see.
fn before_parens(bytes: &[u8]) -> Option<&[u8]> {
    const FAR_BYTES: usize = 1_000;
    let mut open = 0;
    for (at, byte) in bytes.iter().enumerate().rev().take(FAR_BYTES) {
        match byte {
            b')' => open += 1,
            b'(' if open == 1 => return Some(bytes[..at].trim_ascii_end()),
            b'(' => open -= 1,
            // Strings, comments and regular expressions may hold parentheses that are none.
            b'"' | b'\'' | b'`' | b'/' => return None,
            _ => {}
        }
    }
    None
}

fn before_word(bytes: &[u8]) -> &[u8] {
    let word = bytes.iter().rev().take_while(|byte| is_word(byte)).count();
    &bytes[..bytes.len() - word]
}

fn is_word(byte: &u8) -> bool {
    CLASS[usize::from(*byte)] == Class::Operand
}

/// Whether the `>` at `at` is no arrow's, and a `(` comes next.
fn is_before_paren(bytes: &[u8], at: usize) -> bool {
    !bytes[..at].ends_with(b"=") && bytes[at + 1..].trim_ascii_start().starts_with(b"(")
}

fn count(bytes: &[u8], is_tsx: bool) -> Result<(), TooOften> {
    let most = bytes.len() as u64 * READINGS + SPARE_BYTES;
    let mut tries = Tries { is_tsx, ..Tries::default() };
    let (mut at, mut read) = (0, 0_u64);
    while at < bytes.len() {
        let (token, end) = next_token(bytes, at);
        if token != Token::Space {
            tries.take(token);
        }
        read = read.saturating_add(tries.readings().saturating_mul((end - at) as u64));
        if read > most {
            return Err(TooOften { at: at as u32..end as u32 });
        }
        at = end;
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Token {
    /// White space on one line, and comments.
    Space,
    Newline,
    #[default]
    Semicolon,
    Comma,
    Open(u8),
    Close,
    /// A name, a number, a string.
    Operand,
    Less,
    Greater,
    Question,
    Colon,
    Arrow,
    /// What type arguments may hold besides: `|`, `&`, `.`, `[`, `=`.
    OfTypes,
    /// What they may not, so that a try ends: `&&`, `+`, `==`.
    Operator,
}

/// The tries that were begun in one pair of brackets since its last statement.
#[derive(Debug, Clone, Copy, Default)]
struct Chain {
    /// `<` that may open type arguments: each makes the parser read on from there once more.
    angles: u32,
    /// Those of them that stand behind a name, and that a `>` ends.
    arguments: u32,
    /// What makes it read on from there twice, whatever that holds.
    doublings: u32,
    /// A `?` was seen, behind it `) :`, so that an `=>` may be the arrow of a function with a return type.
    has_question: bool,
    has_return_type: bool,
}

#[derive(Default)]
struct Tries {
    is_tsx: bool,
    chain: Chain,
    around: Vec<Chain>,
    /// Sums of the chains around.
    angles: u32,
    doublings: u32,
    previous: Token,
    newline: bool,
}

impl Tries {
    fn readings(&self) -> u64 {
        let angles = u64::from(self.angles + self.chain.angles) + 1;
        angles << (self.doublings + self.chain.doublings).min(40)
    }

    fn take(&mut self, token: Token) {
        match token {
            Token::Newline => {
                self.newline = true;
                return;
            }
            Token::Semicolon => self.chain = Chain::default(),
            Token::Open(bracket) => self.open(bracket),
            Token::Close => self.close(),
            Token::Less => self.open_angle(),
            Token::Greater => {
                let ended = self.chain.arguments.min(1);
                self.chain.angles -= ended;
                self.chain.arguments -= ended;
            }
            Token::Question => self.chain.has_question = true,
            Token::Colon => {
                let is_behind = self.chain.has_question && self.previous == Token::Close;
                self.chain.has_return_type |= is_behind;
            }
            Token::Arrow => {
                self.chain.doublings += u32::from(self.chain.has_return_type);
                self.chain.has_return_type = false;
            }
            Token::Operator => (self.chain.angles, self.chain.arguments) = (0, 0),
            Token::Operand
                if self.newline && (self.is_after_operand() || self.previous == Token::Greater) =>
            {
                self.chain = Chain::default();
            }
            // Not a comma between type arguments.
            Token::Comma if self.chain.angles == 0 => self.chain = Chain::default(),
            Token::Operand | Token::OfTypes | Token::Comma | Token::Space => {}
        }
        (self.previous, self.newline) = (token, false);
    }

    /// At the begin of an expression it is an element in `.tsx`, and elsewhere a type assertion, which is tried as an
    /// arrow function first.
    fn open_angle(&mut self) {
        let is_behind_name = self.is_after_operand();
        self.chain.arguments += u32::from(is_behind_name);
        self.chain.angles += u32::from(is_behind_name || !self.is_tsx);
    }

    fn is_after_operand(&self) -> bool {
        matches!(self.previous, Token::Operand | Token::Close)
    }

    fn open(&mut self, bracket: u8) {
        let is_tried = bracket == b'(' && self.previous == Token::Greater;
        self.angles += self.chain.angles;
        self.doublings += self.chain.doublings;
        self.around.push(self.chain);
        self.chain = Chain { doublings: is_tried.into(), ..Chain::default() };
    }

    fn close(&mut self) {
        if let Some(around) = self.around.pop() {
            self.angles -= around.angles;
            self.doublings -= around.doublings;
            self.chain = around;
        }
    }
}

/// What a byte is part of: most are of an operand, or white space.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Operand,
    Space,
    Other,
}

const CLASS: [Class; 256] = {
    let mut table = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | 0x80.. => Class::Operand,
            b'_' | b'$' | b'\\' | b'`' | b'#' => Class::Operand,
            b' ' | b'\t' | b'\r' | 0x0b | 0x0c => Class::Space,
            _ => Class::Other,
        };
        byte += 1;
    }
    table
};

fn next_token(bytes: &[u8], at: usize) -> (Token, usize) {
    let rest = &bytes[at..];
    let class = CLASS[usize::from(rest[0])];
    if class != Class::Other {
        let end = at + rest.iter().take_while(|&&byte| CLASS[usize::from(byte)] == class).count();
        return (if class == Class::Operand { Token::Operand } else { Token::Space }, end);
    }
    match rest[0] {
        b'\n' => (Token::Newline, at + 1),
        b'/' => match comment_end(bytes, at) {
            Some(end) => (Token::Space, end),
            None => (Token::Operator, at + 1),
        },
        quote @ (b'"' | b'\'') => (Token::Operand, string_end(bytes, at, quote)),
        bracket @ (b'(' | b'[' | b'{') => (Token::Open(bracket), at + 1),
        b')' | b']' | b'}' => (Token::Close, at + 1),
        b';' => (Token::Semicolon, at + 1),
        b',' => (Token::Comma, at + 1),
        b'?' if rest.starts_with(b"?.") || rest.starts_with(b"??") => (Token::Operator, at + 2),
        b'?' => (Token::Question, at + 1),
        b':' => (Token::Colon, at + 1),
        b'=' if rest.starts_with(b"=>") => (Token::Arrow, at + 2),
        b'=' if rest.starts_with(b"==") => (Token::Operator, at + 2),
        b'<' => (Token::Less, at + 1),
        b'>' => (Token::Greater, at + 1),
        b'&' if rest.starts_with(b"&&") => (Token::Operator, at + 2),
        b'|' if rest.starts_with(b"||") => (Token::Operator, at + 2),
        b'.' | b'|' | b'&' | b'=' | b'@' | b'-' => (Token::OfTypes, at + 1),
        _ => (Token::Operator, at + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_multiplies_is_refused() {
        for piece in [
            "<T>(",
            "a ? (b) : c => ",
            "a?(b):c=>",
            "a ? async (b) : c => ",
            "a ? b => (c) : d => ",
            "a ? (b): c => (",
            "async<T>(a = ",
            "@a<b>(",
            "a ? (b) // c\n : c => ",
            "f(a ? (b) : c => ",
        ] {
            for is_tsx in [false, true] {
                assert!(check(&piece.repeat(30), is_tsx).is_err(), "{piece:?}");
                assert!(check(&piece.repeat(6), is_tsx).is_ok(), "{piece:?}");
            }
        }
    }

    #[test]
    fn what_adds_up_is_refused_when_it_is_much() {
        for piece in ["a<b, ", "a < (", "a<", "a < 1 < ", "f(a < "] {
            for is_tsx in [false, true] {
                assert!(check(&piece.repeat(3_000), is_tsx).is_err(), "{piece:?}");
                assert!(check(&piece.repeat(100), is_tsx).is_ok(), "{piece:?}");
            }
        }
        assert!(check(&"<T>".repeat(3_000), false).is_err());
    }

    #[test]
    fn what_lies_side_by_side_is_not() {
        for piece in [
            "f<T>(a);",
            "f<T>(a)\n",
            "const a = b ? (c) : (d) => e;\n",
            "if (a < b) { c() }\n",
            "for (let i = 0; i < n; i++) ;",
            "const a: Map<string, Map<string, number>> = new Map<string, number>()\n",
            "a < b && c > d || ",
            "type A = B<C<D>>\n",
            "a: (b) => c ? (d) : e,\n",
            "a: (b) => c ? (d) : (e) => f,\n",
        ] {
            for is_tsx in [false, true] {
                assert_eq!(check(&piece.repeat(20_000), is_tsx), Ok(()), "{piece:?}");
            }
        }
        assert_eq!(check(&"<li a={b}>{a ? (<b/>) : <i/>}</li>\n".repeat(20_000), true), Ok(()));
    }
}
