//! Which build of the app answers: so a page that is older than the server can be told.

use sha2::{Digest, Sha256};

use crate::settings::BadOption;

/// The name of a build, as a header can have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build(String);

/// A commit's hash has 40 or 64.
const LONGEST: usize = 128;

impl Build {
    /// A build with a name.
    ///
    /// # Errors
    ///
    /// It is empty, has more than 128 bytes, or others than visible ASCII.
    pub fn named(name: String) -> Result<Self, BadOption> {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_graphic());
        if is_plain && (1..=LONGEST).contains(&name.len()) {
            return Ok(Self(name));
        }
        let problem = format!("must have 1 to {LONGEST} visible ASCII characters, without spaces");
        Err(BadOption { option: "build", problem })
    }

    /// A build that nobody named, by the ids of its actions: the same for the same ones, in any order.
    pub fn of<S: AsRef<str>>(actions: &[S]) -> Self {
        let mut ids: Vec<&str> = actions.iter().map(AsRef::as_ref).collect();
        ids.sort_unstable();
        let hash = Sha256::digest(ids.join("\n"));
        Self(hash[..8].iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_actions_are_the_same_build_in_any_order() {
        let build = Build::of(&["a", "b"]);
        assert_eq!(build, Build::of(&["b", "a"]));
        assert_ne!(build, Build::of(&["a"]));
        assert_ne!(build, Build::of(&["ab"]));
        assert_eq!(build.as_str().len(), 16);
    }

    #[test]
    fn a_name_must_fit_into_a_header() {
        assert_eq!(Build::named("v1.2.3-rc+5".into()).unwrap().as_str(), "v1.2.3-rc+5");
        assert!(Build::named("x".repeat(128)).is_ok());
        for name in ["", "two words", "a\r\nset-cookie: b", "ü", &"x".repeat(129)] {
            assert!(Build::named(name.into()).is_err(), "{name:?}");
        }
    }
}
