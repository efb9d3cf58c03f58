//! The rows of a value that isn't all there yet: what is, and then what its promises, streams and
//! iterables say.

use std::collections::HashMap;

use super::{
    ErrorRow, FlightError, Rows,
    rows::{self, Into, Token, Way},
};
use crate::{Skeleton, program::Counts};

/// Where a value stands in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// It is what a call returns: row 1, which the envelope `{"a":"$@1"}` promises.
    Call,
    /// It is the root itself, row 0.
    Value,
}

impl Root {
    pub(super) fn row(self) -> u32 {
        match self {
            Self::Call => 1,
            Self::Value => 0,
        }
    }

    pub(super) fn head(self) -> &'static str {
        match self {
            Self::Call => "0:{\"a\":\"$@1\"}\n",
            Self::Value => "",
        }
    }
}

/// Writes one answer.
///
/// ```
/// use wire::{Skeleton, flight::{Encoder, Root}};
///
/// let skeleton = |text: &str, program: &str| Skeleton { text: text.into(), program: program.into() };
/// let mut encoder = Encoder::new(Root::Value);
/// // { later: promise }
/// let rows = encoder.start(&skeleton(r#"[{"later":null}]"#, r#"["@","@","=","later",0]"#), &[])?;
/// assert_eq!(rows.bytes, b"0:{\"later\":\"$@1\"}\n");
/// let rows = encoder.end(0, Some(&skeleton("7", "")), &[])?;
/// assert_eq!(rows.bytes, b"1:7\n");
/// assert!(!encoder.is_open());
/// # Ok::<(), wire::flight::FlightError>(())
/// ```
///
/// Nodes and trees count on from skeleton to skeleton. What was made for an item of a stream is forgotten after it,
/// except what is live itself, so that an answer may go on for ever; later skeletons must not name it.
#[derive(Debug)]
pub struct Encoder {
    root: Root,
    pub(super) next_row: u32,
    /// What earlier skeletons had.
    pub(super) before: Counts,
    /// The rows of trees that have one for themselves.
    pub(super) rows: HashMap<usize, u32>,
    /// How nodes are written from now on.
    pub(super) tokens: HashMap<usize, Token>,
    /// Where the containers are that nodes name and that were written nowhere else.
    pub(super) ways: HashMap<usize, Way<'static>>,
    /// The rows of what is open, by its node.
    pub(super) open: HashMap<usize, Open>,
}

/// A promise, a stream or an iterable that has not ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) row: u32,
    pub(super) kind: char,
}

impl Encoder {
    /// An encoder that has written nothing yet.
    pub fn new(root: Root) -> Self {
        Self {
            root,
            next_row: root.row() + 1,
            before: Counts::default(),
            rows: HashMap::new(),
            tokens: HashMap::new(),
            ways: HashMap::new(),
            open: HashMap::new(),
        }
    }

    /// Whether something has not ended yet.
    pub fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// The value itself.
    ///
    /// # Errors
    ///
    /// [`FlightError`]; so do all that follow.
    pub fn start(&mut self, value: &Skeleton, sizes: &[u64]) -> Result<Rows, FlightError> {
        let rows = rows::encode(self, value, sizes, Into::Row(self.root.row()))?;
        let head = self.root.head();
        let holes = rows.holes.into_iter().map(|(at, blob)| (at + head.len(), blob)).collect();
        Ok(Rows { bytes: [head.as_bytes(), &rows.bytes].concat(), holes })
    }

    /// The next item of the stream or iterable that is node `live`.
    pub fn item(&mut self, live: u32, item: &Skeleton, sizes: &[u64]) -> Result<Rows, FlightError> {
        let Open { row, kind } = self.opened(live)?;
        if matches!(kind, '@' | 'r') {
            return Err(FlightError::NotOpen(live));
        }
        rows::encode(self, item, sizes, Into::Item(row))
    }

    /// The next bytes of a byte stream: as many as `size`, which the hole 0 stands for.
    pub fn bytes(&mut self, live: u32, size: u64) -> Result<Rows, FlightError> {
        let Open { row, kind: 'r' } = self.opened(live)? else {
            return Err(FlightError::NotOpen(live));
        };
        // An `o` row would do for clients before 19.3 too, but all of them hand on a view of the chunk that it came in:
        // who reads the stream takes that chunk's buffer, and with it the rows behind. Of a `b` row they copy the bytes.
        let bytes = format!("{row:x}:b{size:x},").into_bytes();
        Ok(Rows { holes: vec![(bytes.len(), 0)], bytes })
    }

    /// A promise's value, what an iteration returns, or the end of a stream: `None`, as for `undefined`.
    pub fn end(
        &mut self,
        live: u32,
        value: Option<&Skeleton>,
        sizes: &[u64],
    ) -> Result<Rows, FlightError> {
        let Open { row, kind } = self.opened(live)?;
        let rows = match (kind, value) {
            ('@', Some(value)) => rows::encode(self, value, sizes, Into::Row(row))?,
            ('@', None) => line(format!("{row:x}:\"$undefined\"\n")),
            (_, Some(value)) => rows::encode(self, value, sizes, Into::Return(row))?,
            (_, None) => line(format!("{row:x}:C\n")),
        };
        self.close(live);
        Ok(rows)
    }

    /// Node `live` fails; what it said before stays said.
    pub fn fail(&mut self, live: u32, error: &ErrorRow) -> Result<Rows, FlightError> {
        let Open { row, .. } = self.opened(live)?;
        self.close(live);
        let mut rows = Rows::default();
        error.write(row, &mut rows.bytes);
        Ok(rows)
    }

    fn opened(&self, live: u32) -> Result<Open, FlightError> {
        self.open.get(&(live as usize)).copied().ok_or(FlightError::NotOpen(live))
    }

    fn close(&mut self, live: u32) {
        self.open.remove(&(live as usize));
    }
}

fn line(text: String) -> Rows {
    Rows { bytes: text.into_bytes(), holes: Vec::new() }
}
