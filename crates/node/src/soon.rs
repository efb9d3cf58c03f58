//! What a store answers: at once, or as a promise where it has to ask another machine.

use cache::Answer;
use napi::{
    Env,
    bindgen_prelude::{AsyncTask, ToNapiValue, TypeName},
    sys,
};

use crate::job::{Failure, Job, now, on_pool};

/// A value, or a promise of it.
pub enum Soon<T: ToNapiValue + TypeName + Send + 'static> {
    Now(T),
    Later(AsyncTask<Job<T>>),
}

impl<T: ToNapiValue + TypeName + Send + 'static> Soon<T> {
    /// What a store was asked, as JavaScript gets it.
    pub(crate) fn of<A: Send + 'static>(
        env: Env,
        answer: Answer<cache::Result<A>>,
        convert: impl FnOnce(A) -> Result<T, Failure> + Send + 'static,
    ) -> napi::Result<Self> {
        match answer {
            Answer::Now(found) => now(env, || convert(found?)).map(Self::Now),
            later => Ok(Self::Later(on_pool(move || convert(later.wait()?)))),
        }
    }
}

impl<T: ToNapiValue + TypeName + Send + 'static> TypeName for Soon<T> {
    fn type_name() -> &'static str {
        T::type_name()
    }

    fn value_type() -> napi::ValueType {
        T::value_type()
    }
}

impl<T: ToNapiValue + TypeName + Send + 'static> ToNapiValue for Soon<T> {
    unsafe fn to_napi_value(env: sys::napi_env, it: Self) -> napi::Result<sys::napi_value> {
        // SAFETY: `env` is the one that we were called with.
        unsafe {
            match it {
                Self::Now(value) => T::to_napi_value(env, value),
                Self::Later(task) => AsyncTask::to_napi_value(env, task),
            }
        }
    }
}
