//! Single-flight: one computation per key at a time, others wait for it.

use std::sync::Mutex;

use rustc_hash::FxHashMap;

use crate::marks::Tick;

/// Names one running fill, so that those who wait can find it.
pub type FillId = u64;

/// What [`Cache::begin`](crate::Cache::begin) says.
#[derive(Debug)]
pub enum Begin {
    /// The caller computes the value, then calls `finish` or `abandon`.
    Run(Fill),
    /// Somebody computes it already. Wait until that one ends, then read again: its value may be
    /// invalid by then.
    Wait(FillId),
}

/// The right and the duty to compute one key's value.
#[derive(Debug)]
pub struct Fill {
    /// Names this fill.
    pub id: FillId,
    pub(crate) key: String,
    pub(crate) began: Tick,
}

/// Who fills what at the moment.
#[derive(Default)]
pub(crate) struct Fills(Mutex<Running>);

#[derive(Default)]
struct Running {
    by_key: FxHashMap<String, (FillId, Tick)>,
    last: FillId,
}

impl Fills {
    /// Joins the running fill of `key`, or starts one that `began` now.
    ///
    /// A fill that began before `now` may be invalid already (a mark came between), and its tags
    /// aren't known until it ends: then the caller runs its own rather than wait in vain.
    pub(crate) fn begin(&self, key: &str, now: Tick) -> Begin {
        let mut running = self.lock();
        if let Some(&(id, began)) = running.by_key.get(key)
            && began == now
        {
            return Begin::Wait(id);
        }
        running.last += 1;
        let id = running.last;
        running.by_key.insert(key.to_owned(), (id, now));
        Begin::Run(Fill { id, key: key.to_owned(), began: now })
    }

    pub(crate) fn end(&self, fill: &Fill) {
        let mut running = self.lock();
        if running.by_key.get(&fill.key).is_some_and(|(id, _)| *id == fill.id) {
            running.by_key.remove(&fill.key);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
