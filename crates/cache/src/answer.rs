//! What a store says: at once if it can, later if it must ask another machine.

use std::{
    fmt,
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

/// A future that owns what it needs.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// An answer that is here, or on its way.
///
/// Memory and disk always answer [`Now`](Answer::Now), in microseconds, so that nobody pays for a
/// promise; Redis does so for what is in its near cache.
pub enum Answer<T> {
    /// It is here.
    Now(T),
    /// It comes. Any executor may poll it.
    Later(Later<T>),
}

impl<T> Answer<T> {
    /// An answer that `future` will give.
    pub fn later(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self::Later(Box::pin(future))
    }

    /// The answer, changed by `change` when it is here.
    pub fn map<U>(self, change: impl FnOnce(T) -> U + Send + 'static) -> Answer<U>
    where
        T: 'static,
    {
        match self {
            Self::Now(answer) => Answer::Now(change(answer)),
            Self::Later(future) => Answer::later(async move { change(future.await) }),
        }
    }

    /// The answer; this thread sleeps until it is here. Not for a thread that has other work.
    pub fn wait(self) -> T {
        match self {
            Self::Now(answer) => answer,
            Self::Later(future) => block_on(future),
        }
    }
}

impl<T: Send + 'static> IntoFuture for Answer<T> {
    type Output = T;
    type IntoFuture = Later<T>;

    fn into_future(self) -> Later<T> {
        match self {
            Self::Now(answer) => Box::pin(std::future::ready(answer)),
            Self::Later(future) => future,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Answer<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(answer) => out.debug_tuple("Now").field(answer).finish(),
            Self::Later(_) => out.write_str("Later"),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<T>(future: Later<T>) -> T {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => thread::park(),
        }
    }
}
