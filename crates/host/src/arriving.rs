//! A call whose body is decoded while it arrives. Large files go to disk.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use bytes::{Bytes, BytesMut};
use rustc_hash::FxHashMap;
use tempfile::{NamedTempFile, TempPath};
use wire::{
    FileHead, Limits, ReplyError,
    reply::{Decoded, Decoder},
};

use crate::{
    framing::{Event, Framing, PartHead},
    rejection::Rejection,
};

/// Bytes of a file that stay in memory; from there on it is on disk.
const IN_MEMORY: usize = 64 << 10;

/// The arguments of a call, or more of what is in them.
#[derive(Debug)]
pub struct Piece {
    /// The values.
    pub decoded: Decoded,
    /// Files that are numbered for the first time.
    pub files: Vec<(u32, Stored)>,
}

/// Where the bytes of a file are.
#[derive(Debug)]
pub enum Stored {
    /// Here.
    Memory(Bytes),
    /// In a file that is gone when this, or the call, is dropped.
    Disk(PathBuf),
}

/// Decodes a multipart body piece by piece.
///
/// Memory is bounded by the limits on text, whatever files there are. Dropping it removes its files.
pub struct ArrivingCall {
    framing: Framing,
    decoder: Decoder,
    limits: Limits,
    directory: PathBuf,
    /// Bytes so far.
    bytes: u64,
    part: Option<Part>,
    /// Files that nothing has numbered yet.
    waiting: FxHashMap<u32, Spool>,
    /// Those on disk that have been handed over.
    kept: Vec<TempPath>,
}

/// A part that is arriving.
struct Part {
    head: PartHead,
    bytes: u64,
    content: Spool,
}

enum Spool {
    Memory(BytesMut),
    Disk(NamedTempFile),
}

impl ArrivingCall {
    /// Files go into `directory`.
    ///
    /// # Errors
    ///
    /// [`Rejection::Multipart`]: `content_type` has no boundary.
    pub fn new(content_type: &str, limits: &Limits, directory: &Path) -> Result<Self, Rejection> {
        Ok(Self {
            framing: Framing::new(content_type)?,
            decoder: Decoder::new(limits),
            limits: *limits,
            directory: directory.to_owned(),
            bytes: 0,
            part: None,
            waiting: FxHashMap::default(),
            kept: Vec::new(),
        })
    }

    /// Takes the next bytes of the body; gives what they make whole.
    ///
    /// # Errors
    ///
    /// Any [`Rejection`] of the body. After one there is nothing more to be had.
    pub fn push(&mut self, bytes: Vec<u8>) -> Result<Option<Piece>, Rejection> {
        self.bytes += bytes.len() as u64;
        let limit = self.limits.upload_bytes();
        if self.bytes > limit {
            return Err(Rejection::BodyTooLarge { limit });
        }
        let events = self.framing.feed(bytes.into())?;
        let has_whole = events.iter().any(|event| matches!(event, Event::End));
        self.arrive(events)?;
        if has_whole { self.piece() } else { Ok(None) }
    }

    /// The body has ended.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push), and where it is incomplete.
    pub fn end(&mut self) -> Result<Option<Piece>, Rejection> {
        let events = self.framing.end()?;
        self.arrive(events)?;
        self.decoder.end();
        self.piece()
    }

    fn arrive(&mut self, events: Vec<Event>) -> Result<(), Rejection> {
        for event in events {
            match event {
                Event::Part(head) => {
                    let content = Spool::Memory(BytesMut::new());
                    self.part = Some(Part { head, bytes: 0, content });
                }
                Event::Bytes(bytes) => {
                    if let Some(part) = &mut self.part {
                        part.take(&bytes, &self.limits, &self.directory)?;
                    }
                }
                Event::End => {
                    if let Some(part) = self.part.take() {
                        self.arrived(part)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn arrived(&mut self, part: Part) -> Result<(), Rejection> {
        let Part { head: PartHead { name, file_name, media_type }, bytes, content } = part;
        if file_name.is_some() {
            let head = FileHead { name: file_name, media_type, bytes };
            let blob = self.decoder.file(&name, head)?;
            self.waiting.insert(blob, content);
        } else if let Spool::Memory(text) = content {
            let text = String::from_utf8(text.into()).map_err(|_| Rejection::NotText)?;
            self.decoder.text(&name, text)?;
        }
        Ok(())
    }

    fn piece(&mut self) -> Result<Option<Piece>, Rejection> {
        let Some(decoded) = self.decoder.decode()? else { return Ok(None) };
        let mut files = Vec::new();
        for used in &decoded.blobs {
            let Some(spool) = self.waiting.remove(&used.blob) else { continue };
            files.push((used.blob, self.stored(spool, used.is_view)?));
        }
        Ok(Some(Piece { decoded, files }))
    }

    fn stored(&mut self, spool: Spool, is_view: bool) -> Result<Stored, Rejection> {
        Ok(match spool {
            Spool::Memory(bytes) => Stored::Memory(bytes.freeze()),
            Spool::Disk(file) if is_view => {
                Stored::Memory(std::fs::read(file.path()).map_err(Rejection::Disk)?.into())
            }
            Spool::Disk(file) => {
                let path = file.into_temp_path();
                let stored = Stored::Disk(path.to_path_buf());
                self.kept.push(path);
                stored
            }
        })
    }
}

impl Part {
    fn take(&mut self, bytes: &[u8], limits: &Limits, directory: &Path) -> Result<(), Rejection> {
        self.bytes += bytes.len() as u64;
        if self.head.file_name.is_none() {
            ReplyError::check("body_bytes", self.bytes, limits.body_bytes)?;
        } else {
            ReplyError::check("file_bytes", self.bytes, limits.file_bytes)?;
        }
        let is_large = self.head.file_name.is_some() && self.bytes > IN_MEMORY as u64;
        self.content.write(bytes, is_large.then_some(directory)).map_err(Rejection::Disk)
    }
}

impl Spool {
    /// With `directory`, it is on disk from now on.
    fn write(&mut self, bytes: &[u8], directory: Option<&Path>) -> io::Result<()> {
        match self {
            Self::Disk(file) => file.write_all(bytes),
            Self::Memory(held) => match directory {
                None => {
                    held.extend_from_slice(bytes);
                    Ok(())
                }
                Some(directory) => {
                    let mut file =
                        tempfile::Builder::new().prefix("errand-").tempfile_in(directory)?;
                    file.write_all(held)?;
                    file.write_all(bytes)?;
                    *self = Self::Disk(file);
                    Ok(())
                }
            },
        }
    }
}
