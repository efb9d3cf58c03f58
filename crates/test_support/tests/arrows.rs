//! Which room may use which. A new arrow is a decision: change `ARCHITECTURE.md` and these tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

const MAY_USE: &[(&str, &[&str])] = &[
    ("compiler", &[]),
    ("wire", &[]),
    ("cache", &[]),
    ("host", &["wire", "cache"]),
    ("node", &["compiler", "wire", "cache", "host"]),
];

/// What a room must not reach, not even through others.
const NEVER_REACHES: &[(&str, &[&str])] = &[
    ("compiler", &["tokio", "http", "hyper", "napi"]),
    ("wire", &["tokio", "http", "hyper", "napi", "swc_core"]),
    ("cache", &["http", "hyper", "napi", "swc_core"]),
    ("host", &["swc_core", "napi"]),
];

#[test]
fn rooms_use_only_the_rooms_they_may() {
    let may_use: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let mut seen = BTreeSet::new();

    for package in metadata()["packages"].as_array().unwrap() {
        let room = package["name"].as_str().unwrap();
        for dependency in package["dependencies"].as_array().unwrap() {
            let used = dependency["name"].as_str().unwrap();
            if dependency["kind"] == "dev" {
                continue;
            }
            assert!(
                room == "node" || !used.starts_with("napi"),
                "only node knows napi, not {room}"
            );
            let Some(allowed) = may_use.get(room) else { continue };
            let ours = may_use.contains_key(used);
            assert!(!ours || allowed.contains(&used), "{room} must not use {used}");
        }
        seen.insert(room.to_owned());
    }
    for room in may_use.keys() {
        assert!(seen.contains(*room), "there is no room {room}: take it out of the table");
    }
}

#[test]
fn rooms_do_not_reach_what_they_must_never_see() {
    for (room, never) in NEVER_REACHES {
        let reached = reached_from(room);
        for package in *never {
            assert!(
                !reached.contains(*package),
                "{room} reaches {package}; `cargo tree -e normal -p {room} -i {package}` shows how"
            );
        }
    }
}

fn metadata() -> serde_json::Value {
    let text = cargo(&["metadata", "--no-deps", "--format-version", "1", "-q"]);
    serde_json::from_str(&text).expect("cargo writes JSON")
}

/// Names of all packages that `room` is compiled with; those of its tests are not among them.
fn reached_from(room: &str) -> BTreeSet<String> {
    let tree = cargo(&["tree", "-q", "-e", "normal", "--prefix", "none", "-p", room]);
    let names = tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned);
    names.collect()
}

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(args).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes text")
}
