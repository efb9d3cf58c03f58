//! Replies: the arguments of a call, from the browser to the server.
//!
//! React 19.3.1; `docs/protocol.md` §1. The body is one text when no argument needs a part of its
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
//! | `parts` | names and values | a table of slots, by number |
//! | `read`, `outline` | the texts that the root leads to | where each value lies, which ones are tags |
//! | `link` | all outlines | which value each reference means, which values stand in several places |
//! | `emit` | all of it | a skeleton |

mod emit;
mod link;
mod outline;
mod parts;
mod read;
mod tag;

pub use parts::{FileHead, Parts};

pub(crate) use emit::{Root, emit};
pub(crate) use link::link;
pub(crate) use parts::{Entry, Heads};
pub(crate) use read::{Reading, Shape, metadata};

use crate::{Limits, ReplyError, Skeleton};

/// A decoded reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The arguments: an array.
    pub skeleton: Skeleton,
    /// Ids of the server references among them, each once, in the order of their first occurrence.
    /// They are the sender's: look them up in the manifest before the values are built.
    pub references: Vec<String>,
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
/// - [`ReplyError::MissingPart`]: a tag points to a part. Text has none; see [`decode_parts`].
/// - [`ReplyError::Unsupported`]: a tag for a promise, a stream, an iterator, binary data or a
///   temporary reference.
///
/// # Source
///
/// `docs/protocol.md` §1.4 to §1.7; React 19.3.1, `parseModelString`. React is more lenient: it reads
/// ids like `parseInt`, BigInts in any base, dates that aren't, and takes an unknown tag for an id.
pub fn decode_text(body: &str, limits: &Limits) -> Result<Decoded, ReplyError> {
    ReplyError::check("body_bytes", body.len(), limits.body_bytes)?;
    if outline::is_plain(body, limits)? {
        let skeleton = Skeleton { text: body.to_owned(), program: String::new() };
        return Ok(Decoded { skeleton, references: Vec::new() });
    }
    let mut parts = Parts::new("");
    parts.text("0", body.to_owned(), &Limits { parts: 1, ..*limits })?;
    decode_parts(parts, limits)
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
    let mut reading = Reading::new(&parts, limits);
    reading.claim(0, Shape::Arguments, 0)?;
    reading.finish()?;
    let links = link(&reading)?;
    emit(&reading, &links, &Root::Part(0))
}
