//! Values that cross: decoded arguments, limits, `decodeReply`.

use host::{Arguments, size};
use napi::{
    Either, Env,
    bindgen_prelude::{AsyncTask, Buffer, BufferSlice, Null},
};
use napi_derive::napi;
use wire::{
    FileHead, Limits, Skeleton,
    reply::{self, Decoder},
};

use crate::job::{Failure, Job, now, on_pool};

/// What one request may ask; made once, for it is read with each.
#[napi]
pub struct ReplyLimits(Limits);

#[napi]
impl ReplyLimits {
    #[napi(constructor)]
    pub fn new(env: Env, limits: LimitSettings) -> napi::Result<Self> {
        now(env, || Ok(Self(limits.try_into()?)))
    }
}

/// Whether the first `length` bytes are a text for `JSON.parse` as it is.
#[napi]
pub fn is_plain_reply(
    env: Env,
    bytes: &[u8],
    length: u32,
    limits: &ReplyLimits,
) -> napi::Result<bool> {
    let body = bytes.get(..length as usize).unwrap_or_default();
    now(env, || Ok(host::is_plain_reply("text/plain", body, &limits.0)))
}

/// As [`decode_reply`], on a thread of the pool; `null`: it is plain text, so parse it as it is. The bytes
/// must stay as they are until then.
#[napi]
pub fn decode_reply_later(
    body: Buffer,
    content_type: String,
    limits: &ReplyLimits,
) -> AsyncTask<Job<Either<DecodedLater, Null>>> {
    let limits = limits.0;
    on_pool(move || {
        let body = body.to_vec(); // what is checked must not change, whatever JavaScript does meanwhile
        if host::is_plain_reply(&content_type, &body, &limits) {
            return Ok(Either::B(Null));
        }
        Ok(Either::A(host::decode_reply(&content_type, &body, &limits)?.into()))
    })
}

/// Decoded text: it has no files.
#[napi(object, object_from_js = false)]
pub struct DecodedText {
    pub text: String,
    pub program: String,
    pub references: Vec<String>,
}

impl From<reply::Decoded> for DecodedText {
    fn from(it: reply::Decoded) -> Self {
        let reply::Decoded { skeleton: Skeleton { text, program }, references, .. } = it;
        Self { text, program, references }
    }
}

/// Decodes the body of a call without a host.
#[napi]
pub fn decode_reply<'env>(
    env: &'env Env,
    body: &[u8],
    content_type: String,
    limits: &ReplyLimits,
) -> napi::Result<Decoded<'env>> {
    let arguments = now(*env, || Ok(host::decode_reply(&content_type, body, &limits.0)?))?;
    Decoded::new(env, arguments)
}

/// Decodes a call's parts as they arrive.
#[napi]
pub struct ReplyDecoder(Decoder);

#[napi]
impl ReplyDecoder {
    #[napi(constructor)]
    pub fn new(limits: &ReplyLimits) -> Self {
        Self(Decoder::new(&limits.0))
    }

    #[napi]
    pub fn text(&mut self, env: Env, name: String, value: String) -> napi::Result<()> {
        now(env, || self.0.text(&name, value).map_err(refused))
    }

    /// Gives the number that the skeletons know the file by. Its bytes stay in JavaScript.
    #[napi]
    pub fn file(
        &mut self,
        env: Env,
        name: String,
        file_name: Option<String>,
        media_type: String,
        bytes: f64,
    ) -> napi::Result<u32> {
        let head = FileHead { name: file_name, media_type, bytes: bytes as u64 };
        now(env, || self.0.file(&name, head).map_err(refused))
    }

    #[napi]
    pub fn end(&mut self) {
        self.0.end();
    }

    /// What has come since the last time.
    #[napi]
    pub fn decode(&mut self, env: Env) -> napi::Result<Either<Piece, Null>> {
        now(env, || {
            let decoded = self.0.decode().map_err(refused)?;
            Ok(decoded.map_or(Either::B(Null), |decoded| Either::A(decoded.into())))
        })
    }
}

fn refused(error: wire::ReplyError) -> Failure {
    host::Rejection::from(error).into()
}

#[napi(object, object_from_js = false)]
pub struct Piece {
    pub text: String,
    pub program: String,
    pub references: Vec<String>,
    pub views: Vec<u32>,
    pub is_open: bool,
}

impl From<reply::Decoded> for Piece {
    fn from(it: reply::Decoded) -> Self {
        let reply::Decoded { skeleton: Skeleton { text, program }, references, blobs, is_open } =
            it;
        let mut views: Vec<u32> =
            blobs.into_iter().filter(|it| it.is_view).map(|it| it.blob).collect();
        views.dedup();
        Self { text, program, references, views, is_open }
    }
}

/// Sizes are text, counts are numbers as JavaScript has them.
#[napi(object, object_to_js = false)]
pub struct LimitSettings {
    pub body: Option<String>,
    pub file: Option<String>,
    pub part: Option<String>,
    pub string: Option<String>,
    pub files: Option<f64>,
    pub fields: Option<f64>,
    pub parts: Option<f64>,
    pub live: Option<f64>,
    pub events: Option<f64>,
    pub depth: Option<f64>,
    pub nodes: Option<f64>,
    pub references: Option<f64>,
    pub arguments: Option<f64>,
    pub bound_args: Option<f64>,
    pub big_int_digits: Option<f64>,
    pub name_bytes: Option<f64>,
}

impl TryFrom<LimitSettings> for Limits {
    type Error = Failure;

    fn try_from(it: LimitSettings) -> Result<Self, Failure> {
        let mut limits = Self::default();
        for (limit, option, given) in [
            (&mut limits.body_bytes, "limits.body", it.body),
            (&mut limits.file_bytes, "limits.file", it.file),
            (&mut limits.part_bytes, "limits.part", it.part),
            (&mut limits.string_bytes, "limits.string", it.string),
        ] {
            if let Some(given) = given {
                *limit = size::parse(option, &given)?;
            }
        }
        for (limit, option, given) in [
            (&mut limits.files, "limits.files", it.files),
            (&mut limits.fields, "limits.fields", it.fields),
            (&mut limits.parts, "limits.parts", it.parts),
            (&mut limits.live, "limits.live", it.live),
            (&mut limits.events, "limits.events", it.events),
            (&mut limits.depth, "limits.depth", it.depth),
            (&mut limits.references, "limits.references", it.references),
            (&mut limits.arguments, "limits.arguments", it.arguments),
            (&mut limits.bound_args, "limits.boundArgs", it.bound_args),
            (&mut limits.big_int_digits, "limits.bigIntDigits", it.big_int_digits),
            (&mut limits.name_bytes, "limits.nameBytes", it.name_bytes),
        ] {
            if let Some(given) = given {
                *limit = size::count(option, given)?;
            }
        }
        if let Some(nodes) = it.nodes {
            limits.nodes = size::count("limits.nodes", nodes)?.into();
        }
        Ok(limits)
    }
}

#[napi(object, object_from_js = false)]
pub struct Decoded<'env> {
    pub text: String,
    pub program: String,
    pub references: Vec<String>,
    pub files: Vec<BufferSlice<'env>>,
}

impl<'env> Decoded<'env> {
    pub(crate) fn new(env: &'env Env, it: Arguments) -> napi::Result<Self> {
        let Skeleton { text, program } = it.decoded.skeleton;
        let files = it.files.iter().map(|bytes| BufferSlice::copy_from(env, bytes));
        Ok(Self {
            text,
            program,
            references: it.decoded.references,
            files: files.collect::<napi::Result<_>>()?,
        })
    }
}

/// The same, of another thread.
#[napi(object, object_from_js = false)]
pub struct DecodedLater {
    pub text: String,
    pub program: String,
    pub references: Vec<String>,
    pub files: Vec<Buffer>,
}

impl From<Arguments> for DecodedLater {
    fn from(it: Arguments) -> Self {
        let Skeleton { text, program } = it.decoded.skeleton;
        let files = it.files.into_iter().map(|bytes| Vec::from(bytes).into()).collect();
        Self { text, program, references: it.decoded.references, files }
    }
}
