//! What the tests of this folder share: where the fixtures are, and a reader of source maps.

#![allow(dead_code, clippy::disallowed_methods, unreachable_pub)]

pub use test_support::choices;
pub mod damage;
pub mod grammar;
pub mod holds;

use std::{
    fs,
    path::{Path, PathBuf},
};

use swc_core::{
    common::BytePos,
    ecma::{
        ast::EsVersion,
        parser::{EsSyntax, Lexer, Parser, StringInput, Syntax, TsSyntax},
    },
};

pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// All `input.*` files, in the order of their paths.
pub fn inputs() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![fixtures()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the fixtures can be read") {
            let path = entry.expect("the fixtures can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_stem().is_some_and(|stem| stem == "input") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A mapping: generated line and column, then the source's, all from 0 and in UTF-16 code units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapping {
    pub generated: (usize, usize),
    pub original: Option<(usize, usize)>,
}

/// Reads the mappings of a source map with one source.
pub fn mappings(map: &str) -> Vec<Mapping> {
    let json: serde_json::Value = serde_json::from_str(map).expect("the map is JSON");
    let (mut line, mut column) = (0, 0);
    let mut found = Vec::new();
    for (generated_line, segments) in json["mappings"].as_str().unwrap().split(';').enumerate() {
        let mut generated_column = 0;
        for segment in segments.split(',').filter(|it| !it.is_empty()) {
            let numbers = numbers(segment);
            generated_column += numbers[0];
            let original = (numbers.len() > 1).then(|| {
                assert_eq!(numbers[1], 0, "there is one source");
                line += numbers[2];
                column += numbers[3];
                (line as usize, column as usize)
            });
            let generated = (generated_line, generated_column as usize);
            found.push(Mapping { generated, original });
        }
    }
    found
}

fn numbers(segment: &str) -> Vec<i64> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut numbers, mut number, mut shift) = (Vec::new(), 0, 0);
    for c in segment.chars() {
        let digit = DIGITS.find(c).expect("a base64 digit") as i64;
        number |= (digit & 31) << shift;
        shift += 5;
        if digit & 32 == 0 {
            numbers.push(if number & 1 == 1 { -(number >> 1) } else { number >> 1 });
            (number, shift) = (0, 0);
        }
    }
    numbers
}

/// The identifier or the sign at a place.
pub fn word_at(text: &str, (line, column): (usize, usize)) -> String {
    let line: Vec<u16> = text.split('\n').nth(line).unwrap_or_default().encode_utf16().collect();
    let rest = String::from_utf16_lossy(&line[column.min(line.len())..]);
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let end = rest.find(|c: char| !is_word(c)).unwrap_or(rest.len());
    if end > 0 { rest[..end].to_owned() } else { rest.chars().take(1).collect() }
}

/// What is wrong with `code`, as a module.
pub fn parse_errors(code: &str, filename: &str) -> Vec<String> {
    std::panic::catch_unwind(|| parse_errors_or_panic(code, filename))
        .unwrap_or_else(|_| vec!["a panic of the parser".to_owned()])
}

fn parse_errors_or_panic(code: &str, filename: &str) -> Vec<String> {
    let syntax = if filename.ends_with("ts") || filename.ends_with("tsx") {
        let tsx = filename.ends_with("tsx");
        Syntax::Typescript(TsSyntax { tsx, decorators: true, ..TsSyntax::default() })
    } else {
        Syntax::Es(EsSyntax {
            jsx: true,
            decorators: true,
            auto_accessors: true,
            explicit_resource_management: true,
            ..EsSyntax::default()
        })
    };
    let input = StringInput::new(code, BytePos(1), BytePos(1 + code.len() as u32));
    let mut parser = Parser::new_from(Lexer::new(syntax, EsVersion::latest(), input, None));
    let fatal = parser.parse_module().err();
    let errors = parser.take_errors().into_iter().chain(fatal);
    errors.map(|it| it.kind().msg().into_owned()).collect()
}
