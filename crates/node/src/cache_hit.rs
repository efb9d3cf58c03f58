//! What a read of the cache found.

use bytes::Bytes;
use cache::{Answer, Life, Read, Reader, Time};
use napi::{
    Env,
    bindgen_prelude::{BufferSlice, Null, ToNapiValue, TypeName},
    sys,
};
use napi_derive::napi;

use crate::{cache::LifeSettings, job::now};

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

/// What is there, with its bytes.
pub(crate) fn found(read: Read, at: Time) -> Answer<cache::Result<Option<Hit>>> {
    let (stale, entry) = match read {
        Read::Fresh(entry) => (false, entry),
        Read::Stale(entry) => (true, entry),
        Read::Absent => return Answer::Now(Ok(None)),
    };
    let found = match Reader::of(&entry.value) {
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
