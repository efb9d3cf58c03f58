//! Who fills what at the moment, in this process.

use std::{
    collections::HashMap,
    future::Future,
    hash::{BuildHasher, RandomState},
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use super::sync::{Arc, Mutex, MutexGuard};
use crate::time::{Tick, Time, elapsed};

/// Running fills by key. A key's lock also orders what is done to its entry.
#[derive(Clone)]
pub(super) struct Leases(Arc<Inner>);

struct Inner {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
}

pub(super) type Shard = HashMap<String, Lease>;

/// One running fill.
pub(super) struct Lease {
    pub(super) began: Tick,
    pub(super) since: Time,
    /// The tags that its value will have, as far as they are known.
    pub(super) expected: Vec<String>,
    waiting: Vec<Waker>,
}

impl Lease {
    pub(super) fn new(began: Tick, since: Time, expected: Vec<String>) -> Self {
        Self { began, since, expected, waiting: Vec::new() }
    }

    /// How long it still has; `None` when it is over.
    pub(super) fn left(&self, lease: Duration, now: Time) -> Option<Duration> {
        lease.checked_sub(elapsed(self.since, now)).filter(|left| !left.is_zero())
    }

    /// Tells those who wait that this fill has ended.
    pub(super) fn end(self) {
        self.waiting.into_iter().for_each(Waker::wake);
    }
}

impl Leases {
    pub(super) fn new() -> Self {
        const SHARDS: usize = 64;
        let shards = (0..SHARDS).map(|_| Mutex::new(Shard::new())).collect();
        Self(Arc::new(Inner { shards, hasher: RandomState::new() }))
    }

    pub(super) fn lock(&self, key: &str) -> MutexGuard<'_, Shard> {
        let shard = self.0.hasher.hash_one(key) as usize % self.0.shards.len();
        self.0.shards[shard].lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Ends when this fill of `key` has ended.
    pub(super) fn ended(&self, key: String, began: Tick) -> Ended {
        Ended { leases: self.clone(), key, began }
    }
}

pub(super) struct Ended {
    leases: Leases,
    key: String,
    began: Tick,
}

impl Future for Ended {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut shard = self.leases.lock(&self.key);
        match shard.get_mut(&self.key) {
            Some(lease) if lease.began == self.began => {
                if !lease.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                    lease.waiting.push(context.waker().clone());
                }
                Poll::Pending
            }
            _ => Poll::Ready(()),
        }
    }
}
