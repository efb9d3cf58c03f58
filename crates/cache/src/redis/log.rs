//! The invalidation log: what a mark looks like on its way through Redis.

use redis::{FromRedisValue, ParsingError, Value, from_redis_value};

use super::bytes;
use crate::{Invalidation, Time};

/// What the log says at one tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) tick: u64,
    pub(super) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A mark as bytes.
    Mark(Vec<u8>),
    /// Redis can't vouch any more for what it acknowledged: all before is void.
    Generation,
    /// Something of a later version.
    Unknown,
}

/// What is said about entries that began before.
///
/// ```text
/// "1" | "t" | at time | "h", or "s" and an expire limit | tags
/// "1" | "k" | key
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Those with one of the tags are invalidated, `at` that time by Redis's clock.
    Tags { tags: Vec<String>, how: Invalidation, at: Time },
    /// That of the key is dropped.
    Key(String),
}

const VERSION: u8 = b'1';

impl Mark {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        match self {
            Self::Tags { tags, how, at } => {
                out.push(b't');
                out.extend(bytes::of_time(*at));
                match how {
                    Invalidation::Hard => out.push(b'h'),
                    Invalidation::Soft { expire } => {
                        out.push(b's');
                        out.extend(bytes::of_limit(*expire));
                    }
                }
                out.extend(bytes::of_texts(tags));
            }
            Self::Key(key) => {
                out.push(b'k');
                out.extend(key.as_bytes());
            }
        }
        out
    }

    /// `None` for what this version can't read.
    pub(super) fn decode(mark: &[u8]) -> Option<Self> {
        let (&[version, kind], mut rest) = mark.split_first_chunk()?;
        match (version, kind) {
            (VERSION, b't') => {
                let at = bytes::time(&mut rest)?;
                let how = match bytes::take(&mut rest)? {
                    [b'h'] => Invalidation::Hard,
                    [b's'] => Invalidation::Soft { expire: bytes::limit(&mut rest)? },
                    _ => return None,
                };
                Some(Self::Tags { tags: bytes::texts(rest)?, how, at })
            }
            (VERSION, b'k') => Some(Self::Key(str::from_utf8(rest).ok()?.to_owned())),
            _ => None,
        }
    }
}

impl FromRedisValue for Event {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let (id, fields): (String, Vec<(String, Vec<u8>)>) = from_redis_value(value)?;
        let tick = id.split('-').next().and_then(|tick| tick.parse().ok());
        let tick = tick.ok_or("an id of the log is no tick")?;
        let mut fields = fields.into_iter();
        let what = match fields.next() {
            Some((name, mark)) if name == "mark" => What::Mark(mark),
            Some((name, _)) if name == "generation" => What::Generation,
            _ => What::Unknown,
        };
        Ok(Self { tick, what })
    }
}

/// What `XREAD` of one stream answers; nothing if it waited in vain.
pub(super) struct Read(pub(super) Vec<Event>);

impl FromRedisValue for Read {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let streams: Option<Vec<(String, Vec<Event>)>> = from_redis_value(value)?;
        Ok(Self(streams.into_iter().flatten().flat_map(|(_, events)| events).collect()))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn mark(tags: &[&str], how: Invalidation) -> Mark {
        let tags = tags.iter().map(|&tag| tag.to_owned()).collect();
        Mark::Tags { tags, how, at: Duration::from_micros(1_234_567) }
    }

    #[test]
    fn a_mark_arrives_as_it_was_sent() {
        let expire = Some(Duration::from_millis(1_500));
        let soft = [None, expire].map(|expire| Invalidation::Soft { expire });
        for how in [Invalidation::Hard, soft[0], soft[1]] {
            for tags in [&[][..], &["posts"], &["", "a\nb", "ü"]] {
                let mark = mark(tags, how);
                assert_eq!(Mark::decode(&mark.encode()), Some(mark));
            }
        }
        for key in ["", "k", "ü{}"] {
            let mark = Mark::Key(key.to_owned());
            assert_eq!(Mark::decode(&mark.encode()), Some(mark));
        }
    }

    #[test]
    fn what_another_version_wrote_is_not_guessed_at() {
        let soft = Invalidation::Soft { expire: None };
        let (whole, without_tags) = (mark(&["posts"], soft).encode(), mark(&[], soft).encode());
        for end in 0..whole.len() {
            let cut = Mark::decode(&whole[..end]);
            assert!(cut.is_none() || end == without_tags.len(), "{cut:?}");
        }
        for other in [&b"2kx"[..], b"1x", b"1k\xff", b"1t12345678x"] {
            assert_eq!(Mark::decode(other), None);
        }
    }
}
