//! How deep the source is nested, from its bytes: the parser recurses, and a stack that overflows ends the process.
//!
//! What nests is brackets, and chains without brackets: `a + b + c`, `a.b.c`, `x => y => z`, `if … else if …`. A
//! statement's end ends its chains. The estimate is of the kind that is never much too low for code that parses;
//! for real code it is far below the limit.

use std::ops::Range;

/// Levels beyond which a source is refused.
pub(crate) const LIMIT: u32 = 12_000;

/// Colons in one chain (`a ? b : c ? d : e`, and labels) beyond which it is refused: for a label that is already
/// around, SWC makes an error for each time that it is, which is quadratic in memory.
const COLON_LIMIT: u32 = 1_000;

/// Where a limit was passed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooDeep {
    pub(crate) limit: u32,
    pub(crate) at: Range<u32>,
}

/// Estimates the deepest nesting of `source`, in levels.
pub(crate) fn estimate(source: &str) -> Result<u32, TooDeep> {
    let bytes = source.as_bytes();
    let mut levels = Levels { open: vec![Chain::default()], sum: 0, deepest: 0 };
    let mut at = 0;
    let mut previous = Token::Boundary;
    while at < bytes.len() {
        let (token, end) = next_token(bytes, at, previous);
        match token {
            Token::Trivia => {}
            _ => {
                levels.take(token, previous);
                previous = token;
            }
        }
        match &bytes[at..end] {
            b":" => levels.colon(),
            // Clauses that fall through are a list, however long.
            b"case" => levels.forget_colons(),
            _ => {}
        }
        if levels.deepest > LIMIT || levels.colons() > COLON_LIMIT {
            let limit = if levels.deepest > LIMIT { LIMIT } else { COLON_LIMIT };
            return Err(TooDeep { limit, at: at as u32..end as u32 });
        }
        at = end;
    }
    Ok(levels.deepest)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    /// White space or a comment on one line.
    Trivia,
    /// White space that holds the end of a line.
    Newline,
    /// `;` or `,`, and the start.
    Boundary,
    Open,
    Close,
    CloseBrace,
    /// A name, a number, a string, a template or a regular expression.
    Operand,
    /// A word that is followed by an operand or a statement.
    Keyword,
    /// A word between two operands.
    Infix,
    Operator,
}

/// What was written since the last bracket opened or the last statement ended.
#[derive(Debug, Clone, Copy, Default)]
struct Chain {
    links: u32,
    colons: u32,
}

struct Levels {
    /// For each open bracket, the chain around it.
    open: Vec<Chain>,
    sum: u32,
    deepest: u32,
}

impl Levels {
    fn take(&mut self, token: Token, previous: Token) {
        match token {
            Token::Open => {
                self.link();
                self.open.push(Chain::default());
            }
            Token::Close | Token::CloseBrace => {
                if self.open.len() > 1 {
                    self.sum -= self.open.pop().unwrap_or_default().links;
                }
            }
            Token::Boundary => self.end_chain(),
            Token::Operator | Token::Keyword | Token::Infix => {
                // `} x` begins a statement, `} + x`, `} else` and `} .x` go on.
                if token == Token::Keyword && matches!(previous, Token::CloseBrace | Token::Newline)
                {
                    self.end_chain();
                }
                self.link();
            }
            Token::Operand => {
                if matches!(previous, Token::CloseBrace | Token::Newline) {
                    self.end_chain();
                }
            }
            Token::Newline | Token::Trivia => {}
        }
    }

    fn link(&mut self) {
        if let Some(chain) = self.open.last_mut() {
            chain.links += 1;
            self.sum += 1;
        }
        self.deepest = self.deepest.max(self.sum);
    }

    fn end_chain(&mut self) {
        if let Some(chain) = self.open.last_mut() {
            self.sum -= std::mem::take(chain).links;
        }
    }

    fn colon(&mut self) {
        if let Some(chain) = self.open.last_mut() {
            chain.colons += 1;
        }
    }

    fn forget_colons(&mut self) {
        if let Some(chain) = self.open.last_mut() {
            chain.colons = 0;
        }
    }

    fn colons(&self) -> u32 {
        self.open.last().map_or(0, |chain| chain.colons)
    }
}

fn next_token(bytes: &[u8], at: usize, previous: Token) -> (Token, usize) {
    let rest = &bytes[at..];
    let run = |is: fn(u8) -> bool| at + rest.iter().take_while(|&&byte| is(byte)).count();
    match rest[0] {
        b' ' | b'\t' | b'\n' | b'\r' => {
            let end = run(|byte| byte.is_ascii_whitespace());
            let has_newline = memchr::memchr(b'\n', &bytes[at..end]).is_some();
            // Only after an operand can the end of a line end a statement.
            let ends = has_newline && matches!(previous, Token::Operand | Token::Close);
            (if ends { Token::Newline } else { Token::Trivia }, end)
        }
        b'/' if rest.starts_with(b"//") => {
            (Token::Trivia, memchr::memchr(b'\n', rest).map_or(bytes.len(), |end| at + end))
        }
        b'/' if rest.starts_with(b"/*") => {
            let end = memchr::memmem::find(&rest[2..], b"*/");
            (Token::Trivia, end.map_or(bytes.len(), |end| at + 2 + end + 2))
        }
        quote @ (b'"' | b'\'') => (Token::Operand, string_end(bytes, at, quote)),
        b'(' | b'[' | b'{' => (Token::Open, at + 1),
        b')' | b']' => (Token::Close, at + 1),
        b'}' => (Token::CloseBrace, at + 1),
        b';' | b',' => (Token::Boundary, at + 1),
        b'`' | b'#' | b'@' => (Token::Operand, at + 1),
        byte if is_word(byte) => {
            let end = run(is_word);
            (word(&bytes[at..end]), end)
        }
        _ => (Token::Operator, at + 1),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'\\') || byte >= 0x80
}

fn word(word: &[u8]) -> Token {
    match word {
        b"in" | b"instanceof" | b"of" | b"as" | b"satisfies" | b"is" | b"extends" | b"else" => {
            Token::Infix
        }
        b"typeof" | b"void" | b"delete" | b"await" | b"yield" | b"new" | b"do" | b"keyof"
        | b"infer" | b"readonly" | b"unique" | b"if" | b"for" | b"while" | b"with" | b"async"
        | b"return" | b"throw" | b"case" | b"default" | b"asserts" => Token::Keyword,
        _ => Token::Operand,
    }
}

/// A string ends at its quote or, being broken, at the end of its line: an apostrophe in JSX text opens none.
fn string_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at + 1;
    while let Some(&byte) = bytes.get(end) {
        match byte {
            b'\\' => end += 1,
            b'\n' => return at + 1,
            _ if byte == quote => return end + 1,
            _ => {}
        }
        end += 1;
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeated(piece: &str) -> String {
        piece.repeat(LIMIT as usize + 1)
    }

    #[test]
    fn what_the_parser_recurses_into_is_counted() {
        for piece in [
            "[",
            "(",
            "{",
            "a+",
            "a.b",
            "x=>",
            "if(a){}else ",
            "<a>",
            "!",
            "typeof ",
            "a?b:",
            "a\n+",
            "f()",
            "do ",
            "l:",
            "typeof\n",
            "if(a)",
            "x=",
            "`${",
        ] {
            assert!(estimate(&repeated(piece)).is_err(), "{piece:?}");
        }
    }

    #[test]
    fn colons_in_a_chain_are_counted_apart() {
        for piece in ["l:", "a?b:", "l:\n"] {
            let deep = estimate(&piece.repeat(COLON_LIMIT as usize + 1));
            assert_eq!(deep.map_err(|it| it.limit), Err(COLON_LIMIT), "{piece:?}");
            assert!(estimate(&piece.repeat(COLON_LIMIT as usize)).is_ok(), "{piece:?}");
        }
        for piece in ["a: 1,", "a ? b : c;", "case 1: a();\n", "case 1:\n", "a: string\n", "(a: b)"]
        {
            assert!(estimate(&piece.repeat(2_000)).is_ok(), "{piece:?}");
        }
    }

    #[test]
    fn what_lies_side_by_side_is_not() {
        for piece in [
            "a+b;",
            "const a = 1\n",
            "f(a)\n",
            "function f(){}",
            "if (a) { b() }\n",
            "'((((', ",
            "/* ( */",
            "<p>it's</p>;",
            "x = () => {}\n",
            "{ a: 1, b: 2 },",
        ] {
            assert!(estimate(&repeated(piece)).is_ok(), "{piece:?}");
        }
    }
}
