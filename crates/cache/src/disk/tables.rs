//! The database's tables, and what is done to them within one transaction.

use std::{fs, io, ops::Bound, path::Path};

use heed::{
    CommitOrAbort, Database, Env, EnvFlags, EnvOpenOptions, RoTxn, RwTxn, WithoutTls,
    types::Bytes as Raw,
};

use super::record::{FileName, Hash, Head, Lease, Use, decode_mark, encode_mark, hash};
use crate::{
    error::{Error, Result},
    marks::{Invalidation, TagMark},
    rules::{Verdict, is_overtaken, judge},
    time::{Tick, Time},
};

type Table = Database<'static, Raw, Raw>;

/// One environment holds everything, so that a step is one transaction: what is acknowledged is
/// committed, and a process that dies in the middle has done nothing.
pub(super) struct Tables {
    pub(super) env: Env<WithoutTls>,
    /// Hash of the key → head and value.
    entries: Table,
    /// Hash of the key → when it was used last, and its weight.
    uses: Table,
    /// Hash of the tag → its marks.
    marks: Table,
    /// Newest tick of a tag's marks, then its hash: which to forget first.
    marks_by_tick: Table,
    /// Hash of the key → who fills it.
    leases: Table,
    numbers: Table,
}

/// Numbers of the whole store.
#[derive(Clone, Copy)]
pub(super) enum Number {
    /// The logical clock: the tick that was taken last.
    Clock,
    /// Whatever began before it is gone.
    Floor,
    /// The newest mark's tick.
    Newest,
    /// What all entries are counted with.
    Bytes,
}

impl From<heed::Error> for Error {
    fn from(error: heed::Error) -> Self {
        match error {
            heed::Error::Mdb(heed::MdbError::MapFull) => Self::Full,
            heed::Error::Io(error) if error.kind() == io::ErrorKind::StorageFull => Self::Full,
            error => Self::Storage { what: "use its database", source: Box::new(error) },
        }
    }
}

impl Tables {
    /// Opens the database, or makes it. `None` if what is there can't be one.
    pub(super) fn open(folder: &Path, map_bytes: u64, syncs: bool) -> Result<Option<Self>> {
        if let Some(event) = folder.canonicalize().ok().and_then(heed::env_closing_event) {
            event.wait(); // somebody in this process is about to let go of it
        }
        let mut options = EnvOpenOptions::new().read_txn_without_tls();
        options.map_size(map_bytes as usize).max_dbs(6).max_readers(1_000);
        if !syncs {
            // SAFETY: the system may write pages in any order, which matters only if it stops: the
            // folder's format holds its boot, and nothing of another boot is opened.
            unsafe { options.flags(EnvFlags::NO_SYNC) };
        }
        // SAFETY: the folder is ours alone by its permissions, isn't on a network drive, and this
        // process opens it once (see `registry`).
        let env = match unsafe { options.open(folder) } {
            Ok(env) => env,
            Err(error) if is_damage(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        if !is_complete(&env, folder) {
            return Ok(None);
        }
        // A process that was killed while it read would keep old pages from being used again.
        env.clear_stale_readers()?;
        match Self::create(env) {
            Ok(tables) => Ok(Some(tables)),
            Err(error) if is_damage(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn create(env: Env<WithoutTls>) -> heed::Result<Self> {
        let txn = env.write_txn()?;
        let names = ["entries", "uses", "marks", "marks-by-tick", "leases", "numbers"];
        let tables = env
            .create_databases_and_commit(txn, |opener, txn| {
                let mut create = |name| opener.create_database::<Raw, Raw>(txn, Some(name));
                let [a, b, c, d, e, f] = names;
                let tables =
                    [create(a)?, create(b)?, create(c)?, create(d)?, create(e)?, create(f)?];
                heed::Result::Ok(CommitOrAbort::<_, ()>::Commit(tables))
            })?
            .unwrap_commit();
        let [entries, uses, marks, marks_by_tick, leases, numbers] = tables;
        Ok(Self { env, entries, uses, marks, marks_by_tick, leases, numbers })
    }

    /// A look at one moment.
    pub(super) fn read(&self) -> Result<RoTxn<'_, WithoutTls>> {
        match self.env.read_txn() {
            Err(heed::Error::Mdb(heed::MdbError::ReadersFull)) => {
                self.env.clear_stale_readers()?;
                Ok(self.env.read_txn()?)
            }
            txn => Ok(txn?),
        }
    }

    /// A step that is done whole or not at all; it waits until other processes' steps are done.
    pub(super) fn write(&self) -> Result<RwTxn<'_>> {
        Ok(self.env.write_txn()?)
    }

    pub(super) fn number(&self, txn: &RoTxn<'_>, number: Number) -> Result<u64> {
        let bytes = self.numbers.get(txn, &[number as u8])?;
        Ok(bytes.and_then(|it| it.try_into().ok()).map_or(0, u64::from_le_bytes))
    }

    pub(super) fn set_number(&self, txn: &mut RwTxn<'_>, number: Number, to: u64) -> Result<()> {
        Ok(self.numbers.put(txn, &[number as u8], &to.to_le_bytes())?)
    }

    pub(super) fn next_tick(&self, txn: &mut RwTxn<'_>) -> Result<Tick> {
        let tick = self.number(txn, Number::Clock)? + 1;
        self.set_number(txn, Number::Clock, tick)?;
        Ok(Tick(tick))
    }

    pub(super) fn floor(&self, txn: &RoTxn<'_>) -> Result<Tick> {
        self.number(txn, Number::Floor).map(Tick)
    }

    /// Entries and marks that there are.
    pub(super) fn counts(&self, txn: &RoTxn<'_>) -> Result<(u64, u64)> {
        Ok((self.entries.len(txn)?, self.marks.len(txn)?))
    }

    /// A key's entry: its head, and what lies behind it. One that is damaged isn't there.
    pub(super) fn entry<'txn>(
        &self,
        txn: &'txn RoTxn<'_>,
        key: &str,
    ) -> Result<Option<(Head, &'txn [u8])>> {
        let record = self.entries.get(txn, &hash(key))?;
        // Another key may have the same hash: then there is room for one of them.
        Ok(record.and_then(Head::decode).filter(|(head, _)| head.key == key))
    }

    /// All entries' heads.
    pub(super) fn heads<'txn>(
        &self,
        txn: &'txn RoTxn<'_>,
    ) -> Result<impl Iterator<Item = Head> + use<'txn>> {
        let records = self.entries.iter(txn)?;
        Ok(records.flatten().filter_map(|(_, record)| Some(Head::decode(record)?.0)))
    }

    /// Puts an entry in the place of the one before, whose file is returned.
    pub(super) fn put_entry(
        &self,
        txn: &mut RwTxn<'_>,
        key: &Hash,
        record: &[u8],
        weight_bytes: u64,
    ) -> Result<Option<FileName>> {
        let before = self.remove_entry(txn, key)?.and_then(|(_, file)| file);
        self.entries.put(txn, key, record)?;
        let last = Tick(self.number(txn, Number::Clock)?);
        self.uses.put(txn, key, &Use { last, weight_bytes }.encode())?;
        let bytes = self.number(txn, Number::Bytes)?.saturating_add(weight_bytes);
        self.set_number(txn, Number::Bytes, bytes)?;
        Ok(before)
    }

    /// Removes an entry; says what it was counted with, and its file.
    pub(super) fn remove_entry(
        &self,
        txn: &mut RwTxn<'_>,
        key: &Hash,
    ) -> Result<Option<(u64, Option<FileName>)>> {
        let Some(record) = self.entries.get(txn, key)? else { return Ok(None) };
        let file = Head::decode(record).and_then(|(head, _)| head.file);
        let weight = self.uses.get(txn, key)?.and_then(Use::decode).map_or(0, |it| it.weight_bytes);
        self.entries.delete(txn, key)?;
        self.uses.delete(txn, key)?;
        let bytes = self.number(txn, Number::Bytes)?.saturating_sub(weight);
        self.set_number(txn, Number::Bytes, bytes)?;
        Ok(Some((weight, file)))
    }

    /// Notes that these entries were used.
    pub(super) fn touch(&self, txn: &mut RwTxn<'_>, keys: &[Hash]) -> Result<()> {
        let last = Tick(self.number(txn, Number::Clock)?);
        for key in keys {
            if let Some(it) = self.uses.get(txn, key)?.and_then(Use::decode) {
                self.uses.put(txn, key, &Use { last, ..it }.encode())?;
            }
        }
        Ok(())
    }

    /// The entry that was used longest ago among a few from `start` on; keys are hashes, so that
    /// any start is a random one.
    pub(super) fn least_used(&self, txn: &RoTxn<'_>, start: &Hash) -> Result<Option<Hash>> {
        const SAMPLE: usize = 8;
        let from = self.uses.range(txn, &(Bound::Included(start.as_slice()), Bound::Unbounded))?;
        let around =
            self.uses.range(txn, &(Bound::Unbounded, Bound::Excluded(start.as_slice())))?;
        let mut least: Option<(Tick, Hash)> = None;
        for item in from.chain(around).take(SAMPLE) {
            let (key, record) = item?;
            let last = Use::decode(record).map_or(Tick(0), |it| it.last);
            if let Ok(key) = key.try_into()
                && least.is_none_or(|(before, _)| last < before)
            {
                least = Some((last, key));
            }
        }
        Ok(least.map(|(_, key)| key))
    }

    pub(super) fn mark(&self, txn: &RoTxn<'_>, tag: &Hash) -> Result<Option<TagMark>> {
        Ok(self.marks.get(txn, tag)?.and_then(decode_mark))
    }

    /// Adds a mark to each tag's, and forgets the oldest beyond `most`: what is forgotten by tag is
    /// remembered for all.
    pub(super) fn add_marks(
        &self,
        txn: &mut RwTxn<'_>,
        tags: &[String],
        how: Invalidation,
        now: Time,
        most: usize,
    ) -> Result<Tick> {
        let tick = self.next_tick(txn)?;
        self.set_number(txn, Number::Newest, tick.0)?;
        for tag in tags {
            let tag = hash(tag);
            let mut mark = self.mark(txn, &tag)?.unwrap_or_default();
            self.marks_by_tick.delete(txn, &tick_and_tag(mark.newest(), &tag))?;
            mark.add(how, tick, now);
            self.marks_by_tick.put(txn, &tick_and_tag(mark.newest(), &tag), &[])?;
            self.marks.put(txn, &tag, &encode_mark(&mark))?;
        }
        while self.marks.len(txn)? > most as u64 {
            let Some((oldest, _)) = self.marks_by_tick.first(txn)? else { break };
            let oldest: [u8; 24] = oldest.try_into().unwrap_or_default();
            let (newest, tag) = oldest.split_at(8);
            let newest = u64::from_be_bytes(newest.try_into().unwrap_or_default());
            self.marks.delete(txn, tag)?;
            self.marks_by_tick.delete(txn, &oldest)?;
            let floor = self.floor(txn)?.0.max(newest);
            self.set_number(txn, Number::Floor, floor)?;
        }
        Ok(tick)
    }

    /// What the rules say about an entry.
    pub(super) fn judge(&self, txn: &RoTxn<'_>, head: &Head, now: Time) -> Result<Verdict> {
        let marks: Vec<_> =
            head.tags.iter().map(|tag| self.mark(txn, &hash(tag))).collect::<Result<_>>()?;
        let at = |tag: &str| head.tags.iter().position(|it| it == tag);
        let mark_of = |tag: &str| at(tag).and_then(|at| marks[at].as_ref());
        Ok(judge(head.facts(), self.floor(txn)?, mark_of, now))
    }

    pub(super) fn lease(&self, txn: &RoTxn<'_>, key: &Hash) -> Result<Option<Lease>> {
        Ok(self.leases.get(txn, key)?.and_then(Lease::decode))
    }

    pub(super) fn put_lease(&self, txn: &mut RwTxn<'_>, key: &Hash, lease: &Lease) -> Result<()> {
        Ok(self.leases.put(txn, key, &lease.encode())?)
    }

    pub(super) fn remove_lease(&self, txn: &mut RwTxn<'_>, key: &Hash) -> Result<bool> {
        Ok(self.leases.delete(txn, key)?)
    }

    /// All leases.
    pub(super) fn all_leases(&self, txn: &RoTxn<'_>) -> Result<Vec<(Hash, Lease)>> {
        let leases = self.leases.iter(txn)?.flatten();
        let decode =
            |(key, record): (&[u8], &[u8])| Some((key.try_into().ok()?, Lease::decode(record)?));
        Ok(leases.filter_map(decode).collect())
    }

    /// Whether nobody should wait for this fill.
    pub(super) fn is_overtaken(&self, txn: &RoTxn<'_>, lease: &Lease, now: Time) -> Result<bool> {
        let since = (self.floor(txn)?, Tick(self.number(txn, Number::Newest)?));
        // What can't be read can't be ruled out.
        let unknown = || Some(TagMark { hard: Tick(u64::MAX), soft: Vec::new() });
        let mark_of = |tag: &Hash| self.mark(txn, tag).unwrap_or_else(|_| unknown());
        Ok(is_overtaken(lease.began, &lease.expected, since, mark_of, now))
    }
}

fn tick_and_tag(tick: Tick, tag: &Hash) -> [u8; 24] {
    let mut key = [0; 24];
    key[..8].copy_from_slice(&tick.0.to_be_bytes());
    key[8..].copy_from_slice(tag);
    key
}

fn is_damage(error: &heed::Error) -> bool {
    use heed::MdbError::{Corrupted, Incompatible, Invalid, PageNotFound, Panic, VersionMismatch};
    matches!(
        error,
        heed::Error::Mdb(
            Corrupted | Incompatible | Invalid | PageNotFound | Panic | VersionMismatch
        )
    )
}

/// Whether the file is as long as the database believes: reading beyond its end would end the
/// process.
fn is_complete(env: &Env<WithoutTls>, folder: &Path) -> bool {
    let page_bytes = u64::from(env.unnamed_database_stat().page_size);
    let needed = (env.info().last_page_number as u64 + 1) * page_bytes;
    fs::metadata(folder.join("data.mdb")).is_ok_and(|file| file.len() >= needed)
}
