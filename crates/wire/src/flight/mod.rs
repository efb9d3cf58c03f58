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

mod rows;
mod walk;

use crate::{Skeleton, json::quote};

/// Why a value could not be written. Our own TypeScript made the skeleton, so this is a bug and not
/// bad input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FlightError {
    /// The program doesn't fit the text, or one of them isn't JSON on one line.
    #[error("the result's program does not fit its text")]
    BadSkeleton,
    /// The program places a file that wasn't handed over.
    #[error("the result has no file {0}")]
    NoFile(usize),
}

impl FlightError {
    /// The stable name of this error; `docs/errors.md` has a section for each.
    pub fn code(&self) -> &'static str {
        "errand::bad-skeleton"
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

/// The envelope's row, which every answer to a call begins with.
const ENVELOPE: &str = "0:{\"a\":\"$@1\"}\n";

/// The rows of a call that returned: the envelope `{"a":"$@1"}` as the root, the result as row 1.
///
/// `blobs` are the files' bytes, as the skeleton's `B` instructions number them. Plain data is read
/// once and copied once. Rows come before those that refer to them.
///
/// # Errors
///
/// [`FlightError`].
pub fn encode_call(result: &Skeleton, blobs: &[&[u8]]) -> Result<Vec<u8>, FlightError> {
    rows::encode(result, blobs, 1, ENVELOPE)
}

/// The rows of a value that is the root itself.
///
/// # Errors
///
/// [`FlightError`].
pub fn encode_value(value: &Skeleton, blobs: &[&[u8]]) -> Result<Vec<u8>, FlightError> {
    rows::encode(value, blobs, 0, "")
}

/// The rows of a call that failed: the envelope's promise rejects.
///
/// ```text
/// 0:{"a":"$@1"}
/// 1:E{"digest":"d1","name":"Error","message":"","stack":[],"env":"Server","owner":null}
/// ```
pub fn encode_call_error(error: &ErrorRow) -> Vec<u8> {
    let mut row = format!("{ENVELOPE}1:E{{\"digest\":");
    quote(&error.digest, &mut row);
    row.push_str(",\"name\":");
    quote(&error.name, &mut row);
    row.push_str(",\"message\":");
    quote(&error.message, &mut row);
    // A development client fails the whole response without these three.
    row.push_str(",\"stack\":[],\"env\":\"Server\",\"owner\":null");
    if let Some(Declared { code, data }) = &error.declared {
        row.push_str(",\"errand\":{\"code\":");
        quote(code, &mut row);
        if let Some(data) = data {
            row.push_str(",\"data\":");
            // One row is one line: whatever breaks lines in JSON is a blank there.
            row.extend(
                data.chars().map(|char| if matches!(char, '\n' | '\r') { ' ' } else { char }),
            );
        }
        row.push('}');
    }
    row.push_str("}\n");
    row.into_bytes()
}
