//! Numbers and texts as bytes, in the log, in the snapshot and in entries.
//!
//! Numbers are little-endian; a time is microseconds since the epoch; a limit is microseconds, `u64::MAX` of which mean never; a text is its
//! length in 32 bits and UTF-8. Reading takes from the front, and gives `None` where too little is left.

use std::time::Duration;

pub(super) fn of_text(text: &str) -> Vec<u8> {
    [&(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

pub(super) fn of_limit(limit: Option<Duration>) -> [u8; 8] {
    limit.map_or(u64::MAX, |limit| limit.as_micros() as u64).to_le_bytes()
}

pub(super) fn of_texts(texts: &[String]) -> Vec<u8> {
    texts.iter().flat_map(|text| of_text(text)).collect()
}

/// All texts until the end.
pub(super) fn texts(mut rest: &[u8]) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    while !rest.is_empty() {
        texts.push(text(&mut rest)?);
    }
    Some(texts)
}

pub(super) fn of_time(time: Duration) -> [u8; 8] {
    (time.as_micros() as u64).to_le_bytes()
}

pub(super) fn time(rest: &mut &[u8]) -> Option<Duration> {
    Some(Duration::from_micros(number(rest)?))
}

pub(super) fn text(rest: &mut &[u8]) -> Option<String> {
    let length = u32::from_le_bytes(take(rest)?) as usize;
    let (text, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(str::from_utf8(text).ok()?.to_owned())
}

pub(super) fn limit(rest: &mut &[u8]) -> Option<Option<Duration>> {
    let micros = number(rest)?;
    Some((micros != u64::MAX).then_some(Duration::from_micros(micros)))
}

pub(super) fn number(rest: &mut &[u8]) -> Option<u64> {
    Some(u64::from_le_bytes(take(rest)?))
}

pub(super) fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*bytes)
}
