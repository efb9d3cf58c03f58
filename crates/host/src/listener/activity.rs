//! What a connection does at the moment, and until when it has to do something else.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::options::Bounds;

/// Shared by a connection's stream, which sees bytes, and its requests.
pub(super) struct Activity {
    bounds: Bounds,
    now: Mutex<Now>,
}

struct Now {
    /// Requests whose answer is not out yet.
    open: usize,
    /// Since when there is none.
    idle_since: Instant,
    /// Since when a head arrives.
    head_since: Option<Instant>,
    /// Since when the other end takes nothing of what we write.
    stuck_since: Option<Instant>,
    /// Bytes on a connection of HTTP/2 need not be a head.
    is_http2: bool,
}

/// Why a connection has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overdue {
    /// It was idle: say good-bye.
    Idle,
    /// The other end is too slow.
    Slow,
}

impl Activity {
    pub(super) fn new(bounds: Bounds, is_http2: bool, head_since: Option<Instant>) -> Arc<Self> {
        let now =
            Now { open: 0, idle_since: Instant::now(), head_since, stuck_since: None, is_http2 };
        Arc::new(Self { bounds, now: Mutex::new(now) })
    }

    /// A request, until what this gives is dropped.
    pub(super) fn request(self: &Arc<Self>) -> Busy {
        let mut now = self.lock();
        now.open += 1;
        now.head_since = None;
        Busy(Arc::clone(self))
    }

    pub(super) fn has_read(&self) {
        let mut now = self.lock();
        if now.open == 0 && now.head_since.is_none() && !now.is_http2 {
            now.head_since = Some(Instant::now());
        }
    }

    pub(super) fn has_written(&self, everything: bool) {
        let mut now = self.lock();
        match (everything, now.stuck_since) {
            (true, Some(_)) => now.stuck_since = None,
            (false, None) => now.stuck_since = Some(Instant::now()),
            _ => {}
        }
    }

    /// When the connection has to end, if nothing happens until then, and why.
    pub(super) fn deadline(&self) -> Option<(Instant, Overdue)> {
        let now = self.lock();
        let at = |since: Instant, most: Duration| since.checked_add(most);
        let stuck = now
            .stuck_since
            .and_then(|since| at(since, self.bounds.body))
            .map(|it| (it, Overdue::Slow));
        let waiting = match now.head_since {
            _ if now.open > 0 => None,
            Some(since) => at(since, self.bounds.head).map(|it| (it, Overdue::Slow)),
            None => at(now.idle_since, self.bounds.idle).map(|it| (it, Overdue::Idle)),
        };
        match (stuck, waiting) {
            (Some(one), Some(other)) => Some(if one.0 < other.0 { one } else { other }),
            (one, other) => one.or(other),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request whose answer is not out yet.
pub(super) struct Busy(Arc<Activity>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut now = self.0.lock();
        now.open -= 1;
        if now.open == 0 {
            now.idle_since = Instant::now();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn activity(is_http2: bool) -> Arc<Activity> {
        Activity::new(Bounds::default(), is_http2, None)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_until_a_head_begins_and_busy_until_its_answer_is_out() {
        let it = activity(false);
        let Bounds { head, idle, body, .. } = Bounds::default();
        let start = Instant::now();
        assert_eq!(it.deadline(), Some((start + idle, Overdue::Idle)));
        tokio::time::advance(Duration::from_secs(1)).await;
        it.has_read();
        tokio::time::advance(Duration::from_secs(1)).await;
        it.has_read(); // more of the same head: it has no more time
        assert_eq!(it.deadline(), Some((start + Duration::from_secs(1) + head, Overdue::Slow)));
        let busy = it.request();
        assert_eq!(it.deadline(), None);
        it.has_written(false);
        assert_eq!(it.deadline(), Some((Instant::now() + body, Overdue::Slow)));
        it.has_written(true);
        drop(busy);
        assert_eq!(it.deadline(), Some((Instant::now() + idle, Overdue::Idle)));
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_between_requests_of_http2_are_no_head() {
        let it = activity(true);
        drop(it.request());
        it.has_read();
        assert_eq!(it.deadline().map(|(_, why)| why), Some(Overdue::Idle));
    }
}
