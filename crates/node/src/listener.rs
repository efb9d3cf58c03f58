//! The listener's class.

use std::{cell::RefCell, sync::Arc};

use bytes::Bytes;
use host::{
    PolicyId, Turn,
    listener::{Asked, Bounds, Content, Event, Kind, Listener, Options, tls},
    size,
};
use napi::{
    Either, Env,
    bindgen_prelude::{Buffer, BufferSlice, Either3, Function, Null, ToNapiValue},
    sys,
    threadsafe_function::ThreadsafeFunctionCallMode,
};
use napi_derive::napi;

use crate::{
    arriving::{Arrived, ArrivingCall, arrived},
    cache::NativeCache,
    host::NativeHost,
    job::{Failure, now},
};

#[napi(object, object_to_js = false)]
pub struct ListenSettings {
    pub host: Option<String>,
    pub port: f64,
    pub threads: Option<f64>,
    pub cert: Option<Either<String, Buffer>>,
    pub key: Option<Either<String, Buffer>>,
    pub max_connections: Option<f64>,
    pub max_header_bytes: Option<String>,
    pub max_headers: Option<f64>,
    pub max_streams: Option<f64>,
    pub headers_ms: Option<f64>,
    pub body_ms: Option<f64>,
    pub idle_ms: Option<f64>,
}

impl TryFrom<ListenSettings> for Options {
    type Error = Failure;

    fn try_from(it: ListenSettings) -> Result<Self, Failure> {
        let mut options = Self { host: it.host, ..Self::default() };
        options.port = size::within("port", it.port, 0..=65_535)? as u16;
        if let Some(threads) = it.threads {
            options.threads = size::within("threads", threads, 1..=64)? as usize;
        }
        if let (Some(cert), Some(key)) = (&it.cert, &it.key) {
            options.tls = Some(tls(bytes_of(cert), bytes_of(key))?);
        }
        let Bounds { connections, header_bytes, headers, streams, head, body, idle } =
            &mut options.bounds;
        if let Some(given) = it.max_connections {
            *connections = size::count("maxConnections", given)? as usize;
        }
        if let Some(given) = it.max_header_bytes {
            *header_bytes = size::parse("maxHeaderBytes", &given)? as usize;
        }
        if let Some(given) = it.max_headers {
            *headers = size::within("maxHeaders", given, 1..=10_000)? as usize;
        }
        if let Some(given) = it.max_streams {
            *streams = size::within("maxStreams", given, 1..=u32::MAX)?;
        }
        let times = [
            (head, "headersMs", it.headers_ms),
            (body, "bodyMs", it.body_ms),
            (idle, "idleMs", it.idle_ms),
        ];
        for (time, option, given) in times {
            if let Some(given) = given {
                *time = size::millis(option, given)?;
            }
        }
        Ok(options)
    }
}

fn bytes_of(pem: &Either<String, Buffer>) -> &[u8] {
    match pem {
        Either::A(text) => text.as_bytes(),
        Either::B(bytes) => bytes,
    }
}

#[napi(object, object_from_js = false)]
pub struct ListenAddress {
    pub address: String,
    pub family: &'static str,
    pub port: u16,
}

/// One value of many in a flat list.
pub enum Cell {
    Number(f64),
    Flag(bool),
    Text(String),
    Bytes(Bytes),
    Decoded(Box<Arrived>),
    Nothing,
}

impl ToNapiValue for Cell {
    unsafe fn to_napi_value(env: sys::napi_env, it: Self) -> napi::Result<sys::napi_value> {
        // SAFETY: `env` is what napi called us with.
        unsafe {
            match it {
                Self::Number(number) => f64::to_napi_value(env, number),
                Self::Flag(flag) => bool::to_napi_value(env, flag),
                Self::Text(text) if text.is_ascii() => ascii(env, &text),
                Self::Text(text) => String::to_napi_value(env, text),
                Self::Bytes(bytes) => {
                    let slice = BufferSlice::copy_from(&Env::from_raw(env), bytes)?;
                    BufferSlice::to_napi_value(env, slice)
                }
                Self::Decoded(arrived) => Arrived::to_napi_value(env, *arrived),
                Self::Nothing => Null::to_napi_value(env, Null),
            }
        }
    }
}

/// Each byte is a character: that need not be found out again.
///
/// # Safety
///
/// As of [`ToNapiValue::to_napi_value`].
unsafe fn ascii(env: sys::napi_env, text: &str) -> napi::Result<sys::napi_value> {
    let mut value = std::ptr::null_mut();
    // SAFETY: pointer and length are the text's, and the caller answers for `env`.
    let status = unsafe {
        sys::napi_create_string_latin1(env, text.as_ptr().cast(), text.len() as isize, &mut value)
    };
    napi::check_status!(status)?;
    Ok(value)
}

/// Negative for a call that has to wait for its turn.
fn policed(policy: PolicyId, turn: Turn) -> Cell {
    let number = f64::from(policy.0);
    Cell::Number(if turn == Turn::Now { number } else { -number })
}

/// What `npm/native/binding.ts` calls `ListenEvents`.
fn flat(event: Event, to: &mut Vec<Cell>) {
    let number = |id: u64| Cell::Number(id as f64);
    match event {
        Event::Request(Asked { id, kind, head, content }) => to.extend([
            Cell::Number(0.0),
            number(id),
            match &kind {
                Kind::Call(action) | Kind::Policed(action, ..) => Cell::Text(action.clone()),
                Kind::Form => Cell::Flag(true),
                Kind::Other => Cell::Flag(false),
            },
            Cell::Text(head),
            match content {
                Content::Nothing => Cell::Nothing,
                Content::Plain(text) => Cell::Text(text),
                Content::Whole(bytes) => Cell::Bytes(bytes),
                Content::Arriving => Cell::Flag(true),
            },
            match kind {
                Kind::Policed(_, policy, turn) => policed(policy, turn),
                Kind::Call(_) | Kind::Form | Kind::Other => Cell::Number(0.0),
            },
        ]),
        Event::Chunk(id, bytes) => to.extend([Cell::Number(1.0), number(id), Cell::Bytes(bytes)]),
        Event::Decoded(id, decoded, is_last) => match arrived(*decoded) {
            Ok(arrived) => to.extend([
                Cell::Number(8.0),
                number(id),
                Cell::Decoded(Box::new(arrived)),
                Cell::Flag(is_last),
            ]),
            Err(_) => to.extend([Cell::Number(3.0), number(id)]),
        },
        Event::End(id) => to.extend([Cell::Number(2.0), number(id)]),
        Event::Broken(id) => to.extend([Cell::Number(3.0), number(id)]),
        Event::Drained(id) => to.extend([Cell::Number(4.0), number(id)]),
        Event::Closed(id, sent) => to.extend([Cell::Number(5.0), number(id), Cell::Flag(sent)]),
        Event::Log(line) => to.extend([Cell::Number(6.0), Cell::Text(line)]),
        Event::Ended => to.push(Cell::Number(7.0)),
    }
}

/// `None` once it is disposed of.
#[napi(js_name = "Listener")]
pub struct NativeListener(RefCell<Option<Listener>>);

#[napi]
impl NativeListener {
    /// `wake` is called when there is something to drain.
    #[napi(constructor)]
    pub fn new(
        env: Env,
        settings: ListenSettings,
        host: &NativeHost,
        cache: &NativeCache,
        wake: Function<'_, (), ()>,
    ) -> napi::Result<Self> {
        let wake = wake
            .build_threadsafe_function::<()>()
            .weak::<true>() // JavaScript decides how long the process lives
            .build_callback(|_| Ok(()))?;
        let bell = move || {
            wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        };
        now(env, || {
            let (host, pages) = (Arc::clone(&host.0), cache.find_page());
            let listener = Listener::start(host, settings.try_into()?, pages, bell)?;
            Ok(Self(RefCell::new(Some(listener))))
        })
    }

    #[napi]
    pub fn address(&self) -> Option<ListenAddress> {
        let address = self.0.borrow().as_ref()?.address();
        let family = if address.is_ipv4() { "IPv4" } else { "IPv6" };
        Some(ListenAddress { address: address.ip().to_string(), family, port: address.port() })
    }

    #[napi]
    pub fn connections(&self) -> u32 {
        self.0.borrow().as_ref().map_or(0, Listener::connections) as u32
    }

    #[napi]
    pub fn expect_pages(&self) {
        if let Some(listener) = &*self.0.borrow() {
            listener.expect_pages();
        }
    }

    #[napi]
    pub fn drain(&self, env: Env) -> napi::Result<Vec<Cell>> {
        self.with(env, Vec::new(), |listener| {
            let events = listener.take();
            let mut cells = Vec::with_capacity(events.len() * 6);
            events.into_iter().for_each(|event| flat(event, &mut cells));
            Ok(cells)
        })
    }

    /// `headers` is a flat list as JSON. Gives the name of a header that can't be sent.
    #[napi]
    pub fn answer(
        &self,
        env: Env,
        id: f64,
        status: u32,
        headers: String,
        body: Either3<String, &[u8], Null>,
    ) -> napi::Result<Option<String>> {
        let body = match body {
            Either3::A(text) => Bytes::from(text),
            Either3::B(bytes) => Bytes::copy_from_slice(bytes),
            Either3::C(Null) => Bytes::new(),
        };
        self.with(env, None, |listener| {
            Ok(listener.answer(id as u64, status as u16, &list(&headers)?, body).err())
        })
    }

    /// Keeps an answer that is given often, and gives its number.
    #[napi]
    pub fn keep(
        &self,
        env: Env,
        status: u32,
        headers: String,
        body: String,
    ) -> napi::Result<Option<u32>> {
        now(env, || {
            let mut listener = self.0.borrow_mut();
            let Some(listener) = &mut *listener else { return Ok(None) };
            Ok(listener.keep(status as u16, &list(&headers)?, body).ok().map(|it| it as u32))
        })
    }

    /// Answers the first `count` with the same, which was kept.
    #[napi]
    pub fn answer_kept(&self, env: Env, kept: u32, ids: &[f64], count: u32) -> napi::Result<()> {
        self.with(env, (), |listener| {
            let ids = ids.iter().take(count as usize).map(|&id| id as u64);
            listener.answer_kept(kept as usize, ids);
            Ok(())
        })
    }

    /// As [`answer`](Self::answer); the body is written later.
    #[napi]
    pub fn begin(
        &self,
        env: Env,
        id: f64,
        status: u32,
        headers: String,
    ) -> napi::Result<Option<String>> {
        self.with(env, None, |listener| {
            Ok(listener.begin(id as u64, status as u16, &list(&headers)?).err())
        })
    }

    #[napi]
    pub fn write(&self, env: Env, id: f64, bytes: &[u8]) -> napi::Result<bool> {
        self.with(env, true, |it| Ok(it.write(id as u64, Bytes::copy_from_slice(bytes))))
    }

    #[napi]
    pub fn end(&self, env: Env, id: f64, is_whole: bool) -> napi::Result<()> {
        self.with(env, (), |it| {
            it.end(id as u64, is_whole);
            Ok(())
        })
    }

    #[napi]
    pub fn pull(&self, env: Env, id: f64) -> napi::Result<bool> {
        self.with(env, false, |it| Ok(it.pull(id as u64)))
    }

    /// Decodes the body where it arrives, and asks for what that gives next.
    #[napi]
    pub fn decode(&self, env: Env, id: f64, call: &ArrivingCall) -> napi::Result<bool> {
        self.with(env, false, |it| Ok(it.decode(id as u64, &call.call)))
    }

    #[napi]
    pub fn watch(&self, env: Env, id: f64) -> napi::Result<bool> {
        self.with(env, false, |it| Ok(it.watch(id as u64)))
    }

    #[napi]
    pub fn close(&self, env: Env, grace_ms: f64) -> napi::Result<()> {
        now(env, || {
            let grace = size::millis("graceMs", grace_ms)?;
            if let Some(listener) = &mut *self.0.borrow_mut() {
                listener.close(grace);
            }
            Ok(())
        })
    }

    /// Lets go of its threads, and of `wake`.
    #[napi]
    pub fn dispose(&self, env: Env) -> napi::Result<()> {
        now(env, || {
            drop(self.0.take());
            Ok(())
        })
    }

    fn with<T>(
        &self,
        env: Env,
        otherwise: T,
        work: impl FnOnce(&Listener) -> Result<T, Failure>,
    ) -> napi::Result<T> {
        now(env, || self.0.borrow().as_ref().map_or(Ok(otherwise), work))
    }
}

fn list(headers: &str) -> Result<Vec<String>, Failure> {
    serde_json::from_str(headers)
        .map_err(|_| Failure::new("errand::bug", "headers are not a list of strings"))
}
