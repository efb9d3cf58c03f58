//! The contract as tables: what goes in, and behind `=>` all that comes out. See `tests/tables/`.
//!
//! ```text
//! # a Map is a part of its own
//! 1 = [["k",1]]
//! 0 = ["$Q1"]
//! => text [["$Q1"],[["k",1]]]
//! => program ["Q",1,"=",0,0]
//! ```
//!
//! `BLESS=1 cargo test -p wire --test tables` writes what came out into the tables.

use std::{fs, path::Path};

use wire::{
    FileHead, Limits, ReplyError, Skeleton,
    flight::{
        Declared, Encoder, ErrorRow, FlightError, Root, encode_call, encode_call_error,
        encode_value,
    },
    form,
    reply::{Decoded, Parts, decode_parts, decode_text},
};

#[test]
fn replies_decode_as_their_table_says() {
    check("replies.txt", |input| decoded(reply(input)));
}

#[test]
fn forms_decode_as_their_table_says() {
    check("forms.txt", |input| match post(input) {
        Ok(None) => vec!["no action".to_owned()],
        Ok(Some(post)) => {
            let mut lines = vec![format!("id {}", post.id)];
            if let Some(state) = post.state {
                let form::StateKey { key, reference_id, bound_count } = state;
                lines.push(format!("state {key} {reference_id} {bound_count}"));
            }
            lines.extend(decoded(Ok(post.arguments)));
            lines
        }
        Err(error) => decoded(Err(error)),
    });
}

#[test]
fn results_are_written_as_their_table_says() {
    check("results.txt", |input| {
        let field = |name: &str| {
            let mut lines =
                input.iter().filter_map(|(known, value)| (*known == name).then_some(*value));
            lines.next().map(str::to_owned)
        };
        let rows = if let Some(digest) = field("digest") {
            let declared = field("code").map(|code| Declared { code, data: field("data") });
            let (name, message) = (field("name").unwrap(), field("message").unwrap());
            Ok(encode_call_error(&ErrorRow { digest, name, message, declared }))
        } else {
            let skeleton = Skeleton {
                text: field("text").or_else(|| field("root text")).unwrap(),
                program: field("program").unwrap_or_default(),
            };
            let blob = field("blob");
            let blobs: Vec<&[u8]> = blob.iter().map(|blob| blob.as_bytes()).collect();
            let sizes: Vec<u64> = blobs.iter().map(|blob| blob.len() as u64).collect();
            let root = if field("text").is_some() { Root::Call } else { Root::Value };
            let said: Vec<_> = input
                .iter()
                .filter_map(|(name, said)| Some((name.split_once(' ')?, said)))
                .collect();
            let said: Vec<_> = said.into_iter().filter(|((op, _), _)| *op != "root").collect();
            match root {
                _ if !said.is_empty() => goes_on(root, &skeleton, &sizes, &blobs, &said),
                Root::Call => encode_call(&skeleton, &sizes).and_then(|rows| rows.filled(&blobs)),
                Root::Value => encode_value(&skeleton, &sizes).and_then(|rows| rows.filled(&blobs)),
            }
        };
        match rows {
            // The last row ends its line, or has counted bytes.
            Ok(rows) => {
                let rows = String::from_utf8(rows).unwrap();
                rows.strip_suffix('\n').unwrap_or(&rows).split('\n').map(str::to_owned).collect()
            }
            Err(error) => vec![format!("{} {error}", error.code())],
        }
    });
}

type Input<'a> = Vec<(&'a str, &'a str)>;

/// `item 0 = text with program`: what node 0 says later; `end 0` and `fail 0` likewise, `bytes 0` the blob.
fn goes_on(
    root: Root,
    value: &Skeleton,
    sizes: &[u64],
    blobs: &[&[u8]],
    said: &[((&str, &str), &&str)],
) -> Result<Vec<u8>, FlightError> {
    let mut encoder = Encoder::new(root);
    let mut all = encoder.start(value, sizes)?.filled(blobs)?;
    for ((op, live), said) in said {
        let live = live.parse().unwrap();
        let (text, program) = said.split_once(" with ").unwrap_or((said, ""));
        let value = Skeleton { text: text.to_owned(), program: program.to_owned() };
        let rows = match *op {
            "item" => encoder.item(live, &value, sizes)?,
            "bytes" => encoder.bytes(live, sizes[0])?,
            "end" if text.is_empty() => encoder.end(live, None, sizes)?,
            "end" => encoder.end(live, Some(&value), sizes)?,
            "fail" => {
                encoder.fail(live, &ErrorRow { digest: value.text, ..ErrorRow::default() })?
            }
            other => panic!("nothing is called {other}"),
        };
        all.extend(rows.filled(blobs)?);
    }
    assert!(!encoder.is_open(), "all has ended");
    Ok(all)
}

/// `0 = value` is a part, `1 @ media/type name` a file, and a line of its own the text of a body.
fn reply(input: &Input<'_>) -> Result<Decoded, ReplyError> {
    let limits = Limits::default();
    if let [("body", text)] = input.as_slice() {
        return decode_text(text, &limits);
    }
    let mut parts = Parts::new("");
    for (name, value) in input {
        match file(value) {
            Some(head) => drop(parts.file(name, head, &limits)?),
            None => parts.text(name, (*value).to_owned(), &limits)?,
        }
    }
    decode_parts(parts, &limits)
}

fn post(input: &Input<'_>) -> Result<Option<form::FormPost>, ReplyError> {
    let limits = Limits::default();
    let mut fields = form::Fields::new();
    for (name, value) in input {
        match file(value) {
            Some(head) => drop(fields.file(name, head, &limits)?),
            None => fields.text(name, (*value).to_owned(), &limits)?,
        }
    }
    form::decode(fields, &limits)
}

fn file(value: &str) -> Option<FileHead> {
    let (media_type, name) = value.strip_prefix("@ ")?.split_once(' ').unwrap();
    let name = (name != "-").then(|| name.to_owned());
    Some(FileHead { name, media_type: media_type.to_owned(), bytes: 3 })
}

fn decoded(result: Result<Decoded, ReplyError>) -> Vec<String> {
    match result {
        Ok(Decoded { skeleton: Skeleton { text, program }, references, is_open, .. }) => {
            assert!(!is_open, "all of it is there");
            for json in [&text, &program].into_iter().filter(|json| !json.is_empty()) {
                serde_json::from_str::<serde_json::Value>(&json.replace("\\ud800", ""))
                    .expect("is JSON");
            }
            let mut lines = vec![format!("text {text}")];
            lines.extend((!program.is_empty()).then(|| format!("program {program}")));
            lines.extend(
                (!references.is_empty()).then(|| format!("references {}", references.join(" "))),
            );
            lines
        }
        Err(error) => vec![format!("{} {error}", error.code())],
    }
}

/// Runs each block of a table; they are separated by empty lines.
fn check(table: &str, run: impl Fn(&Input<'_>) -> Vec<String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tables").join(table);
    let before = fs::read_to_string(&path).unwrap();
    let blocks = before.trim_end().split("\n\n").map(|block| {
        let input: Vec<&str> = block.lines().filter(|line| !line.starts_with("=>")).collect();
        let fields: Input<'_> = input
            .iter()
            .filter(|line| !line.starts_with("# "))
            .map(|line| {
                line.split_once(" = ").or_else(|| Some((line.strip_suffix(" =")?, ""))).expect(line)
            })
            .collect();
        let mut lines: Vec<String> = input.iter().map(|line| (*line).to_owned()).collect();
        if !fields.is_empty() {
            lines.extend(run(&fields).into_iter().map(|line| format!("=> {line}")));
        }
        lines.join("\n")
    });
    let after = blocks.collect::<Vec<_>>().join("\n\n") + "\n";
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, after).unwrap();
        return;
    }
    for (before, after) in before.trim_end().split("\n\n").zip(after.trim_end().split("\n\n")) {
        assert_eq!(before, after, "in {table}");
    }
}
