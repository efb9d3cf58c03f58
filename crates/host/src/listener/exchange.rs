//! What is open between a request and JavaScript.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use rustc_hash::FxHashMap;
use tokio::sync::{mpsc, oneshot};

use super::{
    activity::Busy,
    incoming::Pull,
    queue::{Event, ExchangeId, Queue},
};
use crate::page::Page;

/// An answer's head and what follows it.
pub(super) type Answer = Response<AnswerBody>;

/// Requests that JavaScript has to do with.
#[derive(Default)]
pub(super) struct Exchanges {
    last: AtomicU64,
    open: Mutex<FxHashMap<ExchangeId, Open>>,
}

#[derive(Default)]
struct Open {
    answer: Option<oneshot::Sender<Answer>>,
    /// Asks for more of the body.
    pulls: Option<mpsc::UnboundedSender<Pull>>,
    outgoing: Option<Arc<Outgoing>>,
    /// Whether JavaScript wants to know how it ends.
    is_watched: bool,
}

impl Exchanges {
    pub(super) fn open(
        self: &Arc<Self>,
        queue: &Arc<Queue>,
        pulls: Option<mpsc::UnboundedSender<Pull>>,
    ) -> (Asking, oneshot::Receiver<Answer>) {
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (answer, answered) = oneshot::channel();
        self.lock().insert(id, Open { answer: Some(answer), pulls, ..Open::default() });
        (Asking { id, all: Arc::clone(self), queue: Arc::clone(queue) }, answered)
    }

    /// Answers; gives back `false` if nobody is there any more.
    pub(super) fn answer(&self, id: ExchangeId, answer: Answer) -> bool {
        let sender = self.lock().get_mut(&id).and_then(|open| open.answer.take());
        sender.is_some_and(|sender| sender.send(answer).is_ok())
    }

    /// Answers all of them, with one look at what is open.
    pub(super) fn answer_all(
        &self,
        ids: impl IntoIterator<Item = ExchangeId>,
        answer: impl Fn() -> Answer,
    ) {
        let mut open = self.lock();
        let mut sender = |id| open.get_mut(&id).and_then(|it| it.answer.take());
        let senders: Vec<_> = ids.into_iter().filter_map(&mut sender).collect();
        drop(open);
        for sender in senders {
            let _ = sender.send(answer()); // nobody may be there any more
        }
    }

    /// An answer whose body is written later.
    pub(super) fn outgoing(&self, id: ExchangeId, queue: &Arc<Queue>) -> Option<Arc<Outgoing>> {
        let mut open = self.lock();
        let it = open.get_mut(&id)?;
        let outgoing = Arc::new(Outgoing { id, queue: Arc::clone(queue), state: Mutex::default() });
        it.outgoing = Some(Arc::clone(&outgoing));
        Some(outgoing)
    }

    /// The answer that is being written.
    pub(super) fn writing(&self, id: ExchangeId) -> Option<Arc<Outgoing>> {
        self.lock().get(&id)?.outgoing.clone()
    }

    /// Asks for more of a body.
    pub(super) fn pull(&self, id: ExchangeId, pull: Pull) -> bool {
        let open = self.lock();
        open.get(&id).and_then(|it| it.pulls.as_ref()).is_some_and(|it| it.send(pull).is_ok())
    }

    /// From now on its end is told; `false`: it has ended.
    pub(super) fn watch(&self, id: ExchangeId) -> bool {
        self.lock().get_mut(&id).map(|it| it.is_watched = true).is_some()
    }

    fn end(&self, id: ExchangeId, is_sent: bool, queue: &Queue) {
        let ended = self.lock().remove(&id);
        if ended.is_some_and(|it| it.is_watched) {
            queue.push(Event::Closed(id, is_sent));
        }
    }

    fn lock(&self) -> MutexGuard<'_, FxHashMap<ExchangeId, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that waits for its answer, and later for the answer's end; dropped before, nobody is there any more.
pub(super) struct Asking {
    pub(super) id: ExchangeId,
    all: Arc<Exchanges>,
    queue: Arc<Queue>,
}

impl Asking {
    /// Ends it as it should.
    fn sent(self) {
        self.all.end(self.id, true, &self.queue);
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.all.end(self.id, false, &self.queue); // does nothing the second time
    }
}

/// Makes an answer's head. `headers` is flat: name, value, name, value.
///
/// # Errors
///
/// The name of a header that can't be sent.
pub(super) fn head(status: u16, headers: &[impl AsRef<str>]) -> Result<Response<()>, String> {
    let mut all = HeaderMap::with_capacity(headers.len() / 2 + 3);
    for pair in headers.chunks_exact(2) {
        let (name, value) = (pair[0].as_ref(), pair[1].as_ref());
        let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| name.to_owned())?;
        all.append(known, value_of(value).ok_or_else(|| name.to_owned())?);
    }
    response(status, all)
}

/// The head of a page that lies in these bytes, and shares them.
///
/// # Errors
///
/// As [`head`].
pub(super) fn stored_head(bytes: &Bytes, page: &Page<'_>) -> Result<Response<()>, String> {
    const USUAL: usize = 12;
    let mut all = HeaderMap::with_capacity(USUAL);
    for (name, value) in page.headers() {
        let known = HeaderName::from_bytes(name.as_bytes()).map_err(|_| name.to_owned())?;
        let value = match value.is_ascii() {
            true => HeaderValue::from_maybe_shared(bytes.slice_ref(value.as_bytes())).ok(),
            false => value_of(value),
        };
        all.append(known, value.ok_or_else(|| name.to_owned())?);
    }
    if let Some(age) = page.age {
        all.insert(header::AGE, age.into());
    }
    response(page.status, all)
}

fn response(status: u16, headers: HeaderMap) -> Result<Response<()>, String> {
    let mut response = Response::new(());
    *response.headers_mut() = headers;
    *response.status_mut() =
        StatusCode::from_u16(status).ok().filter(|it| it.as_u16() >= 200).ok_or("status")?;
    Ok(response)
}

/// As Node writes them: a character is a byte.
fn value_of(text: &str) -> Option<HeaderValue> {
    if text.is_ascii() {
        return HeaderValue::from_str(text).ok();
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|it| u8::try_from(it).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

/// What follows an answer's head.
pub(super) struct AnswerBody {
    content: Content,
    /// Until then the connection is busy.
    busy: Option<Busy>,
    asking: Option<Asking>,
}

enum Content {
    Whole(Bytes),
    Written(Arc<Outgoing>),
}

impl AnswerBody {
    pub(super) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self { content: Content::Whole(bytes.into()), busy: None, asking: None }
    }

    pub(super) fn written(outgoing: Arc<Outgoing>) -> Self {
        Self { content: Content::Written(outgoing), busy: None, asking: None }
    }

    /// What is kept until the answer is out.
    pub(super) fn keep(&mut self, busy: Busy, asking: Option<Asking>) {
        self.busy = Some(busy);
        self.asking = asking;
    }

    fn ended(&mut self) {
        self.busy = None;
        if let Some(asking) = self.asking.take() {
            asking.sent();
        }
    }
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let it = self.get_mut();
        let next = match &mut it.content {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Content::Written(outgoing) => outgoing.poll_next(cx),
        };
        if matches!(next, Poll::Ready(None)) {
            it.ended();
        }
        next.map_ok(Frame::data)
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.content, Content::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Written(_) => SizeHint::default(),
        }
    }
}

impl Drop for AnswerBody {
    fn drop(&mut self) {
        match &self.content {
            // Whoever sends it takes its bytes and never looks for more.
            Content::Whole(bytes) if bytes.is_empty() => self.ended(),
            Content::Whole(_) => {}
            Content::Written(outgoing) => outgoing.leave(),
        }
    }
}

/// The answer's rest never came: the connection must not look as if it had.
#[derive(Debug, thiserror::Error)]
#[error("the answer was cut off")]
pub(super) struct Cut;

/// Bytes of an answer after which whoever makes more of them has to wait: for the visitor, if they are still here, else
/// only for its turn, so that others have theirs.
const MUCH: usize = 64 << 10;
/// What a write counts for beside its bytes.
const WRITE: usize = 256;

/// The body of an answer while it is written.
pub(super) struct Outgoing {
    id: ExchangeId,
    queue: Arc<Queue>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Bytes>,
    bytes: usize,
    /// Written since there was room the last time, and what each write costs beside its bytes.
    written: usize,
    end: Option<Result<(), Cut>>,
    reader: Option<Waker>,
    /// Whether somebody waits for room.
    is_full: bool,
    is_left: bool,
}

impl Outgoing {
    /// Says whether there is room for more; if not, [`Event::Drained`] will come.
    pub(super) fn write(&self, bytes: Bytes) -> bool {
        let mut state = self.lock();
        if state.is_left {
            return true; // whoever writes is told otherwise
        }
        if bytes.is_empty() {
            return !state.is_full;
        }
        state.bytes += bytes.len();
        state.written += bytes.len() + WRITE;
        state.waiting.push_back(bytes);
        state.is_full = state.written >= MUCH;
        wake(&mut state);
        !state.is_full
    }

    pub(super) fn end(&self, end: Result<(), Cut>) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        wake(&mut state);
    }

    fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cut>>> {
        let mut state = self.lock();
        if let Some(bytes) = state.waiting.pop_front() {
            state.bytes -= bytes.len();
            if state.is_full && state.bytes < MUCH / 2 {
                state.is_full = false;
                state.written = 0;
                self.queue.push(Event::Drained(self.id));
            }
            return Poll::Ready(Some(Ok(bytes)));
        }
        match &state.end {
            Some(Ok(())) => Poll::Ready(None),
            Some(Err(Cut)) => Poll::Ready(Some(Err(Cut))),
            None => {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    /// Nobody reads any more.
    fn leave(&self) {
        let mut state = self.lock();
        state.is_left = true;
        state.waiting.clear();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(state: &mut State) {
    if let Some(reader) = state.reader.take() {
        reader.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing() -> (Outgoing, Arc<Queue>) {
        let queue = Arc::new(Queue::new(|| {}));
        (Outgoing { id: 1, queue: Arc::clone(&queue), state: Mutex::default() }, queue)
    }

    fn next(it: &Outgoing) -> Poll<Option<Result<Bytes, Cut>>> {
        it.poll_next(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn a_writer_waits_until_half_of_it_is_taken() {
        let (it, queue) = outgoing();
        assert!(it.write(Bytes::from(vec![0; MUCH / 2])));
        assert!(!it.write(Bytes::from(vec![0; MUCH / 2])));
        assert!(queue.take().is_empty());
        assert!(next(&it).is_ready());
        assert!(queue.take().is_empty());
        assert!(next(&it).is_ready());
        assert!(matches!(queue.take().front(), Some(Event::Drained(1))));
    }

    #[test]
    fn a_writer_whose_bytes_are_taken_at_once_gives_others_their_turn() {
        let (it, queue) = outgoing();
        let writes = (1..).find(|_| {
            let may_go_on = it.write(Bytes::from_static(b"x"));
            assert!(next(&it).is_ready());
            !may_go_on
        });
        assert!(writes.is_some_and(|writes| writes < 1000), "{writes:?}");
        assert!(matches!(queue.take().front(), Some(Event::Drained(1))));
    }

    #[test]
    fn what_was_written_comes_before_the_end() {
        let (it, _) = outgoing();
        it.write(Bytes::from_static(b"x"));
        it.end(Err(Cut));
        assert!(matches!(next(&it), Poll::Ready(Some(Ok(_)))));
        assert!(matches!(next(&it), Poll::Ready(Some(Err(Cut)))));
    }

    #[test]
    fn heads_that_can_not_be_sent_are_named() {
        assert_eq!(head(200, &["x-a", "b\r\nset-cookie: c"]).unwrap_err(), "x-a");
        assert_eq!(head(200, &["x a", "b"]).unwrap_err(), "x a");
        assert_eq!(head(200, &["x-a", "→"]).unwrap_err(), "x-a");
        assert_eq!(head(101, &[""; 0]).unwrap_err(), "status");
        let head = head(200, &["x-a", "é", "x-a", "b"]).unwrap();
        let values: Vec<_> =
            head.headers().get_all("x-a").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(values, [b"\xe9".as_slice(), b"b"]);
    }
}
