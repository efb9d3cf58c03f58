//! Ids: what a stranger can't compute and two builds agree on.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::Options;

/// The ids of one file's actions.
pub(crate) struct Ids {
    /// Keyed, and fed with the file's path.
    mac: Hmac<Sha256>,
}

impl Ids {
    pub(crate) fn new(options: &Options) -> Self {
        let mut mac = Hmac::<Sha256>::new_from_slice(options.salt.as_bytes())
            .expect("HMAC takes keys of any length");
        mac.update(relative(&options.filename, &options.root).as_bytes());
        mac.update(b"\0");
        Self { mac }
    }

    /// The id of a cached function, which changes with its file's text: what an older one computed is not its result.
    pub(crate) fn of_text(&self, place: &str, source: &str) -> String {
        self.of(&[place, "\0", source].concat())
    }

    /// The id of one action: 32 lowercase hexadecimal digits, the first half of
    /// HMAC-SHA-256(`salt`, path relative to `root` + `"\0"` + `place`).
    ///
    /// `place` is the export's name, or for an inline action the names of the functions around it.
    pub(crate) fn of(&self, place: &str) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut mac = self.mac.clone();
        mac.update(place.as_bytes());
        let digest = mac.finalize().into_bytes();
        let nibbles = digest[..16].iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        nibbles.map(|nibble| char::from(DIGITS[usize::from(nibble)])).collect()
    }
}

/// `filename` without its query, with `/` between its parts, relative to `root`: what lies beside it begins with `..`.
pub(crate) fn relative(filename: &str, root: &str) -> String {
    let path = filename.split(['?', '#']).next().unwrap_or_default().replace('\\', "/");
    let root = root.replace('\\', "/");
    if root.is_empty() || !is_absolute(&path) || !is_absolute(&root) {
        return path.trim_start_matches("./").trim_start_matches('/').to_owned();
    }
    let parts =
        |path: &str| path.split('/').filter(|it| !it.is_empty()).map(str::to_owned).collect();
    let (path, root): (Vec<String>, Vec<String>) = (parts(&path), parts(&root));
    let shared = path.iter().zip(&root).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), root.len() - shared);
    up.chain(path[shared..].iter().cloned()).collect::<Vec<String>>().join("/")
}

/// Begins with `/`, or with a drive.
fn is_absolute(path: &str) -> bool {
    path.starts_with('/') || path.as_bytes().get(1) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_relative_to_the_root() {
        for (filename, root) in [
            ("/app/src/a.ts", "/app"),
            ("/app/src/a.ts", "/app/"),
            ("/app/src/a.ts?v=1", "/app"),
            ("src/a.ts", "/app"),
            ("./src/a.ts", ""),
            ("C:\\app\\src\\a.ts", "C:\\app"),
        ] {
            assert_eq!(relative(filename, root), "src/a.ts", "{filename} in {root}");
        }
    }

    #[test]
    fn what_lies_beside_the_root_is_independent_of_where_both_are() {
        for (filename, root) in [
            ("/home/ann/shop/packages/ui/a.ts", "/home/ann/shop/apps/web"),
            ("/srv/packages/ui/a.ts", "/srv/apps/web/"),
        ] {
            assert_eq!(relative(filename, root), "../../packages/ui/a.ts");
        }
        assert_eq!(relative("/application/a.ts", "/app"), "../application/a.ts");
    }

    #[test]
    fn path_place_and_salt_each_change_the_id() {
        let base = Options { filename: "a.ts".into(), ..Options::default() };
        let id = |options: &Options, place| Ids::new(options).of(place);
        let ids = [
            id(&base, "save"),
            id(&base, "load"),
            id(&Options { filename: "b.ts".into(), ..base.clone() }, "save"),
            id(&Options { salt: "pepper".into(), ..base.clone() }, "save"),
        ];
        for (at, one) in ids.iter().enumerate() {
            assert_eq!(one.len(), 32);
            assert!(!ids[..at].contains(one));
        }
        assert_eq!(ids[0], id(&base, "save"));
    }
}
