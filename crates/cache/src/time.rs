//! Clocks: a logical one that orders, and the wall clock that only measures ages.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Time since the Unix epoch, by a clock that may be wrong and may jump, both ways.
pub type Time = Duration;

/// A moment on a store's logical clock. Each mark and each fill takes the next one, so no two are
/// equal, and which of two came first doesn't depend on any machine's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Tick(pub u64);

/// What this machine's clock shows.
pub fn now() -> Time {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// How long ago `then` was, at `now`.
///
/// A moment that lies in the future was noted by a clock that was ahead: it counts as that long
/// ago. So a clock that is set back makes things older, never younger for ever: what may live for
/// ten minutes lives for at most twenty, whatever the clock does meanwhile.
pub fn elapsed(then: Time, now: Time) -> Duration {
    now.abs_diff(then)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_back_makes_nothing_young() {
        let hour = Duration::from_secs(3_600);
        assert_eq!(elapsed(hour, 3 * hour), 2 * hour);
        assert_eq!(elapsed(3 * hour, hour), 2 * hour);
    }
}
