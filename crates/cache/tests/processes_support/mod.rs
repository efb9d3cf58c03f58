//! The roles, and what is checked of them.

pub(crate) mod crash;
pub(crate) mod roles;
pub(crate) mod seen;
pub(crate) mod single;

use std::{
    fs::File,
    io::{BufRead, BufReader, Lines, Write},
    os::unix::fs::FileExt,
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use cache::{Disk, DiskOptions};

/// Numbers in a file that all processes see, and that only grow.
pub(crate) struct Numbers(File);

impl Numbers {
    pub(crate) fn open(folder: &Path) -> Self {
        let file = folder.join("numbers");
        let mut options = File::options();
        Self(options.read(true).write(true).create(true).truncate(false).open(file).unwrap())
    }

    pub(crate) fn get(&self, which: u64) -> u64 {
        let mut bytes = [0; 8];
        let read = self.0.read_at(&mut bytes, which * 8).unwrap();
        if read == 8 { u64::from_be_bytes(bytes) } else { 0 }
    }

    pub(crate) fn set(&self, which: u64, to: u64) {
        self.0.write_all_at(&to.to_be_bytes(), which * 8).unwrap();
    }
}

pub(crate) fn open(folder: &Path) -> Disk {
    Disk::open(&DiskOptions::new(folder.join("cache"))).expect("the folder can be opened")
}

/// This program in another role. Killed when it is dropped.
pub(crate) struct Other {
    child: Child,
    pub(crate) lines: Lines<BufReader<ChildStdout>>,
}

impl Other {
    pub(crate) fn start(role: &str, folder: &Path) -> Self {
        Self::start_with(role, folder, "")
    }

    pub(crate) fn start_with(role: &str, folder: &Path, seed: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env("CACHE_ROLE", role)
            .env("CACHE_FOLDER", folder)
            .env("CACHE_SEED", seed)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next line that it says.
    pub(crate) fn line(&mut self) -> String {
        self.lines.next().expect("it says something").unwrap()
    }

    /// Tells it to go on.
    pub(crate) fn go(&mut self) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(b"go\n").and_then(|()| stdin.flush()).expect("it listens");
    }

    /// SIGKILL: nothing of it runs any more.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits until it has ended well.
    pub(crate) fn end(mut self) -> Vec<String> {
        let lines = self.lines.by_ref().map(Result::unwrap).collect();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {lines:?}");
        lines
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
