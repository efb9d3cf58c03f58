//! Calls and forms whose body is decoded while it arrives.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use host::{Host, Piece, PolicyId, Rejection, Stored, listener::SharedCall};
use napi::{
    Either,
    bindgen_prelude::{AsyncTask, Buffer, Either3, Null, Uint8Array},
};
use napi_derive::napi;

use crate::{
    host::{FormState, Refusal},
    job::{Failure, Job, on_pool},
    policy::UsageInfo,
};

/// One body. Its files are gone when it is closed.
#[napi]
pub struct ArrivingCall {
    host: Arc<Host>,
    pub(crate) call: SharedCall,
}

#[napi(object, object_from_js = false)]
pub struct ArrivedPiece {
    pub text: String,
    pub program: String,
    pub references: Vec<String>,
    pub is_open: bool,
    pub files: Vec<ArrivedFile>,
}

/// Its bytes, or the path of the file that has them.
#[napi(object, object_from_js = false)]
pub struct ArrivedFile {
    pub index: u32,
    pub content: Either<Buffer, String>,
}

pub(crate) type Arrived = Either3<ArrivedPiece, Refusal, Null>;

#[napi]
impl ArrivingCall {
    /// Takes the next bytes, on a thread of the pool; one after the other.
    #[napi]
    pub fn push(&self, bytes: Pushed) -> AsyncTask<Job<Arrived>> {
        self.advance(Some(joined(&bytes)))
    }

    /// The body has ended.
    #[napi]
    pub fn end(&self) -> AsyncTask<Job<Arrived>> {
        self.advance(None)
    }

    /// Nobody needs its files any more.
    #[napi]
    pub fn close(&self) {
        self.call.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn advance(&self, bytes: Option<Bytes>) -> AsyncTask<Job<Arrived>> {
        let (host, call) = (Arc::clone(&self.host), Arc::clone(&self.call));
        on_pool(move || {
            let mut call = call.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(call) = call.as_mut() else { return Ok(Either3::C(Null)) };
            let has_ended = bytes.is_none();
            arrived(host.advance(call, bytes, has_ended))
        })
    }

    pub(crate) fn new(
        host: &Arc<Host>,
        policy: PolicyId,
        content_type: &str,
        directory: &str,
    ) -> Result<Self, Rejection> {
        let call = host.arriving(policy, content_type, Path::new(directory))?;
        Ok(Self { host: Arc::clone(host), call: Arc::new(Mutex::new(Some(call))) })
    }
}

/// One form that was sent without JavaScript.
#[napi]
pub struct ArrivingForm {
    host: Arc<Host>,
    form: Arc<Mutex<Option<host::ArrivingForm>>>,
}

#[napi(object, object_from_js = false)]
pub struct ArrivedForm {
    pub id: String,
    pub arguments: ArrivedPiece,
    pub state: Either<FormState, Null>,
    pub usage: UsageInfo,
}

#[napi]
impl ArrivingForm {
    /// Takes the next bytes, as a call does.
    #[napi]
    pub fn push(&self, bytes: Pushed) -> AsyncTask<Job<Either<Refusal, Null>>> {
        let (form, bytes) = (Arc::clone(&self.form), joined(&bytes));
        on_pool(move || {
            let mut form = form.lock().unwrap_or_else(PoisonError::into_inner);
            let pushed = form.as_mut().map_or(Ok(()), |form| form.push(bytes));
            Ok(pushed.err().map_or(Either::B(Null), |rejection| Either::A(rejection.into())))
        })
    }

    /// The body has ended.
    #[napi]
    pub fn end(&self) -> AsyncTask<Job<Either3<ArrivedForm, Refusal, Null>>> {
        let (host, form) = (Arc::clone(&self.host), Arc::clone(&self.form));
        on_pool(move || {
            let mut form = form.lock().unwrap_or_else(PoisonError::into_inner);
            let arrived = form.as_mut().map_or(Ok(None), host::ArrivingForm::end);
            let checked = arrived.and_then(|form| {
                form.as_ref().map_or(Ok(()), |form| host.check_form(form))?;
                Ok(form)
            });
            Ok(match checked {
                Ok(Some(host::ArrivedForm { id, arguments, state, usage })) => {
                    let state = state.map_or(Either::B(Null), |state| Either::A(state.into()));
                    let (arguments, usage) = (arrived_piece(arguments)?, usage.into());
                    Either3::A(ArrivedForm { id, arguments, state, usage })
                }
                Ok(None) => Either3::C(Null),
                Err(rejection) => Either3::B(rejection.into()),
            })
        })
    }

    /// Nobody needs its files any more.
    #[napi]
    pub fn close(&self) {
        self.form.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    pub(crate) fn new(
        host: &Arc<Host>,
        content_type: &str,
        directory: &str,
    ) -> Result<Self, Rejection> {
        let form = host.arriving_form(content_type, Path::new(directory))?;
        Ok(Self { host: Arc::clone(host), form: Arc::new(Mutex::new(Some(form))) })
    }
}

/// What has come, in one piece or in several.
type Pushed = Either<Uint8Array, Vec<Uint8Array>>;

/// A copy that is ours.
fn joined(bytes: &Pushed) -> Bytes {
    match bytes {
        Either::A(bytes) => bytes.to_vec().into(),
        Either::B(pieces) => {
            pieces.iter().map(AsRef::as_ref).collect::<Vec<&[u8]>>().concat().into()
        }
    }
}

pub(crate) fn arrived(decoded: Result<Option<Piece>, Rejection>) -> Result<Arrived, Failure> {
    Ok(match decoded {
        Ok(Some(piece)) => Either3::A(arrived_piece(piece)?),
        Ok(None) => Either3::C(Null),
        Err(rejection) => Either3::B(rejection.into()),
    })
}

fn arrived_piece(Piece { decoded, files }: Piece) -> Result<ArrivedPiece, Failure> {
    let files = files.into_iter().map(|(index, stored)| {
        let content = match stored {
            Stored::Memory(bytes) => Either::A(Vec::from(bytes).into()),
            Stored::Disk(path) => Either::B(
                path.into_os_string()
                    .into_string()
                    .map_err(|_| Failure::new("errand::bug", "a path is not UTF-8"))?,
            ),
        };
        Ok(ArrivedFile { index, content })
    });
    Ok(ArrivedPiece {
        files: files.collect::<Result<_, Failure>>()?,
        text: decoded.skeleton.text,
        program: decoded.skeleton.program,
        references: decoded.references,
        is_open: decoded.is_open,
    })
}
