//! Entries and marks in Redis or Valkey, shared by all machines.
//!
//! | step | round trips |
//! | --- | --- |
//! | read of what is near and fresh | none |
//! | another read, begin, finish, mark | one (more for a value of over 256 KiB, one per such piece) |
//! | delete | two |
//! | catch up | none, or one |
//!
//! # What you can rely on
//!
//! - **A mark that was acknowledged holds**, wherever it was made: each process has a copy of all
//!   marks, brought up to date by a log in Redis. A process that hasn't heard from Redis for
//!   [`Options::max_silence`] calls nothing fresh any more.
//! - **If Redis forgets, all is void**: it was started anew without its data, a replica took over
//!   that lacks some, somebody flushed it, it evicted the log. Then a new *generation* begins.
//! - **Nothing waits for long**: each command is bounded, and while Redis is known to be away
//!   reads and fills fail fast, in the way that [`Options::when_away`] says.
//! - **Time is Redis's**: ages and deadlines don't depend on this machine's clock.
//!
//! Start reading at `follow.rs`, which keeps the copy of the marks; what lies where in Redis is in
//! `keys.rs`, what happens there in `scripts`.

mod bytes;
mod clock;
mod entries;
mod error;
mod explain;
mod fills;
mod follow;
mod keys;
mod link;
mod log;
mod marking;
mod near;
mod options;
mod record;
mod replica;
mod scripts;
mod snapshot;
mod store;
mod ticks;

pub use error::Error;
pub use options::{AfterRestart, Options, WhenAway};
pub use store::Redis;
