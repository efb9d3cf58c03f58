//! Flight rows for results.

use host::redact::{self, Shown};
use napi::{
    Either, Env,
    bindgen_prelude::{BufferSlice, Either3, Null},
};
use napi_derive::napi;
use wire::{
    Skeleton,
    flight::{self, Encoder, FlightError, Root},
};

use crate::job::{Failure, now};

/// Rows without the bytes of files, views and long strings. `holes` is flat: where in `bytes` they
/// go, and which.
#[napi(object, object_from_js = false)]
pub struct HoledRows<'env> {
    pub bytes: BufferSlice<'env>,
    pub holes: Vec<u32>,
}

/// Small text crosses cheaper as a string, and Node sends it together with the head.
type Rows<'env> = Either3<String, BufferSlice<'env>, HoledRows<'env>>;

fn rows(env: &Env, rows: flight::Rows) -> napi::Result<Rows<'_>> {
    const SMALL: usize = 16 << 10;
    let flight::Rows { bytes, holes } = rows;
    if !holes.is_empty() {
        let holes = holes.into_iter().flat_map(|(at, blob)| [at as u32, blob as u32]).collect();
        let bytes = BufferSlice::from_data(env, bytes)?;
        return Ok(Either3::C(HoledRows { bytes, holes }));
    }
    match String::from_utf8(bytes) {
        Ok(text) if text.len() <= SMALL => Ok(Either3::A(text)),
        Ok(text) => BufferSlice::from_data(env, text.into_bytes()).map(Either3::B),
        Err(bytes) => BufferSlice::from_data(env, bytes.into_bytes()).map(Either3::B),
    }
}

/// The rows that `write` makes.
fn written<'env>(
    env: &'env Env,
    write: impl FnOnce() -> Result<flight::Rows, FlightError>,
) -> napi::Result<Rows<'env>> {
    let encoded = now(*env, || Ok(write()?))?;
    rows(env, encoded)
}

#[napi(object, object_to_js = false)]
pub struct ErrorRow {
    pub digest: String,
    pub name: String,
    pub message: String,
    pub code: Either<String, Null>,
    pub data: Either<String, Null>,
}

impl From<ErrorRow> for flight::ErrorRow {
    fn from(it: ErrorRow) -> Self {
        let optional = |it| if let Either::A(text) = it { Some(text) } else { None };
        let data = optional(it.data);
        let declared = optional(it.code).map(|code| flight::Declared { code, data });
        Self { digest: it.digest, name: it.name, message: it.message, declared }
    }
}

/// The rows of a call whose result is whole; `sizes` are those of its files, views and long strings.
#[napi]
pub fn encode_call(
    env: &Env,
    text: String,
    program: String,
    sizes: Vec<f64>,
) -> napi::Result<Rows<'_>> {
    written(env, || flight::encode_call(&Skeleton { text, program }, &whole(sizes)))
}

/// The rows of a call that failed.
#[napi]
pub fn encode_call_error(env: &Env, row: ErrorRow) -> napi::Result<BufferSlice<'_>> {
    let encoded = now(*env, || Ok(flight::encode_call_error(&row.into())))?;
    BufferSlice::from_data(env, encoded)
}

/// Writes an answer that is not whole yet.
#[napi]
pub struct FlightEncoder(Encoder);

#[napi]
impl FlightEncoder {
    #[napi(constructor)]
    pub fn new(env: Env, is_call: bool) -> napi::Result<Self> {
        let root = if is_call { Root::Call } else { Root::Value };
        now(env, || Ok(Self(Encoder::new(root))))
    }

    #[napi]
    pub fn start<'env>(
        &mut self,
        env: &'env Env,
        text: String,
        program: String,
        sizes: Vec<f64>,
    ) -> napi::Result<Rows<'env>> {
        written(env, || self.0.start(&Skeleton { text, program }, &whole(sizes)))
    }

    #[napi]
    pub fn item<'env>(
        &mut self,
        env: &'env Env,
        live: u32,
        text: String,
        program: String,
        sizes: Vec<f64>,
    ) -> napi::Result<Rows<'env>> {
        written(env, || self.0.item(live, &Skeleton { text, program }, &whole(sizes)))
    }

    #[napi]
    pub fn bytes<'env>(
        &mut self,
        env: &'env Env,
        live: u32,
        size: f64,
    ) -> napi::Result<Rows<'env>> {
        written(env, || self.0.bytes(live, size as u64))
    }

    #[napi]
    pub fn end<'env>(
        &mut self,
        env: &'env Env,
        live: u32,
        text: String,
        program: String,
        sizes: Vec<f64>,
    ) -> napi::Result<Rows<'env>> {
        written(env, || self.0.end(live, Some(&Skeleton { text, program }), &whole(sizes)))
    }

    /// The end of a stream.
    #[napi]
    pub fn close<'env>(&mut self, env: &'env Env, live: u32) -> napi::Result<Rows<'env>> {
        written(env, || self.0.end(live, None, &[]))
    }

    #[napi]
    pub fn fail<'env>(
        &mut self,
        env: &'env Env,
        live: u32,
        row: ErrorRow,
    ) -> napi::Result<Rows<'env>> {
        written(env, || self.0.fail(live, &row.into()))
    }
}

fn whole(sizes: Vec<f64>) -> Vec<u64> {
    sizes.into_iter().map(|size| size as u64).collect()
}

impl From<FlightError> for Failure {
    fn from(error: FlightError) -> Self {
        Self::new("errand::bug", error)
    }
}

/// What the browser may know of an error.
#[napi(object, object_from_js = false)]
pub struct ShownError {
    pub name: String,
    pub message: String,
}

#[napi]
pub fn redact(
    env: Env,
    name: String,
    message: String,
    digest: String,
    is_production: bool,
) -> napi::Result<ShownError> {
    now(env, || {
        let Shown { name, message } =
            redact::redact(Shown { name, message }, &digest, is_production);
        Ok(ShownError { name, message })
    })
}
