//! What the author of one action says that a call of it may ask, beside what the server says of all.

use std::{str::FromStr, sync::Arc, time::Duration};

use wire::{FileHead, Limits, ReplyError, reply::BlobUse};

use crate::{classify::media_type, rejection::Rejection, settings::BadOption};

/// One action's own rules; what is `None` is as the server has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// `limit`: bytes of the body. Files count too, unless one of the next three is given.
    pub body_bytes: Option<u64>,
    /// `files.count`
    pub files: Option<u32>,
    /// `files.size`: bytes of one file.
    pub file_bytes: Option<u64>,
    /// `files.types`
    pub file_types: Option<Vec<MediaRange>>,
    /// `timeout`: as long the function may take, and as long its body.
    pub timeout: Option<Duration>,
    /// `concurrency`: calls at a time.
    pub concurrency: Option<u32>,
    /// `queue`: calls that may wait for their turn.
    pub queue: u32,
}

impl Policy {
    /// Calls that may wait where `queue` says nothing.
    pub const QUEUE: u32 = 64;
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            body_bytes: None,
            files: None,
            file_bytes: None,
            file_types: None,
            timeout: None,
            concurrency: None,
            queue: Self::QUEUE,
        }
    }
}

/// What the body of one call may hold.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// The server's limits, with the action's own in their places.
    pub limits: Limits,
    /// Bytes of a whole body whose files go to disk.
    pub upload_bytes: u64,
    file_types: Option<Arc<[MediaRange]>>,
}

impl From<&Limits> for Bounds {
    fn from(limits: &Limits) -> Self {
        Self { limits: *limits, upload_bytes: limits.upload_bytes(), file_types: None }
    }
}

impl Bounds {
    /// Those of an action with `policy`, on a server with `limits`.
    pub fn under(policy: &Policy, limits: &Limits) -> Self {
        let limits = Limits {
            body_bytes: policy.body_bytes.unwrap_or(limits.body_bytes),
            files: policy.files.unwrap_or(limits.files),
            file_bytes: policy.file_bytes.unwrap_or(limits.file_bytes),
            ..*limits
        };
        let has_files =
            policy.files.is_some() || policy.file_bytes.is_some() || policy.file_types.is_some();
        let upload_bytes = match policy.body_bytes {
            Some(bytes) if !has_files => bytes,
            _ => limits.upload_bytes(),
        };
        Self { limits, upload_bytes, file_types: policy.file_types.clone().map(Into::into) }
    }

    /// Lets pass what one of both lets pass.
    pub(crate) fn loosest(self, other: &Self) -> Self {
        let limits = Limits {
            body_bytes: self.limits.body_bytes.max(other.limits.body_bytes),
            files: self.limits.files.max(other.limits.files),
            file_bytes: self.limits.file_bytes.max(other.limits.file_bytes),
            ..self.limits
        };
        let upload_bytes = self.upload_bytes.max(other.upload_bytes);
        Self { limits, upload_bytes, file_types: None }
    }

    /// Lets pass what both let pass. (Types are those of `self`, which was made with all that is known.)
    pub(crate) fn within(self, other: &Self) -> Self {
        let limits = Limits {
            body_bytes: self.limits.body_bytes.min(other.limits.body_bytes),
            files: self.limits.files.min(other.limits.files),
            file_bytes: self.limits.file_bytes.min(other.limits.file_bytes),
            ..self.limits
        };
        let upload_bytes = self.upload_bytes.min(other.upload_bytes);
        Self { limits, upload_bytes, file_types: self.file_types }
    }

    /// Refuses a file by the type that its sender says it has.
    pub(crate) fn check_type(&self, sent: &str) -> Result<(), Rejection> {
        match &self.file_types {
            Some(types) if !types.iter().any(|it| it.matches(sent)) => Err(Rejection::FileType),
            _ => Ok(()),
        }
    }

    /// Refuses files among the values that the action doesn't take.
    pub(crate) fn check_types(&self, usage: &Usage, blobs: &[BlobUse]) -> Result<(), Rejection> {
        if self.file_types.is_none() {
            return Ok(());
        }
        blobs.iter().filter_map(|it| usage.file(it)).try_for_each(|file| self.check_file(file))
    }

    /// Refuses a form that is for this action, but was read before that was known.
    ///
    /// # Errors
    ///
    /// [`Rejection::BodyTooLarge`], [`Rejection::FileType`], and [`ReplyError::TooMuch`].
    pub fn check(&self, usage: &Usage) -> Result<(), Rejection> {
        let Limits { body_bytes, files, file_bytes, .. } = self.limits;
        if usage.bytes > self.upload_bytes {
            return Err(Rejection::BodyTooLarge { limit: self.upload_bytes });
        }
        ReplyError::check("body_bytes", usage.text_bytes, body_bytes)?;
        ReplyError::check("files", usage.files.len(), files)?;
        usage.files.iter().try_for_each(|file| {
            ReplyError::check("file_bytes", file.bytes, file_bytes)?;
            self.check_file(file)
        })
    }

    fn check_file(&self, file: &FileUsage) -> Result<(), Rejection> {
        // A browser sends a file input that was left empty as a file without a name.
        if file.is_unnamed && file.bytes == 0 { Ok(()) } else { self.check_type(&file.media_type) }
    }
}

/// What a body held.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    /// All of it.
    pub bytes: u64,
    /// Of these, names and values of what is text.
    pub text_bytes: u64,
    /// Its files, in the order of their numbers.
    pub files: Vec<FileUsage>,
}

/// One file of a body.
#[derive(Clone, Debug)]
pub struct FileUsage {
    /// How long it is.
    pub bytes: u64,
    /// As the sender says.
    pub media_type: String,
    /// It has an empty name.
    pub is_unnamed: bool,
}

impl FileUsage {
    pub(crate) fn of(FileHead { name, media_type, bytes }: &FileHead) -> Self {
        let is_unnamed = name.as_ref().is_none_or(String::is_empty);
        Self { bytes: *bytes, media_type: media_type.clone(), is_unnamed }
    }
}

impl Usage {
    pub(crate) fn add_text(&mut self, name: &str, value: &str) {
        self.text_bytes += (name.len() + value.len()) as u64;
    }

    /// Only files that values or fields are, not binary data.
    pub(crate) fn of(mut self, blobs: &[BlobUse]) -> Self {
        let files = blobs.iter().filter_map(|it| self.file(it)).cloned().collect();
        self.files = files;
        self
    }

    fn file(&self, BlobUse { blob, is_view }: &BlobUse) -> Option<&FileUsage> {
        if *is_view { None } else { self.files.get(*blob as usize) }
    }
}

/// One entry of `files.types`: `image/png`, `image/*`, `*/*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaRange(String);

impl MediaRange {
    fn matches(&self, sent: &str) -> bool {
        let sent = media_type(Some(sent));
        match self.0.strip_suffix('*') {
            Some("*/") => true,
            Some(kind) => sent.starts_with(kind),
            None => sent == self.0,
        }
    }
}

impl FromStr for MediaRange {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Self, BadOption> {
        let range = text.to_ascii_lowercase();
        let is_token = |it: &str| {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "!#$&^_.+-".contains(c);
            !it.is_empty() && it.chars().all(allowed)
        };
        let is_range = range.split_once('/').is_some_and(|(kind, subtype)| {
            is_token(kind) && (is_token(subtype) || subtype == "*") || range == "*/*"
        });
        if is_range {
            return Ok(Self(range));
        }
        let problem = format!("{text:?} is not a type: write image/png or image/*");
        Err(BadOption { option: "files.types", problem })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(policy: Policy) -> Bounds {
        Bounds::under(&policy, &Limits { body_bytes: 100, ..Limits::default() })
    }

    #[test]
    fn an_action_may_ask_for_more_and_for_less() {
        assert_eq!(bounds(Policy::default()).limits.body_bytes, 100);
        for bytes in [10, 1000] {
            let policy = Policy { body_bytes: Some(bytes), ..Policy::default() };
            assert_eq!(bounds(policy).limits.body_bytes, bytes);
        }
    }

    #[test]
    fn a_limit_counts_files_unless_they_have_limits_of_their_own() {
        let limited = Policy { body_bytes: Some(10), ..Policy::default() };
        assert_eq!(bounds(limited.clone()).upload_bytes, 10);
        let with_files = Policy { files: Some(3), file_bytes: Some(7), ..limited };
        assert_eq!(bounds(with_files).upload_bytes, 10 + 3 * 7);
        let all = Limits { body_bytes: 100, ..Limits::default() }.upload_bytes();
        assert_eq!(bounds(Policy::default()).upload_bytes, all);
    }

    #[test]
    fn types_are_compared_without_case_and_parameters() {
        let range = |text: &str| text.parse::<MediaRange>().unwrap();
        assert!(range("Image/*").matches("image/PNG; q=1"));
        assert!(!range("image/*").matches("imagery/png"));
        assert!(!range("image/*").matches(""));
        assert!(range("text/plain").matches("text/plain;charset=utf-8"));
        assert!(!range("text/plain").matches("text/plainer"));
        assert!(range("*/*").matches(""));
        for text in
            ["", "image", ".png", "*/png", "image/", "/png", "image/p*", "a/b/c", "im age/x"]
        {
            assert!(text.parse::<MediaRange>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_form_is_measured_at_each_limit_and_one_past_it() {
        let policy = Policy { files: Some(2), file_bytes: Some(5), ..Policy::default() };
        let policy = Policy { body_bytes: Some(10), ..policy };
        let types = Some(vec!["image/*".parse().unwrap()]);
        let bounds = bounds(Policy { file_types: types, ..policy });
        let file = |bytes, media_type: &str| FileUsage {
            bytes,
            media_type: media_type.to_owned(),
            is_unnamed: false,
        };
        let most = Usage { bytes: 20, text_bytes: 10, files: vec![file(5, "image/png"); 2] };
        assert!(bounds.check(&most).is_ok());
        let code = |usage: Usage| bounds.check(&usage).map_err(|it| it.code()).unwrap_err();
        assert_eq!(code(Usage { bytes: 21, ..most.clone() }), "errand::body-too-large");
        assert_eq!(code(Usage { text_bytes: 11, ..most.clone() }), "errand::reply-too-much");
        let with = |files| Usage { files, ..most.clone() };
        assert_eq!(code(with(vec![file(5, "image/png"); 3])), "errand::reply-too-much");
        assert_eq!(code(with(vec![file(6, "image/png")])), "errand::reply-too-much");
        assert_eq!(code(with(vec![file(5, "text/html")])), "errand::file-type");
        let empty = FileUsage { is_unnamed: true, ..file(0, "application/octet-stream") };
        assert!(bounds.check(&with(vec![empty.clone()])).is_ok());
        assert_eq!(code(with(vec![FileUsage { bytes: 1, ..empty }])), "errand::file-type");
    }
}
