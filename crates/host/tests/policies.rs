//! An action's own rules: both sides of each, for calls and for forms.

use std::{env, time::Duration};

use host::{
    Admission, Host, Policy, Rejection, Settings, Turn,
    classify::Head,
    proxy::TrustProxy,
    respond,
    secrets::{Keys, Source},
};
use wire::Limits;

const MULTIPART: &str = "multipart/form-data; boundary=B";

fn host() -> Host {
    let policies = [
        ("small", Policy { body_bytes: Some(10), ..Policy::default() }),
        ("large", Policy { body_bytes: Some(10_000), ..Policy::default() }),
        (
            "images",
            Policy {
                files: Some(2),
                file_bytes: Some(5),
                file_types: Some(vec!["image/*".parse().unwrap()]),
                ..Policy::default()
            },
        ),
        ("two", Policy { concurrency: Some(2), queue: 1, ..Policy::default() }),
        ("slow", Policy { timeout: Some(Duration::from_secs(3)), ..Policy::default() }),
    ];
    let ids = policies.iter().map(|(id, _)| *id).chain(["plain"]);
    Host::new(Settings {
        build: host::build::Build::of::<&str>(&[]),
        actions: ids.map(str::to_owned).collect(),
        policies: policies.into_iter().map(|(id, policy)| (id.to_owned(), policy)).collect(),
        allowed_origins: Vec::new(),
        trust_proxy: TrustProxy::Nobody,
        limits: Limits { body_bytes: 1_000, ..Limits::default() },
        keys: Keys::new(&Source::Given(vec!["a secret of sufficient length".into()])).unwrap(),
        seal_lifetime: None,
    })
}

fn head(action: &str, content_length: u64) -> Head<'_> {
    Head {
        method: "POST",
        action: Some(action),
        content_type: Some("text/plain"),
        content_length: Some(content_length),
        ..Head::default()
    }
}

fn code<T>(result: Result<T, Rejection>) -> &'static str {
    result.err().map_or("none", |rejection| rejection.code())
}

fn part(head: &str, content: &str) -> String {
    format!("--B\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n")
}

fn file(name: &str, media_type: &str, content: &str) -> String {
    part(&format!("name=\"{name}\"; filename=\"f\"\r\nContent-Type: {media_type}"), content)
}

/// A call whose argument is a form of `files`.
fn call_of(files: &[String]) -> Vec<u8> {
    format!("{}{}--B--\r\n", files.concat(), part("name=\"0\"", "[\"$K1\"]")).into_bytes()
}

fn form_of(id: &str, fields: &[String]) -> Vec<u8> {
    let action = part(&format!("name=\"$ACTION_ID_{id}\""), "");
    format!("{action}{}--B--\r\n", fields.concat()).into_bytes()
}

/// Decodes a call's body whole, and in two pieces.
fn decode(host: &Host, id: &str, body: &[u8]) -> &'static str {
    let policy = host.policy_of(id);
    let whole = code(host.decode_call(policy, MULTIPART, body));
    let mut arriving = host.arriving(policy, MULTIPART, &env::temp_dir()).unwrap();
    let (first, second) = body.split_at(body.len() / 2);
    let pushed = arriving.push(first.to_vec()).and_then(|_| arriving.push(second.to_vec()));
    assert_eq!(code(pushed.and_then(|_| arriving.end())), whole);
    whole
}

/// The same of a form.
fn decode_form(host: &Host, body: &[u8]) -> &'static str {
    let whole = code(host.decode_form(MULTIPART, body));
    let mut arriving = host.arriving_form(MULTIPART, &env::temp_dir()).unwrap();
    let (first, second) = body.split_at(body.len() / 2);
    let pushed = arriving.push(first.to_vec()).and_then(|()| arriving.push(second.to_vec()));
    let form = pushed.and_then(|()| arriving.end());
    assert_eq!(code(form.and_then(|form| host.check_form(&form.unwrap()))), whole);
    whole
}

#[test]
fn a_limit_is_the_actions_own_whether_it_is_lower_or_higher() {
    let host = host();
    for (id, limit) in [("small", 10), ("plain", 1_000), ("large", 10_000)] {
        assert!(host.admit(&head(id, limit)).is_ok(), "{id}");
        assert_eq!(code(host.admit(&head(id, limit + 1))), "errand::body-too-large", "{id}");
        let text = |bytes: u64| format!("[\"{}\"]", "x".repeat(bytes as usize - 4));
        let decode =
            |bytes| host.decode_call(host.policy_of(id), "text/plain", text(bytes).as_bytes());
        assert!(decode(limit).is_ok(), "{id}");
        assert_eq!(code(decode(limit + 1)), "errand::body-too-large", "{id}");
    }
}

#[test]
fn files_are_counted_measured_and_known_by_their_types() {
    let host = host();
    let image = |content: &str| file("_1_a", "image/png", content);
    let cases = [
        (vec![image("12345"), image("12345")], "none"),
        (vec![image("1"), image("2"), image("3")], "errand::reply-too-much"),
        (vec![image("123456")], "errand::reply-too-much"),
        (vec![file("_1_a", "text/html", "1")], "errand::file-type"),
    ];
    for (files, expected) in cases {
        assert_eq!(decode(&host, "images", &call_of(&files)), expected);
        let fields: Vec<_> = files.iter().map(|it| it.replace("_1_a", "a")).collect();
        assert_eq!(decode_form(&host, &form_of("images", &fields)), expected);
        assert_eq!(decode_form(&host, &form_of("plain", &fields)), "none");
        assert_eq!(decode(&host, "plain", &call_of(&files)), "none");
    }
}

#[test]
fn a_file_of_another_type_is_refused_before_its_content_comes() {
    let host = host();
    let mut arriving =
        host.arriving(host.policy_of("images"), MULTIPART, &env::temp_dir()).unwrap();
    let begun = file("_1_a", "text/html", "<p>");
    let begun = begun.strip_suffix("\r\n").unwrap().as_bytes().to_vec();
    assert_eq!(code(arriving.push(begun)), "errand::file-type");
}

#[test]
fn binary_data_is_no_file_and_has_no_type() {
    let host = host();
    let body = |tag: &str| {
        let bytes = file("1", "application/octet-stream", "1234");
        format!("{bytes}{}--B--\r\n", part("name=\"0\"", &format!("[\"${tag}1\"]"))).into_bytes()
    };
    assert_eq!(decode(&host, "images", &body("o")), "none");
    assert_eq!(decode(&host, "images", &body("B")), "errand::file-type");
}

#[test]
fn a_form_is_read_as_the_most_generous_action_would_and_then_judged_by_its_own() {
    let host = host();
    let text = |bytes: usize| part("name=\"a\"", &"x".repeat(bytes));
    assert_eq!(decode_form(&host, &form_of("large", &[text(5_000)])), "none");
    assert_eq!(decode_form(&host, &form_of("plain", &[text(5_000)])), "errand::reply-too-much");
    assert_eq!(decode_form(&host, &form_of("small", &[text(11)])), "errand::body-too-large");
    assert_eq!(decode_form(&host, &form_of("large", &[text(11_000)])), "errand::reply-too-much");
}

#[test]
fn calls_beyond_the_queue_are_refused_by_their_heads() {
    let host = host();
    let policy = host.policy_of("two");
    let turn = || match host.admit(&head("two", 2)) {
        Ok(Admission::Call { turn, .. }) => turn,
        other => panic!("{other:?}"),
    };
    assert_eq!([turn(), turn(), turn()], [Turn::Now, Turn::Now, Turn::Wait]);
    let refused = host.admit(&head("two", 2)).unwrap_err();
    let answer = respond::refuse(&refused);
    assert_eq!((refused.code(), answer.status), ("errand::busy", 503));
    assert!(answer.headers.contains(&("retry-after", "1".to_owned())));

    assert!(host.leave(policy));
    assert!(!host.leave(policy));
    assert_eq!(turn(), Turn::Now);
    assert!(host.admit(&head("plain", 2)).is_ok());
}

#[test]
fn a_refused_call_takes_no_place() {
    let host = host();
    for _ in 0..10 {
        assert_eq!(code(host.admit(&head("two", 1 << 40))), "errand::body-too-large");
    }
    let admission = Admission::Call { policy: host.policy_of("two"), turn: Turn::Now };
    assert_eq!(host.admit(&head("two", 2)).unwrap(), admission);
}

#[test]
fn a_policy_that_is_learned_later_narrows_what_is_known_and_never_widens_it() {
    let host = host();
    let policy =
        |bytes| Policy { body_bytes: Some(bytes), concurrency: Some(1), ..Policy::default() };
    let most = |base: &str, bytes| {
        let learned = host.learn(host.policy_of(base), policy(bytes));
        assert_eq!(host.learn(host.policy_of(base), policy(bytes)), learned);
        assert!(!host.has_places(learned));
        let most = host.body_bytes(learned, "text/plain");
        let check = |length| host.check_length(learned, Some("text/plain"), Some(length));
        assert!(check(most).is_ok());
        assert_eq!(code(check(most + 1)), "errand::body-too-large");
        most
    };
    assert_eq!(most("plain", 999), 999);
    assert_eq!(most("plain", 1_001), 1_000);
    assert_eq!(most("large", 9_999), 9_999);
    assert_eq!(most("large", 10_001), 10_000);
}

#[test]
fn a_timeout_is_known_by_its_action() {
    let host = host();
    assert_eq!(host.timeout(host.policy_of("slow")), Some(Duration::from_secs(3)));
    assert_eq!(host.timeout(host.policy_of("plain")), None);
    let answer = respond::refuse(&Rejection::TimedOut { millis: 3_000 });
    assert_eq!(answer.status, 504);
    assert!(answer.body.contains("3000 ms"));
}
