//! What holds for every body, whatever its bytes.

use serde_json::Value as Json;
use test_support::{choices::Choices, memory::used};
use wire::{
    Limits, ReplyError, Skeleton,
    form::{self, Fields},
    reply::{Decoded, Decoder, Parts, decode_parts, decode_text},
};

use super::grammar::{Content, Part};
use crate::revive::picture_of;

/// Bytes of memory for each byte of a body, and for one of no bytes. A value has a row in a table, however short
/// it is, and tables grow by doubling.
const PEAK: (u64, u64) = (80, 16_384);
/// Bytes that are taken in all, those given back included: a measure of work that is the same on each run.
const TOTAL: (u64, u64) = (160, 16_384);

/// The defaults, or so little of everything that most bodies pass one.
pub fn limits(choices: &mut Choices) -> Limits {
    if !choices.one_in(4) {
        return Limits { body_bytes: 1 << 16, ..Limits::default() };
    }
    let mut few = |most| 1 + choices.below(most) as u32;
    Limits {
        body_bytes: 1 << 16,
        depth: few(6),
        nodes: few(60).into(),
        arguments: few(4),
        parts: few(8),
        live: few(3),
        events: few(3),
        files: few(2),
        fields: few(3),
        name_bytes: few(40),
        bound_args: few(2),
        references: few(5),
        part_bytes: few(200).into(),
        string_bytes: few(60).into(),
        ..Limits::default()
    }
}

/// Decodes a text body. Whether it is a reply.
pub fn check_text(text: &str, limits: &Limits) -> bool {
    let decoded = measured(48 + text.len(), || decode_text(text, limits));
    holds(&[decoded], limits).is_some()
}

/// Decodes parts at once. Whether they are a reply.
pub fn check_parts(parts: &[Part], limits: &Limits) -> bool {
    holds(&[whole(parts, limits)], limits).is_some()
}

/// Decodes parts one after the other, asking at random for what there is; it must be what they are as a whole.
pub fn check_streamed(parts: &[Part], limits: &Limits, choices: &mut Choices) -> bool {
    let bytes = parts.iter().map(Part::bytes).sum();
    let pieces = measured(bytes, || streamed(parts, limits, choices));
    let pieces = match pieces {
        Ok(pieces) => pieces.into_iter().map(Ok).collect(),
        Err(error) => vec![Err(error)],
    };
    let in_pieces = holds(&pieces, limits);
    let at_once = holds(&[whole(parts, limits)], limits);
    match (&in_pieces, &at_once) {
        (Some(pieces), Some(whole)) => assert_eq!(pieces, whole, "{parts:?}"),
        (Some(_), None) => panic!("only as a whole it is refused: {parts:?}"),
        // How many entries a form will have isn't said: those behind whatever refers to it are too late.
        (None, Some(_)) => {
            let has_form =
                |part: &Part| matches!(&part.content, Content::Text(text) if text.contains("K"));
            assert!(parts.iter().any(has_form), "only in pieces it is refused: {parts:?}");
        }
        (None, None) => {}
    }
    in_pieces.is_some()
}

/// Reads a form. Whether it calls an action.
pub fn check_form(fields: &[Part], limits: &Limits) -> bool {
    let bytes = fields.iter().map(Part::bytes).sum();
    let post = measured(bytes, || {
        let mut table = Fields::new();
        for Part { name, content } in fields {
            match content {
                Content::Text(text) => table.text(name, text.clone(), limits)?,
                Content::File(head) => _ = table.file(name, head.clone(), limits)?,
            }
        }
        form::decode(table, limits)
    });
    let post = match post {
        Err(error) => return holds(&[Err(error)], limits).is_some(),
        Ok(None) => return false,
        Ok(Some(post)) => post,
    };
    if let Some(state) = &post.state {
        assert_eq!(state.reference_id, post.id);
        assert!(state.bound_count <= limits.bound_args);
    }
    let own: Vec<_> = fields.iter().filter(|it| !it.name.starts_with("$ACTION_")).collect();
    let text = &post.arguments.skeleton.text;
    if let Ok(Json::Array(trees)) = serde_json::from_str(text) {
        // The list of the arguments is first, and its last one is the form.
        let bound = trees[0].as_array().expect("a list").len() - 1;
        assert!(bound <= limits.bound_args as usize);
        let is_own = |tree: &&Json| tree.as_array().is_some_and(|it| it.len() == own.len());
        assert!(trees.iter().skip(1).any(|tree| is_own(&tree)), "{text}");
    }
    holds(&[Ok(post.arguments)], &Limits { arguments: limits.bound_args + 1, ..*limits }).is_some()
}

fn whole(parts: &[Part], limits: &Limits) -> Result<Decoded, ReplyError> {
    measured(parts.iter().map(Part::bytes).sum(), || {
        let mut table = Parts::new("");
        for Part { name, content } in parts {
            match content {
                Content::Text(text) => table.text(name, text.clone(), limits)?,
                Content::File(head) => _ = table.file(name, head.clone(), limits)?,
            }
        }
        decode_parts(table, limits)
    })
}

fn streamed(
    parts: &[Part],
    limits: &Limits,
    choices: &mut Choices,
) -> Result<Vec<Decoded>, ReplyError> {
    let mut decoder = Decoder::new(limits);
    let mut pieces: Vec<Decoded> = Vec::new();
    let mut ask = |decoder: &mut Decoder| {
        let piece = decoder.decode()?;
        assert!(piece.is_none() || pieces.last().is_none_or(|it| it.is_open), "after the last");
        pieces.extend(piece);
        Ok(())
    };
    for Part { name, content } in parts {
        match content {
            Content::Text(text) => decoder.text(name, text.clone())?,
            Content::File(head) => _ = decoder.file(name, head.clone())?,
        }
        if choices.one_in(2) {
            ask(&mut decoder)?;
        }
    }
    decoder.end();
    ask(&mut decoder)?;
    assert!(!pieces.is_empty(), "a reply without arguments");
    Ok(pieces)
}

/// Memory is bounded by the bytes, and errors say little.
fn measured<T>(
    bytes: usize,
    decode: impl FnOnce() -> Result<T, ReplyError>,
) -> Result<T, ReplyError> {
    let (decoded, used) = used(decode);
    for (what, taken, (each, start)) in
        [("at once", used.peak_bytes, PEAK), ("in all", used.total_bytes, TOTAL)]
    {
        let most = start + each * bytes as u64;
        assert!(
            taken <= most,
            "{taken} bytes {what}, {} for each of {bytes}",
            taken / bytes as u64
        );
    }
    if let Err(error) = &decoded {
        assert!(error.code().starts_with("errand::reply-") && error.to_string().len() < 200);
    }
    decoded
}

/// Checks what came out. Its picture; nothing if it was refused.
fn holds(pieces: &[Result<Decoded, ReplyError>], limits: &Limits) -> Option<String> {
    let pieces: Vec<&Decoded> = pieces.iter().map(|it| it.as_ref().ok()).collect::<Option<_>>()?;
    let mut nodes = 0;
    for (index, Decoded { skeleton, references, .. }) in pieces.iter().enumerate() {
        let Skeleton { text, program } = skeleton;
        let mut ids = references.clone();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), references.len(), "an id twice");
        let parsed = match serde_json::from_str::<Json>(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                // JavaScript's strings may hold half a character, and its numbers are infinite from 2e308 on.
                let is_its_own = text.to_ascii_lowercase().contains("\\ud")
                    || error.to_string().contains("out of range");
                assert!(is_its_own, "{error}: {text}");
                return None;
            }
        };
        let trees = match parsed {
            Json::Array(trees) if !program.is_empty() => trees,
            tree => vec![tree],
        };
        if index == 0 {
            let arguments = trees[0].as_array().expect("a list").len();
            assert!(arguments <= limits.arguments as usize);
        }
        for tree in &trees {
            // The entries of a form are two levels.
            nodes += size(tree, limits.depth.max(2));
        }
    }
    // Placeholders and the entries of forms, each of which is a list of two, are values too.
    assert!(nodes <= 3 * limits.nodes + pieces.len() as u64, "{nodes} values");
    Some(picture_of(pieces.iter().map(|it| &it.skeleton)))
}

/// How many values a tree has, none of which lies deeper than `levels`.
fn size(tree: &Json, levels: u32) -> u64 {
    let inner: Vec<&Json> = match tree {
        Json::Array(items) => items.iter().collect(),
        Json::Object(fields) => fields.values().collect(),
        _ => return 1,
    };
    let levels = levels.checked_sub(1).expect("no deeper than the limit");
    1 + inner.into_iter().map(|it| size(it, levels)).sum::<u64>()
}
