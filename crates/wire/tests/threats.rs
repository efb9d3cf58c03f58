//! The threat catalogue (`docs/protocol.md` §6), as far as replies and forms go; a test's name begins with the class.
//! T19 and who may be called (T20) are the host's, T22 is in `strings.rs`, and what a limit counts in `limits.rs`.
//!
//! Nothing here is timed. The inputs are so large that a decoder whose work grows with their square
//! doesn't come to an end, and what comes out is compared with what went in.

mod revive;

use revive::picture;
use wire::{
    FileHead, Limits, ReplyError, form,
    reply::{Decoded, Decoder, Parts, decode_parts, decode_text},
};

const WIDE: Limits = Limits {
    body_bytes: 1 << 30,
    depth: u32::MAX,
    nodes: u64::MAX,
    big_int_digits: 300,
    bound_args: 1_000,
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

fn decode<N: AsRef<str>>(parts: &[(N, String)]) -> Result<Decoded, ReplyError> {
    let mut table = Parts::new("");
    for (name, value) in parts {
        table.text(name.as_ref(), value.clone(), &WIDE)?;
    }
    decode_parts(table, &WIDE)
}

fn code(result: Result<Decoded, ReplyError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "none")
}

fn list(items: usize, item: &str) -> String {
    format!("[{}]", vec![item; items].join(","))
}

/// What comes out is the input, edited, and at most so many bytes of program for each of its bytes.
#[track_caller]
fn check_size(decoded: &Decoded, input_bytes: usize) {
    let bytes = decoded.skeleton.text.len() + decoded.skeleton.program.len();
    assert!(bytes <= 6 * input_bytes, "{bytes} of {input_bytes}");
}

#[test]
fn t1_no_path_leads_through_what_is_inherited() {
    let inherited = [
        "__proto__",
        "constructor",
        "prototype",
        "then",
        "toString",
        "valueOf",
        "hasOwnProperty",
        "length",
        "push",
        "map",
        "at",
        "get",
        "set",
        "size",
        "has",
        "name",
        "call",
        "bind",
        "apply",
        "$$id",
        "$$bound",
        "status",
        "0",
        "",
    ];
    let parts = |path: &str| {
        let root = format!(
            "[{{}},[],\"abc\",7,\"$Q1\",\"$W2\",\"$D2009-02-13T23:31:30.123Z\",\"$K3\",\"$h4\",null,true,\"$n1\",\"$B5\",\"{path}\"]",
        );
        let mut parts = Parts::new("");
        parts.text("0", root, &WIDE).unwrap();
        parts.text("1", "[]".to_owned(), &WIDE).unwrap();
        parts.text("2", "[]".to_owned(), &WIDE).unwrap();
        parts.text("_3_a", "b".to_owned(), &WIDE).unwrap();
        parts.text("4", "{\"id\":\"f\",\"bound\":null}".to_owned(), &WIDE).unwrap();
        parts.file("5", FileHead::default(), &WIDE).unwrap();
        decode_parts(parts, &WIDE)
    };
    for holder in 0..13 {
        assert_eq!(code(parts(&format!("$0:{holder}"))), "none");
        for key in inherited {
            assert_eq!(
                code(parts(&format!("$0:{holder}:{key}"))),
                "errand::reply-malformed",
                "{holder} {key}"
            );
        }
    }
}

#[test]
fn t2_what_looks_like_react_s_insides_is_data() {
    let forged = r#"[{"status":"resolved_model","reason":-1,"value":"{}","then":{"then":1},"_response":{"_prefix":"x","_formData":{"get":1},"_chunks":{}},"$$typeof":"a","$$consumed":true,"$$promise":1,"_bundlerConfig":null}]"#;
    let decoded = decode_text(forged, &WIDE).unwrap();
    assert_eq!((decoded.skeleton.text.as_str(), decoded.skeleton.program.as_str()), (forged, ""));
    let function = "{\"id\":\"f\",\"bound\":null}".to_owned();
    for then in ["\"$h1\"", "\"$0:0\""] {
        let root = format!("[\"$h1\",{{\"then\":{then}}},{{\"\\u0074hen\":{then}}}]");
        let decoded = decode(&[("1", function.clone()), ("0", root)]).unwrap();
        assert_eq!(
            picture(&decoded.skeleton),
            "[function \"f\"(),{\"then\":null,},{\"then\":null,},]"
        );
    }
    let sealed = decode(&[
        ("1", "{\"id\":\"f\",\"bound\":null,\"$$promise\":{}}".to_owned()),
        ("0", "[\"$h1\"]".to_owned()),
    ]);
    assert_eq!(code(sealed), "errand::reply-malformed");
}

#[test]
fn t5_references_share_and_never_copy() {
    // Ten times the part before, eight levels: a hundred million values as a tree.
    let mut parts: Vec<(String, String)> =
        (1..9).map(|part| (part.to_string(), list(10, &format!("\"${:x}\"", part + 1)))).collect();
    parts.push(("9".to_owned(), list(10, "1")));
    parts.push(("0".to_owned(), "[\"$1\"]".to_owned()));
    let bytes = parts.iter().map(|(_, text)| text.len()).sum();
    check_size(&decode(&parts).unwrap(), bytes);

    // One long text in many places.
    let body = format!("[\"{}\",{}]", "x".repeat(100_000), vec!["\"$0:0\""; 100_000].join(","));
    check_size(&decode_text(&body, &WIDE).unwrap(), body.len());

    // One list for many Maps.
    let parts = [("1", list(1_000, "[1,2]")), ("0", list(1_000, "\"$Q1\""))];
    assert_eq!(code(decode(&parts)), "errand::reply-duplicate-part");
}

#[test]
fn t6_a_list_that_fails_fails_once() {
    let bad = format!("[{},0]", vec!["[1,2]"; 50_000].join(","));
    assert_eq!(
        code(decode(&[("1", bad.clone()), ("0", list(50_000, "\"$Q1\""))])),
        "errand::reply-duplicate-part"
    );
    assert_eq!(
        code(decode(&[("1", bad), ("0", "[\"$Q1\"]".to_owned())])),
        "errand::reply-malformed"
    );
}

#[test]
fn t7_numbers_are_decimal_and_lengths_come_from_what_is_there() {
    for bad in ["$n0x10", "$n0b1", "$n0o7", "$n", "$n ", "$n1 ", "$n1e400", "$n--1"] {
        assert_eq!(
            code(decode_text(&format!("[\"{bad}\"]"), &WIDE)),
            "errand::reply-malformed",
            "{bad}"
        );
    }
    assert_eq!(
        code(decode_text(&format!("[\"$n{}\"]", "9".repeat(1_000_000)), &WIDE)),
        "errand::reply-too-much"
    );
    let metadata = "{\"id\":\"f\",\"bound\":\"$@2\"}".to_owned();
    let with = |bound: &str| {
        [("0", "[\"$h1\"]".to_owned()), ("1", metadata.clone()), ("2", bound.to_owned())]
    };
    assert_eq!(code(decode(&with("{\"length\":1000000000}"))), "errand::reply-malformed");
    assert_eq!(code(decode(&with("\"$2\""))), "errand::reply-malformed");
    assert_eq!(code(decode(&with(&list(1_001, "1")))), "errand::reply-too-much");
}

#[test]
fn t8_fields_and_files_are_found_without_a_search() {
    // Twenty thousand fields, and as many forms that aren't there.
    let mut parts: Vec<(String, String)> =
        (0..20_000).map(|at| (format!("_{}_a", 1 + at % 7), at.to_string())).collect();
    let forms: Vec<String> = (1..20_000).map(|part| format!("\"$K{part:x}\"")).collect();
    parts.push(("0".to_owned(), format!("[{}]", forms.join(","))));
    let bytes = parts.iter().map(|(name, text)| name.len() + text.len()).sum();
    check_size(&decode(&parts).unwrap(), bytes);

    parts.pop();
    parts.push(("0".to_owned(), list(2_000, "\"$K1\"")));
    assert_eq!(code(decode(&parts)), "errand::reply-duplicate-part");

    let mut table = Parts::new("");
    table.file("1", FileHead::default(), &WIDE).unwrap();
    let root = list(100_000, "\"$B1\"");
    table.text("0", root.clone(), &WIDE).unwrap();
    let decoded = decode_parts(table, &WIDE).unwrap();
    check_size(&decoded, root.len());
    assert_eq!(decoded.skeleton.program.matches("\"B\"").count(), 1);
}

#[test]
fn t9_a_part_is_for_one_thing() {
    let claims = ["\"$Q1\"", "\"$W1\"", "\"$h1\"", "\"$K1\"", "\"$B1\""];
    for first in claims {
        for second in claims {
            let parts = [("1", "[]".to_owned()), ("0", format!("[{first},{second}]"))];
            assert!(decode(&parts).is_err(), "{first} {second}");
        }
    }
}

#[test]
fn t12_of_many_action_keys_one_is_decoded() {
    let mut fields = form::Fields::new();
    for token in 0..20_000 {
        fields.text(&format!("$ACTION_REF_{token}"), String::new(), &WIDE).unwrap();
        let text = if token == 19_999 { "{\"id\":\"last\",\"bound\":null}" } else { "[[[[" };
        fields.text(&format!("$ACTION_{token}:0"), text.to_owned(), &WIDE).unwrap();
    }
    assert_eq!(form::decode(fields, &WIDE).unwrap().unwrap().id, "last");
}

#[test]
fn t13_depth_costs_no_stack() {
    const LEVELS: usize = 300_000;
    let arrays = format!("[{}\"$NaN\"{}]", "[".repeat(LEVELS), "]".repeat(LEVELS));
    check_size(&decode_text(&arrays, &WIDE).unwrap(), arrays.len() * 2);
    let objects = format!("[{}\"$0:0:a\"{}]", "{\"a\":".repeat(LEVELS), "}".repeat(LEVELS));
    check_size(&decode_text(&objects, &WIDE).unwrap(), objects.len());
    // Half a text isn't walked back.
    assert_eq!(code(decode_text(&"[".repeat(LEVELS), &WIDE)), "errand::reply-malformed");

    let sets: Vec<(String, String)> =
        (0..LEVELS).map(|part| (part.to_string(), format!("[\"$W{:x}\"]", part + 1))).collect();
    assert_eq!(code(decode(&sets)), "errand::reply-missing-part");
    let chain: Vec<String> = (0..LEVELS).map(|at| format!("\"$0:{}\"", at + 1)).collect();
    assert_eq!(code(decode_text(&format!("[{},{{}}]", chain.join(",")), &WIDE)), "none");
    let cycle = format!("[{},\"$0:0\"]", chain[..LEVELS - 1].join(","));
    assert_eq!(code(decode_text(&cycle, &WIDE)), "errand::reply-malformed");
    let functions: Vec<(String, String)> = (0..LEVELS / 2)
        .flat_map(|at| {
            let (part, bound) = (2 * at + 1, 2 * at + 2);
            let metadata = format!("{{\"id\":\"f\",\"bound\":\"$@{bound:x}\"}}");
            [(part.to_string(), metadata), (bound.to_string(), format!("[\"$h{:x}\"]", bound + 1))]
        })
        .chain([("0".to_owned(), "[\"$h1\"]".to_owned())])
        .collect();
    assert_eq!(code(decode(&functions)), "errand::reply-missing-part");
}

#[test]
fn t13_paths_cost_what_they_are_long() {
    // Each item refers to the one in the middle of a long list, or of a wide object.
    let body = format!("[{},{}]", list(100_000, "{}"), vec!["\"$0:0:50000\""; 100_000].join(","));
    check_size(&decode_text(&body, &WIDE).unwrap(), body.len());
    let fields: Vec<String> = (0..100_000).map(|at| format!("\"k{at}\":{{}}")).collect();
    let body = format!("[{{{}}},{}]", fields.join(","), vec!["\"$0:0:k50000\""; 100_000].join(","));
    check_size(&decode_text(&body, &WIDE).unwrap(), body.len());
    // Each item is shared.
    let shared: Vec<String> = (0..100_000).map(|at| format!("\"$0:0:{at}\"")).collect();
    let body = format!("[{},{}]", list(100_000, "{}"), shared.join(","));
    check_size(&decode_text(&body, &WIDE).unwrap(), body.len());
    // A wide object, whose keys are all different and then one isn't.
    let body = format!("[{{{},\"k7\":1}}]", fields.join(","));
    assert_eq!(code(decode_text(&body, &WIDE)), "errand::reply-malformed");
    // Shared values in shared values.
    let depth = 1_000;
    let paths: Vec<String> =
        (0..depth).map(|level| format!("\"$0:0{}\"", ":a".repeat(level))).collect();
    let body = format!("[{}1{},{}]", "{\"a\":".repeat(depth), "}".repeat(depth), paths.join(","));
    check_size(&decode_text(&body, &WIDE).unwrap(), body.len());
}

#[test]
fn t17_one_value_has_one_spelling() {
    for bad in [
        "\u{feff}[]",
        "[]\0",
        "[1,]",
        "[01]",
        "['a']",
        "[\"\u{1}\"]",
        "// c\n[]",
        "[1] [2]",
        "[NaN]",
    ] {
        assert_eq!(code(decode_text(bad, &WIDE)), "errand::reply-malformed", "{bad:?}");
    }
    for name in [
        " 1",
        "1 ",
        "0x1",
        "1e0",
        "01",
        "+1",
        "",
        "01_a",
        "_01_a",
        "_1",
        "\u{661}",
        "NaN",
        "undefined",
    ] {
        let name = Parts::new("").text(name, String::new(), &WIDE);
        assert_eq!(name, Err(ReplyError::PartName));
    }
}

#[test]
fn t21_errors_repeat_nothing_that_was_sent() {
    let marker = "zzmarkerzz";
    let inputs = [
        format!("[\"{marker}"),
        format!("[\"$Q{marker}\"]"),
        format!("[\"${marker}\"]"),
        format!("[\"$0:{marker}\"]"),
        format!("[{{\"{marker}\":1,\"{marker}\":2}}]"),
        marker.to_owned(),
    ];
    for input in inputs {
        let error = decode_text(&input, &WIDE).unwrap_err();
        assert!(!error.to_string().contains(marker) && error.to_string().len() < 200, "{error}");
    }
    let error = Parts::new("").text(marker, marker.to_owned(), &WIDE).unwrap_err();
    assert!(!error.to_string().contains(marker));
}

#[test]
fn t4_promises_that_wait_for_each_other_are_refused_however_many() {
    let chain = |last: &str| {
        let mut parts: Vec<(String, String)> =
            (1..50_000).map(|part| (part.to_string(), format!("\"$@{:x}\"", part + 1))).collect();
        parts.push(("50000".to_owned(), last.to_owned()));
        parts.push(("0".to_owned(), "[\"$@1\"]".to_owned()));
        parts
    };
    assert_eq!(code(decode(&chain("1"))), "none");
    assert_eq!(code(decode(&chain("\"$@1\""))), "errand::reply-malformed");
    assert_eq!(code(decode(&chain("\"$@6000\""))), "errand::reply-malformed");
    assert_eq!(code(decode(&chain("\"$@c350\""))), "errand::reply-malformed");
    // Out of the chain, into a promise without a value.
    assert_eq!(code(decode(&chain("\"$@fffff\""))), "none");
}

#[test]
fn t11_a_number_is_one_thing_whatever_comes_when() {
    let feed = |parts: &[(&str, &str)]| {
        let mut decoder = Decoder::new(&WIDE);
        for (name, text) in parts {
            decoder.text(name, (*text).to_owned())?;
            decoder.decode()?;
        }
        decoder.end();
        decoder.decode()
    };
    for late in [
        &[("1", "1"), ("S1", "1")][..], // an event in two spellings
        &[("1", "C"), ("1", "1")],      // an older event behind the end
        &[("_1_a", "1")],               // a form for a stream
        &[("S2", "1")],                 // an event for a promise
        &[("S2", "C")],                 // an end for a promise
        &[("2", "1"), ("2", "1")],      // a value twice
        &[("2", "1"), ("S2", "C")],     // an event for what was a promise
        &[("S1", "C"), ("S1", "C")],
        &[("S1", "C"), ("S1", "1")],
        &[("S1", "\"$1\"")],  // a path into a stream
        &[("S1", "\"$@1\"")], // a promise of a stream
        &[("S1", "\"$Q2\"")], // a Map of a promise's value
        &[("S1", "\"$R1\"")],
        &[("S1", "\"$K3\"")], // a form that has been read
        &[("_3_a", "1")],
        &[("3", "1")],
        &[("0", "[]")],
        &[("S0", "1")],
    ] {
        let mut parts = vec![("0", "[\"$R1\",\"$@2\",\"$K3\"]")];
        parts.extend(late);
        let error = feed(&parts).unwrap_err();
        assert!(error.code().starts_with("errand::reply-"), "{late:?}");
    }
}

#[test]
fn t15_what_arrives_bit_by_bit_costs_what_its_bytes_do() {
    let mut decoder = Decoder::new(&WIDE);
    let count = 50_000_usize;
    let promises: Vec<String> = (1..count).map(|part| format!("\"$@{part:x}\"")).collect();
    let missing: Vec<String> = (1..count).map(|at| format!("\"$Q{:x}\"", at + 2 * count)).collect();
    let wide = format!("[{{\"$\":[{}]}},\"$Rfffff\",{}]", list(count, "[]"), promises.join(","));
    let mut bytes = wide.len();
    let mut said = 0;
    decoder.text("0", wide).unwrap();
    said += decoder.decode().unwrap().unwrap().skeleton.text.len();
    for part in 1..count {
        // Half of them refer to an object of their own, all to one.
        let text = format!("[\"$0:0:$:0:{}\",\"$0:0\"]", part / 2);
        let event = format!("[\"$0:0:$:0:{part}\"]");
        bytes += text.len() + event.len();
        decoder.text(&part.to_string(), text).unwrap();
        let piece = decoder.decode().unwrap().unwrap();
        decoder.text("S1048575", event).unwrap();
        let item = decoder.decode().unwrap().unwrap();
        for Decoded { skeleton, is_open, .. } in [piece, item] {
            assert!(is_open);
            said += skeleton.text.len() + skeleton.program.len();
        }
    }
    assert!(said <= 6 * bytes, "{said} of {bytes}");

    // A list of what isn't there, asked for again and again.
    let mut decoder = Decoder::new(&WIDE);
    decoder.text("0", format!("[{}]", missing.join(","))).unwrap();
    for part in 1..count {
        decoder.text(&part.to_string(), "[]".to_owned()).unwrap();
        assert_eq!(decoder.decode().unwrap(), None);
    }
    decoder.end();
    assert_eq!(decoder.decode().unwrap_err().code(), "errand::reply-missing-part");
    assert_eq!(decoder.decode().unwrap_err().code(), "errand::reply-missing-part", "and stays so");
}

#[test]
fn t16_an_event_is_one_value() {
    for event in ["1,\"done\":true", "1}", "", " ", "[", "1 C", "c"] {
        let parts = [("0", "[\"$X1\"]".to_owned()), ("S1", event.to_owned())];
        assert_eq!(code(decode(&parts)), "errand::reply-malformed", "{event:?}");
    }
}

#[test]
fn t3_a_function_is_its_id_and_nothing_else() {
    let metadata = "{\"id\":\"f\",\"bound\":null}".to_owned();
    let parts = [("1", metadata), ("0", "[\"$h1\",{\"f\":\"$0:0\"}]".to_owned())];
    let decoded = decode(&parts).unwrap();
    assert_eq!(decoded.skeleton.program, r#"["h","f",null,"=",0,0,">",1,"=","f",0]"#);
    // Nothing of it lies on a path.
    for path in ["$0:0:id", "$0:0:bound", "$0:0:name", "$0:0:toString", "$1:id:length"] {
        let parts = [parts[0].clone(), ("0", format!("[\"$h1\",\"{path}\"]"))];
        assert!(decode(&parts).is_err(), "{path}");
    }
}

#[test]
fn t10_binary_data_is_files_and_files_are_binary_data() {
    let with = |tag: &str, bytes: Option<u64>| {
        let mut parts = Parts::new("");
        match bytes {
            Some(bytes) => {
                parts.file("1", FileHead { bytes, ..FileHead::default() }, &WIDE).unwrap();
            }
            None => parts.text("1", "[[1,2]]".to_owned(), &WIDE).unwrap(),
        }
        parts.text("0", format!("[\"${tag}1\"]"), &WIDE).unwrap();
        code(decode_parts(parts, &WIDE))
    };
    for (letters, size) in [("BAOoUV", 1), ("Ss", 2), ("LlG", 4), ("gMm", 8)] {
        for tag in letters.chars().map(String::from) {
            assert_eq!(with(&tag, Some(3 * size)), "none", "{tag}");
            assert_eq!(with(&tag, Some(0)), "none", "{tag}");
            let uneven = if size == 1 { "none" } else { "errand::reply-malformed" };
            assert_eq!(with(&tag, Some(3 * size - 1)), uneven, "{tag}");
            assert_eq!(with(&tag, None), "errand::reply-missing-part", "text for {tag}");
            let absent = decode_text(&format!("[\"${tag}1\"]"), &WIDE);
            assert_eq!(code(absent), "errand::reply-missing-part", "nothing for {tag}");
        }
    }
    for tag in ["Q", "W", "i", "h", "", "@", "R", "r", "X", "x", "K"] {
        assert_eq!(with(tag, Some(8)), "errand::reply-missing-part", "a file for {tag}");
    }
}

#[test]
fn t14_what_never_ends_fails_with_the_body() {
    for tag in ["@", "R", "r", "X", "x"] {
        let decoded = decode_text(&format!("[\"${tag}1\"]"), &WIDE).unwrap();
        assert_eq!(picture(&decoded.skeleton), format!("[{tag}(fails),]"));
        let mut decoder = Decoder::new(&WIDE);
        decoder.text("0", format!("[\"${tag}1\"]")).unwrap();
        assert!(decoder.decode().unwrap().unwrap().is_open);
        assert_eq!(decoder.decode(), Ok(None), "nothing new");
        decoder.end();
        assert_eq!(decoder.decode(), Ok(None), "and nothing more");
    }
}

#[test]
fn t18_what_a_form_says_of_itself_is_data() {
    let post = |metadata: &str, bound: &str| {
        let mut fields = form::Fields::new();
        for (name, text) in [
            ("$ACTION_REF_1", ""),
            ("$ACTION_1:0", metadata),
            ("$ACTION_1:1", bound),
            ("$ACTION_KEY", "k../../__proto__"),
            ("a", "b"),
        ] {
            fields.text(name, text.to_owned(), &WIDE).unwrap();
        }
        form::decode(fields, &WIDE).map(Option::unwrap)
    };
    let tampered =
        post("{\"id\":\"f\",\"bound\":\"$@1\"}", "[{\"admin\":true,\"then\":1}]").unwrap();
    assert_eq!(
        picture(&tampered.arguments.skeleton),
        "[{\"admin\":true,\"then\":1,},FormData([[\"a\",\"b\",],]),]"
    );
    assert_eq!(tampered.state.unwrap().key, "k../../__proto__");
    for bound in ["{}", "\"x\"", "null", "{\"length\":1,\"0\":1}", "\"$1\"", "\"$0\"", "\"$@1\""] {
        assert!(post("{\"id\":\"f\",\"bound\":\"$@1\"}", bound).is_err(), "{bound}");
    }
    for metadata in [
        "null",
        "[]",
        "{\"id\":1,\"bound\":null}",
        "{\"id\":\"f\",\"bound\":[1]}",
        "{\"id\":\"f\"}",
    ] {
        assert!(post(metadata, "[]").is_err(), "{metadata}");
    }
}

#[test]
fn t20_ids_are_text_that_is_looked_up_and_nothing_else() {
    for id in [
        "../../etc/passwd",
        "/etc/passwd",
        "toString",
        "__proto__",
        "constructor",
        "a\\u0000b",
        "fs#readFile",
        "",
        "file:///a",
    ] {
        let parts =
            [("1", format!("{{\"id\":\"{id}\",\"bound\":null}}")), ("0", "[\"$h1\"]".to_owned())];
        let decoded = decode(&parts).unwrap();
        assert_eq!(decoded.references, [id.replace("\\u0000", "\0")]);
        assert_eq!(decoded.skeleton.text, "[[\"$h1\"]]");
    }
}

/// Libraries have built objects from the names of fields, and a field reached their prototype.
#[test]
fn t1_the_name_of_a_field_is_no_path() {
    let names = ["__proto__", "a.__proto__.b", "constructor[prototype][x]", "then", "length", ""];
    let mut fields = form::Fields::new();
    fields.text("$ACTION_ID_f", String::new(), &WIDE).unwrap();
    for name in names {
        fields.text(name, "v".to_owned(), &WIDE).unwrap();
    }
    let post = form::decode(fields, &WIDE).unwrap().unwrap();
    let entries = names.map(|name| format!("[\"{name}\",\"v\",],")).concat();
    assert_eq!(picture(&post.arguments.skeleton), format!("[FormData([{entries}]),]"));
}

/// Libraries have allocated what a length promised.
#[test]
fn t7_a_length_that_is_said_allocates_nothing() {
    let mut parts = Parts::new("");
    parts.file("1", FileHead { bytes: u64::MAX, ..FileHead::default() }, &WIDE).unwrap();
    parts.text("0", "[\"$B1\",\"$0:0\"]".to_owned(), &WIDE).unwrap();
    assert_eq!(code(decode_parts(parts, &WIDE)), "none");
    assert_eq!(code(decode_text("[{\"length\":4294967296,\"0\":1}]", &WIDE)), "none");
}
