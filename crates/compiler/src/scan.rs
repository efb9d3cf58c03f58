//! May the bytes hold one of our directives? A byte search, no parse.

use memchr::memmem;

/// Says whether `code` may hold a `"use server"` or a `"use cache"` directive, or a string that is nearly one.
///
/// `false` is certain for every directive that is written in plain letters; `true` is only likely, for the words may
/// stand in a comment. Of a directive with escapes (`"use\x20server"`) the word `server` has to be in plain letters, and
/// one for the cache can't have any.
/// Costs two passes at the speed of memory.
pub fn scan(code: &[u8]) -> bool {
    // A misspelled directive would silently send the server's code to the browser: let the parser have a look.
    memmem::find_iter(code, b"use ").any(|at| is_directive(&code[at..]) || is_near_miss(code, at))
        || memmem::find_iter(code, b"server").any(|at| {
            (3..=5).any(|back| at >= back && is_near_miss(code, at - back)) || is_escaped(code, at)
        })
}

fn is_directive(code: &[u8]) -> bool {
    Directive::ALL.iter().any(|it| code.starts_with(it.text().as_bytes()))
}

/// The longest that `use ` can be in escapes that people write: `\u{0075}\u{0073}\u{0065}\u{0020}`.
const ESCAPED_LEN: usize = 32;

/// Whether the word at `at` ends a string literal with escapes before it.
fn is_escaped(code: &[u8], at: usize) -> bool {
    let before = &code[at.saturating_sub(ESCAPED_LEN)..at];
    memchr::memrchr2(b'"', b'\'', before)
        .is_some_and(|quote| memchr::memchr(b'\\', &before[quote..]).is_some())
}

/// Whether a short string literal that is nearly the directive begins at `at`.
fn is_near_miss(code: &[u8], at: usize) -> bool {
    let Some(&quote @ (b'\'' | b'"')) = at.checked_sub(1).and_then(|before| code.get(before))
    else {
        return false;
    };
    let literal = &code[at..code.len().min(at + LONGEST + 2)];
    let Some(end) = memchr::memchr(quote, literal) else { return false };
    std::str::from_utf8(&literal[..end]).is_ok_and(|it| Directive::meant_by(it).is_some())
}

const LONGEST: usize = Directive::Server.text().len();

/// What makes a function more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Directive {
    /// It is an action, which clients may call.
    Server,
    /// Its results are kept.
    Cache,
}

/// Where results may be kept, in the words of those who have more than one cache; here they all mean the same one.
const CACHE_KINDS: [&str; 2] = ["default", "remote"];

impl Directive {
    const ALL: [Self; 2] = [Self::Server, Self::Cache];

    /// The directive as a cooked string.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Server => "use server",
            Self::Cache => "use cache",
        }
    }

    /// The directive that `text` is.
    pub(crate) fn of(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|it| text == it.text())
            .or_else(|| cache_kind(text).map(|_| Self::Cache))
    }

    /// The directive that `text` is meant to be but isn't: as long with one or two letters replaced, or with one letter
    /// too many or too few.
    pub(crate) fn meant_by(text: &str) -> Option<Self> {
        if Self::of(text).is_some() {
            return None;
        }
        let is_near = |it: &Self| is_near(text.as_bytes(), it.text().as_bytes());
        let is_kind_without_space = text.starts_with("use cache:");
        match text {
            "use action" => Some(Self::Server),
            _ if is_kind_without_space => Some(Self::Cache),
            _ => Self::ALL.into_iter().find(is_near),
        }
    }
}

/// What follows the colon of `use cache: …`.
fn cache_kind(text: &str) -> Option<&str> {
    text.strip_prefix(Directive::Cache.text())?.strip_prefix(": ")
}

/// The kind of a directive for the cache, if there is none of that name.
pub(crate) fn unknown_cache_kind(text: &str) -> Option<&str> {
    cache_kind(text).filter(|kind| !CACHE_KINDS.contains(kind))
}

fn is_near(found: &[u8], meant: &[u8]) -> bool {
    match found.len() as isize - meant.len() as isize {
        0 => found.iter().zip(meant).filter(|(a, b)| a != b).count() <= 2,
        1 => is_one_shorter(meant, found),
        -1 => is_one_shorter(found, meant),
        _ => false,
    }
}

fn is_one_shorter(short: &[u8], long: &[u8]) -> bool {
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    short[same..] == long[same + 1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_found_anywhere() {
        assert!(scan(b"'use server'"));
        assert!(scan(b"// use server"));
        assert!(!scan(b"'use strict'; 'use client'; useServer()"));
        assert!(!scan(b""));
    }

    #[test]
    fn a_string_that_is_nearly_the_directive_is_found() {
        for near in [
            "use sever",
            "use serve",
            "use servers",
            "use-server",
            "Use server",
            "useserver",
            "use action",
        ] {
            assert!(scan(format!("'{near}'").as_bytes()), "{near}");
            assert_eq!(Directive::meant_by(near), Some(Directive::Server), "{near}");
        }
    }

    #[test]
    fn the_words_of_the_cache_are_found_with_and_without_a_kind() {
        for (text, directive) in [
            ("use cache", Some(Directive::Cache)),
            ("use cache: remote", Some(Directive::Cache)),
            ("use cache: none of these", Some(Directive::Cache)),
            ("use cache:remote", None),
            ("use caches", None),
        ] {
            assert!(scan(format!("'{text}'").as_bytes()), "{text}");
            assert_eq!(Directive::of(text), directive, "{text}");
            assert_eq!(Directive::meant_by(text).is_none(), directive.is_some(), "{text}");
        }
        assert_eq!(unknown_cache_kind("use cache: private"), Some("private"));
        assert_eq!(unknown_cache_kind("use cache: remote"), None);
    }

    #[test]
    fn escapes_before_the_last_word_are_seen_through() {
        assert!(scan(br#"'use\x20server'"#));
        assert!(scan(br#"function a() { "\u{75}\u{73}\u{65}\u{20}server" }"#));
        assert!(!scan(br#"const a = '\n'; const server = 1"#));
    }

    #[test]
    fn words_that_only_begin_like_it_are_not_a_near_miss() {
        for far in [
            "use strict",
            "use client",
            "use cache",
            "use case",
            "use service",
            "USE SERVER",
            "server",
            "",
        ] {
            assert_eq!(Directive::meant_by(far), None, "{far}");
        }
        assert!(!scan(b"use sever"));
        assert!(!scan(b"import x from 'the-server'"));
    }
}
