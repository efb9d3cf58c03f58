//! Code and papers agree, and no room gets stuffy.

use std::collections::{BTreeMap, BTreeSet};

use test_support::{Source, root, sources};

const CODE: &[&str] = &[".rs", ".ts", ".tsx", ".mjs", ".js", ".jsx"];

/// Files beyond [`MOST_LINES`], each with why that is all right.
const LONG: &[(&str, &str)] = &[];
const MOST_LINES: usize = 600;

#[test]
fn each_error_code_has_a_section_and_each_section_a_code() {
    let (compiler, others): (Vec<_>, Vec<_>) =
        shipped().into_iter().partition(|source| source.path.starts_with("crates/compiler/"));

    agree(&codes_in_quotes(&compiler), "docs/diagnostics.md");
    agree(&codes_in_quotes(&others), "docs/errors.md");
}

fn agree(used: &BTreeMap<String, String>, page: &str) {
    let sections = sections_of(page);
    for (code, path) in used {
        assert!(sections.contains(code), "{code} ({path}) has no section in {page}");
    }
    for code in &sections {
        assert!(used.contains_key(code), "{page} explains {code}, which nothing produces any more");
    }
}

#[test]
fn comments_and_papers_name_only_codes_that_exist() {
    let known: BTreeSet<_> =
        ["docs/diagnostics.md", "docs/errors.md"].into_iter().flat_map(sections_of).collect();

    for source in shipped().into_iter().chain(papers()) {
        for code in codes(&source.text) {
            assert!(known.contains(&code), "{} names {code}, which does not exist", source.path);
        }
    }
}

#[test]
fn papers_name_only_files_that_exist() {
    for Source { path, text } in papers() {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for name in paths_in(&text) {
            let exists = root().join(&name).exists() || root().join(folder).join(&name).exists();
            assert!(exists, "{path} names {name}, which does not exist");
        }
    }
}

#[test]
fn no_file_is_too_long_without_a_reason() {
    let long: BTreeMap<_, _> = LONG.iter().copied().collect();
    for Source { path, text } in ours() {
        let lines = text.lines().count();
        let excused = long.contains_key(path.as_str());
        assert!(
            lines <= MOST_LINES || excused,
            "{path} has {lines} lines: find the second idea in it"
        );
        assert!(lines > MOST_LINES || !excused, "{path} is short again: take it out of LONG");
    }
    for path in long.keys() {
        assert!(root().join(path).exists(), "{path} is gone: take it out of LONG");
    }
}

#[test]
fn no_test_is_switched_off() {
    for Source { path, text } in ours() {
        let switches =
            ["#[ign", "test.sk", "it.sk", "describe.sk", "test.on", "it.on", "describe.on"];
        let ends = ["ore", "ip(", "ip(", "ip(", "ly(", "ly(", "ly("];
        for (start, end) in switches.iter().zip(ends) {
            let switch = format!("{start}{end}"); // in one piece it would find itself
            assert!(!text.contains(&switch), "{path} has {switch}: say what is wrong instead");
        }
    }
}

/// What users get.
fn shipped() -> Vec<Source> {
    let mut all: Vec<_> = sources("crates", &[".rs"])
        .into_iter()
        .filter(|source| source.path.contains("/src/") && !source.path.ends_with("/tests.rs"))
        .collect();
    all.extend(sources("npm", CODE));
    all.extend(sources("index.d.ts", CODE));
    all
}

fn ours() -> Vec<Source> {
    let folders = ["crates", "npm", "__test__", "benches", "examples", "scripts", "index.d.ts"];
    folders.into_iter().flat_map(|folder| sources(folder, CODE)).collect()
}

fn papers() -> Vec<Source> {
    let pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "docs"];
    pages.into_iter().flat_map(|page| sources(page, &[".md"])).collect()
}

/// Codes in string literals, each with a file that has it: those that the code produces.
fn codes_in_quotes(sources: &[Source]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for Source { path, text } in sources {
        for line in text.lines().filter(|line| !is_comment(line)) {
            for quote in ['"', '\''] {
                for piece in line.split(quote).filter(|piece| piece.starts_with("errand::")) {
                    found.extend(code_at_start(piece).map(|code| (code, path.clone())));
                }
            }
        }
    }
    found
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("//") || line.starts_with("* ") || line.starts_with("/*")
}

fn codes(text: &str) -> BTreeSet<String> {
    text.match_indices("errand::").filter_map(|(at, _)| code_at_start(&text[at..])).collect()
}

/// `errand::kebab-case` at the start of `text`; none when the rest is a pattern.
fn code_at_start(text: &str) -> Option<String> {
    let rest = text.strip_prefix("errand::")?;
    let end = rest.find(|c: char| !(c.is_ascii_lowercase() || c == '-')).unwrap_or(rest.len());
    let name = &rest[..end];
    (!name.is_empty() && !name.ends_with('-')).then(|| format!("errand::{name}"))
}

/// Headings that are a code.
fn sections_of(page: &str) -> BTreeSet<String> {
    let pages = sources(page, &[".md"]);
    let lines = pages.iter().flat_map(|page| page.text.lines());
    lines.filter_map(|line| line.strip_prefix("## ")).flat_map(codes).collect()
}

/// Paths in backticks that begin in a folder of ours, and targets of links within the repository.
fn paths_in(text: &str) -> BTreeSet<String> {
    const FOLDERS: &[&str] =
        &["crates/", "npm/", "__test__/", "benches/", "examples/", "scripts/", "docs/", ".ci/"];
    let quoted = text.split('`').skip(1).step_by(2).filter(|piece| {
        FOLDERS.iter().any(|folder| piece.starts_with(folder))
            && !piece.contains(|c: char| c.is_whitespace() || "*<>{}…$".contains(c))
    });
    let links = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let links = links.filter(|link| !link.contains("://") && !link.starts_with('#'));
    let paths = quoted.chain(links).map(|path| path.split('#').next().unwrap_or(path));
    paths.filter(|path| !path.is_empty()).map(str::to_owned).collect()
}
