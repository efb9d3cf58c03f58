//! A clock that only measures, and costs little to look at: each read of what is near does.

use std::time::Duration;

/// By so much the clock may lag behind.
pub(super) const LAG: Duration = Duration::from_millis(10);

/// Time since some start, the same for all threads; never goes back.
#[cfg(target_os = "linux")]
pub(super) fn coarse() -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    // It moves with the kernel's timer, and so needs no look at the hardware's.
    let time = clock_gettime(ClockId::MonotonicCoarse);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Time since some start, the same for all threads; never goes back.
#[cfg(not(target_os = "linux"))]
pub(super) fn coarse() -> Duration {
    use std::{sync::LazyLock, time::Instant};
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}
