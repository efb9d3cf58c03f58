//! May the bytes hold the directive? A byte search, no parse.

use memchr::memmem;

/// Says whether `code` may hold a `"use server"` directive, or a string that is nearly one.
///
/// `false` is certain for every directive that is written in plain letters; `true` is only likely, for the words may
/// stand in a comment. Of a directive with escapes (`"use\x20server"`) the word `server` has to be in plain letters.
/// Costs two passes at the speed of memory.
pub fn scan(code: &[u8]) -> bool {
    // A misspelled directive would silently send the server's code to the browser: let the parser have a look.
    memmem::find_iter(code, b"use ")
        .any(|at| code[at..].starts_with(DIRECTIVE.as_bytes()) || is_near_miss(code, at))
        || memmem::find_iter(code, b"server").any(|at| {
            (3..=5).any(|back| at >= back && is_near_miss(code, at - back)) || is_escaped(code, at)
        })
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
    let literal = &code[at..code.len().min(at + DIRECTIVE.len() + 2)];
    let Some(end) = memchr::memchr(quote, literal) else { return false };
    std::str::from_utf8(&literal[..end]).is_ok_and(is_misspelled)
}

/// The directive, as a cooked string.
pub(crate) const DIRECTIVE: &str = "use server";

/// Whether `text` is meant to be the directive but isn't: as long with one or two letters replaced, or with one
/// letter too many or too few.
pub(crate) fn is_misspelled(text: &str) -> bool {
    text == "use action" || (text != DIRECTIVE && is_near(text.as_bytes(), DIRECTIVE.as_bytes()))
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
            assert!(is_misspelled(near), "{near}");
        }
    }

    #[test]
    fn escapes_before_the_last_word_are_seen_through() {
        assert!(scan(br#"'use\x20server'"#));
        assert!(scan(br#"function a() { "\u{75}\u{73}\u{65}\u{20}server" }"#));
        assert!(!scan(br#"const a = '\n'; const server = 1"#));
    }

    #[test]
    fn words_that_only_begin_like_it_are_not_a_near_miss() {
        for far in
            ["use strict", "use client", "use cache", "use service", "USE SERVER", "server", ""]
        {
            assert!(!is_misspelled(far), "{far}");
        }
        assert!(!scan(b"use sever"));
        assert!(!scan(b"import x from 'the-server'"));
    }
}
