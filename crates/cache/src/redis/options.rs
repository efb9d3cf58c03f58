//! How to reach Redis, and what to do when it can't be reached.

use std::time::Duration;

use super::Error;
use crate::Bounds;

/// Settings of a [`Redis`](super::Redis) store.
#[derive(Clone, Debug)]
pub struct Options {
    /// `redis://` or, with TLS, `rediss://`: `redis://user:password@host:6379/0`. More than one
    /// names nodes of one cluster; the others are found through them.
    pub urls: Vec<String>,
    /// Whether it is a cluster though one node's URL is given. Several URLs imply it.
    pub cluster: bool,
    /// PEM of the authorities that sign the server's certificate. `None`: those of the system.
    pub ca: Option<Vec<u8>>,
    /// What all keys begin with; caches with different prefixes share nothing. Default `errand`.
    pub prefix: String,
    /// What reads and fills do while Redis can't be reached.
    pub when_away: WhenAway,
    /// What to believe after Redis was started anew.
    pub after_restart: AfterRestart,
    /// How long one attempt to connect may take. Default 2 s.
    pub connect_timeout: Duration,
    /// How long a command may take, waiting for a connection included. Default 1 s.
    pub command_timeout: Duration,
    /// After this long without word from Redis the near cache stops calling anything fresh: no
    /// reader misses an acknowledged mark for longer. Default 2 s, at least 100 ms.
    pub max_silence: Duration,
    /// The longest pause between two attempts to connect; the first ones are shorter. Default 2 s.
    pub max_backoff: Duration,
    /// How long others wait for a fill whose process gives no sign of life. Default 10 s.
    pub sign_of_life: Duration,
    /// Bytes of one value; a larger one is refused. Default 64 MiB.
    pub max_value_bytes: u64,
    /// Redis frees an entry after this long, even one that never expires. Default 30 days.
    pub max_life: Duration,
    /// Marks in the log before they are folded into the snapshot. Default 10,000.
    pub max_log: u64,
    /// Bounds of what this process has: the bytes are the near cache's, of which the default is
    /// 64 MiB here.
    pub bounds: Bounds,
}

/// What reads and fills do while Redis can't be reached. A mark is an error in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenAway {
    /// Nothing is read and nothing is stored: each caller computes for itself.
    #[default]
    Bypass,
    /// What this process has near is served, called stale; the rest is computed, not stored.
    Stale,
    /// [`crate::Error::Away`] at once.
    Fail,
}

/// What to believe after Redis was started anew, or a replica took over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterRestart {
    /// Every entry is void, unless Redis says that it wrote each command to disk before it
    /// answered (`appendonly yes`, `appendfsync always`): it may have forgotten marks that it
    /// acknowledged, and nobody else knows them.
    #[default]
    Void,
    /// What Redis still has is believed, unless this process knows of later marks.
    Trust,
}

impl Options {
    /// Defaults, at `url`.
    pub fn at(url: impl Into<String>) -> Self {
        Self {
            urls: vec![url.into()],
            cluster: false,
            ca: None,
            prefix: "errand".to_owned(),
            when_away: WhenAway::default(),
            after_restart: AfterRestart::default(),
            connect_timeout: Duration::from_secs(2),
            command_timeout: Duration::from_secs(1),
            max_silence: Duration::from_secs(2),
            max_backoff: Duration::from_secs(2),
            sign_of_life: Duration::from_secs(10),
            max_value_bytes: 64 << 20,
            max_life: Duration::from_secs(30 * 24 * 60 * 60),
            max_log: 10_000,
            bounds: Bounds { max_bytes: 64 << 20, ..Bounds::default() },
        }
    }

    /// How long one look into the log waits for the next mark: so short that, with the way there
    /// and back, a few may be late before the silence is too long.
    pub(super) fn log_wait(&self) -> Duration {
        self.max_silence / 4
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        let wrong = |what: &str| Err(Error::Option(what.to_owned()));
        if self.urls.is_empty() {
            return wrong("redis.urls: at least one is needed");
        }
        if self.prefix.is_empty() || self.prefix.contains(['{', '}']) {
            return wrong("redis.prefix: some text without braces, which name a cluster's slot");
        }
        if self.max_silence < Duration::from_millis(100) {
            return wrong("redis.maxSilence: at least 100 ms");
        }
        if self.sign_of_life < Duration::from_millis(100) {
            return wrong("redis.signOfLife: at least 100 ms");
        }
        Ok(())
    }
}
