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

/// Links of elements that may lie side by side, four or five each; a chain as long as all of them fits the stack.
const FORGIVEN_LIMIT: u32 = 60_000;

/// Where a limit was passed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooDeep {
    pub(crate) limit: u32,
    pub(crate) at: Range<u32>,
}

/// Refuses a `source` that is nested too deeply.
pub(crate) fn check(source: &str) -> Result<(), TooDeep> {
    let bytes = source.as_bytes();
    if !may_be_deep(bytes) {
        return Ok(());
    }
    let Estimate { deepest, text_bytes } = estimate::<true>(bytes)?;
    // What looks like a string or a comment can be code, in a template, in an element or behind a regular expression.
    let may_mislead = || memchr::memchr2(b'`', b'<', bytes).is_some() || has_regexp(bytes);
    if deepest + text_bytes > LIMIT && may_mislead() {
        estimate::<false>(bytes)?;
    }
    Ok(())
}

/// Whether there are enough of the bytes that levels are made of: in most files there aren't, and counting is quick.
fn may_be_deep(bytes: &[u8]) -> bool {
    let levels = || bytes.iter().filter(|byte| !byte.is_ascii_alphanumeric()).count();
    let colons = || memchr::memchr_iter(b':', bytes).count();
    (bytes.len() > LIMIT as usize && levels() > LIMIT as usize)
        || (bytes.len() > COLON_LIMIT as usize && colons() > COLON_LIMIT as usize)
}

fn has_regexp(bytes: &[u8]) -> bool {
    let mut slashes = memchr::memchr_iter(b'/', bytes);
    // Those of comments are no regular expression's, but where a comment ends can't be known before.
    slashes
        .any(|at| !matches!(bytes.get(at + 1), Some(b'/' | b'*')) && !bytes[..at].ends_with(b"*"))
}

struct Estimate {
    deepest: u32,
    /// Bytes of what looked like strings and comments.
    text_bytes: u32,
}

/// With `SKIPS_TEXT`, strings and comments are no code.
fn estimate<const SKIPS_TEXT: bool>(bytes: &[u8]) -> Result<Estimate, TooDeep> {
    let mut text_bytes = 0;
    let mut levels = Levels::default();
    // The class of the last byte that is no space, where the last word began, and where the last clause.
    let (mut last, mut word_at, mut clause_at) = (Class::Boundary, 0, 0);
    let mut was_space = false;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let class = CLASS[usize::from(byte)];
        if class.is_plain() {
            // Most bytes: no branch may depend on what they are.
            let is_word = class == Class::Word;
            let begins = is_word && (last != Class::Word || was_space);
            if levels.may_end && class != Class::Space {
                levels.settle(class, bytes, at);
            }
            word_at = if begins { at } else { word_at };
            let follows_word = begins && was_space && last == Class::Word;
            levels.chain.links += u32::from(class == Class::Operator) + u32::from(follows_word);
            levels.chain.angles += u32::from(byte == b'<' && opens_angle(bytes, at + 1));
            was_space = class == Class::Space;
            last = if was_space { last } else { class };
            at += 1;
            continue;
        }
        let event_at = at;
        at += 1;
        match class {
            Class::Newline => {
                // Only after an operand can the end of a line end a statement.
                levels.may_end |= match last {
                    Class::Word => word(word_of(bytes, word_at)) == Word::Name,
                    Class::Close | Class::Quote => true,
                    _ => false,
                };
                (was_space, clause_at) = (true, at);
                continue;
            }
            Class::Slash => {
                if SKIPS_TEXT && let Some(end) = comment_end(bytes, event_at) {
                    text_bytes += (end - event_at) as u32;
                    at = end;
                    continue;
                }
                levels.may_end = false;
                levels.chain.links += 1;
                // `</a>`, `<a />`
                if bytes[..event_at].ends_with(b"<") || bytes.get(at) == Some(&b'>') {
                    levels.end_element();
                }
            }
            Class::Quote => {
                levels.end_if_pending();
                // `a in "b"`
                levels.chain.links += u32::from(last == Class::Word);
                if SKIPS_TEXT {
                    at = string_end(bytes, event_at, byte);
                    text_bytes += (at - event_at) as u32;
                }
            }
            Class::Open => {
                levels.may_end = false;
                levels.open();
            }
            Class::Close | Class::CloseBrace => levels.close(class == Class::CloseBrace),
            Class::Colon => {
                levels.may_end = false;
                levels.colon(bytes[clause_at..event_at].trim_ascii_start().starts_with(b"case"));
            }
            _ => levels.end_chain(),
        }
        if !matches!(class, Class::Slash | Class::Quote | Class::Close) {
            clause_at = at;
        }
        (last, was_space) = (class, false);
        levels.note();
        if levels.deepest > LIMIT || levels.chain.colons > COLON_LIMIT {
            break;
        }
    }
    levels.note();
    let passed = match (levels.deepest > LIMIT, levels.chain.colons > COLON_LIMIT) {
        (true, _) => LIMIT,
        (_, true) => COLON_LIMIT,
        _ => return Ok(Estimate { deepest: levels.deepest, text_bytes }),
    };
    let at = at.min(bytes.len()) as u32;
    Err(TooDeep { limit: passed, at: at.saturating_sub(1)..at })
}

/// What a byte is to the estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Class {
    Space,
    /// Of a name, a number, a template or a regular expression.
    Word,
    Operator,
    Newline,
    Slash,
    Quote,
    Open,
    Close,
    CloseBrace,
    /// `;` or `,`.
    Boundary,
    Colon,
}

impl Class {
    fn is_plain(self) -> bool {
        matches!(self, Self::Space | Self::Word | Self::Operator)
    }
}

/// The class of each byte.
const CLASS: [Class; 256] = {
    let mut table = [Class::Operator; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b' ' | b'\t' | b'\r' | 0x0b | 0x0c => Class::Space,
            b'\n' => Class::Newline,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | b'\\' | 0x80.. => Class::Word,
            b'`' | b'#' | b'@' => Class::Word,
            b'"' | b'\'' => Class::Quote,
            b'/' => Class::Slash,
            b'(' | b'[' | b'{' => Class::Open,
            b')' | b']' => Class::Close,
            b'}' => Class::CloseBrace,
            b';' | b',' => Class::Boundary,
            b':' => Class::Colon,
            _ => Class::Operator,
        };
        byte += 1;
    }
    table
};

/// What was written since the last bracket opened or the last statement ended.
#[derive(Debug, Clone, Copy, Default)]
struct Chain {
    links: u32,
    colons: u32,
    /// Elements and type arguments that may be open: no comma, semicolon or line ends those.
    angles: u32,
}

impl Chain {
    fn levels(self) -> u32 {
        self.links + self.angles
    }
}

/// Whether a `<` before `at` may begin an element or type arguments.
fn opens_angle(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(|&byte| byte == b'>' || CLASS[usize::from(byte)] == Class::Word)
}

#[derive(Default)]
struct Levels {
    /// The chain in the innermost bracket.
    chain: Chain,
    /// For each open bracket, the chain around it.
    around: Vec<Chain>,
    /// Levels of the chains around.
    sum: u32,
    deepest: u32,
    /// The chain ends here, unless what comes next goes on with it.
    may_end: bool,
    /// Links of chains that what looked like the ends of elements has ended.
    forgiven: u32,
}

impl Levels {
    fn open(&mut self) {
        self.chain.links += 1;
        self.sum += self.chain.levels();
        self.around.push(std::mem::take(&mut self.chain));
    }

    fn close(&mut self, may_end: bool) {
        self.note();
        if let Some(around) = self.around.pop() {
            self.sum -= around.levels();
            self.chain = around;
        }
        // `} x` begins a statement; `} + x`, `} else` and `} .x` go on.
        self.may_end = may_end;
    }

    fn colon(&mut self, ends_case: bool) {
        self.chain.links += 1;
        // Clauses that fall through are a list, however long.
        self.chain.colons = if ends_case { 0 } else { self.chain.colons + 1 };
    }

    /// Decides whether a chain that may have ended goes on with the token at `at`.
    #[cold]
    fn settle(&mut self, class: Class, bytes: &[u8], at: usize) {
        if class == Class::Word && word(word_of(bytes, at)) != Word::Infix {
            self.end_chain();
        }
        self.may_end = false;
    }

    fn end_if_pending(&mut self) {
        if self.may_end {
            self.end_chain();
        }
    }

    fn end_chain(&mut self) {
        self.note();
        self.chain = Chain { angles: self.chain.angles, ..Chain::default() };
        self.may_end = false;
    }

    /// Elements side by side are a list, however long. But what looks like the end of one can be a comparison with a
    /// regular expression, which is no end of a chain, so it isn't believed for ever.
    fn end_element(&mut self) {
        if self.chain.angles == 0 {
            return;
        }
        self.chain.angles -= 1;
        if self.forgiven + self.chain.links <= FORGIVEN_LIMIT {
            self.note();
            self.forgiven += std::mem::take(&mut self.chain.links);
        }
    }

    fn note(&mut self) {
        self.deepest = self.deepest.max(self.sum + self.chain.levels());
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Name,
    /// Followed by an operand or a statement.
    Keyword,
    /// Stands between two operands.
    Infix,
}

fn word(word: &[u8]) -> Word {
    match word {
        b"in" | b"instanceof" | b"of" | b"as" | b"satisfies" | b"is" | b"extends" | b"else" => {
            Word::Infix
        }
        b"typeof" | b"void" | b"delete" | b"await" | b"yield" | b"new" | b"do" | b"keyof"
        | b"infer" | b"readonly" | b"unique" | b"if" | b"for" | b"while" | b"with" | b"async"
        | b"return" | b"throw" | b"case" | b"default" | b"asserts" => Word::Keyword,
        _ => Word::Name,
    }
}

/// The word at `at`, cut off when it is longer than any that matters.
fn word_of(bytes: &[u8], at: usize) -> &[u8] {
    let rest = &bytes[at..bytes.len().min(at + "instanceof".len() + 1)];
    let end = rest.iter().position(|&byte| CLASS[usize::from(byte)] != Class::Word);
    &rest[..end.unwrap_or(rest.len())]
}

/// Where the comment at a `/` ends; `None` if it begins none.
pub(crate) fn comment_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let end = match rest.get(1)? {
        b'/' => memchr::memchr(b'\n', rest),
        b'*' => memchr::memmem::find(&rest[2..], b"*/").map(|end| 2 + end + 2),
        _ => return None,
    };
    Some(end.map_or(bytes.len(), |end| at + end))
}

/// A string ends at its quote or, being broken, at the end of its line: an apostrophe in JSX text opens none.
pub(crate) fn string_end(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut end = at + 1;
    let rest = |from| bytes.get(from..).unwrap_or_default();
    while let Some(found) = memchr::memchr3(quote, b'\\', b'\n', rest(end)) {
        end += found;
        match bytes[end] {
            b'\\' => end += 2,
            b'\n' => break,
            _ => return end + 1,
        }
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeated(piece: &str) -> String {
        piece.repeat(LIMIT as usize + 2)
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
            "'' in ",
            "'a' as 'b' ",
        ] {
            assert!(check(&repeated(piece)).is_err(), "{piece:?}");
        }
    }

    #[test]
    fn what_ends_no_chain_where_types_and_elements_nest_is_no_end() {
        for piece in ["<T,>()=>", "A<B, ", "<a>,", "<a>; ", "<a b={c}>\n", "<a>it"] {
            assert!(check(&repeated(piece)).is_err(), "{piece:?}");
        }
    }

    #[test]
    fn what_only_looks_like_text_hides_nothing() {
        let deep = "[".repeat(LIMIT as usize + 2);
        for source in [
            format!("`'${{{deep}}}'`"),
            format!("/'/, {deep} '"),
            format!("/[/*]/; {deep}"),
            format!("<a>//{{{deep}"),
            format!("`/*${{{deep}"),
        ] {
            assert!(check(&source).is_err(), "{:?}", &source[..9]);
        }
    }

    #[test]
    fn colons_in_a_chain_are_counted_apart() {
        for piece in ["l:", "a?b:", "l:\n"] {
            let deep = check(&piece.repeat(COLON_LIMIT as usize + 1));
            assert_eq!(deep.map_err(|it| it.limit), Err(COLON_LIMIT), "{piece:?}");
            assert!(check(&piece.repeat(COLON_LIMIT as usize)).is_ok(), "{piece:?}");
        }
        for piece in ["a: 1,", "a ? b : c;", "case 1: a();\n", "case 1:\n", "a: string\n", "(a: b)"]
        {
            assert!(check(&piece.repeat(2_000)).is_ok(), "{piece:?}");
        }
    }

    #[test]
    fn elements_side_by_side_are_a_list() {
        for element in ["<path d='M0 0' />\n", "<li><b>x</b></li>", "<></>"] {
            let source = |times| format!("<svg>{}</svg>", element.repeat(times));
            assert!(check(&source(5_000)).is_ok(), "{element}");
            assert!(check(&source(100_000)).is_err(), "{element}");
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
            "<li a='b'>c, d</li>",
            "<li a={b}/>;\n",
            "f('(', /* [ */ \")\", `]`); /[()]/;\n",
        ] {
            assert!(check(&repeated(piece)).is_ok(), "{piece:?}");
        }
    }
}
