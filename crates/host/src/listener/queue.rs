//! What JavaScript is to be told: one queue, and one bell for however much is in it.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::time::sleep;

use crate::{Piece, PolicyId, Rejection, Turn};

/// Names one request for as long as somebody has to do with it. Never used twice.
pub type ExchangeId = u64;

/// Something that JavaScript is told.
#[derive(Debug)]
pub enum Event {
    /// A request that JavaScript has to answer.
    Request(Asked),
    /// The next bytes of a body that was pulled.
    Chunk(ExchangeId, Bytes),
    /// More of what a body is decoded to, and whether that is all.
    Decoded(ExchangeId, Box<Result<Option<Piece>, Rejection>>, bool),
    /// A body has ended.
    End(ExchangeId),
    /// A body broke off.
    Broken(ExchangeId),
    /// What was written has been taken: there is room for more.
    Drained(ExchangeId),
    /// An answer is out, or nobody is there to get it (`false`).
    Closed(ExchangeId, bool),
    /// A line for the operator.
    Log(String),
    /// The listener has ended.
    Ended,
}

/// A request that JavaScript has to answer.
#[derive(Debug)]
pub struct Asked {
    /// By which it is answered.
    pub id: ExchangeId,
    /// What it is, as far as its head tells.
    pub kind: Kind,
    /// See [`Head::to_text`](super::head::Head::to_text).
    pub head: String,
    /// What is there of its body.
    pub content: Content,
}

/// What a request is, as far as its head tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A call that may be made, of the action with this id.
    Call(String),
    /// As that, once it is its turn. Its place is for whoever takes the event to give back:
    /// see [`Host::leave`](crate::Host::leave).
    Policed(String, PolicyId, Turn),
    /// Perhaps a form; JavaScript looks.
    Form,
    /// Anything else.
    Other,
}

/// What is there of a body.
#[derive(Debug)]
pub enum Content {
    /// There is none.
    Nothing,
    /// All of it: arguments that are sure to be plain JSON.
    Plain(String),
    /// All of it.
    Whole(Bytes),
    /// It comes when it is pulled.
    Arriving,
}

/// Lines for the operator that wait at a time. Strangers cause them: they must not fill the memory.
const MOST_LINES: usize = 100;
/// Nobody waits for a line: it comes with what else there is, with so many others, or so much later.
const MANY_LINES: usize = 50;
const SOON: Duration = Duration::from_millis(10);

/// Events in their order. The bell is rung once until they are taken.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    is_rung: AtomicBool,
    bell: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    lines: usize,
    unsaid: usize,
}

impl Queue {
    pub(super) fn new(bell: impl Fn() + Send + Sync + 'static) -> Self {
        Self { waiting: Mutex::default(), is_rung: AtomicBool::new(false), bell: Box::new(bell) }
    }

    pub(super) fn push(&self, event: Event) {
        self.lock().events.push_back(event);
        self.ring();
    }

    /// A line that is left out, and counted, when too many wait. Only inside of a runtime.
    pub(super) fn log(self: &Arc<Self>, line: String) {
        let mut waiting = self.lock();
        if waiting.lines == MOST_LINES {
            waiting.unsaid += 1;
            return;
        }
        waiting.lines += 1;
        waiting.events.push_back(Event::Log(line));
        let lines = waiting.lines;
        drop(waiting);
        if lines == MANY_LINES {
            return self.ring();
        }
        if lines == 1 {
            let queue = Arc::clone(self);
            tokio::spawn(async move {
                sleep(SOON).await;
                if queue.lock().lines > 0 {
                    queue.ring();
                }
            });
        }
    }

    /// All that waits. What comes from now on rings again.
    pub(super) fn take(&self) -> VecDeque<Event> {
        self.is_rung.store(false, Ordering::Release);
        let mut taken = std::mem::take(&mut *self.lock());
        if taken.unsaid > 0 {
            let line = format!("errand: and {} more requests were refused", taken.unsaid);
            taken.events.push_back(Event::Log(line));
        }
        taken.events
    }

    fn ring(&self) {
        if !self.is_rung.swap(true, Ordering::AcqRel) {
            (self.bell)();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn counted() -> (Arc<Queue>, Arc<AtomicUsize>) {
        let rung = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&rung);
        let queue = Queue::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        (Arc::new(queue), rung)
    }

    #[test]
    fn the_bell_rings_once_for_what_waits() {
        let (queue, rung) = counted();
        for id in 0..5 {
            queue.push(Event::End(id));
        }
        assert_eq!((rung.load(Ordering::Relaxed), queue.take().len()), (1, 5));
        queue.push(Event::End(5));
        assert_eq!((rung.load(Ordering::Relaxed), queue.take().len()), (2, 1));
        assert_eq!(queue.take().len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn lines_ring_when_they_are_many_or_a_little_later() {
        let (queue, rung) = counted();
        for _ in 0..MANY_LINES - 1 {
            queue.log("refused".to_owned());
        }
        assert_eq!(rung.load(Ordering::Relaxed), 0);
        queue.log("refused".to_owned());
        assert_eq!((rung.load(Ordering::Relaxed), queue.take().len()), (1, MANY_LINES));
        queue.log("refused".to_owned());
        sleep(SOON * 2).await;
        assert_eq!((rung.load(Ordering::Relaxed), queue.take().len()), (2, 1));
        sleep(SOON * 2).await;
        assert_eq!(rung.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn lines_beyond_the_most_are_counted() {
        let (queue, _) = counted();
        for _ in 0..MOST_LINES + 7 {
            queue.log("refused".to_owned());
        }
        let taken = queue.take();
        assert_eq!(taken.len(), MOST_LINES + 1);
        let Some(Event::Log(last)) = taken.back() else { panic!("{taken:?}") };
        assert!(last.contains("and 7 more"), "{last}");
        assert!(queue.take().is_empty());
    }
}
