//! What becomes of one request: refused, answered from the cache, or told to JavaScript.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use hyper::{
    body::{Body, Incoming},
    service::Service,
};
use tokio::sync::{mpsc, oneshot};

use super::{
    Shared,
    activity::Activity,
    exchange::{self, Answer, AnswerBody, Asking},
    head::{Entrance, Head},
    incoming::{Feed, Missing, collect, leave},
    queue::{Asked, Content, Event, Kind},
};
use crate::{Admission, PolicyId, Rejection, classify::media_type, page, respond};

/// Texts up to here are looked at before JavaScript gets them; larger ones would keep others waiting.
const SMALL: usize = 64 << 10;

/// All requests of one connection.
pub(super) struct Connection {
    pub(super) shared: Arc<Shared>,
    pub(super) activity: Arc<Activity>,
    pub(super) entrance: Entrance,
}

impl Service<Request<Incoming>> for Connection {
    type Response = Answer;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Answer, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let busy = self.activity.request();
        let (shared, entrance) = (Arc::clone(&self.shared), self.entrance.clone());
        Box::pin(async move {
            let is_head = *request.method() == Method::HEAD;
            let (mut answer, asking) = answer(&shared, entrance, request).await;
            answer.body_mut().keep(busy, asking);
            Ok(framed(answer, is_head))
        })
    }
}

/// An answer, and whoever has to be told of its end.
type Answered = (Answer, Option<Asking>);

async fn answer(shared: &Arc<Shared>, entrance: Entrance, request: Request<Incoming>) -> Answered {
    let (parts, body) = request.into_parts();
    let head = match Head::read(parts, entrance) {
        Ok(head) => head,
        Err(status) => return (unread(bare(status), body), None),
    };
    if let Some(page) = stored(shared, &head) {
        return (unread(page, body), None);
    }
    match head.judged(|head| shared.host.admit(head)) {
        Err(rejection) => (unread(refuse(shared, &rejection), body), None),
        Ok(Admission::Call { policy: PolicyId::NONE, .. }) => call(shared, &head, body).await,
        Ok(Admission::Call { policy, turn }) => {
            // JavaScript reads its body, in its turn and in its time. Its place can't be given back here: one that
            // waits may get it, and only JavaScript knows who that is.
            ask(shared, &head, Kind::Policed(action_of(&head), policy, turn), body).await
        }
        Ok(Admission::Form) => ask(shared, &head, Kind::Form, body).await,
        Ok(Admission::Other) => ask(shared, &head, Kind::Other, body).await,
    }
}

async fn call(shared: &Arc<Shared>, head: &Head, mut body: Incoming) -> Answered {
    let kind = Kind::Call(action_of(head));
    let content_type = head.content_type();
    let is_small = head.content_length().is_some_and(|length| length <= SMALL as u64);
    if media_type(Some(&content_type)) == "multipart/form-data" && !is_small {
        return ask(shared, head, kind, body).await;
    }
    let limit = shared.host.body_bytes(PolicyId::NONE, &content_type);
    let bytes = match collect(&mut body, limit, shared.bounds.body).await {
        Ok(bytes) => bytes,
        Err(Missing::TooLarge) => {
            let refused = refuse(shared, &Rejection::BodyTooLarge { limit });
            return (unread(refused, body), None);
        }
        Err(Missing::Slow) => return (unread(bare(StatusCode::REQUEST_TIMEOUT), body), None),
        Err(Missing::Broken) => return (bare(StatusCode::BAD_REQUEST), None),
    };
    let is_plain =
        bytes.len() <= SMALL && shared.host.is_plain_call(PolicyId::NONE, &content_type, &bytes);
    let content = match String::from_utf8(if is_plain { bytes.to_vec() } else { Vec::new() }) {
        Ok(text) if is_plain => Content::Plain(text),
        _ => Content::Whole(bytes),
    };
    let (asking, answered) = shared.exchanges.open(&shared.queue, None);
    tell(shared, &asking, head, kind, content);
    wait(asking, answered).await
}

fn action_of(head: &Head) -> String {
    head.action().unwrap_or_default().into_owned()
}

/// Asks JavaScript, which reads the body if it wants to.
async fn ask(shared: &Arc<Shared>, head: &Head, kind: Kind, body: Incoming) -> Answered {
    if body.is_end_stream() {
        let (asking, answered) = shared.exchanges.open(&shared.queue, None);
        tell(shared, &asking, head, kind, Content::Nothing);
        return wait(asking, answered).await;
    }
    let (puller, pulls) = mpsc::unbounded_channel();
    let (asking, answered) = shared.exchanges.open(&shared.queue, Some(puller));
    let (id, queue) = (asking.id, Arc::clone(&shared.queue));
    let is_read = Arc::new(AtomicBool::new(false));
    let feed = Feed {
        body,
        pulls,
        id,
        host: Arc::clone(&shared.host),
        queue,
        is_read: Arc::clone(&is_read),
        most: shared.bounds.body,
    };
    let exchanges = Arc::clone(&shared.exchanges);
    tokio::spawn(feed.run(move || {
        exchanges.answer(id, closing(bare(StatusCode::REQUEST_TIMEOUT)));
    }));
    tell(shared, &asking, head, kind, Content::Arriving);
    let (answer, asking) = wait(asking, answered).await;
    let is_reusable = is_read.load(Ordering::Acquire) || !head.is_http1();
    (if is_reusable { answer } else { closing(answer) }, asking)
}

fn tell(shared: &Shared, asking: &Asking, head: &Head, kind: Kind, content: Content) {
    let asked = Asked { id: asking.id, kind, head: head.to_text(), content };
    shared.queue.push(Event::Request(asked));
}

async fn wait(asking: Asking, answered: oneshot::Receiver<Answer>) -> Answered {
    match answered.await {
        Ok(answer) => (answer, Some(asking)),
        Err(_) => (bare(StatusCode::INTERNAL_SERVER_ERROR), None),
    }
}

/// A page that is fresh in the cache and varies by nothing.
fn stored(shared: &Shared, head: &Head) -> Option<Answer> {
    if !matches!(*head.method(), Method::GET | Method::HEAD) {
        return None;
    }
    if head.has_seen() {
        return None; // JavaScript waits for what this visitor did elsewhere
    }
    let (bytes, age) = shared.page(&page::key(head.url(), &[]))?;
    let if_none_match = head.if_none_match();
    let page = page::decode(&bytes, Some(age.as_secs()), if_none_match.as_deref())?;
    let found = exchange::stored_head(&bytes, &page).ok()?;
    Some(found.map(|()| AnswerBody::whole(bytes.slice(page.body..))))
}

fn refuse(shared: &Shared, rejection: &Rejection) -> Answer {
    shared.queue.log(rejection.log());
    let respond::Answer { status, headers, body } = shared.host.named(respond::refuse(rejection));
    let mut response = Response::new(AnswerBody::whole(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn bare(status: StatusCode) -> Answer {
    let mut response = Response::new(AnswerBody::whole(Bytes::new()));
    *response.status_mut() = status;
    if status.is_client_error() || status.is_server_error() { closing(response) } else { response }
}

/// The answer to a request whose body nobody reads.
fn unread(answer: Answer, body: Incoming) -> Answer {
    if leave(body) { answer } else { closing(answer) }
}

/// How an answer is framed is the connection's business. A length that isn't the body's would mislead whoever reads
/// what comes after; only where there is no body, the length says what it would be.
fn framed(mut answer: Answer, is_head: bool) -> Answer {
    let exact = answer.body().size_hint().exact();
    let headers = answer.headers_mut();
    headers.remove(header::TRANSFER_ENCODING);
    if exact.is_some_and(|bytes| bytes > 0 || !is_head) {
        headers.remove(header::CONTENT_LENGTH);
    }
    answer
}

/// HTTP/2 has no such header, and hyper leaves it out there.
fn closing(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer
}
