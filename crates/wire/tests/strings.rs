//! Texts in results: escaped in models, never in rows of their own (T22).

use wire::{Skeleton, flight::encode_value};

fn rows(text: &str) -> String {
    let skeleton = Skeleton { text: text.to_owned(), program: String::new() };
    String::from_utf8(encode_value(&skeleton, &[]).unwrap().bytes).unwrap()
}

/// A JSON string of so many UTF-16 units, beginning with `begin`.
fn string(begin: &str, units: usize) -> String {
    let begin_units = begin.encode_utf16().count();
    format!("\"{begin}{}\"", "x".repeat(units - begin_units))
}

#[test]
fn from_1024_units_on_a_text_has_a_row_of_its_own() {
    for units in [1_022, 1_023] {
        assert_eq!(rows(&string("", units)), format!("0:{}\n", string("", units)));
        assert_eq!(rows(&string("$", units)), format!("0:\"${}\n", &string("$", units)[1..]));
    }
    for begin in ["", "$", "$$", "$1"] {
        for units in [1_024, 1_025] {
            let text = string(begin, units);
            let raw = text.trim_matches('"');
            assert_eq!(rows(&text), format!("1:T{:x},{raw}0:\"$1\"\n", raw.len()));
        }
    }
}

#[test]
fn units_are_counted_and_bytes_are_written() {
    // 512 characters of two units and four bytes each.
    let emoji = "😀".repeat(512);
    assert_eq!(rows(&format!("[\"{emoji}\"]")), format!("1:T800,{emoji}0:[\"$1\"]\n"));
    let emoji = "😀".repeat(511);
    assert_eq!(rows(&format!("[\"{emoji}\"]")), format!("0:[\"{emoji}\"]\n"));
    let accents = "é".repeat(1_023);
    assert_eq!(rows(&format!("[\"{accents}\"]")), format!("0:[\"{accents}\"]\n"));
}

#[test]
fn escapes_of_json_are_undone_in_a_row_of_its_own() {
    let escaped = r#"\"\\\n\u0041\ud83d\ude00"#.repeat(200);
    let text = "\"\\\nA😀".repeat(200);
    assert_eq!(
        rows(&format!("[\"{escaped}\",1]")),
        format!("1:T{:x},{text}0:[\"$1\",1]\n", text.len())
    );
    // Escapes are longer than what they mean.
    let short = r"\u0041".repeat(1_023);
    assert_eq!(rows(&format!("[\"{short}\"]")), format!("0:[\"{short}\"]\n"));
}

#[test]
fn a_lone_surrogate_stays_in_the_model() {
    let text = format!("\"\\ud800{}\"", "x".repeat(2_000));
    assert_eq!(rows(&text), format!("0:{text}\n"));
    let text = format!("\"${}\\udc00\"", "x".repeat(2_000));
    assert_eq!(rows(&text), format!("0:\"${}\n", &text[1..]));
}

#[test]
fn the_same_long_text_twice_has_two_rows() {
    let text = string("", 1_024);
    let raw = text.trim_matches('"');
    assert_eq!(
        rows(&format!("[{text},{text}]")),
        format!("1:T400,{raw}2:T400,{raw}0:[\"$1\",\"$2\"]\n")
    );
}

#[test]
fn keys_are_never_rows() {
    let text = format!("{{{}:1}}", string("$", 2_000));
    assert_eq!(rows(&text), format!("0:{text}\n"));
}

#[test]
fn ids_are_hexadecimal() {
    let long = string("", 1_024);
    let rows = rows(&format!("[{}]", vec![long.as_str(); 17].join(",")));
    assert!(rows.contains("a:T400,") && rows.contains("11:T400,"));
    assert!(rows.ends_with("\"$9\",\"$a\",\"$b\",\"$c\",\"$d\",\"$e\",\"$f\",\"$10\",\"$11\"]\n"));
}

#[test]
fn a_text_of_two_lines_is_none_of_json_stringify() {
    let skeleton = Skeleton { text: "[1,\n2]".to_owned(), program: String::new() };
    assert!(encode_value(&skeleton, &[]).is_err());
}
