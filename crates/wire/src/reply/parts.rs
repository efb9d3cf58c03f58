//! Names and values to a table of slots, by the one grammar that parts have.
//!
//! ```text
//! name   = prefix ( number / "_" number "_" field / "S" number / number "_" field )
//! number = "0" / %x31-39 *DIGIT            decimal, without padding
//! ```
//!
//! The last form, and a number for the events of a stream, are of older clients: see `versions`.

use std::collections::{HashMap, hash_map::Entry as Place};

use super::versions::{Spelling, Versions};
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

/// A text that holds values: a model by its part, or an event by its number among all events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum TextId {
    Part(u32),
    Event(u32),
}

/// What a number stands for. React never gives one number to two things, so neither kind nor content
/// of a slot can change.
#[derive(Debug)]
pub(super) enum Slot {
    /// A model: JSON with tags. Empty once it was read.
    Text(String),
    /// Several texts: events of a stream, if it turns out to be one.
    Texts(Vec<String>),
    /// A file, by its number among the files.
    File(u32),
    /// The entries of a FormData.
    Form(Vec<(String, Entry)>),
    /// The events of a stream.
    Events(Events),
    /// A FormData without entries, or one that has been read: nothing may come any more.
    Sealed,
}

impl Slot {
    /// Why there is no text to read here.
    fn no_text(&self, part: u32) -> ReplyError {
        match self {
            Self::Texts(_) => ReplyError::DuplicatePart { part },
            _ => ReplyError::MissingPart { part, kind: "text" },
        }
    }
}

/// The events of one stream, by their numbers among all, and the one that ends it.
#[derive(Clone, Debug, Default)]
pub(super) struct Events {
    pub(super) items: Vec<u32>,
    pub(super) close: Option<Close>,
}

/// How a stream ends: with the event that says what the iteration returns, or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Close(pub(super) Option<u32>);

/// What a part turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    Model(u32),
    /// A text for a number that has one already.
    Again(u32),
    File(u32),
    Item {
        stream: u32,
        event: u32,
    },
    Close {
        stream: u32,
        close: Close,
    },
    Field(u32),
}

impl Arrival {
    /// The number that it came under.
    pub(super) fn number(self) -> u32 {
        match self {
            Self::Model(part) | Self::Again(part) | Self::File(part) | Self::Field(part) => part,
            Self::Item { stream, .. } | Self::Close { stream, .. } => stream,
        }
    }
}

/// The heads of the files of one body, in the order of their arrival.
#[derive(Debug, Default)]
pub(crate) struct Heads(Vec<FileHead>);

impl Heads {
    /// Takes a file; gives its number.
    pub(crate) fn push(&mut self, head: FileHead, limits: &Limits) -> Result<u32, ReplyError> {
        ReplyError::check("file_bytes", head.bytes, limits.file_bytes)?;
        self.0.push(head);
        Ok(self.0.len() as u32 - 1) // who calls counts files or parts, and both limits are a u32
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
    pub(super) versions: Versions,
    pub(super) heads: Heads,
    /// The texts of events, and the streams that they are of. Empty once they were read.
    events: Vec<(u32, String)>,
    /// Of text, and of binary data that is no file to whoever gets it.
    bytes: u64,
    models: u32,
    files: u32,
    fields: u32,
}

enum Name<'a> {
    Model(u32),
    Field(u32, &'a str, Spelling),
    Event(u32),
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
    /// - [`ReplyError::PartName`]: the name is none that React writes.
    /// - [`ReplyError::DuplicatePart`]: its number is taken.
    /// - [`ReplyError::Malformed`]: it is an event of a stream that has ended, or no version of React
    ///   writes such a name beside those before.
    /// - [`ReplyError::TooMuch`]: `parts`, `events`, `fields`, `name_bytes`, `part_bytes`,
    ///   `string_bytes` or `body_bytes` was passed.
    pub fn text(&mut self, name: &str, value: String, limits: &Limits) -> Result<(), ReplyError> {
        self.take_text(name, value, limits).map(drop)
    }

    /// Takes a part that is a file; gives its number among the files, from 0: the skeleton's `B` and
    /// `V` instructions name it so.
    ///
    /// # Errors
    ///
    /// As [`text`](Self::text), with the limits `files`, `file_bytes` and `name_bytes`. A file that no
    /// field has counts among the parts: what it is for, a value says.
    pub fn file(&mut self, name: &str, head: FileHead, limits: &Limits) -> Result<u32, ReplyError> {
        self.take_file(name, head, limits).map(|(blob, _)| blob)
    }

    pub(super) fn take_text(
        &mut self,
        name: &str,
        value: String,
        limits: &Limits,
    ) -> Result<Arrival, ReplyError> {
        ReplyError::check("part_bytes", value.len(), limits.part_bytes)?;
        self.count_bytes((name.len() + value.len()) as u64, limits)?;
        self.entry(name, Entry::Text(value), limits)
    }

    pub(super) fn take_file(
        &mut self,
        name: &str,
        head: FileHead,
        limits: &Limits,
    ) -> Result<(u32, Arrival), ReplyError> {
        let name_bytes = head.name.as_ref().map_or(0, String::len);
        ReplyError::check("name_bytes", name_bytes, limits.name_bytes)?;
        let blob = self.heads.push(head, limits)?;
        Ok((blob, self.entry(name, Entry::File(blob), limits)?))
    }

    /// Takes a part; a file has been given its number already.
    pub(crate) fn entry(
        &mut self,
        name: &str,
        entry: Entry,
        limits: &Limits,
    ) -> Result<Arrival, ReplyError> {
        match (self.parse(name, limits)?, entry) {
            (Name::Field(part, field, spelling), entry) => {
                self.versions.saw(spelling, part)?;
                match &entry {
                    Entry::Text(text) => {
                        ReplyError::check("string_bytes", text.len(), limits.string_bytes)?;
                        self.fields += 1;
                    }
                    Entry::File(_) => self.count_file(limits)?,
                }
                ReplyError::check("fields", self.fields, limits.fields)?;
                self.field(part, field, entry).map(|()| Arrival::Field(part))
            }
            (Name::Model(part), Entry::File(blob)) => {
                self.count_model(limits)?;
                self.slot(part, Slot::File(blob)).map(|()| Arrival::File(part))
            }
            (Name::Model(part), Entry::Text(text)) => self.text_of(part, text, limits),
            (Name::Event(stream), Entry::Text(text)) => {
                self.versions.saw(Spelling::MarkedEvent, stream)?;
                self.event(stream, text, limits)
            }
            (Name::Event(_), Entry::File(_)) => Err(ReplyError::PartName),
        }
    }

    fn count_model(&mut self, limits: &Limits) -> Result<(), ReplyError> {
        self.models += 1;
        ReplyError::check("parts", self.models, limits.parts)
    }

    /// Counts a file in: one that a Blob is made of, or that a form has.
    pub(super) fn count_file(&mut self, limits: &Limits) -> Result<(), ReplyError> {
        self.files += 1;
        ReplyError::check("files", self.files, limits.files)
    }

    /// Counts in bytes that are in memory as long as the values are.
    pub(super) fn count_bytes(&mut self, bytes: u64, limits: &Limits) -> Result<(), ReplyError> {
        self.bytes = self.bytes.saturating_add(bytes);
        ReplyError::check("body_bytes", self.bytes, limits.body_bytes)
    }

    /// The parts of a form's action, whose files have been taken with the form.
    pub(crate) fn with_heads(self, heads: Heads) -> Self {
        Self { heads, ..self }
    }

    /// Whether anything of that number has come.
    pub(super) fn has(&self, part: u32) -> bool {
        self.slots.contains_key(&part)
    }

    /// The text of a model, if it has come.
    pub(super) fn model(&self, part: u32) -> Result<Option<&str>, ReplyError> {
        match self.slots.get(&part) {
            Some(Slot::Text(text)) => Ok(Some(text)),
            None => Ok(None),
            Some(slot) => Err(slot.no_text(part)),
        }
    }

    /// The text of a part that must be there.
    pub(crate) fn metadata(&self, part: u32) -> Result<&str, ReplyError> {
        self.model(part)?.ok_or(ReplyError::MissingPart { part, kind: "text" })
    }

    /// Takes a text out, if it has come: it is read once.
    pub(super) fn take(&mut self, id: TextId) -> Result<Option<String>, ReplyError> {
        match id {
            TextId::Event(event) => {
                Ok(self.events.get_mut(event as usize).map(|(_, text)| std::mem::take(text)))
            }
            TextId::Part(part) => match self.slots.get_mut(&part) {
                Some(Slot::Text(text)) => Ok(Some(std::mem::take(text))),
                None => Ok(None),
                Some(slot) => Err(slot.no_text(part)),
            },
        }
    }

    /// The number that a text has in messages: of its part, or its stream.
    pub(super) fn number_of(&self, id: TextId) -> u32 {
        match id {
            TextId::Part(part) => part,
            TextId::Event(event) => {
                self.events.get(event as usize).map_or(0, |(stream, _)| *stream)
            }
        }
    }

    pub(super) fn blob(&self, part: u32) -> Result<u32, ReplyError> {
        match self.slots.get(&part) {
            Some(Slot::File(blob)) => Ok(*blob),
            _ => Err(ReplyError::MissingPart { part, kind: "file" }),
        }
    }

    /// The entries of a FormData, which nothing is added to from now on. An empty one has no parts at
    /// all.
    pub(super) fn take_form(&mut self, part: u32) -> Result<Vec<(String, Entry)>, ReplyError> {
        match self.slots.insert(part, Slot::Sealed) {
            Some(Slot::Form(entries)) => Ok(entries),
            None => Ok(Vec::new()),
            Some(_) => Err(ReplyError::MissingPart { part, kind: "form" }),
        }
    }

    /// The events of a stream that have come. From now on its number is a stream's.
    pub(super) fn events(&mut self, part: u32, limits: &Limits) -> Result<Events, ReplyError> {
        match self.slots.insert(part, Slot::Events(Events::default())) {
            None => Ok(Events::default()),
            Some(Slot::Events(events)) => {
                self.slots.insert(part, Slot::Events(events.clone()));
                Ok(events)
            }
            Some(Slot::Text(text)) => self.bare_events(part, vec![text], limits),
            Some(Slot::Texts(texts)) => self.bare_events(part, texts, limits),
            Some(_) => Err(ReplyError::MissingPart { part, kind: "stream" }),
        }
    }

    /// Events that came under the number alone, as long as nobody knew what it was of.
    fn bare_events(
        &mut self,
        part: u32,
        texts: Vec<String>,
        limits: &Limits,
    ) -> Result<Events, ReplyError> {
        self.versions.saw(Spelling::BareEvent, part)?;
        for text in texts {
            self.event(part, text, limits)?;
        }
        match self.slots.get(&part) {
            Some(Slot::Events(events)) => Ok(events.clone()),
            _ => Ok(Events::default()), // can't be: it was made above
        }
    }

    fn slot(&mut self, part: u32, slot: Slot) -> Result<(), ReplyError> {
        let taken = self.slots.insert(part, slot).is_some();
        if taken { Err(ReplyError::DuplicatePart { part }) } else { Ok(()) }
    }

    /// Takes a text that has nothing but a number: a model, or in older versions an event. The first
    /// may be either, and what refers to it tells.
    fn text_of(&mut self, part: u32, text: String, limits: &Limits) -> Result<Arrival, ReplyError> {
        let place = match self.slots.entry(part) {
            Place::Vacant(place) => {
                place.insert(Slot::Text(text));
                return self.count_model(limits).map(|()| Arrival::Model(part));
            }
            Place::Occupied(place) => place.into_mut(),
        };
        match place {
            Slot::Events(_) => {
                self.versions.saw(Spelling::BareEvent, part)?;
                return self.event(part, text, limits);
            }
            // What has been read was no event, and the arguments never are.
            Slot::Text(first) if part > 0 && !first.is_empty() => {
                *place = Slot::Texts(vec![std::mem::take(first), text]);
            }
            Slot::Texts(texts) => {
                ReplyError::check("events", texts.len() + 1, limits.events)?;
                texts.push(text);
            }
            _ => return Err(ReplyError::DuplicatePart { part }),
        }
        self.versions.saw(Spelling::BareEvent, part)?;
        Ok(Arrival::Again(part))
    }

    /// Takes an event: a model, or `C` and perhaps a model, which ends the stream.
    fn event(&mut self, stream: u32, text: String, limits: &Limits) -> Result<Arrival, ReplyError> {
        let slot = self.slots.entry(stream).or_insert_with(|| Slot::Events(Events::default()));
        let Slot::Events(events) = slot else {
            return Err(ReplyError::DuplicatePart { part: stream });
        };
        if events.close.is_some() {
            let expected = "nothing behind the end of a stream";
            return Err(ReplyError::Malformed { expected, part: stream, at: 0 });
        }
        ReplyError::check("events", events.items.len() + 1, limits.events)?;
        let event = self.events.len() as u32; // a body of 2^32 events has 2^34 bytes of names
        let Some(returned) = text.strip_prefix('C') else {
            events.items.push(event);
            self.events.push((stream, text));
            return Ok(Arrival::Item { stream, event });
        };
        let close = Close((!returned.is_empty()).then_some(event));
        events.close = Some(close);
        if close.0.is_some() {
            self.events.push((stream, returned.to_owned()));
        }
        Ok(Arrival::Close { stream, close })
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
            let part = decimal(part).ok_or(ReplyError::PartName)?;
            return Ok(Name::Field(part, field, Spelling::MarkedField));
        }
        if let Some((part, field)) = name.split_once('_') {
            let part = decimal(part).ok_or(ReplyError::PartName)?;
            return Ok(Name::Field(part, field, Spelling::BareField));
        }
        if let Some(stream) = name.strip_prefix('S') {
            return decimal(stream).map(Name::Event).ok_or(ReplyError::PartName);
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
        for good in [
            "0",
            "1",
            "10",
            "4294967295",
            "_1_a",
            "_10__",
            "_1_",
            "_1_a_b",
            "S1",
            "S10",
            "1_a",
            "10__",
            "1_",
            "1_a_b",
        ] {
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
            "01_a",
            "a_1",
            "S1_a",
            " 1_a",
            "S",
            "Sa",
            "S01",
            "$ACTION_ID_x",
            "\u{661}",
        ] {
            assert_eq!(add(bad), Err(ReplyError::PartName), "{bad}");
        }
    }

    #[test]
    fn a_prefix_is_part_of_each_name() {
        let mut parts = Parts::new("$ACTION_1:");
        assert_eq!(parts.text("$ACTION_1:0", "1".into(), &Limits::default()), Ok(()));
        assert_eq!(parts.model(0), Ok(Some("1")));
        assert_eq!(parts.text("0", String::new(), &Limits::default()), Err(ReplyError::PartName));
    }

    #[test]
    fn a_number_is_given_once_whatever_the_kind() {
        let limits = Limits::default();
        for (first, second) in
            [("1", "_1_a"), ("_1_a", "1"), ("1", "1_a"), ("1_a", "1"), ("1", "S1"), ("S1", "_1_a")]
        {
            let mut parts = Parts::new("");
            parts.text(first, String::new(), &limits).unwrap();
            let duplicate = Err(ReplyError::DuplicatePart { part: 1 });
            assert_eq!(parts.text(second, String::new(), &limits), duplicate);
            assert!(parts.file("1", FileHead::default(), &limits).is_err());
        }
        let mut parts = Parts::new("");
        parts.text("0", "[]".to_owned(), &limits).unwrap();
        assert!(parts.text("0", "[]".to_owned(), &limits).is_err(), "no stream has this number");
        let mut parts = Parts::new("");
        parts.text("1", "1".to_owned(), &limits).unwrap();
        parts.text("1", "2".to_owned(), &limits).unwrap();
        assert_eq!(parts.model(1), Err(ReplyError::DuplicatePart { part: 1 }));
        let mut parts = Parts::new("");
        parts.text("_1_a", String::new(), &limits).unwrap();
        parts.text("_1_a", String::new(), &limits).unwrap();
        assert_eq!(parts.file("_1_a", FileHead::default(), &limits), Ok(0));
        assert_eq!(parts.take_form(1).unwrap().len(), 3);
        assert!(parts.text("_1_a", String::new(), &limits).is_err(), "it has been read");
    }

    #[test]
    fn nothing_comes_behind_the_end_of_a_stream() {
        let limits = Limits::default();
        for close in ["C", "C1"] {
            let mut parts = Parts::new("");
            parts.text("S1", "1".into(), &limits).unwrap();
            parts.text("S1", close.into(), &limits).unwrap();
            for late in ["2", "C", "C2"] {
                let error = parts.text("S1", late.into(), &limits).unwrap_err();
                assert_eq!(error.code(), "errand::reply-malformed");
            }
        }
    }

    #[test]
    fn react_s_own_fields_are_left_out() {
        let mut parts = Parts::new("");
        parts.text("_1_$ACTION_KEY", "k".into(), &Limits::default()).unwrap();
        assert_eq!(parts.take_form(1), Ok(Vec::new()));
    }
}
