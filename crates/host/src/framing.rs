//! A multipart body that arrives in pieces, to what it frames. The framing itself is a library's work.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_util::Stream;
use multer::Multipart;

use crate::{body, rejection::Rejection};

/// Bytes that the head of one part may have, and what stands between parts.
const HEAD_BYTES: u64 = 16 << 10;

/// What a body turns out to hold.
pub(crate) enum Event {
    /// A part begins.
    Part(PartHead),
    /// Bytes of that part.
    Bytes(Bytes),
    /// The part is whole.
    End,
}

/// What a part says of itself.
pub(crate) struct PartHead {
    pub(crate) name: String,
    /// Only files have one.
    pub(crate) file_name: Option<String>,
    pub(crate) media_type: String,
}

/// The reading of one body.
pub(crate) struct Framing {
    shared: Arc<Mutex<Shared>>,
    run: Pin<Box<dyn Future<Output = Result<(), Rejection>> + Send>>,
    is_done: bool,
    /// Bytes that came, but belong to no part's content.
    overhead: u64,
    parts: u64,
}

/// Where the reader takes from and gives to; only one of the two sides runs at any time.
#[derive(Default)]
struct Shared {
    chunks: VecDeque<Bytes>,
    has_ended: bool,
    events: Vec<Event>,
}

impl Framing {
    /// # Errors
    ///
    /// [`Rejection::Multipart`]: `content_type` has no boundary.
    pub(crate) fn new(content_type: &str) -> Result<Self, Rejection> {
        let boundary = body::boundary(content_type)?;
        let shared = Arc::new(Mutex::new(Shared::default()));
        let multipart = Multipart::new(Chunks(Arc::clone(&shared)), boundary);
        let run = Box::pin(read(multipart, Arc::clone(&shared)));
        Ok(Self { shared, run, is_done: false, overhead: 0, parts: 0 })
    }

    /// Takes the next bytes; gives what they complete.
    ///
    /// # Errors
    ///
    /// [`Rejection::Multipart`].
    pub(crate) fn feed(&mut self, bytes: Bytes) -> Result<Vec<Event>, Rejection> {
        self.overhead += bytes.len() as u64;
        lock(&self.shared).chunks.push_back(bytes);
        let events = self.advance()?;
        for event in &events {
            match event {
                Event::Part(_) => self.parts += 1,
                Event::Bytes(bytes) => {
                    self.overhead = self.overhead.saturating_sub(bytes.len() as u64);
                }
                Event::End => {}
            }
        }
        if self.overhead > (self.parts + 1) * HEAD_BYTES {
            return Err(Rejection::Multipart("a part's head is too long"));
        }
        Ok(events)
    }

    /// No bytes will follow.
    ///
    /// # Errors
    ///
    /// [`Rejection::Multipart`]: it is incomplete.
    pub(crate) fn end(&mut self) -> Result<Vec<Event>, Rejection> {
        lock(&self.shared).has_ended = true;
        let events = self.advance()?;
        if self.is_done { Ok(events) } else { Err(Rejection::Multipart("it is incomplete")) }
    }

    fn advance(&mut self) -> Result<Vec<Event>, Rejection> {
        if self.is_done {
            lock(&self.shared).chunks.clear(); // what follows the last boundary means nothing
        } else if let Poll::Ready(result) =
            self.run.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        {
            self.is_done = true;
            result?;
        }
        Ok(std::mem::take(&mut lock(&self.shared).events))
    }
}

async fn read(
    mut multipart: Multipart<'static>,
    shared: Arc<Mutex<Shared>>,
) -> Result<(), Rejection> {
    let say = |event| lock(&shared).events.push(event);
    while let Some(mut field) = multipart.next_field().await.map_err(body::malformed)? {
        say(Event::Part(body::head(&field)?));
        while let Some(bytes) = field.chunk().await.map_err(body::malformed)? {
            say(Event::Bytes(bytes));
        }
        say(Event::End);
    }
    Ok(())
}

/// The body's bytes as the library wants them. It is polled again whenever there are more.
struct Chunks(Arc<Mutex<Shared>>);

impl Stream for Chunks {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut shared = lock(&self.0);
        match shared.chunks.pop_front() {
            Some(bytes) => Poll::Ready(Some(Ok(bytes))),
            None if shared.has_ended => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

/// A panic while it was held would have ended the call.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
