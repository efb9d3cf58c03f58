//! What a compilation gives.

use serde_json::{Map, Value};

use crate::Diagnostic;

/// A compiled file and what is to be known about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// `None`: keep the source as it is, or with an error among the diagnostics, there is no code.
    pub code: Option<String>,
    /// A source map (version 3) as JSON, if it was asked for and there is code.
    pub map: Option<String>,
    /// Every function that a client may call; empty if there is an error.
    pub actions: Vec<Action>,
    /// In the order of their places.
    pub diagnostics: Vec<Diagnostic>,
    /// Specifiers of the modules that an action file exports from, each once, in the order of the source. Without an
    /// entry for each in [`Options::exports_of`](crate::Options::exports_of) there is an error among the diagnostics.
    pub exports_from: Vec<String>,
}

/// One function that a client may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// 32 lowercase hexadecimal digits.
    pub id: String,
    /// The function's name, or what gives it one; `anonymous` if there is nothing.
    pub name: String,
    /// The name under which the compiled server module exports it.
    pub export_name: String,
    /// Where the directive is.
    pub kind: Kind,
    /// From 1.
    pub line: u32,
    /// From 1, in UTF-16 code units.
    pub column: u32,
    /// Declared parameters before a rest parameter, captured values not counted.
    pub params: u32,
    /// Whether it may take more: a rest parameter, or a signature that can't be seen.
    pub rest: bool,
    /// Names of the captured variables, in the order in which they are sealed.
    pub captures: Vec<String>,
    /// Those options of its `action()` of `errand/server` that are literals.
    pub policy: Map<String, Value>,
}

/// Where the directive of an action is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// At the top of the file that exports it.
    Module,
    /// In its body.
    Inline,
}

impl Kind {
    /// `module` or `inline`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Inline => "inline",
        }
    }
}
