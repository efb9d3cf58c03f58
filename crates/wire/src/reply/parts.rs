//! Names and values to a table of slots, by the one grammar that parts have.
//!
//! ```text
//! name   = prefix ( number / "_" number "_" field )
//! number = "0" / %x31-39 *DIGIT            decimal, without padding
//! ```

use std::collections::HashMap;

use crate::{Limits, ReplyError};

/// What a multipart body says of a file beside its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileHead {
    /// The file's name; without one it becomes a Blob.
    pub name: Option<String>,
    /// Its media type; empty when none was sent.
    pub media_type: String,
    /// How long it is.
    pub bytes: u64,
}

/// The value of a form's field; a file by its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Text(String),
    File(u32),
}

/// What a number stands for. React never gives one number to two things, so neither kind nor content
/// of a slot can change.
#[derive(Debug)]
pub(super) enum Slot {
    /// A model: JSON with tags.
    Text(String),
    /// A file, by its number among the files.
    File(u32),
    /// The entries of a FormData.
    Form(Vec<(String, Entry)>),
}

/// The heads of the files of one body, in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct Heads(Vec<FileHead>);

impl Heads {
    /// Takes a file; gives its number.
    pub(crate) fn push(&mut self, head: FileHead, limits: &Limits) -> Result<u32, ReplyError> {
        ReplyError::check("files", self.0.len() + 1, limits.files)?;
        ReplyError::check("file_bytes", head.bytes, limits.file_bytes)?;
        self.0.push(head);
        Ok(self.0.len() as u32 - 1) // `limits.files` is a u32
    }

    pub(super) fn get(&self, blob: u32) -> Option<&FileHead> {
        self.0.get(blob as usize)
    }
}

/// The parts of a reply that have arrived.
#[derive(Debug, Default)]
pub struct Parts {
    prefix: String,
    slots: HashMap<u32, Slot>,
    pub(super) heads: Heads,
    text_bytes: u64,
    models: u32,
    fields: u32,
}

enum Name<'a> {
    Model(u32),
    Field(u32, &'a str),
}

impl Parts {
    /// No parts yet. In a form sent without JavaScript each name begins with `prefix`
    /// (`$ACTION_1:`), in a call with nothing.
    pub fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..Self::default() }
    }

    /// Takes a part that is text.
    ///
    /// # Errors
    ///
    /// - [`ReplyError::PartName`]: the name is none that React 19.3.1 writes.
    /// - [`ReplyError::DuplicatePart`]: its number is taken.
    /// - [`ReplyError::TooMuch`]: `parts`, `fields`, `name_bytes` or `body_bytes` was passed.
    /// - [`ReplyError::Unsupported`]: it is an event of a stream.
    pub fn text(&mut self, name: &str, value: String, limits: &Limits) -> Result<(), ReplyError> {
        let bytes = (name.len() + value.len()) as u64;
        self.text_bytes = self.text_bytes.saturating_add(bytes);
        ReplyError::check("body_bytes", self.text_bytes, limits.body_bytes)?;
        self.entry(name, Entry::Text(value), limits)
    }

    /// Takes a part that is a file; gives its number among the files, from 0: the skeleton's `B`
    /// instructions name it so.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text), with the limits `files`, `file_bytes` and `name_bytes`.
    pub fn file(&mut self, name: &str, head: FileHead, limits: &Limits) -> Result<u32, ReplyError> {
        let name_bytes = head.name.as_ref().map_or(0, String::len);
        ReplyError::check("name_bytes", name_bytes, limits.name_bytes)?;
        let blob = self.heads.push(head, limits)?;
        self.entry(name, Entry::File(blob), limits)?;
        Ok(blob)
    }

    /// Takes a part; a file has been counted already.
    pub(crate) fn entry(
        &mut self,
        name: &str,
        entry: Entry,
        limits: &Limits,
    ) -> Result<(), ReplyError> {
        match (self.parse(name, limits)?, entry) {
            (Name::Field(part, field), entry) => {
                self.fields += u32::from(matches!(entry, Entry::Text(_)));
                ReplyError::check("fields", self.fields, limits.fields)?;
                self.field(part, field, entry)
            }
            (Name::Model(part), Entry::File(blob)) => self.slot(part, Slot::File(blob)),
            (Name::Model(part), Entry::Text(text)) => {
                self.models += 1;
                ReplyError::check("parts", self.models, limits.parts)?;
                self.slot(part, Slot::Text(text))
            }
        }
    }

    /// The parts of a form's action, whose files have been taken with the form.
    pub(crate) fn with_heads(self, heads: Heads) -> Self {
        Self { heads, ..self }
    }

    pub(super) fn model(&self, part: u32) -> Result<&str, ReplyError> {
        match self.slots.get(&part) {
            Some(Slot::Text(text)) => Ok(text),
            _ => Err(ReplyError::MissingPart { part, kind: "text" }),
        }
    }

    pub(super) fn blob(&self, part: u32) -> Result<u32, ReplyError> {
        match self.slots.get(&part) {
            Some(Slot::File(blob)) => Ok(*blob),
            _ => Err(ReplyError::MissingPart { part, kind: "file" }),
        }
    }

    /// The entries of a FormData. An empty one has no parts at all.
    pub(super) fn form(&self, part: u32) -> Result<&[(String, Entry)], ReplyError> {
        match self.slots.get(&part) {
            Some(Slot::Form(entries)) => Ok(entries),
            None => Ok(&[]),
            Some(_) => Err(ReplyError::MissingPart { part, kind: "form" }),
        }
    }

    fn slot(&mut self, part: u32, slot: Slot) -> Result<(), ReplyError> {
        let taken = self.slots.insert(part, slot).is_some();
        if taken { Err(ReplyError::DuplicatePart { part }) } else { Ok(()) }
    }

    fn field(&mut self, part: u32, field: &str, entry: Entry) -> Result<(), ReplyError> {
        let slot = self.slots.entry(part).or_insert_with(|| Slot::Form(Vec::new()));
        let Slot::Form(entries) = slot else { return Err(ReplyError::DuplicatePart { part }) };
        // A form that was rendered to work without JavaScript still has these when it is sent with
        // it; they are React's, not the user's.
        if !field.starts_with("$ACTION_") {
            entries.push((field.to_owned(), entry));
        }
        Ok(())
    }

    fn parse<'a>(&self, name: &'a str, limits: &Limits) -> Result<Name<'a>, ReplyError> {
        ReplyError::check("name_bytes", name.len(), limits.name_bytes)?;
        let name = name.strip_prefix(self.prefix.as_str()).ok_or(ReplyError::PartName)?;
        if let Some(field) = name.strip_prefix('_') {
            let (part, field) = field.split_once('_').ok_or(ReplyError::PartName)?;
            return Ok(Name::Field(decimal(part).ok_or(ReplyError::PartName)?, field));
        }
        if name.strip_prefix('S').and_then(decimal).is_some() {
            return Err(ReplyError::Unsupported { kind: "a stream" });
        }
        decimal(name).map(Name::Model).ok_or(ReplyError::PartName)
    }
}

/// `0`, or digits without a leading zero: one spelling for each number.
fn decimal(text: &str) -> Option<u32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    (digits && (text == "0" || !text.starts_with('0'))).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(name: &str) -> Result<(), ReplyError> {
        Parts::new("").text(name, String::new(), &Limits::default())
    }

    #[test]
    fn a_name_has_one_spelling() {
        for good in ["0", "1", "10", "4294967295", "_1_a", "_10__", "_1_", "_1_a_b"] {
            assert_eq!(add(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            " 1",
            "1 ",
            "01",
            "00",
            "0x1",
            "1e0",
            "+1",
            "-1",
            "a",
            "_1",
            "_a_b",
            "__a",
            "_01_a",
            "4294967296",
            "NaN",
            "1_a",
            "S",
            "Sa",
            "S01",
            "$ACTION_ID_x",
            "\u{661}",
        ] {
            assert_eq!(add(bad), Err(ReplyError::PartName), "{bad}");
        }
        assert_eq!(add("S1"), Err(ReplyError::Unsupported { kind: "a stream" }));
    }

    #[test]
    fn a_prefix_is_part_of_each_name() {
        let mut parts = Parts::new("$ACTION_1:");
        assert_eq!(parts.text("$ACTION_1:0", "1".into(), &Limits::default()), Ok(()));
        assert_eq!(parts.model(0), Ok("1"));
        assert_eq!(parts.text("0", String::new(), &Limits::default()), Err(ReplyError::PartName));
    }

    #[test]
    fn a_number_is_given_once_whatever_the_kind() {
        let limits = Limits::default();
        for (first, second) in [("1", "1"), ("1", "_1_a"), ("_1_a", "1")] {
            let mut parts = Parts::new("");
            parts.text(first, String::new(), &limits).unwrap();
            let duplicate = Err(ReplyError::DuplicatePart { part: 1 });
            assert_eq!(parts.text(second, String::new(), &limits), duplicate);
            assert!(parts.file("1", FileHead::default(), &limits).is_err());
        }
        let mut parts = Parts::new("");
        parts.text("_1_a", String::new(), &limits).unwrap();
        parts.text("_1_a", String::new(), &limits).unwrap();
        assert_eq!(parts.file("_1_a", FileHead::default(), &limits), Ok(0));
        assert_eq!(parts.form(1).unwrap().len(), 3);
    }

    #[test]
    fn react_s_own_fields_are_left_out() {
        let mut parts = Parts::new("");
        parts.text("_1_$ACTION_KEY", "k".into(), &Limits::default()).unwrap();
        assert_eq!(parts.form(1), Ok([].as_slice()));
    }
}
