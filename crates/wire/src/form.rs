//! Forms sent without JavaScript.
//!
//! React 19.3.1; `docs/protocol.md` §3. React writes hidden fields whose names begin with `$ACTION_`:
//!
//! | field | meaning |
//! | --- | --- |
//! | `$ACTION_ID_<id>` | the action, with nothing bound to it |
//! | `$ACTION_REF_<token>` | the action is described by the fields of that token |
//! | `$ACTION_<token>:<part>` | a part of a reply whose root is `{"id":"…","bound":"$@1"}` |
//! | `$ACTION_KEY` | which `useActionState` on the page the result belongs to |
//!
//! All others are the user's, and only those reach the action.

use memchr::memmem;

use crate::{
    Limits, ReplyError,
    reply::{Decoded, Entry, FileHead, Heads, Parts, decode_form, metadata},
};

const ACTION: &str = "$ACTION_";
const ID: &str = "$ACTION_ID_";
const REFERENCE: &str = "$ACTION_REF_";
const KEY: &str = "$ACTION_KEY";

/// The fields of a form, in their order.
#[derive(Debug, Default)]
pub struct Fields {
    entries: Vec<(String, Entry)>,
    heads: Heads,
    texts: u32,
    files: u32,
    text_bytes: u64,
}

impl Fields {
    /// No fields yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a field that is text.
    ///
    /// # Errors
    ///
    /// [`ReplyError::TooMuch`] with `fields`, `name_bytes`, `part_bytes`, `string_bytes` or
    /// `body_bytes`.
    pub fn text(&mut self, name: &str, value: String, limits: &Limits) -> Result<(), ReplyError> {
        self.texts += 1;
        ReplyError::check("fields", self.texts, limits.fields)?;
        ReplyError::check("part_bytes", value.len(), limits.part_bytes)?;
        let bytes = (name.len() + value.len()) as u64;
        self.text_bytes = self.text_bytes.saturating_add(bytes);
        ReplyError::check("body_bytes", self.text_bytes, limits.body_bytes)?;
        self.push(name, Entry::Text(value), limits)
    }

    /// Takes a field that is a file; gives its number among the files, from 0: the skeleton's `B`
    /// instructions name it so.
    ///
    /// # Errors
    ///
    /// [`ReplyError::TooMuch`] with `files`, `file_bytes` or `name_bytes`.
    pub fn file(&mut self, name: &str, head: FileHead, limits: &Limits) -> Result<u32, ReplyError> {
        let name_bytes = head.name.as_ref().map_or(0, String::len);
        ReplyError::check("name_bytes", name_bytes, limits.name_bytes)?;
        self.files += 1;
        ReplyError::check("files", self.files, limits.files)?;
        let blob = self.heads.push(head, limits)?;
        self.push(name, Entry::File(blob), limits)?;
        Ok(blob)
    }

    fn push(&mut self, name: &str, entry: Entry, limits: &Limits) -> Result<(), ReplyError> {
        ReplyError::check("name_bytes", name.len(), limits.name_bytes)?;
        if let (Entry::Text(text), false) = (&entry, name.starts_with(ACTION)) {
            ReplyError::check("string_bytes", text.len(), limits.string_bytes)?;
        }
        self.entries.push((name.to_owned(), entry));
        Ok(())
    }
}

/// A form that calls an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormPost {
    /// The action's id, as the sender has it: it may be of no action.
    pub id: String,
    /// What is bound to it, then a FormData of the user's own fields.
    pub arguments: Decoded,
    /// For `useActionState`; `None` where the result belongs to no state on the page.
    pub state: Option<StateKey>,
}

/// What tells a page's `useActionState` that a result is its own; with the result it makes React's
/// tuple `[result, key, reference_id, bound_count - 1]`: the last bound argument is the previous state.
///
/// All of it came from the browser, so it may decide about nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateKey {
    /// React's key, opaque.
    pub key: String,
    /// The id of the form's action: the one that is called.
    pub reference_id: String,
    /// Arguments bound to it.
    pub bound_count: u32,
}

/// Whether the bytes of a multipart body, or of its beginning, name an action.
///
/// A search, no decoding: a field of the user's may contain what we look for, and [`decode`] tells.
pub fn names_action(bytes: &[u8]) -> bool {
    const ID: &[u8] = b"name=\"$ACTION_ID_";
    const REFERENCE: &[u8] = b"name=\"$ACTION_REF_";
    [ID, REFERENCE].iter().any(|name| memmem::find(bytes, name).is_some())
}

/// Decodes a form; `None` if no field of it names an action.
///
/// The last field that names one wins: a form's own comes first, and that of the button that was
/// pressed after it. Only this one is decoded, however many there are.
///
/// ```text
/// $ACTION_REF_1    $ACTION_1:0 = {"id":"save","bound":"$@1"}    $ACTION_1:1 = [7]    title = Hi
///     →    id save, arguments 7, FormData{title: Hi}
/// ```
///
/// # Errors
///
/// As [`reply::decode_parts`](crate::reply::decode_parts); the parts are those of the action's token.
///
/// # Source
///
/// `docs/protocol.md` §3.3 and §3.4; React 19.3.1, `decodeAction` and `decodeFormState`. We tell no
/// state where the form describes another action's than the one that is called.
pub fn decode(fields: Fields, limits: &Limits) -> Result<Option<FormPost>, ReplyError> {
    let Fields { entries, heads, .. } = fields;
    let action = entries.iter().rev().find_map(|(name, _)| {
        let id = name.strip_prefix(ID).map(|id| Action::Id(id.to_owned()));
        id.or_else(|| {
            name.strip_prefix(REFERENCE).map(|token| Action::Reference(format!("{ACTION}{token}:")))
        })
    });
    let Some(action) = action else { return Ok(None) };
    let key = entries.iter().find(|(name, _)| name == KEY);
    let key = key.and_then(|(_, entry)| match entry {
        Entry::Text(key) => Some(key.clone()),
        Entry::File(_) => None,
    });

    let (described, own) = split(entries, &action, limits)?;
    let parts = described.with_heads(heads);
    let (id, bound) = match action {
        Action::Id(id) => (id, None),
        Action::Reference(_) => {
            let function = metadata(parts.metadata(0)?, 0)?;
            (function.id, function.bound)
        }
    };
    let (arguments, bound_count) = decode_form(parts, bound, own, limits)?;
    let state =
        key.zip(bound).map(|(key, _)| StateKey { key, reference_id: id.clone(), bound_count });
    Ok(Some(FormPost { id, arguments, state }))
}

/// What names the action.
enum Action {
    Id(String),
    /// The prefix of the fields that describe it.
    Reference(String),
}

/// The fields that describe the action, and those of the user. What describes other actions, of
/// buttons that weren't pressed, is neither.
fn split(
    entries: Vec<(String, Entry)>,
    action: &Action,
    limits: &Limits,
) -> Result<(Parts, Vec<(String, Entry)>), ReplyError> {
    let mut own = Vec::new();
    let prefix = if let Action::Reference(prefix) = action { prefix.as_str() } else { "" };
    let mut parts = Parts::new(prefix);
    for (name, entry) in entries {
        if !name.starts_with(ACTION) {
            own.push((name, entry));
        } else if !prefix.is_empty() && name.starts_with(prefix) {
            parts.entry(&name, entry, limits)?;
        }
    }
    Ok((parts, own))
}
