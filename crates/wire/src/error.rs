//! Why a reply could not be decoded.

/// Why a reply could not be decoded.
///
/// Each variant is the sender's doing. The host answers 413 for [`ReplyError::TooMuch`] and 400 for
/// the rest. Messages say what and where; they never repeat what the sender wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// A part isn't JSON, or not of the shape that it must have.
    #[error("the body is not a reply: expected {expected} at byte {at} of part {part}")]
    Malformed {
        /// What would have been right there.
        expected: &'static str,
        /// The part; a text body is part 0.
        part: u32,
        /// Bytes from the start of the part, from 0.
        at: u64,
    },

    /// A part has a name that no reply has, or not in its one spelling.
    #[error("the body is not a reply: a part has a name that no reply has")]
    PartName,

    /// A bound of [`Limits`](crate::Limits) was passed; decoding stopped there.
    #[error("the reply has {found} in `{what}`, and the limit is {limit}")]
    TooMuch {
        /// The field of `Limits`.
        what: &'static str,
        /// How much there was when we stopped; there may be more.
        found: u64,
        /// How much is allowed.
        limit: u64,
    },

    /// A value points to a part that isn't there, or isn't of the kind that it must be.
    #[error("the body has no {kind} in part {part}, which is referred to")]
    MissingPart {
        /// The number of the part.
        part: u32,
        /// What it should have been.
        kind: &'static str,
    },

    /// Two parts have one number, or two values claim what only one may have.
    #[error("part {part} is there, or is claimed, more than once")]
    DuplicatePart {
        /// The number of the part.
        part: u32,
    },
}

impl ReplyError {
    /// The stable name of this error; `docs/errors.md` has a section for each.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } | Self::PartName => "errand::reply-malformed",
            Self::TooMuch { .. } => "errand::reply-too-much",
            Self::MissingPart { .. } => "errand::reply-missing-part",
            Self::DuplicatePart { .. } => "errand::reply-duplicate-part",
        }
    }

    /// Refuses `found` over `limit`; `what` is the limit's field.
    /// [`Self::TooMuch`] if `found` is over `limit`; `what` is the field of [`Limits`](crate::Limits).
    ///
    /// # Errors
    ///
    /// That.
    pub fn check(
        what: &'static str,
        found: impl TryInto<u64>,
        limit: impl Into<u64>,
    ) -> Result<(), Self> {
        let (found, limit) = (found.try_into().unwrap_or(u64::MAX), limit.into());
        if found > limit { Err(Self::TooMuch { what, found, limit }) } else { Ok(()) }
    }
}
