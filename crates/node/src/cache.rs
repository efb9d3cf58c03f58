//! The cache's class.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use cache::{
    Answer, Begin, Fill, Finished, Life, Made, Question, Read, Reader, Sink, Stats, Store, Tick,
    Value,
};
use host::{
    BadOption,
    listener::FindPage,
    path::{Reach, page_tags, path_tag, user_tag},
    profiles::{Profile, Profiles},
    size,
};
use napi::{Env, bindgen_prelude::Null};
use napi_derive::napi;
use rustc_hash::FxHashMap;

use crate::{
    cache_hit::{Hit, found},
    cache_settings::{CacheSettings, NamedProfile, open},
    job::{Failure, now},
    soon::Soon,
};

/// Seconds; infinity is without end.
#[napi(object)]
pub struct LifeSettings {
    pub stale: Option<f64>,
    pub revalidate: Option<f64>,
    pub expire: Option<f64>,
}

impl From<Life> for LifeSettings {
    fn from(life: Life) -> Self {
        let seconds = |time: Option<Duration>| time.map(|it| it.as_secs_f64());
        Self { stale: None, revalidate: seconds(life.revalidate), expire: seconds(life.expire) }
    }
}

impl TryFrom<LifeSettings> for Profile {
    type Error = BadOption;

    fn try_from(it: LifeSettings) -> Result<Self, BadOption> {
        let profile = Self {
            stale: size::seconds("stale", it.stale)?,
            revalidate: size::seconds("revalidate", it.revalidate)?,
            expire: size::seconds("expire", it.expire)?,
        };
        profile.check()?;
        Ok(profile)
    }
}

#[napi(object, object_from_js = false)]
pub struct CacheStats {
    pub entries: f64,
    pub bytes: f64,
    pub marks: f64,
    pub hits: f64,
    pub stale_hits: f64,
    pub misses: f64,
    pub fills: f64,
    pub failures: f64,
    pub waits: f64,
    pub evictions: f64,
}

impl From<Stats> for CacheStats {
    fn from(it: Stats) -> Self {
        Self {
            entries: it.entries as f64,
            bytes: it.bytes as f64,
            marks: it.marks as f64,
            hits: it.hits as f64,
            stale_hits: it.stale_hits as f64,
            misses: it.misses as f64,
            fills: it.fills as f64,
            failures: it.failures as f64,
            waits: it.waits as f64,
            evictions: it.evictions as f64,
        }
    }
}

/// Fills that JavaScript runs, by the number it knows them by.
#[derive(Default)]
struct Fills {
    by_number: FxHashMap<u32, Filling>,
    last: u32,
}

/// One fill, and what has come of its value.
struct Filling {
    fill: Fill,
    sink: Option<Box<dyn Sink>>,
    bytes: u64,
}

type Running = Arc<Mutex<Fills>>;

#[napi(js_name = "Cache")]
pub struct NativeCache {
    store: Arc<dyn Store>,
    running: Running,
    profiles: Profiles,
    notice: RefCell<Option<String>>,
}

#[napi]
impl NativeCache {
    #[napi(constructor)]
    pub fn new(env: Env, mut settings: CacheSettings) -> napi::Result<Self> {
        now(env, || {
            let mut profiles = Profiles::default();
            for NamedProfile { name, life } in settings.profiles.take().into_iter().flatten() {
                profiles.set(&name, life.try_into()?)?;
            }
            let (store, notice) = open(settings)?;
            Ok(Self { store, running: Running::default(), profiles, notice: notice.into() })
        })
    }

    /// What an operator should know about how the store was found; told once.
    #[napi]
    pub fn notice(&self) -> Option<String> {
        self.notice.take()
    }

    #[napi]
    pub fn read<'env>(
        &self,
        env: &'env Env,
        key: String,
        also: Option<Vec<String>>,
    ) -> napi::Result<Soon<'env, napi::Either<Hit, Null>>> {
        let at = cache::now();
        let also = also.unwrap_or_default();
        let answer = match self.store.read_for(&key, &also, at) {
            Answer::Now(Ok(read)) => found(read, at),
            Answer::Now(Err(error)) => Answer::Now(Err(error)),
            Answer::Later(later) => Answer::later(async move { found(later.await?, at).await }),
        };
        Soon::of(env, answer, |hit| Ok(hit.map_or(napi::Either::B(Null), napi::Either::A)))
    }

    /// Run the fill of this number; 0: somebody else runs it. `tags` are those that the value
    /// will have, as far as they are known.
    #[napi]
    pub fn begin<'env>(
        &self,
        env: &'env Env,
        key: String,
        tags: Vec<String>,
    ) -> napi::Result<Soon<'env, u32>> {
        let running = Arc::clone(&self.running);
        Soon::of(env, self.store.begin(&key, &tags, cache::now()), move |begin| {
            Ok(match begin {
                Begin::Wait(_) => 0,
                Begin::Run(fill) => {
                    let mut running = lock(&running);
                    running.last = running.last.wrapping_add(1).max(1);
                    let number = running.last;
                    running.by_number.insert(number, Filling { fill, sink: None, bytes: 0 });
                    number
                }
            })
        })
    }

    /// Adds to a fill's value; `false`: there is too much of it, so that it can't be stored.
    #[napi]
    pub fn write<'env>(
        &self,
        env: &'env Env,
        fill: u32,
        bytes: &[u8],
    ) -> napi::Result<Soon<'env, bool>> {
        let answer = now(*env, || {
            let mut running = lock(&self.running);
            let Some(filling) = running.by_number.get_mut(&fill) else { return Ok(None) };
            filling.bytes += bytes.len() as u64;
            if filling.bytes > self.store.max_value_bytes() {
                return Ok(None);
            }
            let sink = match &mut filling.sink {
                Some(sink) => sink,
                none => none.insert(self.store.sink()?),
            };
            Ok(Some(sink.push(Bytes::copy_from_slice(bytes))))
        })?;
        match answer {
            Some(answer) => Soon::of(env, answer, |()| Ok(true)),
            None => Ok(Soon::Now(false)),
        }
    }

    /// `null`: the value is what was written.
    #[napi]
    pub fn finish<'env>(
        &self,
        env: &'env Env,
        fill: u32,
        value: napi::Either<&[u8], Null>,
        tags: Vec<String>,
        life: LifeSettings,
    ) -> napi::Result<Soon<'env, bool>> {
        let life = now(*env, || Ok(Life::from(Profile::try_from(life)?)))?;
        let Some(Filling { fill, sink, .. }) = lock(&self.running).by_number.remove(&fill) else {
            return Ok(Soon::Now(false));
        };
        let value = match (value, sink) {
            (napi::Either::A(bytes), _) => Answer::Now(Ok(Value::from(bytes.to_vec()))),
            (_, Some(sink)) => sink.end(),
            (_, None) => Answer::Now(Ok(Value::from(Bytes::new()))),
        };
        let store = Arc::clone(&self.store);
        let finish = move |value| store.finish(fill, Made { value, tags, life }, cache::now());
        let answer = match value {
            Answer::Now(Ok(value)) => finish(value),
            Answer::Now(Err(error)) => Answer::Now(Err(error)),
            Answer::Later(later) => Answer::later(async move { finish(later.await?).await }),
        };
        Soon::of(env, answer, |finished| Ok(finished == Finished::Stored))
    }

    #[napi]
    pub fn abandon<'env>(&self, env: &'env Env, fill: u32) -> napi::Result<Soon<'env, ()>> {
        match lock(&self.running).by_number.remove(&fill) {
            Some(filling) => Soon::of(env, self.store.abandon(filling.fill), Ok),
            None => Ok(Soon::Now(())),
        }
    }

    #[napi]
    pub fn delete<'env>(&self, env: &'env Env, key: String) -> napi::Result<Soon<'env, bool>> {
        Soon::of(env, self.store.delete(&key), Ok)
    }

    #[napi]
    pub fn user_tags(&self, env: Env, tags: Vec<String>) -> napi::Result<Vec<String>> {
        now(env, || Ok(tags.iter().map(|tag| user_tag(tag)).collect::<Result<_, _>>()?))
    }

    #[napi]
    pub fn page_tags(
        &self,
        env: Env,
        path: String,
        route: Option<String>,
    ) -> napi::Result<Vec<String>> {
        now(env, || Ok(page_tags(&path, route.as_deref())))
    }

    /// The life of a profile, or one that is looked over.
    #[napi]
    pub fn life(
        &self,
        env: Env,
        profile: napi::Either<String, LifeSettings>,
    ) -> napi::Result<LifeSettings> {
        now(env, || {
            let profile = match profile {
                napi::Either::A(name) => self.profiles.get(&name)?,
                napi::Either::B(life) => life.try_into()?,
            };
            let stale = profile.stale.map(|it| it.as_secs_f64());
            Ok(LifeSettings { stale, ..Life::from(profile).into() })
        })
    }

    /// Without a life at once, else as its `expire` says.
    #[napi]
    pub fn revalidate_tag<'env>(
        &self,
        env: &'env Env,
        tag: String,
        life: Option<LifeSettings>,
    ) -> napi::Result<Soon<'env, f64>> {
        let (tags, how) = now(*env, || Ok(([user_tag(&tag)?], invalidation_of(life)?)))?;
        Soon::of(env, self.store.invalidate(&tags, how, cache::now()), |tick| Ok(tick.0 as f64))
    }

    /// As `revalidate_tag`, of tags in a spelling of the caller's.
    #[napi]
    pub fn mark<'env>(
        &self,
        env: &'env Env,
        tags: Vec<String>,
        life: Option<LifeSettings>,
    ) -> napi::Result<Soon<'env, f64>> {
        let how = now(*env, || invalidation_of(life))?;
        Soon::of(env, self.store.invalidate(&tags, how, cache::now()), |tick| Ok(tick.0 as f64))
    }

    #[napi]
    pub fn revalidate_path<'env>(
        &self,
        env: &'env Env,
        path: String,
        reach: String,
    ) -> napi::Result<Soon<'env, f64>> {
        let tag = now(*env, || Ok(path_tag(&path, reach.parse::<Reach>()?)))?;
        let answer = self.store.invalidate(&[tag], cache::Invalidation::Hard, cache::now());
        Soon::of(env, answer, |tick| Ok(tick.0 as f64))
    }

    /// Waits until reads here see the mark of this tick, wherever it was set.
    #[napi]
    pub fn catch_up<'env>(&self, env: &'env Env, tick: f64) -> napi::Result<Soon<'env, ()>> {
        Soon::of(env, self.store.catch_up(Tick(tick as u64)), Ok)
    }

    /// Waits until the store can be asked, not for long.
    #[napi]
    pub fn ready<'env>(&self, env: &'env Env) -> napi::Result<Soon<'env, ()>> {
        Soon::of(env, self.store.ready(), Ok)
    }

    /// JSON about a key, or about all entries with a tag.
    #[napi]
    pub fn explain<'env>(
        &self,
        env: &'env Env,
        what: String,
        is_key: bool,
    ) -> napi::Result<Soon<'env, String>> {
        let question = if is_key { Question::Key(&what) } else { Question::Tag(&what) };
        Soon::of(env, self.store.explain(question, cache::now()), |explanation| {
            serde_json::to_string(&explanation).map_err(|error| Failure::new("errand::bug", error))
        })
    }

    /// The tag that `revalidatePath` marks.
    #[napi]
    pub fn path_tag(&self, env: Env, path: String, reach: String) -> napi::Result<String> {
        now(env, || Ok(path_tag(&path, reach.parse::<Reach>()?)))
    }

    #[napi]
    pub fn stats(&self) -> CacheStats {
        self.store.stats().into()
    }
}

/// Without a life at once, else as its `expire` says.
fn invalidation_of(life: Option<LifeSettings>) -> Result<cache::Invalidation, Failure> {
    Ok(match life {
        None => cache::Invalidation::Hard,
        Some(life) => Profile::try_from(life)?.invalidation(),
    })
}

fn lock(running: &Running) -> std::sync::MutexGuard<'_, Fills> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

impl NativeCache {
    /// For whoever looks for pages on another thread. What can't be told at once is not found.
    pub(crate) fn find_page(&self) -> FindPage {
        let store = Arc::clone(&self.store);
        Box::new(move |key| {
            let at = cache::now();
            let Answer::Now(Ok(Read::Fresh(entry))) = store.read(key, at) else { return None };
            if Reader::of(&entry.value).is_some() {
                return None; // JavaScript sends it in parts
            }
            let Answer::Now(Ok(bytes)) = entry.value.bytes() else { return None };
            Some((bytes, entry.age(at)))
        })
    }
}
