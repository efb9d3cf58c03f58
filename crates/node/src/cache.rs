//! The cache's class.

use std::{cell::RefCell, time::Instant};

use cache::{
    Begin, Bounds, Entry, Fill, Finished, Invalidation, Life, Made, Memory, Read, Store, Time,
};
use host::{
    path::{Reach, page_tags, path_tag, user_tag},
    size,
};
use napi::{
    Env,
    bindgen_prelude::{BufferSlice, Null},
};
use napi_derive::napi;
use rustc_hash::FxHashMap;

use crate::job::{Failure, now};

#[napi(object, object_to_js = false)]
pub struct CacheSettings {
    pub max_bytes: Option<String>,
}

#[napi(object, object_from_js = false)]
pub struct CacheHit<'env> {
    pub stale: bool,
    pub value: BufferSlice<'env>,
    pub tags: Vec<String>,
    pub age: f64,
}

#[napi(object, object_from_js = false)]
pub struct CacheStats {
    pub entries: f64,
    pub bytes: f64,
    pub hits: f64,
    pub stale_hits: f64,
    pub misses: f64,
    pub fills: f64,
}

#[napi(js_name = "Cache")]
pub struct NativeCache {
    store: Memory,
    start: Instant,
    /// Fills that JavaScript runs, by the number it knows them by.
    running: RefCell<FxHashMap<u64, Fill>>,
}

#[napi]
impl NativeCache {
    #[napi(constructor)]
    pub fn new(env: Env, settings: CacheSettings) -> napi::Result<Self> {
        let bounds = now(env, || {
            let mut bounds = Bounds::default();
            if let Some(bytes) = settings.max_bytes {
                bounds.max_bytes = size::parse("cache.maxBytes", &bytes)?;
            }
            Ok(bounds)
        })?;
        Ok(Self { store: Memory::new(&bounds), start: Instant::now(), running: RefCell::default() })
    }

    #[napi]
    pub fn read<'env>(
        &self,
        env: &'env Env,
        key: String,
    ) -> napi::Result<napi::Either<CacheHit<'env>, Null>> {
        let at = self.at();
        let found = now(*env, || {
            let (stale, entry): (bool, Entry) = match self.store.read(&key, at).wait()? {
                Read::Fresh(entry) => (false, entry),
                Read::Stale(entry) => (true, entry),
                Read::Absent => return Ok(None),
            };
            Ok(Some((stale, entry.value.bytes().wait()?, entry)))
        })?;
        let Some((stale, bytes, entry)) = found else { return Ok(napi::Either::B(Null)) };
        Ok(napi::Either::A(CacheHit {
            stale,
            value: BufferSlice::copy_from(env, &bytes)?,
            tags: entry.tags.to_vec(),
            age: entry.age(at).as_secs_f64(),
        }))
    }

    /// Positive: run the fill of this number. Negative: wait for it.
    #[napi]
    pub fn begin(&self, env: Env, key: String) -> napi::Result<f64> {
        now(env, || {
            Ok(match self.store.begin(&key, &[], self.at()).wait()? {
                Begin::Wait(wait) => -(wait.began.0 as f64),
                Begin::Run(fill) => {
                    let id = fill.began.0;
                    self.running.borrow_mut().insert(id, fill);
                    id as f64
                }
            })
        })
    }

    #[napi]
    pub fn finish(
        &self,
        env: Env,
        fill: f64,
        value: &[u8],
        tags: Vec<String>,
        revalidate: Option<f64>,
        expire: Option<f64>,
    ) -> napi::Result<bool> {
        now(env, || {
            let life = Life {
                revalidate: seconds("revalidate", revalidate)?,
                expire: seconds("expire", expire)?,
            };
            let Some(fill) = self.running.borrow_mut().remove(&(fill as u64)) else {
                return Ok(false);
            };
            let made = Made { value: value.to_vec().into(), tags, life };
            Ok(self.store.finish(fill, made, self.at()).wait()? == Finished::Stored)
        })
    }

    #[napi]
    pub fn abandon(&self, env: Env, fill: f64) -> napi::Result<()> {
        now(env, || {
            if let Some(fill) = self.running.borrow_mut().remove(&(fill as u64)) {
                self.store.abandon(fill).wait()?;
            }
            Ok(())
        })
    }

    #[napi]
    pub fn delete(&self, env: Env, key: String) -> napi::Result<bool> {
        now(env, || Ok(self.store.delete(&key).wait()?))
    }

    #[napi]
    pub fn user_tags(&self, env: Env, tags: Vec<String>) -> napi::Result<Vec<String>> {
        now(env, || Ok(tags.iter().map(|tag| user_tag(tag)).collect()))
    }

    #[napi]
    pub fn page_tags(&self, env: Env, path: String) -> napi::Result<Vec<String>> {
        now(env, || Ok(page_tags(&path)))
    }

    #[napi]
    pub fn revalidate_tag(&self, env: Env, tag: String) -> napi::Result<()> {
        now(env, || {
            self.store.invalidate(&[user_tag(&tag)], Invalidation::Hard, self.at()).wait()?;
            Ok(())
        })
    }

    #[napi]
    pub fn revalidate_path(&self, env: Env, path: String, reach: String) -> napi::Result<()> {
        now(env, || {
            let reach: Reach = reach.parse().map_err(Failure::from)?;
            self.store
                .invalidate(&[path_tag(&path, reach)], Invalidation::Hard, self.at())
                .wait()?;
            Ok(())
        })
    }

    #[napi]
    pub fn stats(&self) -> CacheStats {
        let stats = self.store.stats();
        CacheStats {
            entries: stats.entries as f64,
            bytes: stats.bytes as f64,
            hits: stats.hits as f64,
            stale_hits: stats.stale_hits as f64,
            misses: stats.misses as f64,
            fills: stats.fills as f64,
        }
    }
}

impl NativeCache {
    /// Time that never jumps: nothing of it outlives the process.
    fn at(&self) -> Time {
        self.start.elapsed()
    }
}

fn seconds(
    option: &'static str,
    seconds: Option<f64>,
) -> Result<Option<std::time::Duration>, Failure> {
    Ok(host::size::seconds(option, seconds)?)
}
