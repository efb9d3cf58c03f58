//! Parts in, skeletons out, as they come.

use super::{
    Decoded, Entry, FileHead, Parts,
    emit::{Emitted, Root},
    link::Links,
    parts::{Arrival, TextId},
    read::{Reading, Shape, Unit},
};
use crate::{Limits, ReplyError};

/// Decodes a reply while its parts arrive.
///
/// Feed each part as it comes, and ask [`decode`](Self::decode) what there is: first the arguments, as
/// soon as all that belongs to them is there, then what became of the promises, streams and iterables
/// among them. Each skeleton goes on where the one before ended: trees and nodes count on.
///
/// ```
/// use wire::{Limits, reply::Decoder};
///
/// let mut decoder = Decoder::new(&Limits::default());
/// decoder.text("0", r#"["$@1"]"#.into())?;
/// let arguments = decoder.decode()?.expect("all of them are there");
/// assert_eq!(arguments.skeleton.program, r#"["@","@","=",0,0]"#);
/// assert!(arguments.is_open);
///
/// decoder.text("1", r#"{"later":true}"#.into())?;
/// decoder.end();
/// let more = decoder.decode()?.expect("the promise's value");
/// assert_eq!((more.skeleton.text.as_str(), more.skeleton.program.as_str()), (r#"[{"later":true}]"#, r#"[".",0,1]"#));
/// # Ok::<(), wire::ReplyError>(())
/// ```
///
/// What one part brings is worked on once: the whole costs no more than the bytes and the parts are
/// many. A part that leads to another which isn't there yet (the arguments bound to a function, which
/// React sends behind it) waits for it, and those behind it wait too.
///
/// After an error nothing more comes out: whoever fed it lets all open promises and streams fail. So
/// also when the connection is cut; a value that nobody wants any more needs no word to the decoder.
///
/// # Source
///
/// `docs/protocol.md` §1.6, §1.7 and §1.10; React 19.3.1, `decodeReplyFromBusboy`.
pub struct Decoder {
    limits: Limits,
    reading: Reading,
    links: Links,
    emitted: Emitted,
    /// The unit that is being read: what it leads to may not have come yet.
    current: Option<Unit>,
    has_begun: bool,
    failed: Option<ReplyError>,
}

impl Decoder {
    /// Nothing has come yet.
    pub fn new(limits: &Limits) -> Self {
        Self::of(Parts::new(""), limits)
    }

    pub(super) fn of(parts: Parts, limits: &Limits) -> Self {
        Self {
            limits: *limits,
            reading: Reading::new(parts, limits),
            links: Links::default(),
            emitted: Emitted::new(Root::Part(0)),
            current: None,
            has_begun: false,
            failed: None,
        }
    }

    /// Takes a part that is text.
    ///
    /// # Errors
    ///
    /// As [`Parts::text`], and [`ReplyError::MissingPart`] where it is of another kind than values
    /// before said.
    pub fn text(&mut self, name: &str, value: String) -> Result<(), ReplyError> {
        self.check()?;
        let arrival = self.reading.parts.take_text(name, value, &self.limits);
        let arrived = arrival.and_then(|arrival| self.arrived(arrival));
        self.remember(arrived)
    }

    /// Takes a part that is a file; gives its number among the files, from 0.
    ///
    /// # Errors
    ///
    /// As [`Parts::file`], and as [`text`](Self::text).
    pub fn file(&mut self, name: &str, head: FileHead) -> Result<u32, ReplyError> {
        self.check()?;
        let taken = self.reading.parts.take_file(name, head, &self.limits);
        let taken = taken.and_then(|(blob, arrival)| self.arrived(arrival).map(|()| blob));
        self.remember(taken)
    }

    /// All parts have come.
    pub fn end(&mut self) {
        self.reading.complete();
    }

    /// What has come since the last time; nothing if that makes no whole yet.
    ///
    /// The last one isn't open. Promises that have no value by then, and streams without an end, fail.
    ///
    /// # Errors
    ///
    /// As [`decode_parts`](super::decode_parts).
    pub fn decode(&mut self) -> Result<Option<Decoded>, ReplyError> {
        self.check()?;
        let decoded = self.advance();
        self.remember(decoded)
    }

    fn arrived(&mut self, arrival: Arrival) -> Result<(), ReplyError> {
        if arrival == Arrival::Model(0) {
            self.begin()?;
        }
        self.reading.arrived(arrival)
    }

    /// Begins with the arguments.
    pub(super) fn begin(&mut self) -> Result<(), ReplyError> {
        self.has_begun = true;
        self.current = Some(Unit::Root);
        self.reading.claim(0, Shape::Arguments, 0)
    }

    fn advance(&mut self) -> Result<Option<Decoded>, ReplyError> {
        if !self.has_begun {
            let missing = ReplyError::MissingPart { part: 0, kind: "text" };
            return if self.reading.is_complete() { Err(missing) } else { Ok(None) };
        }
        let mut units = Vec::new();
        let mut fresh = Vec::new();
        while self.reading.finish()? {
            fresh.append(&mut self.reading.fresh);
            units.extend(self.current.take());
            self.current = self.reading.next_unit();
            if self.current.is_none() {
                break;
            }
        }
        if units.is_empty() {
            return Ok(None);
        }
        self.links.link(&self.reading, &fresh)?;
        let mut decoded = self.emitted.emit(&self.reading, &self.links, &units)?;
        decoded.is_open = self.reading.is_open(self.current.is_some());
        // Nothing can refer to what an event has.
        for id in fresh.iter().filter(|id| matches!(id, TextId::Event(_))) {
            self.reading.outlines.remove(id);
        }
        Ok(Some(decoded))
    }

    fn check(&self) -> Result<(), ReplyError> {
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn remember<T>(&mut self, result: Result<T, ReplyError>) -> Result<T, ReplyError> {
        if let Err(error) = &result {
            self.failed = Some(error.clone());
        }
        result
    }
}

/// Decodes the arguments of a form's action: those in the part `bound`, then a FormData of `own`. Also
/// gives how many are bound.
pub(crate) fn decode_form(
    parts: Parts,
    bound: Option<u32>,
    own: Vec<(String, Entry)>,
    limits: &Limits,
) -> Result<(Decoded, u32), ReplyError> {
    let mut decoder = Decoder::of(parts, limits);
    decoder.reading.count(own.len() + 1)?;
    if let Some(bound) = bound {
        decoder.reading.claim(bound, Shape::Bound, 0)?;
    }
    decoder.emitted = Emitted::new(Root::Form { bound, own });
    (decoder.has_begun, decoder.current) = (true, Some(Unit::Root));
    decoder.end();
    let decoded = decoder.decode()?.unwrap_or_default(); // it is complete, so there is something
    let count = bound.map_or(0, |bound| decoder.reading.length(bound));
    Ok((decoded, count))
}
