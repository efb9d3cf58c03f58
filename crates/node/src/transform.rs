//! `transform`, `transformSync`, `scan`.

use std::collections::HashMap;

use compiler::{Action, Diagnostic, Options, Output};
use napi::{
    Env,
    bindgen_prelude::{AsyncTask, Either, Null, Uint8Array},
};
use napi_derive::napi;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    hush::hush_the_parser,
    job::{Failure, Job, now, on_pool},
};

/// Compiles one module on the calling thread.
#[napi]
pub fn transform_sync(
    env: Env,
    code: String,
    options: TransformOptions,
) -> napi::Result<TransformResult> {
    now(env, || run(&code, options))
}

/// Compiles one module on a thread of Node's pool; resolves to what `transformSync` returns.
#[napi(ts_return_type = "Promise<TransformResult>")]
pub fn transform(code: String, options: TransformOptions) -> AsyncTask<Job<TransformResult>> {
    on_pool(move || run(&code, options))
}

/// Whether the bytes may hold a directive.
#[napi]
pub fn scan(env: Env, code: Either<String, Uint8Array>) -> napi::Result<bool> {
    now(env, || {
        Ok(compiler::scan(match &code {
            Either::A(text) => text.as_bytes(),
            Either::B(bytes) => bytes,
        }))
    })
}

/// JSON of what a module exports; `null` when that can't be known.
#[napi]
pub fn module_exports(env: Env, code: String, filename: String) -> napi::Result<Option<String>> {
    now(env, || {
        let exports = compiler::module_exports(&code, &filename);
        Ok(exports.map(|it| serde_json::json!({ "names": it.names, "from": it.from }).to_string()))
    })
}

fn run(code: &str, options: TransformOptions) -> Result<TransformResult, Failure> {
    hush_the_parser();
    let output = compiler::transform(code, &options.try_into()?);
    if code.len() > LARGE_SOURCE_BYTES {
        // The tree took 16 times the size of the source: give that back before JavaScript gets its copies.
        // SAFETY: it only frees what nobody has.
        unsafe { libmimalloc_sys::mi_collect(true) };
    }
    Ok(output.into())
}

const LARGE_SOURCE_BYTES: usize = 1 << 20;

#[napi(object, object_to_js = false)]
pub struct TransformOptions {
    pub filename: String,
    pub root: Option<String>,
    pub target: String,
    pub mode: Option<String>,
    pub salt: Option<String>,
    pub runtime: Option<Runtime>,
    pub source_map: Option<bool>,
    pub input_map: Option<String>,
    pub exports_of: Option<HashMap<String, Vec<String>>>,
}

#[napi(object, object_to_js = false)]
pub struct Runtime {
    pub server: Option<String>,
    pub ssr: Option<String>,
    pub client: Option<String>,
}

impl TryFrom<TransformOptions> for Options {
    type Error = Failure;

    fn try_from(it: TransformOptions) -> Result<Self, Failure> {
        let mut options = Self { filename: it.filename, ..Self::default() };
        options.target = it.target.parse().map_err(bad_option)?;
        if let Some(mode) = it.mode {
            options.mode = mode.parse().map_err(bad_option)?;
        }
        options.root = it.root.unwrap_or(options.root);
        options.salt = it.salt.unwrap_or(options.salt);
        options.source_map = it.source_map.unwrap_or(options.source_map);
        options.input_map = it.input_map;
        options.exports_of = it.exports_of.unwrap_or_default();
        let runtime = it.runtime.unwrap_or(Runtime { server: None, ssr: None, client: None });
        options.runtime.server = runtime.server.unwrap_or(options.runtime.server);
        options.runtime.ssr = runtime.ssr.unwrap_or(options.runtime.ssr);
        options.runtime.client = runtime.client.unwrap_or(options.runtime.client);
        Ok(options)
    }
}

fn bad_option(message: impl ToString) -> Failure {
    Failure::new(host::BadOption::CODE, message)
}

/// What is large crosses as it is, what is many as one text: objects that JavaScript makes of JSON cost a tenth.
#[napi(object, object_from_js = false)]
pub struct TransformResult {
    pub code: Either<String, Null>,
    pub map: Either<String, Null>,
    /// JSON of [`Facts`]; empty if there are none.
    pub facts: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Facts<'a> {
    actions: Vec<ActionInfo<'a>>,
    diagnostics: Vec<DiagnosticInfo<'a>>,
    exports_from: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActionInfo<'a> {
    id: &'a str,
    name: &'a str,
    export_name: &'a str,
    kind: &'static str,
    line: u32,
    column: u32,
    params: u32,
    rest: bool,
    captures: &'a [String],
    #[serde(skip_serializing_if = "Map::is_empty")]
    policy: &'a Map<String, Value>,
}

#[derive(Serialize)]
struct DiagnosticInfo<'a> {
    severity: &'static str,
    code: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<&'a str>,
    line: u32,
    column: u32,
    length: u32,
    frame: &'a str,
}

impl From<Output> for TransformResult {
    fn from(it: Output) -> Self {
        let has_facts =
            !(it.actions.is_empty() && it.diagnostics.is_empty() && it.exports_from.is_empty());
        let facts = has_facts.then(|| Facts {
            actions: it.actions.iter().map(Into::into).collect(),
            diagnostics: it.diagnostics.iter().map(Into::into).collect(),
            exports_from: &it.exports_from,
        });
        let facts = facts.map(|it| serde_json::to_string(&it).expect("text and numbers are JSON"));
        let nullable = |text: Option<String>| text.map_or(Either::B(Null), Either::A);
        Self { code: nullable(it.code), map: nullable(it.map), facts: facts.unwrap_or_default() }
    }
}

impl<'a> From<&'a Action> for ActionInfo<'a> {
    fn from(it: &'a Action) -> Self {
        Self {
            id: &it.id,
            name: &it.name,
            export_name: &it.export_name,
            kind: it.kind.name(),
            line: it.line,
            column: it.column,
            params: it.params,
            rest: it.rest,
            captures: &it.captures,
            policy: &it.policy,
        }
    }
}

impl<'a> From<&'a Diagnostic> for DiagnosticInfo<'a> {
    fn from(it: &'a Diagnostic) -> Self {
        Self {
            severity: it.severity.name(),
            code: it.code,
            message: &it.message,
            help: it.help.as_deref(),
            line: it.line,
            column: it.column,
            length: it.length,
            frame: &it.frame,
        }
    }
}
