//! Sizes and times as people write them: `1mb`, `1048576`, 3600 seconds, for ever.

use std::{ops::RangeInclusive, time::Duration};

use crate::settings::BadOption;

/// Reads a size in bytes. Units are powers of 1024; case and blanks before the unit don't matter.
///
/// # Errors
///
/// It isn't a size of at least one byte.
pub fn parse(option: &'static str, text: &str) -> Result<u64, BadOption> {
    let bad = || BadOption {
        option,
        problem: format!("{text:?} is not a size: write 1048576, 512kb or 1mb"),
    };
    let text = text.trim().to_ascii_lowercase();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim() {
        "" | "b" => 0,
        "kb" => 10,
        "mb" => 20,
        "gb" => 30,
        _ => return Err(bad()),
    };
    let bytes = number.parse::<f64>().map_err(|_| bad())? * f64::from(1_u32 << shift);
    const MOST: f64 = 9_007_199_254_740_991.0; // what JavaScript counts exactly
    if (1.0..=MOST).contains(&bytes) { Ok(bytes as u64) } else { Err(bad()) }
}

/// Reads a time as people write it: `500` and `500ms` are milliseconds, `30s`, `5m`, `1h`; `Infinity` is no limit.
///
/// # Errors
///
/// It is no time of at least a millisecond, or longer than a timer can be (24 days).
pub fn time(option: &'static str, text: &str) -> Result<Option<Duration>, BadOption> {
    let bad = || BadOption {
        option,
        problem: format!(
            "{text:?} is not a time of at most 24 days: write 30000, 500ms, 30s or 5m"
        ),
    };
    let text = text.trim().to_ascii_lowercase();
    if text == "infinity" {
        return Ok(None);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" | "ms" => 1.0,
        "s" => 1e3,
        "m" => 6e4,
        "h" => 3.6e6,
        _ => return Err(bad()),
    };
    let millis = (number.parse::<f64>().map_err(|_| bad())? * factor).round();
    const MOST: f64 = 2_147_483_647.0;
    let is_time = (1.0..=MOST).contains(&millis);
    if is_time { Ok(Some(Duration::from_millis(millis as u64))) } else { Err(bad()) }
}

/// Reads how many there may be of something; infinity is as many as can be counted.
///
/// # Errors
///
/// It is no whole number, negative, or more than 4,294,967,295.
pub fn count(option: &'static str, given: f64) -> Result<u32, BadOption> {
    if given == f64::INFINITY {
        return Ok(u32::MAX);
    }
    if given.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&given) {
        return Ok(given as u32);
    }
    let problem = format!("{given} is not a count: write a whole number, or Infinity");
    Err(BadOption { option, problem })
}

/// As [`count`], of what there must be at least one; `None` is as many as can be.
///
/// # Errors
///
/// As there, and for zero.
pub fn places(option: &'static str, given: f64) -> Result<Option<u32>, BadOption> {
    match count(option, given)? {
        0 => Err(BadOption { option, problem: "0 would let nobody in".to_owned() }),
        u32::MAX => Ok(None),
        places => Ok(Some(places)),
    }
}

/// Reads a whole number that has bounds.
///
/// # Errors
///
/// It is no whole number, or not within them.
pub fn within(
    option: &'static str,
    given: f64,
    bounds: RangeInclusive<u32>,
) -> Result<u32, BadOption> {
    let (least, most) = (*bounds.start(), *bounds.end());
    if given.fract() == 0.0 && (f64::from(least)..=f64::from(most)).contains(&given) {
        return Ok(given as u32);
    }
    let problem = format!("{given} is not a whole number from {least} to {most}");
    Err(BadOption { option, problem })
}

/// Reads a time in milliseconds; infinity is no limit.
///
/// # Errors
///
/// It is negative, or no number.
pub fn millis(option: &'static str, given: f64) -> Result<Duration, BadOption> {
    if given == f64::INFINITY {
        return Ok(Duration::MAX);
    }
    Duration::try_from_secs_f64(given / 1e3)
        .map_err(|_| BadOption { option, problem: "is not a time in milliseconds".to_owned() })
}

/// Reads a time in seconds; infinity is no limit.
///
/// # Errors
///
/// It is negative, or no number.
pub fn seconds(option: &'static str, seconds: Option<f64>) -> Result<Option<Duration>, BadOption> {
    match seconds {
        None | Some(f64::INFINITY) => Ok(None),
        Some(seconds) => Duration::try_from_secs_f64(seconds)
            .map(Some)
            .map_err(|_| BadOption { option, problem: "is not a time in seconds".to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{count, parse, places, seconds, time};

    #[test]
    fn times_are_seconds_and_infinity_is_no_limit() {
        assert_eq!(seconds("revalidate", Some(1.5)), Ok(Some(Duration::from_millis(1500))));
        assert_eq!(seconds("revalidate", Some(f64::INFINITY)), Ok(None));
        assert_eq!(seconds("revalidate", None), Ok(None));
        assert!(seconds("revalidate", Some(-1.0)).is_err());
        assert!(seconds("revalidate", Some(f64::NAN)).is_err());
    }

    #[test]
    fn times_are_milliseconds_without_a_unit() {
        let millis = |text| time("timeout", text).unwrap().map(|it| it.as_millis());
        for (text, expected) in
            [("1", 1), ("500ms", 500), ("30s", 30_000), ("1.5 M", 90_000), ("2h", 7_200_000)]
        {
            assert_eq!(millis(text), Some(expected), "{text}");
        }
        assert_eq!(millis("2147483647"), Some(2_147_483_647));
        assert_eq!(millis("Infinity"), None);
        for text in ["", "0", "0.4", "-1", "NaN", "1d", "s", "2147483648", "1e3"] {
            assert!(time("timeout", text).is_err(), "{text}");
        }
    }

    #[test]
    fn counts_are_whole_and_infinity_is_the_most() {
        for (given, most) in
            [(0.0, 0), (7.0, 7), (4_294_967_295.0, u32::MAX), (f64::INFINITY, u32::MAX)]
        {
            assert_eq!(count("limits.files", given), Ok(most));
        }
        for given in [-1.0, 1.5, f64::NAN, f64::NEG_INFINITY, 4_294_967_296.0] {
            assert!(count("limits.files", given).is_err(), "{given}");
        }
    }

    #[test]
    fn there_is_a_place_for_one_at_least() {
        assert_eq!(places("concurrency", 1.0), Ok(Some(1)));
        assert_eq!(places("concurrency", f64::INFINITY), Ok(None));
        assert!(places("concurrency", 0.0).is_err());
        assert!(places("concurrency", 1.5).is_err());
    }

    #[test]
    fn units_are_powers_of_1024() {
        for (text, bytes) in [
            ("1048576", 1 << 20),
            ("1mb", 1 << 20),
            ("2 KB", 2 << 10),
            ("1.5kb", 1536),
            ("1gb", 1 << 30),
            ("1b", 1),
        ] {
            assert_eq!(parse("limits.body", text), Ok(bytes), "{text}");
        }
        for text in ["", "mb", "-1", "0", "1tb", "1 2", "NaN", "inf", "1e3", "."] {
            assert!(parse("limits.body", text).is_err(), "{text}");
        }
    }
}
