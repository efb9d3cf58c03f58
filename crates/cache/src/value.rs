//! Values: bytes in one piece, or read in parts from where they lie.

use std::{any::Any, fmt, io, sync::Arc};

use bytes::Bytes;
use xxhash_rust::xxh3::Xxh3;

use crate::{
    answer::Answer,
    error::{Error, Result},
};

/// An entry's bytes.
#[derive(Clone)]
pub enum Value {
    /// In memory, in one piece.
    Whole(Bytes),
    /// Elsewhere, for example in a file: read in parts.
    Parts(Arc<dyn Source>),
}

/// Where a value lies that is too big to be held whole.
pub trait Source: Send + Sync + fmt::Debug {
    /// Its length in bytes.
    fn len_bytes(&self) -> u64;

    /// The bytes from `at` on: `most` of them, or fewer only where the value ends.
    fn read(&self, at: u64, most: usize) -> Answer<Result<Bytes>>;

    /// The XXH3 of all bytes, where it lies on this machine: it can be read there from its beginning
    /// on, even when its entry has gone. See [`Reader`].
    fn local_sum(&self) -> Option<u64> {
        None
    }

    /// Its bytes aren't those of [`local_sum`](Self::local_sum): who asks for it again should find
    /// nothing. Returns the error for who reads it now.
    fn damaged(&self) -> Error {
        let source = io::Error::new(io::ErrorKind::InvalidData, "it is damaged");
        Error::Storage { what: "read a value", source: Box::new(source) }
    }

    /// Itself, for the store that made it: it may keep what it has rather than copy it.
    fn as_any(&self) -> Option<&dyn Any> {
        None
    }
}

/// Takes a value in parts, while it is being made.
pub trait Sink: Send {
    /// Adds bytes at the end.
    fn push(&mut self, part: Bytes) -> Answer<Result<()>>;

    /// The value, for [`Store::finish`](crate::Store::finish).
    fn end(self: Box<Self>) -> Answer<Result<Value>>;
}

impl Value {
    /// Its length in bytes.
    pub fn len_bytes(&self) -> u64 {
        match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Parts(source) => source.len_bytes(),
        }
    }

    /// The bytes from `at` on: `most` of them, or fewer only where the value ends.
    pub fn read(&self, at: u64, most: usize) -> Answer<Result<Bytes>> {
        match self {
            Self::Whole(bytes) => {
                let start = usize::try_from(at).unwrap_or(usize::MAX).min(bytes.len());
                Answer::Now(Ok(bytes.slice(start..bytes.len().min(start.saturating_add(most)))))
            }
            Self::Parts(source) => source.read(at, most),
        }
    }

    /// All of it in one piece.
    pub fn bytes(&self) -> Answer<Result<Bytes>> {
        match self {
            Self::Whole(bytes) => Answer::Now(Ok(bytes.clone())),
            Self::Parts(source) => {
                source.read(0, usize::try_from(source.len_bytes()).unwrap_or(usize::MAX))
            }
        }
    }
}

impl<T: Into<Bytes>> From<T> for Value {
    fn from(bytes: T) -> Self {
        Self::Whole(bytes.into())
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Value of {} bytes", self.len_bytes())
    }
}

/// Reads a value that lies on this machine, from its beginning on.
pub struct Reader {
    source: Arc<dyn Source>,
    at: u64,
    sum: Xxh3,
    expected: u64,
}

impl Reader {
    /// `None`: it lies elsewhere.
    pub fn of(value: &Value) -> Option<Self> {
        let Value::Parts(source) = value else { return None };
        let expected = source.local_sum()?;
        Some(Self { source: Arc::clone(source), at: 0, sum: Xxh3::new(), expected })
    }

    /// Its length in bytes.
    pub fn len_bytes(&self) -> u64 {
        self.source.len_bytes()
    }

    /// The next bytes: `most` of them, or fewer only where the value ends; `None` at the end.
    ///
    /// # Errors
    ///
    /// It can't be read, or is damaged, which only its last part tells.
    pub fn next(&mut self, most: usize) -> Result<Option<Bytes>> {
        if self.at == self.len_bytes() {
            return Ok(None);
        }
        let part = self.source.read(self.at, most).wait()?;
        self.at += part.len() as u64;
        self.sum.update(&part);
        if self.at == self.len_bytes() && self.sum.digest() != self.expected {
            return Err(self.source.damaged());
        }
        Ok(Some(part))
    }
}

/// A sink that keeps what it gets in memory.
#[derive(Default)]
pub struct Gather(Vec<u8>);

impl Sink for Gather {
    fn push(&mut self, part: Bytes) -> Answer<Result<()>> {
        self.0.extend_from_slice(&part);
        Answer::Now(Ok(()))
    }

    fn end(self: Box<Self>) -> Answer<Result<Value>> {
        Answer::Now(Ok(Value::from(self.0)))
    }
}
