//! What is done beside the calls: waiting for other processes' fills, noting which entries are
//! used, clearing away what dead processes left. One thread for each folder.

use std::{
    collections::{HashMap, HashSet},
    future::Future,
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak},
    task::{Context, Poll, Waker},
    thread,
    time::{Duration, Instant},
};

use super::{Shared, record::Hash};
use crate::time::Tick;

/// How often other processes' fills are looked at, while somebody waits for one. The database has
/// no way to tell us.
const LOOK: Duration = Duration::from_millis(5);
const NOTE_USES: Duration = Duration::from_secs(1);
const LOOK_FOR_DEAD: Duration = Duration::from_millis(100);
const CLEAR_AWAY: Duration = Duration::from_secs(30);

/// Uses that are noted one by one until the next time they are written down.
const MOST_USES: usize = 100_000;

#[derive(Default)]
pub(super) struct Keeper {
    state: Mutex<State>,
    signal: Condvar,
}

#[derive(Default)]
struct State {
    waiting: HashMap<(Hash, Tick), Vec<Waker>>,
    used: HashSet<Hash>,
    is_over: bool,
}

impl Keeper {
    /// Starts the thread. It ends when `shared` is dropped.
    pub(super) fn start(self: &Arc<Self>, shared: Weak<Shared>) -> std::io::Result<()> {
        let keeper = Arc::clone(self);
        let thread = thread::Builder::new().name("errand-cache".to_owned());
        thread.spawn(move || keeper.run(&shared)).map(drop)
    }

    pub(super) fn stop(&self) {
        self.lock().is_over = true;
        self.signal.notify_all();
    }

    /// Notes that an entry was used.
    pub(super) fn used(&self, key: Hash) {
        let mut state = self.lock();
        if state.used.len() < MOST_USES {
            state.used.insert(key);
        }
    }

    /// The entries that were used since the last time.
    pub(super) fn take_used(&self) -> Vec<Hash> {
        self.lock().used.drain().collect()
    }

    /// A fill has ended here: whoever waits for it needn't wait for the next look.
    pub(super) fn ended(&self) {
        if !self.lock().waiting.is_empty() {
            self.signal.notify_all();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, shared: &Weak<Shared>) {
        let start = Instant::now();
        let mut due = [start + NOTE_USES, start + LOOK_FOR_DEAD, start];
        loop {
            if !self.sleep() {
                return;
            }
            let Some(shared) = shared.upgrade() else { return };
            let now = Instant::now();
            let mut is_due = |which: usize, every: Duration| {
                let is_due = now >= due[which];
                if is_due {
                    due[which] = now + every;
                }
                is_due
            };
            // What fails here is tried again, and nobody depends on it.
            if is_due(0, NOTE_USES) {
                _ = shared.note_uses(&self.take_used());
            }
            self.wake_ended(&shared, is_due(1, LOOK_FOR_DEAD));
            if is_due(2, CLEAR_AWAY) {
                _ = shared.clear_away();
            }
        }
    }

    /// Sleeps until there may be something to do; says whether there is.
    fn sleep(&self) -> bool {
        let state = self.lock();
        if state.is_over {
            return false;
        }
        let time = if state.waiting.is_empty() { NOTE_USES } else { LOOK };
        let (state, _) =
            self.signal.wait_timeout(state, time).unwrap_or_else(PoisonError::into_inner);
        !state.is_over
    }

    fn wake_ended(&self, shared: &Shared, looks_for_dead: bool) {
        let waiting: Vec<_> = self.lock().waiting.keys().copied().collect();
        for (key, began) in waiting {
            if !shared.is_running(&key, began, looks_for_dead) {
                let wakers = self.lock().waiting.remove(&(key, began));
                wakers.into_iter().flatten().for_each(Waker::wake);
            }
        }
    }
}

/// Ends when a fill has, wherever it runs.
pub(super) struct Ended {
    pub(super) shared: Arc<Shared>,
    pub(super) key: Hash,
    pub(super) began: Tick,
}

impl Future for Ended {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if !self.shared.is_running(&self.key, self.began, true) {
            return Poll::Ready(());
        }
        let keeper = &self.shared.keeper;
        let mut state = keeper.lock();
        let wakers = state.waiting.entry((self.key, self.began)).or_default();
        if !wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            wakers.push(context.waker().clone());
        }
        drop(state);
        keeper.signal.notify_all(); // it may sleep for longer than it now should
        Poll::Pending
    }
}
