//! What holds for every source, whatever its bytes.

use std::collections::{HashMap, HashSet};

use compiler::{Diagnostic, Kind, Mode, Options, Output, Severity, Target, transform};

use super::{mappings, parse_errors};

/// Names of files of all syntaxes.
pub const FILENAMES: &[&str] = &["a.js", "a.ts", "a.tsx", "a.cts", "a.mjs", "a.jsx", "a.cjs?q"];

/// Compiles `source` for every target and in both modes, and checks all that must hold. The number of outputs that
/// have code.
pub fn check(source: &str, filename: &str) -> usize {
    let mut compiled = 0;
    for target in Target::ALL {
        for mode in [Mode::Development, Mode::Production] {
            let options = Options {
                filename: filename.to_owned(),
                target,
                mode,
                source_map: true,
                exports_of: exports_of(),
                ..Options::default()
            };
            let output = transform(source, &options);
            check_facts(source, &output);
            check_map(source, &output);
            if let Some(code) = &output.code {
                compiled += 1;
                check_again(source, code, &options);
                if target != Target::Server && mode == Mode::Production {
                    check_client(source, code, &output);
                }
            }
        }
    }
    compiled
}

/// What a module exports from which the sources export too.
fn exports_of() -> HashMap<String, Vec<String>> {
    let names = ["a", "default", "c d", "if"].map(str::to_owned).to_vec();
    HashMap::from([("a".to_owned(), names)])
}

fn check_facts(source: &str, output: &Output) {
    if output.has_errors() {
        assert_eq!((&output.code, &output.map), (&None, &None), "code beside an error\n{source}");
        assert_eq!(output.actions, [], "actions beside an error\n{source}");
    }
    assert_eq!(output.code.is_some(), output.map.is_some(), "{source}");
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let lines: Vec<&str> = source.split('\n').collect();
    let is_inside = |line: u32, column: u32| {
        let line = line.checked_sub(1).and_then(|line| lines.get(line as usize));
        line.is_some_and(|line| (1..=line.encode_utf16().count() + 1).contains(&(column as usize)))
    };
    for it in &output.diagnostics {
        assert!(it.code.starts_with("errand::") && !it.message.is_empty() && it.length > 0);
        assert!(is_inside(it.line, it.column), "{it:?}\n{source}");
    }
    for it in &output.actions {
        assert!(is_inside(it.line, it.column), "{it:?}\n{source}");
        assert_eq!(it.id.len(), 32);
    }
    let ids: HashSet<&str> = output.actions.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids.len(), output.actions.len(), "{:?}\n{source}", output.actions);
}

fn check_map(source: &str, output: &Output) {
    let (Some(code), Some(map)) = (&output.code, &output.map) else { return };
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let widths = |text: &str| -> Vec<usize> {
        text.split('\n').map(|line| line.encode_utf16().count()).collect()
    };
    let (in_code, in_source) = (widths(code), widths(source));
    let is_inside = |widths: &[usize], (line, column): (usize, usize)| {
        widths.get(line).is_some_and(|&width| column <= width)
    };
    for mapping in mappings(map) {
        assert!(is_inside(&in_code, mapping.generated), "{mapping:?}\n{source}\n{code}");
        let original = mapping.original.is_none_or(|place| is_inside(&in_source, place));
        assert!(original, "{mapping:?}\n{source}\n{code}");
    }
}

/// Errors that SWC doesn't see where it tries one meaning of several, or in the list of an `export`, but does see once
/// the code stands elsewhere.
const UNSEEN: &[&str] = &[
    "Type argument list cannot be empty",
    "cannot be used as an identifier",
    "Illegal 'use strict' directive",
    "is already declared",
];

/// What comes out parses, and there is nothing left to do in it.
fn check_again(source: &str, code: &str, options: &Options) {
    let again = Options { target: Target::Server, source_map: false, ..options.clone() };
    let second = transform(code, &again);
    let is_same = second.code.is_none() && second.actions.is_empty() && !second.has_errors();
    assert!(is_same, "{second:?}\n--- source\n{source}\n--- code\n{code}");

    // Without a directive in it, it wouldn't be parsed.
    let with_action = format!("{code}\n;async function $$errand_again() {{ 'use server' }}\n");
    let output = transform(&with_action, &again);
    // SWC lets errors pass in a namespace.
    if options.filename.contains("ts") && source.contains("namespace") {
        return;
    }
    // Errors of modules that SWC sees only behind the first import or export were there before.
    if output.has_errors() && !parse_errors(source, &options.filename).is_empty() {
        return;
    }
    // A CommonJS file can say that it is one of actions, and then has none.
    let is_unseen = |it: &Diagnostic| {
        it.severity == Severity::Warning
            || it.code == "errand::commonjs"
            || UNSEEN.iter().any(|part| it.message.contains(part))
    };
    if output.has_errors() && output.diagnostics.iter().all(is_unseen) {
        return;
    }
    let errors = output.render_diagnostics();
    let is_one = output.actions.len() == 1;
    assert!(is_one && !output.has_errors(), "{errors}\n--- source\n{source}\n--- code\n{code}");
}

const TEMPLATE: &[&str] = &[
    "import",
    "export",
    "const",
    "as",
    "from",
    "createServerReference",
    "default",
    "true",
    "false",
    "__PURE__",
    "errand",
    "client",
    "rsc",
    "runtime",
    "ssr",
];

/// Nothing of the source is in what the browser gets but the names of its exports.
fn check_client(source: &str, code: &str, output: &Output) {
    let exports = output.actions.iter().filter(|it| it.kind == Kind::Module);
    let exports: String = exports.map(|it| format!("{} {} ", it.export_name, it.id)).collect();
    // A name that isn't an identifier is written as a string, with escapes.
    let known: HashSet<&str> = words(&exports).chain(TEMPLATE.iter().copied()).collect();
    for word in words(code) {
        let is_ours = word.starts_with("$$errand") || word.bytes().all(|it| it.is_ascii_digit());
        let is_escaped = word.starts_with('u') && code.contains("\\u");
        assert!(is_ours || is_escaped || known.contains(word), "{word}\n{source}\n{code}");
    }
    let map: serde_json::Value = serde_json::from_str(output.map.as_deref().unwrap()).unwrap();
    assert_eq!(map["mappings"].as_str(), Some(""), "{map}");
    assert!(!map.to_string().contains("sourcesContent\":[\""), "{map}");
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')))
        .filter(|it| !it.is_empty())
}
