//! `transform`, `transformSync`, `scan`.

use compiler::{Action, Diagnostic, Kind, Options, Output, Severity};
use napi::{
    Env,
    bindgen_prelude::{AsyncTask, Either, Uint8Array},
};
use napi_derive::napi;

use crate::job::{Failure, Job, now, on_pool};

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

fn run(code: &str, options: TransformOptions) -> Result<TransformResult, Failure> {
    Ok(compiler::transform(code, &options.try_into()?).into())
}

#[napi(object, object_to_js = false)]
pub struct TransformOptions {
    pub filename: String,
    pub root: Option<String>,
    pub target: String,
    pub mode: Option<String>,
    pub salt: Option<String>,
    pub runtime: Option<Runtime>,
    pub source_map: Option<bool>,
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

#[napi(object, object_from_js = false)]
pub struct TransformResult {
    pub code: napi::Either<String, napi::bindgen_prelude::Null>,
    pub map: napi::Either<String, napi::bindgen_prelude::Null>,
    pub actions: Vec<ActionInfo>,
    pub diagnostics: Vec<DiagnosticInfo>,
}

#[napi(object, object_from_js = false)]
pub struct ActionInfo {
    pub id: String,
    pub name: String,
    pub export_name: String,
    pub kind: &'static str,
    pub line: u32,
    pub column: u32,
    pub params: u32,
    pub rest: bool,
    pub captures: Vec<String>,
}

#[napi(object, object_from_js = false)]
pub struct DiagnosticInfo {
    pub severity: &'static str,
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
    pub line: u32,
    pub column: u32,
    pub length: u32,
    pub frame: String,
}

impl From<Output> for TransformResult {
    fn from(it: Output) -> Self {
        let nullable = |text: Option<String>| match text {
            Some(text) => napi::Either::A(text),
            None => napi::Either::B(napi::bindgen_prelude::Null),
        };
        Self {
            code: nullable(it.code),
            map: nullable(it.map),
            actions: it.actions.into_iter().map(Into::into).collect(),
            diagnostics: it.diagnostics.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Action> for ActionInfo {
    fn from(it: Action) -> Self {
        Self {
            id: it.id,
            name: it.name,
            export_name: it.export_name,
            kind: match it.kind {
                Kind::Module => "module",
                Kind::Inline => "inline",
            },
            line: it.line,
            column: it.column,
            params: it.params,
            rest: it.rest,
            captures: it.captures,
        }
    }
}

impl From<Diagnostic> for DiagnosticInfo {
    fn from(it: Diagnostic) -> Self {
        Self {
            severity: match it.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            code: it.code,
            message: it.message,
            help: it.help,
            line: it.line,
            column: it.column,
            length: it.length,
            frame: it.frame,
        }
    }
}
