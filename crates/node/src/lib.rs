//! The binding: shapes that cross between JavaScript and the rooms, nothing else.
//!
//! What each function means is said once, in `index.d.ts` for users and in `npm/native/binding.ts`
//! for our own TypeScript. No panic leaves this crate: see [`job`].

#![allow(unreachable_pub)] // what crosses has to be `pub` for the derive, and nobody links this crate
#![cfg_attr(test, allow(dead_code))] // a test build has no JavaScript that would call it

mod arriving;
mod cache;
mod cache_hit;
mod cache_settings;
mod flight;
mod host;
mod hush;
mod job;
mod listener;
mod page;
mod policy;
mod reply;
mod soon;
mod transform;

/// A syntax tree is thousands of small allocations: a parse takes a fifth less time with this allocator than with glibc's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
