//! A server of HTTP/1.1 and HTTP/2 on threads of its own, for handlers that run in JavaScript.
//!
//! What policy refuses, and pages that the cache holds, are answered here: JavaScript isn't asked. Everything else it is
//! told through one queue ([`Listener::take`]), with one ring of a bell for however much is in it.
//!
//! | you hold | you want | use |
//! | --- | --- | --- |
//! | a [`Host`] | its calls over sockets | [`Listener::start`] |
//! | a ring of the bell | what has happened | [`Listener::take`] |
//! | an answer | it sent | [`Listener::answer`] |
//! | one answer to many | it sent to each | [`Listener::keep`], [`Listener::answer_kept`] |
//! | an answer that goes on | room, and its bytes sent as there is | [`Listener::begin`], [`Listener::write`], [`Listener::end`] |
//! | a request whose body arrives | its next bytes | [`Listener::pull`] |

mod accept;
mod activity;
mod exchange;
mod head;
mod incoming;
mod options;
mod queue;
mod service;
mod stream;

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::Response;
use rustls::ServerConfig;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
    sync::{Notify, mpsc, watch},
    task::yield_now,
    time::timeout,
};

use crate::Host;
use accept::{Phase, accept, bind};
use exchange::{AnswerBody, Cut, Exchanges};
use incoming::Pull;
use queue::Queue;

pub use incoming::SharedCall;
pub use options::{Bounds, Options, tls};
pub use queue::{Asked, Content, Event, ExchangeId, Kind};

/// Looks a key up: the bytes of a fresh page, and its age.
pub type FindPage = Box<dyn Fn(&str) -> Option<(Bytes, Duration)> + Send + Sync>;

/// What all connections share.
struct Shared {
    host: Arc<Host>,
    bounds: Bounds,
    tls: Option<Arc<ServerConfig>>,
    pages: FindPage,
    has_pages: AtomicBool,
    queue: Arc<Queue>,
    exchanges: Arc<Exchanges>,
    connections: AtomicUsize,
}

impl Shared {
    fn page(&self, key: &str) -> Option<(Bytes, Duration)> {
        self.has_pages.load(Ordering::Relaxed).then(|| (self.pages)(key)).flatten()
    }
}

/// A server that listens. Dropping it ends it at once.
pub struct Listener {
    shared: Arc<Shared>,
    address: SocketAddr,
    phase: watch::Sender<Phase>,
    /// Yields `None` when nothing is left that has to end.
    ended: Option<mpsc::Receiver<()>>,
    runtime: Option<Runtime>,
    kept: Vec<(Response<()>, Bytes)>,
}

/// Threads that decode bodies and write files: as many as Node's own pool has. Each keeps memory.
const WRITERS: usize = 4;

/// Why nobody can connect.
#[derive(Debug, thiserror::Error)]
#[error("can't listen at {host} port {port}: {source}")]
pub struct NotListening {
    host: String,
    port: u16,
    source: std::io::Error,
}

impl NotListening {
    /// The stable name of this error.
    pub const CODE: &'static str = "errand::not-listening";
}

impl Listener {
    /// Listens. `bell` is rung, on any thread, when there is something to take; it must not block.
    ///
    /// # Errors
    ///
    /// The address can't be had.
    pub fn start(
        host: Arc<Host>,
        options: Options,
        pages: FindPage,
        bell: impl Fn() + Send + Sync + 'static,
    ) -> Result<Self, NotListening> {
        let Options { host: name, port, threads, bounds, tls } = options;
        let failed = |source| {
            let host = name.clone().unwrap_or_else(|| "any address,".to_owned());
            NotListening { host, port, source }
        };
        let socket = bind(name.as_deref(), port).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(threads)
            .max_blocking_threads(WRITERS)
            .thread_name("errand-listener")
            .enable_all()
            .build()
            .map_err(failed)?;
        let _entered = runtime.enter();
        let rope = Arc::new(Notify::new());
        runtime.spawn(ring(Arc::clone(&rope), bell));
        let listener = TcpListener::from_std(socket).map_err(failed)?;
        let shared = Arc::new(Shared {
            host,
            bounds,
            tls,
            pages,
            has_pages: AtomicBool::new(false),
            queue: Arc::new(Queue::new(move || rope.notify_one())),
            exchanges: Arc::default(),
            connections: AtomicUsize::new(0),
        });
        let (phase, changes) = watch::channel(Phase::Open);
        let (alive, ended) = mpsc::channel(1);
        runtime.spawn(accept(listener, Arc::clone(&shared), changes, alive));
        Ok(Self {
            shared,
            address,
            phase,
            ended: Some(ended),
            runtime: Some(runtime),
            kept: Vec::new(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections now.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Acquire)
    }

    /// From now on the cache may hold pages.
    pub fn expect_pages(&self) {
        self.shared.has_pages.store(true, Ordering::Relaxed);
    }

    /// What has happened, in its order.
    pub fn take(&self) -> VecDeque<Event> {
        self.shared.queue.take()
    }

    /// Answers with all there is. `headers` is flat: name, value, name, value.
    ///
    /// # Errors
    ///
    /// The name of a header that can't be sent; the request is still to be answered.
    pub fn answer(
        &self,
        id: ExchangeId,
        status: u16,
        headers: &[impl AsRef<str>],
        body: impl Into<Bytes>,
    ) -> Result<bool, String> {
        let head = exchange::head(status, headers)?;
        Ok(self.shared.exchanges.answer(id, head.map(|()| AnswerBody::whole(body))))
    }

    /// Keeps an answer that is given often: its head is read once. Gives what [`answer_kept`](Self::answer_kept) calls it.
    ///
    /// # Errors
    ///
    /// As [`answer`](Self::answer).
    pub fn keep(
        &mut self,
        status: u16,
        headers: &[impl AsRef<str>],
        body: impl Into<Bytes>,
    ) -> Result<usize, String> {
        self.kept.push((exchange::head(status, headers)?, body.into()));
        Ok(self.kept.len() - 1)
    }

    /// Answers all of them with what was kept.
    pub fn answer_kept(&self, kept: usize, ids: impl IntoIterator<Item = ExchangeId>) {
        if let Some((head, body)) = self.kept.get(kept) {
            let answer = || head.clone().map(|()| AnswerBody::whole(body.clone()));
            self.shared.exchanges.answer_all(ids, answer);
        }
    }

    /// Begins an answer whose body is written later; `false`: nobody is there any more.
    ///
    /// # Errors
    ///
    /// As [`answer`](Self::answer).
    pub fn begin(
        &self,
        id: ExchangeId,
        status: u16,
        headers: &[impl AsRef<str>],
    ) -> Result<bool, String> {
        let head = exchange::head(status, headers)?;
        let Some(outgoing) = self.shared.exchanges.outgoing(id, &self.shared.queue) else {
            return Ok(false);
        };
        Ok(self.shared.exchanges.answer(id, head.map(|()| AnswerBody::written(outgoing))))
    }

    /// Writes on; `false`: wait for [`Event::Drained`] before the next.
    pub fn write(&self, id: ExchangeId, bytes: impl Into<Bytes>) -> bool {
        self.shared.exchanges.writing(id).is_none_or(|it| it.write(bytes.into()))
    }

    /// All is written, or (`is_whole` is false) the rest will never come.
    pub fn end(&self, id: ExchangeId, is_whole: bool) {
        if let Some(outgoing) = self.shared.exchanges.writing(id) {
            outgoing.end(if is_whole { Ok(()) } else { Err(Cut) });
        }
    }

    /// Asks for the next bytes of a body: an [`Event::Chunk`], [`Event::End`] or [`Event::Broken`] will come.
    /// `false`: nothing will.
    pub fn pull(&self, id: ExchangeId) -> bool {
        self.shared.exchanges.pull(id, Pull::Bytes)
    }

    /// Decodes the body here, and asks for what that gives next: an [`Event::Decoded`] or [`Event::Broken`] will come.
    /// `false`: nothing will. `call` has to be the same each time.
    pub fn decode(&self, id: ExchangeId, call: &SharedCall) -> bool {
        self.shared.exchanges.pull(id, Pull::Decoded(Arc::clone(call)))
    }

    /// From now on, [`Event::Closed`] is told of this one; `false`: it has ended already.
    pub fn watch(&self, id: ExchangeId) -> bool {
        self.shared.exchanges.watch(id)
    }

    /// Takes no more connections, answers what has begun, and ends what has not ended after `grace`. Then
    /// [`Event::Ended`] is told.
    pub fn close(&mut self, grace: Duration) {
        let (Some(runtime), Some(mut ended)) = (&self.runtime, self.ended.take()) else { return };
        self.phase.send_replace(Phase::Closing);
        let (phase, queue) = (self.phase.clone(), Arc::clone(&self.shared.queue));
        runtime.spawn(async move {
            if timeout(grace, ended.recv()).await.is_err() {
                phase.send_replace(Phase::Over);
                ended.recv().await;
            }
            queue.push(Event::Ended);
        });
    }
}

/// Rings when all that is ready by now had its turn: what several connections brought at once is taken at once.
async fn ring(rope: Arc<Notify>, bell: impl Fn()) {
    loop {
        rope.notified().await;
        yield_now().await;
        bell();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.phase.send_replace(Phase::Over);
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
