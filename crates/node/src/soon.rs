//! What a store answers: at once, or as a promise where it has to ask another machine.

use std::sync::LazyLock;

use cache::Answer;
use napi::{
    Env,
    bindgen_prelude::{JsValue, Object, ToNapiValue, TypeName},
    sys,
};
use tokio::runtime::{Builder, Runtime};

use crate::job::{Failure, contain, now};

/// Where stores wait for other machines. One thread: it only moves bytes.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).thread_name("errand cache").enable_all();
    builder.build().expect("a thread can be started")
});

/// A value, or a promise of it.
pub enum Soon<'env, T> {
    Now(T),
    Later(Object<'env>),
}

impl<'env, T: ToNapiValue + Send + 'static> Soon<'env, T> {
    /// What a store was asked, as JavaScript gets it.
    pub(crate) fn of<A: Send + 'static>(
        env: &'env Env,
        answer: Answer<cache::Result<A>>,
        convert: impl FnOnce(A) -> Result<T, Failure> + Send + 'static,
    ) -> napi::Result<Self> {
        let later = match answer {
            Answer::Now(found) => return now(*env, || convert(found?)).map(Self::Now),
            Answer::Later(later) => later,
        };
        let (deferred, promise) = env.create_deferred()?;
        RUNTIME.spawn(async move {
            let found = later.await;
            deferred.resolve(move |env| contain(|| convert(found?)).map_err(|it| it.into_js(env)));
        });
        Ok(Self::Later(promise))
    }
}

impl<T: TypeName> TypeName for Soon<'_, T> {
    fn type_name() -> &'static str {
        T::type_name()
    }

    fn value_type() -> napi::ValueType {
        T::value_type()
    }
}

impl<T: ToNapiValue> ToNapiValue for Soon<'_, T> {
    unsafe fn to_napi_value(env: sys::napi_env, it: Self) -> napi::Result<sys::napi_value> {
        match it {
            // SAFETY: `env` is the one that we were called with.
            Self::Now(value) => unsafe { T::to_napi_value(env, value) },
            Self::Later(promise) => Ok(promise.raw()),
        }
    }
}
