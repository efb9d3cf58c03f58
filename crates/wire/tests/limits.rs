//! Each limit, at it and one past it.

use wire::{
    FileHead, Limits, ReplyError, form,
    reply::{Decoded, Parts, decode_parts, decode_text},
};

fn decode(parts: &[(&str, String)], limits: &Limits) -> Result<Decoded, ReplyError> {
    let mut table = Parts::new("");
    for (name, value) in parts {
        table.text(name, value.clone(), limits)?;
    }
    decode_parts(table, limits)
}

/// `limit` is too little by one for what `limit + 1` is enough for.
#[track_caller]
fn check<T: std::fmt::Debug>(what: &str, limit: u64, run: impl Fn(u64) -> Result<T, ReplyError>) {
    assert!(run(limit + 1).is_ok(), "{:?}", run(limit + 1));
    match run(limit) {
        Err(error @ ReplyError::TooMuch { what: found_what, found, limit: found_limit }) => {
            assert_eq!((found_what, found, found_limit), (what, limit + 1, limit));
            assert_eq!(error.code(), "errand::reply-too-much");
        }
        other => panic!("{other:?}"),
    }
}

fn list(items: usize, item: &str) -> String {
    format!("[{}]", vec![item; items].join(","))
}

fn small(limit: u64) -> u32 {
    u32::try_from(limit).unwrap()
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let expected = Limits {
        body_bytes: 1_048_576,
        depth: 64,
        nodes: 1_000_000,
        big_int_digits: 300,
        bound_args: 1_000,
        arguments: 1_000,
        parts: 1_000,
        live: 1_000,
        events: 10_000,
        files: 20,
        fields: 1_000,
        file_bytes: 52_428_800,
        name_bytes: 1_024,
        references: 100_000,
        part_bytes: u64::MAX,
        string_bytes: u64::MAX,
    };
    assert_eq!(Limits::default(), expected);
}

#[test]
fn body_bytes() {
    let with = |limit| Limits { body_bytes: limit, ..Limits::default() };
    check("body_bytes", 9, |limit| decode_text("[\"123456\"]", &with(limit)));
    // Names count as well.
    let parts = [("0", "[\"$K1\"]".to_owned()), ("_1_ab", "123".to_owned())];
    check("body_bytes", 15, |limit| decode(&parts, &with(limit)));
    check("body_bytes", 14, |limit| {
        let mut fields = form::Fields::new();
        fields.text("$ACTION_ID_x", String::new(), &with(limit))?;
        fields.text("a", "bc".to_owned(), &with(limit))
    });
}

#[test]
fn depth_counts_levels() {
    let with = |limit| Limits { depth: small(limit), ..Limits::default() };
    for opening in ["[", "{\"a\":"] {
        let closing = if opening == "[" { "]" } else { "}" };
        let deep = format!("[{}1{}]", opening.repeat(63), closing.repeat(63));
        check("depth", 63, |limit| decode_text(&deep, &with(limit)));
        // The way with tags is another.
        let tagged = deep.replace('1', "\"$NaN\"");
        check("depth", 63, |limit| decode_text(&tagged, &with(limit)));
    }
}

#[test]
fn a_part_is_one_level_below_where_it_is_referred_to() {
    let with = |limit| Limits { depth: small(limit), ..Limits::default() };
    let map = [("0", "[{\"a\":\"$Q1\"}]".to_owned()), ("1", "[[1,[2]]]".to_owned())];
    check("depth", 4, |limit| decode(&map, &with(limit)));
    let function = [
        ("0", "[\"$h1\"]".to_owned()),
        ("1", "{\"id\":\"x\",\"bound\":\"$@2\"}".to_owned()),
        ("2", "[[1]]".to_owned()),
    ];
    check("depth", 2, |limit| decode(&function, &with(limit)));
    let nested: Vec<(String, String)> =
        (0..50).map(|part| (part.to_string(), format!("[\"$W{:x}\"]", part + 1))).collect();
    let mut nested: Vec<(&str, String)> =
        nested.iter().map(|(name, text)| (name.as_str(), text.clone())).collect();
    nested.push(("50", "[]".to_owned()));
    check("depth", 50, |limit| decode(&nested, &with(limit)));
}

#[test]
fn nodes_are_counted_over_all_parts_and_forms() {
    let with = |limit| Limits { nodes: limit, ..Limits::default() };
    // The list, three values in it, the object's one.
    check("nodes", 4, |limit| decode_text("[1,\"a\",{\"k\":true}]", &with(limit)));
    check("nodes", 4, |limit| decode_text("[1,\"$$a\",{\"k\":true}]", &with(limit)));
    let parts = [
        ("0", "[\"$W1\",\"$K2\"]".to_owned()),
        ("1", "[1,2]".to_owned()),
        ("_2_a", String::new()),
        ("_2_b", String::new()),
    ];
    check("nodes", 7, |limit| decode(&parts, &with(limit)));
    check("nodes", 2, |limit| {
        let mut fields = form::Fields::new();
        fields.text("$ACTION_ID_x", String::new(), &with(limit))?;
        fields.text("a", String::new(), &with(limit))?;
        fields.text("b", String::new(), &with(limit))?;
        form::decode(fields, &with(limit))
    });
}

#[test]
fn big_int_digits_with_the_sign() {
    let with = |limit| Limits { big_int_digits: small(limit), ..Limits::default() };
    for digits in ["9".repeat(300), format!("-{}", "9".repeat(299))] {
        check("big_int_digits", 299, |limit| {
            decode_text(&format!("[\"$n{digits}\"]"), &with(limit))
        });
    }
}

#[test]
fn bound_args() {
    let with = |limit| Limits { bound_args: small(limit), ..Limits::default() };
    let metadata = "{\"id\":\"x\",\"bound\":\"$@2\"}".to_owned();
    let parts = [("0", "[\"$h1\"]".to_owned()), ("1", metadata.clone()), ("2", list(1_000, "1"))];
    check("bound_args", 999, |limit| decode(&parts, &with(limit)));
    check("bound_args", 999, |limit| {
        let mut fields = form::Fields::new();
        fields.text("$ACTION_REF_1", String::new(), &with(limit))?;
        fields.text("$ACTION_1:0", metadata.clone(), &with(limit))?;
        fields.text("$ACTION_1:2", list(1_000, "1"), &with(limit))?;
        form::decode(fields, &with(limit))
    });
}

#[test]
fn arguments() {
    let with = |limit| Limits { arguments: small(limit), ..Limits::default() };
    for item in ["1", "\"$NaN\"", "[1,2]"] {
        check("arguments", 999, |limit| decode_text(&list(1_000, item), &with(limit)));
    }
}

#[test]
fn parts_and_fields_are_counted_apart() {
    let parts = [
        ("0", "[]".to_owned()),
        ("1", "[]".to_owned()),
        ("_2_a", String::new()),
        ("_3_a", String::new()),
        ("_3_a", String::new()),
    ];
    let limits = Limits::default();
    check("parts", 1, |limit| decode(&parts, &Limits { parts: small(limit), ..limits }));
    check("fields", 2, |limit| decode(&parts, &Limits { fields: small(limit), ..limits }));
    check("fields", 1, |limit| {
        let mut fields = form::Fields::new();
        fields.text("a", String::new(), &Limits { fields: small(limit), ..limits })?;
        fields.text("a", String::new(), &Limits { fields: small(limit), ..limits })
    });
}

#[test]
fn binary_data_and_promises_are_parts_and_blobs_are_files() {
    let limits = Limits::default();
    check("parts", 2, |limit| {
        let limits = Limits { parts: small(limit), ..limits };
        let mut parts = Parts::new("");
        parts.text("0", "[\"$o1\",\"$@2\"]".to_owned(), &limits)?;
        parts.file("1", FileHead::default(), &limits)?;
        parts.text("2", "1".to_owned(), &limits)?;
        decode_parts(parts, &limits)
    });
    // A Blob counts once, wherever it stands; thirty arrays are no files.
    check("files", 1, |limit| {
        let limits = Limits { files: small(limit), ..limits };
        let mut parts = Parts::new("");
        let mut tags = vec!["\"$B1\"".to_owned(), "\"$B1\"".to_owned(), "\"$B2\"".to_owned()];
        tags.extend((3..33).map(|part| format!("\"$A{part:x}\"")));
        for part in 1..33 {
            parts.file(&part.to_string(), FileHead::default(), &limits)?;
        }
        parts.text("0", format!("[{}]", tags.join(",")), &limits)?;
        decode_parts(parts, &limits)
    });
}

/// A file may lie on a disk; who reads views has them in memory.
#[test]
fn views_count_as_text_does() {
    let decode = |limit| {
        let limits = Limits { body_bytes: limit, ..Limits::default() };
        let mut parts = Parts::new("");
        for part in ["1", "2", "3"] {
            let bytes = if part == "3" { 1 << 20 } else { 1_000 };
            parts.file(part, FileHead { bytes, ..FileHead::default() }, &limits)?;
        }
        parts.text("0", "[\"$o1\",\"$A2\",\"$B3\",\"$0:0\"]".to_owned(), &limits)?;
        decode_parts(parts, &limits)
    };
    // The root and its name.
    let text = "0[\"$o1\",\"$A2\",\"$B3\",\"$0:0\"]".len() as u64;
    check("body_bytes", text + 2_000 - 1, decode);
}

#[test]
fn live_counts_each_promise_and_stream_once() {
    let with = |limit| Limits { live: small(limit), ..Limits::default() };
    let tags = "[\"$@1\",\"$@1\",\"$R2\",\"$r3\",\"$X4\",\"$x5\",\"$@6\"]";
    check("live", 5, |limit| decode_text(tags, &with(limit)));
    // Those that a value brings later count as well.
    let nested = [("0", "[\"$@1\"]".to_owned()), ("1", "[\"$@2\",\"$R3\"]".to_owned())];
    check("live", 2, |limit| decode(&nested, &with(limit)));
}

#[test]
fn events_of_one_stream() {
    let with = |limit| Limits { events: small(limit), ..Limits::default() };
    let mut parts = vec![("0", "[\"$R1\",\"$X2\"]".to_owned())];
    parts.extend((0..8).map(|at| (["S1", "S2"][at % 2], at.to_string())));
    check("events", 3, |limit| decode(&parts, &with(limit)));
    // The end is one more.
    parts.push(("S1", "C".to_owned()));
    check("events", 4, |limit| decode(&parts, &with(limit)));
}

#[test]
fn what_comes_later_is_counted_with_the_rest() {
    let with = |limit| Limits { nodes: limit, ..Limits::default() };
    let parts = [
        ("0", "[\"$@1\",\"$R2\"]".to_owned()),
        ("1", "[1,2]".to_owned()),
        ("S2", "[3]".to_owned()),
        ("S2", "C{\"a\":4}".to_owned()),
    ];
    check("nodes", 9, |limit| decode(&parts, &with(limit)));
    let with = |limit| Limits { depth: small(limit), ..Limits::default() };
    let deep =
        [("0", "[[\"$R1\"]]".to_owned()), ("S1", "[[\"$@2\"]]".to_owned()), ("2", "[]".to_owned())];
    check("depth", 4, |limit| decode(&deep, &with(limit)));
}

#[test]
fn the_names_of_temporary_references_are_bytes_as_well() {
    let key = "k".repeat(100);
    let body = format!("[{{\"{key}\":[{}]}}]", vec!["\"$T\""; 50].join(","));
    // Each has a name of `0:0:` and 102 or 103 more: 10 of them with one digit, 40 with two.
    let bytes = 50 * 104 + 10 * 2 + 40 * 3;
    check("body_bytes", bytes - 1, |limit| {
        decode_text(&body, &Limits { body_bytes: limit, ..Limits::default() })
    });
}

#[test]
fn the_name_of_one_temporary_reference() {
    let with = |limit| Limits { name_bytes: small(limit), ..Limits::default() };
    // `0:0:kkk` but for the part.
    check("name_bytes", 5, |limit| decode_text("[{\"kkk\":\"$T\"}]", &with(limit)));
}

#[test]
fn references_over_all_parts() {
    let with = |limit| Limits { references: small(limit), ..Limits::default() };
    let parts =
        [("0", "[{},\"$0:0\",\"$W1\",\"$n1\"]".to_owned()), ("1", "[\"$0:0\",\"$2\"]".to_owned())];
    let with_third = [parts[0].clone(), parts[1].clone(), ("2", "[1]".to_owned())];
    check("references", 2, |limit| decode(&with_third, &with(limit)));
}

#[test]
fn part_bytes() {
    let with = |limit| Limits { part_bytes: limit, ..Limits::default() };
    check("part_bytes", 9, |limit| decode_text("[\"123456\"]", &with(limit)));
    for (name, text) in [("1", "[12345678]"), ("S1", "[12345678]"), ("_1_a", "0123456789")] {
        check("part_bytes", 9, |limit| Parts::new("").text(name, text.to_owned(), &with(limit)));
    }
    check("part_bytes", 9, |limit| {
        form::Fields::new().text("a", "0123456789".to_owned(), &with(limit))
    });
}

#[test]
fn string_bytes() {
    let with = |limit| Limits { string_bytes: limit, ..Limits::default() };
    // Plain or with tags; as a value, as a key; as JSON has it.
    for text in [
        "[\"123456\"]",
        "[\"123456\",\"$NaN\"]",
        "[{\"123456\":1}]",
        "[{\"123456\":\"$NaN\"}]",
        "[\"\\u0041\"]",
        "[\"$$3456\"]",
    ] {
        check("string_bytes", 5, |limit| decode_text(text, &with(limit)));
    }
    let entry = |limit| Parts::new("").text("_1_a", "123456".to_owned(), &with(limit));
    check("string_bytes", 5, entry);
    check("string_bytes", 5, |limit| {
        form::Fields::new().text("a", "123456".to_owned(), &with(limit))
    });
    // What describes an action is a model, and its strings count when it is read.
    let mut fields = form::Fields::new();
    assert_eq!(fields.text("$ACTION_1:0", "123456".to_owned(), &with(1)), Ok(()));
}

#[test]
fn files_their_bytes_and_their_names() {
    let limits = Limits::default();
    let head = |bytes, name: &str| FileHead {
        name: Some(name.to_owned()),
        media_type: String::new(),
        bytes,
    };
    for (what, limit, with) in [
        (
            "files",
            1,
            (|limit, limits| Limits { files: small(limit), ..limits }) as fn(u64, Limits) -> Limits,
        ),
        ("file_bytes", 6, |limit, limits| Limits { file_bytes: limit, ..limits }),
        ("name_bytes", 8, |limit, limits| Limits { name_bytes: small(limit), ..limits }),
    ] {
        check(what, limit, |limit| {
            let mut parts = Parts::new("");
            parts.file("_1_a", head(7, "nine.bytes".get(..9).unwrap()), &with(limit, limits))?;
            parts.file("_2_a", head(0, ""), &with(limit, limits))
        });
        check(what, limit, |limit| {
            let mut fields = form::Fields::new();
            fields.file("1", head(7, "nine.bytes".get(..9).unwrap()), &with(limit, limits))?;
            fields.file("a", head(0, ""), &with(limit, limits))
        });
    }
}

#[test]
fn name_bytes() {
    let with = |limit| Limits { name_bytes: small(limit), ..Limits::default() };
    check("name_bytes", 3, |limit| Parts::new("").text("_1_a", String::new(), &with(limit)));
    check("name_bytes", 3, |limit| form::Fields::new().text("abcd", String::new(), &with(limit)));
    check("name_bytes", 3, |limit| {
        form::Fields::new().file("abcd", FileHead::default(), &with(limit))
    });
}

#[test]
fn the_error_of_a_limit_says_how_much_and_of_what() {
    let error = decode_text("[[1]]", &Limits { depth: 1, ..Limits::default() }).unwrap_err();
    assert_eq!(error.to_string(), "the reply has 2 in `depth`, and the limit is 1");
}
