//! What tests share, and where the house's own rules are tested. Never shipped.
//!
//! `tests/arrows.rs` holds who may use whom, `tests/tidy.rs` that code and papers agree.

pub mod choices;
pub mod fuzz;
pub mod memory;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Outputs and dependencies: nothing of ours is in them.
const NOT_OURS: &[&str] = &["node_modules", "target", "dist", ".git", "screenshots", "fixtures"];

/// The repository's folder.
pub fn root() -> PathBuf {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    crates.and_then(Path::parent).expect("this crate lies two folders deep").to_owned()
}

/// A file of ours: its path relative to the repository, with `/`, and its text.
pub struct Source {
    /// For example `crates/wire/src/lib.rs`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// Every text file of ours at or below `start` whose name ends in one of `extensions`, in order.
///
/// # Panics
///
/// When a folder or a file can't be read.
pub fn sources(start: &str, extensions: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join(start), extensions, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn collect(path: &Path, extensions: &[&str], found: &mut Vec<Source>) {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if path.is_dir() {
        if NOT_OURS.contains(&name.as_str()) {
            return;
        }
        for entry in
            fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        {
            collect(&entry.expect("so can its entries").path(), extensions, found);
        }
    } else if extensions.iter().any(|extension| name.ends_with(extension)) {
        let text =
            fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let relative = path.strip_prefix(root()).expect("we started at the root");
        found.push(Source { path: relative.to_string_lossy().replace('\\', "/"), text });
    }
}
