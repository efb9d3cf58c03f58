//! Twice the bytes, twice the work: for each shape that has made a decoder do more (`docs/protocol.md` §6).
//!
//! Work is what is allocated in all: that is the same on each run. Who looks at much and allocates nothing is found in
//! `threats.rs`, whose bodies are so large that it wouldn't come to an end.

mod revive;
mod support;

use support::grammar::{Content, Part};
use test_support::memory::{Counting, Used, used};
use wire::{
    FileHead, Limits, ReplyError, form,
    reply::{Decoder, Parts, decode_parts, decode_text},
};

#[global_allocator]
static COUNTING: Counting = Counting;

/// Bytes of memory for each byte of a body: those at once, and those in all. A bracket is a value of one byte, each
/// value has 36 in a table, and when that grows the old one is there too.
const MOST: Used = Used { peak_bytes: 120, total_bytes: 220 };

const WIDE: Limits = Limits {
    body_bytes: u64::MAX,
    depth: u32::MAX,
    nodes: u64::MAX,
    big_int_digits: u32::MAX,
    bound_args: u32::MAX,
    arguments: u32::MAX,
    parts: u32::MAX,
    live: u32::MAX,
    events: u32::MAX,
    files: u32::MAX,
    fields: u32::MAX,
    file_bytes: u64::MAX,
    name_bytes: 1_024,
    references: u32::MAX,
    part_bytes: u64::MAX,
    string_bytes: u64::MAX,
};

/// How it ends: each shape says it, so that none is refused for something else.
type End = Result<(), &'static str>;

const MALFORMED: End = Err("errand::reply-malformed");
const MISSING: End = Err("errand::reply-missing-part");
const DUPLICATE: End = Err("errand::reply-duplicate-part");

/// Decodes bodies of `n`, `2n` and `4n` of something, in each way there is.
#[track_caller]
fn check(n: usize, end: End, body: impl Fn(usize) -> Vec<Part>) {
    type Decode = fn(Vec<Part>) -> Result<(), ReplyError>;
    let ways: [(&str, Decode); 3] =
        [("at once", at_once), ("in pieces", in_pieces), ("as a form", as_form)];
    for (way, decode) in ways {
        check_way(way, n, end, |n| {
            let parts = body(n);
            let bytes = parts.iter().map(Part::bytes).sum();
            (bytes, used(|| decode(parts)))
        });
    }
}

/// The same for the text of a call; it can be a part as well.
#[track_caller]
fn check_text(n: usize, end: End, body: impl Fn(usize) -> String) {
    check_way("as text", n, end, |n| {
        let text = body(n);
        (text.len(), used(|| decode_text(&text, &WIDE).map(drop)))
    });
    check(n, end, |n| vec![Part::text("0", body(n))]);
}

#[track_caller]
fn check_way(
    way: &str,
    n: usize,
    end: End,
    run: impl Fn(usize) -> (usize, (Result<(), ReplyError>, Used)),
) {
    let runs = [n, 2 * n, 4 * n].map(|n| {
        let (bytes, (ended, used)) = run(n);
        assert_eq!(ended.map_err(|error| error.code()), end, "{way}, {n}");
        let most = |each| 16_384 + each * bytes as u64;
        assert!(used.peak_bytes <= most(MOST.peak_bytes), "{way}: {used:?} for {bytes} bytes");
        assert!(used.total_bytes <= most(MOST.total_bytes), "{way}: {used:?} for {bytes} bytes");
        used
    });
    for pair in runs.windows(2) {
        let [half, whole] = pair else { unreachable!() };
        let grew = |from: u64, to: u64| to as f64 / (from + 4_096) as f64;
        assert!(grew(half.total_bytes, whole.total_bytes) <= 2.2, "{way}: {runs:?}");
        assert!(grew(half.peak_bytes, whole.peak_bytes) <= 2.2, "{way}: {runs:?}");
    }
}

fn at_once(parts: Vec<Part>) -> Result<(), ReplyError> {
    let mut table = Parts::new("");
    for Part { name, content } in parts {
        match content {
            Content::Text(text) => table.text(&name, text, &WIDE)?,
            Content::File(head) => _ = table.file(&name, head, &WIDE)?,
        }
    }
    decode_parts(table, &WIDE).map(drop)
}

/// Asks after each part. The root comes first if all that it needs may come later, else where it stands.
fn in_pieces(parts: Vec<Part>) -> Result<(), ReplyError> {
    let mut decoder = Decoder::new(&WIDE);
    for Part { name, content } in parts {
        match content {
            Content::Text(text) => decoder.text(&name, text)?,
            Content::File(head) => _ = decoder.file(&name, head)?,
        }
        decoder.decode()?;
    }
    decoder.end();
    decoder.decode().map(drop)
}

/// The arguments are those that are bound to the action.
fn as_form(parts: Vec<Part>) -> Result<(), ReplyError> {
    let mut fields = form::Fields::new();
    fields.text("$ACTION_REF_", String::new(), &WIDE)?;
    let metadata = r#"{"id":"x","bound":"$@fffffff0"}"#;
    fields.text("$ACTION_:0", metadata.to_owned(), &WIDE)?;
    for Part { name, content } in parts {
        // Nothing leads to the root by a path here but the shapes that say so themselves.
        let name = if name == "0" { "4294967280".to_owned() } else { name };
        let name = format!("$ACTION_:{name}");
        match content {
            Content::Text(text) => {
                fields.text(&name, text.replace("\"$0", "\"$fffffff0"), &WIDE)?;
            }
            Content::File(head) => _ = fields.file(&name, head, &WIDE)?,
        }
    }
    assert!(form::decode(fields, &WIDE)?.is_some());
    Ok(())
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(","))
}

fn times(n: usize, item: &str) -> String {
    list((0..n).map(|_| item.to_owned()))
}

fn root(items: impl IntoIterator<Item = String>) -> Part {
    Part::text("0", list(items))
}

#[test]
fn plain_values() {
    check_text(20_000, Ok(()), |n| times(n, "1"));
    check_text(20_000, Ok(()), |n| times(n, "{\"k\":[null]}"));
    check_text(20_000, Ok(()), |n| format!("[{}1]", " ".repeat(n)));
    check_text(20_000, Ok(()), |n| format!("[\"{}\"]", "x".repeat(n)));
    check_text(20_000, Ok(()), |n| format!("[{}]", "9".repeat(n)));
}

#[test]
fn t7_digits() {
    check_text(20_000, Ok(()), |n| format!("[\"$n{}\"]", "9".repeat(n)));
    check_text(20_000, Ok(()), |n| times(n, "\"$n-12\""));
    check_text(20_000, MALFORMED, |n| format!("[\"$n{}x\"]", "9".repeat(n)));
    check_text(20_000, Ok(()), |n| times(n, "\"$D2009-02-13T23:31:30.123Z\""));
}

#[test]
fn escapes() {
    check_text(20_000, Ok(()), |n| format!("[\"$${}\"]", "\\u0041".repeat(n)));
    check_text(20_000, Ok(()), |n| times(n, "\"\\u0024$\\n\""));
    check_text(20_000, Ok(()), |n| {
        format!(
            "[{{{}}},\"$NaN\"]",
            list((0..n).map(|at| format!("\"\\u0041{at}\":1"))).trim_matches(['[', ']'])
        )
    });
}

#[test]
fn wide_objects() {
    let object = |n: usize, last: &str| {
        let fields: Vec<_> = (0..n).map(|at| format!("\"k{at}\":{{}}")).collect();
        format!("{{{},\"{last}\":1}}", fields.join(","))
    };
    check_text(20_000, Ok(()), |n| format!("[{}]", object(n, "a")));
    check_text(20_000, MALFORMED, |n| format!("[{}]", object(n, "k0")));
    check_text(20_000, MALFORMED, |n| format!("[\"$NaN\",{}]", object(n, "\\u006b0")));
    // Many objects with as many keys as are compared one by one.
    check_text(2_000, Ok(()), |n| times(n, &object(16, "a")));
}

#[test]
fn t1_what_is_dropped() {
    check_text(20_000, Ok(()), |n| format!("[{{\"__proto__\":{}}}]", times(n, "\"$Q1\"")));
    check_text(20_000, Ok(()), |n| times(n, "{\"__proto__\":{\"a\":1}}"));
}

#[test]
fn t4_promises() {
    check_text(20_000, Ok(()), |n| list((1..n).map(|part| format!("\"$@{part:x}\""))));
    check_text(20_000, Ok(()), |n| times(n, "\"$@1\""));
    let chain = |n: usize, end: &str| {
        let mut parts = vec![root(["\"$@1\"".to_owned()])];
        parts.extend((1..n).map(|at| Part::text(at.to_string(), format!("\"$@{:x}\"", at + 1))));
        parts.push(Part::text(n.to_string(), end));
        parts
    };
    check(4_000, Ok(()), |n| chain(n, "1"));
    check(4_000, MALFORMED, |n| chain(n, "\"$@1\""));
    check(4_000, MALFORMED, |n| chain(n, &format!("\"$@{:x}\"", n / 2)));
}

#[test]
fn t5_references() {
    // To one value, long or short; to each of many; in a chain; over parts.
    check_text(20_000, Ok(()), |n| format!("[{{}},{}]", times(n, "\"$0:0\"")));
    check_text(20_000, Ok(()), |n| format!("[\"{}\",{}]", "x".repeat(n), times(n, "\"$0:0\"")));
    check_text(20_000, Ok(()), |n| {
        format!("[{},{}]", times(n, "{}"), list((0..n).map(|at| format!("\"$0:0:{at}\""))))
    });
    check_text(20_000, Ok(()), |n| {
        list((1..n).map(|at| format!("\"$0:{at}\"")).chain(["{}".to_owned()]))
    });
    check_text(20_000, MALFORMED, |n| list((0..n).map(|at| format!("\"$0:{}\"", (at + 1) % n))));
    check(3_000, Ok(()), |n| {
        let mut parts: Vec<_> = (2..n)
            .rev()
            .map(|at| Part::text(at.to_string(), times(3, &format!("\"${:x}\"", at + 1))))
            .collect();
        parts.insert(0, Part::text(n.to_string(), "[1]"));
        parts.push(root(["\"$2\"".to_owned()]));
        parts
    });
    check(4_000, DUPLICATE, |n| {
        vec![Part::text("1", "[]"), root((0..n).map(|_| "\"$Q1\"".to_owned()))]
    });
}

#[test]
fn t6_a_list_that_fails() {
    check(3_000, DUPLICATE, |n| {
        let bad = format!("[{},0]", vec!["[1,2]"; n].join(","));
        vec![Part::text("1", bad), root((0..n).map(|_| "\"$Q1\"".to_owned()))]
    });
    check(3_000, MALFORMED, |n| {
        let bad = format!("[{},0]", vec!["[1,2]"; n].join(","));
        vec![Part::text("1", bad), root(["\"$Q1\"".to_owned()])]
    });
}

#[test]
fn t8_fields_and_files() {
    // Each form has one, or the first has all, and nobody any more.
    check(3_000, Ok(()), |n| {
        let mut parts: Vec<_> = (1..n).map(|at| Part::text(format!("_{at}_a"), "v")).collect();
        parts.push(root((1..n).map(|at| format!("\"$K{at:x}\""))));
        parts
    });
    check(3_000, Ok(()), |n| {
        let mut parts: Vec<_> = (1..n).map(|_| Part::text("_1_a", "v")).collect();
        parts.push(root((1..n).map(|at| format!("\"$K{at:x}\""))));
        parts
    });
    check(3_000, DUPLICATE, |n| {
        let mut parts: Vec<_> = (1..n).map(|_| Part::text("1_a", "v")).collect();
        parts.push(root((1..n).map(|_| "\"$K1\"".to_owned())));
        parts
    });
    let file = |name: String| Part { name, content: Content::File(FileHead::default()) };
    check(4_000, Ok(()), |n| {
        vec![file("1".to_owned()), root((0..n).map(|_| "\"$B1\"".to_owned()))]
    });
    check(3_000, Ok(()), |n| {
        let mut parts: Vec<_> = (1..n).map(|at| file(at.to_string())).collect();
        parts.push(root(
            (1..n).map(|at| format!("\"${}{at:x}\"", if at % 2 == 0 { 'B' } else { 'g' })),
        ));
        parts
    });
}

#[test]
fn t8_parts() {
    check(3_000, Ok(()), |n| {
        let mut parts: Vec<_> = (1..n).map(|at| Part::text(at.to_string(), "[]")).collect();
        parts.push(root((1..n).map(|at| format!("\"$W{at:x}\""))));
        parts
    });
    // Nobody refers to them; they are there too late; they are not there.
    check(3_000, Ok(()), |n| {
        let mut parts = vec![root([])];
        parts.extend((1..n).map(|at| Part::text(at.to_string(), "[")));
        parts
    });
    check(3_000, MISSING, |n| vec![root((1..n).map(|at| format!("\"$Q{at:x}\"")))]);
    check(3_000, Ok(()), |n| {
        let mut parts = vec![root((1..n).map(|at| format!("\"$W{at:x}\"")))];
        parts.extend((1..n).map(|at| Part::text(at.to_string(), "[]")));
        parts
    });
}

#[test]
fn functions() {
    check(3_000, Ok(()), |n| {
        let metadata = Part::text("1", r#"{"id":"x","bound":null}"#);
        vec![metadata, root((0..n).map(|_| "\"$h1\"".to_owned()))]
    });
    check(4_000, Ok(()), |n| {
        let mut parts: Vec<_> = (1..n)
            .flat_map(|at| {
                let metadata = format!("{{\"id\":\"x{at}\",\"bound\":\"$@{:x}\"}}", 2 * at + 1);
                [
                    Part::text((2 * at).to_string(), metadata),
                    Part::text((2 * at + 1).to_string(), "[1]"),
                ]
            })
            .collect();
        parts.push(root((1..n).map(|at| format!("\"$h{:x}\"", 2 * at))));
        parts
    });
}

#[test]
fn t12_action_keys() {
    check_way("as a form", 20_000, Ok(()), |n| {
        let mut fields = form::Fields::new();
        let mut bytes = 0;
        for token in 0..n {
            let text = if token == n - 1 { r#"{"id":"last","bound":null}"# } else { "[[[[" };
            for (name, text) in
                [(format!("$ACTION_REF_{token}"), ""), (format!("$ACTION_{token}:0"), text)]
            {
                bytes += Part::text(name.clone(), text).bytes();
                fields.text(&name, text.to_owned(), &WIDE).unwrap();
            }
        }
        (
            bytes,
            used(|| form::decode(fields, &WIDE).map(|post| assert_eq!(post.unwrap().id, "last"))),
        )
    });
}

#[test]
fn t13_depth() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        check_text(20_000, Ok(()), |n| format!("[{}\"$NaN\"{}]", open.repeat(n), close.repeat(n)));
        check_text(20_000, Ok(()), |n| format!("[{}1{}]", open.repeat(n), close.repeat(n)));
        check_text(20_000, MALFORMED, |n| format!("[\"$NaN\",{}", open.repeat(n)));
    }
    check(3_000, Ok(()), |n| {
        let mut parts: Vec<_> = (1..n)
            .rev()
            .map(|at| Part::text(at.to_string(), format!("[\"$W{:x}\"]", at + 1)))
            .collect();
        parts.insert(0, Part::text(n.to_string(), "[]"));
        parts.push(root(["\"$W1\"".to_owned()]));
        parts
    });
}

#[test]
fn t13_long_paths() {
    // As many references as the path has keys; the square of it is what the body has.
    check_text(100 * 100, Ok(()), |n| {
        let side = n.isqrt();
        let deep = format!("{}{{}}{}", "[".repeat(side), "]".repeat(side));
        format!("[{deep},{}]", times(side, &format!("\"$0:0{}\"", ":0".repeat(side))))
    });
    check_text(100 * 100, Ok(()), |n| {
        let side = n.isqrt();
        let deep = format!("{}1{}", "{\"a\":".repeat(side), "}".repeat(side));
        format!("[{deep},{}]", list((0..side).map(|at| format!("\"$0:0{}\"", ":a".repeat(at)))))
    });
    // Through a wide list and a wide object.
    check_text(20_000, Ok(()), |n| format!("[{},{}]", times(n, "{}"), times(n, "\"$0:0:7\"")));
}

#[test]
fn t13_names_of_temporary_references() {
    // Each has a name as long as the way to it: no longer than a name may be, and then the body costs
    // that much for each.
    let key = "k".repeat(15);
    check_text(2_000, Ok(()), |n| format!("[{{\"{key}\":{}}}]", times(n, "\"$T\"")));
    check_text(2_000, Err("errand::reply-too-much"), |n| {
        format!("[{{\"{}\":{}}}]", "k".repeat(n), times(n, "\"$T\""))
    });
}

#[test]
fn t14_events() {
    for name in ["S1", "1"] {
        for event in ["1", "{\"a\":[]}", "\"$0:1\"", "\"$NaN\""] {
            check(3_000, Ok(()), |n| {
                let mut parts = vec![Part::text("0", "[\"$R1\",{}]")];
                parts.extend((0..n).map(|_| Part::text(name, event)));
                parts
            });
        }
        check(3_000, MALFORMED, |n| {
            let mut parts = vec![Part::text("0", "[\"$R1\"]"), Part::text(name, "C")];
            parts.extend((0..n).map(|_| Part::text(name, "1")));
            parts
        });
    }
    // Many streams of few events, and as many that nobody has.
    check(4_000, Ok(()), |n| {
        let mut parts = vec![root((1..n).map(|at| format!("\"$X{at:x}\"")))];
        parts.extend((1..2 * n).map(|at| Part::text(format!("S{at}"), "C1")));
        parts
    });
}

#[test]
fn t15_values_of_promises() {
    check(3_000, Ok(()), |n| {
        let mut parts = vec![root((1..n).map(|at| format!("\"$@{at:x}\"")))];
        parts.extend((1..n).map(|at| Part::text(at.to_string(), format!("[\"$0:{}\"]", at - 1))));
        parts
    });
    check(3_000, Ok(()), |n| {
        let mut parts =
            vec![root((1..n).map(|at| format!("\"$@{at:x}\"")).chain([times(n, "{}")]))];
        let shared = n - 1;
        parts.extend((1..n).map(|at| {
            Part::text(at.to_string(), format!("[\"$0:{shared}:{at}\",\"$0:{shared}\"]"))
        }));
        parts
    });
}
