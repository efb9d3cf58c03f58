//! The host's class.

use std::{collections::HashMap, sync::Arc};

use host::{
    Admission, FormCall, Host, PolicyId, Rejection, Settings,
    build::Build,
    classify::Head,
    effects::{Target, redirect_target},
    origin::OriginPattern,
    proxy::{Proxied, TrustProxy},
    respond::{self, Answer, Failure as CallFailure, Outcome, Redirect},
    secrets::{Keys, Source, listed},
};
use napi::{
    Either, Env,
    bindgen_prelude::{AsyncTask, Buffer, BufferSlice, Either3, Null},
};
use napi_derive::napi;
use wire::{Skeleton, form::StateKey};

use crate::{
    arriving::{ArrivingCall, ArrivingForm},
    job::{Failure, Job, now, on_pool},
    policy::{self, Admitted, PolicySettings, UsageInfo},
    reply::{Decoded, DecodedText, LimitSettings},
};

#[napi(object, object_to_js = false)]
pub struct HostSettings {
    pub build: Option<String>,
    pub actions: Vec<String>,
    pub policies: HashMap<String, PolicySettings>,
    pub allowed_origins: Vec<String>,
    pub trust_proxy: Vec<String>,
    pub limits: LimitSettings,
    pub secret: SecretSource,
    pub seal_lifetime: Option<u32>,
}

/// The first that is given counts.
#[napi(object, object_to_js = false)]
pub struct SecretSource {
    pub secrets: Option<Vec<String>>,
    /// Several in one text.
    pub text: Option<String>,
    pub file: Option<String>,
    pub folder: String,
}

impl From<SecretSource> for Source {
    fn from(it: SecretSource) -> Self {
        match it {
            SecretSource { secrets: Some(secrets), .. } => Self::Given(secrets),
            SecretSource { text: Some(text), .. } => Self::Given(listed(&text)),
            SecretSource { file: Some(file), .. } => Self::File(file.into()),
            SecretSource { folder, .. } => Self::Folder(folder.into()),
        }
    }
}

impl TryFrom<HostSettings> for Settings {
    type Error = Failure;

    fn try_from(it: HostSettings) -> Result<Self, Failure> {
        let origins = it.allowed_origins.iter().map(|text| text.parse::<OriginPattern>());
        Ok(Self {
            build: it.build.map_or_else(|| Ok(Build::of(&it.actions)), Build::named)?,
            actions: it.actions,
            policies: it.policies.into_iter().map(policy::of_action).collect::<Result<_, _>>()?,
            allowed_origins: origins.collect::<Result<_, _>>()?,
            trust_proxy: TrustProxy::any(&it.trust_proxy)?,
            limits: it.limits.try_into()?,
            keys: Keys::new(&it.secret.into())?,
            seal_lifetime: it.seal_lifetime.map(u64::from),
        })
    }
}

/// What proxies added to a request's head.
#[napi(object, object_to_js = false)]
pub struct ProxiedHead {
    pub host: Option<String>,
    pub port: Option<String>,
    pub forwarded: Option<String>,
    pub peer: Option<String>,
}

fn proxied(it: &Option<ProxiedHead>) -> Proxied<'_> {
    it.as_ref().map_or_else(Proxied::default, |it| Proxied {
        host: it.host.as_deref(),
        port: it.port.as_deref(),
        forwarded: it.forwarded.as_deref(),
        peer: it.peer.as_deref(),
    })
}

#[napi(object, object_from_js = false)]
pub struct Refusal {
    pub status: u32,
    pub headers: Vec<String>,
    pub body: String,
    pub code: &'static str,
    pub log: String,
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let Answer { status, headers, body } = respond::refuse(&rejection);
        Self {
            status: status.into(),
            headers: flat(headers),
            body,
            code: rejection.code(),
            log: rejection.log(),
        }
    }
}

#[napi(object, object_from_js = false)]
pub struct AnswerHead {
    pub status: u32,
    pub headers: Vec<String>,
}

#[napi(object, object_from_js = false)]
pub struct CallHead {
    pub status: u32,
    pub headers: Vec<String>,
    pub location: Either<String, Null>,
    pub internal: bool,
}

#[napi(object, object_to_js = false)]
pub struct CallOutcome {
    pub paths: Vec<String>,
    pub tags: Vec<String>,
    pub refreshed: bool,
    pub redirect: Either<RedirectRequest, Null>,
    pub failure: Either<String, Null>,
}

#[napi(object, object_to_js = false)]
pub struct RedirectRequest {
    pub target: String,
    pub permanent: bool,
    pub replace: bool,
    pub page: String,
    pub host: Option<String>,
}

#[napi(object, object_from_js = false)]
pub struct DecodedForm<'env> {
    pub id: String,
    pub text: String,
    pub program: String,
    pub references: Vec<String>,
    pub files: Vec<BufferSlice<'env>>,
    pub state: Either<FormState, Null>,
    pub usage: UsageInfo,
}

#[napi(object, object_from_js = false)]
pub struct FormState {
    pub key: String,
    pub reference_id: String,
    pub bound_count: u32,
}

impl From<StateKey> for FormState {
    fn from(StateKey { key, reference_id, bound_count }: StateKey) -> Self {
        Self { key, reference_id, bound_count }
    }
}

#[napi(object, object_from_js = false)]
pub struct SkeletonInfo {
    pub text: String,
    pub program: String,
}

#[napi(js_name = "Host")]
pub struct NativeHost(pub(crate) Arc<Host>);

#[napi]
impl NativeHost {
    #[napi(constructor)]
    pub fn new(env: Env, settings: HostSettings) -> napi::Result<Self> {
        now(env, || Ok(Self(Arc::new(Host::new(settings.try_into()?)))))
    }

    #[napi]
    #[allow(clippy::too_many_arguments)] // one crossing: an object's fields would be one each
    pub fn admit(
        &self,
        env: Env,
        method: String,
        action: Option<String>,
        content_type: Option<String>,
        content_length: Option<f64>,
        host: Option<String>,
        origin: Option<String>,
        sec_fetch_site: Option<String>,
        forwarded: Option<ProxiedHead>,
    ) -> napi::Result<Either3<u32, Refusal, Admitted>> {
        now(env, || {
            let head = Head {
                method: &method,
                action: action.as_deref(),
                content_type: content_type.as_deref(),
                content_length: content_length.map(|length| length as u64),
                host: host.as_deref(),
                origin: origin.as_deref(),
                sec_fetch_site: sec_fetch_site.as_deref(),
                proxied: proxied(&forwarded),
            };
            Ok(match self.0.admit(&head) {
                Ok(Admission::Other) => Either3::A(0),
                Ok(Admission::Call { policy: PolicyId::NONE, .. }) => Either3::A(1),
                Ok(Admission::Form) => Either3::A(2),
                Ok(Admission::Call { policy, turn }) => Either3::C(Admitted::new(policy, turn)),
                Err(rejection) => Either3::B(rejection.into()),
            })
        })
    }

    #[napi]
    pub fn admit_form(
        &self,
        env: Env,
        content_length: Option<f64>,
        host: Option<String>,
        origin: Option<String>,
        sec_fetch_site: Option<String>,
        forwarded: Option<ProxiedHead>,
    ) -> napi::Result<Either<Refusal, Null>> {
        now(env, || {
            let head = Head {
                method: "POST",
                content_length: content_length.map(|length| length as u64),
                host: host.as_deref(),
                origin: origin.as_deref(),
                sec_fetch_site: sec_fetch_site.as_deref(),
                proxied: proxied(&forwarded),
                ..Head::default()
            };
            Ok(match self.0.admit_form(&head) {
                Ok(()) => Either::B(Null),
                Err(rejection) => Either::A(rejection.into()),
            })
        })
    }

    /// Our own name as the visitor's browser knows it.
    #[napi]
    pub fn authority(
        &self,
        env: Env,
        host: Option<String>,
        forwarded: Option<ProxiedHead>,
    ) -> napi::Result<Option<String>> {
        now(env, || {
            let own = self.0.authority(host.as_deref(), &proxied(&forwarded));
            Ok(own.map(Into::into))
        })
    }

    #[napi]
    pub fn names_action(&self, env: Env, bytes: &[u8]) -> napi::Result<bool> {
        now(env, || Ok(self.0.names_action(bytes)))
    }

    /// `null`: the body is plain text, so parse it as it is.
    #[napi]
    pub fn decode_call<'env>(
        &self,
        env: &'env Env,
        policy: u32,
        content_type: String,
        body: &[u8],
    ) -> napi::Result<Either3<Null, Decoded<'env>, Refusal>> {
        let arguments = now(*env, || {
            let policy = PolicyId(policy);
            if self.0.is_plain_call(policy, &content_type, body) {
                return Ok(Ok(None));
            }
            Ok(self.0.decode_call(policy, &content_type, body).map(Some))
        })?;
        Ok(match arguments {
            Err(rejection) => Either3::C(rejection.into()),
            Ok(None) => Either3::A(Null),
            Ok(Some(arguments)) => Either3::B(Decoded::new(env, arguments)?),
        })
    }

    /// As [`decode_call`](Self::decode_call), for a large text, on a thread of the pool. The bytes must stay as they
    /// are until then.
    #[napi]
    pub fn decode_text_later(
        &self,
        policy: u32,
        content_type: String,
        body: Buffer,
    ) -> AsyncTask<Job<Either3<Null, DecodedText, Refusal>>> {
        let (host, policy) = (Arc::clone(&self.0), PolicyId(policy));
        on_pool(move || {
            let body = body.to_vec(); // what is checked must not change, whatever JavaScript does meanwhile
            if host.is_plain_call(policy, &content_type, &body) {
                return Ok(Either3::A(Null));
            }
            Ok(match host.decode_call(policy, &content_type, &body) {
                Ok(arguments) => Either3::B(arguments.decoded.into()),
                Err(rejection) => Either3::C(rejection.into()),
            })
        })
    }

    /// A body that is decoded while it arrives; its large files go into `directory`.
    #[napi]
    pub fn arriving(
        &self,
        env: Env,
        policy: u32,
        content_type: String,
        directory: String,
    ) -> napi::Result<Either<ArrivingCall, Refusal>> {
        now(env, || {
            Ok(match ArrivingCall::new(&self.0, PolicyId(policy), &content_type, &directory) {
                Ok(call) => Either::A(call),
                Err(rejection) => Either::B(rejection.into()),
            })
        })
    }

    /// As [`arriving`](Self::arriving), for a form.
    #[napi]
    pub fn arriving_form(
        &self,
        env: Env,
        content_type: String,
        directory: String,
    ) -> napi::Result<Either<ArrivingForm, Refusal>> {
        now(env, || {
            Ok(match ArrivingForm::new(&self.0, &content_type, &directory) {
                Ok(form) => Either::A(form),
                Err(rejection) => Either::B(rejection.into()),
            })
        })
    }

    #[napi]
    pub fn decode_form<'env>(
        &self,
        env: &'env Env,
        content_type: String,
        body: &[u8],
    ) -> napi::Result<Either3<DecodedForm<'env>, Refusal, Null>> {
        let form = match now(*env, || Ok(self.0.decode_form(&content_type, body)))? {
            Err(rejection) => return Ok(Either3::B(rejection.into())),
            Ok(None) => return Ok(Either3::C(Null)),
            Ok(Some(form)) => form,
        };
        let FormCall { id, arguments, state, usage } = form;
        let usage = usage.into();
        let Decoded { text, program, references, files } = Decoded::new(env, arguments)?;
        let state = state.map_or(Either::B(Null), |state| Either::A(state.into()));
        Ok(Either3::A(DecodedForm { id, text, program, references, files, state, usage }))
    }

    #[napi]
    pub fn body_limit(&self, policy: u32, content_type: String) -> f64 {
        self.0.body_bytes(PolicyId(policy), &content_type) as f64
    }

    #[napi]
    pub fn body_too_large(
        &self,
        env: Env,
        policy: u32,
        content_type: String,
    ) -> napi::Result<Refusal> {
        let limit = self.0.body_bytes(PolicyId(policy), &content_type);
        now(env, || Ok(Rejection::BodyTooLarge { limit }.into()))
    }

    #[napi]
    pub fn unknown_action(&self, env: Env) -> napi::Result<Refusal> {
        now(env, || Ok(Rejection::UnknownAction.into()))
    }

    #[napi]
    pub fn guard_refused(&self, env: Env, id: String) -> napi::Result<Refusal> {
        now(env, || Ok(Rejection::GuardRefused { id }.into()))
    }

    #[napi]
    pub fn seal(
        &self,
        env: Env,
        id: String,
        text: String,
        program: String,
    ) -> napi::Result<String> {
        now(env, || Ok(self.0.seal(&id, &Skeleton { text, program })?))
    }

    #[napi]
    pub fn seal_epoch(&self, env: Env) -> napi::Result<f64> {
        now(env, || Ok(self.0.seal_epoch() as f64))
    }

    #[napi]
    pub fn open(
        &self,
        env: Env,
        id: String,
        sealed: String,
    ) -> napi::Result<Either<SkeletonInfo, Refusal>> {
        now(env, || {
            Ok(match self.0.open(&id, &sealed) {
                Ok(Skeleton { text, program }) => Either::A(SkeletonInfo { text, program }),
                Err(rejection) => Either::B(rejection.into()),
            })
        })
    }

    /// Exchanges the secrets.
    #[napi]
    pub fn set_secrets(&self, env: Env, secrets: Vec<String>) -> napi::Result<()> {
        now(env, || Ok(self.0.settings().keys.set(&secrets)?))
    }

    #[napi]
    pub fn secret_warning(&self, env: Env) -> napi::Result<Option<String>> {
        now(env, || Ok(self.0.settings().keys.warning().map(str::to_owned)))
    }

    /// Whether one of the secrets may have sealed this.
    #[napi]
    pub fn may_open(&self, env: Env, sealed: String) -> napi::Result<bool> {
        now(env, || Ok(self.0.settings().keys.ring().may_open(&sealed)))
    }

    /// The name of the build, for answers whose heads are made elsewhere.
    #[napi]
    pub fn build(&self) -> String {
        self.0.settings().build.as_str().to_owned()
    }

    #[napi]
    pub fn digest(&self, env: Env, text: String) -> napi::Result<String> {
        now(env, || Ok(self.0.settings().keys.ring().digest(&text)))
    }

    #[napi]
    pub fn call_head(
        &self,
        env: Env,
        outcome: CallOutcome,
    ) -> napi::Result<Either<CallHead, Refusal>> {
        now(env, || {
            let outcome = match outcome_of(outcome)? {
                Ok(outcome) => outcome,
                Err(rejection) => return Ok(Either::B(rejection.into())),
            };
            let Answer { status, headers, .. } = self.0.named(respond::call(&outcome));
            let (location, internal) = match outcome.redirect {
                Some(Redirect { target, .. }) => {
                    let internal = matches!(target, Target::Internal(_));
                    (Either::A(target.as_str().to_owned()), internal)
                }
                None => (Either::B(Null), false),
            };
            Ok(Either::A(CallHead {
                status: status.into(),
                headers: flat(headers),
                location,
                internal,
            }))
        })
    }

    #[napi]
    pub fn form_redirect(&self, env: Env, location: String) -> napi::Result<AnswerHead> {
        now(env, || {
            let Answer { status, headers, .. } = self.0.named(respond::form_redirect(&location));
            Ok(AnswerHead { status: status.into(), headers: flat(headers) })
        })
    }

    #[napi]
    pub fn failure_status(&self, env: Env, failure: String) -> napi::Result<u32> {
        now(env, || Ok(failure_of(&failure)?.status().into()))
    }
}

fn outcome_of(it: CallOutcome) -> Result<Result<Outcome, Rejection>, Failure> {
    let redirect = optional(it.redirect).map(|asked| {
        let target = redirect_target(&asked.target, &asked.page, asked.host.as_deref())?;
        Ok(Redirect { target, permanent: asked.permanent, replace: asked.replace })
    });
    let redirect = match redirect.transpose() {
        Ok(redirect) => redirect,
        Err(rejection) => return Ok(Err(rejection)),
    };
    let failure = optional(it.failure).map(|name| failure_of(&name)).transpose()?;
    let CallOutcome { paths, tags, refreshed, .. } = it;
    Ok(Ok(Outcome { paths, tags, refreshed, redirect, failure }))
}

fn failure_of(name: &str) -> Result<CallFailure, Failure> {
    Ok(name.parse::<CallFailure>()?)
}

fn optional<T>(it: Either<T, Null>) -> Option<T> {
    match it {
        Either::A(value) => Some(value),
        Either::B(Null) => None,
    }
}

fn flat(headers: Vec<(&'static str, String)>) -> Vec<String> {
    headers.into_iter().flat_map(|(name, value)| [name.to_owned(), value]).collect()
}
