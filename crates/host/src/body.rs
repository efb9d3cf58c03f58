//! Bodies to the parts they are made of. Framing is a library's work; what the parts mean is `wire`'s.

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_util::stream;
use multer::{Field, Multipart};
use wire::{FileHead, Limits, ReplyError};

use crate::{
    disposition::{self, Names},
    framing::PartHead,
    policy::{FileUsage, Usage},
    rejection::Rejection,
};

/// Takes the parts of a multipart body, in order.
pub(crate) trait Sink {
    fn text(&mut self, name: &str, value: String, limits: &Limits) -> Result<(), ReplyError>;
    fn file(&mut self, name: &str, head: FileHead, limits: &Limits) -> Result<(), ReplyError>;
    /// Whether a part that is a file can be nothing else, by its name: not binary data.
    fn is_surely_file(name: &str) -> bool;
}

/// A multipart body that has been read.
pub(crate) struct Read {
    /// The bytes of its files, in the order of their arrival.
    pub(crate) files: Vec<Bytes>,
    pub(crate) usage: Usage,
}

/// Feeds a whole multipart body to `sink`.
pub(crate) fn read_multipart(
    content_type: &str,
    body: &[u8],
    limits: &Limits,
    sink: &mut impl Sink,
) -> Result<Read, Rejection> {
    let boundary = boundary(content_type)?;
    let usage = Usage { bytes: body.len() as u64, ..Usage::default() };
    let mut read = Read { files: Vec::new(), usage };
    let body = Bytes::copy_from_slice(body);
    let mut multipart = Multipart::new(stream::iter([Ok::<_, std::io::Error>(body)]), boundary);
    while let Some(field) = ready(multipart.next_field())?.map_err(malformed)? {
        read_field(field, limits, sink, &mut read)?;
    }
    Ok(read)
}

fn read_field(
    mut field: Field<'_>,
    limits: &Limits,
    sink: &mut impl Sink,
    read: &mut Read,
) -> Result<(), Rejection> {
    let PartHead { name, file_name, media_type } = head(&field)?;
    let bytes = content(&mut field)?;
    match file_name {
        Some(file_name) => {
            let head = FileHead { name: Some(file_name), media_type, bytes: bytes.len() as u64 };
            read.usage.files.push(FileUsage::of(&head));
            sink.file(&name, head, limits)?;
            read.files.push(bytes);
        }
        None => {
            let text = String::from_utf8(bytes.into()).map_err(|_| Rejection::NotText)?;
            read.usage.add_text(&name, &text);
            sink.text(&name, text, limits)?;
        }
    }
    Ok(())
}

/// A part's bytes. Of a whole body the library gives them in one piece, which needs no copying.
fn content(field: &mut Field<'_>) -> Result<Bytes, Rejection> {
    let mut next = || ready(field.chunk())?.map_err(malformed);
    let Some(first) = next()? else { return Ok(Bytes::new()) };
    let Some(second) = next()? else { return Ok(first) };
    let mut all = [first, second].concat();
    while let Some(more) = next()? {
        all.extend_from_slice(&more);
    }
    Ok(all.into())
}

/// What separates the parts of a body.
pub(crate) fn boundary(content_type: &str) -> Result<String, Rejection> {
    multer::parse_boundary(content_type)
        .map_err(|_| Rejection::Multipart("its content type has no boundary"))
}

/// What a part says of itself. The library's reader of names also finds one in the midst of another, so it isn't asked.
///
/// # Errors
///
/// [`Rejection::Multipart`]: the names can't be read, or a header means that the content isn't what is there.
pub(crate) fn head(field: &Field<'_>) -> Result<PartHead, Rejection> {
    let headers = field.headers();
    let disposition = headers.get("content-disposition");
    let disposition = disposition.ok_or(Rejection::Multipart("a part has no name"))?;
    let encoding = headers.get("content-transfer-encoding").map(|it| it.as_bytes());
    if encoding.is_some_and(|it| !matches!(it, b"binary" | b"8bit" | b"7bit")) {
        return Err(Rejection::Multipart("a part is encoded"));
    }
    let Names { name, file_name } = disposition::parse(disposition.as_bytes())?;
    let media_type = field.content_type().map(ToString::to_string).unwrap_or_default();
    Ok(PartHead { name, file_name, media_type })
}

/// The whole body is there, so nothing ever has to wait: a future that would is missing bytes.
fn ready<T>(future: impl Future<Output = T>) -> Result<T, Rejection> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).as_mut().poll(&mut context) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err(Rejection::Multipart("it is incomplete")),
    }
}

pub(crate) fn malformed(error: multer::Error) -> Rejection {
    Rejection::Multipart(match error {
        multer::Error::IncompleteFieldData { .. }
        | multer::Error::IncompleteHeaders
        | multer::Error::IncompleteStream => "it is incomplete",
        multer::Error::ReadHeaderFailed(_)
        | multer::Error::DecodeHeaderName { .. }
        | multer::Error::DecodeHeaderValue { .. } => "a part's header can't be read",
        _ => "its framing is broken",
    })
}
