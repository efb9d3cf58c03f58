//! Rules of single actions, and the places of calls that run at a time.

use host::{
    BadOption, Policy, PolicyId, Rejection, Turn,
    policy::{FileUsage, Usage},
    size,
};
use napi::{Either, Env, bindgen_prelude::Null};
use napi_derive::napi;

use crate::{
    host::{NativeHost, Refusal},
    job::{Failure, now},
};

/// Sizes and times are text, counts are numbers as JavaScript has them.
#[napi(object, object_to_js = false)]
pub struct PolicySettings {
    pub limit: Option<String>,
    pub file_count: Option<f64>,
    pub file_size: Option<String>,
    pub file_types: Option<Vec<String>>,
    pub timeout: Option<String>,
    pub concurrency: Option<f64>,
    pub queue: Option<f64>,
}

impl TryFrom<PolicySettings> for Policy {
    type Error = BadOption;

    fn try_from(it: PolicySettings) -> Result<Self, BadOption> {
        let types = it.file_types.map(|types| types.iter().map(|it| it.parse()).collect());
        let size = |option, text: Option<String>| text.map(|it| size::parse(option, &it));
        let count = |option, given: Option<f64>| given.map(|it| size::count(option, it));
        Ok(Self {
            body_bytes: size("limit", it.limit).transpose()?,
            files: count("files.count", it.file_count).transpose()?,
            file_bytes: size("files.size", it.file_size).transpose()?,
            file_types: types.transpose()?,
            timeout: it.timeout.map(|it| size::time("timeout", &it)).transpose()?.flatten(),
            concurrency: it
                .concurrency
                .map(|it| size::places("concurrency", it))
                .transpose()?
                .flatten(),
            queue: count("queue", it.queue).transpose()?.unwrap_or(Self::QUEUE),
        })
    }
}

/// The policy of the action with this id, whose message names it.
pub(crate) fn of_action(
    (id, policy): (String, PolicySettings),
) -> Result<(String, Policy), Failure> {
    let named = |BadOption { option, problem }| BadOption {
        option,
        problem: format!("{problem} (of the action {id})"),
    };
    let policy = policy.try_into().map_err(named)?;
    Ok((id, policy))
}

/// A call that was admitted under a policy; `turn` is 0 now, 1 later.
#[napi(object, object_from_js = false)]
pub struct Admitted {
    pub policy: u32,
    pub turn: u32,
}

impl Admitted {
    pub(crate) fn new(policy: PolicyId, turn: Turn) -> Self {
        Self { policy: policy.0, turn: turn_number(turn) }
    }
}

fn turn_number(turn: Turn) -> u32 {
    match turn {
        Turn::Now => 0,
        Turn::Wait => 1,
    }
}

#[napi(object)]
pub struct UsageInfo {
    pub bytes: f64,
    pub text_bytes: f64,
    pub files: Vec<FileInfo>,
}

#[napi(object)]
pub struct FileInfo {
    pub bytes: f64,
    pub media_type: String,
    pub is_unnamed: bool,
}

impl From<Usage> for UsageInfo {
    fn from(it: Usage) -> Self {
        let files = it.files.into_iter().map(|FileUsage { bytes, media_type, is_unnamed }| {
            FileInfo { bytes: bytes as f64, media_type, is_unnamed }
        });
        Self { bytes: it.bytes as f64, text_bytes: it.text_bytes as f64, files: files.collect() }
    }
}

impl From<UsageInfo> for Usage {
    fn from(it: UsageInfo) -> Self {
        let files = it.files.into_iter().map(|FileInfo { bytes, media_type, is_unnamed }| {
            FileUsage { bytes: bytes as u64, media_type, is_unnamed }
        });
        Self { bytes: it.bytes as u64, text_bytes: it.text_bytes as u64, files: files.collect() }
    }
}

#[napi]
impl NativeHost {
    #[napi]
    pub fn policy_of(&self, id: String) -> u32 {
        self.0.policy_of(&id).0
    }

    #[napi]
    pub fn learn(&self, env: Env, base: u32, policy: PolicySettings) -> napi::Result<u32> {
        now(env, || Ok(self.0.learn(PolicyId(base), policy.try_into()?).0))
    }

    #[napi]
    pub fn has_places(&self, policy: u32) -> bool {
        self.0.has_places(PolicyId(policy))
    }

    #[napi]
    pub fn enter(&self, env: Env, policy: u32) -> napi::Result<Either<u32, Refusal>> {
        now(env, || Ok(turn_of(self.0.enter(PolicyId(policy)))))
    }

    #[napi]
    pub fn leave(&self, policy: u32) -> bool {
        self.0.leave(PolicyId(policy))
    }

    #[napi]
    pub fn give_up(&self, policy: u32) {
        self.0.give_up(PolicyId(policy));
    }

    #[napi]
    pub fn timeout_of(&self, policy: u32) -> Either<f64, Null> {
        let timeout = self.0.timeout(PolicyId(policy));
        timeout.map_or(Either::B(Null), |it| Either::A(it.as_millis() as f64))
    }

    #[napi]
    pub fn check_length(
        &self,
        env: Env,
        policy: u32,
        content_type: String,
        content_length: Option<f64>,
    ) -> napi::Result<Either<Refusal, Null>> {
        let declared = content_length.map(|length| length as u64);
        now(env, || {
            Ok(refusal_of(self.0.check_length(PolicyId(policy), Some(&content_type), declared)))
        })
    }

    #[napi]
    pub fn check_usage(
        &self,
        env: Env,
        policy: u32,
        usage: UsageInfo,
    ) -> napi::Result<Either<Refusal, Null>> {
        now(env, || Ok(refusal_of(self.0.check_usage(PolicyId(policy), &usage.into()))))
    }
}

fn turn_of(entered: Result<Turn, Rejection>) -> Either<u32, Refusal> {
    match entered {
        Ok(turn) => Either::A(turn_number(turn)),
        Err(rejection) => Either::B(rejection.into()),
    }
}

fn refusal_of(checked: Result<(), Rejection>) -> Either<Refusal, Null> {
    checked.err().map_or(Either::B(Null), |rejection| Either::A(rejection.into()))
}

/// What a policy says, read once; its places are counted here.
#[napi(js_name = "Policy")]
pub struct NativePolicy {
    policy: Policy,
    gate: Option<host::Gate>,
}

#[napi]
impl NativePolicy {
    #[napi(constructor)]
    pub fn new(env: Env, settings: PolicySettings) -> napi::Result<Self> {
        now(env, || {
            let policy = Policy::try_from(settings)?;
            let gate = policy.concurrency.map(|most| host::Gate::new(most, policy.queue));
            Ok(Self { policy, gate })
        })
    }

    #[napi]
    pub fn timeout(&self) -> Either<f64, Null> {
        let timeout = self.policy.timeout;
        timeout.map_or(Either::B(Null), |it| Either::A(it.as_millis() as f64))
    }

    #[napi]
    pub fn has_places(&self) -> bool {
        self.gate.is_some()
    }

    #[napi]
    pub fn enter(&self, env: Env) -> napi::Result<Either<u32, Refusal>> {
        let entered = || self.gate.as_ref().map_or(Ok(Turn::Now), host::Gate::enter);
        now(env, || Ok(turn_of(entered())))
    }

    #[napi]
    pub fn leave(&self) -> bool {
        self.gate.as_ref().is_some_and(host::Gate::leave)
    }

    #[napi]
    pub fn give_up(&self) {
        if let Some(gate) = &self.gate {
            gate.give_up();
        }
    }
}

/// The refusal of what took longer than `millis`.
#[napi]
pub fn timed_out(env: Env, millis: f64) -> napi::Result<Refusal> {
    now(env, || Ok(Rejection::TimedOut { millis: millis as u128 }.into()))
}
