//! What the tests of this folder share: bodies from a grammar, and what holds of each.

#![allow(dead_code, unreachable_pub)]

pub mod grammar;
pub mod holds;
