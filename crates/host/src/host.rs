//! The stages of a call in their order, over one server's settings.

use std::{borrow::Cow, path::Path, time::SystemTime};

use bytes::Bytes;
use rustc_hash::FxHashSet;
use wire::{
    FileHead, Limits, ReplyError, Skeleton, form,
    reply::{self, Decoded},
};

use crate::{
    arriving::{ArrivedForm, ArrivingCall, ArrivingForm},
    body::{self, Sink},
    classify::{Head, Kind, classify, media_type},
    guard,
    proxy::Proxied,
    rejection::Rejection,
    seal::Purpose,
    settings::{BadOption, Settings},
};

/// What becomes of a request, as far as its head tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It isn't ours.
    Other,
    /// A fetch call that may be made: read its body.
    Call,
    /// Perhaps a form: look whether its body names an action ([`Host::names_action`]), then guard it.
    Form,
}

/// Decoded arguments, and the bytes of the files among them.
#[derive(Debug)]
pub struct Arguments {
    /// The values.
    pub decoded: Decoded,
    /// Blob *n* of the skeleton.
    pub files: Vec<Bytes>,
}

/// A form that was sent without JavaScript.
#[derive(Debug)]
pub struct FormCall {
    /// The action to run.
    pub id: String,
    /// Bound arguments, then the form's own fields.
    pub arguments: Arguments,
    /// What `useActionState` needs to go on.
    pub state: Option<form::StateKey>,
}

/// One server's settings, ready to judge requests. Shared by all its requests.
pub struct Host {
    settings: Settings,
    actions: FxHashSet<String>,
}

impl Host {
    /// Takes over `settings`.
    pub fn new(mut settings: Settings) -> Self {
        let actions = std::mem::take(&mut settings.actions).into_iter().collect();
        Self { settings, actions }
    }

    /// What was configured; `actions` has moved into the host.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Classifies, resolves and guards a request by its head.
    ///
    /// # Errors
    ///
    /// See [`guard::guard`].
    pub fn admit(&self, head: &Head<'_>) -> Result<Admission, Rejection> {
        match classify(head) {
            Kind::Other => Ok(Admission::Other),
            Kind::Form => Ok(Admission::Form),
            kind @ Kind::Call(id) => {
                guard::guard(head, &kind, self.actions.contains(id), &self.settings)?;
                Ok(Admission::Call)
            }
        }
    }

    /// Our own name as the visitor's browser knows it: host and port.
    pub fn authority<'a>(
        &self,
        host: Option<&'a str>,
        proxied: &Proxied<'a>,
    ) -> Option<Cow<'a, str>> {
        self.settings.trust_proxy.authority(host, proxied)
    }

    /// Guards a form whose body names an action. Which one is known when its fields are decoded.
    ///
    /// # Errors
    ///
    /// See [`guard::guard`].
    pub fn admit_form(&self, head: &Head<'_>) -> Result<(), Rejection> {
        guard::guard(head, &Kind::Form, true, &self.settings)
    }

    /// Whether the bytes of a multipart body name an action: a search, no decoding.
    pub fn names_action(&self, bytes: &[u8]) -> bool {
        form::names_action(bytes)
    }

    /// Whether the body of a fetch call is sure to be plain: then its arguments are what JSON makes of it.
    pub fn is_plain_call(&self, content_type: &str, bytes: &[u8]) -> bool {
        is_plain_reply(content_type, bytes, &self.settings.limits)
    }

    /// Decodes the body of a fetch call.
    ///
    /// # Errors
    ///
    /// Any [`Rejection`] of the body; [`Rejection::UnknownAction`] for a function among the values
    /// that this server doesn't have.
    pub fn decode_call(&self, content_type: &str, bytes: &[u8]) -> Result<Arguments, Rejection> {
        let arguments = decode_reply(content_type, bytes, &self.settings.limits)?;
        self.check_references(&arguments.decoded)?;
        Ok(arguments)
    }

    /// Decodes the body of a fetch call while it arrives; large files go into `directory`.
    ///
    /// Ids of functions that come must be checked with [`check_references`](Self::check_references).
    ///
    /// # Errors
    ///
    /// [`Rejection::Multipart`]: it isn't multipart.
    pub fn arriving(
        &self,
        content_type: &str,
        directory: &Path,
    ) -> Result<ArrivingCall, Rejection> {
        ArrivingCall::new(content_type, &self.settings.limits, directory)
    }

    /// Decodes a form while it arrives.
    ///
    /// # Errors
    ///
    /// As [`arriving`](Self::arriving).
    pub fn arriving_form(
        &self,
        content_type: &str,
        directory: &Path,
    ) -> Result<ArrivingForm, Rejection> {
        ArrivingForm::new(content_type, &self.settings.limits, directory)
    }

    /// Refuses a form of an action that this server doesn't have, or with functions that it hasn't.
    ///
    /// # Errors
    ///
    /// [`Rejection::UnknownAction`].
    pub fn check_form(&self, form: &ArrivedForm) -> Result<(), Rejection> {
        if !self.actions.contains(&form.id) {
            return Err(Rejection::UnknownAction);
        }
        self.check_references(&form.arguments.decoded)
    }

    /// Decodes the body of a form. `None`: none of its fields names an action.
    ///
    /// # Errors
    ///
    /// As [`decode_call`](Self::decode_call).
    pub fn decode_form(
        &self,
        content_type: &str,
        bytes: &[u8],
    ) -> Result<Option<FormCall>, Rejection> {
        let limits = &self.settings.limits;
        let mut fields = form::Fields::new();
        let files = body::read_multipart(content_type, bytes, limits, &mut fields)?;
        let Some(post) = form::decode(fields, limits)? else { return Ok(None) };
        if !self.actions.contains(&post.id) {
            return Err(Rejection::UnknownAction);
        }
        self.check_references(&post.arguments)?;
        let arguments = Arguments { decoded: post.arguments, files };
        Ok(Some(FormCall { id: post.id, arguments, state: post.state }))
    }

    /// Seals the values that an inline action captured.
    ///
    /// # Errors
    ///
    /// See [`KeyRing::seal`](crate::seal::KeyRing::seal).
    pub fn seal(&self, id: &str, values: &Skeleton) -> Result<String, BadOption> {
        let Skeleton { text, program } = values;
        let plain = format!("{}\n{program}{text}", program.len());
        let expiry = self.settings.seal_lifetime.map(|seconds| now().saturating_add(seconds));
        self.settings.keys.ring().seal(Purpose::Captured, id, plain.as_bytes(), expiry)
    }

    /// Opens what [`seal`](Self::seal) made.
    ///
    /// # Errors
    ///
    /// [`Rejection::SealBroken`], [`Rejection::SealExpired`].
    pub fn open(&self, id: &str, sealed: &str) -> Result<Skeleton, Rejection> {
        let plain = self.settings.keys.ring().open(Purpose::Captured, id, sealed, now())?;
        let plain = String::from_utf8(plain).map_err(|_| Rejection::SealBroken)?;
        let (length, rest) = plain.split_once('\n').ok_or(Rejection::SealBroken)?;
        let length = length.parse().map_err(|_| Rejection::SealBroken)?;
        let (program, text) = rest.split_at_checked(length).ok_or(Rejection::SealBroken)?;
        Ok(Skeleton { text: text.to_owned(), program: program.to_owned() })
    }

    /// Refuses functions that this server doesn't have.
    ///
    /// # Errors
    ///
    /// [`Rejection::UnknownAction`].
    pub fn check_references(&self, decoded: &Decoded) -> Result<(), Rejection> {
        match decoded.references.iter().all(|id| self.actions.contains(id)) {
            true => Ok(()),
            false => Err(Rejection::UnknownAction),
        }
    }
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |it| it.as_secs())
}

/// Decodes a reply: the arguments of a call, as `encodeReply` made them.
///
/// # Errors
///
/// Any [`Rejection`] of the body.
pub fn decode_reply(
    content_type: &str,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Arguments, Rejection> {
    if bytes.len() as u64 > limits.body_bytes {
        return Err(Rejection::BodyTooLarge { limit: limits.body_bytes });
    }
    if media_type(Some(content_type)) != "multipart/form-data" {
        let text = std::str::from_utf8(bytes).map_err(|_| Rejection::NotText)?;
        return Ok(Arguments { decoded: reply::decode_text(text, limits)?, files: Vec::new() });
    }
    let mut parts = Parts(reply::Parts::new(""));
    let files = body::read_multipart(content_type, bytes, limits, &mut parts)?;
    Ok(Arguments { decoded: reply::decode_parts(parts.0, limits)?, files })
}

/// Whether a reply is sure to be plain: then its arguments are what JSON makes of it.
pub fn is_plain_reply(content_type: &str, bytes: &[u8], limits: &Limits) -> bool {
    let is_plain = |text| reply::is_plain(text, limits).unwrap_or(false);
    media_type(Some(content_type)) == "text/plain" && std::str::from_utf8(bytes).is_ok_and(is_plain)
}

struct Parts(reply::Parts);

impl Sink for Parts {
    fn text(&mut self, name: &str, value: String, limits: &Limits) -> Result<(), ReplyError> {
        self.0.text(name, value, limits)
    }

    fn file(&mut self, name: &str, head: FileHead, limits: &Limits) -> Result<(), ReplyError> {
        self.0.file(name, head, limits).map(drop)
    }
}
