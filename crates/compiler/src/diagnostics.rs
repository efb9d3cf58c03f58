//! Each rule once: what was found goes in as data, what the author reads comes out.

use std::{fmt::Write, ops::Range};

use crate::{
    Output,
    scan::Directive,
    text::{Text, utf16_len},
};

/// Something about the source that its author should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// An error leaves the file without code.
    pub severity: Severity,
    /// Stable name, for example `errand::async-required`.
    pub code: &'static str,
    /// What is wrong, without a final dot.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// From 1.
    pub line: u32,
    /// From 1, in UTF-16 code units.
    pub column: u32,
    /// In UTF-16 code units, on the first line if there are more; at least 1.
    pub length: u32,
    /// Up to two lines before it, its line, and its place underlined.
    pub frame: String,
}

/// How much a [`Diagnostic`] weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// There is no code.
    Error,
    /// There is code, but it may not do what its author means.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// A rule that the source breaks, and where.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) rule: Rule,
    pub(crate) at: Range<u32>,
}

#[derive(Debug)]
pub(crate) enum Rule {
    Syntax(String),
    TooDeep { limit: u32 },
    ReadTooOften,
    CommonJs(Directive),
    CommonJsExport,
    ClientAnd(Directive),
    ServerAndCache,
    UnknownCacheKind(String),
    InlineInClient,
    CacheInClient,
    CachedExport { name: String },
    MisplacedDirective { directive: Directive, in_block: bool },
    MisspelledDirective { found: String, meant: Directive },
    ParenthesizedDirective(Directive),
    TemplateDirective(Directive),
    ContinuedDirective(Directive),
    AsyncRequired { name: String, of: Async },
    NotAFunction { name: String, is_a: &'static str },
    ReExport { specifier: String },
    InstanceMethod { is_a: &'static str, of: Directive },
    ConstructorDirective(Directive),
    ThisIn(Directive),
    SuperIn(Directive),
    ArgumentsIn(Directive),
    NewTargetIn(Directive),
    PrivateNameIn { name: String, of: Directive },
    AssignedCapture { name: String, of: Directive },
    RecursiveActions { name: String },
    PolicyNotLiteral { what: String },
    PolicyInFunction { what: String },
}

/// What has to be async.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Async {
    /// An export of an action file.
    Export,
    /// A function with the directive.
    Own(Directive),
}

/// What a function with the directive is called.
fn noun(directive: Directive) -> &'static str {
    match directive {
        Directive::Server => "action",
        Directive::Cache => "cached function",
    }
}

/// The noun with its article.
fn subject(directive: Directive) -> &'static str {
    match directive {
        Directive::Server => "an action",
        Directive::Cache => "a cached function",
    }
}

pub(crate) const DECORATED_METHOD: &str = "a decorated method";

impl Rule {
    pub(crate) fn severity(&self) -> Severity {
        match self {
            Self::TemplateDirective(_)
            | Self::ContinuedDirective(_)
            | Self::MisplacedDirective { in_block: true, .. }
            | Self::ConstructorDirective(_)
            | Self::CommonJsExport
            | Self::PolicyNotLiteral { .. }
            | Self::AssignedCapture { .. } => Severity::Warning,
            _ => Severity::Error,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "errand::syntax",
            Self::TooDeep { .. } | Self::ReadTooOften => "errand::too-deep",
            Self::CommonJs(_) | Self::CommonJsExport => "errand::commonjs",
            Self::ClientAnd(_) => "errand::client-and-server",
            Self::ServerAndCache => "errand::server-and-cache",
            Self::UnknownCacheKind(_) => "errand::unknown-cache-kind",
            Self::InlineInClient => "errand::inline-in-client",
            Self::CacheInClient => "errand::cache-in-client",
            Self::CachedExport { .. } => "errand::cached-export",
            Self::MisplacedDirective { .. } | Self::ConstructorDirective(_) => {
                "errand::misplaced-directive"
            }
            Self::MisspelledDirective { .. } => "errand::misspelled-directive",
            Self::ParenthesizedDirective(_)
            | Self::TemplateDirective(_)
            | Self::ContinuedDirective(_) => "errand::not-a-directive",
            Self::AsyncRequired { .. } => "errand::async-required",
            Self::NotAFunction { .. } => "errand::not-a-function",
            Self::ReExport { .. } => "errand::re-export",
            Self::InstanceMethod { .. } => "errand::instance-method",
            Self::ThisIn(_) => "errand::this-in-action",
            Self::SuperIn(_) => "errand::super-in-action",
            Self::ArgumentsIn(_) => "errand::arguments-in-action",
            Self::NewTargetIn(_) => "errand::new-target-in-action",
            Self::PrivateNameIn { .. } => "errand::private-name-in-action",
            Self::AssignedCapture { .. } => "errand::assigned-capture",
            Self::RecursiveActions { .. } => "errand::recursive-actions",
            Self::PolicyNotLiteral { .. } => "errand::policy-not-literal",
            Self::PolicyInFunction { .. } => "errand::policy-in-function",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Syntax(message) => message.clone(),
            Self::TooDeep { limit } => {
                format!("the source is nested deeper than {limit} levels here")
            }
            Self::ReadTooOften => {
                "type arguments or arrow functions are nested so that parsing them would take too long"
                    .into()
            }
            Self::CommonJs(of) => {
                format!("{} must be in an ES module, and this is a CommonJS one", subject(*of))
            }
            Self::CommonJsExport => {
                "only what `export` exports is an action, and this is a CommonJS export".into()
            }
            Self::ClientAnd(directive) => {
                format!("a file can't be both \"use client\" and \"{}\"", directive.text())
            }
            Self::ServerAndCache => {
                "a function can't be both \"use server\" and \"use cache\"".into()
            }
            Self::UnknownCacheKind(kind) => format!("there is no cache `{kind}`"),
            Self::InlineInClient => "an action can't be written inside client code".into(),
            Self::CacheInClient => "\"use cache\" is for the server, and this is client code".into(),
            Self::CachedExport { name } => {
                format!("each export of a \"use server\" file can be called from outside, and the cached function `{name}` must not be")
            }
            Self::MisplacedDirective { directive, in_block: false } => {
                format!("\"{}\" must come before any other statement", directive.text())
            }
            Self::MisplacedDirective { directive, in_block: true } => {
                format!("\"{}\" must be at the top of a file or of a function's body, not of a block", directive.text())
            }
            Self::MisspelledDirective { found, meant } => {
                format!("\"{found}\" looks like a misspelled \"{}\"", meant.text())
            }
            Self::ParenthesizedDirective(it) => {
                format!("\"{}\" in parentheses is not a directive", it.text())
            }
            Self::TemplateDirective(it) => {
                format!("`{}` in backticks is not a directive", it.text())
            }
            Self::ContinuedDirective(it) => {
                format!("\"{}\" begins an expression here, and so is not a directive", it.text())
            }
            Self::AsyncRequired { name, of: Async::Export } => {
                format!("the export `{name}` of a \"use server\" file must be an async function")
            }
            Self::AsyncRequired { name, of: Async::Own(Directive::Server) } => {
                format!("the action `{name}` must be an async function")
            }
            Self::AsyncRequired { name, of: Async::Own(Directive::Cache) } => {
                format!("the cached function `{name}` must be async")
            }
            Self::NotAFunction { name, is_a } => {
                format!("a \"use server\" file can only export async functions, and `{name}` is {is_a}")
            }
            Self::ReExport { specifier } => {
                format!("the exports of `{specifier}` aren't known here, and each would be an action")
            }
            Self::ConstructorDirective(it) => {
                format!("\"{}\" means nothing in a constructor", it.text())
            }
            Self::InstanceMethod { is_a, of } => format!("{is_a} can't be {}", subject(*of)),
            Self::ThisIn(of) => format!("{} has no `this`", subject(*of)),
            Self::SuperIn(of) => format!("{} has no `super`", subject(*of)),
            Self::ArgumentsIn(of) => format!("{} has no `arguments`", subject(*of)),
            Self::NewTargetIn(of) => format!("{} has no `new.target`", subject(*of)),
            Self::PrivateNameIn { name, of } => {
                format!("{} runs outside of its class and can't reach `#{name}`", subject(*of))
            }
            Self::AssignedCapture { name, of } => {
                format!("this changes only the {}'s own copy of the captured `{name}`", noun(*of))
            }
            Self::RecursiveActions { name } => {
                format!("actions that call each other share what they capture, and `{name}` can't be seen here")
            }
            Self::PolicyNotLiteral { what } => {
                format!("{what} of this action can't be read without running the code")
            }
            Self::PolicyInFunction { what } => {
                format!("a call from the browser doesn't run this `action()`, so {what} would never hold")
            }
        }
    }

    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Syntax(_) => return None,
            Self::TooDeep { .. } => {
                "split the expression; generated data is better loaded from a file"
            }
            Self::ReadTooOften => "give an inner part a name and use that instead",
            Self::CommonJs(_) => "use `import` and `export`, and an extension other than `.cjs`",
            Self::CommonJsExport => "write `export` instead",
            Self::ClientAnd(Directive::Cache) => {
                "move the cached functions to a file of their own, and call them in an action or where the page is rendered"
            }
            Self::ServerAndCache => {
                "let the action call a cached function: what it gets from outside is not for others"
            }
            Self::UnknownCacheKind(_) => {
                "write \"use cache\": which store keeps it is the server's `cache` option. What belongs to one user is not cached"
            }
            Self::CacheInClient => {
                "call it in an action, or where the page is rendered on the server, and pass on what it gives"
            }
            Self::CachedExport { .. } => {
                "move it to a file without \"use server\", or don't export it"
            }
            Self::ClientAnd(Directive::Server) => {
                "move the actions to a \"use server\" file of their own and import them"
            }
            Self::InlineInClient => {
                "move it to a file that begins with \"use server\" and import it from there"
            }
            Self::MisplacedDirective { in_block: false, .. } => "move the directive to the top",
            Self::MisplacedDirective { in_block: true, .. } => {
                "move the directive out of the block"
            }
            Self::MisspelledDirective { meant: Directive::Cache, found }
                if found.starts_with("use cache:") =>
            {
                "put one space behind the colon"
            }
            Self::MisspelledDirective { meant, .. } => {
                return Some(format!("write \"{}\"", meant.text()));
            }
            Self::ParenthesizedDirective(_) => "remove the parentheses",
            Self::TemplateDirective(it) => {
                return Some(format!("write it in quotes, \"{}\"", it.text()));
            }
            Self::ContinuedDirective(_) => "let it stand alone, with a semicolon behind it",
            Self::AsyncRequired { of: Async::Own(Directive::Cache), .. } => {
                "write `async` before it: what it gives may have to be fetched"
            }
            Self::AsyncRequired { .. } => {
                "write `async` before it: a call from the browser always takes time"
            }
            Self::NotAFunction { .. } => "move it to a file without \"use server\"",
            Self::ReExport { .. } => {
                "import the functions by their names and export them: each export is an endpoint"
            }
            Self::ConstructorDirective(Directive::Server) => {
                "leave it out: `new` never goes over the network"
            }
            Self::ConstructorDirective(Directive::Cache) => {
                "leave it out: `new` makes a new object"
            }
            Self::InstanceMethod { is_a: DECORATED_METHOD, .. } => {
                "call the decorated method from a function with the directive"
            }
            Self::InstanceMethod { of: Directive::Cache, .. } => {
                "use a function or a static method: the same arguments have to mean the same"
            }
            Self::InstanceMethod { .. } => {
                "use a function or a static method: a call from the browser has no instance"
            }
            Self::ThisIn(of) | Self::SuperIn(of) => {
                return Some(format!(
                    "pass what it needs as an argument, or keep it in a variable: {} is called without an object",
                    subject(*of)
                ));
            }
            Self::ArgumentsIn(_) => "declare a rest parameter, `...args`",
            Self::NewTargetIn(of) => {
                return Some(format!("{} is never called with `new`", subject(*of)));
            }
            Self::PrivateNameIn { .. } => "call a public static method instead",
            Self::AssignedCapture { of: Directive::Cache, .. } => {
                "captured values are a part of the key, as arguments are: return the new value"
            }
            Self::AssignedCapture { .. } => {
                "captured values are copied when the page is rendered: return the new value, or store it"
            }
            Self::RecursiveActions { .. } => {
                "declare the actions where all see the variable, or pass the value as an argument"
            }
            Self::PolicyNotLiteral { .. } => {
                "write it as a literal: what is known only when the module runs can't refuse a call before that, nor allow more than the server"
            }
            Self::PolicyInFunction { .. } => {
                "make it a `const` of the module, or move it to a \"use server\" file: then `action()` runs with the module"
            }
        };
        Some(help.to_owned())
    }
}

/// Renders the rules' breaches, in the order of their places.
pub(crate) fn render(mut problems: Vec<Problem>, text: &Text) -> Vec<Diagnostic> {
    problems.sort_by_key(|problem| (problem.at.start, problem.at.end));
    let mut diagnostics: Vec<Diagnostic> =
        problems.iter().map(|problem| diagnostic(problem, text)).collect();
    diagnostics.dedup();
    diagnostics
}

fn diagnostic(problem: &Problem, text: &Text) -> Diagnostic {
    let end_of_source = text.source.len() as u32;
    let start = problem.at.start.min(end_of_source);
    let position = text.position(start);
    let line = text.line(position.line).unwrap_or_default();
    let column_bytes = (start - text.position_start(position.line)) as usize;
    let on_line = line.get(column_bytes..).unwrap_or_default();
    let wanted_bytes = (problem.at.end.min(end_of_source).max(start) - start) as usize;
    let marked = on_line.get(..wanted_bytes).unwrap_or(on_line);
    let length = utf16_len(marked).max(1);
    Diagnostic {
        severity: problem.rule.severity(),
        code: problem.rule.code(),
        message: problem.rule.message(),
        help: problem.rule.help(),
        line: position.line + 1,
        column: position.column + 1,
        length,
        frame: frame(text, position.line, &line[..column_bytes.min(line.len())], marked),
    }
}

const CONTEXT_LINES: u32 = 2;
/// Minified lines would fill the terminal.
const FRAME_CHARS: usize = 160;

fn frame(text: &Text, line: u32, before: &str, marked: &str) -> String {
    let width = (line + 1).to_string().len();
    let mut frame = String::new();
    // A window into a long line; the column in the diagnostic stays that of the whole line.
    let is_long = text.line(line).is_some_and(|it| it.chars().nth(FRAME_CHARS).is_some());
    let window = before.char_indices().rev().nth(FRAME_CHARS / 2 - 1).map_or(0, |(at, _)| at);
    let skipped_bytes = if is_long { window } else { 0 };
    for shown in line.saturating_sub(CONTEXT_LINES)..=line {
        let source = text.line(shown).unwrap_or_default();
        let from = if shown == line { skipped_bytes } else { 0 };
        let source: String = source[from..].chars().take(FRAME_CHARS).collect();
        let mark = if shown == line { '>' } else { ' ' };
        let number = shown + 1;
        let _ = writeln!(frame, "{}", format!("{mark} {number:>width$} | {source}").trim_end());
    }
    // Tabs stay tabs, so that the carets stand right whatever their width.
    let indent: String =
        before[skipped_bytes..].chars().map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let carets = "^".repeat(marked.chars().take(FRAME_CHARS / 2).count().max(1));
    let _ = write!(frame, "  {:width$} | {indent}{carets}", "");
    frame
}

impl Output {
    /// All diagnostics as text for a terminal or a log, one after the other; empty if there are none.
    pub fn render_diagnostics(&self) -> String {
        let mut text = String::new();
        for it in &self.diagnostics {
            if !text.is_empty() {
                text.push('\n');
            }
            let _ = writeln!(
                text,
                "{}[{}]: {} ({}:{})\n{}",
                it.severity.name(),
                it.code,
                it.message,
                it.line,
                it.column,
                it.frame
            );
            if let Some(help) = &it.help {
                let _ = writeln!(text, "  help: {help}");
            }
        }
        text
    }

    /// Whether a diagnostic is an error; then there is no code.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|it| it.severity == Severity::Error)
    }
}
