//! Connections: taken, encrypted, served, and ended when it is time.

use std::{
    future::poll_fn,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
    time::Duration,
};

use hyper::server::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    time::{Instant, Sleep, sleep, timeout},
};
use tokio_rustls::TlsAcceptor;

use super::{
    Shared,
    activity::{Activity, Overdue},
    head::{Entrance, peer},
    service::Connection,
    stream::{Beginning, Stream},
};

/// How far a listener is with its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It takes connections.
    Open,
    /// Requests that have begun are answered, nothing else.
    Closing,
    /// Whatever there is ends now.
    Over,
}

/// Held by everything that has to end before the listener has.
pub(super) type Alive = mpsc::Sender<()>;

/// Takes connections until it is over.
pub(super) async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    mut phase: watch::Receiver<Phase>,
    alive: Alive,
) {
    let acceptor = shared.tls.clone().map(TlsAcceptor::from);
    loop {
        let taken = tokio::select! {
            taken = listener.accept() => taken,
            _ = phase.changed() => return,
        };
        match taken {
            Ok((stream, peer)) => {
                let Some(place) = Place::take(&shared) else { continue };
                let guest = Guest { peer, acceptor: acceptor.clone(), phase: phase.clone(), place };
                let alive = alive.clone();
                tokio::spawn(async move {
                    guest.serve(stream).await;
                    drop(alive);
                });
            }
            // Usually there are too many open files: others have to close some first.
            Err(error) => {
                shared.queue.log(format!("errand: no connection could be accepted: {error}"));
                sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// One of the connections that there may be at a time.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Option<Self> {
        let place = Self(Arc::clone(shared));
        let before = shared.connections.fetch_add(1, Ordering::AcqRel);
        (before < shared.bounds.connections).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A connection before it is known what it speaks.
struct Guest {
    peer: SocketAddr,
    acceptor: Option<TlsAcceptor>,
    phase: watch::Receiver<Phase>,
    place: Place,
}

impl Guest {
    async fn serve(mut self, stream: TcpStream) {
        let _ = stream.set_nodelay(true); // only slower without
        let Some(acceptor) = self.acceptor.take() else { return self.speak(stream, None).await };
        let mut phase = self.phase.clone();
        let most = self.place.0.bounds.head;
        let encrypted = tokio::select! {
            encrypted = timeout(most, acceptor.accept(stream)) => encrypted,
            _ = phase.changed() => return,
        };
        if let Ok(Ok(stream)) = encrypted {
            let agreed = stream.get_ref().1.alpn_protocol().map(|name| name == b"h2");
            self.speak(stream, agreed).await;
        }
    }

    /// `is_http2` where both sides have agreed on it.
    async fn speak(self, mut stream: impl AsyncRead + AsyncWrite + Unpin, is_http2: Option<bool>) {
        let shared = Arc::clone(&self.place.0);
        let bounds = shared.bounds;
        let mut phase = self.phase.clone();
        let beginning = match is_http2 {
            Some(_) => Beginning::none(),
            None => tokio::select! {
                read = Beginning::read(&mut stream, bounds.idle, bounds.head) => match read {
                    Ok(beginning) => beginning,
                    Err(_) => return,
                },
                _ = phase.changed() => return,
            },
        };
        let is_http2 = is_http2.unwrap_or_else(|| beginning.is_http2());
        let activity = Activity::new(bounds, is_http2, beginning.since.filter(|_| !is_http2));
        let stream = TokioIo::new(Stream::new(stream, beginning.bytes, Arc::clone(&activity)));
        let is_encrypted = shared.tls.is_some();
        let entrance =
            Entrance { peer: peer(self.peer.ip()), is_encrypted, headers: bounds.headers };
        let service = Connection { shared, activity: Arc::clone(&activity), entrance };
        if is_http2 {
            let connection = http2::Builder::new(TokioExecutor::new())
                .max_concurrent_streams(bounds.streams)
                .max_header_list_size(bounds.header_bytes as u32)
                .serve_connection(stream, service);
            drive(pin!(connection), &activity, phase).await;
        } else {
            const BUFFER: usize = 64 << 10;
            let connection = http1::Builder::new()
                .header_read_timeout(None) // ours tells an idle connection from a slow one
                .max_headers(bounds.headers)
                .max_header_size(bounds.header_bytes)
                .max_buf_size(bounds.header_bytes.max(BUFFER))
                // No `pipeline_flush`: it takes bodies faster than they can be sent, without bound.
                .serve_connection(stream, service);
            drive(pin!(connection), &activity, phase).await;
        }
    }
}

/// A connection of either protocol.
trait Serving: Future {
    /// Ends it after the answers that are owed.
    fn finish(self: Pin<&mut Self>);
}

impl<S: AsyncRead + AsyncWrite + Unpin> Serving
    for http1::Connection<TokioIo<Stream<S>>, Connection>
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Serving
    for http2::Connection<TokioIo<Stream<S>>, Connection, TokioExecutor>
{
    fn finish(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

/// How long the other end may take to agree to an end.
const FAREWELL: Duration = Duration::from_secs(1);

/// Runs a connection to its end, which comes when it is overdue, or with the listener's.
async fn drive<C: Serving>(
    mut connection: Pin<&mut C>,
    activity: &Activity,
    mut phase: watch::Receiver<Phase>,
) {
    let mut watch = pin!(Watch::new(activity));
    loop {
        let step = poll_fn(|cx| {
            if connection.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Step::Ended);
            }
            watch.as_mut().poll(cx)
        });
        let step = tokio::select! {
            step = step => step,
            changed = phase.changed() => match changed.map(|()| *phase.borrow_and_update()) {
                Ok(Phase::Open) => continue,
                Ok(Phase::Closing) => Step::Finish,
                Ok(Phase::Over) | Err(_) => Step::Ended,
            },
        };
        match step {
            Step::Ended => return,
            Step::Finish => connection.as_mut().finish(),
        }
    }
}

enum Step {
    /// The connection is over.
    Ended,
    /// It is to be ended.
    Finish,
}

/// Tells when a connection is overdue.
struct Watch<'a> {
    activity: &'a Activity,
    timer: Pin<Box<Sleep>>,
    /// Until when the other end has to agree to the end.
    farewell: Option<Instant>,
}

/// A timer's time where there is none: it is looked at again then.
const LATER: Duration = Duration::from_secs(3600);

impl<'a> Watch<'a> {
    fn new(activity: &'a Activity) -> Self {
        Self { activity, timer: Box::pin(sleep(LATER)), farewell: None }
    }

    fn due(&self) -> Option<(Instant, Overdue)> {
        let due = self.activity.deadline();
        match (self.farewell, due) {
            (Some(until), Some((_, Overdue::Idle)) | None) => due.map(|_| (until, Overdue::Slow)),
            _ => due,
        }
    }

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Step> {
        loop {
            let due = self.due();
            // A later one is found when the timer fires: to move it for each request would cost more.
            if let Some((at, _)) = due
                && at < self.timer.deadline()
            {
                self.timer.as_mut().reset(at);
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            match due {
                Some((at, Overdue::Slow)) if at <= now => return Poll::Ready(Step::Ended),
                Some((at, Overdue::Idle)) if at <= now => {
                    self.farewell = Some(now + FAREWELL);
                    return Poll::Ready(Step::Finish);
                }
                Some((at, _)) => self.timer.as_mut().reset(at),
                None => self.timer.as_mut().reset(now + LATER),
            }
        }
    }
}

/// A listening socket.
pub(super) fn bind(host: Option<&str>, port: u16) -> std::io::Result<std::net::TcpListener> {
    use std::net::{Ipv4Addr, Ipv6Addr, ToSocketAddrs};

    let Some(host) = host else {
        // Where there is no IPv6, all addresses are those of IPv4.
        return listen((Ipv6Addr::UNSPECIFIED, port).into())
            .or_else(|_| listen((Ipv4Addr::UNSPECIFIED, port).into()));
    };
    let mut last = None;
    for address in (host, port).to_socket_addrs()? {
        match listen(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| std::io::ErrorKind::AddrNotAvailable.into()))
}

fn listen(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    use socket2::{Domain, Protocol, Socket, Type};

    const BACKLOG: i32 = 1024;
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if let SocketAddr::V6(it) = address
        && it.ip().is_unspecified()
    {
        socket.set_only_v6(false)?;
    }
    #[cfg(unix)] // elsewhere it would let others take the port too
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}
