//! Marks on their way to the log, and the log's folding.

use std::sync::{Arc, atomic::Ordering};

use super::{
    Error,
    follow::Shared,
    link::{Patience, Request},
    log::{Event, Mark},
    replica::Asked,
    scripts::SCRIPTS,
    ticks,
};
use crate::{Invalidation, Tick, Time};

impl Shared {
    /// Writes a mark. When this returns, Redis has acknowledged it and this process knows it.
    pub(super) async fn mark(self: &Arc<Self>, mark: &Mark) -> Result<Tick, Error> {
        self.write_mark(&mark.encode()).await
    }

    /// Takes a tick for nothing but the room after it.
    pub(super) async fn next_tick(self: &Arc<Self>) -> Result<Tick, Error> {
        let nothing = Mark::Tags { tags: Vec::new(), how: Invalidation::Hard, at: Time::ZERO };
        self.mark(&nothing).await
    }

    async fn write_mark(self: &Arc<Self>, mark: &[u8]) -> Result<Tick, Error> {
        const ATTEMPTS: usize = 3;
        for _ in 0..ATTEMPTS {
            let asked = Asked::now();
            let known = self.replica.position();
            let mut script = SCRIPTS.mark.prepare_invoke();
            script.key(&self.keys.state).key(&self.keys.log);
            script.arg(known.generation_text()).arg(known.tick).arg(mark);
            let request = Request::Script(&script);
            let (tick, events, log_length): (u64, Vec<Event>, u64) =
                self.link.ask(&request, Patience::Command).await?;
            if tick == 0 {
                self.stand_anew().await?;
                continue;
            }
            if self.replica.apply(known, tick, &events, asked).is_err() {
                self.stand_anew().await?;
            }
            if log_length > self.options.max_log {
                self.fold_soon();
            }
            return Ok(ticks::of_mark(tick));
        }
        Err(Error::Away(None))
    }

    async fn stand_anew(&self) -> Result<(), Error> {
        let mut connection = self.link.connection(Patience::Command).await?;
        self.hello(&mut connection).await
    }

    /// Replaces the log's older part by a snapshot, without anybody waiting for it.
    fn fold_soon(self: &Arc<Self>) {
        if self.folding.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let (position, snapshot) = shared.replica.snapshot();
            let mut script = SCRIPTS.fold.prepare_invoke();
            script.key(&shared.keys.state).key(&shared.keys.log).key(&shared.keys.snapshot);
            script.arg(position.generation_text()).arg(position.tick).arg(snapshot);
            // If it fails, the log is as good as before, and the next mark asks again.
            let _ = shared.link.ask::<u64>(&Request::Script(&script), Patience::None).await;
            shared.folding.store(false, Ordering::Release);
        });
    }
}
