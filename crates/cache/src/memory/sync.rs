//! Locks and atomics: the system's, or under this crate's own tests those whose schedule the test
//! chooses.

#[cfg(not(test))]
pub(super) use std::sync::{Arc, Mutex, MutexGuard, RwLock, atomic};

#[cfg(test)]
pub(super) use shuttle::sync::{Arc, Mutex, MutexGuard, RwLock, atomic};
