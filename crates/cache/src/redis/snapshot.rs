//! All marks as bytes, so that who comes new needs no whole log.
//!
//! ```text
//! "1" | table of tags | table of dropped keys
//! table: bytes u64 | floor u64 | for each: name | hard u64 | soft marks u64 | for each: tick u64, at time, expire limit
//! ```

use super::bytes;
use crate::{MarkTable, SoftMark, TagMark, Tick};

const VERSION: &[u8] = b"1";

pub(super) fn encode(tables: [&MarkTable; 2]) -> Vec<u8> {
    let mut out = VERSION.to_vec();
    for table in tables {
        let table = encode_table(table);
        out.extend((table.len() as u64).to_le_bytes());
        out.extend(table);
    }
    out
}

/// `None` for what this version didn't write; tables that remember `most` names one by one.
pub(super) fn decode(snapshot: &[u8], most: usize) -> Option<[MarkTable; 2]> {
    let mut rest = snapshot.strip_prefix(VERSION)?;
    let mut table = || {
        let length = usize::try_from(bytes::number(&mut rest)?).ok()?;
        let (table, after) = rest.split_at_checked(length)?;
        rest = after;
        decode_table(table, most)
    };
    let tables = [table()?, table()?];
    rest.is_empty().then_some(tables)
}

fn encode_table(table: &MarkTable) -> Vec<u8> {
    let mut out = table.floor().0.to_le_bytes().to_vec();
    for (name, mark) in table.iter() {
        out.extend(bytes::of_text(name));
        out.extend(mark.hard.0.to_le_bytes());
        out.extend((mark.soft.len() as u64).to_le_bytes());
        for soft in &mark.soft {
            out.extend(soft.tick.0.to_le_bytes());
            out.extend(bytes::of_time(soft.at));
            out.extend(bytes::of_limit(soft.expire));
        }
    }
    out
}

fn decode_table(mut rest: &[u8], most: usize) -> Option<MarkTable> {
    let rest = &mut rest;
    let mut table = MarkTable::new(most);
    table.raise_floor(Tick(bytes::number(rest)?));
    while !rest.is_empty() {
        let name = bytes::text(rest)?;
        let mut mark = TagMark { hard: Tick(bytes::number(rest)?), soft: Vec::new() };
        for _ in 0..bytes::number(rest)? {
            let tick = Tick(bytes::number(rest)?);
            mark.soft.push(SoftMark { tick, at: bytes::time(rest)?, expire: bytes::limit(rest)? });
        }
        table.restore(name, mark);
    }
    Some(table)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Invalidation::{Hard, Soft};

    fn contents(table: &MarkTable) -> Vec<(String, TagMark)> {
        let mut all: Vec<_> =
            table.iter().map(|(name, mark)| (name.to_owned(), mark.clone())).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }

    #[test]
    fn marks_come_back_as_they_were() {
        let at = Duration::from_micros(5_000_001);
        let expire = Some(Duration::from_secs(60));
        let mut marks = MarkTable::new(100);
        marks.raise_floor(Tick(3));
        marks.add("a", Hard, Tick(4), at);
        marks.add("a", Soft { expire }, Tick(5), at);
        marks.add("a", Soft { expire: None }, Tick(6), at);
        marks.add("", Soft { expire: None }, Tick(7), at);
        let mut dropped = MarkTable::new(100);
        dropped.add("k", Hard, Tick(8), at);
        let bytes = encode([&marks, &dropped]);
        let [again, dropped_again] = decode(&bytes, 100).expect("it was written so");
        assert_eq!(contents(&again), contents(&marks));
        assert_eq!(contents(&dropped_again), contents(&dropped));
        assert_eq!((again.floor(), again.newest()), (Tick(3), Tick(7)));
        for end in 0..bytes.len() {
            assert!(decode(&bytes[..end], 100).is_none(), "cut at {end}");
        }
    }
}
