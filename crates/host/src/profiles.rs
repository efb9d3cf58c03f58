//! Lives by name: how long what is cached is served, as Next's users know the names.

use std::{collections::BTreeMap, time::Duration};

use cache::{Invalidation, Life};

use crate::settings::BadOption;

/// What a name stands for. `None` is without end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// How long a browser or a proxy may keep it without asking.
    pub stale: Option<Duration>,
    /// From this age on it is served stale, and made anew.
    pub revalidate: Option<Duration>,
    /// From this age on it is gone.
    pub expire: Option<Duration>,
}

impl From<Profile> for Life {
    fn from(profile: Profile) -> Self {
        Self { revalidate: profile.revalidate, expire: profile.expire }
    }
}

/// The profiles of a server: those that everybody knows, and its own.
#[derive(Clone, Debug)]
pub struct Profiles(BTreeMap<String, Profile>);

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// Name, stale, revalidate, expire, in seconds; 0 is without end.
const KNOWN: [(&str, u64, u64, u64); 7] = [
    ("default", 5 * MINUTE, 15 * MINUTE, 0),
    ("seconds", 30, 1, MINUTE),
    ("minutes", 5 * MINUTE, MINUTE, HOUR),
    ("hours", 5 * MINUTE, HOUR, DAY),
    ("days", 5 * MINUTE, DAY, 7 * DAY),
    ("weeks", 5 * MINUTE, 7 * DAY, 30 * DAY),
    ("max", 5 * MINUTE, 30 * DAY, 365 * DAY),
];

impl Default for Profiles {
    fn default() -> Self {
        let time = |seconds| (seconds > 0).then(|| Duration::from_secs(seconds));
        let profile = |(stale, revalidate, expire)| Profile {
            stale: time(stale),
            revalidate: time(revalidate),
            expire: time(expire),
        };
        Self(KNOWN.map(|(name, a, b, c)| (name.to_owned(), profile((a, b, c)))).into())
    }
}

impl Profiles {
    /// Adds a profile, or changes one.
    ///
    /// # Errors
    ///
    /// It would be gone before it is stale.
    pub fn set(&mut self, name: &str, profile: Profile) -> Result<(), BadOption> {
        profile.check()?;
        self.0.insert(name.to_owned(), profile);
        Ok(())
    }

    /// The profile of this name.
    ///
    /// # Errors
    ///
    /// There is none; the message lists those that there are.
    pub fn get(&self, name: &str) -> Result<Profile, BadOption> {
        self.0.get(name).copied().ok_or_else(|| {
            let known: Vec<_> = self.0.keys().map(String::as_str).collect();
            BadOption {
                option: "profile",
                problem: format!("{name:?} is none of {}", known.join(", ")),
            }
        })
    }
}

impl Profile {
    /// Refuses a life that makes no sense.
    ///
    /// # Errors
    ///
    /// It would be gone before it is stale.
    pub fn check(&self) -> Result<(), BadOption> {
        match (self.revalidate, self.expire) {
            (Some(revalidate), Some(expire)) if revalidate > expire => {
                Err(BadOption { option: "revalidate", problem: "is longer than expire".to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// What invalidating a tag with this profile does: stale at once, gone after `expire`.
    pub fn invalidation(&self) -> Invalidation {
        match self.expire {
            Some(Duration::ZERO) => Invalidation::Hard,
            expire => Invalidation::Soft { expire },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_names_mean_what_they_mean_elsewhere() {
        let profiles = Profiles::default();
        let hours = profiles.get("hours").unwrap();
        assert_eq!(hours.revalidate, Some(Duration::from_secs(3_600)));
        assert_eq!(hours.expire, Some(Duration::from_secs(86_400)));
        assert_eq!(profiles.get("default").unwrap().expire, None);
        assert_eq!(
            profiles.get("max").unwrap().invalidation(),
            Invalidation::Soft { expire: Some(Duration::from_secs(31_536_000)) }
        );
        let problem = profiles.get("forever").unwrap_err().to_string();
        assert!(problem.contains("days, default, hours, max"), "{problem}");
    }

    #[test]
    fn own_ones_are_added_if_they_make_sense() {
        let mut profiles = Profiles::default();
        let time = |seconds| Some(Duration::from_secs(seconds));
        let blog = Profile { stale: None, revalidate: time(10), expire: time(20) };
        profiles.set("blog", blog).unwrap();
        assert_eq!(profiles.get("blog"), Ok(blog));
        assert!(profiles.set("odd", Profile { revalidate: time(21), ..blog }).is_err());
        let at_once = Profile { expire: time(0), ..Profile::default() };
        assert_eq!(at_once.invalidation(), Invalidation::Hard);
    }
}
