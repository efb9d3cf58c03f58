//! Strings that begin with `$`: what they mean, by one strict grammar (`docs/protocol.md` §1.6).

use crate::{Limits, ReplyError};

/// What a `$` string stands for. Operands are raw JSON strings; those of dates and numbers hold
/// nothing that JSON would escape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag<'a> {
    /// A string that begins with `$` itself; so many bytes of the text are one `$` too many.
    Escaped {
        extra: u32,
    },
    Undefined,
    /// An instruction without operands: `N`, `I`, `-I`, `-0`.
    Odd(&'static str),
    Date(&'a str),
    BigInt(&'a str),
    Map(u32),
    Set(u32),
    Form(u32),
    Blob(u32),
    Reference(u32),
    /// Another value: a part, and the keys that lead to it from there.
    Path {
        part: u32,
        keys: Option<&'a str>,
    },
}

/// Why a `$` string is no tag.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoTag {
    /// What would have been right.
    Malformed(&'static str),
    Refused(ReplyError),
}

/// Reads a raw JSON string; `None` if it doesn't begin with `$`.
pub(super) fn parse<'a>(raw: &'a str, limits: &Limits) -> Option<Result<Tag<'a>, NoTag>> {
    let (rest, extra) = strip_dollar(raw)?;
    Some(match strip_dollar(rest) {
        Some(_) => Ok(Tag::Escaped { extra }),
        None => parse_rest(rest, limits),
    })
}

/// Whether a raw JSON string begins with `$`.
pub(super) fn begins_with_dollar(raw: &str) -> bool {
    strip_dollar(raw).is_some()
}

/// React writes `$` as it is, but JSON allows an escape, and to `JSON.parse` both are the same.
fn strip_dollar(raw: &str) -> Option<(&str, u32)> {
    let plain = raw.strip_prefix('$').map(|rest| (rest, 1));
    plain.or_else(|| raw.strip_prefix("\\u0024").map(|rest| (rest, 6)))
}

fn parse_rest<'a>(rest: &'a str, limits: &Limits) -> Result<Tag<'a>, NoTag> {
    match rest {
        "undefined" => return Ok(Tag::Undefined),
        "NaN" => return Ok(Tag::Odd("N")),
        "Infinity" => return Ok(Tag::Odd("I")),
        "-Infinity" => return Ok(Tag::Odd("-I")),
        "-0" => return Ok(Tag::Odd("-0")),
        "T" => return Err(unsupported("a temporary reference")),
        _ => {}
    }
    let mut chars = rest.chars();
    let kind = chars.next();
    let operand = chars.as_str();
    let part = || hexadecimal(operand).ok_or(NoTag::Malformed(PART));
    match kind {
        Some('Q') => Ok(Tag::Map(part()?)),
        Some('W') => Ok(Tag::Set(part()?)),
        Some('K') => Ok(Tag::Form(part()?)),
        Some('B') => Ok(Tag::Blob(part()?)),
        Some('h') => Ok(Tag::Reference(part()?)),
        Some('n') => big_int(operand, limits),
        Some('D') if is_date(operand) => Ok(Tag::Date(operand)),
        Some('D') => Err(NoTag::Malformed("a date as `toJSON` writes it")),
        Some('0'..='9' | 'a'..='f') => path(rest),
        Some(other) => {
            let kind = refused(other).ok_or(NoTag::Malformed("a tag that replies have"))?;
            part()?; // only what React itself would write is told apart from nonsense
            Err(unsupported(kind))
        }
        None => Err(NoTag::Malformed("a tag behind `$`")),
    }
}

const PART: &str = "the number of a part, in hexadecimal";

fn path(rest: &str) -> Result<Tag<'_>, NoTag> {
    let (part, keys) = match rest.split_once(':') {
        Some((part, keys)) => (part, Some(keys)),
        None => (rest, None),
    };
    let part = hexadecimal(part).ok_or(NoTag::Malformed(PART))?;
    Ok(Tag::Path { part, keys })
}

/// What React sends and we don't take, by its letter.
fn refused(kind: char) -> Option<&'static str> {
    Some(match kind {
        '@' => "a promise",
        'R' | 'r' => "a stream",
        'X' | 'x' => "an async iterable",
        'i' => "an iterator",
        'A' | 'O' | 'o' | 'U' | 'S' | 's' | 'L' | 'l' | 'G' | 'g' | 'M' | 'm' | 'V' => {
            "binary data"
        }
        _ => return None,
    })
}

fn unsupported(kind: &'static str) -> NoTag {
    NoTag::Refused(ReplyError::Unsupported { kind })
}

/// Lower case, no prefix, no leading zero: as React writes it.
pub(super) fn hexadecimal(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    (digits && (text == "0" || !text.starts_with('0')))
        .then(|| u32::from_str_radix(text, 16).ok())?
}

/// Decimal, no leading zero. React counts the sign as well, and so does the limit.
fn big_int<'a>(text: &'a str, limits: &Limits) -> Result<Tag<'a>, NoTag> {
    ReplyError::check("big_int_digits", text.len(), limits.big_int_digits)
        .map_err(NoTag::Refused)?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !decimal || (digits.starts_with('0') && text != "0") {
        return Err(NoTag::Malformed("a whole number in decimal"));
    }
    Ok(Tag::BigInt(text))
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

    fn read(raw: &str) -> Result<Tag<'_>, NoTag> {
        parse(raw, &Limits::default()).expect("begins with a dollar")
    }

    #[test]
    fn each_tag_has_one_spelling() {
        assert_eq!(read("$Qa"), Ok(Tag::Map(10)));
        assert_eq!(read("$W10"), Ok(Tag::Set(16)));
        assert_eq!(read("$Kffffffff"), Ok(Tag::Form(u32::MAX)));
        assert_eq!(read("$0"), Ok(Tag::Path { part: 0, keys: None }));
        assert_eq!(read("$1f::a"), Ok(Tag::Path { part: 31, keys: Some(":a") }));
        assert_eq!(read("$a:"), Ok(Tag::Path { part: 10, keys: Some("") }));
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
            "$F1",
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
            "$00",
            "$0x1",
            "$g",
            "$@",
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
    fn what_react_sends_and_we_do_not_take_is_named() {
        for (raw, kind) in [
            ("$@1", "a promise"),
            ("$T", "a temporary reference"),
            ("$i1", "an iterator"),
            ("$R1", "a stream"),
            ("$r1", "a stream"),
            ("$X1", "an async iterable"),
            ("$x1", "an async iterable"),
            ("$Vd", "binary data"),
            ("$o1", "binary data"),
        ] {
            assert_eq!(read(raw), Err(unsupported(kind)), "{raw}");
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
