//! What one compilation depends on besides the source.

use std::{collections::HashMap, str::FromStr};

/// Everything that decides the output besides the source; two equal pairs give equal bytes.
#[derive(Debug, Clone)]
pub struct Options {
    /// Path of the source, absolute or relative to `root`; a `?query` behind it is ignored.
    ///
    /// The extension decides the syntax: `ts`, `mts`, `cts` TypeScript, `tsx` TypeScript with JSX, all others
    /// JavaScript with JSX.
    pub filename: String,
    /// The project's folder. Ids depend on `filename` relative to it. Default: empty.
    pub root: String,
    /// The graph that the output is for. Default: [`Target::Server`].
    pub target: Target,
    /// Whether names of the source may reach the client. Default: [`Mode::Production`].
    pub mode: Mode,
    /// Key of the ids: who doesn't know it can't compute an id from a path and a name. Default: empty.
    pub salt: String,
    /// Module specifiers that the output imports from.
    pub runtime: Runtime,
    /// Whether to make a source map. Default: `false`.
    pub source_map: bool,
    /// The source map of the source itself (version 3, as JSON), if an earlier step made it from something else: the
    /// output's map then leads to that. What is no map is ignored. Default: `None`.
    pub input_map: Option<String>,
    /// What other modules export at run time, by the specifiers with which an action file exports from them
    /// (`export * from './x'`): see [`Output::exports_from`]. Default: empty.
    pub exports_of: HashMap<String, Vec<String>>,
}

/// Module specifiers of the runtime, one for each [`Target`].
#[derive(Debug, Clone)]
pub struct Runtime {
    /// Gives `registerServerReference`, `registerCapturing` and `bindCaptured`. Default: `errand/runtime/server`.
    pub server: String,
    /// Gives `createServerReference` while HTML is rendered. Default: `errand/rsc/runtime.ssr`.
    pub ssr: String,
    /// Gives `createServerReference` in the browser. Default: `errand/client`.
    pub client: String,
}

/// The graph that an output is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// The real module, its actions registered.
    #[default]
    Server,
    /// References, for the server rendering of a Server Components app.
    Ssr,
    /// References, for the browser.
    Client,
}

/// Whether the output is for working on the app or for its users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Client references carry their function's name, and the map leads to it.
    Development,
    /// No name but those of the exports reaches the client.
    #[default]
    Production,
}

/// An option whose text is none of the known names; displays as what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    option: &'static str,
    expected: &'static str,
}

impl Target {
    /// All targets, in the order of their declaration.
    pub const ALL: [Self; 3] = [Self::Server, Self::Ssr, Self::Client];

    /// The name that [`FromStr`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Ssr => "ssr",
            Self::Client => "client",
        }
    }
}

impl FromStr for Target {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|target| target.name() == text)
            .ok_or(UnknownName { option: "target", expected: "`server`, `ssr` or `client`" })
    }
}

impl Mode {
    /// The name that [`FromStr`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
        }
    }
}

impl FromStr for Mode {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Development, Self::Production]
            .into_iter()
            .find(|mode| mode.name() == text)
            .ok_or(UnknownName { option: "mode", expected: "`development` or `production`" })
    }
}

impl std::fmt::Display for UnknownName {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(to, "the option `{}` must be {}", self.option, self.expected)
    }
}

impl std::error::Error for UnknownName {}

impl Default for Options {
    fn default() -> Self {
        Self {
            filename: "input.js".to_owned(),
            root: String::new(),
            target: Target::default(),
            mode: Mode::default(),
            salt: String::new(),
            runtime: Runtime::default(),
            source_map: false,
            input_map: None,
            exports_of: HashMap::new(),
        }
    }
}

impl Default for Runtime {
    fn default() -> Self {
        Self {
            server: "errand/runtime/server".to_owned(),
            ssr: "errand/rsc/runtime.ssr".to_owned(),
            client: "errand/client".to_owned(),
        }
    }
}
