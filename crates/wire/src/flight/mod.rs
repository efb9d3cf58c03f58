//! Flight rows: the result of a call, from the server to the browser.
//!
//! React 19.3.1; `docs/protocol.md` §4. A row is `id:` and a model, an error, or counted bytes; ids
//! are hexadecimal. A model is JSON in which a string that begins with `$` is a tag, so one of the
//! user's that begins so gets another `$`.
//!
//! ```text
//! {who: "$Ada", at: new Date(0), tags: new Set(["a"])}
//!
//! 0:{"a":"$@1"}
//! 2:["a"]
//! 1:{"who":"$$Ada","at":"$D1970-01-01T00:00:00.000Z","tags":"$W2"}
//! ```
//!
//! React's production and development clients both read what is written here (§4.6).

mod encoder;
mod rows;
mod walk;

pub use encoder::{Encoder, Root};

use crate::{Skeleton, json::quote};

/// Why a value could not be written. Our own TypeScript made the skeleton, so this is a bug and not
/// bad input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlightError {
    /// The program doesn't fit the text, or one of them isn't JSON on one line.
    #[error("the result's program does not fit its text")]
    BadSkeleton,
    /// The program places bytes that weren't handed over.
    #[error("the result has no file {0}")]
    NoFile(usize),
    /// No promise, stream or iterable with this node is open.
    #[error("nothing is open under the node {0}")]
    NotOpen(u32),
}

impl FlightError {
    /// The stable name of this error; `docs/errors.md` has a section for each.
    pub fn code(&self) -> &'static str {
        "errand::bad-skeleton"
    }
}

/// Rows to send. The bytes of files, views and long strings stay with whoever has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// All but those bytes.
    pub bytes: Vec<u8>,
    /// Where in `bytes` they go, and which: as the skeleton's `B` and `V` instructions number them.
    pub holes: Vec<(usize, usize)>,
}

impl Rows {
    /// The rows whole.
    ///
    /// # Errors
    ///
    /// [`FlightError::NoFile`].
    pub fn filled(self, blobs: &[&[u8]]) -> Result<Vec<u8>, FlightError> {
        let mut whole = Vec::with_capacity(self.bytes.len());
        let mut from = 0;
        for (at, blob) in self.holes {
            whole.extend_from_slice(self.bytes.get(from..at).unwrap_or_default());
            whole.extend_from_slice(blobs.get(blob).ok_or(FlightError::NoFile(blob))?);
            from = at;
        }
        whole.extend_from_slice(self.bytes.get(from..).unwrap_or_default());
        Ok(whole)
    }
}

/// How a call failed, as far as the browser may know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ErrorRow {
    /// What the server's log calls the error.
    pub digest: String,
    /// The error's name.
    pub name: String,
    /// A message that may leave the server.
    pub message: String,
    /// Of an error that was thrown on purpose. React's client ignores it, Errand's makes an
    /// `ActionError` of it.
    pub declared: Option<Declared>,
}

/// An error's own code and data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The application's name for it.
    pub code: String,
    /// JSON, as `JSON.stringify` writes it.
    pub data: Option<String>,
}

impl ErrorRow {
    /// `1:E{"digest":"d1","name":"Error","message":"","stack":[],"env":"Server","owner":null}⏎`
    fn write(&self, row: u32, out: &mut Vec<u8>) {
        let mut text = format!("{row:x}:E{{\"digest\":");
        quote(&self.digest, &mut text);
        text.push_str(",\"name\":");
        quote(&self.name, &mut text);
        text.push_str(",\"message\":");
        quote(&self.message, &mut text);
        // A development client fails the whole response without these three.
        text.push_str(",\"stack\":[],\"env\":\"Server\",\"owner\":null");
        if let Some(Declared { code, data }) = &self.declared {
            text.push_str(",\"errand\":{\"code\":");
            quote(code, &mut text);
            if let Some(data) = data {
                text.push_str(",\"data\":");
                // One row is one line: whatever breaks lines in JSON is a blank there.
                text.extend(
                    data.chars().map(|char| if matches!(char, '\n' | '\r') { ' ' } else { char }),
                );
            }
            text.push('}');
        }
        text.push_str("}\n");
        out.extend_from_slice(text.as_bytes());
    }
}

/// The rows of a call that returned, whole: the envelope `{"a":"$@1"}` as the root, the result as row 1.
///
/// `sizes` are those of the bytes that the skeleton's `B` and `V` instructions number. Plain data is
/// read once and copied once. What isn't settled yet needs an [`Encoder`].
///
/// # Errors
///
/// [`FlightError`].
pub fn encode_call(result: &Skeleton, sizes: &[u64]) -> Result<Rows, FlightError> {
    whole(Root::Call, result, sizes)
}

/// The rows of a value that is the root itself.
///
/// # Errors
///
/// [`FlightError`].
pub fn encode_value(value: &Skeleton, sizes: &[u64]) -> Result<Rows, FlightError> {
    whole(Root::Value, value, sizes)
}

fn whole(root: Root, skeleton: &Skeleton, sizes: &[u64]) -> Result<Rows, FlightError> {
    let mut encoder = Encoder::new(root);
    let rows = encoder.start(skeleton, sizes)?;
    if encoder.is_open() { Err(FlightError::BadSkeleton) } else { Ok(rows) }
}

/// The rows of a call that failed: the envelope's promise rejects.
pub fn encode_call_error(error: &ErrorRow) -> Vec<u8> {
    let mut out = Root::Call.head().as_bytes().to_vec();
    error.write(Root::Call.row(), &mut out);
    out
}
