//! The stages of a call in their order, over one server's settings.

use std::{
    borrow::Cow,
    path::Path,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use rustc_hash::FxHashMap;
use wire::{
    FileHead, Limits, ReplyError, Skeleton, form,
    reply::{self, Decoded},
};

use crate::{
    arriving::{ArrivedForm, ArrivingCall, ArrivingForm, Piece},
    body::{self, Sink},
    classify::{Head, Kind, classify, media_type},
    gate::{Gate, Turn},
    guard,
    policies::{Policies, PolicyId},
    policy::{Bounds, Policy, Usage},
    proxy::Proxied,
    rejection::Rejection,
    respond::{self, Answer},
    seal::Purpose,
    settings::{BadOption, Settings},
};

/// What becomes of a request, as far as its head tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It isn't ours.
    Other,
    /// A fetch call that may be made, once it is its turn: then read its body.
    Call {
        /// What its action asks for.
        policy: PolicyId,
        /// Whether it has a place among the calls at a time. To be given back with [`Host::leave`].
        turn: Turn,
    },
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
    /// For a policy that is learned when the action is loaded.
    pub usage: Usage,
}

/// One server's settings, ready to judge requests. Shared by all its requests.
pub struct Host {
    settings: Settings,
    actions: FxHashMap<String, PolicyId>,
    policies: Policies,
}

impl Host {
    /// Takes over `settings`.
    pub fn new(mut settings: Settings) -> Self {
        let policies = Policies::new(&settings.limits);
        let known = policies.add_all(std::mem::take(&mut settings.policies));
        let actions = std::mem::take(&mut settings.actions).into_iter().map(|id| {
            let policy = known.get(&id).copied().unwrap_or_default();
            (id, policy)
        });
        Self { actions: actions.collect(), settings, policies }
    }

    /// What was configured; `actions` and `policies` have moved into the host.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// An answer that names this build.
    pub fn named(&self, mut answer: Answer) -> Answer {
        answer.headers.push((respond::BUILD, self.settings.build.as_str().to_owned()));
        answer
    }

    /// Classifies, resolves and guards a request by its head.
    ///
    /// # Errors
    ///
    /// See [`guard::guard`]; [`Rejection::Busy`].
    pub fn admit(&self, head: &Head<'_>) -> Result<Admission, Rejection> {
        match classify(head) {
            Kind::Other => Ok(Admission::Other),
            Kind::Form => Ok(Admission::Form),
            kind @ Kind::Call(id) => {
                let known = self.actions.get(id).copied();
                let policy = known.unwrap_or_default();
                let enforced = self.policies.get(policy);
                guard::guard(head, &kind, known.is_some(), &self.settings, &enforced.bounds)?;
                Ok(Admission::Call { policy, turn: enforced.enter()? })
            }
        }
    }

    /// What the action with this id asks for.
    pub fn policy_of(&self, id: &str) -> PolicyId {
        self.actions.get(id).copied().unwrap_or_default()
    }

    /// Takes over a policy that was not known before its module was loaded. It can narrow what `base` lets pass, and
    /// never widen it: whether a call is admitted must not depend on the calls before. Its places aren't counted here.
    pub fn learn(&self, base: PolicyId, policy: Policy) -> PolicyId {
        self.policies.learn(base, policy)
    }

    /// Takes a place among the calls at a time, for a call that [`admit`](Self::admit) has not seen.
    ///
    /// # Errors
    ///
    /// [`Rejection::Busy`].
    pub fn enter(&self, policy: PolicyId) -> Result<Turn, Rejection> {
        self.policies.get(policy).enter()
    }

    /// A call has ended. Says whether one that waits has its place now.
    pub fn leave(&self, policy: PolicyId) -> bool {
        self.policies.get(policy).gate().is_some_and(Gate::leave)
    }

    /// One that waited is gone.
    pub fn give_up(&self, policy: PolicyId) {
        if let Some(gate) = self.policies.get(policy).gate() {
            gate.give_up();
        }
    }

    /// Whether places are counted.
    pub fn has_places(&self, policy: PolicyId) -> bool {
        self.policies.get(policy).gate().is_some()
    }

    /// As long a body may take to arrive.
    pub fn timeout(&self, policy: PolicyId) -> Option<Duration> {
        self.policies.get(policy).policy().timeout
    }

    /// Refuses a body by its declared length, as [`admit`](Self::admit) does.
    ///
    /// # Errors
    ///
    /// [`Rejection::BodyTooLarge`].
    pub fn check_length(
        &self,
        policy: PolicyId,
        content_type: Option<&str>,
        declared: Option<u64>,
    ) -> Result<(), Rejection> {
        let is_multipart = guard::is_multipart(content_type);
        guard::check_length(declared, is_multipart, &self.policies.get(policy).bounds)
    }

    /// Bytes that a body which is read whole may have.
    pub fn body_bytes(&self, policy: PolicyId, content_type: &str) -> u64 {
        whole_bytes(&self.policies.get(policy).bounds, content_type)
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
        guard::guard(head, &Kind::Form, true, &self.settings, &self.policies.loosest())
    }

    /// Whether the bytes of a multipart body name an action: a search, no decoding.
    pub fn names_action(&self, bytes: &[u8]) -> bool {
        form::names_action(bytes)
    }

    /// Whether the body of a fetch call is sure to be plain: then its arguments are what JSON makes of it.
    pub fn is_plain_call(&self, policy: PolicyId, content_type: &str, bytes: &[u8]) -> bool {
        is_plain_reply(content_type, bytes, &self.policies.get(policy).bounds.limits)
    }

    /// Decodes the body of a fetch call.
    ///
    /// # Errors
    ///
    /// Any [`Rejection`] of the body; [`Rejection::UnknownAction`] for a function among the values
    /// that this server doesn't have.
    pub fn decode_call(
        &self,
        policy: PolicyId,
        content_type: &str,
        bytes: &[u8],
    ) -> Result<Arguments, Rejection> {
        let arguments = decode_whole(content_type, bytes, &self.policies.get(policy).bounds)?;
        self.check_references(&arguments.decoded)?;
        Ok(arguments)
    }

    /// Decodes the body of a fetch call while it arrives; large files go into `directory`.
    ///
    /// It goes on with [`advance`](Self::advance).
    ///
    /// # Errors
    ///
    /// [`Rejection::Multipart`]: it isn't multipart.
    pub fn arriving(
        &self,
        policy: PolicyId,
        content_type: &str,
        directory: &Path,
    ) -> Result<ArrivingCall, Rejection> {
        ArrivingCall::new(content_type, self.policies.get(policy).bounds.clone(), directory)
    }

    /// As [`ArrivingCall::advance`]; of functions that come, this server has to have the action.
    ///
    /// # Errors
    ///
    /// As there; [`Rejection::UnknownAction`].
    pub fn advance(
        &self,
        call: &mut ArrivingCall,
        pieces: impl IntoIterator<Item = Bytes>,
        has_ended: bool,
    ) -> Result<Option<Piece>, Rejection> {
        let piece = call.advance(pieces, has_ended)?;
        piece.as_ref().map_or(Ok(()), |piece| self.check_references(&piece.decoded))?;
        Ok(piece)
    }

    /// Decodes a form while it arrives. As long as it isn't known which action it is for, it may hold what some
    /// action takes.
    ///
    /// # Errors
    ///
    /// As [`arriving`](Self::arriving).
    pub fn arriving_form(
        &self,
        content_type: &str,
        directory: &Path,
    ) -> Result<ArrivingForm, Rejection> {
        ArrivingForm::new(content_type, self.policies.loosest(), directory)
    }

    /// Refuses a form of an action that this server doesn't have, or with functions that it hasn't, or that holds
    /// more than its action takes.
    ///
    /// # Errors
    ///
    /// [`Rejection::UnknownAction`]; see [`Bounds::check`].
    pub fn check_form(&self, form: &ArrivedForm) -> Result<(), Rejection> {
        self.check_form_of(&form.id, &form.usage)?;
        self.check_references(&form.arguments.decoded)
    }

    /// Refuses a form that holds more than an action with this policy takes.
    ///
    /// # Errors
    ///
    /// See [`Bounds::check`].
    pub fn check_usage(&self, policy: PolicyId, usage: &Usage) -> Result<(), Rejection> {
        self.policies.get(policy).bounds.check(usage)
    }

    fn check_form_of(&self, id: &str, usage: &Usage) -> Result<(), Rejection> {
        let policy = self.actions.get(id).copied().ok_or(Rejection::UnknownAction)?;
        self.check_usage(policy, usage)
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
        let Bounds { limits, .. } = self.policies.loosest();
        let mut fields = form::Fields::new();
        let read = body::read_multipart(content_type, bytes, &limits, &mut fields)?;
        let Some(post) = form::decode(fields, &limits)? else { return Ok(None) };
        let usage = read.usage.of(&post.arguments.blobs);
        self.check_form_of(&post.id, &usage)?;
        self.check_references(&post.arguments)?;
        let arguments = Arguments { decoded: post.arguments, files: read.files };
        Ok(Some(FormCall { id: post.id, arguments, state: post.state, usage }))
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

    /// A number that changes when what was sealed before should be sealed anew: other keys are in use, or a
    /// tenth of its life is over. What stays on the server would be born too old else.
    pub fn seal_epoch(&self) -> u64 {
        let generation = self.settings.keys.generation();
        let tenth = self.settings.seal_lifetime.map(|seconds| (seconds / 10).max(1));
        // As many tenths as that take an eternity.
        tenth.map_or(0, |tenth| now() / tenth) + (u64::from(generation) << 33)
    }

    /// Refuses functions that this server doesn't have.
    ///
    /// # Errors
    ///
    /// [`Rejection::UnknownAction`].
    pub fn check_references(&self, decoded: &Decoded) -> Result<(), Rejection> {
        match decoded.references.iter().all(|id| self.actions.contains_key(id)) {
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
    decode_whole(content_type, bytes, &limits.into())
}

fn decode_whole(content_type: &str, bytes: &[u8], bounds: &Bounds) -> Result<Arguments, Rejection> {
    let limit = whole_bytes(bounds, content_type);
    if bytes.len() as u64 > limit {
        return Err(Rejection::BodyTooLarge { limit });
    }
    let limits = &bounds.limits;
    if !guard::is_multipart(Some(content_type)) {
        let text = std::str::from_utf8(bytes).map_err(|_| Rejection::NotText)?;
        return Ok(Arguments { decoded: reply::decode_text(text, limits)?, files: Vec::new() });
    }
    let mut parts = Parts(reply::Parts::new(""));
    let read = body::read_multipart(content_type, bytes, limits, &mut parts)?;
    let decoded = reply::decode_parts(parts.0, limits)?;
    bounds.check_types(&read.usage, &decoded.blobs)?;
    Ok(Arguments { decoded, files: read.files })
}

/// Bytes of a whole body: what isn't multipart has no files.
fn whole_bytes(bounds: &Bounds, content_type: &str) -> u64 {
    let is_multipart = guard::is_multipart(Some(content_type));
    if is_multipart { bounds.upload_bytes } else { bounds.limits.body_bytes }
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

    fn is_surely_file(name: &str) -> bool {
        name.starts_with('_') // a form's field
    }
}
