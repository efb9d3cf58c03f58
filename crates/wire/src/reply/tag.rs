//! Strings that begin with `$`: what they mean, by one strict grammar (`docs/protocol.md` §1.6).

use super::versions::Spelling;
use crate::{Limits, ReplyError};

/// What a `$` string stands for. Operands that aren't numbers stay in the text: see [`operand`] and
/// [`keys`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// A string that begins with `$` itself; so many bytes of the text are one `$` too many.
    Escaped {
        extra: u32,
    },
    Undefined,
    /// An instruction without operands: `N`, `I`, `-I`, `-0`.
    Odd(&'static str),
    Date,
    BigInt,
    Map(u32),
    Set(u32),
    Iterator(u32),
    Form(u32),
    Blob(u32),
    /// The bytes of a file, seen as numbers.
    Binary {
        part: u32,
        view: View,
    },
    Reference {
        part: u32,
        spelling: Spelling,
    },
    /// A value that comes later, or several.
    Live {
        part: u32,
        kind: LiveKind,
    },
    /// What only the sender has; it is known by its place.
    Temporary,
    /// Another value: a part, and the keys that lead to it from there.
    Path(u32),
}

/// React's letter for an `ArrayBuffer` or a view of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct View(char);

impl View {
    /// Bytes of one element; `None` for a letter that means something else.
    fn bytes(letter: char) -> Option<u64> {
        Some(match letter {
            'A' | 'O' | 'o' | 'U' | 'V' => 1,
            'S' | 's' => 2,
            'L' | 'l' | 'G' => 4,
            'g' | 'M' | 'm' => 8,
            _ => return None,
        })
    }

    /// Whether so many bytes are whole elements.
    pub(super) fn fits(self, bytes: u64) -> bool {
        Self::bytes(self.0).is_some_and(|size| bytes.is_multiple_of(size))
    }

    /// Whether it is a view, and not the buffer itself: streams of bytes consist of views.
    pub(super) fn is_view(self) -> bool {
        self.0 != 'A'
    }

    pub(super) fn letter(self) -> char {
        self.0
    }
}

/// What comes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum LiveKind {
    Promise,
    Stream,
    ByteStream,
    AsyncIterable,
    AsyncIterator,
}

impl LiveKind {
    /// React's letter for it.
    pub(super) fn letter(self) -> &'static str {
        match self {
            Self::Promise => "@",
            Self::Stream => "R",
            Self::ByteStream => "r",
            Self::AsyncIterable => "X",
            Self::AsyncIterator => "x",
        }
    }
}

/// Why a `$` string is no tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoTag {
    /// What would have been right.
    Malformed(&'static str),
    Refused(ReplyError),
}

/// Reads a raw JSON string; `None` if it doesn't begin with `$`.
pub(super) fn parse(raw: &str, limits: &Limits) -> Option<Result<Tag, NoTag>> {
    let (rest, extra) = strip_dollar(raw)?;
    Some(match strip_dollar(rest) {
        Some(_) => Ok(Tag::Escaped { extra }),
        None => parse_rest(rest, limits),
    })
}

/// The text of a date or a BigInt: what stands behind `$` and a letter.
pub(super) fn operand(raw: &str) -> &str {
    let mut chars = strip_dollar(raw).map_or("", |(rest, _)| rest).chars();
    chars.next();
    chars.as_str()
}

/// The keys of a path; not one for a whole part.
pub(super) fn keys(raw: &str) -> impl Iterator<Item = &str> {
    raw.split(':').skip(1)
}

/// React writes `$` as it is, but JSON allows an escape, and to `JSON.parse` both are the same.
fn strip_dollar(raw: &str) -> Option<(&str, u32)> {
    let plain = raw.strip_prefix('$').map(|rest| (rest, 1));
    plain.or_else(|| raw.strip_prefix("\\u0024").map(|rest| (rest, 6)))
}

fn parse_rest(rest: &str, limits: &Limits) -> Result<Tag, NoTag> {
    match rest {
        "undefined" => return Ok(Tag::Undefined),
        "NaN" => return Ok(Tag::Odd("N")),
        "Infinity" => return Ok(Tag::Odd("I")),
        "-Infinity" => return Ok(Tag::Odd("-I")),
        "-0" => return Ok(Tag::Odd("-0")),
        "T" => return Ok(Tag::Temporary),
        _ => {}
    }
    let mut chars = rest.chars();
    let letter = chars.next().ok_or(NoTag::Malformed("a tag behind `$`"))?;
    let operand = chars.as_str();
    let part = || hexadecimal(operand).ok_or(NoTag::Malformed(PART));
    let live = |kind| part().map(|part| Tag::Live { part, kind });
    match letter {
        'Q' => Ok(Tag::Map(part()?)),
        'W' => Ok(Tag::Set(part()?)),
        'i' => Ok(Tag::Iterator(part()?)),
        'K' => Ok(Tag::Form(part()?)),
        'B' => Ok(Tag::Blob(part()?)),
        'h' => Ok(Tag::Reference { part: part()?, spelling: Spelling::ReferenceH }),
        'F' => Ok(Tag::Reference { part: part()?, spelling: Spelling::ReferenceF }),
        '@' => live(LiveKind::Promise),
        'R' => live(LiveKind::Stream),
        'r' => live(LiveKind::ByteStream),
        'X' => live(LiveKind::AsyncIterable),
        'x' => live(LiveKind::AsyncIterator),
        'n' => big_int(operand, limits),
        'D' if is_date(operand) => Ok(Tag::Date),
        'D' => Err(NoTag::Malformed("a date as `toJSON` writes it")),
        '0'..='9' | 'a'..='f' => path(rest),
        letter if View::bytes(letter).is_some() => {
            Ok(Tag::Binary { part: part()?, view: View(letter) })
        }
        _ => Err(NoTag::Malformed("a tag that replies have")),
    }
}

const PART: &str = "the number of a part, in hexadecimal";

fn path(rest: &str) -> Result<Tag, NoTag> {
    let part = rest.split_once(':').map_or(rest, |(part, _)| part);
    hexadecimal(part).map(Tag::Path).ok_or(NoTag::Malformed(PART))
}

/// Lower case, no prefix, no leading zero: as React writes it.
pub(super) fn hexadecimal(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (digits && (text == "0" || !text.starts_with('0')))
        .then(|| u32::from_str_radix(text, 16).ok())?
}

/// Decimal, no leading zero. React counts the sign as well, and so does the limit.
fn big_int(text: &str, limits: &Limits) -> Result<Tag, NoTag> {
    ReplyError::check("big_int_digits", text.len(), limits.big_int_digits)
        .map_err(NoTag::Refused)?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !decimal || (digits.starts_with('0') && text != "0") {
        return Err(NoTag::Malformed("a whole number in decimal"));
    }
    Ok(Tag::BigInt)
}

/// What `Date.prototype.toJSON` can give: `YYYY-MM-DDTHH:MM:SS.sssZ`, with a sign and six digits for
/// years beyond 0 to 9999, and a day that there is.
fn is_date(text: &str) -> bool {
    let (sign, rest) = match text.as_bytes() {
        [sign @ (b'+' | b'-'), rest @ ..] => (Some(*sign), rest),
        rest => (None, rest),
    };
    let year_digits = if sign.is_some() { 6 } else { 4 };
    let Some((year, rest)) = rest.split_at_checked(year_digits) else { return false };
    let &[
        b'-',
        m1,
        m2,
        b'-',
        d1,
        d2,
        b'T',
        h1,
        h2,
        b':',
        i1,
        i2,
        b':',
        s1,
        s2,
        b'.',
        f1,
        f2,
        f3,
        b'Z',
    ] = rest
    else {
        return false;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_u32, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0'))
        })
    };
    let fields = [year, &[m1, m2], &[d1, d2], &[h1, h2], &[i1, i2], &[s1, s2], &[f1, f2, f3]];
    let [Some(year), Some(month), Some(day), Some(hour), Some(minute), Some(second), Some(_)] =
        fields.map(number)
    else {
        return false;
    };
    let after_year = std::str::from_utf8(rest).unwrap_or_default();
    let in_range = match sign {
        None => true,
        // The first and the last instant that a Date can hold.
        Some(b'+') => year > 9_999 && (year, after_year) <= (275_760, "-09-13T00:00:00.000Z"),
        Some(_) => {
            year > 0
                && (year < 271_821 || (year == 271_821 && after_year >= "-04-20T00:00:00.000Z"))
        }
    };
    in_range && (1..=days_of(month, year)).contains(&day) && hour < 24 && minute < 60 && second < 60
}

/// 0 for a month that there isn't. Leap years are symmetric around the year 0.
fn days_of(month: u32, year: u32) -> u32 {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Result<Tag, NoTag> {
        parse(raw, &Limits::default()).expect("begins with a dollar")
    }

    #[test]
    fn each_tag_has_one_spelling() {
        assert_eq!(read("$Qa"), Ok(Tag::Map(10)));
        assert_eq!(read("$W10"), Ok(Tag::Set(16)));
        assert_eq!(read("$Kffffffff"), Ok(Tag::Form(u32::MAX)));
        assert_eq!(read("$i10"), Ok(Tag::Iterator(16)));
        assert_eq!(read("$Vd"), Ok(Tag::Binary { part: 13, view: View('V') }));
        assert_eq!(read("$@a"), Ok(Tag::Live { part: 10, kind: LiveKind::Promise }));
        assert_eq!(read("$x10"), Ok(Tag::Live { part: 16, kind: LiveKind::AsyncIterator }));
        assert_eq!(read("$T"), Ok(Tag::Temporary));
        for (letter, spelling) in [('h', Spelling::ReferenceH), ('F', Spelling::ReferenceF)] {
            assert_eq!(read(&format!("${letter}a")), Ok(Tag::Reference { part: 10, spelling }));
        }
        for (raw, part, expected) in
            [("$0", 0, &[][..]), ("$1f::a", 31, &["", "a"]), ("$a:", 10, &[""])]
        {
            assert_eq!(read(raw), Ok(Tag::Path(part)));
            assert_eq!(keys(raw).collect::<Vec<_>>(), expected);
        }
        assert_eq!((operand("$n-5"), operand("\\u0024D2")), ("-5", "2"));
        assert_eq!(read("$$x"), Ok(Tag::Escaped { extra: 1 }));
        assert_eq!(read("\\u0024\\u0024x"), Ok(Tag::Escaped { extra: 6 }));
        assert_eq!(read("\\u0024NaN"), Ok(Tag::Odd("N")));
        for bad in [
            "$",
            "$ ",
            "$Q",
            "$Q 1",
            "$QA",
            "$Q01",
            "$Q0x1",
            "$Q-1",
            "$Q1:0",
            "$Q1 ",
            "$Q100000000",
            "$h1:0",
            "$F",
            "$FA",
            "$F01",
            "$F1:0",
            "$Z",
            "$E",
            "$P1",
            "$Y",
            "$w1",
            "$u",
            "$undefined ",
            "$Inf",
            "$-",
            "$-1",
            "$N",
            "$T1",
            "$@",
            "$R",
            "$rA",
            "$X01",
            "$x1:0",
            "$i",
            "$o",
            "$V1 ",
            "$00",
            "$0x1",
            "$g",
            "$@x",
            "$é",
            "$\\u0030",
            "$A",
            "$01:a",
            "$:a",
        ] {
            assert!(matches!(read(bad), Err(NoTag::Malformed(_))), "{bad}: {:?}", read(bad));
        }
    }

    #[test]
    fn binary_data_has_whole_elements() {
        for (letters, size) in [("AOoUV", 1), ("Ss", 2), ("LlG", 4), ("gMm", 8)] {
            for letter in letters.chars() {
                let Ok(Tag::Binary { view, .. }) = read(&format!("${letter}1")) else {
                    panic!("{letter}")
                };
                assert!(view.fits(0) && view.fits(3 * size));
                assert_eq!(view.fits(3 * size + 1), size == 1, "{letter}");
                assert_eq!(view.is_view(), letter != 'A');
            }
        }
    }

    #[test]
    fn big_ints_are_decimal_and_no_longer_than_react_s() {
        for good in ["$n0", "$n7", "$n-5", "$n90071992547409910000"] {
            assert!(read(good).is_ok(), "{good}");
        }
        for bad in [
            "$n", "$n-", "$n-0", "$n00", "$n01", "$n 1", "$n1 ", "$n0x1f", "$n1e3", "$n1.0",
            "$n+1", "$n1n",
        ] {
            assert!(matches!(read(bad), Err(NoTag::Malformed(_))), "{bad}");
        }
        let digits = |sign: &str, count| format!("$n{sign}{}", "9".repeat(count));
        for (sign, most) in [("", 300), ("-", 299)] {
            assert!(read(&digits(sign, most)).is_ok());
            let refused = ReplyError::TooMuch { what: "big_int_digits", found: 301, limit: 300 };
            assert_eq!(read(&digits(sign, most + 1)), Err(NoTag::Refused(refused)));
        }
    }

    #[test]
    fn dates_are_what_to_json_writes() {
        for good in [
            "2009-02-13T23:31:30.123Z",
            "0000-01-01T00:00:00.000Z",
            "2024-02-29T00:00:00.000Z",
            "2000-02-29T23:59:59.999Z",
            "-000001-12-31T00:00:00.000Z",
            "+010000-01-01T00:00:00.000Z",
            "+275760-09-13T00:00:00.000Z",
            "-271821-04-20T00:00:00.000Z",
        ] {
            assert!(is_date(good), "{good}");
        }
        for bad in [
            "",
            "null",
            "2009-02-13",
            "2009-02-13T23:31:30Z",
            "2009-02-13T23:31:30.123",
            "2009-02-13t23:31:30.123z",
            "2009-02-30T00:00:00.000Z",
            "2023-02-29T00:00:00.000Z",
            "1900-02-29T00:00:00.000Z",
            "2009-13-01T00:00:00.000Z",
            "2009-00-01T00:00:00.000Z",
            "2009-01-00T00:00:00.000Z",
            "2009-01-01T24:00:00.000Z",
            "2009-01-01T00:60:00.000Z",
            "2009-01-01T00:00:60.000Z",
            "2009-01-01T00:00:00.00aZ",
            "-000000-01-01T00:00:00.000Z",
            "+002009-01-01T00:00:00.000Z",
            "+275760-09-13T00:00:00.001Z",
            "-271821-04-19T23:59:59.999Z",
            "2009-01-01T00:00:00.000Z ",
            "２009-01-01T00:00:00.000Z",
        ] {
            assert!(!is_date(bad), "{bad}");
        }
    }
}
