//! A connection's bytes: notes when some come or go, and closes so that the last answer arrives.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    time::{Instant, Sleep, sleep, timeout},
};

use super::activity::Activity;

/// What a connection of HTTP/2 begins with.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The beginning of a connection: what was read of it, and since when.
pub(super) struct Beginning {
    pub(super) bytes: Vec<u8>,
    pub(super) since: Option<Instant>,
}

impl Beginning {
    pub(super) fn none() -> Self {
        Self { bytes: Vec::new(), since: None }
    }

    /// Reads until it is clear which protocol it is. The first byte may take `idle`, the others `head` together.
    pub(super) async fn read(
        stream: &mut (impl AsyncRead + Unpin),
        idle: Duration,
        head: Duration,
    ) -> io::Result<Self> {
        let mut bytes = Vec::with_capacity(1 << 10);
        let mut since = None;
        while bytes.len() < PREFACE.len() && PREFACE.starts_with(&bytes) {
            let most = since.map_or(idle, |since: Instant| head.saturating_sub(since.elapsed()));
            if timeout(most, stream.read_buf(&mut bytes)).await?? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            since.get_or_insert_with(Instant::now);
        }
        Ok(Self { bytes, since })
    }

    pub(super) fn is_http2(&self) -> bool {
        self.bytes.starts_with(PREFACE)
    }
}

/// How long a closing connection may go on sending before it is reset, and how much.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 16 << 20;

/// A connection's bytes.
pub(super) struct Stream<S> {
    inner: S,
    beginning: Vec<u8>,
    at: usize,
    activity: Arc<Activity>,
    closing: Option<Closing>,
}

/// What is left to do when our end is closed.
struct Closing {
    until: Pin<Box<Sleep>>,
    bytes: usize,
}

impl<S> Stream<S> {
    pub(super) fn new(inner: S, beginning: Vec<u8>, activity: Arc<Activity>) -> Self {
        Self { inner, beginning, at: 0, activity, closing: None }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let it = self.get_mut();
        if it.at < it.beginning.len() {
            let rest = &it.beginning[it.at..];
            let taken = rest.len().min(to.remaining());
            to.put_slice(&rest[..taken]);
            it.at += taken;
            if it.at == it.beginning.len() {
                it.beginning = Vec::new();
                it.at = 0;
            }
            return Poll::Ready(Ok(()));
        }
        let before = to.filled().len();
        ready!(Pin::new(&mut it.inner).poll_read(cx, to))?;
        if to.filled().len() > before {
            it.activity.has_read();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.activity.has_written(written.is_ready());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write_vectored(cx, bytes);
        self.activity.has_written(written.is_ready());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.inner).poll_flush(cx);
        self.activity.has_written(flushed.is_ready());
        flushed
    }

    /// Closes our end, then waits for the other one's: whoever is still sending would be told of a reset before it
    /// has read the answer.
    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let it = self.get_mut();
        if it.closing.is_none() {
            ready!(Pin::new(&mut it.inner).poll_shutdown(cx))?;
        }
        let closing =
            it.closing.get_or_insert_with(|| Closing { until: Box::pin(sleep(LINGER)), bytes: 0 });
        let mut scratch = [0; 8 << 10];
        while closing.bytes < LINGER_BYTES && closing.until.as_mut().poll(cx).is_pending() {
            let mut to = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut it.inner).poll_read(cx, &mut to)) {
                Ok(()) if !to.filled().is_empty() => closing.bytes += to.filled().len(),
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}
