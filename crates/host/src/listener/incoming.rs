//! Bodies of requests: collected where they are small, else read as fast as somebody pulls.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::{
    sync::mpsc,
    task::{spawn_blocking, yield_now},
    time::timeout,
};

use super::queue::{Event, ExchangeId, Queue};
use crate::{ArrivingCall, Host, Piece, Rejection};

/// A call that is decoded while it arrives; `None` once nobody wants it any more.
pub type SharedCall = Arc<Mutex<Option<ArrivingCall>>>;

/// What JavaScript asks for of a body.
pub(super) enum Pull {
    /// Its next bytes.
    Bytes,
    /// What this call makes of them.
    Decoded(SharedCall),
}

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
    pub(super) pulls: mpsc::UnboundedReceiver<Pull>,
    pub(super) id: ExchangeId,
    pub(super) host: Arc<Host>,
    pub(super) queue: Arc<Queue>,
    /// Set when all of it was read.
    pub(super) is_read: Arc<AtomicBool>,
    pub(super) most: Duration,
}

impl Feed {
    /// Reads until its end, or until nobody pulls any more. `slow` is told of a body that takes too long.
    pub(super) async fn run(mut self, slow: impl FnOnce()) {
        let mut after = None;
        while let Some(pull) = self.pulls.recv().await {
            if let Pull::Decoded(call) = pull {
                match self.decoded(call).await {
                    Ok((decoded, is_last)) => {
                        self.queue.push(Event::Decoded(self.id, Box::new(decoded), is_last));
                        if is_last {
                            return;
                        }
                    }
                    Err(missing) => return self.missed(missing, slow),
                }
                continue;
            }
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
                Err(missing) => return self.missed(missing, slow),
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

impl Feed {
    fn missed(&self, missing: Missing, slow: impl FnOnce()) {
        if missing == Missing::Slow {
            slow();
        }
        self.queue.push(Event::Broken(self.id));
    }

    /// Reads on until there is something to be had, and says whether that is all.
    async fn decoded(
        &mut self,
        call: SharedCall,
    ) -> Result<(Result<Option<Piece>, Rejection>, bool), Missing> {
        loop {
            let (pieces, has_ended) = self.several().await?;
            if has_ended {
                self.is_read.store(true, Ordering::Release);
            }
            let (host, call) = (Arc::clone(&self.host), Arc::clone(&call));
            // Files are written there.
            let decoding = spawn_blocking(move || decode(&host, &call, pieces, has_ended));
            match decoding.await.map_err(|_| Missing::Broken)? {
                None => return Ok((Ok(None), false)),
                Some(Ok(None)) if !has_ended => {}
                Some(decoded) => return Ok((decoded, has_ended)),
            }
        }
    }

    /// What is there, at least something, and whether the body ends with it.
    async fn several(&mut self) -> Result<(Vec<Bytes>, bool), Missing> {
        let Some(first) = next(&mut self.body, self.most).await? else {
            return Ok((Vec::new(), true));
        };
        let mut size = first.len();
        let mut pieces = vec![first];
        while size < MUCH && !self.body.is_end_stream() {
            yield_now().await; // the connection reads on
            match next(&mut self.body, self.most).now_or_never() {
                Some(Ok(Some(bytes))) => {
                    size += bytes.len();
                    pieces.push(bytes);
                }
                Some(Ok(None)) => return Ok((pieces, true)),
                Some(Err(missing)) => return Err(missing),
                None => break,
            }
        }
        Ok((pieces, self.body.is_end_stream()))
    }
}

/// `None`: nobody wants the call any more.
fn decode(
    host: &Host,
    call: &Mutex<Option<ArrivingCall>>,
    pieces: Vec<Bytes>,
    has_ended: bool,
) -> Option<Result<Option<Piece>, Rejection>> {
    let mut call = call.lock().unwrap_or_else(PoisonError::into_inner);
    Some(host.advance(call.as_mut()?, pieces, has_ended))
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
