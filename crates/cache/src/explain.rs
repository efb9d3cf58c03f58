//! Answers for people: which entries there are, and why each is fresh, stale or gone.

use std::time::Duration;

use serde::Serialize;

use crate::{
    marks::TagMark,
    rules::{Facts, Verdict, Why},
    time::{Tick, Time, elapsed},
};

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub enum Question<'a> {
    /// About one facts.
    Key(&'a str),
    /// About all entries with this tag: those that its invalidation would hit.
    Tag(&'a str),
}

/// Entries that an [`Explanation`] lists at most.
pub const MOST_EXPLAINED: usize = 1_000;

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// The entries, at most [`MOST_EXPLAINED`].
    pub entries: Vec<Explained>,
    /// How many there are.
    pub total: u64,
    /// The tag's marks, if a tag was asked for and has any.
    pub mark: Option<ExplainedMark>,
    /// Whatever began before it is gone: older marks are no longer remembered one by one.
    pub floor: Tick,
}

/// One entry, and what may be done with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explained {
    /// Its key.
    pub key: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Length of its value.
    pub bytes: u64,
    /// `fresh`, `stale` or `gone`.
    pub state: &'static str,
    /// Why it isn't fresh, as a sentence without end.
    pub why: Option<String>,
    /// The tag whose mark did it.
    pub marked_tag: Option<String>,
    /// How old it is.
    pub age_seconds: f64,
    /// From which age on it is stale.
    pub revalidate_seconds: Option<f64>,
    /// From which age on it is gone.
    pub expire_seconds: Option<f64>,
    /// When its fill began, on the logical clock.
    pub began: Tick,
}

/// A tag's marks.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedMark {
    /// What began before it is gone.
    pub hard: Tick,
    /// What began before one of these is stale.
    pub soft: Vec<ExplainedSoft>,
}

/// A soft mark.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplainedSoft {
    /// What began before it is stale.
    pub tick: Tick,
    /// What began before it is gone after so many seconds more.
    pub gone_in_seconds: Option<f64>,
}

impl Explanation {
    /// Adds an entry, if there is room for it.
    pub fn add(&mut self, key: &str, facts: Facts<'_>, bytes: u64, verdict: Verdict, now: Time) {
        self.total += 1;
        if self.entries.len() < MOST_EXPLAINED {
            self.entries.push(Explained::new(key, facts, bytes, verdict, now));
        }
    }
}

impl Explained {
    fn new(key: &str, facts: Facts<'_>, bytes: u64, verdict: Verdict, now: Time) -> Self {
        let (state, why) = match verdict {
            Verdict::Fresh => ("fresh", None),
            Verdict::Stale(why) => ("stale", Some(why)),
            Verdict::Gone(why) => ("gone", Some(why)),
        };
        let marked_tag = match why {
            Some(Why::Mark(at)) => facts.tags.get(at).cloned(),
            _ => None,
        };
        Self {
            key: key.to_owned(),
            tags: facts.tags.to_vec(),
            bytes,
            state,
            why: why.map(|why| why.sentence(facts.tags)),
            marked_tag,
            age_seconds: elapsed(facts.stored, now).as_secs_f64(),
            revalidate_seconds: facts.life.revalidate.map(|it| it.as_secs_f64()),
            expire_seconds: facts.life.expire.map(|it| it.as_secs_f64()),
            began: facts.began,
        }
    }
}

impl Why {
    fn sentence(self, tags: &[String]) -> String {
        match self {
            Self::Revalidate => "it is older than its revalidate".to_owned(),
            Self::Expire => "it is older than its expire".to_owned(),
            Self::Mark(at) => {
                let tag = tags.get(at).map_or("", String::as_str);
                format!("its tag {tag:?} was invalidated after its fill began")
            }
            Self::Floor => "so many tags were invalidated since its fill began that not all are \
                            remembered: it may have one of them"
                .to_owned(),
        }
    }
}

impl ExplainedMark {
    /// What `mark` says at `now`.
    pub fn new(mark: &TagMark, now: Time) -> Self {
        let left = |at, expire: Duration| expire.saturating_sub(elapsed(at, now)).as_secs_f64();
        let soft = mark.soft.iter().map(|soft| ExplainedSoft {
            tick: soft.tick,
            gone_in_seconds: soft.expire.map(|expire| left(soft.at, expire)),
        });
        Self { hard: mark.hard, soft: soft.collect() }
    }
}
