//! Where things lie in Redis.
//!
//! | key | type | holds |
//! | --- | --- | --- |
//! | `{errand}:state` | hash | generation, clock, the server's run, the tick that the snapshot covers |
//! | `{errand}:log` | stream | each mark since the snapshot; its id is its tick |
//! | `{errand}:snapshot` | string | all marks up to a tick, folded |
//! | `errand:{5f3a}:entry:<key>` | string | one entry |
//! | `errand:{5f3a}:fill:<key>` | hash | who fills it |
//! | `errand:{5f3a}:part:<tick>:<key>` | string | a large value while it is written |
//!
//! Of a cluster's keys those with equal braces lie together: the first three, so that a mark is
//! one atomic step, and those of one entry. No step needs both.

use xxhash_rust::xxh3::xxh3_64;

use crate::Tick;

/// Makes keys.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    prefix: String,
    pub(super) state: String,
    pub(super) log: String,
    pub(super) snapshot: String,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            state: format!("{{{prefix}}}:state"),
            log: format!("{{{prefix}}}:log"),
            snapshot: format!("{{{prefix}}}:snapshot"),
        }
    }

    pub(super) fn of(&self, key: &str) -> EntryKeys {
        // The user's key may have braces of its own; ours come first, and those count.
        let slot = xxh3_64(key.as_bytes()) & 0xffff;
        let prefix = &self.prefix;
        EntryKeys {
            entry: format!("{prefix}:{{{slot:04x}}}:entry:{key}"),
            fill: format!("{prefix}:{{{slot:04x}}}:fill:{key}"),
            part: format!("{prefix}:{{{slot:04x}}}:part:"),
            key: key.to_owned(),
        }
    }
}

impl Keys {
    /// A pattern of all entries.
    pub(super) fn entries(&self) -> String {
        let literal: String = self.prefix.chars().flat_map(|char| ['\\', char]).collect();
        format!("{literal}:{{????}}:entry:*")
    }

    /// The user's key of an entry.
    pub(super) fn key_of<'a>(&self, entry: &'a str) -> Option<&'a str> {
        const SLOT_BYTES: usize = ":{5f3a}".len();
        entry.strip_prefix(&self.prefix)?.get(SLOT_BYTES..)?.strip_prefix(":entry:")
    }
}

/// The keys of one entry.
#[derive(Debug)]
pub(super) struct EntryKeys {
    pub(super) entry: String,
    pub(super) fill: String,
    part: String,
    key: String,
}

impl EntryKeys {
    pub(super) fn part(&self, Tick(began): Tick) -> String {
        format!("{}{began}:{}", self.part, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn braces(key: &str) -> &str {
        let (_, rest) = key.split_once('{').unwrap();
        rest.split_once('}').unwrap().0
    }

    #[test]
    fn keys_that_a_script_touches_lie_in_one_slot() {
        let keys = Keys::new("shop");
        assert_eq!(keys.state, "{shop}:state");
        assert_eq!(
            (braces(&keys.state), braces(&keys.state)),
            (braces(&keys.log), braces(&keys.snapshot))
        );
        for key in ["posts", "", "a{b}c", "{x}", "}{", "{}"] {
            let of = keys.of(key);
            assert_eq!(braces(&of.entry), braces(&of.fill), "{key}");
            assert_eq!(braces(&of.entry), braces(&of.part(Tick(1))), "{key}");
            assert_eq!(keys.key_of(&of.entry), Some(key));
        }
    }
}
