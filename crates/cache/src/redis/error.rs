//! What can go wrong with Redis.

use redis::RedisError;

/// Why something could not be asked of Redis.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// An option can't be used; begins with its name.
    #[error("{0}")]
    Option(String),
    /// No connection, and none within the time allowed.
    #[error("redis can't be reached{}", why(.0))]
    Away(Option<RedisError>),
    /// Redis didn't answer within the time allowed; what was asked may have happened.
    #[error("redis gave no answer within {0} ms")]
    TimedOut(u64),
    /// Redis answered that it won't.
    #[error("redis refused a command: {0}")]
    Refused(RedisError),
    /// A large value isn't there any more: its entry was replaced while it was read.
    #[error("the value was replaced while it was read")]
    Replaced,
}

impl Error {
    /// What the server said can't be understood.
    pub(super) fn unexpected() -> Self {
        Self::Refused((redis::ErrorKind::UnexpectedReturnType, "not what was asked for").into())
    }

    /// The code of `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Option(_) => "errand::bad-option",
            Self::Away(_) | Self::TimedOut(_) => "errand::cache-unavailable",
            Self::Refused(_) | Self::Replaced => "errand::cache-storage",
        }
    }
}

impl From<Error> for crate::Error {
    fn from(error: Error) -> Self {
        match error {
            Error::Away(_) | Error::TimedOut(_) => Self::Away { reason: error.to_string() },
            Error::Option(_) | Error::Refused(_) | Error::Replaced => {
                Self::Storage { what: "do what Redis was asked", source: Box::new(error) }
            }
        }
    }
}

impl From<RedisError> for Error {
    fn from(error: RedisError) -> Self {
        use redis::ErrorKind::{ClusterConnectionNotFound, InvalidClientConfig, Io, Parse, Server};
        match error.kind() {
            InvalidClientConfig => Self::Option(format!("redis.urls: {error}")),
            Io | Parse | ClusterConnectionNotFound => Self::Away(Some(error)),
            // A server that loads its file or has no master for a while is away, not unwilling.
            Server(kind) if passes(kind) => Self::Away(Some(error)),
            _ => Self::Refused(error),
        }
    }
}

fn passes(kind: redis::ServerErrorKind) -> bool {
    use redis::ServerErrorKind::{BusyLoading, ClusterDown, MasterDown, Moved, ReadOnly, TryAgain};
    matches!(kind, BusyLoading | ClusterDown | MasterDown | Moved | ReadOnly | TryAgain)
}

fn why(error: &Option<RedisError>) -> String {
    error.as_ref().map(|error| format!(": {error}")).unwrap_or_default()
}
