//! Why a store could not do what it was asked.

use std::path::PathBuf;

/// What can fail in a store. Memory never fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The storage below said no: the file system, the database's engine.
    #[error("the cache could not {what}")]
    Storage {
        /// What was tried, as a verb and its object.
        what: &'static str,
        /// What it said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The disk store's folder can't be used.
    #[error("the cache can't use its folder {folder}", folder = .folder.display())]
    Folder {
        /// Which one.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The disk store's folder is on a network drive.
    #[error("the cache's folder {folder} is on a network drive", folder = .folder.display())]
    NetworkFolder {
        /// Which one.
        folder: PathBuf,
    },
    /// The disk store has no room for a mark or a lease, though it dropped entries.
    #[error("the cache's database is full")]
    Full,
    /// The store is on another machine that can't be reached, or doesn't answer in time.
    #[error("the cache can't be reached: {reason}")]
    Away {
        /// What is known about it.
        reason: String,
    },
}

/// What a store answers, or why it could not.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The code of `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Storage { .. } => "errand::cache-storage",
            Self::Folder { .. } => "errand::cache-folder",
            Self::NetworkFolder { .. } => "errand::cache-network-folder",
            Self::Full => "errand::cache-full",
            Self::Away { .. } => "errand::cache-unavailable",
        }
    }
}
