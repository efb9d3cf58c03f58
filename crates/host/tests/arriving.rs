//! A body that arrives in pieces is the body.

use std::{env, fs, path::PathBuf};

use host::{ArrivingCall, Piece, Rejection, Stored, decode_reply};
use proptest::prelude::*;
use wire::Limits;

const TYPE: &str = "multipart/form-data; boundary=b";

/// `name`, the head's rest, the content.
fn body(parts: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, rest, content) in parts {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"{rest}\r\n\r\n");
        out.extend_from_slice(head.as_bytes());
        out.extend_from_slice(content);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"--b--\r\n");
    out
}

fn decode(body: &[u8], cuts: &[usize], limits: &Limits) -> Result<Vec<Piece>, Rejection> {
    let mut call = ArrivingCall::new(TYPE, limits, &env::temp_dir())?;
    let mut pieces = Vec::new();
    let mut from = 0;
    for to in cuts.iter().copied().chain([body.len()]) {
        pieces.extend(call.push(body[from..to].to_vec())?);
        from = to;
    }
    pieces.extend(call.end()?);
    // Files on disk are there for as long as the call is.
    for path in pieces.iter().flat_map(|piece| &piece.files).filter_map(on_disk) {
        assert!(path.exists());
    }
    let paths: Vec<PathBuf> =
        pieces.iter().flat_map(|piece| &piece.files).filter_map(on_disk).cloned().collect();
    let contents = paths.iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>();
    drop(call);
    assert!(paths.iter().all(|path| !path.exists()));
    for ((_, stored), bytes) in pieces
        .iter_mut()
        .flat_map(|piece| &mut piece.files)
        .filter(|(_, stored)| matches!(stored, Stored::Disk(_)))
        .zip(contents)
    {
        *stored = Stored::Memory(bytes.into());
    }
    Ok(pieces)
}

fn on_disk((_, stored): &(u32, Stored)) -> Option<&PathBuf> {
    if let Stored::Disk(path) = stored { Some(path) } else { None }
}

fn sample() -> Vec<u8> {
    let large = vec![7; 100_000];
    let file = "; filename=\"a%22b.txt\"\r\nContent-Type: x/y";
    body(&[
        ("1", file, &large),
        ("2", "; filename=\"blob\"", b"ab"),
        ("3", "", b"[[\"k\",\"$n1\"]]"),
        ("_4_title", "", b"\r\n--a is no boundary\r\n-"),
        ("0", "", b"[\"$B1\",\"$o2\",\"$Q3\",\"$K4\",\"$B1\"]"),
    ])
}

proptest! {
    #[test]
    fn however_it_is_cut(mut cuts in prop::collection::vec(0usize..100_500, 0..12), near in 0usize..400) {
        let body = sample();
        cuts.push(body.len() - near.min(body.len()));
        cuts.iter_mut().for_each(|cut| *cut = (*cut).min(body.len()));
        cuts.sort_unstable();
        let limits = Limits { body_bytes: 1 << 20, ..Limits::default() };
        let whole = decode_reply(TYPE, &body, &limits).unwrap();
        let pieces = decode(&body, &cuts, &limits).unwrap();
        prop_assert_eq!(pieces.len(), 1);
        prop_assert_eq!(&pieces[0].decoded.skeleton, &whole.decoded.skeleton);
        for (index, stored) in &pieces[0].files {
            let Stored::Memory(bytes) = stored else { panic!("read above") };
            prop_assert_eq!(bytes, &whole.files[*index as usize]);
        }
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
        let cut = cut.min(bytes.len());
        drop(decode(&bytes, &[cut], &Limits::default()));
    }

    #[test]
    fn a_damaged_body_is_refused_or_decoded(at in 0usize..100_500, byte: u8, cut in 0usize..100_500) {
        let mut body = sample();
        let at = at.min(body.len() - 1);
        body[at] = byte;
        let cut = cut.min(body.len());
        let limits = Limits::default();
        let pieces = decode(&body, &[cut], &limits).map(|pieces| pieces.len());
        prop_assert_eq!(pieces.is_ok(), decode_reply(TYPE, &body, &limits).is_ok());
    }
}

#[test]
fn a_view_is_in_memory_whatever_its_size() {
    let body = body(&[("1", "; filename=\"blob\"", &vec![1; 200_000]), ("0", "", b"[\"$o1\"]")]);
    let mut call = ArrivingCall::new(TYPE, &Limits::default(), &env::temp_dir()).unwrap();
    let piece = call.push(body).unwrap().unwrap();
    assert!(matches!(&piece.files[..], [(0, Stored::Memory(bytes))] if bytes.len() == 200_000));
}

#[test]
fn limits_hold_while_it_arrives() {
    let limits = Limits { body_bytes: 20_000, file_bytes: 100_000, files: 2, ..Limits::default() };
    let file = "; filename=\"f\"";
    let refusal = |parts: &[(&str, &str, &[u8])]| {
        let body = body(parts);
        decode(&body[..body.len() - 9], &[], &limits).map(drop).unwrap_err().to_string()
    };
    let bytes = vec![b'x'; 200_000];
    let at = |length: usize| &bytes[..length];
    assert!(refusal(&[("1", file, at(100_001))]).contains("file_bytes"));
    assert!(refusal(&[("1", file, at(100_000))]).contains("incomplete"));
    assert!(refusal(&[("1", "", at(20_001))]).contains("body_bytes"));
    assert!(refusal(&[("1", "", at(19_999))]).contains("incomplete"));
    assert!(
        refusal(&[("1", &format!("\r\nX: {}", "y".repeat(70_000)), b"")])
            .contains("head is too long")
    );
    // Two files and the text, and not a byte more.
    let mut call = ArrivingCall::new(TYPE, &limits, &env::temp_dir()).unwrap();
    let whole = vec![b'x'; 220_001];
    assert!(matches!(call.push(whole), Err(Rejection::BodyTooLarge { limit: 220_000 })));
}

#[test]
fn a_folder_that_is_not_there_is_no_folder() {
    let body = body(&[("1", "; filename=\"f\"", &vec![1; 100_000]), ("0", "", b"[\"$B1\"]")]);
    let mut call =
        ArrivingCall::new(TYPE, &Limits::default(), &env::temp_dir().join("not/there")).unwrap();
    let refused = call.push(body).unwrap_err();
    assert_eq!(refused.code(), "errand::file-not-stored");
    assert!(!refused.to_string().contains("there"), "{refused}");
}

#[test]
fn a_file_input_that_was_left_empty_is_a_file() {
    let empty = "; filename=\"\"\r\nContent-Type: application/octet-stream";
    let body = body(&[("_1_doc", empty, b""), ("0", "", b"[\"$K1\"]")]);
    let decoded = decode_reply(TYPE, &body, &Limits::default()).unwrap().decoded;
    assert_eq!(
        decoded.skeleton.program,
        r#"["K",1,"=",0,0,"B",0,"","application/octet-stream","T",1,">",0,"=",1,1,"<"]"#
    );
}

/// Parts that nobody refers to are files too, while they arrive: neither open ones nor memory may grow with them.
#[test]
fn files_that_nobody_wants_are_bounded_as_well() {
    let limits = Limits { body_bytes: 1 << 18, files: 2, parts: 10_000, ..Limits::default() };
    let decode = |count: usize, bytes: usize| {
        let content = vec![1; bytes];
        let mut parts = vec![("0".to_owned(), "", b"[]".to_vec())];
        parts.extend((1..=count).map(|n| (n.to_string(), "; filename=\"a\"", content.clone())));
        let parts: Vec<_> = parts
            .iter()
            .map(|(name, rest, content)| (name.as_str(), *rest, content.as_slice()))
            .collect();
        decode(&body(&parts), &[], &limits).map(drop).map_err(|error| error.to_string())
    };
    // Two files, and four pieces of binary data that is as long as a body may be.
    assert_eq!(decode(6, (64 << 10) + 1), Ok(()));
    assert!(decode(7, (64 << 10) + 1).unwrap_err().contains("7 in `files`"));
    assert_eq!(decode(12, 32 << 10), Ok(()));
    assert!(decode(13, 32 << 10).unwrap_err().contains("`body_bytes`"));
}

#[test]
fn large_files_are_gone_whatever_had_become_of_them() {
    let directory = tempfile::tempdir().unwrap();
    let (bytes, file) = (vec![1; 2 << 20], "; filename=\"f\"");
    let mut whole = body(&[("0", "", b"[\"$B1\"]"), ("1", file, &bytes)]);
    whole.truncate(whole.len() - b"--b--\r\n".len());
    let waiting = body(&[("2", file, &bytes)]);
    let begun = &waiting[..waiting.len() / 2];
    for (body, on_disk) in
        [(whole.clone(), 1), ([&whole[..], begun].concat(), 2), (waiting.clone(), 1)]
    {
        let mut call = ArrivingCall::new(TYPE, &Limits::default(), directory.path()).unwrap();
        call.push(body).unwrap();
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), on_disk);
        drop(call);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
