//! What React's reply encoders of 19.0 to 19.3 write differently, as one table.
//!
//! React's decoder knows its own version only: to 19.3.1 an older `$F1` is the part 241, and an older
//! form is empty. All spellings are disjoint, so we read all of them, and a body in which they are
//! mixed as no version does is refused.

use crate::ReplyError;

/// A spelling by which versions differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// `$F1`: a server reference.
    ReferenceF,
    /// `$h1`: a server reference.
    ReferenceH,
    /// `1_key`: an entry of a FormData.
    BareField,
    /// `_1_key`: an entry of a FormData.
    MarkedField,
    /// `1`, again and again: the events of a stream.
    BareEvent,
    /// `S1`, again and again: the events of a stream.
    MarkedEvent,
}

use Spelling::{BareEvent, BareField, MarkedEvent, MarkedField, ReferenceF, ReferenceH};

/// The table: which spellings an encoder uses, and the releases it is in.
/// `__test__/versions` runs the first and the last release of each span.
const VERSIONS: [[Spelling; 3]; 4] = [
    // 19.0.0 to 19.0.1, 19.1.0 to 19.1.2, 19.2.0 to 19.2.1
    [ReferenceF, BareField, BareEvent],
    // 19.0.2 to 19.0.5, 19.1.3 to 19.1.6, 19.2.2 to 19.2.5
    [ReferenceH, BareField, BareEvent],
    // 19.0.6 to 19.0.8, 19.1.7 to 19.1.9, 19.2.6 to 19.2.8, 19.3.0
    [ReferenceH, MarkedField, BareEvent],
    // 19.0.9, 19.1.10, 19.2.9, 19.3.1
    [ReferenceH, MarkedField, MarkedEvent],
];

/// The versions that can have written a body, as far as it has been seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Versions([bool; VERSIONS.len()]);

impl Default for Versions {
    fn default() -> Self {
        Self([true; VERSIONS.len()])
    }
}

impl Versions {
    /// Takes note of a spelling in or of `part`.
    ///
    /// # Errors
    ///
    /// [`ReplyError::Malformed`]: no version uses it together with those before.
    pub(super) fn saw(&mut self, spelling: Spelling, part: u32) -> Result<(), ReplyError> {
        for (is_possible, spellings) in self.0.iter_mut().zip(VERSIONS) {
            *is_possible &= spellings.contains(&spelling);
        }
        if self.0.contains(&true) {
            return Ok(());
        }
        Err(ReplyError::Malformed { expected: "the spelling of one React version", part, at: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(spellings: &[Spelling]) -> bool {
        let mut versions = Versions::default();
        spellings.iter().all(|spelling| versions.saw(*spelling, 1).is_ok())
    }

    #[test]
    fn what_one_version_writes_goes_together_in_any_order() {
        for [a, b, c] in VERSIONS {
            for order in [[a, b, c], [c, b, a], [b, a, c], [a, a, c]] {
                assert!(all(&order), "{order:?}");
            }
        }
    }

    #[test]
    fn what_no_version_writes_together_is_refused() {
        for mixed in [
            [ReferenceF, ReferenceH],
            [BareField, MarkedField],
            [BareEvent, MarkedEvent],
            [ReferenceF, MarkedField],
            [ReferenceF, MarkedEvent],
            [BareField, MarkedEvent],
        ] {
            let [first, second] = mixed;
            assert!(!all(&mixed) && !all(&[second, first]), "{mixed:?}");
        }
    }
}
