//! What holds for the output of every fixture.

#![allow(clippy::disallowed_methods)]

mod support;

use std::fs;

use compiler::{Mode, Options, Output, Severity, Target, transform};
use support::{inputs, mappings, parse_errors, word_at};

/// Each fixture's path, source, and output with a map.
fn compiled(target: Target) -> Vec<(String, String, Output)> {
    inputs()
        .into_iter()
        .map(|input| {
            let source = fs::read_to_string(&input).unwrap();
            let filename = input.display().to_string();
            let options = Options {
                filename: filename.clone(),
                target,
                mode: Mode::Development,
                source_map: true,
                ..Options::default()
            };
            let output = transform(&source, &options);
            (filename, source, output)
        })
        .collect()
}

#[test]
fn every_output_parses() {
    for target in Target::ALL {
        for (filename, source, output) in compiled(target) {
            let Some(code) = output.code else { continue };
            // Of TypeScript's rules, some that we don't ask for are broken by a fixture.
            let mut errors = parse_errors(&code, &filename);
            let known = parse_errors(&source, &filename);
            errors.retain(|it| !known.contains(it));
            assert_eq!(errors, [""; 0], "{filename}\n{code}");
        }
    }
}

#[test]
fn a_second_run_finds_nothing_to_do() {
    for target in Target::ALL {
        for (filename, _, output) in compiled(target) {
            let Some(code) = output.code else { continue };
            let mut again = transform(&code, &Options { filename, ..Options::default() });
            // What was no directive the first time, and only warned of, still stands there.
            again.diagnostics.retain(|it| it.severity == Severity::Error);
            assert_eq!(again, Output::default(), "{code}");
        }
    }
}

#[test]
fn equal_input_gives_equal_output() {
    assert_eq!(compiled(Target::Server), compiled(Target::Server));
}

#[test]
fn every_mapped_word_is_the_word_of_the_source() {
    let mut words = 0;
    for (filename, source, output) in compiled(Target::Server) {
        let (Some(code), Some(map)) = (output.code, output.map) else { continue };
        for mapping in mappings(&map) {
            let Some(original) = mapping.original else { continue };
            let generated = word_at(&code, mapping.generated);
            let is_ours = generated.starts_with("$$errand")
                || ["const", "let", "var", ":", "=", "", ";", "(", " "]
                    .contains(&generated.as_str());
            if !is_ours {
                assert_eq!(generated, word_at(&source, original), "{filename} {mapping:?}\n{code}");
                words += 1;
            }
        }
    }
    assert!(words > 500, "{words}");
}

#[test]
fn a_map_leads_through_the_map_of_the_source() {
    // An earlier step put a banner on top and wrote `save` for `store`.
    let source = "/* banner */\n'use server'\nexport async function save(form) {}\n";
    let input_map = r#"{"version":3,"sources":["store.coffee"],"sourcesContent":["C"],"names":["store"],
        "mappings":";AAAA;AACA,sBAASA,KAAK"}"#;
    let options =
        Options { source_map: true, input_map: Some(input_map.to_owned()), ..Options::default() };
    let output = transform(source, &options);
    let (code, map) = (output.code.unwrap(), output.map.unwrap());
    let original = |word: &str| {
        let found = mappings(&map).into_iter().find(|it| word_at(&code, it.generated) == word);
        found.and_then(|it| it.original)
    };
    assert_eq!(original("export"), Some((1, 0)));
    assert_eq!(original("save"), Some((1, 9)));
    assert_eq!(original("form"), Some((1, 14)));
    let json: serde_json::Value = serde_json::from_str(&map).unwrap();
    assert_eq!(json["sources"], serde_json::json!(["store.coffee"]));
    assert_eq!(json["sourcesContent"], serde_json::json!(["C"]));
    assert_eq!(json["names"], serde_json::json!(["store"]));

    let unmapped = Options { input_map: Some("no map".to_owned()), ..options };
    let map = transform(source, &unmapped).map.unwrap();
    assert!(map.contains("input.js") && map.contains("banner"), "what is no map is ignored");
}

#[test]
fn every_line_that_stays_keeps_its_number() {
    for (filename, source, output) in compiled(Target::Server) {
        let (Some(code), Some(map)) = (output.code, output.map) else { continue };
        let lines = source.lines().count();
        for mapping in mappings(&map).iter().filter(|it| it.generated.0 < lines) {
            if let Some((line, _)) = mapping.original {
                assert_eq!(line, mapping.generated.0, "{filename}\n{code}");
            }
        }
    }
}

#[test]
fn a_client_gets_no_word_of_an_action_file_but_its_exports() {
    for target in [Target::Client, Target::Ssr] {
        for (filename, source, _) in compiled(target) {
            let options = Options { filename, target, source_map: true, ..Options::default() };
            let output = transform(&source, &options);
            let Some(code) = output.code else { continue };
            assert!(!code.contains("SECRET"), "{code}");
            assert!(!output.map.unwrap().contains("SECRET"));
        }
    }
}

#[test]
fn a_client_reference_leads_to_its_function_in_development() {
    let source = "'use server'\n/* é😀 */ export async function save() {}\nexport const load = async () => {}\n";
    let options = Options {
        target: Target::Client,
        mode: Mode::Development,
        source_map: true,
        ..Options::default()
    };
    let output = transform(source, &options);
    let (code, map) = (output.code.unwrap(), output.map.unwrap());
    let mapped: Vec<_> = mappings(&map)
        .into_iter()
        .filter_map(|it| Some((word_at(&code, it.generated), it.original?)))
        .collect();
    assert_eq!(mapped, [("save".to_owned(), (1, 32)), ("load".to_owned(), (2, 13))]);
    assert!(map.contains("sourcesContent"));
}

#[test]
fn no_nesting_overflows_a_small_stack() {
    let pieces = [
        ("[", "]"),
        ("(", ")"),
        ("{", "}"),
        ("`${", "}`"),
        ("<a>", "</a>"),
        ("x=>", ""),
        ("a+", ""),
        ("a?b:", ""),
        ("!", ""),
        ("if(a){}else ", ""),
        ("f(()=>", ")"),
        ("async()=>{'use server';", "}"),
        ("a.b(", ")"),
        ("new ", ""),
        ("await ", ""),
        ("x=", ""),
        ("({a:", "})"),
        ("class{[", "]}"),
        ("function f(){", "}"),
        ("for(;;)", ""),
        ("(a)=>", ""),
        ("async(", ")"),
        ("l:", ""),
    ];
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        for (open, close) in pieces {
            for levels in [100, 3_000, 11_000, 100_000] {
                for suffix in ["js", "tsx"] {
                    let body = format!("{}1{}", open.repeat(levels), close.repeat(levels));
                    let source = format!("async function a() {{'use server'}}\n{body}");
                    let options = Options { filename: format!("a.{suffix}"), ..Options::default() };
                    let output = transform(&source, &options);
                    let is_refused =
                        output.diagnostics.iter().any(|it| it.code == "errand::too-deep");
                    assert_eq!(is_refused, levels == 100_000 || is_refused, "{open} {levels}");
                    assert!(levels > 100 || !is_refused, "{open}");
                }
            }
        }
    });
    thread.unwrap().join().unwrap();
}
