//! Tagged entries whose invalidation is a time, not a search.
//!
//! | you hold | you want | use |
//! | --- | --- | --- |
//! | a key | the value, if it may still be served | [`Cache::read`] |
//! | a key without a value | the right to compute it, once | [`Cache::begin`] |
//! | a computed value | it stored, unless it is stale already | [`Cache::finish`] |
//! | a tag whose data changed | no older entry served again | [`Cache::invalidate`] |
//!
//! ```
//! use cache::{Begin, Cache, Life, Options, Read, Time};
//!
//! let cache = Cache::new(&Options::default());
//! let now = Time::ZERO;
//! let Begin::Run(fill) = cache.begin("posts") else { unreachable!("nobody else fills it") };
//! cache.finish(fill, b"[]".as_slice().into(), vec!["posts".into()], Life::default(), now);
//! assert!(matches!(cache.read("posts", now), Read::Fresh(_)));
//!
//! cache.invalidate("posts");
//! assert!(matches!(cache.read("posts", now), Read::Absent));
//! ```
//!
//! # What you can rely on
//!
//! - **A fill that began before an invalidation is never served after it**, however late it ends.
//! - **An invalidation costs one write**, however many entries it hits.
//! - **Ticks are logical**: the order of marks and fills comes from a counter, so no wrong clock can
//!   disable a tag. Only ages are measured, by the `now` that the caller hands in.
//! - Memory is bounded: entries by their bytes, marks by their number (see [`Options`]).
//!
//! What a *path* is, and which tags it has, is the host's business; here a tag is any text.

mod entry;
mod fills;
mod marks;
mod memory;

pub use entry::{Entry, Life, Time};
pub use fills::{Begin, Fill, FillId};
pub use memory::{Cache, Options, Read, Stats};
