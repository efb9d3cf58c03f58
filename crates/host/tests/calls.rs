//! Whole requests through the host's stages, in memory.

use host::{
    Admission, Host, PolicyId, Rejection, Settings, Turn,
    classify::Head,
    respond,
    secrets::{Keys, Source},
};
use wire::{Limits, Skeleton};

fn host() -> Host {
    Host::new(Settings {
        build: host::build::Build::named("b1".into()).unwrap(),
        actions: vec!["act".into(), "other".into()],
        policies: Default::default(),
        allowed_origins: vec!["*.friend.test".parse().unwrap()],
        trust_proxy: host::proxy::TrustProxy::Nobody,
        limits: Limits { body_bytes: 1 << 10, ..Limits::default() },
        keys: Keys::new(&Source::Given(vec!["a secret of sufficient length".into()])).unwrap(),
        seal_lifetime: None,
    })
}

fn call(action: &str) -> Head<'_> {
    Head {
        method: "POST",
        action: Some(action),
        content_type: Some("text/plain;charset=UTF-8"),
        host: Some("app.test"),
        ..Head::default()
    }
}

fn code<T>(result: Result<T, Rejection>) -> &'static str {
    result.err().map_or("none", |rejection| rejection.code())
}

#[test]
fn a_call_is_admitted_before_its_body_is_looked_at() {
    let admission = Admission::Call { policy: PolicyId::NONE, turn: Turn::Now };
    assert_eq!(host().admit(&call("act")).unwrap(), admission);
}

#[test]
fn questions_are_asked_in_one_order() {
    let host = host();
    let foreign = Head { sec_fetch_site: Some("cross-site"), ..call("nope") };
    let json = Head { content_type: Some("application/json"), ..foreign };
    assert_eq!(code(host.admit(&json)), "errand::content-type");
    assert_eq!(code(host.admit(&foreign)), "errand::unknown-action");
    let large = Head { content_length: Some(1 << 20), action: Some("act"), ..foreign };
    assert_eq!(code(host.admit(&large)), "errand::origin-mismatch");
}

#[test]
fn a_declared_length_at_the_limit_passes_and_one_byte_more_is_413() {
    let host = host();
    let with = |length| Head { content_length: Some(length), ..call("act") };
    assert!(host.admit(&with(1 << 10)).is_ok());
    let refused = host.admit(&with((1 << 10) + 1)).unwrap_err();
    assert_eq!(respond::refuse(&refused).status, 413);
}

#[test]
fn a_body_with_files_may_be_as_long_as_they_may() {
    let host = host();
    let with = |length| Head {
        content_length: Some(length),
        content_type: Some("multipart/form-data; boundary=B"),
        ..call("act")
    };
    let most = host.settings().limits.upload_bytes();
    assert_eq!(most, ((20 * 50) << 20) + (1 << 10));
    assert!(host.admit(&with(most)).is_ok());
    assert_eq!(code(host.admit(&with(most + 1))), "errand::body-too-large");
}

#[test]
fn a_multipart_post_may_be_a_form_and_is_guarded_once_it_is_one() {
    let host = host();
    let head = Head {
        action: None,
        content_type: Some("multipart/form-data; boundary=B"),
        origin: Some("https://evil.test"),
        ..call("")
    };
    assert_eq!(host.admit(&head).unwrap(), Admission::Form);
    assert!(!host.names_action(b"--B\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nx"));
    assert!(
        host.names_action(b"--B\r\nContent-Disposition: form-data; name=\"$ACTION_ID_act\"\r\n")
    );
    assert_eq!(code(host.admit_form(&head)), "errand::origin-mismatch");
}

fn multipart(parts: &[(&str, Option<&str>, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (name, file, value) in parts {
        body += &format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"");
        if let Some(file) = file {
            body += &format!("; filename=\"{file}\"\r\nContent-Type: text/plain");
        }
        body += &format!("\r\n\r\n{value}\r\n");
    }
    (body + "--B--\r\n").into_bytes()
}

const MULTIPART: &str = "multipart/form-data; boundary=B";

#[test]
fn the_parts_of_a_multipart_reply_become_values_and_files() {
    let body = multipart(&[
        ("1", Some("a%22b.txt"), "abc"),
        ("_2_title", None, "Hi"),
        ("0", None, r#"["$B1","$K2"]"#),
    ]);
    let arguments = host().decode_call(PolicyId::NONE, MULTIPART, &body).unwrap();
    assert_eq!(arguments.files, ["abc"]);
    assert!(arguments.decoded.skeleton.program.contains(r#""B",0,"a\"b.txt","text/plain""#));
    assert!(arguments.decoded.skeleton.text.contains(r#"["title","Hi"]"#));
}

#[test]
fn a_body_cut_off_anywhere_is_an_error_and_never_a_shorter_value() {
    let body = multipart(&[("1", None, "[1]"), ("0", None, r#"["$W1"]"#)]);
    let host = host();
    assert!(host.decode_call(PolicyId::NONE, MULTIPART, &body).is_ok());
    let end = body.len() - "--\r\n".len(); // after it only the closing dashes are missing
    for cut in 0..end {
        assert!(host.decode_call(PolicyId::NONE, MULTIPART, &body[..cut]).is_err(), "cut at {cut}");
    }
}

#[test]
fn a_function_that_the_server_does_not_have_is_unknown() {
    let host = host();
    let with = |id: &str| {
        let metadata = format!(r#"{{"id":"{id}","bound":null}}"#);
        multipart(&[("1", None, &metadata), ("0", None, r#"["$h1"]"#)])
    };
    assert_eq!(
        host.decode_call(PolicyId::NONE, MULTIPART, &with("other")).unwrap().decoded.references,
        ["other"]
    );
    assert_eq!(
        code(host.decode_call(PolicyId::NONE, MULTIPART, &with("evil"))),
        "errand::unknown-action"
    );
}

#[test]
fn a_form_gives_its_action_its_bound_arguments_and_its_own_fields() {
    let body = multipart(&[
        ("$ACTION_REF_1", None, ""),
        ("$ACTION_1:0", None, r#"{"id":"act","bound":"$@1"}"#),
        ("$ACTION_1:1", None, r#"[7,{"n":1}]"#),
        ("$ACTION_KEY", None, "k1"),
        ("title", None, "Hi"),
    ]);
    let form = host().decode_form(MULTIPART, &body).unwrap().unwrap();
    assert_eq!(form.id, "act");
    let state = form.state.unwrap();
    assert_eq!(
        (state.key.as_str(), state.reference_id.as_str(), state.bound_count),
        ("k1", "act", 2)
    );
    let text = form.arguments.decoded.skeleton.text;
    assert!(text.contains(r#"["title","Hi"]"#) && !text.contains("$ACTION"), "{text}");

    let unknown = multipart(&[("$ACTION_ID_evil", None, "")]);
    assert_eq!(code(host().decode_form(MULTIPART, &unknown)), "errand::unknown-action");
    assert!(host().decode_form(MULTIPART, &multipart(&[("a", None, "b")])).unwrap().is_none());
}

#[test]
fn captured_values_open_as_they_were_sealed() {
    let host = host();
    let values = Skeleton { text: r#"[[1,null],"é"]"#.into(), program: r#"["D","x"]"#.into() };
    let sealed = host.seal("act", &values).unwrap();
    let opened = host.open("act", &sealed).unwrap();
    assert_eq!((opened.text, opened.program), (values.text, values.program));
    assert_eq!(code(host.open("other", &sealed)), "errand::seal-broken");
}

#[test]
fn a_part_has_one_name_and_is_not_encoded() {
    let body = |head: &str| format!("--B\r\n{head}\r\n\r\n[\"a\"]\r\n--B--\r\n").into_bytes();
    let plain = "Content-Disposition: form-data; name=\"0\"";
    for more in ["", "\r\nContent-Transfer-Encoding: binary", "\r\nX: y"] {
        assert!(
            host().decode_call(PolicyId::NONE, MULTIPART, &body(&format!("{plain}{more}"))).is_ok(),
            "{more}"
        );
    }
    for more in [
        "; name=\"1\"",
        "; filename*=utf-8''a",
        "\r\nContent-Transfer-Encoding: base64",
        "\r\nContent-Transfer-Encoding: quoted-printable",
    ] {
        let refused =
            host().decode_call(PolicyId::NONE, MULTIPART, &body(&format!("{plain}{more}")));
        assert_eq!(code(refused), "errand::multipart-malformed", "{more}");
    }
}

#[test]
fn a_name_may_look_like_more_than_one() {
    for name in ["a\\", "a; filename=b", "a filename=b", " name=b", "%41"] {
        let field = format!("_1_{name}");
        let body = multipart(&[(&field, None, "v"), ("0", None, r#"["$K1"]"#)]);
        let text =
            host().decode_call(PolicyId::NONE, MULTIPART, &body).unwrap().decoded.skeleton.text;
        assert!(text.contains(&format!("[[{:?},\"v\"]]", name)), "{text}");
    }
}
