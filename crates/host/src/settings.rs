//! What the user configured, checked once.

use rustc_hash::FxHashMap;

use crate::{
    build::Build, origin::OriginPattern, policy::Policy, proxy::TrustProxy, secrets::Keys,
};

/// Everything that decides how calls are answered.
pub struct Settings {
    /// What answers name as their build.
    pub build: Build,
    /// Ids of the functions that may be called.
    pub actions: Vec<String>,
    /// Of those that have rules of their own, these.
    pub policies: FxHashMap<String, Policy>,
    /// Origins beside the host's own whose pages may call.
    pub allowed_origins: Vec<OriginPattern>,
    /// Whose word about our own name counts beside `Host`.
    pub trust_proxy: TrustProxy,
    /// What one request may ask.
    pub limits: wire::Limits,
    /// Keys of sealed values.
    pub keys: Keys,
    /// Seconds for which a sealed value opens. `None`: as long as its key is there.
    pub seal_lifetime: Option<u64>,
}

/// An option that can't be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{option}: {problem}")]
pub struct BadOption {
    /// The option's name as the user wrote it.
    pub option: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

impl BadOption {
    /// The stable name of this error.
    pub const CODE: &'static str = "errand::bad-option";
}
