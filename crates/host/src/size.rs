//! Sizes and times as people write them: `1mb`, `1048576`, 3600 seconds, for ever.

use std::time::Duration;

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

    use super::{count, parse, seconds};

    #[test]
    fn times_are_seconds_and_infinity_is_no_limit() {
        assert_eq!(seconds("revalidate", Some(1.5)), Ok(Some(Duration::from_millis(1500))));
        assert_eq!(seconds("revalidate", Some(f64::INFINITY)), Ok(None));
        assert_eq!(seconds("revalidate", None), Ok(None));
        assert!(seconds("revalidate", Some(-1.0)).is_err());
        assert!(seconds("revalidate", Some(f64::NAN)).is_err());
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
