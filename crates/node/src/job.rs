//! The one place for threads, panics and errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::{
    Env, JsError, Task,
    bindgen_prelude::{AsyncTask, ToNapiValue, TypeName},
};

/// A core error on its way to JavaScript, where it has a `code` and a `message`.
pub struct Failure {
    code: &'static str,
    message: String,
}

impl Failure {
    pub(crate) fn new(code: &'static str, message: impl ToString) -> Self {
        Self { code, message: message.to_string() }
    }

    fn bug() -> Self {
        Self::new("errand::bug", "errand's native core panicked: this is a bug, please report it")
    }

    pub(crate) fn into_js(self, env: Env) -> napi::Error {
        JsError::from(napi::Error::new(self.code, self.message)).into_unknown(env).into()
    }
}

impl From<host::BadOption> for Failure {
    fn from(error: host::BadOption) -> Self {
        Self::new(host::BadOption::CODE, error)
    }
}

impl From<cache::Error> for Failure {
    fn from(error: cache::Error) -> Self {
        match std::error::Error::source(&error) {
            Some(cause) => Self::new(error.code(), format!("{error}: {cause}")),
            None => Self::new(error.code(), &error),
        }
    }
}

impl From<host::listener::NotListening> for Failure {
    fn from(error: host::listener::NotListening) -> Self {
        Self::new(host::listener::NotListening::CODE, error)
    }
}

impl From<host::Rejection> for Failure {
    fn from(rejection: host::Rejection) -> Self {
        Self::new(rejection.code(), &rejection)
    }
}

/// Runs `work` on this thread.
pub(crate) fn now<T>(env: Env, work: impl FnOnce() -> Result<T, Failure>) -> napi::Result<T> {
    contain(work).map_err(|failure| failure.into_js(env))
}

/// Runs `work` on a thread of Node's pool.
pub(crate) fn on_pool<T>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> AsyncTask<Job<T>>
where
    Job<T>: Task,
{
    AsyncTask::new(Job(Some(Box::new(work))))
}

type Work<T> = Box<dyn FnOnce() -> Result<T, Failure> + Send>;

pub struct Job<T>(Option<Work<T>>);

impl<T: ToNapiValue + TypeName + Send + 'static> Task for Job<T> {
    type Output = Result<T, Failure>;
    type JsValue = T;

    fn compute(&mut self) -> napi::Result<Self::Output> {
        Ok(contain(self.0.take().expect("a job runs once")))
    }

    fn resolve(&mut self, env: Env, output: Self::Output) -> napi::Result<T> {
        output.map_err(|failure| failure.into_js(env))
    }
}

/// napi lets a panic in an `AsyncTask` end the process: stop it here.
pub(crate) fn contain<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err(Failure::bug()))
}
