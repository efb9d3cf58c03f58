//! The store as the rest of the crate sees it.

use std::{sync::Arc, time::Duration};

use tokio::{runtime::Handle, task::AbortHandle, time::timeout};

use super::{
    Error, Options, WhenAway,
    entries::Found,
    fills::{Own, Wish},
    follow::{self, Shared},
    log::Mark,
    near::{Kept, Near},
    record::{Head, Record},
};
use crate::{
    Answer, Begin, Counters, Entry, Explanation, Fill, Finished, Invalidation, Made, Question,
    Read, Stats, Store, Tick, Time, Value, Verdict, Wait,
};

/// Entries in Redis. Its work is done on the runtime that it was opened with; whoever waits for
/// its answers needs none.
pub struct Redis {
    inner: Arc<Inner>,
    follower: AbortHandle,
}

struct Inner {
    shared: Arc<Shared>,
    near: Near,
    counters: Counters,
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.follower.abort();
        self.inner.shared.close();
    }
}

impl Redis {
    /// Begins to connect, on `runtime`, and goes on for as long as this lives.
    ///
    /// # Errors
    ///
    /// [`Error::Option`] only: that Redis is away is no reason not to start.
    pub fn open(options: Options, runtime: &Handle) -> Result<Self, Error> {
        let near = Near::new(options.bounds.max_bytes);
        let shared = Arc::new(Shared::new(options, runtime.clone())?);
        let follower = runtime.spawn(follow::follow(Arc::clone(&shared))).abort_handle();
        let inner = Arc::new(Inner { shared, near, counters: Counters::default() });
        Ok(Self { inner, follower })
    }

    /// Waits until Redis is reached, at most for `within`.
    ///
    /// # Errors
    ///
    /// With the last reason why it isn't.
    pub fn ready(&self, within: Duration) -> Answer<crate::Result<()>> {
        self.later(|inner| async move { Ok(inner.shared.link.ready(within).await?) })
    }

    /// The newest mark that this process knows of: hand it to another one for
    /// [`Store::catch_up`].
    pub fn position(&self) -> Tick {
        super::ticks::of_mark(self.inner.shared.replica.position().tick)
    }

    fn later<T, F>(&self, work: impl FnOnce(Arc<Inner>) -> F) -> Answer<crate::Result<T>>
    where
        T: Send + 'static,
        F: Future<Output = crate::Result<T>> + Send + 'static,
    {
        self.inner.shared.later(work(Arc::clone(&self.inner)))
    }
}

impl Store for Redis {
    /// At once for what is near and fresh; one round trip for what isn't.
    fn read_for(&self, key: &str, also: &[String], now: Time) -> Answer<crate::Result<Read>> {
        // What is void for these tags may have been filled anew elsewhere.
        if let Some(entry) = self.inner.near(key, now)
            && let read @ Read::Fresh(_) = self.inner.for_tags(Read::Fresh(entry), also, now)
        {
            return Answer::Now(Ok(self.inner.counters.read(read)));
        }
        let (key, also) = (key.to_owned(), also.to_vec());
        self.later(move |inner| async move {
            let read = inner.read(&key, now).await?;
            Ok(inner.counters.read(inner.for_tags(read, &also, now)))
        })
    }

    /// While Redis is away the value is made, but not stored.
    fn begin(&self, key: &str, tags: &[String], now: Time) -> Answer<crate::Result<Begin>> {
        let mut expected = tags.to_vec();
        if let Some(kept) = self.inner.near.peek(key) {
            expected.extend(kept.entry.tags.iter().cloned());
        }
        let key = key.to_owned();
        self.later(move |inner| async move {
            let now = inner.shared.replica.to_redis(now);
            let begin = inner.begin(Wish { key, expected, now }).await?;
            if matches!(begin, Begin::Wait(_)) {
                inner.counters.waited();
            }
            Ok(begin)
        })
    }

    fn finish(&self, fill: Fill, made: Made, now: Time) -> Answer<crate::Result<Finished>> {
        self.later(move |inner| async move {
            let own = inner.shared.fills.take(&fill);
            let finished = inner.finish(&fill, own.as_ref(), made, now).await;
            drop(own); // not before: who waits for it wants to find its value
            finished
        })
    }

    fn abandon(&self, fill: Fill) -> Answer<crate::Result<()>> {
        self.inner.counters.failed();
        self.later(move |inner| async move {
            let own = inner.shared.fills.take(&fill);
            if own.as_ref().is_none_or(|own| own.is_known) {
                // If it can't be given back, it ends by itself.
                let _ = inner.shared.release(&fill.key, fill.began).await;
            }
            drop(own);
            Ok(())
        })
    }

    fn ended(&self, wait: &Wait) -> Answer<()> {
        let (shared, wait) = (Arc::clone(&self.inner.shared), wait.clone());
        let ended = self.inner.shared.later(async move {
            // Nothing is ever said: it ends when the sender is dropped.
            let _ = shared.ended(&wait).changed().await;
            Ok(())
        });
        ended.map(|_| ())
    }

    /// Others see it as soon as they read it in the log.
    ///
    /// # Errors
    ///
    /// If Redis doesn't acknowledge it, whatever [`Options::when_away`] says. It may have happened
    /// nevertheless; asking again does no harm.
    fn invalidate(
        &self,
        tags: &[String],
        how: Invalidation,
        now: Time,
    ) -> Answer<crate::Result<Tick>> {
        let tags = tags.to_vec();
        self.later(move |inner| async move {
            let at = inner.shared.replica.to_redis(now);
            Ok(inner.shared.mark(&Mark::Tags { tags, how, at }).await?)
        })
    }

    fn delete(&self, key: &str) -> Answer<crate::Result<bool>> {
        let key = key.to_owned();
        self.later(move |inner| async move {
            // First for those who have it near.
            inner.shared.mark(&Mark::Key(key.clone())).await?;
            let was_there = inner.shared.remove(&key).await?;
            inner.shared.fills.wake(&key);
            Ok(was_there)
        })
    }

    /// At once if the mark is known already, else after one round trip.
    ///
    /// A tick that Redis never gave, because somebody invented it, counts as seen.
    fn catch_up(&self, tick: Tick) -> Answer<crate::Result<()>> {
        if self.inner.shared.replica.position().knows(tick) {
            return Answer::Now(Ok(()));
        }
        self.later(move |inner| async move { Ok(inner.catch_up(tick).await?) })
    }

    fn ready(&self) -> Answer<crate::Result<()>> {
        Redis::ready(self, self.inner.shared.options.connect_timeout)
    }

    fn explain(&self, question: Question<'_>, now: Time) -> Answer<crate::Result<Explanation>> {
        let (is_key, text) = match question {
            Question::Key(key) => (true, key.to_owned()),
            Question::Tag(tag) => (false, tag.to_owned()),
        };
        self.later(move |inner| async move {
            let question = if is_key { Question::Key(&text) } else { Question::Tag(&text) };
            let now = inner.shared.replica.to_redis(now);
            Ok(inner.shared.explain(question, now).await?)
        })
    }

    fn max_value_bytes(&self) -> u64 {
        self.inner.shared.options.max_value_bytes
    }

    /// Entries and bytes are those of the near cache.
    fn stats(&self) -> Stats {
        let Inner { shared, near, counters } = &*self.inner;
        let marks = shared.replica.read().marks.len() as u64;
        Stats { entries: near.len(), bytes: near.bytes(), marks, ..counters.stats() }
    }
}

impl Inner {
    /// What is near, if it is fresh. What is stale there may be fresh in Redis.
    fn for_tags(&self, read: Read, also: &[String], now: Time) -> Read {
        let replica = &self.shared.replica;
        read.unless(|began| !also.is_empty() && replica.is_void(began, also, replica.to_redis(now)))
    }

    fn near(&self, key: &str, now: Time) -> Option<Entry> {
        let kept = self.near.get(key)?;
        match self.shared.replica.judge_near(key, &kept, now)? {
            (Verdict::Fresh, stored) => Some(Entry { stored, ..kept.entry }),
            (Verdict::Stale(_), _) => None,
            (Verdict::Gone(_), _) => {
                self.near.remove(key, kept.entry.began);
                None
            }
        }
    }

    async fn read(&self, key: &str, now: Time) -> crate::Result<Read> {
        match self.fetch(key).await {
            Ok(None) => Ok(Read::Absent),
            Ok(Some(found)) => Ok(self.look_at(key, found, now).await),
            Err(error) => self.read_away(key, now, error),
        }
    }

    async fn fetch(&self, key: &str) -> Result<Option<Found>, Error> {
        self.reachable()?;
        let found = self.shared.fetch(key).await?;
        if let Some(found) = &found
            && !self.shared.replica.position().knows(found.head().began)
        {
            // Who made it knows marks that we don't, and what it was made of may be elsewhere, too.
            self.shared.read_now().await?;
        }
        // While that took its time, the copy of the marks may have become too old to judge by.
        self.reachable()?;
        Ok(found)
    }

    async fn look_at(&self, key: &str, found: Found, now: Time) -> Read {
        let verdict = self.judge(key, found.head(), now);
        if let Verdict::Gone(_) = verdict {
            self.near.remove(key, found.head().began);
            self.shared.remove_gone(key, &found).await;
            return Read::Absent;
        }
        let entry = match found {
            Found::Large(head, large) => {
                let stored = self.shared.replica.to_local(head.stored);
                head.entry(stored, Value::Parts(Arc::new(large)))
            }
            Found::Whole(record) => {
                let kept = record.kept();
                self.counters.evicted(self.near.put(key, kept.clone()));
                self.localized(kept)
            }
        };
        if verdict == Verdict::Fresh { Read::Fresh(entry) } else { Read::Stale(entry) }
    }

    fn read_away(&self, key: &str, now: Time, error: Error) -> crate::Result<Read> {
        self.bear(error)?;
        let near = match self.shared.options.when_away {
            WhenAway::Stale => self.near.get(key),
            WhenAway::Bypass | WhenAway::Fail => None,
        };
        let time = self.shared.replica.to_redis(now);
        let served = near.filter(|kept| {
            !matches!(self.shared.replica.judge_kept(key, kept, time), Verdict::Gone(_))
        });
        Ok(served.map_or(Read::Absent, |kept| Read::Stale(self.localized(kept))))
    }

    /// With times as this machine's clock shows them.
    fn localized(&self, Kept { entry, .. }: Kept) -> Entry {
        Entry { stored: self.shared.replica.to_local(entry.stored), ..entry }
    }

    async fn begin(&self, wish: Wish) -> crate::Result<Begin> {
        let Wish { key, expected, now } = &wish;
        let again = Wish { key: key.clone(), expected: expected.clone(), now: *now };
        let begun = match self.reachable() {
            Ok(()) => self.shared.begin(wish).await,
            Err(away) => Err(away),
        };
        match begun {
            Ok(begin) => Ok(begin),
            Err(error) => {
                self.bear(error)?;
                let lease = self.shared.options.bounds.lease;
                Ok(self.shared.fills.begin_unknown(again, lease))
            }
        }
    }

    async fn finish(
        &self,
        fill: &Fill,
        own: Option<&Own>,
        made: Made,
        now: Time,
    ) -> crate::Result<Finished> {
        if own.is_some_and(|own| !own.is_known) {
            return Ok(Finished::Away);
        }
        let Made { value, tags, life } = made;
        let options = &self.shared.options;
        if value.len_bytes() > options.max_value_bytes {
            return self.end_without(fill, Finished::TooLarge).await;
        }
        let value = value.bytes().await?;
        let head = Head {
            generation: self.shared.replica.position().generation,
            began: fill.began,
            stored: self.shared.replica.to_redis(now),
            life,
            tags: tags.into(),
        };
        if let Verdict::Gone(why) = self.judge(&fill.key, &head, now) {
            return self.end_without(fill, Finished::Gone(why)).await;
        }
        // A clock that is set back makes an entry live longer, for as long again.
        let keep = life.expire.map_or(options.max_life, |expire| expire.saturating_mul(2));
        let keep = keep.clamp(Duration::from_secs(1), options.max_life);
        let record = Record { head, value };
        match self.shared.store(&fill.key, &record, keep).await {
            Ok(true) => {
                self.counters.evicted(self.near.put(&fill.key, record.kept()));
                self.counters.filled();
                Ok(Finished::Stored)
            }
            Ok(false) => Ok(Finished::Superseded),
            Err(error) => self.bear(error).map(|()| Finished::Away),
        }
    }

    async fn end_without(&self, fill: &Fill, because: Finished) -> crate::Result<Finished> {
        match self.shared.release(&fill.key, fill.began).await {
            Ok(true) => Ok(because),
            Ok(false) => Ok(Finished::Superseded),
            Err(error) => self.bear(error).map(|()| because),
        }
    }

    async fn catch_up(&self, tick: Tick) -> Result<(), Error> {
        let replica = &self.shared.replica;
        if self.shared.read_now().await? || replica.position().knows(tick) {
            return Ok(());
        }
        // The task that follows the log finds out what is missing. The sender is ours, so it lives.
        let limit = self.shared.options.command_timeout;
        let mut seen = replica.watch();
        let catching_up = seen.wait_for(|position| position.knows(tick));
        match timeout(limit, catching_up).await {
            Ok(_) => Ok(()),
            Err(_) => Err(Error::TimedOut(limit.as_millis() as u64)),
        }
    }

    fn judge(&self, key: &str, head: &Head, now: Time) -> Verdict {
        let replica = &self.shared.replica;
        replica.judge(key, head, replica.to_redis(now))
    }

    /// Redis counts as away when it is silent, too: an open connection says nothing.
    fn reachable(&self) -> Result<(), Error> {
        if self.shared.replica.is_honest() { Ok(()) } else { Err(Error::Away(None)) }
    }

    /// Whether an error is the caller's business or only a reason to do without Redis.
    fn bear(&self, error: Error) -> crate::Result<()> {
        let is_away = matches!(error, Error::Away(_) | Error::TimedOut(_));
        if is_away && self.shared.options.when_away != WhenAway::Fail {
            return Ok(());
        }
        Err(error.into())
    }
}
