//! Bodies that are decoded while they arrive. Large files go to disk.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    thread,
};

use bytes::{Bytes, BytesMut};
use rustc_hash::{FxHashMap, FxHashSet};
use tempfile::{NamedTempFile, TempPath};
use wire::{
    FileHead, Limits, ReplyError,
    form::{self, Fields},
    reply::{BlobUse, Decoded, Decoder},
};

use crate::{
    body::Sink,
    framing::{Event, Framing, PartHead},
    policy::{Bounds, FileUsage, Usage},
    rejection::Rejection,
};

/// Bytes of a file that stay in memory; from there on it is on disk.
const IN_MEMORY: u64 = 64 << 10;

/// Bytes of files that are quickly given back.
const LONG: u64 = 1 << 20;

/// The arguments of a call, or more of what is in them.
#[derive(Debug)]
pub struct Piece {
    /// The values.
    pub decoded: Decoded,
    /// Files that are numbered for the first time.
    pub files: Files,
}

/// Files by their numbers.
pub type Files = Vec<(u32, Stored)>;

/// Where the bytes of a file are.
#[derive(Debug)]
pub enum Stored {
    /// Here.
    Memory(Bytes),
    /// In a file that is gone when what it came with is dropped.
    Disk(PathBuf),
}

/// Decodes the multipart body of a call piece by piece.
///
/// Memory is bounded by the limits on text, whatever files there are. Dropping it removes its files.
pub struct ArrivingCall {
    body: Arriving,
    decoder: Decoder,
}

/// Decodes a form that was sent without JavaScript, as [`ArrivingCall`] does a call.
pub struct ArrivingForm {
    body: Arriving,
    fields: Option<Fields>,
}

/// A form that has arrived.
#[derive(Debug)]
pub struct ArrivedForm {
    /// The action to run.
    pub id: String,
    /// Bound arguments, then the form's own fields.
    pub arguments: Piece,
    /// What `useActionState` needs to go on.
    pub state: Option<form::StateKey>,
    /// For the policy of its action.
    pub usage: Usage,
}

impl ArrivingCall {
    /// Files go into `directory`.
    ///
    /// # Errors
    ///
    /// [`Rejection::Multipart`]: `content_type` has no boundary.
    pub fn new(
        content_type: &str,
        bounds: impl Into<Bounds>,
        directory: &Path,
    ) -> Result<Self, Rejection> {
        let body = Arriving::new(content_type, bounds.into(), directory)?;
        let decoder = Decoder::new(&body.bounds.limits);
        Ok(Self { body, decoder })
    }

    /// Takes the next bytes of the body; gives what they make whole.
    ///
    /// # Errors
    ///
    /// Any [`Rejection`] of the body. After one there is nothing more to be had.
    pub fn push(&mut self, bytes: impl Into<Bytes>) -> Result<Option<Piece>, Rejection> {
        self.advance([bytes.into()], false)
    }

    /// The body has ended.
    ///
    /// # Errors
    ///
    /// As [`push`](Self::push), and where it is incomplete.
    pub fn end(&mut self) -> Result<Option<Piece>, Rejection> {
        self.advance([], true)
    }

    /// As [`push`](Self::push) with bytes that came in several pieces, and then perhaps [`end`](Self::end).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn advance(
        &mut self,
        pieces: impl IntoIterator<Item = Bytes>,
        has_ended: bool,
    ) -> Result<Option<Piece>, Rejection> {
        let mut has_whole = has_ended;
        for bytes in pieces {
            has_whole |= self.body.push(bytes, &mut self.decoder)?;
        }
        if has_ended {
            self.body.end(&mut self.decoder)?;
            self.decoder.end();
        }
        if has_whole { self.piece() } else { Ok(None) }
    }

    fn piece(&mut self) -> Result<Option<Piece>, Rejection> {
        let Some(decoded) = self.decoder.decode()? else { return Ok(None) };
        Ok(Some(Piece { files: self.body.files(&decoded.blobs)?, decoded }))
    }
}

impl ArrivingForm {
    /// As [`ArrivingCall::new`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn new(
        content_type: &str,
        bounds: impl Into<Bounds>,
        directory: &Path,
    ) -> Result<Self, Rejection> {
        let body = Arriving::new(content_type, bounds.into(), directory)?;
        Ok(Self { body, fields: Some(Fields::new()) })
    }

    /// Takes the next bytes of the body.
    ///
    /// # Errors
    ///
    /// As [`ArrivingCall::push`].
    pub fn push(&mut self, bytes: impl Into<Bytes>) -> Result<(), Rejection> {
        let Some(fields) = &mut self.fields else { return Ok(()) };
        self.body.push(bytes.into(), fields).map(drop)
    }

    /// The body has ended. `None`: none of its fields names an action.
    ///
    /// # Errors
    ///
    /// As [`ArrivingCall::end`].
    pub fn end(&mut self) -> Result<Option<ArrivedForm>, Rejection> {
        let Some(mut fields) = self.fields.take() else { return Ok(None) };
        self.body.end(&mut fields)?;
        let Some(post) = form::decode(fields, &self.body.bounds.limits)? else { return Ok(None) };
        let form::FormPost { id, arguments: decoded, state } = post;
        let usage = self.body.usage.clone().of(&decoded.blobs);
        let arguments = Piece { files: self.body.files(&decoded.blobs)?, decoded };
        Ok(Some(ArrivedForm { id, arguments, state, usage }))
    }
}

impl Sink for Decoder {
    fn text(&mut self, name: &str, value: String, _: &Limits) -> Result<(), ReplyError> {
        self.text(name, value)
    }

    fn file(&mut self, name: &str, head: FileHead, _: &Limits) -> Result<(), ReplyError> {
        self.file(name, head).map(drop)
    }

    fn is_surely_file(name: &str) -> bool {
        name.starts_with('_') // a form's field
    }
}

impl Sink for Fields {
    fn text(&mut self, name: &str, value: String, limits: &Limits) -> Result<(), ReplyError> {
        self.text(name, value, limits)
    }

    fn file(&mut self, name: &str, head: FileHead, limits: &Limits) -> Result<(), ReplyError> {
        self.file(name, head, limits).map(drop)
    }

    fn is_surely_file(name: &str) -> bool {
        !name.starts_with('$')
    }
}

/// A body, part by part.
struct Arriving {
    framing: Framing,
    bounds: Bounds,
    directory: PathBuf,
    /// What has come so far.
    usage: Usage,
    part: Option<Part>,
    /// Files so far: both sinks number them as they come.
    count: u32,
    /// Those that nothing has numbered yet.
    waiting: FxHashMap<u32, Spool>,
    /// Those on disk that have been handed over.
    kept: Vec<TempPath>,
    /// Bytes of files in memory, and files on disk, so far. What each is for is said later, if at all.
    in_memory: u64,
    on_disk: u64,
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

impl Arriving {
    fn new(content_type: &str, bounds: Bounds, directory: &Path) -> Result<Self, Rejection> {
        Ok(Self {
            framing: Framing::new(content_type)?,
            bounds,
            directory: directory.to_owned(),
            usage: Usage::default(),
            part: None,
            count: 0,
            waiting: FxHashMap::default(),
            kept: Vec::new(),
            in_memory: 0,
            on_disk: 0,
        })
    }

    /// Gives the parts to `sink` that are whole; says whether there are any.
    fn push(&mut self, bytes: Bytes, sink: &mut impl Sink) -> Result<bool, Rejection> {
        self.usage.bytes += bytes.len() as u64;
        let limit = self.bounds.upload_bytes;
        if self.usage.bytes > limit {
            return Err(Rejection::BodyTooLarge { limit });
        }
        let events = self.framing.feed(bytes)?;
        self.arrive(events, sink)
    }

    fn end(&mut self, sink: &mut impl Sink) -> Result<(), Rejection> {
        let events = self.framing.end()?;
        self.arrive(events, sink).map(drop)
    }

    fn arrive(&mut self, events: Vec<Event>, sink: &mut impl Sink) -> Result<bool, Rejection> {
        let mut has_whole = false;
        for event in events {
            match event {
                Event::Part(head) => {
                    self.check_type(&head, sink)?;
                    let content = Spool::Memory(BytesMut::new());
                    self.part = Some(Part { head, bytes: 0, content });
                }
                Event::Bytes(bytes) => {
                    if let Some(part) = &mut self.part
                        && part.take(&bytes, &self.bounds.limits, &self.directory)?
                    {
                        self.goes_to_disk()?;
                    }
                }
                Event::End => {
                    if let Some(part) = self.part.take() {
                        self.arrived(part, sink)?;
                        has_whole = true;
                    }
                }
            }
        }
        Ok(has_whole)
    }

    /// A file that the action doesn't take is refused before its content is stored.
    fn check_type<S: Sink>(&self, head: &PartHead, _: &S) -> Result<(), Rejection> {
        let is_named = head.file_name.as_ref().is_some_and(|name| !name.is_empty());
        if is_named && S::is_surely_file(&head.name) {
            self.bounds.check_type(&head.media_type)?;
        }
        Ok(())
    }

    fn arrived(&mut self, part: Part, sink: &mut impl Sink) -> Result<(), Rejection> {
        let Part { head: PartHead { name, file_name, media_type }, bytes, content } = part;
        if file_name.is_some() {
            if let Spool::Memory(bytes) = &content {
                self.stays_in_memory(bytes.len() as u64)?;
            }
            let head = FileHead { name: file_name, media_type, bytes };
            self.usage.files.push(FileUsage::of(&head));
            sink.file(&name, head, &self.bounds.limits)?;
            self.waiting.insert(self.count, content);
            self.count += 1;
        } else if let Spool::Memory(text) = content {
            let text = String::from_utf8(text.into()).map_err(|_| Rejection::NotText)?;
            self.usage.add_text(&name, &text);
            sink.text(&name, text, &self.bounds.limits)?;
        }
        Ok(())
    }

    /// A file on disk is an open one as long as it waits. They may be as many as there may be files, and as
    /// there may be binary data of that size.
    fn goes_to_disk(&mut self) -> Result<(), ReplyError> {
        self.on_disk += 1;
        let Limits { files, body_bytes, .. } = self.bounds.limits;
        ReplyError::check("files", self.on_disk, u64::from(files) + body_bytes / IN_MEMORY)
    }

    /// As long as nobody says what it is for, a small file may be binary data.
    fn stays_in_memory(&mut self, bytes: u64) -> Result<(), ReplyError> {
        self.in_memory += bytes;
        let Limits { files, body_bytes, .. } = self.bounds.limits;
        let most = u64::from(files).saturating_mul(IN_MEMORY).saturating_add(body_bytes);
        ReplyError::check("body_bytes", self.in_memory, most)
    }

    /// The files that are numbered now, and have not been before.
    fn files(&mut self, used: &[BlobUse]) -> Result<Files, Rejection> {
        self.bounds.check_types(&self.usage, used)?;
        let views: FxHashSet<u32> = used.iter().filter(|it| it.is_view).map(|it| it.blob).collect();
        let mut files = Vec::new();
        for BlobUse { blob, .. } in used {
            let Some(spool) = self.waiting.remove(blob) else { continue };
            files.push((*blob, self.stored(spool, views.contains(blob))?));
        }
        Ok(files)
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

impl Drop for Arriving {
    /// Removes its files. Their names are gone at once; to give back the room they took takes the longer the larger they
    /// are, and the thread that drops this may be the one that everybody waits for.
    fn drop(&mut self) {
        let mut open: Vec<File> = Vec::new();
        for path in self.kept.drain(..) {
            open.extend(File::open(&path));
        }
        let part = self.part.take().map(|part| part.content);
        for spool in self.waiting.drain().map(|(_, spool)| spool).chain(part) {
            if let Spool::Disk(file) = spool {
                open.push(file.into_file());
            }
        }
        if !open.is_empty() && self.usage.bytes > LONG {
            // Where there are no more threads, they are closed here.
            let _ = thread::Builder::new().spawn(move || drop(open));
        }
    }
}

impl Part {
    /// Whether it is on disk from now on.
    fn take(&mut self, bytes: &[u8], limits: &Limits, directory: &Path) -> Result<bool, Rejection> {
        let before = self.bytes;
        self.bytes += bytes.len() as u64;
        let is_file = self.head.file_name.is_some();
        if is_file {
            ReplyError::check("file_bytes", self.bytes, limits.file_bytes)?;
        } else {
            ReplyError::check("body_bytes", self.bytes, limits.body_bytes)?;
        }
        let spill = (is_file && self.bytes > IN_MEMORY).then_some(directory);
        self.content.write(bytes, spill).map_err(Rejection::Disk)?;
        Ok(spill.is_some() && before <= IN_MEMORY)
    }
}

impl Spool {
    /// With `spill`, it is on disk from now on.
    fn write(&mut self, bytes: &[u8], spill: Option<&Path>) -> io::Result<()> {
        match (&mut *self, spill) {
            (Self::Disk(file), _) => file.write_all(bytes),
            (Self::Memory(held), None) => {
                held.extend_from_slice(bytes);
                Ok(())
            }
            (Self::Memory(held), Some(directory)) => {
                let mut file = tempfile::Builder::new().prefix("errand-").tempfile_in(directory)?;
                file.write_all(held)?;
                file.write_all(bytes)?;
                *self = Self::Disk(file);
                Ok(())
            }
        }
    }
}
