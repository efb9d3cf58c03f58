//! The cache's class.

use std::{
    cell::RefCell,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use cache::{
    Answer, Begin, Bounds, Disk, DiskOptions, Durability, Fill, Finished, Life, Made, Memory,
    Question, Read, Reader, Sink, Stats, Store, Tick, Time, Value, redis,
};
use host::{
    BadOption,
    listener::FindPage,
    path::{Reach, page_tags, path_tag, user_tag},
    profiles::{Profile, Profiles},
    size,
};
use napi::{
    Env,
    bindgen_prelude::{BufferSlice, Null, ToNapiValue, TypeName},
    sys,
};
use napi_derive::napi;
use rustc_hash::FxHashMap;

use crate::{
    job::{Failure, now},
    soon::{RUNTIME, Soon},
};

#[napi(object, object_to_js = false)]
pub struct CacheSettings {
    pub store: Option<String>,
    /// Memory of this name is shared by all threads of the process.
    pub name: Option<String>,
    pub path: Option<String>,
    pub max_bytes: Option<String>,
    pub max_tags: Option<f64>,
    pub lease: Option<f64>,
    pub durability: Option<String>,
    pub redis: Option<RedisSettings>,
    pub profiles: Option<Vec<NamedProfile>>,
}

/// Times in milliseconds.
#[napi(object, object_to_js = false)]
pub struct RedisSettings {
    pub urls: Vec<String>,
    pub cluster: Option<bool>,
    pub ca: Option<String>,
    pub prefix: Option<String>,
    pub when_away: Option<String>,
    pub after_restart: Option<String>,
    pub connect_timeout: Option<f64>,
    pub command_timeout: Option<f64>,
    pub max_silence: Option<f64>,
    pub max_value_bytes: Option<String>,
}

#[napi(object, object_to_js = false)]
pub struct NamedProfile {
    pub name: String,
    pub life: LifeSettings,
}

/// Seconds; infinity is without end.
#[napi(object)]
pub struct LifeSettings {
    pub stale: Option<f64>,
    pub revalidate: Option<f64>,
    pub expire: Option<f64>,
}

/// What a read found, on its way to JavaScript from whichever thread.
pub struct Hit {
    stale: bool,
    value: Found,
    tags: Vec<String>,
    age: f64,
    life: Life,
}

enum Found {
    Whole(Bytes),
    Parts(Box<Reader>),
}

/// Values of more bytes are read in parts where they lie on this machine.
const MOST_WHOLE: u64 = 1 << 20;
/// Bytes of one part.
const PART: usize = 256 << 10;

/// A value that is read from its beginning on.
#[napi]
pub struct CacheParts(Box<Reader>);

#[napi]
impl CacheParts {
    #[napi(getter)]
    pub fn length(&self) -> f64 {
        self.0.len_bytes() as f64
    }

    /// `null` at the end.
    #[napi]
    pub fn next<'env>(
        &mut self,
        env: &'env Env,
    ) -> napi::Result<napi::Either<BufferSlice<'env>, Null>> {
        Ok(match now(*env, || Ok(self.0.next(PART)?))? {
            Some(part) => napi::Either::A(BufferSlice::copy_from(env, &part)?),
            None => napi::Either::B(Null),
        })
    }
}

#[napi(object, object_from_js = false)]
pub struct CacheHit<'env> {
    pub stale: bool,
    pub value: napi::Either<BufferSlice<'env>, CacheParts>,
    pub tags: Vec<String>,
    pub age: f64,
    pub life: LifeSettings,
}

impl TypeName for Hit {
    fn type_name() -> &'static str {
        "CacheHit"
    }

    fn value_type() -> napi::ValueType {
        napi::ValueType::Object
    }
}

impl ToNapiValue for Hit {
    unsafe fn to_napi_value(env: sys::napi_env, it: Self) -> napi::Result<sys::napi_value> {
        let hit = CacheHit {
            stale: it.stale,
            value: match it.value {
                Found::Whole(bytes) => {
                    napi::Either::A(BufferSlice::copy_from(&Env::from_raw(env), &bytes)?)
                }
                Found::Parts(reader) => napi::Either::B(CacheParts(reader)),
            },
            tags: it.tags,
            age: it.age,
            life: it.life.into(),
        };
        // SAFETY: `env` is the one that we were called with.
        unsafe { CacheHit::to_napi_value(env, hit) }
    }
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

/// What is there, with its bytes.
fn found(read: Read, at: Time) -> Answer<cache::Result<Option<Hit>>> {
    let (stale, entry) = match read {
        Read::Fresh(entry) => (false, entry),
        Read::Stale(entry) => (true, entry),
        Read::Absent => return Answer::Now(Ok(None)),
    };
    let reader = if entry.value.len_bytes() > MOST_WHOLE { Reader::of(&entry.value) } else { None };
    let found = match reader {
        Some(reader) => Answer::Now(Ok(Found::Parts(Box::new(reader)))),
        None => entry.value.bytes().map(|bytes| bytes.map(Found::Whole)),
    };
    found.map(move |found| {
        Ok(Some(Hit {
            stale,
            value: found?,
            tags: entry.tags.to_vec(),
            age: entry.age(at).as_secs_f64(),
            life: entry.life,
        }))
    })
}

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
    pub fn new(env: Env, settings: CacheSettings) -> napi::Result<Self> {
        now(env, || {
            let mut profiles = Profiles::default();
            for NamedProfile { name, life } in settings.profiles.into_iter().flatten() {
                profiles.set(&name, life.try_into()?)?;
            }
            let bounds =
                bounds_of(settings.max_bytes.as_deref(), settings.max_tags, settings.lease)?;
            let mut notice = None;
            let store: Arc<dyn Store> = match settings.store.as_deref().unwrap_or("memory") {
                "disk" => {
                    let folder = settings.path.as_deref().unwrap_or("");
                    let durability = durability_of(settings.durability.as_deref())?;
                    let options = DiskOptions { bounds, durability, ..DiskOptions::new(folder) };
                    let disk = Disk::open(&options)?;
                    notice = disk.notice().map(ToString::to_string);
                    Arc::new(disk)
                }
                "memory" => match settings.name {
                    Some(name) => Memory::named(&name, &bounds),
                    None => Arc::new(Memory::new(&bounds)),
                },
                "redis" => {
                    let options =
                        redis_options(settings.redis, bounds, settings.max_bytes.is_none())?;
                    let redis = redis::Redis::open(options, RUNTIME.handle())
                        .map_err(|error| Failure::new(error.code(), error))?;
                    Arc::new(redis)
                }
                other => {
                    return Err(BadOption {
                        option: "cache.store",
                        problem: format!("{other:?} is none of memory, disk, redis"),
                    }
                    .into());
                }
            };
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

fn bounds_of(
    max_bytes: Option<&str>,
    max_tags: Option<f64>,
    lease: Option<f64>,
) -> Result<Bounds, Failure> {
    let mut bounds = Bounds::default();
    if let Some(bytes) = max_bytes {
        bounds.max_bytes = size::parse("cache.maxBytes", bytes)?;
    }
    if let Some(tags) = max_tags {
        bounds.max_tags = size::count("cache.maxTags", tags)? as usize;
    }
    if let Some(lease) = size::seconds("cache.lease", lease)? {
        bounds.lease = lease;
    }
    Ok(bounds)
}

fn redis_options(
    settings: Option<RedisSettings>,
    mut bounds: Bounds,
    is_usual: bool,
) -> Result<redis::Options, Failure> {
    let missing =
        || BadOption { option: "cache.url", problem: "is missing: redis://…".to_owned() };
    let it = settings.ok_or_else(missing)?;
    let mut options = redis::Options::at("");
    if is_usual {
        bounds.max_bytes = options.bounds.max_bytes;
    }
    options.bounds = bounds;
    options.urls = it.urls;
    options.cluster = it.cluster.unwrap_or(false);
    options.ca = it.ca.map(String::into_bytes);
    options.prefix = it.prefix.unwrap_or(options.prefix);
    let unknown = |option, problem: String| BadOption { option, problem };
    options.when_away = match it.when_away.as_deref() {
        None | Some("bypass") => redis::WhenAway::Bypass,
        Some("stale") => redis::WhenAway::Stale,
        Some("fail") => redis::WhenAway::Fail,
        Some(other) => {
            let problem = format!("{other:?} is none of bypass, stale, fail");
            return Err(unknown("cache.whenAway", problem).into());
        }
    };
    options.after_restart = match it.after_restart.as_deref() {
        None | Some("void") => redis::AfterRestart::Void,
        Some("trust") => redis::AfterRestart::Trust,
        Some(other) => {
            let problem = format!("{other:?} is neither void nor trust");
            return Err(unknown("cache.afterRestart", problem).into());
        }
    };
    for (option, given, time) in [
        ("cache.connectTimeout", it.connect_timeout, &mut options.connect_timeout),
        ("cache.commandTimeout", it.command_timeout, &mut options.command_timeout),
        ("cache.maxSilence", it.max_silence, &mut options.max_silence),
    ] {
        if let Some(given) = size::seconds(option, given.map(|ms| ms / 1000.0))? {
            *time = given;
        }
    }
    if let Some(bytes) = it.max_value_bytes {
        options.max_value_bytes = size::parse("cache.maxValueBytes", &bytes)?;
    }
    Ok(options)
}

fn durability_of(name: Option<&str>) -> Result<Durability, BadOption> {
    match name {
        None | Some("process") => Ok(Durability::Process),
        Some("machine") => Ok(Durability::Machine),
        Some(other) => Err(BadOption {
            option: "cache.durability",
            problem: format!("{other:?} is neither process nor machine"),
        }),
    }
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
            if entry.value.len_bytes() > MOST_WHOLE && Reader::of(&entry.value).is_some() {
                return None; // JavaScript sends it in parts
            }
            let Answer::Now(Ok(bytes)) = entry.value.bytes() else { return None };
            Some((bytes, entry.age(at)))
        })
    }
}
