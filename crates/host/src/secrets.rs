//! Where a server's secrets come from, and how they are exchanged while it runs.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, OnceLock, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    seal::{KeyRing, fill_random},
    settings::BadOption,
};

/// Who says what the secrets are.
#[derive(Clone, Debug)]
pub enum Source {
    /// The user; the first seals, all open.
    Given(Vec<String>),
    /// A file of the user's, [`listed`]. It is read again when it changes.
    File(PathBuf),
    /// Nobody: one is made, and kept in this folder for the processes that come after and beside
    /// this one.
    Folder(PathBuf),
}

/// Secrets in a text: separated by line breaks or commas; a line that begins with `#` is a comment.
pub fn listed(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    let secrets = lines.flat_map(|line| line.split(',')).map(str::trim);
    secrets.filter(|secret| !secret.is_empty()).map(str::to_owned).collect()
}

/// The keys in use. They change with a file, or when they are [`set`](Self::set).
pub struct Keys {
    ring: RwLock<Arc<KeyRing>>,
    generation: AtomicU32,
    file: Option<Mutex<Watched>>,
    warning: Option<String>,
}

struct Watched {
    path: PathBuf,
    looked: Instant,
    stamp: Option<Stamp>,
}

/// What changes when a file does.
type Stamp = (SystemTime, u64);

/// More is no list of secrets.
const MAX_BYTES: u64 = 64 * 1024;

/// How often a file is looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Keys {
    /// The keys of `source`.
    ///
    /// # Errors
    ///
    /// A file can't be read, or has no secret; see also [`KeyRing::new`].
    pub fn new(source: &Source) -> Result<Self, BadOption> {
        // Looked at before it is read: what changes in between is seen the next time.
        let file = match source {
            Source::File(path) => Some(Mutex::new(Watched {
                path: path.clone(),
                looked: Instant::now(),
                stamp: stamp(path),
            })),
            _ => None,
        };
        let (secrets, warning) = match source {
            Source::Given(secrets) => (secrets.clone(), None),
            Source::File(path) => (read(path)?, exposed(path)),
            Source::Folder(folder) => generated(folder)?,
        };
        Ok(Self {
            ring: RwLock::new(Arc::new(KeyRing::new(&secrets)?)),
            generation: AtomicU32::new(0),
            file,
            warning,
        })
    }

    /// What an operator should know about where the secret is; for production only.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// Exchanges the keys.
    ///
    /// # Errors
    ///
    /// See [`KeyRing::new`]; the old ones stay.
    pub fn set(&self, secrets: &[String]) -> Result<(), BadOption> {
        let ring = Arc::new(KeyRing::new(secrets)?);
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = ring;
        self.generation.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// How often the keys were exchanged; looks at their file first, as [`ring`](Self::ring) does.
    pub fn generation(&self) -> u32 {
        self.ring();
        self.generation.load(Ordering::Acquire)
    }

    /// The keys as they are now. A file that changed is read; one that can't be used changes
    /// nothing, for it may be half written.
    pub fn ring(&self) -> Arc<KeyRing> {
        if let Some(path) = self.changed_file()
            && let Ok(secrets) = read(&path)
        {
            let _ = self.set(&secrets);
        }
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn changed_file(&self) -> Option<PathBuf> {
        let mut file = self.file.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        if file.looked.elapsed() < LOOK_EVERY {
            return None;
        }
        file.looked = Instant::now();
        let stamp = stamp(&file.path);
        let is_changed = stamp.is_some() && stamp != file.stamp;
        file.stamp = stamp.or(file.stamp);
        is_changed.then(|| file.path.clone())
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn read(path: &Path) -> Result<Vec<String>, BadOption> {
    let text = text_of(path).map_err(|error| BadOption {
        option: "secret",
        problem: format!("{} could not be read: {error}", path.display()),
    })?;
    let secrets = listed(&text);
    if secrets.is_empty() {
        return Err(BadOption {
            option: "secret",
            problem: format!("{} has no secret in it", path.display()),
        });
    }
    Ok(secrets)
}

/// The text of a regular file: a pipe could keep us waiting, a device be without end.
fn text_of(path: &Path) -> io::Result<String> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    if metadata.len() > MAX_BYTES {
        return Err(io::Error::other(format!("it has more than {MAX_BYTES} bytes")));
    }
    fs::read_to_string(path)
}

/// A secret that is stored in `folder`, made when there is none. What can't be stored lasts as long
/// as the process.
fn generated(folder: &Path) -> Result<(Vec<String>, Option<String>), BadOption> {
    const ADVICE: &str = "set `secret` (or ERRAND_SECRET) to the same value wherever the app runs";
    let path = folder.join("secret");
    let stored = match read(&path) {
        Ok(secrets) => Ok(secrets),
        Err(_) => {
            store(folder, &path, &random()?).and_then(|()| Ok(listed(&fs::read_to_string(&path)?)))
        }
    };
    match stored {
        Ok(secrets) if !secrets.is_empty() => {
            let made = format!(
                "no `secret` is set, so the one in {} is used: it was made by chance, and a deployment may lose it; {ADVICE}",
                path.display()
            );
            Ok((secrets, Some(exposed(&path).unwrap_or(made))))
        }
        failed => {
            let why =
                failed.err().map_or_else(|| "it is empty".to_owned(), |error| error.to_string());
            let warning = format!(
                "no `secret` is set, and none could be kept in {} ({why}): captured values of this process open in no other one; {ADVICE}",
                path.display()
            );
            Ok((vec![of_process()?], Some(warning)))
        }
    }
}

/// Writes a file that only its owner can read, whole or not at all. Of several processes that do so
/// at once the first one's stays, and all go on with that.
fn store(folder: &Path, path: &Path, secret: &str) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    // Such a file is made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{secret}")?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

/// What to say about a file that others can read too.
#[cfg(unix)]
fn exposed(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| {
        let shown = path.display();
        format!(
            "{shown} holds the secret and can be read or changed by others (mode {:03o}): chmod 600 {shown}",
            mode & 0o777
        )
    })
}

#[cfg(not(unix))]
fn exposed(_: &Path) -> Option<String> {
    None
}

/// The same for all handlers of a process: a reloaded one must open what the one before it sealed.
fn of_process() -> Result<String, BadOption> {
    static SECRET: OnceLock<String> = OnceLock::new();
    let fresh = random()?;
    Ok(SECRET.get_or_init(|| fresh).clone())
}

fn random() -> Result<String, BadOption> {
    let mut bytes = [0; 32];
    fill_random(&mut bytes)?;
    Ok(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seal::Purpose;

    const A: &str = "a-secret-of-sufficient-length";
    const B: &str = "another-secret-of-that-length";

    fn sealed(keys: &Keys) -> String {
        keys.ring().seal(Purpose::Captured, "id", b"x", None).unwrap()
    }

    fn opens(keys: &Keys, sealed: &str) -> bool {
        keys.ring().open(Purpose::Captured, "id", sealed, 0).is_ok()
    }

    #[test]
    fn a_list_may_be_written_in_lines_or_with_commas() {
        assert_eq!(listed("# new\n b+/= ,c\r\n\n#old\nd e"), ["b+/=", "c", "d e"]);
        assert!(listed(" \n# nothing").is_empty());
    }

    #[test]
    fn a_secret_that_was_made_is_kept_and_only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("deep/cache");
        let source = Source::Folder(folder.clone());
        let first = Keys::new(&source).unwrap();
        assert!(opens(&Keys::new(&source).unwrap(), &sealed(&first)));
        assert!(first.warning().unwrap().contains("ERRAND_SECRET"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&folder), mode(&folder.join("secret"))), (0o700, 0o600));
            fs::set_permissions(folder.join("secret"), fs::Permissions::from_mode(0o644)).unwrap();
            let warning = Keys::new(&source).unwrap().warning().unwrap().to_owned();
            assert!(warning.contains("644") && warning.contains("chmod 600"), "{warning}");
        }
    }

    #[test]
    fn of_many_that_start_at_once_all_have_the_same_secret() {
        let folder = tempfile::tempdir().unwrap();
        let source = Source::Folder(folder.path().to_owned());
        let start = || {
            let source = source.clone();
            std::thread::spawn(move || Keys::new(&source).unwrap())
        };
        let threads: Vec<_> = (0..16).map(|_| start()).collect();
        let keys: Vec<_> = threads.into_iter().map(|it| it.join().unwrap()).collect();
        let sealed = sealed(&keys[0]);
        assert!(keys.iter().all(|keys| opens(keys, &sealed)));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn what_can_not_be_kept_lasts_as_long_as_the_process() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let source = Source::Folder(file.path().join("below-a-file"));
        let first = Keys::new(&source).unwrap();
        assert!(first.warning().unwrap().contains("open in no other"));
        assert!(opens(&Keys::new(&source).unwrap(), &sealed(&first)));
    }

    #[test]
    fn a_file_that_changes_is_read_again_and_one_that_breaks_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        fs::write(&path, A).unwrap();
        let keys = Keys::new(&Source::File(path.clone())).unwrap();
        let old = sealed(&keys);
        let later = |seconds| {
            let file = fs::File::options().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::now() + Duration::from_secs(seconds)).unwrap();
            std::thread::sleep(LOOK_EVERY + Duration::from_millis(50));
        };
        fs::write(&path, format!("{B}\n{A}")).unwrap();
        later(10);
        assert!(opens(&keys, &old));
        let new = sealed(&keys);
        assert_ne!(old[..6], new[..6], "another key seals");
        assert_eq!(keys.generation(), 1);
        fs::write(&path, "short").unwrap();
        later(20);
        assert!(opens(&keys, &new) && opens(&keys, &old));
    }

    #[test]
    fn a_file_that_is_no_help_is_an_error_that_does_not_show_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        let problem = || Keys::new(&Source::File(path.clone())).err().unwrap().to_string();
        assert!(problem().contains("could not be read"));
        fs::write(&path, "# none\n").unwrap();
        assert!(problem().contains("has no secret"));
        fs::write(&path, "hunter2").unwrap();
        assert!(!problem().contains("hunter2"));
        let limit = MAX_BYTES as usize;
        fs::write(&path, format!("{A}\n#{}", "x".repeat(limit - A.len() - 2))).unwrap();
        assert!(Keys::new(&Source::File(path.clone())).is_ok());
        fs::write(&path, format!("{A}\n#{}", "x".repeat(limit - A.len() - 1))).unwrap();
        assert!(problem().contains("more than 65536 bytes"));
        let folder = Source::File(folder.path().to_owned());
        let problem = Keys::new(&folder).err().unwrap().to_string();
        assert!(problem.contains("no regular file"), "{problem}");
    }
}
