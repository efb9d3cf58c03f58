//! Values too big for the database: a file each, beside it.

use std::{
    any::Any,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::record::FileName;
use crate::{
    answer::Answer,
    error::{Error, Result},
    value::{Sink, Source, Value},
};

/// Values up to this length lie in the database, where a read is one copy from a mapped page.
/// Beyond, the database would look long for so many free pages in a row.
pub(super) const MOST_INLINE_BYTES: usize = 128 << 10;

/// Files up to this length are read when their entry is, and one that is damaged isn't there. Of a
/// longer one only its end tells.
const MOST_WHOLE_BYTES: u64 = 1 << 20;

/// The folder of such files.
#[derive(Debug)]
pub(super) struct Files {
    folder: PathBuf,
    owner: u64,
    last: AtomicU64,
    /// Whether a file must be on the disk, not only handed to the system, before it counts.
    syncs: bool,
}

impl Files {
    pub(super) fn new(folder: PathBuf, owner: u64, syncs: bool) -> Arc<Self> {
        Arc::new(Self { folder, owner, last: AtomicU64::new(0), syncs })
    }

    fn path(&self, name: FileName) -> PathBuf {
        self.folder.join(format!("{:016x}-{:x}", name.owner, name.number))
    }

    /// Opens a value's file; `None` if it isn't there (any more), or is damaged.
    pub(super) fn open(&self, name: FileName, bytes: u64, sum: u64) -> Result<Option<Value>> {
        let path = self.path(name);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed("open a value's file", error)),
        };
        let length = file.metadata().map_err(|error| failed("open a value's file", error))?.len();
        if length != bytes {
            return Ok(None);
        }
        let stored = Stored { file, path, bytes, sum, pending: None };
        if bytes > MOST_WHOLE_BYTES {
            return Ok(Some(Value::Parts(Arc::new(stored))));
        }
        let whole = stored.bytes(0, bytes as usize)?;
        Ok((xxh3_64(&whole) == sum).then(|| Value::Whole(whole.into())))
    }

    /// Removes files that no entry names any more. One that is left over is swept up later.
    pub(super) fn remove(&self, names: impl IntoIterator<Item = FileName>) {
        for name in names {
            _ = fs::remove_file(self.path(name));
        }
    }

    /// All files that are there.
    pub(super) fn all(&self) -> Vec<FileName> {
        let Ok(folder) = fs::read_dir(&self.folder) else { return Vec::new() };
        let name = |path: &Path| {
            let (owner, number) = path.file_name()?.to_str()?.split_once('-')?;
            let hex = |text| u64::from_str_radix(text, 16).ok();
            Some(FileName { owner: hex(owner)?, number: hex(number)? })
        };
        folder.flatten().filter_map(|entry| name(&entry.path())).collect()
    }

    pub(super) fn sink(self: &Arc<Self>) -> FileSink {
        FileSink { files: Arc::clone(self), start: Vec::new(), big: None }
    }

    fn create(&self) -> io::Result<(Pending, File)> {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let name = FileName { owner: self.owner, number };
        let path = self.path(name);
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        Ok((Pending { name, path, is_adopted: AtomicBool::new(false) }, file))
    }
}

/// A file that no entry names yet: removed when nobody wants it.
#[derive(Debug)]
struct Pending {
    name: FileName,
    path: PathBuf,
    is_adopted: AtomicBool,
}

impl Drop for Pending {
    fn drop(&mut self) {
        if !self.is_adopted.load(Ordering::Acquire) {
            _ = fs::remove_file(&self.path);
        }
    }
}

/// A value in a file.
#[derive(Debug)]
pub(super) struct Stored {
    file: File,
    path: PathBuf,
    bytes: u64,
    pub(super) sum: u64,
    pending: Option<Pending>,
}

impl Stored {
    /// The file's name, if it was just written and belongs to no entry.
    pub(super) fn pending(&self, files: &Files) -> Option<FileName> {
        let pending = self.pending.as_ref()?;
        let is_free = !pending.is_adopted.load(Ordering::Acquire);
        (is_free && pending.name.owner == files.owner).then_some(pending.name)
    }

    /// From now on it belongs to an entry.
    pub(super) fn adopt(&self) {
        if let Some(pending) = &self.pending {
            pending.is_adopted.store(true, Ordering::Release);
        }
    }

    fn part(&self, at: u64, most: usize) -> Result<Bytes> {
        let left = self.bytes.saturating_sub(at);
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(most);
        let part = self.bytes(at, length)?;
        if length as u64 == self.bytes && xxh3_64(&part) != self.sum {
            return Err(self.damaged());
        }
        Ok(part.into())
    }

    fn bytes(&self, at: u64, length: usize) -> Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        read_exact_at(&self.file, &mut bytes, at)
            .map_err(|error| failed("read a value's file", error))?;
        Ok(bytes)
    }
}

impl Source for Stored {
    fn len_bytes(&self) -> u64 {
        self.bytes
    }

    fn read(&self, at: u64, most: usize) -> Answer<Result<Bytes>> {
        Answer::Now(self.part(at, most))
    }

    fn local_sum(&self) -> Option<u64> {
        Some(self.sum)
    }

    fn damaged(&self) -> Error {
        _ = fs::remove_file(&self.path); // its entry counts as absent from now on
        let error = io::Error::new(io::ErrorKind::InvalidData, "it is damaged");
        failed("read a value's file", error)
    }

    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

/// Keeps a short value in memory and writes a long one into a file.
pub(super) struct FileSink {
    files: Arc<Files>,
    start: Vec<u8>,
    big: Option<Big>,
}

struct Big {
    pending: Pending,
    file: File,
    bytes: u64,
    sum: Box<Xxh3>,
}

impl Big {
    fn write(&mut self, part: &[u8]) -> io::Result<()> {
        self.file.write_all(part)?;
        self.sum.update(part);
        self.bytes += part.len() as u64;
        Ok(())
    }
}

impl FileSink {
    pub(super) fn add(&mut self, part: &[u8]) -> Result<()> {
        let mut add = || {
            if let Some(big) = &mut self.big {
                return big.write(part);
            }
            if self.start.len() + part.len() <= MOST_INLINE_BYTES {
                self.start.extend_from_slice(part);
                return Ok(());
            }
            let (pending, file) = self.files.create()?;
            let mut big = Big { pending, file, bytes: 0, sum: Box::new(Xxh3::new()) };
            big.write(&std::mem::take(&mut self.start))?;
            big.write(part)?;
            self.big = Some(big);
            Ok(())
        };
        add().map_err(|error| failed("write a value's file", error))
    }

    pub(super) fn value(self) -> Result<Value> {
        let Some(Big { pending, file, bytes, sum }) = self.big else {
            return Ok(Value::from(self.start));
        };
        if self.files.syncs {
            file.sync_all()
                .and_then(|()| File::open(&self.files.folder)?.sync_all())
                .map_err(|error| failed("write a value's file", error))?;
        }
        let path = pending.path.clone();
        let stored = Stored { file, path, bytes, sum: sum.digest(), pending: Some(pending) };
        Ok(Value::Parts(Arc::new(stored)))
    }
}

impl Sink for FileSink {
    fn push(&mut self, part: Bytes) -> Answer<Result<()>> {
        Answer::Now(self.add(&part))
    }

    fn end(self: Box<Self>) -> Answer<Result<Value>> {
        Answer::Now(self.value())
    }
}

pub(super) fn failed(what: &'static str, error: io::Error) -> Error {
    Error::Storage { what, source: Box::new(error) }
}

#[cfg(unix)]
fn read_exact_at(file: &File, part: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, part, at)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut part: &mut [u8], mut at: u64) -> io::Result<()> {
    while !part.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, part, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                part = &mut part[read..];
                at += read as u64;
            }
        }
    }
    Ok(())
}
