//! Each folder once in a process: LMDB's locks belong to the process, not to whoever opened it.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex, PoisonError, Weak},
};

use super::{Durability, Shared};
use crate::{
    error::{Error, Result},
    store::Bounds,
};

static BY_FOLDER: LazyLock<Mutex<HashMap<PathBuf, Weak<Shared>>>> = LazyLock::new(Mutex::default);

/// What all worker threads share of a folder.
pub(super) fn shared(
    folder: &Path,
    durability: Durability,
    bounds: &Bounds,
) -> Result<Arc<Shared>> {
    let fail = |source| Error::Folder { folder: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(fail)?;
    let path = folder.canonicalize().map_err(fail)?;
    let mut by_folder = BY_FOLDER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(shared) = by_folder.get(&path).and_then(Weak::upgrade) {
        return Ok(shared);
    }
    let shared = Shared::open(&path, durability, bounds)?;
    by_folder.retain(|_, shared| shared.strong_count() > 0);
    by_folder.insert(path, Arc::downgrade(&shared));
    Ok(shared)
}
