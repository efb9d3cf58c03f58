//! Replies: the arguments of a call, from the browser to the server.
//!
//! React 19.3.1, and what 19.0 to 19.3 write otherwise (`versions`). The body is one text when no argument needs a part of its
//! own, else multipart: part `0` is the list of the arguments, and what JSON has no words for stands
//! in parts of its own. A string that begins with `$` is a tag: it points to a part, or says what
//! JSON can't. Parts are numbered in decimal, tags in hexadecimal.
//!
//! ```text
//! 1 = [["k","$n1"]]    _2_title = Hi    0 = ["$Q1","$K2","$$5"]    →    Map{"k"→1n}, FormData, "$5"
//! ```
//!
//! Decoding is four steps, each with a table for the next:
//!
//! | step | from | to |
//! | --- | --- | --- |
//! | `plain` | a whole body that is text | whether it needs any of the others |
//! | `parts` | names and values | a table of slots, by number |
//! | `read`, `outline` | the texts that the root leads to | where each value lies, which ones are tags |
//! | `link` | all outlines | which value each reference means, which values stand in several places |
//! | `emit` | all of it | a skeleton |
//!
//! `decoder` runs them: once over a whole body, or again and again over what has come.

mod cycle;
mod decoder;
mod emit;
mod link;
mod outline;
mod parts;
mod plain;
mod read;
mod tag;
mod versions;

pub use decoder::Decoder;
pub use parts::{FileHead, Parts};

pub(crate) use decoder::decode_form;
pub(crate) use parts::{Entry, Heads};
pub(crate) use read::metadata;

use crate::{Limits, ReplyError, Skeleton};

/// A decoded reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The arguments: an array.
    pub skeleton: Skeleton,
    /// Ids of the server references among them, each once, in the order of their first occurrence.
    /// They are the sender's: look them up in the manifest before the values are built.
    /// Of a reply that is decoded as it comes: those that weren't there before.
    pub references: Vec<String>,
    /// The files that are numbered here. One may be numbered more than once.
    pub blobs: Vec<BlobUse>,
    /// Whether more may come. Of a whole reply it never is: promises that have no value and streams
    /// without an end fail.
    pub is_open: bool,
}

/// A file that a skeleton numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BlobUse {
    /// Its number among the files.
    pub blob: u32,
    /// Whether its bytes are wanted at once: it is an `ArrayBuffer` or a view.
    pub is_view: bool,
}

/// Decodes the text body of a call into its arguments.
///
/// The body is the JSON text of one array, in which a string that begins with `$` is a tag. It is all
/// that React sends when no argument needs a part of its own:
///
/// ```text
/// ["hi", 1, "$n42", "$undefined", "$$5"]    →    "hi", 1, 42n, undefined, "$5"
/// ```
///
/// Takes one pass over plain JSON, which comes back as it is; two more where there are tags.
///
/// # Errors
///
/// - [`ReplyError::Malformed`]: `body` isn't JSON, has a key twice in an object, isn't an array, or
///   a tag is none that React writes.
/// - [`ReplyError::TooMuch`]: a bound of `limits` was passed.
/// - [`ReplyError::MissingPart`]: a tag points to a part. Text has none; see [`decode_parts`]. Promises
///   and streams are the exception: they fail, as in any body that ends without them.
///
/// # Source
///
/// `docs/protocol.md` §1.4 to §1.7; React 19.3.1, `parseModelString`. React is more lenient: it reads
/// ids like `parseInt`, BigInts in any base, dates that aren't, and takes an unknown tag for an id.
pub fn decode_text(body: &str, limits: &Limits) -> Result<Decoded, ReplyError> {
    ReplyError::check("body_bytes", body.len(), limits.body_bytes)?;
    ReplyError::check("part_bytes", body.len(), limits.part_bytes)?;
    if is_plain(body, limits)? {
        let skeleton = Skeleton { text: body.to_owned(), program: String::new() };
        return Ok(Decoded { skeleton, ..Decoded::default() });
    }
    let mut parts = Parts::new("");
    parts.text("0", body.to_owned(), &Limits { parts: 1, ..*limits })?;
    decode_parts(parts, limits)
}

/// Whether `body` is sure to be its own skeleton: a list within `limits` in which no string is a tag. Then
/// whoever has it may hand it to the engine's parser as it is. `false` says nothing yet.
///
/// Takes one pass, a fraction of what parsing takes.
///
/// # Errors
///
/// [`ReplyError::TooMuch`]: it is longer than a body may be.
pub fn is_plain(body: &str, limits: &Limits) -> Result<bool, ReplyError> {
    ReplyError::check("body_bytes", body.len(), limits.body_bytes)?;
    Ok(plain::is_plain(body, limits))
}

/// Decodes the parts of a multipart body into the arguments of a call.
///
/// Parts that nothing refers to are ignored, as in React.
///
/// # Errors
///
/// As [`decode_text`], and:
///
/// - [`ReplyError::MissingPart`]: part 0 isn't there, or a part that a tag points to.
/// - [`ReplyError::DuplicatePart`]: two values claim one part as their entries.
///
/// # Source
///
/// `docs/protocol.md` §1.2, §1.5 and §1.7. What React's own decoder gets wrong with valid replies
/// (§1.9, Q2 to Q4) is right here.
pub fn decode_parts(parts: Parts, limits: &Limits) -> Result<Decoded, ReplyError> {
    let mut decoder = Decoder::of(parts, limits);
    decoder.begin()?;
    decoder.end();
    Ok(decoder.decode()?.unwrap_or_default()) // it is complete, so there is something
}
