//! Bodies of requests: collected where they are small, else read as fast as somebody pulls.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::{sync::mpsc, task::yield_now, time::timeout};

use super::queue::{Event, ExchangeId, Queue};

/// Why a body isn't there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// It has more bytes than it may.
    TooLarge,
    /// Its next piece took too long.
    Slow,
    /// It broke off, or is malformed.
    Broken,
}

/// The next bytes; `None` is the end.
type Read = Result<Option<Bytes>, Missing>;

async fn next(body: &mut Incoming, most: Duration) -> Read {
    loop {
        return match timeout(most, body.frame()).await {
            Err(_) => Err(Missing::Slow),
            Ok(None) => Ok(None),
            Ok(Some(Err(_))) => Err(Missing::Broken),
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(bytes) => Ok(Some(bytes)),
                Err(_) => continue, // trailers say nothing to us
            },
        };
    }
}

/// All of a body.
pub(super) async fn collect(
    body: &mut Incoming,
    limit: u64,
    most: Duration,
) -> Result<Bytes, Missing> {
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(bytes) = next(body, most).await? {
        if (first.len() + all.len() + bytes.len()) as u64 > limit {
            return Err(Missing::TooLarge);
        }
        if first.is_empty() && all.is_empty() {
            first = bytes;
            continue;
        }
        all.extend_from_slice(&std::mem::take(&mut first));
        all.extend_from_slice(&bytes);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// A body that JavaScript reads.
pub(super) struct Feed {
    pub(super) body: Incoming,
    pub(super) pulls: mpsc::UnboundedReceiver<()>,
    pub(super) id: ExchangeId,
    pub(super) queue: Arc<Queue>,
    /// Set when all of it was read.
    pub(super) is_read: Arc<AtomicBool>,
    pub(super) most: Duration,
}

impl Feed {
    /// Reads until its end, or until nobody pulls any more. `slow` is told of a body that takes too long.
    pub(super) async fn run(mut self, slow: impl FnOnce()) {
        let mut after = None;
        while self.pulls.recv().await.is_some() {
            let read = match after.take() {
                Some(read) => read,
                None => next(&mut self.body, self.most).await,
            };
            let read = match read {
                Ok(Some(first)) => {
                    let (bytes, rest) = self.gather(first).await;
                    after = rest;
                    Ok(Some(bytes))
                }
                end => end,
            };
            if self.body.is_end_stream() {
                self.is_read.store(true, Ordering::Release); // before its last bytes are answered
            }
            let event = match read {
                Ok(Some(bytes)) => Event::Chunk(self.id, bytes),
                Ok(None) => {
                    self.is_read.store(true, Ordering::Release);
                    Event::End(self.id)
                }
                Err(missing) => {
                    if missing == Missing::Slow {
                        slow();
                    }
                    return self.queue.push(Event::Broken(self.id));
                }
            };
            let is_end = matches!(event, Event::End(_));
            self.queue.push(event);
            if is_end {
                return;
            }
        }
        leave(self.body);
    }
}

/// What one pull gives, where so much has come: each crosses between threads several times, however large it is.
const MUCH: usize = 256 << 10;

impl Feed {
    /// Adds to `first` what is there already; and what comes after that, where it is an end.
    async fn gather(&mut self, first: Bytes) -> (Bytes, Option<Read>) {
        let mut all = BytesMut::from(first);
        while all.len() < MUCH {
            yield_now().await; // the connection reads on
            match next(&mut self.body, self.most).now_or_never() {
                Some(Ok(Some(bytes))) => all.extend_from_slice(&bytes),
                end => return (all.freeze(), end),
            }
        }
        (all.freeze(), None)
    }
}

/// Bodies up to here are read although nobody wants them, for the connection to be used again.
const SMALL: u64 = 64 << 10;
const LONGEST: Duration = Duration::from_secs(5);

/// Leaves a body unread; says whether the connection may be used again. Else it is closed when the answer is out.
pub(super) fn leave(mut body: Incoming) -> bool {
    if body.is_end_stream() {
        return true;
    }
    let is_small = body.size_hint().upper().is_some_and(|bytes| bytes <= SMALL);
    if is_small {
        tokio::spawn(async move {
            let all = async { while let Ok(Some(_)) = next(&mut body, LONGEST).await {} };
            timeout(LONGEST, all).await
        });
    }
    is_small
}
