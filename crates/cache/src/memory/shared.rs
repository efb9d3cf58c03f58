//! One store for all worker threads of a process.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, Weak},
};

use super::Memory;
use crate::store::Bounds;

static BY_NAME: LazyLock<Mutex<HashMap<String, Weak<Memory>>>> = LazyLock::new(Mutex::default);

impl Memory {
    /// The store of this name: each thread that asks gets the same one, until the last has let go
    /// of it. `bounds` count for who asks first.
    pub fn named(name: &str, bounds: &Bounds) -> Arc<Self> {
        let mut by_name = BY_NAME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(store) = by_name.get(name).and_then(Weak::upgrade) {
            return store;
        }
        let store = Arc::new(Self::new(bounds));
        by_name.retain(|_, store| store.strong_count() > 0);
        by_name.insert(name.to_owned(), Arc::downgrade(&store));
        store
    }
}
