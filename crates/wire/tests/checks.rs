//! The checks of React's decoder that ours has too (`docs/protocol.md` §5), on both sides, and what React's decoder
//! gets wrong (§1.9) and ours doesn't. A test's name begins with the number there.

mod revive;

use revive::picture;
use wire::{
    FileHead, Limits, ReplyError, form,
    reply::{Decoded, Decoder, Parts, decode_parts, decode_text},
};

/// `1 = text`, or `1 @ 8` for a file of so many bytes.
fn parts_of(parts: &[&str], limits: &Limits) -> Result<Parts, ReplyError> {
    let mut table = Parts::new("");
    for part in parts {
        match part.split_once(" = ") {
            Some((name, text)) => table.text(name, text.to_owned(), limits)?,
            None => {
                let (name, bytes) = part.split_once(" @ ").expect("a part");
                let head = FileHead { bytes: bytes.parse().unwrap(), ..FileHead::default() };
                table.file(name, head, limits)?;
            }
        }
    }
    Ok(table)
}

fn decode(parts: &[&str]) -> Result<Decoded, ReplyError> {
    let limits = Limits::default();
    decode_parts(parts_of(parts, &limits)?, &limits)
}

/// What the parts are, or the code of the error.
fn seen(parts: &[&str]) -> String {
    match decode(parts) {
        Ok(decoded) => picture(&decoded.skeleton),
        Err(error) => error.code().to_owned(),
    }
}

const MALFORMED: &str = "errand::reply-malformed";
const MISSING: &str = "errand::reply-missing-part";
const DUPLICATE: &str = "errand::reply-duplicate-part";
const TOO_MUCH: &str = "errand::reply-too-much";

fn list(items: usize, item: &str) -> String {
    format!("[{}]", vec![item; items].join(","))
}

#[test]
fn l1_a_million_values_and_one_more() {
    let limits = Limits { body_bytes: 1 << 24, arguments: 2, ..Limits::default() };
    let with = |items| decode_text(&format!("[{}]", list(items, "0")), &limits);
    assert!(with(999_998).is_ok());
    assert_eq!(with(999_999).unwrap_err().code(), TOO_MUCH);
    // A long text is one, however long; React counts its characters where it stands beside another.
    let text = format!("[\"{}\",1]", "x".repeat(2_000_000));
    assert!(decode_text(&text, &limits).is_ok());
    // What is shared is counted once, where React multiplies.
    let parts: Vec<String> = (1..8)
        .map(|part| format!("{part} = {}", list(10, &format!("\"${}\"", part + 1))))
        .collect();
    let mut parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    parts.extend(["8 = [0,0,0,0,0,0,0,0,0,0]", "0 = [\"$1\"]"]);
    assert!(decode(&parts).is_ok());
}

#[test]
fn l2_digits() {
    for (digits, sign) in [(300, ""), (299, "-")] {
        let with = |digits| seen(&[&format!("0 = [\"$n{sign}{}\"]", "7".repeat(digits))]);
        assert!(with(digits).ends_with("7n,]"));
        assert_eq!(with(digits + 1), TOO_MUCH);
    }
}

#[test]
fn l3_bound_arguments_of_calls_and_forms() {
    let call = |count| {
        let bound = format!("2 = {}", list(count, "1"));
        seen(&["0 = [\"$h1\"]", "1 = {\"id\":\"f\",\"bound\":\"$@2\"}", &bound])
    };
    assert!(call(1_000).starts_with("[function"));
    assert_eq!(call(1_001), TOO_MUCH);
    let form = |count| {
        let limits = Limits::default();
        let mut fields = form::Fields::new();
        fields.text("$ACTION_REF_1", String::new(), &limits)?;
        fields.text("$ACTION_1:0", "{\"id\":\"f\",\"bound\":\"$@1\"}".to_owned(), &limits)?;
        fields.text("$ACTION_1:1", list(count, "1"), &limits)?;
        form::decode(fields, &limits)
    };
    assert!(form(1_000).unwrap().is_some());
    assert_eq!(form(1_001).unwrap_err().code(), TOO_MUCH);
}

#[test]
fn l4_promises_of_promises() {
    assert_eq!(seen(&["0 = [\"$@1\"]", "1 = \"$@1\""]), MALFORMED);
    assert_eq!(seen(&["0 = [\"$@1\"]", "1 = \"$@2\"", "2 = \"$@1\""]), MALFORMED);
    assert_eq!(seen(&["0 = [\"$@1\"]", "1 = \"$@2\"", "2 = \"$@3\"", "3 = \"$@2\""]), MALFORMED);
    // The list of the arguments is nobody's value, and a function isn't bound to itself.
    assert_eq!(seen(&["0 = [\"$@0\"]"]), DUPLICATE);
    let bound = ["0 = [\"$h1\"]", "1 = {\"id\":\"f\",\"bound\":\"$@2\"}", "2 = [\"$h1\"]"];
    assert_eq!(seen(&bound), MALFORMED);
    // Far behind React's thousand, as long as there is an end.
    let mut chain: Vec<String> =
        (1..990).map(|part| format!("{part} = \"$@{:x}\"", part + 1)).collect();
    chain.extend(["990 = 7".to_owned(), "0 = [\"$@1\"]".to_owned()]);
    let chain: Vec<&str> = chain.iter().map(String::as_str).collect();
    assert!(seen(&chain).contains('7'));
}

#[test]
fn l5_steps_are_own_keys_of_plain_objects_and_arrays() {
    assert_eq!(seen(&["0 = [{\"a\":{}},\"$0:0:a\"]"]), "[{\"a\":{},},*2,]");
    assert_eq!(seen(&["0 = [[{}],\"$0:0:0\"]"]), "[[{},],*2,]");
    assert_eq!(
        seen(&["0 = [{\"constructor\":{}},\"$0:0:constructor\"]"]),
        "[{\"constructor\":{},},*2,]"
    );
    for path in [
        "$0:0:b",
        "$0:0:constructor",
        "$0:0:__proto__",
        "$0:1:length",
        "$0:1:00",
        "$0:1:-1",
        "$0:2:0",
    ] {
        assert_eq!(
            seen(&[&format!("0 = [{{\"a\":1}},[1],\"ab\",\"{path}\"]")]),
            MALFORMED,
            "{path}"
        );
    }
}

#[test]
fn l6_streams_are_no_values_to_refer_to() {
    for tag in ["R", "r", "X", "x"] {
        for reference in ["", "Q", "W", "i", "h", "@", "B", "o", "K"] {
            let parts = [&format!("0 = [\"${tag}1\",\"${reference}1\"]"), "S1 = C"];
            assert!(seen(&parts).starts_with("errand::"), "{tag} {reference}");
        }
        // Its place is another matter: there it stands.
        assert_eq!(
            seen(&[&format!("0 = [\"${tag}1\",\"$0:0\"]"), "S1 = C"]),
            format!("[{tag}(ends),*1,]")
        );
    }
}

#[test]
fn l7_what_is_referred_to_comes_before_the_end() {
    for tag in ["", "Q", "W", "i"] {
        let mut decoder = Decoder::new(&Limits::default());
        decoder.text("0", format!("[\"${tag}1\"]")).unwrap();
        assert_eq!(decoder.decode(), Ok(None), "it waits, where React fails");
        decoder.text("1", "[]".to_owned()).unwrap();
        assert!(decoder.decode().unwrap().is_some());
        assert_eq!(seen(&[&format!("0 = [\"${tag}1\"]")]), MISSING);
    }
    let mut decoder = Decoder::new(&Limits::default());
    decoder.text("0", "[\"$h1\",\"$h1\"]".to_owned()).unwrap();
    assert_eq!(decoder.decode(), Ok(None));
    decoder.text("1", "{\"id\":\"f\",\"bound\":null}".to_owned()).unwrap();
    assert_eq!(decoder.decode().unwrap().unwrap().references, ["f"]);
    for tag in ["B", "A", "o"] {
        let mut decoder = Decoder::new(&Limits::default());
        decoder.text("0", format!("[\"${tag}1\",\"$@2\"]")).unwrap();
        decoder.text("2", "1".to_owned()).unwrap();
        assert_eq!(decoder.decode(), Ok(None), "for a file as well, however the body is cut");
        decoder.file("1", FileHead { bytes: 8, ..FileHead::default() }).unwrap();
        let all = decoder.decode().unwrap().unwrap();
        assert!(!all.is_open && picture(&all.skeleton).ends_with("@(1),]"));
        // It has to come, and to be no text.
        for late in [Some("7"), None] {
            let mut decoder = Decoder::new(&Limits::default());
            decoder.text("0", format!("[\"${tag}1\"]")).unwrap();
            assert_eq!(decoder.decode(), Ok(None));
            let missing = Err(ReplyError::MissingPart { part: 1, kind: "file" });
            match late {
                Some(text) => assert_eq!(decoder.text("1", text.to_owned()), missing),
                None => {
                    decoder.end();
                    assert_eq!(decoder.decode().map(drop), missing);
                }
            }
        }
    }
}

#[test]
fn l8_a_list_becomes_one_thing_once() {
    for first in ["Q", "W", "i"] {
        assert!(!seen(&[&format!("0 = [\"${first}1\"]"), "1 = []"]).starts_with("errand::"));
        for second in ["Q", "W", "i"] {
            assert_eq!(
                seen(&[&format!("0 = [\"${first}1\",\"${second}1\"]"), "1 = []"]),
                DUPLICATE
            );
        }
        for content in ["{}", "1", "null", "\"$n1\"", "{\"length\":0}"] {
            assert_eq!(
                seen(&[&format!("0 = [\"${first}1\"]"), &format!("1 = {content}")]),
                MALFORMED
            );
        }
        // And the list itself is still there.
        assert!(!seen(&[&format!("0 = [\"${first}1\",\"$1\"]"), "1 = []"]).starts_with("errand::"));
    }
    for entry in ["1", "{}", "[]", "[1]", "[1,2,3]", "{\"0\":1,\"1\":2}"] {
        assert_eq!(seen(&["0 = [\"$Q1\"]", &format!("1 = [{entry}]")]), MALFORMED, "{entry}");
    }
}

#[test]
fn l9_bytes_are_seen_one_way() {
    for second in ["o", "A", "V", "B"] {
        assert_eq!(
            seen(&["1 @ 8", &format!("0 = [\"$o1\",\"${second}1\"]")]),
            DUPLICATE,
            "{second}"
        );
    }
    assert_eq!(seen(&["1 @ 8", "0 = [\"$o1\",\"$1\"]"]), MISSING);
    // A Blob may stand in many places, and is one.
    let blobs = decode(&["1 @ 8", "0 = [\"$B1\",\"$B1\"]"]).unwrap();
    assert_eq!(blobs.skeleton.program.matches("\"B\"").count(), 1);
}

#[test]
fn l10_a_stream_is_opened_once() {
    for first in ["R", "r", "X", "x"] {
        for second in ["R", "r", "X", "x", "@", "Q", "K"] {
            let parts = [format!("0 = [\"${first}1\",\"${second}1\"]")];
            let code = seen(&[&parts[0]]);
            assert!([DUPLICATE, MISSING].contains(&code.as_str()), "{first} {second}: {code}");
        }
    }
}

#[test]
fn l11_a_blob_is_a_file() {
    assert_eq!(seen(&["1 @ 8", "0 = [\"$B1\"]"]), "[File 0 null \"\",]");
    for other in ["1 = text", "_1_a = text", "S1 = 1", "2 @ 8"] {
        assert_eq!(seen(&[other, "0 = [\"$B1\"]"]), MISSING, "{other}");
    }
}

#[test]
fn l12_a_stream_of_bytes_has_views() {
    assert_eq!(
        seen(&["0 = [\"$r1\"]", "2 @ 8", "S1 = \"$l2\"", "S1 = C"]),
        "[r(Bytes 0 \"l\",ends),]"
    );
    for item in ["1", "\"text\"", "[\"$o2\"]", "\"$A2\"", "\"$B2\"", "null", "\"$0:1\""] {
        let event = format!("S1 = {item}");
        assert_eq!(seen(&["0 = [\"$r1\",1]", "2 @ 8", &event, "S1 = C"]), MALFORMED, "{item}");
    }
}

#[test]
fn l13_the_prototype_is_no_key() {
    assert_eq!(seen(&["0 = [{\"__proto__\":{\"a\":1},\"b\":2}]"]), "[{\"b\":2,},]");
    assert_eq!(seen(&["0 = [{\"__proto__\":\"$0:1\"},{}]"]), "[{},{},]");
    assert_eq!(seen(&["0 = [{\"\\u005f_proto__\":\"$n1\"}]"]), "[{},]");
    assert_eq!(seen(&["0 = [{\"proto\":{\"a\":1}}]"]), "[{\"proto\":{\"a\":1,},},]");
}

#[test]
fn l14_then_is_no_function() {
    let metadata = "1 = {\"id\":\"f\",\"bound\":null}";
    for then in ["$h1", "$0:0", "$0:1:f"] {
        let root = format!("0 = [\"$h1\",{{\"f\":\"$h1\"}},{{\"then\":\"{then}\"}}]");
        assert!(seen(&[metadata, &root]).ends_with("{\"then\":null,},]"), "{then}");
    }
    assert_eq!(seen(&["0 = [{\"then\":[1]}]"]), "[{\"then\":[1,],},]");
}

#[test]
fn l17_the_entries_of_a_form_are_its_own() {
    let parts =
        ["_1_a = 1", "_2_a = 2", "_1_b = 3", "_11_a = 4", "0 = [\"$K2\",\"$K1\",\"$Kb\",\"$K3\"]"];
    assert_eq!(
        seen(&parts),
        "[FormData([[\"a\",\"2\",],]),FormData([[\"a\",\"1\",],[\"b\",\"3\",],]),FormData([[\"a\",\"4\",],]),FormData([]),]"
    );
    assert_eq!(seen(&["_1_a = 1", "0 = [\"$K1\",\"$K1\"]"]), DUPLICATE);
}

#[test]
fn l18_a_function_is_described_once() {
    let decoded = decode(&[
        "1 = {\"id\":\"f\",\"bound\":\"$@2\"}",
        "2 = [{}]",
        "0 = [\"$h1\",\"$h1\",\"$0:0\"]",
    ]);
    assert_eq!(picture(&decoded.unwrap().skeleton), "[function \"f\"([{},]),*1,*1,]");
}

#[test]
fn l19_the_last_action_of_a_form_is_the_one() {
    let limits = Limits::default();
    let mut fields = form::Fields::new();
    for name in ["$ACTION_ID_a", "$ACTION_REF_1", "$ACTION_ID_b"] {
        fields.text(name, String::new(), &limits).unwrap();
    }
    assert_eq!(form::decode(fields, &limits).unwrap().unwrap().id, "b");
}

#[test]
fn l21_an_end_is_said_once() {
    for late in ["S1 = C", "S1 = 1", "S1 = C1"] {
        assert_eq!(seen(&["0 = [\"$R1\"]", "S1 = C", late]), MALFORMED, "{late}");
    }
}

#[test]
fn l23_levels() {
    let arrays =
        |levels: usize| seen(&[&format!("0 = {}{}", "[".repeat(levels), "]".repeat(levels))]);
    assert!(arrays(64).starts_with("[["));
    assert_eq!(arrays(65), TOO_MUCH);
}

#[test]
fn q1_the_same_bytes_twice() {
    let decoded = decode(&["1 @ 3", "0 = [\"$o1\",\"$0:0\"]"]).unwrap();
    assert_eq!(decoded.skeleton.program, r#"["V",0,"o","=",0,0,"=",1,0]"#);
}

#[test]
fn q2_a_map_and_a_set_that_contain_themselves() {
    assert_eq!(seen(&["1 = [[\"self\",\"$0:0\"]]", "0 = [\"$Q1\"]"]), "[Map([[\"self\",*1,],]),]");
    assert_eq!(seen(&["1 = [\"$0:0\"]", "0 = [\"$W1\"]"]), "[Set([*1,]),]");
    assert_eq!(seen(&["1 = [{\"set\":\"$0:0\"}]", "0 = [\"$W1\"]"]), "[Set([{\"set\":*1,},]),]");
    assert_eq!(
        seen(&["2 = [\"$0:0\"]", "1 = [[1,\"$W2\"]]", "0 = [\"$Q1\"]"]),
        "[Map([[1,Set([*1,]),],]),]"
    );
}

#[test]
fn q3_forms_with_ids_from_ten_on() {
    let parts = ["_10_a = ten", "_16_a = sixteen", "0 = [\"$Ka\",\"$K10\"]"];
    assert_eq!(seen(&parts), "[FormData([[\"a\",\"ten\",],]),FormData([[\"a\",\"sixteen\",],]),]");
}

#[test]
fn q4_forms_in_promises_in_any_order() {
    let parts = ["0 = [\"$@1\",\"$@2\"]", "_3_a = x", "1 = \"$K3\"", "_4_a = y", "2 = \"$K4\""];
    let expected = "[@(FormData([[\"a\",\"x\",],])),@(FormData([[\"a\",\"y\",],])),]";
    assert_eq!(seen(&parts), expected);
    assert_eq!(seen(&[parts[0], parts[3], parts[4], parts[1], parts[2]]), expected);
}

#[test]
fn q5_two_events_with_one_object() {
    assert_eq!(
        seen(&["0 = [\"$R1\",{}]", "S1 = \"$0:1\"", "S1 = \"$0:1\"", "S1 = C"]),
        "[R({},*2,ends),*2,]"
    );
}

#[test]
fn q6_a_stream_without_an_end() {
    assert_eq!(seen(&["0 = [\"$R1\"]", "S1 = 1"]), "[R(1,fails),]");
    assert_eq!(seen(&["0 = [\"$R1\"]"]), "[R(fails),]");
}

/// Whether there is such a function, the host knows; that it is referred to is said once, before anything is built.
#[test]
fn q7_functions_that_may_not_be_there() {
    let decoded =
        decode(&["1 = {\"id\":\"none\",\"bound\":\"$@2\"}", "2 = []", "0 = [\"$h1\",\"$h1\"]"]);
    assert_eq!(decoded.unwrap().references, ["none"]);
    assert_eq!(seen(&["1 = {\"id\":\"none\",\"bound\":\"$@2\"}", "0 = [\"$h1\"]"]), MISSING);
}

#[test]
fn q8_no_book_is_kept_among_the_values() {
    let keys = "{\"$$consumed\":true,\"$$promise\":1}";
    assert_eq!(
        seen(&[&format!("1 = [{keys}]"), "0 = [\"$W1\"]"]),
        "[Set([{\"$$consumed\":true,\"$$promise\":1,},]),]"
    );
    assert_eq!(seen(&["1 = []", "0 = [\"$W1\",\"$1:$$consumed\"]"]), MALFORMED);
    assert_eq!(
        seen(&["1 = {\"id\":\"f\",\"bound\":null,\"$$promise\":{}}", "0 = [\"$h1\"]"]),
        MALFORMED
    );
}

#[test]
fn q9_references_that_mean_themselves() {
    assert_eq!(seen(&["0 = \"$0\""]), MALFORMED);
    assert_eq!(seen(&["0 = \"$1\"", "1 = \"$0\""]), MALFORMED);
    assert_eq!(seen(&["0 = [\"$0:0\"]"]), MALFORMED);
    assert_eq!(seen(&["0 = [\"$0:1\",\"$0:0\"]"]), MALFORMED);
    assert_eq!(seen(&["0 = [\"$0\"]"]), "[*0,]");
}

#[test]
fn q10_a_part_twice_while_it_comes() {
    for (root, twice) in
        [("[]", "0"), ("[\"$@1\"]", "1"), ("[\"$W1\"]", "1"), ("[\"$1\"]", "1"), ("[\"$h1\"]", "1")]
    {
        let mut decoder = Decoder::new(&Limits::default());
        let text = if root.contains('h') { "{\"id\":\"f\",\"bound\":null}" } else { "[]" };
        if twice == "1" {
            decoder.text("1", text.to_owned()).unwrap();
        }
        decoder.text("0", root.to_owned()).unwrap();
        decoder.decode().unwrap();
        let again = decoder.text(twice, text.to_owned()).unwrap_err();
        assert_eq!(again.code(), DUPLICATE, "{root}");
        decoder.end();
        assert_eq!(decoder.decode().unwrap_err(), again, "and so it stays");
    }
}

#[test]
fn q11_names_have_one_spelling_and_numbers_one_kind() {
    for name in
        [" 1", "0x1", "1e0", "01", "1 ", "s1", "S01", "S 1", "_1", "__1_a", "_01_a", "01_a", "1.0"]
    {
        assert_eq!(seen(&[&format!("{name} = 1")]), MALFORMED, "{name}");
    }
    // Events of a promise, and values of a stream of today's spelling.
    assert_eq!(seen(&["0 = [\"$@1\"]", "S1 = 1"]), MISSING);
    assert_eq!(seen(&["0 = [\"$R1\"]", "S1 = 1", "1 = 1"]), MALFORMED);
    // An empty name of a field is a name.
    assert_eq!(seen(&["_1_ = 1", "0 = [\"$K1\"]"]), "[FormData([[\"\",\"1\",],]),]");
}

#[test]
fn q12_files_that_are_not_there() {
    for tag in "BAOoUSsLlGgMmV".chars() {
        let error = decode(&[&format!("0 = [\"${tag}1\"]")]).unwrap_err();
        assert_eq!(error, ReplyError::MissingPart { part: 1, kind: "file" });
    }
}
