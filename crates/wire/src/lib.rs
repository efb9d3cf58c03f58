//! Bytes to values and back: what a browser and an action say to each other.
//!
//! A *reply* carries the arguments of a call to the server; a *Flight stream* carries its result
//! to the browser. Both formats are React's (19.3.1), so React's own client and renderer can
//! stand at the other end; the decoder is ours, because the bytes come from strangers.
//!
//! | you hold | you want | use |
//! | --- | --- | --- |
//! | the text body of a call | its arguments | [`reply::decode_text`] |
//! | the parts of a multipart body | its arguments | [`reply::Parts`], [`reply::decode_parts`] |
//! | parts that are still arriving | its arguments as soon as they are there | [`reply::Decoder`] |
//! | the fields of a form sent without JavaScript | the action and its arguments | [`form::Fields`], [`form::decode`] |
//! | the result of a call | rows to send | [`flight::encode_call`] |
//! | the error of a call | rows to send | [`flight::encode_call_error`] |
//!
//! ```
//! use wire::{Limits, reply};
//!
//! let plain = reply::decode_text(r#"["hi",1]"#, &Limits::default())?.skeleton;
//! assert_eq!((plain.text.as_str(), plain.program.as_str()), (r#"["hi",1]"#, ""));
//!
//! let odd = reply::decode_text(r#"["$n42"]"#, &Limits::default())?.skeleton;
//! assert_eq!(odd.program, r#"["n","42","=",0,0]"#);
//! # Ok::<(), wire::ReplyError>(())
//! ```
//!
//! No JavaScript value is built here. What crosses is a [`Skeleton`]: text for the engine's own JSON
//! parser, and a flat list of instructions for what JSON has no words for.
//!
//! # What you can rely on
//!
//! - **Nothing happens here but decoding.** No I/O, no clock, no threads: bytes in, values out.
//! - **No input panics, and nothing recurses.** Each bound of [`Limits`] ends in a [`ReplyError`]
//!   that names the bound; work and memory are proportional to the bytes (`tests/linear.rs`: at most
//!   120 bytes of memory for each).
//! - **A value can't act.** It is data: a `then` in it is a key, `__proto__` is left out, and a
//!   reference reaches own properties of plain objects and arrays, nothing else.
//! - **What isn't decoded is an error**, never a wrong value.
//!
//! Start reading at [`Skeleton`], then [`reply`].

#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic))]

mod skeleton;

mod limits;

mod error;

pub mod reply;

pub mod form;

pub mod flight;

mod json;

mod program;

pub use error::ReplyError;
pub use limits::Limits;
pub use reply::FileHead;
pub use skeleton::Skeleton;
