//! What holds for all inputs: no panic, no value but the one that was sent, output no larger than
//! the input allows.

mod revive;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::LazyLock,
};

use proptest::prelude::*;
use revive::{picture, picture_of};
use serde_json::{Value as Json, json};
use wire::{
    FileHead, Limits, Skeleton, flight, form,
    reply::{Decoder, Parts, decode_parts, decode_text},
};

static LIMITS: LazyLock<Limits> = LazyLock::new(|| Limits {
    body_bytes: 1 << 24,
    nodes: 100_000,
    events: 1_000,
    file_bytes: 1 << 20,
    ..Limits::default()
});

/// A value as a browser has it. `Again` is the n-th object met so far, if there are as many.
#[derive(Clone, Debug)]
enum Value {
    Plain(Json),
    Text(String),
    Tag(&'static str, &'static str),
    Array(Vec<Value>),
    Object(BTreeMap<String, Value>),
    Map(Vec<(Value, Value)>),
    Set(Vec<Value>),
    Form(Vec<(String, String)>),
    Function(Option<Vec<Value>>),
    Iterator(Vec<Value>),
    /// A promise, a stream or an iterable, by React's letter: its items, and its end if it has one.
    Live(char, Vec<Value>, Option<Option<Box<Value>>>),
    Again(usize),
}

fn values() -> impl Strategy<Value = Value> {
    let keys =
        || prop_oneof![4 => "[a-c]", 1 => r#"[$"\\é😀\n: ]{0,3}"#, 1 => Just("then".to_owned())];
    let leaf = prop_oneof![
        any::<i32>().prop_map(|it| Value::Plain(json!(it))),
        any::<bool>().prop_map(|it| Value::Plain(json!(it))),
        Just(Value::Plain(Json::Null)),
        r#"[$\\"aé😀\u{1}]{0,4}"#.prop_map(Value::Text),
        prop_oneof![
            Just(("$undefined", "u")),
            Just(("$NaN", "N")),
            Just(("$-0", "-0")),
            Just(("$n-12", "-12n")),
            Just(("$D2009-02-13T23:31:30.123Z", "Date \"2009-02-13T23:31:30.123Z\"")),
        ]
        .prop_map(|(tag, drawn)| Value::Tag(tag, drawn)),
        (0_usize..8).prop_map(Value::Again),
        prop::collection::vec((keys(), ".{0,4}"), 0..3).prop_map(Value::Form),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::btree_map(keys(), inner.clone(), 0..5).prop_map(Value::Object),
            prop::collection::vec((inner.clone(), inner.clone()), 0..3).prop_map(Value::Map),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Set),
            prop::option::of(prop::collection::vec(inner.clone(), 0..3)).prop_map(Value::Function),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Iterator),
            prop::option::weighted(0.9, inner.clone()).prop_map(|value| Value::Live(
                '@',
                vec![],
                value.map(|it| Some(Box::new(boxed(it))))
            )),
            (
                prop::sample::select(vec!['R', 'X', 'x']),
                prop::collection::vec(inner.clone(), 0..4),
                prop::option::weighted(0.9, prop::option::of(inner.prop_map(Box::new))),
            )
                .prop_map(|(kind, items, end)| {
                    Value::Live(kind, items, end.map(|it| it.filter(|_| kind != 'R')))
                }),
        ]
    })
}

/// A promise's value as one can have it: not the promise itself.
fn boxed(value: Value) -> Value {
    if matches!(value, Value::Again(_)) { Value::Array(vec![value]) } else { value }
}

/// React's encoder, as far as the decoder goes (`docs/protocol.md` §1); beside it the picture.
#[derive(Default)]
struct Sender {
    parts: Vec<(String, String)>,
    /// What comes behind the root.
    late: Vec<(String, String)>,
    last: u32,
    /// The path of each object, and its number in the picture; nothing while it can't be referred to.
    met: Vec<Option<(String, usize)>>,
    drawn: usize,
}

impl Sender {
    fn number(&mut self, path: Option<String>) -> usize {
        let number = self.drawn;
        self.drawn += 1;
        self.met.push(path.map(|path| (path, number)));
        number
    }

    fn part(&mut self) -> u32 {
        self.last += 1;
        self.last
    }

    /// The model of a value, and its picture.
    fn send(&mut self, value: &Value, path: Option<String>) -> (Json, String) {
        let inside = |key: &str| {
            path.as_ref().filter(|_| !key.contains(':')).map(|path| format!("{path}:{key}"))
        };
        match value {
            Value::Plain(json) => (json.clone(), json.to_string()),
            Value::Tag(tag, drawn) => (json!(tag), (*drawn).to_owned()),
            Value::Text(text) => {
                let model = if text.starts_with('$') { format!("${text}") } else { text.clone() };
                (json!(model), json!(text).to_string())
            }
            Value::Again(nth) => match self.met.get(*nth) {
                Some(Some((path, number))) => (json!(path), format!("*{number}")),
                _ => (Json::Null, "null".to_owned()),
            },
            Value::Array(items) => {
                self.number(path.clone());
                let mut drawn = String::from("[");
                let mut models = Vec::new();
                for (at, item) in items.iter().enumerate() {
                    let (model, text) = self.send(item, inside(&at.to_string()));
                    models.push(model);
                    drawn.push_str(&(text + ","));
                }
                (Json::Array(models), drawn + "]")
            }
            Value::Object(fields) => {
                self.number(path.clone());
                let mut drawn = String::from("{");
                let mut models = serde_json::Map::new();
                for (key, field) in fields {
                    let (model, mut text) = self.send(field, inside(key));
                    if matches!(field, Value::Function(_)) && key == "then" {
                        text = "null".to_owned();
                    }
                    if text != "u" {
                        drawn.push_str(&format!("{key:?}:{text},"));
                    }
                    models.insert(key.clone(), model);
                }
                (Json::Object(models), drawn + "}")
            }
            Value::Map(entries) => {
                let list = entries
                    .iter()
                    .map(|(key, value)| Value::Array(vec![key.clone(), value.clone()]));
                self.filled("$Q", "Map", list.collect(), path)
            }
            Value::Set(items) => self.filled("$W", "Set", items.clone(), path),
            Value::Iterator(items) => self.filled("$i", "Iterator", items.clone(), path),
            Value::Live(kind, items, end) => self.live(*kind, items, end.as_ref(), path),
            Value::Form(entries) => {
                let id = self.part();
                self.number(path);
                self.drawn += 1;
                let mut drawn = String::from("FormData([");
                for (name, value) in entries {
                    self.parts.push((format!("_{id}_{name}"), value.clone()));
                    drawn.push_str(&format!("[{},{},],", json!(name), json!(value)));
                    self.drawn += 1;
                }
                (json!(format!("$K{id:x}")), drawn + "])")
            }
            Value::Function(bound) => {
                self.drawn += 1;
                let mut metadata = json!({ "id": "f", "bound": null });
                let mut drawn = String::from("function \"f\"(");
                if let Some(bound) = bound {
                    let id = self.part();
                    let (model, text) =
                        self.send(&Value::Array(bound.clone()), Some(format!("${id:x}")));
                    self.parts.push((id.to_string(), model.to_string()));
                    metadata["bound"] = json!(format!("$@{id:x}"));
                    drawn.push_str(&text);
                }
                let id = self.part();
                self.parts.push((id.to_string(), metadata.to_string()));
                (json!(format!("$h{id:x}")), drawn + ")")
            }
        }
    }

    /// Objects in events have no path.
    fn live(
        &mut self,
        kind: char,
        items: &[Value],
        end: Option<&Option<Box<Value>>>,
        path: Option<String>,
    ) -> (Json, String) {
        let id = self.part();
        self.number(path);
        let (name, inner) = match kind {
            '@' => (id.to_string(), Some(format!("${id:x}"))),
            _ => (format!("S{id}"), None),
        };
        let mut drawn = format!("{kind}(");
        for item in items {
            let (model, text) = self.send(item, None);
            self.late.push((name.clone(), model.to_string()));
            drawn.push_str(&(text + ","));
        }
        let mark = if kind == '@' { "" } else { "C" };
        match end {
            None => drawn.push_str("fails"),
            Some(None) => {
                self.late.push((name, "C".to_owned()));
                drawn.push_str("ends");
            }
            Some(Some(value)) => {
                let (model, text) = self.send(value, inner);
                self.late.push((name, format!("{mark}{model}")));
                drawn.push_str(&text);
            }
        }
        (json!(format!("${kind}{id:x}")), drawn + ")")
    }

    /// All parts, in an order in which they may come: the events of each stream in theirs.
    fn arrival(self, root: &Json, seed: u64) -> Vec<(String, String)> {
        let mut all = self.parts;
        all.push(("0".to_owned(), root.to_string()));
        let mut queues: BTreeMap<String, VecDeque<String>> = BTreeMap::new();
        for (name, text) in self.late {
            queues.entry(name).or_default().push_back(text);
        }
        let mut dice = seed;
        while !queues.is_empty() {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let at = (dice >> 33) as usize % queues.len();
            let name = queues.keys().nth(at).unwrap().clone();
            let queue = queues.get_mut(&name).unwrap();
            all.push((name.clone(), queue.pop_front().unwrap()));
            if queue.is_empty() {
                queues.remove(&name);
            }
        }
        all
    }

    fn filled(
        &mut self,
        tag: &str,
        name: &str,
        items: Vec<Value>,
        path: Option<String>,
    ) -> (Json, String) {
        let id = self.part();
        self.number(path);
        let (model, drawn) = self.send(&Value::Array(items), Some(format!("${id:x}")));
        self.parts.push((id.to_string(), model.to_string()));
        (json!(format!("{tag}{id:x}")), format!("{name}({drawn})"))
    }
}

/// `then` with a function in it is null on arrival: nothing in that function arrives, and nothing may
/// refer to it. The sender above would still number it, so such values are left out.
fn has_function_at_then(value: &Value) -> bool {
    match value {
        Value::Array(items)
        | Value::Set(items)
        | Value::Iterator(items)
        | Value::Function(Some(items)) => items.iter().any(has_function_at_then),
        Value::Live(_, items, end) => {
            items.iter().any(has_function_at_then)
                || matches!(end, Some(Some(value)) if has_function_at_then(value))
        }
        Value::Map(entries) => entries
            .iter()
            .any(|(key, value)| has_function_at_then(key) || has_function_at_then(value)),
        Value::Object(fields) => fields.iter().any(|(key, field)| {
            (key == "then" && matches!(field, Value::Function(_))) || has_function_at_then(field)
        }),
        _ => false,
    }
}

fn parts_of(parts: &[(String, String)]) -> Result<Parts, wire::ReplyError> {
    let mut out = Parts::new("");
    for (name, value) in parts {
        out.text(name, value.clone(), &LIMITS)?;
    }
    Ok(out)
}

/// Reads rows as a client would, and checks that each stands where it may be referred to.
fn check_rows(bytes: &[u8]) {
    let mut rest = bytes;
    let mut models = Vec::new();
    let mut ids = Vec::new();
    while !rest.is_empty() {
        let colon = rest.iter().position(|byte| *byte == b':').expect("an id");
        let id = std::str::from_utf8(&rest[..colon]).unwrap().to_owned();
        assert!(!ids.contains(&id), "each id once");
        ids.push(id);
        rest = &rest[colon + 1..];
        if matches!(rest[0], b'T' | b'o') {
            let comma = rest.iter().position(|byte| *byte == b',').expect("a length");
            let length =
                usize::from_str_radix(std::str::from_utf8(&rest[1..comma]).unwrap(), 16).unwrap();
            if rest[0] == b'T' {
                std::str::from_utf8(&rest[comma + 1..comma + 1 + length]).expect("text");
            }
            rest = &rest[comma + 1 + length..];
        } else {
            let end = rest.iter().position(|byte| *byte == b'\n').expect("the end of the line");
            models.push(serde_json::from_slice::<Json>(&rest[..end]).expect("a model"));
            rest = &rest[end + 1..];
        }
    }
    let mut open: Vec<&Json> = models.iter().collect();
    while let Some(model) = open.pop() {
        match model {
            Json::Array(items) => open.extend(items),
            Json::Object(fields) => open.extend(fields.values()),
            Json::String(text) if text.starts_with('$') && !text.starts_with("$$") => {
                let id = text.trim_start_matches(['$', 'Q', 'W', 'K', 'i', 'h', '@', 'B']);
                let id = id.split(':').next().unwrap();
                let is_value = ["$undefined", "$NaN", "$-0"].contains(&text.as_str())
                    || text.starts_with("$n")
                    || text.starts_with("$D");
                assert!(is_value || ids.iter().any(|known| known == id), "{text} has a row");
            }
            _ => {}
        }
    }
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "[^$]?.{0,6}".prop_map(Json::from),
    ];
    leaf.prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::from),
            prop::collection::btree_map(".{0,4}", inner, 0..6)
                .prop_map(|fields| Json::Object(fields.into_iter().collect())),
        ]
    })
}

/// Texts made of what replies are made of.
fn nonsense() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        Just("["),
        Just("]"),
        Just("{"),
        Just("}"),
        Just(","),
        Just(":"),
        Just("\""),
        Just("\\"),
        Just("$"),
        Just("\"$"),
        Just("\"$0:0\""),
        Just("\"$Q1\""),
        Just("\"$W1\""),
        Just("\"$K2\""),
        Just("\"$h3\""),
        Just("\"$1:0:1\""),
        Just("\"$@4\""),
        Just("\"$@1\""),
        Just("\"$R6\""),
        Just("\"$x6\""),
        Just("\"$r6\""),
        Just("\"$i1\""),
        Just("\"$o5\""),
        Just("\"$T\""),
        Just("\"a\":"),
        Just("\"__proto__\":"),
        Just("\"then\":"),
        Just("[1,2]"),
        Just("\\ud800"),
        Just("null"),
        Just("1e9"),
        Just("\"$undefined\""),
        Just("\"$n1\""),
        Just("é"),
        Just(" "),
        Just("\"$B5\""),
        Just("[[\"a\",\"$0\"]]"),
        Just("{\"id\":\"x\",\"bound\":\"$@4\"}"),
    ];
    prop_oneof![
        3 => prop::collection::vec(word, 0..14).prop_map(|words| words.concat()),
        3 => prop::collection::vec(
            prop_oneof![
                Just("\"$0:0\""), Just("\"$Q1\""), Just("\"$W1\""), Just("\"$K2\""), Just("\"$h3\""), Just("\"$1\""),
                Just("\"$1:0:1\""), Just("\"$0:1:a\""), Just("{\"a\":[\"$0:0\"]}"), Just("{\"then\":\"$h3\"}"),
                Just("[[\"$n1\",\"$1:0\"]]"), Just("\"$B5\""), Just("[1]"), Just("\"$$\""), Just("\"$@1\""), Just("\"$@2\""), Just("\"$X6\""), Just("\"$i4\""), Just("\"$o5\""), Just("\"$undefined\""),
                Just("{\"__proto__\":\"$Q1\"}"), Just("[\"$1\",\"$4\"]"), Just("\"$4:0\""), Just("[1,2]"),
            ],
            0..6,
        )
        .prop_map(|items| format!("[{}]", items.join(","))),
        1 => any::<String>(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn what_was_sent_is_what_arrives(arguments in prop::collection::vec(values(), 0..4), seed: u64) {
        let arguments = Value::Array(arguments);
        prop_assume!(!has_function_at_then(&arguments));
        let mut sender = Sender::default();
        let (root, drawn) = sender.send(&arguments, Some("$0".to_owned()));
        let parts = sender.arrival(&root, seed);
        let decoded = decode_parts(parts_of(&parts).unwrap(), &LIMITS).unwrap();
        prop_assert_eq!(picture(&decoded.skeleton), drawn);
    }

    #[test]
    fn what_arrives_in_pieces_is_the_same(
        arguments in prop::collection::vec(values(), 0..4),
        seed: u64,
        asks in prop::collection::vec(any::<bool>(), 40),
    ) {
        let arguments = Value::Array(arguments);
        prop_assume!(!has_function_at_then(&arguments));
        let mut sender = Sender::default();
        let (root, drawn) = sender.send(&arguments, Some("$0".to_owned()));
        let mut decoder = Decoder::new(&LIMITS);
        let mut pieces = Vec::new();
        let mut is_open = true;
        for ((name, text), ask) in sender.arrival(&root, seed).into_iter().zip(asks.iter().cycle()) {
            decoder.text(&name, text).unwrap();
            if *ask && let Some(piece) = decoder.decode().unwrap() {
                prop_assert!(is_open, "nothing comes behind the last piece");
                is_open = piece.is_open;
                pieces.push(piece.skeleton);
            }
        }
        decoder.end();
        if let Some(piece) = decoder.decode().unwrap() {
            prop_assert!(is_open && !piece.is_open);
            pieces.push(piece.skeleton);
        }
        prop_assert_eq!(decoder.decode().unwrap(), None);
        prop_assert_eq!(picture_of(&pieces), drawn);
    }

    #[test]
    fn plain_json_comes_back_as_it_is(arguments in prop::collection::vec(json(), 0..4)) {
        let arguments = Json::Array(arguments);
        let escaped = escaped(&arguments);
        for text in [escaped.to_string(), format!("{escaped:#}")] {
            let Skeleton { text, program } = decode_text(&text, &LIMITS).unwrap().skeleton;
            let shown: Json = serde_json::from_str(&text).unwrap();
            if program.is_empty() {
                prop_assert_eq!(shown, arguments.clone());
            } else {
                prop_assert!(text.contains("__proto__"));
            }
        }
    }

    #[test]
    fn nothing_that_is_sent_makes_it_panic(
        texts in prop::collection::vec(nonsense(), 5),
        field in ".{0,8}",
    ) {
        let _ = decode_text(&texts[0], &LIMITS);
        let mut parts = Parts::new("");
        let mut fields = form::Fields::new();
        let _ = fields.text("$ACTION_REF_1", String::new(), &LIMITS);
        let _ = fields.text("$ACTION_KEY", field.clone(), &LIMITS);
        for (part, text) in texts.iter().enumerate() {
            let text = if part == 3 { "{\"id\":\"x\",\"bound\":\"$@4\"}" } else { text };
            parts.text(&part.to_string(), text.to_owned(), &LIMITS).unwrap();
            let described = if part == 0 { "{\"id\":\"x\",\"bound\":\"$@1\"}" } else { text };
            fields.text(&format!("$ACTION_1:{part}"), described.to_owned(), &LIMITS).unwrap();
        }
        let _ = parts.text(&field, field.clone(), &LIMITS);
        let _ = parts.file("5", FileHead::default(), &LIMITS);
        let _ = parts.text("S6", texts[4].clone(), &LIMITS);
        let _ = parts.text("S6", format!("C{}", texts[1]), &LIMITS);
        if let Ok(decoded) = decode_parts(parts, &LIMITS) {
            check_skeleton(&decoded.skeleton);
        }
        if let Ok(Some(post)) = form::decode(fields, &LIMITS) {
            check_skeleton(&post.arguments.skeleton);
        }
    }

    #[test]
    fn any_part_may_be_damaged(
        arguments in prop::collection::vec(values(), 1..3),
        at in any::<prop::sample::Index>(),
        part in any::<prop::sample::Index>(),
        byte in prop_oneof![Just('$'), Just('"'), Just('['), Just('}'), Just('0'), Just(':'), Just('Q'), Just('\\')],
    ) {
        let mut sender = Sender::default();
        let (root, _) = sender.send(&Value::Array(arguments), Some("$0".to_owned()));
        let mut parts = sender.arrival(&root, 1);
        let count = parts.len();
        let text = &mut parts[part.index(count)].1;
        let mut chars: Vec<char> = text.chars().collect();
        if !chars.is_empty() {
            let at = at.index(chars.len());
            chars[at] = byte;
        }
        *text = chars.into_iter().collect();
        let whole = parts_of(&parts).and_then(|parts| decode_parts(parts, &LIMITS));
        if let Ok(decoded) = &whole {
            check_skeleton(&decoded.skeleton);
        }
        let pieces = in_pieces(&parts);
        prop_assert_eq!(pieces.is_ok(), whole.is_ok(), "{:?} {:?}", pieces, whole);
    }

    #[test]
    fn rows_are_rows_whatever_the_value(value in values()) {
        let mut sender = Sender::default();
        let (root, _) = sender.send(&Value::Array(vec![value]), Some("$0".to_owned()));
        let parts = parts_of(&sender.arrival(&root, 1)).unwrap();
        let skeleton = decode_parts(parts, &LIMITS).unwrap().skeleton;
        match flight::encode_value(&skeleton, &[]) {
            Ok(rows) => check_rows(&rows.bytes),
            // What is whole has nothing that is still to come.
            Err(_) => prop_assert!(skeleton.program.contains("\"@\"")),
        }
    }

    #[test]
    fn no_skeleton_makes_the_encoder_panic(text in nonsense(), program in nonsense()) {
        if let Ok(rows) = flight::encode_call(&Skeleton { text, program }, &[]) {
            let has_envelope = rows.bytes.starts_with(b"0:{\"a\":\"$@1\"}\n");
            prop_assert!(has_envelope);
        }
    }
}

/// Decodes parts one by one; gives the picture of the pieces, if they can be drawn.
fn in_pieces(parts: &[(String, String)]) -> Result<(), wire::ReplyError> {
    let mut decoder = Decoder::new(&LIMITS);
    let mut pieces = Vec::new();
    for (name, text) in parts {
        decoder.text(name, text.clone())?;
        pieces.extend(decoder.decode()?);
    }
    decoder.end();
    pieces.extend(decoder.decode()?);
    if !pieces.is_empty() && pieces.iter().all(|piece| !piece.skeleton.text.contains("\\ud800")) {
        picture_of(pieces.iter().map(|piece| &piece.skeleton));
    }
    Ok(())
}

/// JSON beside lone surrogates, which serde_json doesn't know, and fit for the reviver.
fn check_skeleton(skeleton: &Skeleton) {
    if !skeleton.text.contains("\\ud800") {
        picture(skeleton);
    }
}

fn escaped(json: &Json) -> Json {
    match json {
        Json::String(text) if text.starts_with('$') => json!(format!("${text}")),
        Json::Array(items) => items.iter().map(escaped).collect(),
        Json::Object(fields) => {
            Json::Object(fields.iter().map(|(key, field)| (key.clone(), escaped(field))).collect())
        }
        other => other.clone(),
    }
}
