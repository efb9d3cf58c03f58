//! Entries on their way to Redis and back, large ones in pieces.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;

use super::{
    Error,
    follow::Shared,
    link::{Patience, Request},
    record::{DISTINCT_BYTES, Head, Prelude, Record},
    scripts::SCRIPTS,
};
use crate::{Answer, Source, Tick};

/// Bytes that are sent or fetched at once: what a server is busy with is kept short for others.
const PIECE_BYTES: usize = 256 << 10;
/// Values of more bytes aren't fetched before somebody reads them.
const LARGE_BYTES: u64 = 4 << 20;
const LONGEST_WRITE: Duration = Duration::from_secs(60);

/// What is under a key.
pub(super) enum Found {
    Whole(Record),
    /// The value is still there, to be read in parts.
    Large(Head, Large),
}

impl Found {
    pub(super) fn head(&self) -> &Head {
        match self {
            Self::Whole(record) => &record.head,
            Self::Large(head, _) => head,
        }
    }
}

impl Shared {
    /// What Redis has under `key`, fit to serve or not; nothing that is torn or damaged.
    pub(super) async fn fetch(self: &Arc<Self>, key: &str) -> Result<Option<Found>, Error> {
        // A value in pieces may be replaced between two of them.
        const ATTEMPTS: usize = 3;
        let entry = self.keys.of(key).entry;
        for _ in 0..ATTEMPTS {
            let mut command = redis::cmd("GETRANGE");
            command.arg(&entry).arg(0).arg(PIECE_BYTES - 1);
            let first: Vec<u8> = self.link.ask(&Request::Command(&command), Patience::None).await?;
            let Some(prelude) = Prelude::of(&first) else { return Ok(None) };
            let distinct = first.get(..DISTINCT_BYTES).unwrap_or_default().to_vec();
            let (value_at, value_bytes) = (prelude.value_at(), prelude.value_bytes());
            let large = Large {
                shared: Arc::clone(self),
                entry: entry.clone(),
                distinct,
                value_at,
                value_bytes,
            };
            if value_bytes > LARGE_BYTES {
                return Ok(Head::decode(&first).map(|head| Found::Large(head, large)));
            }
            if let Some(whole) = large.complete(first).await? {
                return Ok(Record::decode(whole.into()).map(Found::Whole));
            }
        }
        Ok(None)
    }

    /// Ends a fill with what it made. Says whether it could store.
    pub(super) async fn store(
        &self,
        key: &str,
        record: &Record,
        keep: Duration,
    ) -> Result<bool, Error> {
        let began = record.head.began;
        let part = self.keys.of(key).part(began);
        let head = record.encode_head();
        if head.len() + record.value.len() <= PIECE_BYTES {
            return self.end(key, began, &[&head, &*record.value].concat(), keep).await;
        }
        self.write(&part, 0, &head).await?;
        // What a process that died left behind goes by itself.
        let mut command = redis::cmd("PEXPIRE");
        command.arg(&part).arg(LONGEST_WRITE.as_millis() as u64);
        let _: u64 = self.link.ask(&Request::Command(&command), Patience::None).await?;
        for (n, piece) in record.value.chunks(PIECE_BYTES).enumerate() {
            self.write(&part, head.len() + n * PIECE_BYTES, piece).await?;
        }
        self.end(key, began, b"", keep).await
    }

    /// Ends a fill without a value. Says whether it could have stored one.
    pub(super) async fn release(&self, key: &str, began: Tick) -> Result<bool, Error> {
        self.end(key, began, b"", Duration::ZERO).await
    }

    /// Drops an entry and the right to fill it. Says whether there was one.
    pub(super) async fn remove(&self, key: &str) -> Result<bool, Error> {
        self.unlink(key, b"").await
    }

    /// Drops an entry that nobody may be served any more, if it is still this one.
    pub(super) async fn remove_gone(&self, key: &str, found: &Found) {
        let distinct = match found {
            Found::Whole(record) => record.encode_head()[..DISTINCT_BYTES].to_vec(),
            Found::Large(_, large) => large.distinct.clone(),
        };
        // If it fails, the next reader finds it gone, too.
        let _ = self.unlink(key, &distinct).await;
    }

    async fn unlink(&self, key: &str, distinct: &[u8]) -> Result<bool, Error> {
        let keys = self.keys.of(key);
        let mut script = SCRIPTS.delete.prepare_invoke();
        script.key(&keys.fill).key(&keys.entry).arg(distinct);
        let gone: u64 = self.link.ask(&Request::Script(&script), Patience::None).await?;
        Ok(gone == 1)
    }

    async fn write(&self, part: &str, at: usize, piece: &[u8]) -> Result<(), Error> {
        let mut command = redis::cmd("SETRANGE"); // and not APPEND: it may be asked twice
        command.arg(part).arg(at).arg(piece);
        self.link.ask::<u64>(&Request::Command(&command), Patience::None).await.map(|_| ())
    }

    async fn end(
        &self,
        key: &str,
        began: Tick,
        entry: &[u8],
        keep: Duration,
    ) -> Result<bool, Error> {
        let keys = self.keys.of(key);
        let mut script = SCRIPTS.finish.prepare_invoke();
        script.key(keys.fill.as_str()).key(keys.entry.as_str()).key(keys.part(began));
        script.arg(began.0).arg(entry).arg(keep.as_millis() as u64);
        let could: u64 = self.link.ask(&Request::Script(&script), Patience::None).await?;
        Ok(could == 1)
    }
}

/// A value that is read where it lies.
#[derive(Clone)]
pub(super) struct Large {
    shared: Arc<Shared>,
    entry: String,
    /// The first bytes of the record, by which it is known again.
    distinct: Vec<u8>,
    value_at: u64,
    value_bytes: u64,
}

impl Large {
    /// The rest of a record that begins with `first`; `None` if it isn't there any more.
    async fn complete(&self, mut first: Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
        let whole = self.value_at.saturating_add(self.value_bytes);
        while (first.len() as u64) < whole {
            match self.piece(first.len() as u64, PIECE_BYTES).await? {
                Some(piece) if !piece.is_empty() => first.extend(piece),
                _ => return Ok(None),
            }
        }
        Ok(Some(first))
    }

    async fn piece(&self, at: u64, most: usize) -> Result<Option<Vec<u8>>, Error> {
        let mut script = SCRIPTS.piece.prepare_invoke();
        script.key(&self.entry).arg(&self.distinct).arg(at).arg(most);
        self.shared.link.ask(&Request::Script(&script), Patience::None).await
    }

    async fn part(&self, at: u64, most: usize) -> Result<Bytes, Error> {
        let end = at.saturating_add(most as u64).min(self.value_bytes);
        let mut part = Vec::new();
        while at + (part.len() as u64) < end {
            let here = at + part.len() as u64;
            let length = usize::try_from(end - here).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
            match self.piece(self.value_at + here, length).await? {
                Some(piece) if !piece.is_empty() => part.extend(piece),
                _ => return Err(Error::Replaced),
            }
        }
        Ok(part.into())
    }
}

impl Source for Large {
    fn len_bytes(&self) -> u64 {
        self.value_bytes
    }

    fn read(&self, at: u64, most: usize) -> Answer<crate::Result<Bytes>> {
        let large = self.clone();
        self.shared.later(async move { Ok(large.part(at, most).await?) })
    }
}

impl fmt::Debug for Large {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} bytes at {}", self.value_bytes, self.entry)
    }
}
