//! One action call, from request to response, for whatever server it arrives at.
//!
//! | you hold | you want | use |
//! | --- | --- | --- |
//! | a request's head | to know whether it is a call, and may be made | [`Host::admit`] |
//! | the body of a call or a form | its arguments | [`Host::decode_call`], [`Host::decode_form`] |
//! | a body that is still arriving | its arguments as soon as they are there | [`Host::arriving`] |
//! | values that a page carries and brings back | nobody to read or change them | [`Host::seal`], [`Host::open`] |
//! | an action with rules of its own | nobody to ask more of it | [`Policy`], [`Gate`] |
//! | what an action did | the answer's head | [`respond`] |
//! | an answer | it to name the build | [`build`], [`Host::named`] |
//! | an error of the user's code | what the browser may know of it | [`redact`] |
//! | a response to keep | its key and its bytes | [`page`] |
//! | no server | one that answers what needs no JavaScript by itself | [`listener`] |
//! | a path or a tag to invalidate | the cache's name for it | [`path`] |
//!
//! # What you can rely on
//!
//! - **What nobody may call costs no decoding**: the id is resolved and the origin checked before
//!   the body is read.
//! - **A refused request has one code and one status**, in one table ([`Rejection`], [`respond`]).
//! - **Nothing here runs the user's code**, or performs I/O: but for [`listener`], only large files of a
//!   body that arrives go to disk.
//!
//! Start reading at [`Host`], then [`classify`], [`guard`], [`respond`].

mod arriving;
mod body;
pub mod build;
pub mod classify;
mod disposition;
pub mod effects;
mod framing;
mod gate;
pub mod guard;
mod host;
pub mod listener;
pub mod origin;
pub mod page;
pub mod path;
mod policies;
pub mod policy;
pub mod profiles;
pub mod proxy;
pub mod redact;
mod rejection;
pub mod respond;
pub mod seal;
pub mod secrets;
mod settings;
pub mod size;

pub use arriving::{ArrivedForm, ArrivingCall, ArrivingForm, Files, Piece, Stored};
pub use gate::{Gate, Turn};
pub use host::{Admission, Arguments, FormCall, Host, decode_reply, is_plain_reply};
pub use policies::PolicyId;
pub use policy::{Bounds, Policy};
pub use rejection::Rejection;
pub use settings::{BadOption, Settings};
