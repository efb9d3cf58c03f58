//! Why a store could not do what it was asked.

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
}

/// What a store answers, or why it could not.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// The code of `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Storage { .. } => "errand::cache-storage",
        }
    }
}
