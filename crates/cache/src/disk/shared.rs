//! What all who use a folder in one process share.

use std::{
    collections::HashSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use heed::RwTxn;
use xxhash_rust::xxh3::xxh3_128;

use super::{
    Durability,
    files::Files,
    folder::{self, Notice, Owner},
    keeper::Keeper,
    record::{FileName, Hash},
    tables::{Number, Tables},
};
use crate::{
    counters::Counters,
    error::{Error, Result},
    store::Bounds,
    time::Tick,
};

pub(super) struct Shared {
    pub(super) tables: Tables,
    pub(super) files: Arc<Files>,
    pub(super) counters: Counters,
    pub(super) keeper: Arc<Keeper>,
    pub(super) notice: Option<Notice>,
    /// What entries may take together, as much as is mapped for them.
    pub(super) most_bytes: u64,
    /// Whether it may soon matter which entries are used.
    notes_uses: AtomicBool,
    // Last: until everything else is closed, this process uses the folder.
    owner: Owner,
}

impl Shared {
    pub(super) fn open(
        folder: &Path,
        durability: Durability,
        bounds: &Bounds,
    ) -> Result<Arc<Self>> {
        let fail = |source| Error::Folder { folder: folder.to_owned(), source };
        let mut opening = folder::open(folder, durability, map_bytes(bounds))?;
        let open = |opening: &folder::Opening| {
            Tables::open(&opening.path, opening.map_bytes, opening.syncs)
        };
        let tables = match open(&opening)? {
            Some(tables) => tables,
            None => {
                opening.start_over().map_err(fail)?;
                let damaged = || std::io::Error::from(std::io::ErrorKind::InvalidData);
                open(&opening)?.ok_or_else(|| fail(damaged()))?
            }
        };
        let owner = Owner::new(&opening.path).map_err(fail)?;
        let files = Files::new(opening.path.join("values"), owner.id, opening.syncs);
        let keeper = Arc::new(Keeper::default());
        let shared = Arc::new(Self {
            tables,
            files,
            counters: Counters::default(),
            keeper: Arc::clone(&keeper),
            notice: opening.notice.clone(),
            most_bytes: opening.map_bytes.saturating_sub(slack_bytes(bounds)) / 2,
            notes_uses: AtomicBool::new(true),
            owner,
        });
        keeper.start(Arc::downgrade(&shared)).map_err(fail)?;
        Ok(shared)
    }

    pub(super) fn owner(&self) -> &Owner {
        &self.owner
    }

    /// One step of several writes, done whole or not at all. If the database has no room, entries
    /// are dropped and it is tried once more.
    pub(super) fn step<T>(
        &self,
        mut step: impl FnMut(&Tables, &mut RwTxn<'_>) -> Result<T>,
    ) -> Result<T> {
        let mut once = || {
            let mut txn = self.tables.write()?;
            let done = step(&self.tables, &mut txn)?;
            txn.commit()?;
            Ok(done)
        };
        match once() {
            Err(Error::Full) => {
                self.drop_a_quarter()?;
                once()
            }
            done => done,
        }
    }

    fn drop_a_quarter(&self) -> Result<()> {
        let mut txn = self.tables.write()?;
        let bytes = self.tables.number(&txn, Number::Bytes)?;
        let dropped = self.make_room(&mut txn, bytes - bytes / 4)?;
        txn.commit()?;
        self.dropped(dropped);
        Ok(())
    }

    /// Drops entries until all together are counted with at most `most_bytes`. Their files must be
    /// removed when the step is done: see [`dropped`](Self::dropped).
    pub(super) fn make_room(
        &self,
        txn: &mut RwTxn<'_>,
        most_bytes: u64,
    ) -> Result<Vec<Option<FileName>>> {
        let mut files = Vec::new();
        while self.tables.number(txn, Number::Bytes)? > most_bytes {
            let clock = self.tables.number(txn, Number::Clock)?;
            let seed = [clock.to_le_bytes(), (files.len() as u64).to_le_bytes()].concat();
            let start = xxh3_128(&seed).to_be_bytes();
            let Some(key) = self.tables.least_used(txn, &start)? else {
                self.tables.set_number(txn, Number::Bytes, 0)?;
                break;
            };
            files.push(self.tables.remove_entry(txn, &key)?.and_then(|(_, file)| file));
        }
        Ok(files)
    }

    /// Entries were dropped to make room.
    pub(super) fn dropped(&self, files: Vec<Option<FileName>>) {
        self.counters.evicted(files.len() as u64);
        self.files.remove(files.into_iter().flatten());
    }

    /// An entry was read.
    pub(super) fn used(&self, key: Hash) {
        if self.notes_uses.load(Ordering::Relaxed) {
            self.keeper.used(key);
        }
    }

    /// Writes down which entries were used, and decides whether that is asked for from now on: not
    /// while there is room for several times as much.
    pub(super) fn note_uses(&self, keys: &[Hash]) -> Result<()> {
        let bytes = {
            let txn = self.tables.read()?;
            self.tables.number(&txn, Number::Bytes)?
        };
        self.notes_uses.store(bytes > self.most_bytes / 4, Ordering::Relaxed);
        if keys.is_empty() {
            return Ok(());
        }
        self.step(|tables, txn| tables.touch(txn, keys))
    }

    /// Whether this fill has still to end. A dead process's has ended.
    pub(super) fn is_running(&self, key: &Hash, began: Tick, looks_for_dead: bool) -> bool {
        let Ok(txn) = self.tables.read() else { return false };
        match self.tables.lease(&txn, key) {
            Ok(Some(lease)) if lease.began == began => {
                !looks_for_dead || self.owner.is_alive(lease.owner)
            }
            _ => false,
        }
    }

    /// Clears away what dead processes left: readers' slots, leases, files that no entry names.
    pub(super) fn clear_away(&self) -> Result<()> {
        self.tables.env.clear_stale_readers()?;
        let leases = {
            let txn = self.tables.read()?;
            self.tables.all_leases(&txn)?
        };
        let is_dead = |owner| !self.owner.is_alive(owner);
        let dead: Vec<_> = leases.into_iter().filter(|(_, it)| is_dead(it.owner)).collect();
        if !dead.is_empty() {
            self.step(|tables, txn| {
                for (key, lease) in &dead {
                    if tables.lease(txn, key)?.is_some_and(|it| it.began == lease.began) {
                        tables.remove_lease(txn, key)?;
                    }
                }
                Ok(())
            })?;
        }
        // First the files, then the entries: a dead process names no more of its files.
        let mut left: HashSet<_> =
            self.files.all().into_iter().filter(|file| is_dead(file.owner)).collect();
        if !left.is_empty() {
            let txn = self.tables.read()?;
            for file in self.tables.heads(&txn)?.filter_map(|head| head.file) {
                left.remove(&file);
            }
            self.files.remove(left);
        }
        Ok(())
    }
}

/// Room for the database's own tree and for pages that readers still look at, and for the marks.
fn slack_bytes(bounds: &Bounds) -> u64 {
    const TREE_BYTES: u64 = 64 << 20;
    const TAG_BYTES: u64 = 512; // all its marks, its place in the order, half-empty pages
    TREE_BYTES.saturating_add((bounds.max_tags as u64).saturating_mul(TAG_BYTES))
}

/// What is mapped to hold so much.
fn map_bytes(bounds: &Bounds) -> u64 {
    const STEP: u64 = 1 << 20; // a multiple of every system's page
    let bytes = bounds.max_bytes.saturating_mul(2).saturating_add(slack_bytes(bounds));
    (bytes / STEP).saturating_add(1).saturating_mul(STEP)
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.keeper.stop();
    }
}
