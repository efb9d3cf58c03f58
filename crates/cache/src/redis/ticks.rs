//! Ticks of the log and ticks of fills, on one scale.
//!
//! The log counts marks. Between two of them there is room for the ticks of fills, which so need no
//! step in the slot of the log: a fill that began when mark 7 was the newest has a tick between
//! those of marks 7 and 8.

use crate::Tick;

/// Ticks from one mark to the next; with the marks of many years they fit into 53 bits, so that
/// JavaScript can show them.
const STEP: u64 = 1 << 12;

/// A place in the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// Which run of acknowledged marks; another one voids all entries.
    pub(super) generation: u64,
    /// The last mark.
    pub(super) tick: u64,
}

impl Position {
    /// As Redis keeps it.
    pub(super) fn generation_text(self) -> String {
        format!("{:016x}", self.generation)
    }

    /// The ticks of fills that begin here: the least and the greatest.
    pub(super) fn fills(self) -> (u64, u64) {
        let Tick(mark) = of_mark(self.tick);
        (mark + 1, mark + STEP - 1)
    }

    /// Whether the mark of this tick, and all that something knew that began then, is known here.
    pub(super) fn knows(self, Tick(tick): Tick) -> bool {
        tick / STEP <= self.tick
    }
}

/// The tick of a mark, given its number in the log.
pub(super) fn of_mark(number: u64) -> Tick {
    Tick(number * STEP)
}
