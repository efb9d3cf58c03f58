//! What lies in the database: bytes ↔ entries, marks and leases. All numbers little-endian, but in
//! keys that are ordered.

use std::time::Duration;

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::{
    entry::Life,
    marks::{SoftMark, TagMark},
    rules::Facts,
    time::{Tick, Time},
};

/// A key or a tag, of any length, as a key of the database.
pub(super) type Hash = [u8; 16];

pub(super) fn hash(text: &str) -> Hash {
    xxh3_128(text.as_bytes()).to_be_bytes()
}

/// The name of a file that holds a value: who wrote it, and a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct FileName {
    pub(super) owner: u64,
    pub(super) number: u64,
}

/// An entry without its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Head {
    pub(super) key: String,
    pub(super) tags: Vec<String>,
    pub(super) life: Life,
    pub(super) stored: Time,
    pub(super) began: Tick,
    pub(super) value_bytes: u64,
    pub(super) value_sum: u64,
    /// Where the value lies, if not behind the head.
    pub(super) file: Option<FileName>,
}

impl Head {
    pub(super) fn facts(&self) -> Facts<'_> {
        Facts { began: self.began, stored: self.stored, life: self.life, tags: &self.tags }
    }

    /// The record: checksum of the head, its length, the head, the value.
    pub(super) fn encode(&self, value: &[u8]) -> Vec<u8> {
        let mut head = Vec::with_capacity(128 + self.key.len());
        let file = self.file.unwrap_or(NO_FILE);
        let numbers = [
            self.began.0,
            nanos(self.stored),
            limit(self.life.revalidate),
            limit(self.life.expire),
            self.value_bytes,
            self.value_sum,
            file.owner,
            file.number,
        ];
        numbers.iter().for_each(|number| head.extend(number.to_le_bytes()));
        for text in std::iter::once(&self.key).chain(&self.tags) {
            head.extend((text.len() as u32).to_le_bytes());
            head.extend(text.as_bytes());
        }
        let mut record = Vec::with_capacity(HEAD_AT + head.len() + value.len());
        record.extend(xxh3_64(&head).to_le_bytes());
        record.extend((head.len() as u32).to_le_bytes());
        record.extend(head);
        record.extend(value);
        record
    }

    /// The head, and what lies behind it; `None` if the record is damaged.
    pub(super) fn decode(record: &[u8]) -> Option<(Self, &[u8])> {
        let mut reader = Reader(record);
        let sum = reader.number()?;
        let length = reader.length()?;
        let head = reader.take(length)?;
        if xxh3_64(head) != sum {
            return None;
        }
        let value = reader.0;
        let mut reader = Reader(head);
        let began = Tick(reader.number()?);
        let stored = Duration::from_nanos(reader.number()?);
        let life = Life { revalidate: reader.limit()?, expire: reader.limit()? };
        let (value_bytes, value_sum) = (reader.number()?, reader.number()?);
        let file = FileName { owner: reader.number()?, number: reader.number()? };
        let file = (file != NO_FILE).then_some(file);
        let key = reader.text()?;
        let mut tags = Vec::new();
        while !reader.0.is_empty() {
            tags.push(reader.text()?);
        }
        Some((Self { key, tags, life, stored, began, value_bytes, value_sum, file }, value))
    }
}

const HEAD_AT: usize = 12;
const NO_FILE: FileName = FileName { owner: 0, number: 0 };

/// A tag's marks as a record.
pub(super) fn encode_mark(mark: &TagMark) -> Vec<u8> {
    let mut record = mark.hard.0.to_le_bytes().to_vec();
    for soft in &mark.soft {
        let numbers = [soft.tick.0, nanos(soft.at), limit(soft.expire)];
        numbers.iter().for_each(|number| record.extend(number.to_le_bytes()));
    }
    record
}

pub(super) fn decode_mark(record: &[u8]) -> Option<TagMark> {
    let mut reader = Reader(record);
    let mut mark = TagMark { hard: Tick(reader.number()?), soft: Vec::new() };
    while !reader.0.is_empty() {
        let (tick, at) = (Tick(reader.number()?), Duration::from_nanos(reader.number()?));
        mark.soft.push(SoftMark { tick, at, expire: reader.limit()? });
    }
    Some(mark)
}

/// A fill that runs, in some process.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lease {
    pub(super) owner: u64,
    pub(super) began: Tick,
    pub(super) since: Time,
    /// The tags that its value will have, as far as they are known.
    pub(super) expected: Vec<Hash>,
}

impl Lease {
    pub(super) fn encode(&self) -> Vec<u8> {
        let numbers = [self.owner, self.began.0, nanos(self.since)];
        let mut record: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        self.expected.iter().for_each(|tag| record.extend(tag));
        record
    }

    pub(super) fn decode(record: &[u8]) -> Option<Self> {
        let mut reader = Reader(record);
        let (owner, began) = (reader.number()?, Tick(reader.number()?));
        let since = Duration::from_nanos(reader.number()?);
        let mut expected = Vec::new();
        while !reader.0.is_empty() {
            expected.push(reader.take(size_of::<Hash>())?.try_into().ok()?);
        }
        Some(Self { owner, began, since, expected })
    }
}

/// When an entry was last used, as a tick, and the bytes that it is counted with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Use {
    pub(super) last: Tick,
    pub(super) weight_bytes: u64,
}

impl Use {
    pub(super) fn encode(self) -> [u8; 16] {
        let mut record = [0; 16];
        record[..8].copy_from_slice(&self.last.0.to_le_bytes());
        record[8..].copy_from_slice(&self.weight_bytes.to_le_bytes());
        record
    }

    pub(super) fn decode(record: &[u8]) -> Option<Self> {
        let mut reader = Reader(record);
        Some(Self { last: Tick(reader.number()?), weight_bytes: reader.number()? })
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX - 1)
}

/// The greatest number stands for "never".
fn limit(limit: Option<Duration>) -> u64 {
    limit.map_or(u64::MAX, |it| nanos(it).min(u64::MAX - 1))
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn limit(&mut self) -> Option<Option<Duration>> {
        let number = self.number()?;
        Some((number != u64::MAX).then(|| Duration::from_nanos(number)))
    }

    fn length(&mut self) -> Option<usize> {
        self.take(4)?.try_into().ok().map(|bytes| u32::from_le_bytes(bytes) as usize)
    }

    fn text(&mut self) -> Option<String> {
        let length = self.length()?;
        String::from_utf8(self.take(length)?.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Head {
        Head {
            key: "k\0ä".to_owned(),
            tags: vec![String::new(), "posts".to_owned()],
            life: Life { revalidate: Some(Duration::from_nanos(1)), expire: None },
            stored: Duration::new(1_800_000_000, 7),
            began: Tick(42),
            value_bytes: 3,
            value_sum: 9,
            file: Some(FileName { owner: 1, number: 0 }),
        }
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(Head::decode(&head().encode(b"abc")), Some((head(), b"abc".as_slice())));
        let soft = SoftMark { tick: Tick(3), at: Duration::from_secs(9), expire: None };
        let mark = TagMark { hard: Tick(2), soft: vec![soft, soft] };
        assert_eq!(decode_mark(&encode_mark(&mark)), Some(mark));
        let expected = vec![hash("a"), hash("b")];
        let lease = Lease { owner: 1, began: Tick(2), since: Duration::from_secs(3), expected };
        assert_eq!(Lease::decode(&lease.encode()), Some(lease));
    }

    #[test]
    fn a_damaged_head_is_never_read() {
        let record = head().encode(b"abc");
        for end in 0..record.len() - 3 {
            assert_eq!(Head::decode(&record[..end]), None, "{end} bytes of it");
        }
        for at in 0..record.len() - 3 {
            let mut damaged = record.clone();
            damaged[at] ^= 1;
            assert_eq!(Head::decode(&damaged), None, "byte {at}");
        }
    }
}
