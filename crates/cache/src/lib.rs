//! Tagged entries whose invalidation is a time, not a search.
//!
//! | you hold | you want | use |
//! | --- | --- | --- |
//! | a key | the value, if it may still be served | [`Store::read`] |
//! | a key without a value | the right to make it, once | [`Store::begin`] |
//! | a value that was made | it stored, unless it is void already | [`Store::finish`] |
//! | a tag whose data changed | no older entry served again | [`Store::invalidate`] |
//! | a question | why an entry is fresh, stale or gone | [`Store::explain`] |
//!
//! ```
//! use cache::{Begin, Bounds, Invalidation, Life, Made, Memory, Read, Store};
//!
//! let store = Memory::new(&Bounds::default());
//! let now = cache::now();
//! let Begin::Run(fill) = store.begin("posts", &[], now).wait()? else {
//!     unreachable!("nobody else fills it")
//! };
//! let made = Made { value: "[]".into(), tags: vec!["posts".into()], life: Life::default() };
//! store.finish(fill, made, now).wait()?;
//! assert!(matches!(store.read("posts", now).wait()?, Read::Fresh(_)));
//!
//! store.invalidate(&["posts".into()], Invalidation::Hard, now).wait()?;
//! assert!(matches!(store.read("posts", now).wait()?, Read::Absent));
//! # Ok::<(), cache::Error>(())
//! ```
//!
//! # What you can rely on
//!
//! - **A fill that began before an invalidation is never served after it**, however late it ends.
//! - **An invalidation costs one write**, however many entries it hits.
//! - **Ticks are logical**: the order of marks and fills comes from a counter, so no wrong clock can
//!   disable a tag. Only ages are measured, by the `now` that the caller hands in.
//! - Memory is bounded: entries by their bytes, marks by their number (see [`Bounds`]).
//!
//! The rules are pure and in one place: [`judge`] looks at an entry and at the [`TagMark`]s of its
//! tags. A [`Store`] keeps both, and makes its steps atomic; [`Store`] says what all of them keep to.
//! There is [`Memory`] for one process, [`Disk`] for one machine and [`redis`] for many.
//!
//! What a *path* is, and which tags it has, is the host's business; here a tag is any text.

mod answer;
mod counters;
mod disk;
mod entry;
mod error;
mod explain;
mod marks;
mod memory;
pub mod redis;
mod rules;
mod store;
mod time;
mod value;

pub use answer::{Answer, Later};
pub use counters::Counters;
pub use disk::{Disk, DiskOptions, Durability, Notice};
pub use entry::{Entry, Life, Made};
pub use error::{Error, Result};
pub use explain::{Explained, ExplainedMark, ExplainedSoft, Explanation, MOST_EXPLAINED, Question};
pub use marks::{Hit, Invalidation, MOST_SOFT, MarkTable, SoftMark, TagMark};
pub use memory::Memory;
pub use rules::{Facts, Verdict, Why, is_overtaken, is_void, judge};
pub use store::{Begin, Bounds, Fill, Finished, Read, Stats, Store, Wait};
pub use time::{Tick, Time, elapsed, now};
pub use value::{Gather, Reader, Sink, Source, Value};
