//! Whatever the bytes of a body, there is no panic, and what is refused is the sender's doing: 400 or 413. What arrives in
//! pieces is what would have come at once. Of envelopes only those open that were sealed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bolero::check;
use host::{
    Arguments, ArrivingCall, Piece, Rejection, Stored, decode_reply, respond,
    seal::{KeyRing, Purpose},
};
use test_support::{
    choices::Choices,
    fuzz::{Bounds, bounded_run},
    memory::{Counting, used},
};
use wire::Limits;

#[global_allocator]
static COUNTING: Counting = Counting;

const HEADERS: &[&str] = &[
    "Content-Disposition: form-data; name=\"0\"\r\n",
    "Content-Disposition: form-data; name=\"1\"\r\n",
    "Content-Disposition: form-data; name=\"2\"\r\n",
    "Content-Disposition: form-data; name=\"S1\"\r\n",
    "Content-Disposition: form-data; name=\"_1_a\"\r\n",
    "Content-Disposition: form-data; name=\"1_a\"\r\n",
    "Content-Disposition: form-data; name=\"_1_%22%0D%0A\"\r\n",
    "Content-Disposition: form-data; name=\"1\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n",
    "Content-Disposition: form-data; name=\"_1_f\"; filename=\"\"\r\n",
    "content-disposition:form-data;name=0\r\n",
    "Content-Disposition: form-data; name=\"0\"; name=\"1\"\r\n",
    "Content-Disposition: form-data; filename*=utf-8''a; name=\"1\"\r\n",
    "Content-Disposition: attachment; name=\"0\"\r\n",
    "Content-Disposition: form-data\r\n",
    "Content-Transfer-Encoding: base64\r\n",
    "X: y\r\n",
    "Content-Type: multipart/mixed; boundary=c\r\n",
    "",
];

const TEXTS: &[&str] = &[
    "[\"$Q1\"]",
    "[\"$W1\",\"$0:0\"]",
    "[\"$K1\"]",
    "[\"$B1\",\"$o2\"]",
    "[\"$R1\"]",
    "[\"$@1\",\"$@2\"]",
    "[\"$h1\"]",
    "[1]",
    "[]",
    "[[1,2]]",
    "{\"id\":\"a\",\"bound\":null}",
    "C",
    "12345678",
    "--b",
    "\r\n--b\r\n",
    "\r\n",
    "",
];

const PIECES: &[&str] =
    &["\r\n", "\r", "\n", "--", "--b", "\"", ";", ":", "\u{0}", "é", "%22", " ", "name="];

/// Parts that go together, by their places in the lists above.
const BODIES: &[&[(usize, usize)]] = &[
    &[(1, 9), (0, 0)],
    &[(1, 7), (0, 1)],
    &[(4, 14), (4, 12), (0, 2)],
    &[(5, 14), (8, 12), (6, 12), (0, 2)],
    &[(7, 12), (7, 12), (0, 8)],
    &[(0, 4), (3, 7), (3, 11)],
    &[(0, 5), (2, 7), (1, 9)],
    &[(1, 10), (0, 6)],
    &[(9, 8)],
];

/// A body as browsers send it, more or less.
fn body(choices: &mut Choices) -> String {
    let part = |header: &str, text: &str| format!("--b\r\n{header}\r\n{text}\r\n");
    let whole = choices.pick(BODIES);
    let mut parts: Vec<_> =
        whole.iter().map(|(header, text)| part(HEADERS[*header], TEXTS[*text])).collect();
    if choices.one_in(2) {
        let headers = [choices.pick(HEADERS), choices.pick(HEADERS)].concat();
        let headers = if choices.one_in(2) { headers.as_str() } else { choices.pick(HEADERS) };
        let at = choices.below(parts.len() + 1);
        parts.insert(at, part(headers, choices.pick(TEXTS)));
    }
    let body = parts.concat();
    if choices.one_in(8) { body } else { body + "--b--\r\n" }
}

/// A multipart body, damaged or not, and the bytes themselves as one.
fn multipart(bytes: &[u8]) -> usize {
    let mut choices = Choices::new(bytes);
    let is_damaged = choices.one_in(4);
    let framed = body(&mut choices);
    let framed = if is_damaged { choices.damaged(&framed, PIECES) } else { framed };
    let raw = [b"--b\r\nContent-Disposition: form-data; name=\"0\"", bytes].concat();
    usize::from(check_body("multipart/form-data; boundary=b", framed.as_bytes()))
        + usize::from(check_body("multipart/form-data; boundary=b", &raw))
        + usize::from(check_body(&String::from_utf8_lossy(bytes), framed.as_bytes()))
}

/// Whether it is a reply.
fn check_body(content_type: &str, body: &[u8]) -> bool {
    let limits = Limits::default();
    let (decoded, used) = used(|| decode_reply(content_type, body, &limits));
    // Framing has a header of some bytes for each part, and looks at them in a buffer of its own.
    let most = 32_768 + 120 * (content_type.len() + body.len()) as u64;
    assert!(used.peak_bytes <= most && used.total_bytes <= 2 * most, "{used:?}: {}", body.len());
    match decoded {
        Ok(Arguments { decoded, files }) => {
            assert!(!decoded.is_open && decoded.skeleton.text.starts_with('['));
            let bytes: usize = files.iter().map(|file| file.len()).sum();
            assert!(bytes <= body.len());
            true
        }
        Err(rejection) => {
            check_rejection(&rejection);
            false
        }
    }
}

/// A multipart body, damaged or not, that is cut at random.
fn arriving(bytes: &[u8]) -> usize {
    let (cuts, bytes) = bytes.split_at(bytes.len().min(12));
    let mut choices = Choices::new(bytes);
    let is_damaged = choices.one_in(4);
    let body = body(&mut choices);
    let body = if is_damaged { choices.damaged(&body, PIECES) } else { body };
    usize::from(check_arriving(body.as_bytes(), &mut Choices::new(cuts)))
}

/// Whether it is a reply.
fn check_arriving(body: &[u8], cuts: &mut Choices) -> bool {
    let limits = Limits::default();
    let mut pushes = 0;
    let (arrived, used) = used(|| -> Result<Vec<Piece>, Rejection> {
        let mut call =
            ArrivingCall::new("multipart/form-data; boundary=b", &limits, &std::env::temp_dir())?;
        let mut pieces = Vec::new();
        let mut rest = body;
        while !rest.is_empty() {
            let length = if cuts.is_empty() { rest.len() } else { 1 + cuts.below(40) };
            let (chunk, behind) = rest.split_at(length.min(rest.len()));
            pieces.extend(call.push(chunk.to_vec())?);
            pushes += 1;
            rest = behind;
        }
        pieces.extend(call.end()?);
        Ok(pieces)
    });
    let most = 32_768 + 4_096 * pushes + 120 * body.len() as u64;
    assert!(used.peak_bytes <= most && used.total_bytes <= 2 * most, "{used:?}: {}", body.len());
    let pieces = match arrived {
        Ok(pieces) => pieces,
        Err(rejection) => {
            check_rejection(&rejection);
            // How many entries a form will have isn't said: those behind whatever refers to it are too late.
            let whole = decode_reply("multipart/form-data; boundary=b", body, &limits);
            let has_form = body.windows(2).any(|it| it == b"$K");
            assert!(whole.is_err() || has_form, "{rejection} {}", String::from_utf8_lossy(body));
            return false;
        }
    };
    let whole = decode_reply("multipart/form-data; boundary=b", body, &limits)
        .unwrap_or_else(|error| panic!("{error} {}", String::from_utf8_lossy(body)));
    let trees = |text: &str| text.len() - text.matches(['[', ']', ',']).count();
    let arrived: usize = pieces.iter().map(|it| trees(&it.decoded.skeleton.text)).sum();
    assert_eq!(arrived, trees(&whole.decoded.skeleton.text), "other values");
    let references: Vec<_> = pieces.iter().flat_map(|it| &it.decoded.references).collect();
    assert_eq!(references, whole.decoded.references.iter().collect::<Vec<_>>());
    for (blob, stored) in pieces.iter().flat_map(|it| &it.files) {
        let Stored::Memory(bytes) = stored else { panic!("so small a file") };
        assert_eq!(bytes, &whole.files[*blob as usize]);
    }
    assert!(pieces.last().is_some_and(|it| !it.decoded.is_open) || pieces.len() == 1);
    true
}

/// Envelopes: one that was sealed, that one damaged, and made up ones.
fn sealed(bytes: &[u8]) -> usize {
    let ring = KeyRing::new(&["a secret of sufficient length"]).unwrap();
    let mut choices = Choices::new(bytes);
    let now = choices.below(256) as u64;
    let expiry = choices.one_in(2).then_some(128);
    let real = ring.seal(Purpose::Captured, "id", bytes, expiry).unwrap();
    let damaged = choices.damaged(&real, &["A", "g", "Ag", "_", "=", "é", "\0"]);
    let made_up = URL_SAFE_NO_PAD.encode(bytes);
    let of_our_key = real[..6].to_owned() + &made_up;
    let texts = [&real, &damaged, &made_up, &of_our_key, &*String::from_utf8_lossy(bytes)];
    for text in texts {
        let (result, used) = used(|| ring.open(Purpose::Captured, "id", text, now));
        assert!(used.peak_bytes <= 8_192 + 8 * text.len() as u64, "{used:?}: {}", text.len());
        let is_real = text == real; // damage may undo itself
        let is_over = expiry.is_some_and(|expiry| now >= expiry);
        match result {
            Ok(plain) => assert!(is_real && !is_over && plain == bytes, "{text} opened"),
            Err(Rejection::SealExpired) => assert!(is_real && is_over, "{text} expired"),
            Err(error) => assert!(matches!(error, Rejection::SealBroken) && !is_real, "{error}"),
        }
    }
    texts.len()
}

fn check_rejection(rejection: &Rejection) {
    let status = respond::refuse(rejection).status;
    assert!(matches!(status, 400 | 413 | 415), "{status}: {rejection}");
    assert!(rejection.to_string().len() < 300);
}

#[test]
fn fuzz_multipart() {
    bounded_run(Bounds { rounds: 6_000, most_bytes: 100, at_least: 1_000 }, multipart);
    check!().with_iterations(0).with_max_len(4_096).for_each(|bytes: &[u8]| _ = multipart(bytes));
}

#[test]
fn fuzz_arriving() {
    bounded_run(Bounds { rounds: 6_000, most_bytes: 100, at_least: 1_000 }, arriving);
    check!().with_iterations(0).with_max_len(4_096).for_each(|bytes: &[u8]| _ = arriving(bytes));
}

#[test]
fn fuzz_sealed() {
    bounded_run(Bounds { rounds: 3_000, most_bytes: 100, at_least: 15_000 }, sealed);
    check!().with_iterations(0).with_max_len(4_096).for_each(|bytes: &[u8]| _ = sealed(bytes));
}
