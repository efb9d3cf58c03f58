//! One fill of a key at a time, in this process and across processes.

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use rustc_hash::FxHashMap;
use tokio::{
    sync::watch,
    task::AbortHandle,
    time::{Instant, sleep},
};

use super::{
    Error, bytes,
    follow::Shared,
    link::{Patience, Request},
    scripts::SCRIPTS,
};
use crate::{Begin, Fill, Tick, Time, Wait, elapsed};

/// The fills that this process runs or waits for, by key.
#[derive(Default)]
pub(super) struct Fills(Mutex<Table>);

#[derive(Default)]
struct Table {
    own: FxHashMap<String, Own>,
    others: FxHashMap<(String, Tick), watch::Receiver<()>>,
    /// Names fills that Redis doesn't know of; below all ticks that it gives.
    last_unknown: u64,
    most_before_forgetting: usize,
}

/// A fill of this process. Those who wait for it are woken when it is dropped.
pub(super) struct Own {
    began: Tick,
    since: Time,
    /// Whether Redis knows of it: else its value can't be stored.
    pub(super) is_known: bool,
    keeper: Option<AbortHandle>,
    ended: watch::Sender<()>,
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(keeper) = &self.keeper {
            keeper.abort();
        }
    }
}

/// Who wants to fill what.
pub(super) struct Wish {
    pub(super) key: String,
    pub(super) expected: Vec<String>,
    /// By Redis's clock.
    pub(super) now: Time,
}

impl Fills {
    /// Takes a fill out, when it ends; what it holds is let go of when this is dropped.
    pub(super) fn take(&self, fill: &Fill) -> Option<Own> {
        let own = &mut self.lock().own;
        own.get(&fill.key).filter(|own| own.began == fill.began)?;
        own.remove(&fill.key)
    }

    /// Lets whoever waits for a fill of `key` look again.
    pub(super) fn wake(&self, key: &str) {
        self.lock().own.remove(key);
    }

    /// Gives up all fills of this process: others run them as soon as its signs of life are missed.
    pub(super) fn clear(&self) {
        self.lock().own.clear();
    }

    /// Whoever asks while Redis is away: one at a time in this process, to be stored nowhere.
    pub(super) fn begin_unknown(&self, wish: Wish, lease: Duration) -> Begin {
        let mut table = self.lock();
        if let Some(own) = table.own.get(&wish.key)
            && let Some(at_most) = lease.checked_sub(elapsed(own.since, wish.now))
            && !at_most.is_zero()
        {
            return Begin::Wait(Wait { key: wish.key, began: own.began, at_most });
        }
        table.last_unknown += 1;
        let began = Tick(table.last_unknown);
        table.run(wish, began, None, lease)
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Table {
    fn run(
        &mut self,
        wish: Wish,
        began: Tick,
        keeper: Option<AbortHandle>,
        lease: Duration,
    ) -> Begin {
        self.forget_lapsed(wish.now, lease);
        let Wish { key, now, .. } = wish;
        let (is_known, ended) = (keeper.is_some(), watch::Sender::new(()));
        let own = Own { began, since: now, is_known, keeper, ended };
        // Of two that begin at once the answers may come the other way round.
        let is_latest = self.own.get(&key).is_none_or(|has| !has.is_known || has.began < began);
        if is_latest {
            self.own.insert(key.clone(), own);
        }
        Begin::Run(Fill { key, began })
    }

    /// Fills that nobody ever ends would add up.
    fn forget_lapsed(&mut self, now: Time, lease: Duration) {
        const FEW: usize = 1_024;
        if self.own.len() >= self.most_before_forgetting.max(FEW) {
            self.own.retain(|_, own| elapsed(own.since, now) < lease);
            self.most_before_forgetting = self.own.len() * 2;
        }
    }
}

/// What the script of a fill's begin answers.
enum Asked {
    Begun(Tick),
    Running { began: Tick, left: Duration, expected: Vec<String> },
    Behind,
}

impl Shared {
    /// Asks for the right to fill. Always Redis: another process may have deleted the key or taken
    /// over what this one fills.
    pub(super) async fn begin(self: &Arc<Self>, wish: Wish) -> Result<Begin, Error> {
        const ATTEMPTS: usize = 8; // marks may come faster than anybody begins
        let mut replaceable = Tick::default();
        for _ in 0..ATTEMPTS {
            let known = self.replica.position();
            match self.ask_to_begin(&wish, replaceable).await? {
                Asked::Begun(began) => {
                    let keeper = Arc::clone(self).keep(&wish.key, began);
                    return Ok(self.fills.lock().run(
                        wish,
                        began,
                        Some(keeper),
                        self.options.bounds.lease,
                    ));
                }
                Asked::Running { began, left, expected }
                    if !self.replica.is_overtaken(began, &expected, wish.now) =>
                {
                    return Ok(Begin::Wait(Wait { key: wish.key, began, at_most: left }));
                }
                Asked::Running { began, .. } => replaceable = began,
                Asked::Behind => {
                    self.read_now().await?;
                    if self.replica.position() == known {
                        self.next_tick().await?;
                    }
                }
            }
        }
        Err(Error::Away(None))
    }

    async fn ask_to_begin(&self, wish: &Wish, replaceable: Tick) -> Result<Asked, Error> {
        let keys = self.keys.of(&wish.key);
        let known = self.replica.position();
        let (least, greatest) = known.fills();
        let mut script = SCRIPTS.begin.prepare_invoke();
        script.key(&keys.fill).key(&keys.entry).arg(least).arg(greatest);
        script.arg(known.generation_text()).arg(wish.now.as_micros() as u64);
        script.arg(self.options.bounds.lease.as_micros() as u64);
        script.arg(bytes::of_texts(&wish.expected));
        script.arg(self.options.sign_of_life.as_millis() as u64);
        script.arg(replaceable.0).arg(self.kept_ms());
        let answer: Vec<Vec<u8>> = self.link.ask(&Request::Script(&script), Patience::None).await?;
        Asked::parse(&answer).ok_or_else(Error::unexpected)
    }

    /// What is known of a fill outlives its lease: it may end late, if nobody else came.
    fn kept_ms(&self) -> u64 {
        (self.options.bounds.lease * 2).as_millis() as u64
    }

    /// Gives signs of life for as long as a fill may take.
    fn keep(self: Arc<Self>, key: &str, began: Tick) -> AbortHandle {
        let fill = self.keys.of(key).fill;
        let end = Instant::now() + self.options.bounds.lease;
        let keeping = async move {
            while Instant::now() < end {
                sleep(self.options.sign_of_life / 3).await;
                let mut script = SCRIPTS.keep.prepare_invoke();
                script.key(&fill).arg(began.0);
                script.arg(self.options.sign_of_life.as_millis() as u64).arg(self.kept_ms());
                // If it fails, the next one may still be in time.
                let _ = self.link.ask::<u64>(&Request::Script(&script), Patience::None).await;
            }
        };
        tokio::spawn(keeping).abort_handle()
    }

    /// Ends when a fill does, as far as this process can see.
    pub(super) fn ended(self: &Arc<Self>, wait: &Wait) -> watch::Receiver<()> {
        let mut table = self.fills.lock();
        if let Some(own) = table.own.get(&wait.key).filter(|own| own.began == wait.began) {
            return own.ended.subscribe();
        }
        let of = (wait.key.clone(), wait.began);
        if let Some(ended) = table.others.get(&of) {
            return ended.clone();
        }
        let (sender, ended) = watch::channel(());
        table.others.insert(of, ended.clone());
        tokio::spawn(Arc::clone(self).watch_other(wait.clone(), sender));
        ended
    }

    /// Looks now and then whether another process still fills, for all who wait here.
    async fn watch_other(self: Arc<Self>, wait: Wait, ended: watch::Sender<()>) {
        const FIRST_PAUSE: Duration = Duration::from_millis(2);
        const LONGEST_PAUSE: Duration = Duration::from_millis(50);
        let end = Instant::now() + self.options.bounds.lease;
        let mut pause = FIRST_PAUSE;
        let mut command = redis::cmd("HMGET");
        command.arg(self.keys.of(&wait.key).fill).arg("began").arg("running").arg("alive");
        while Instant::now() < end {
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            let request = Request::Command(&command);
            let asked: Result<(Option<u64>, Option<u64>, Option<u64>), _> =
                self.link.ask(&request, Patience::None).await;
            // A process that is gone can't give signs of life; its clock is Redis's.
            let is_dead =
                |alive: u64| self.replica.to_redis(crate::now()) > Duration::from_micros(alive);
            match asked {
                Ok((Some(began), Some(1), Some(alive)))
                    if began == wait.began.0 && !is_dead(alive) => {}
                _ => break,
            }
        }
        self.fills.lock().others.remove(&(wait.key, wait.began));
        drop(ended);
    }
}

impl Asked {
    fn parse(answer: &[Vec<u8>]) -> Option<Self> {
        let number = |text: &[u8]| str::from_utf8(text).ok()?.parse().ok();
        match answer {
            [what] if what == b"behind" => Some(Self::Behind),
            [what, began] if what == b"begun" => Some(Self::Begun(Tick(number(began)?))),
            [what, began, left, expected] if what == b"running" => Some(Self::Running {
                began: Tick(number(began)?),
                left: Duration::from_micros(number(left)?),
                expected: bytes::texts(expected)?,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEASE: Duration = Duration::from_secs(60);

    fn wish(key: usize, seconds: u64) -> Wish {
        let now = Duration::from_secs(seconds);
        Wish { key: key.to_string(), expected: Vec::new(), now }
    }

    #[test]
    fn fills_that_nobody_ends_are_forgotten() {
        let fills = Fills::default();
        for n in 0..20_000 {
            assert!(matches!(fills.begin_unknown(wish(n, n as u64), LEASE), Begin::Run(_)));
            assert!(fills.lock().own.len() <= 1_024, "after {n}");
        }
        assert!(matches!(fills.begin_unknown(wish(19_999, 20_000), LEASE), Begin::Wait(_)));
        let ended = fills.take(&Fill { key: "19999".to_owned(), began: Tick(20_000) });
        assert!(ended.is_some_and(|own| !own.is_known));
        assert!(matches!(fills.begin_unknown(wish(19_999, 20_001), LEASE), Begin::Run(_)));
    }

    #[test]
    fn of_two_fills_that_begin_at_once_the_later_one_counts() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let keeper = || Some(runtime.spawn(std::future::pending::<()>()).abort_handle());
        let fills = Fills::default();
        fills.lock().run(wish(1, 0), Tick(8), keeper(), LEASE);
        fills.lock().run(wish(1, 0), Tick(7), keeper(), LEASE);
        assert!(fills.take(&Fill { key: "1".to_owned(), began: Tick(7) }).is_none());
        assert!(fills.take(&Fill { key: "1".to_owned(), began: Tick(8) }).is_some());
    }
}
