//! The folder: who uses it, which format it has, and whether what lies in it can be trusted.
//!
//! ```text
//! <folder>/v1/format      version, boot of the machine, size of the map: three lines
//! <folder>/v1/owners/     a file per process that uses it, locked as long as it lives
//! <folder>/v1/data.mdb    entries, marks, leases and the clock (LMDB), lock.mdb beside it
//! <folder>/v1/values/     values too big for that
//! ```
//!
//! Each format has a folder of its own: during an update, old and new processes never read each
//! other's.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use fs4::FileExt;

use super::Durability;
use crate::error::{Error, Result};

const VERSION: &str = "v1";

/// What was found in a folder that wasn't as a process of this version leaves it. The cache starts
/// empty then, which is always right: marks and what they guard are gone together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It was damaged. What there was lies in this folder now.
    SetAside(PathBuf),
    /// The machine had stopped without a chance to write everything to its disk.
    MachineRestarted,
}

impl Notice {
    /// The code of `docs/errors.md`.
    pub fn code(&self) -> &'static str {
        "errand::cache-set-aside"
    }
}

impl std::fmt::Display for Notice {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SetAside(folder) => {
                write!(
                    out,
                    "the cache was damaged and starts empty; it is now in {}",
                    folder.display()
                )
            }
            Self::MachineRestarted => {
                out.write_str("the cache starts empty, as the machine has restarted")
            }
        }
    }
}

/// A folder that is being opened: nobody else opens it meanwhile.
pub(super) struct Opening {
    pub(super) path: PathBuf,
    /// No other process uses it.
    pub(super) is_alone: bool,
    pub(super) notice: Option<Notice>,
    /// The size that all who share it map.
    pub(super) map_bytes: u64,
    /// Whether commits must wait for the disk.
    pub(super) syncs: bool,
    _lock: File,
}

/// Starts to open `folder`. `map_bytes` is what this process would like.
pub(super) fn open(folder: &Path, durability: Durability, map_bytes: u64) -> Result<Opening> {
    let fail = |source| Error::Folder { folder: folder.to_owned(), source };
    let path = folder.join(VERSION);
    create_private(&path).map_err(fail)?;
    if is_on_network(&path) {
        return Err(Error::NetworkFolder { folder: folder.to_owned() });
    }
    let lock = lock_file(&folder.join(format!("{VERSION}.lock"))).map_err(fail)?;
    FileExt::lock(&lock).map_err(fail)?;
    let is_alone = owners(&path).into_iter().all(|owner| !is_alive(&path, owner));
    let boot = boot_id();
    let syncs = durability == Durability::Machine || boot.is_none();
    let mut opening = Opening { path, is_alone, notice: None, map_bytes, syncs, _lock: lock };
    opening.check_format(boot.filter(|_| !syncs)).map_err(fail)?;
    for part in ["owners", "values"] {
        create_private(&opening.path.join(part)).map_err(fail)?;
    }
    Ok(opening)
}

impl Opening {
    /// Compares the format with what it should be. `boot` is this machine's, if the content may
    /// be lost when it restarts.
    fn check_format(&mut self, boot: Option<String>) -> io::Result<()> {
        let file = self.path.join("format");
        let format = match fs::read_to_string(&file) {
            Ok(text) => Some(Format::parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Some(None),
            Err(error) => return Err(error),
        };
        let mut kept_boot = None;
        match format {
            None if self.path.join("data.mdb").exists() => self.set_aside()?,
            None => {}
            Some(None) => self.set_aside()?,
            Some(Some(format)) if format.boot.is_some() && format.boot != boot_id() => {
                self.empty()?;
                self.notice = Some(Notice::MachineRestarted);
            }
            Some(Some(format)) => {
                if !self.is_alone {
                    self.map_bytes = format.map_bytes;
                }
                kept_boot = format.boot;
            }
        }
        let format = Format { boot: kept_boot.or(boot), map_bytes: self.map_bytes };
        write_whole(&file, &format.to_string())
    }

    /// Moves what is there out of the way. Others that use it would go on with it, so that their
    /// marks and ours would part: then nothing is done, and opening fails.
    pub(super) fn set_aside(&mut self) -> io::Result<()> {
        if !self.is_alone {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it is damaged, and other processes use it",
            ));
        }
        let aside = self.path.with_file_name(format!("{VERSION}-damaged"));
        _ = fs::remove_dir_all(&aside); // of an earlier time: one is enough
        fs::rename(&self.path, &aside)?;
        for part in ["", "owners", "values"] {
            create_private(&self.path.join(part))?;
        }
        self.notice = Some(Notice::SetAside(aside));
        Ok(())
    }

    /// Sets aside, and starts with a new format file.
    pub(super) fn start_over(&mut self) -> io::Result<()> {
        let boot = boot_id().filter(|_| !self.syncs);
        self.set_aside()?;
        let format = Format { boot, map_bytes: self.map_bytes };
        write_whole(&self.path.join("format"), &format.to_string())
    }

    fn empty(&self) -> io::Result<()> {
        fs::remove_dir_all(&self.path)?;
        create_private(&self.path)
    }
}

struct Format {
    boot: Option<String>,
    map_bytes: u64,
}

impl Format {
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != format!("errand-cache {VERSION}") {
            return None;
        }
        let boot = lines.next()?.strip_prefix("boot ")?;
        let map_bytes = lines.next()?.strip_prefix("map ")?.parse().ok()?;
        Some(Self { boot: (boot != "-").then(|| boot.to_owned()), map_bytes })
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let boot = self.boot.as_deref().unwrap_or("-");
        write!(out, "errand-cache {VERSION}\nboot {boot}\nmap {}\n", self.map_bytes)
    }
}

/// A process that uses the folder: as long as it lives, the system holds the lock.
#[derive(Debug)]
pub(super) struct Owner {
    pub(super) id: u64,
    folder: PathBuf,
    _lock: File,
}

impl Owner {
    pub(super) fn new(folder: &Path) -> io::Result<Self> {
        let mut id = [0; 8];
        getrandom::fill(&mut id).map_err(|error| io::Error::other(error.to_string()))?;
        let id = u64::from_le_bytes(id).max(1);
        let lock = lock_file(&owner_file(folder, id))?;
        FileExt::lock(&lock)?;
        Ok(Self { id, folder: folder.to_owned(), _lock: lock })
    }

    /// Whether that process lives.
    pub(super) fn is_alive(&self, other: u64) -> bool {
        other == self.id || is_alive(&self.folder, other)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        _ = fs::remove_file(owner_file(&self.folder, self.id));
    }
}

fn owner_file(folder: &Path, id: u64) -> PathBuf {
    folder.join("owners").join(format!("{id:016x}"))
}

fn owners(folder: &Path) -> Vec<u64> {
    let Ok(owners) = fs::read_dir(folder.join("owners")) else { return Vec::new() };
    let id = |name: std::ffi::OsString| u64::from_str_radix(name.to_str()?, 16).ok();
    owners.flatten().filter_map(|owner| id(owner.file_name())).collect()
}

/// Whether the process lives; clears away what a dead one has left.
fn is_alive(folder: &Path, id: u64) -> bool {
    let file = owner_file(folder, id);
    let Ok(lock) = File::open(&file) else { return false };
    if FileExt::try_lock_shared(&lock).is_err() {
        return true;
    }
    _ = fs::remove_file(&file);
    false
}

fn lock_file(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(false).open(path)
}

fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Never half: written beside, then renamed.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}

/// Which start of the machine this is. `None` where that can't be told.
fn boot_id() -> Option<String> {
    let mut id = String::new();
    let mut file = File::open("/proc/sys/kernel/random/boot_id").ok()?;
    file.read_to_string(&mut id).ok()?;
    Some(id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// Whether other machines may have the folder too: a mapped file isn't shared with them.
#[cfg(target_os = "linux")]
fn is_on_network(folder: &Path) -> bool {
    const NETWORK: [u32; 9] = [
        0x6969,      // NFS
        0x517b,      // SMB
        0xff53_4d42, // CIFS
        0xfe53_4d42, // SMB 2
        0x5346_414f, // AFS
        0x7375_7245, // Coda
        0x00c3_6400, // Ceph
        0x0116_1970, // GFS2
        0x7461_636f, // OCFS2
    ];
    rustix::fs::statfs(folder).is_ok_and(|it| NETWORK.contains(&(it.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn is_on_network(_: &Path) -> bool {
    false
}
