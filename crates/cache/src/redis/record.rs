//! An entry as Redis keeps it.
//!
//! ```text
//! "E1" | head bytes u32 | value bytes u64 | checksum (XXH3) of all that follows u64
//!      | generation u64 | began u64 | stored time | revalidate limit | expire limit | tags   (end of head)
//!      | value
//! ```
//!
//! See `bytes.rs` for the pieces.

use std::sync::Arc;

use bytes::Bytes;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{bytes as read, near::Kept};
use crate::{Entry, Facts, Life, Tick, Time, Value};

/// A stored value, and what decides whether it may be served.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    pub(super) head: Head,
    pub(super) value: Bytes,
}

/// All but the value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Head {
    pub(super) generation: u64,
    pub(super) began: Tick,
    /// By Redis's clock.
    pub(super) stored: Time,
    pub(super) life: Life,
    pub(super) tags: Arc<[String]>,
}

/// What comes first, always of one length.
#[derive(Clone, Copy)]
pub(super) struct Prelude {
    head_bytes: usize,
    value_bytes: u64,
    checksum: u64,
}

const MAGIC: &[u8; 2] = b"E1";
const PRELUDE_BYTES: usize = 22;

/// From one entry of a key to the next, these many first bytes differ.
pub(super) const DISTINCT_BYTES: usize = PRELUDE_BYTES + 16;

impl Prelude {
    /// `None` for what this version didn't write.
    pub(super) fn of(record: &[u8]) -> Option<Self> {
        let mut rest = record.strip_prefix(MAGIC)?;
        let head_bytes = u32::from_le_bytes(read::take(&mut rest)?) as usize;
        let value_bytes = read::number(&mut rest)?;
        Some(Self { head_bytes, value_bytes, checksum: read::number(&mut rest)? })
    }

    /// Where the value begins.
    pub(super) fn value_at(&self) -> u64 {
        (PRELUDE_BYTES + self.head_bytes) as u64
    }

    pub(super) fn value_bytes(&self) -> u64 {
        self.value_bytes
    }
}

impl Head {
    /// The head of a record, of which the value may be missing; so the checksum is not looked at.
    pub(super) fn decode(record: &[u8]) -> Option<Self> {
        let prelude = Prelude::of(record)?;
        let mut rest = record.get(PRELUDE_BYTES..PRELUDE_BYTES.checked_add(prelude.head_bytes)?)?;
        let rest = &mut rest;
        let (generation, began) = (read::number(rest)?, Tick(read::number(rest)?));
        let stored = read::time(rest)?;
        let life = Life { revalidate: read::limit(rest)?, expire: read::limit(rest)? };
        Some(Self { generation, began, stored, life, tags: read::texts(rest)?.into() })
    }

    /// As the rest of the crate knows it, with a time that the caller knows the clock of.
    pub(super) fn entry(&self, stored: Time, value: Value) -> Entry {
        let Self { began, life, .. } = *self;
        Entry { value, tags: Arc::clone(&self.tags), life, stored, began }
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        Facts { began: self.began, stored: self.stored, life: self.life, tags: &self.tags }
    }

    fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend(self.generation.to_le_bytes());
        out.extend(self.began.0.to_le_bytes());
        out.extend(read::of_time(self.stored));
        out.extend(read::of_limit(self.life.revalidate));
        out.extend(read::of_limit(self.life.expire));
        out.extend(read::of_texts(&self.tags));
        out
    }
}

impl Record {
    /// All but the value, which follows it.
    pub(super) fn encode_head(&self) -> Vec<u8> {
        let head = self.head.encode();
        let mut hasher = Xxh3::new();
        hasher.update(&head);
        hasher.update(&self.value);

        let mut out = Vec::with_capacity(PRELUDE_BYTES + head.len());
        out.extend(MAGIC);
        out.extend((head.len() as u32).to_le_bytes());
        out.extend((self.value.len() as u64).to_le_bytes());
        out.extend(hasher.digest().to_le_bytes());
        out.extend(head);
        out
    }

    /// What is kept near of it.
    pub(super) fn kept(&self) -> Kept {
        let Head { generation, stored, .. } = self.head;
        Kept { generation, entry: self.head.entry(stored, Value::Whole(self.value.clone())) }
    }

    /// `None` for anything but a whole, undamaged record of this version.
    pub(super) fn decode(record: Bytes) -> Option<Self> {
        let prelude = Prelude::of(&record)?;
        let whole = prelude.value_at().checked_add(prelude.value_bytes)?;
        let is_whole = whole == record.len() as u64
            && xxh3_64(record.get(PRELUDE_BYTES..)?) == prelude.checksum;
        let head = Head::decode(&record).filter(|_| is_whole)?;
        Some(Self { head, value: record.slice(PRELUDE_BYTES + prelude.head_bytes..) })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn record(value: &[u8], tags: &[&str]) -> Record {
        let head = Head {
            generation: 7,
            began: Tick(8),
            stored: Duration::from_micros(1_234_567),
            life: Life { revalidate: Some(Duration::from_secs(1)), expire: None },
            tags: tags.iter().map(|&tag| tag.to_owned()).collect(),
        };
        Record { head, value: Bytes::copy_from_slice(value) }
    }

    fn encoded(record: &Record) -> Vec<u8> {
        [record.encode_head(), record.value.to_vec()].concat()
    }

    #[test]
    fn what_was_written_is_read() {
        for (value, tags) in [(&b""[..], &[][..]), (b"1", &["a"]), (&[0; 5000], &["", "b", "ü"])] {
            let record = record(value, tags);
            let bytes = encoded(&record);
            assert_eq!(
                Head::decode(&bytes[..bytes.len() - value.len()]).as_ref(),
                Some(&record.head)
            );
            assert_eq!(Record::decode(bytes.into()), Some(record));
        }
    }

    #[test]
    fn scripts_find_the_tick_where_they_look_for_it() {
        assert_eq!(encoded(&record(b"1", &[]))[30..38], 8u64.to_le_bytes());
        assert!(encoded(&record(b"", &[])).len() >= DISTINCT_BYTES);
    }

    #[test]
    fn a_torn_or_damaged_record_is_none() {
        let bytes = encoded(&record(b"value", &["tag"]));
        let decode = |bytes: &[u8]| Record::decode(Bytes::copy_from_slice(bytes));
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end]), None, "cut at {end}");
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert_eq!(decode(&damaged), None, "damaged at {at}");
        }
        assert_eq!(decode(&[bytes, vec![0]].concat()), None);
    }
}
