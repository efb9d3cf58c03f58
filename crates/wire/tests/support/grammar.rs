//! Bodies that nearly are replies: parts of all kinds, and tags that mostly fit them.

use test_support::choices::Choices;
use wire::FileHead;

/// One entry of a multipart body.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: String,
    pub content: Content,
}

#[derive(Clone, Debug)]
pub enum Content {
    Text(String),
    File(FileHead),
}

impl Part {
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), content: Content::Text(text.into()) }
    }

    /// Bytes that the decoder gets, and a few for the part itself: no body has a part for fewer.
    pub fn bytes(&self) -> usize {
        const FRAME: usize = 48;
        let content = match &self.content {
            Content::Text(text) => text.len(),
            Content::File(head) => {
                head.media_type.len() + head.name.as_ref().map_or(0, String::len)
            }
        };
        FRAME + self.name.len() + content
    }
}

/// What a part is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Value,
    Items,
    Pairs,
    Metadata,
    File,
    Form,
    Events,
    Nothing,
}

const USES: &[&Use] = &[
    &Use::Value,
    &Use::Value,
    &Use::Items,
    &Use::Pairs,
    &Use::Metadata,
    &Use::File,
    &Use::Form,
    &Use::Events,
    &Use::Events,
    &Use::Nothing,
];

const LEAVES: &[&str] = &[
    "0",
    "null",
    "true",
    "-1.5e+3",
    "\"\"",
    "\"a\"",
    "\"$$\"",
    "\"$undefined\"",
    "\"$NaN\"",
    "\"$-0\"",
    "\"$Infinity\"",
    "\"$n-12\"",
    "\"$D2009-02-13T23:31:30.123Z\"",
    "\"$T\"",
    "\"\\u0024$x\"",
    "\"\\ud83d\\ude00é\"",
    "\"$n\"",
    "\"$Z\"",
    "[]",
    "{}",
];

const KEYS: &[&str] = &[
    "a",
    "b",
    "0",
    "1",
    "",
    "then",
    "__proto__",
    "\\u005f_proto__",
    "length",
    "$$consumed",
    "x:y",
    "é",
];

const STEPS: &[&str] = &["0", "1", "2", "a", "b", "", "then", "__proto__", "length", "00", "é"];

const PIECES: &[&str] = &[
    "$", "$Q1", "$0:0", "\"", ":", ",", "[", "]", "{", "}", "null", "\\u0024", "\\", "\\ud800",
    "C", "0", "1", "a", "_", "S", "F", "h", "@", "\u{feff}", "\u{0}", "😀", " ", "\n", "[[[[[[[[",
    "1e999",
];

/// The text of a call that has no parts.
pub fn text(choices: &mut Choices) -> String {
    let body = Body { uses: vec![Use::Items], style: Style::pick(choices) };
    let text = body.list(choices, 0);
    if choices.one_in(6) { choices.damaged(&text, PIECES) } else { text }
}

/// The parts of a call, or of what a form says of its action.
pub fn parts(choices: &mut Choices) -> Vec<Part> {
    let style = Style::pick(choices);
    let mut uses = vec![Use::Items];
    for _ in 0..choices.below(12) {
        uses.push(*choices.pick(USES));
    }
    let body = Body { uses, style };
    let mut late = Vec::new();
    let mut parts = Vec::new();
    for number in 0..body.uses.len() {
        for part in body.part(choices, number) {
            // What stands behind the root mostly is what settles later.
            let is_late = number > 0 && choices.one_in(3);
            if is_late { late.push(part) } else { parts.push(part) }
        }
    }
    if !parts.is_empty() && choices.one_in(2) {
        let at = choices.below(parts.len());
        let root = parts.remove(0);
        parts.insert(at, root);
    }
    parts.append(&mut late);
    disturb(choices, &mut parts);
    parts
}

/// Mostly does nothing.
fn disturb(choices: &mut Choices, parts: &mut Vec<Part>) {
    if parts.is_empty() || !choices.one_in(4) {
        return;
    }
    let at = choices.below(parts.len());
    let mut part = parts[at].clone();
    match choices.below(4) {
        0 => _ = parts.remove(at),
        1 => parts.push(part),
        2 => {
            part.name = choices.damaged(&part.name, PIECES);
            parts[at] = part;
        }
        _ => {
            if let Content::Text(text) = &mut part.content {
                *text = choices.damaged(text, PIECES);
            }
            parts[at] = part;
        }
    }
}

/// The spellings of one version, or of none.
#[derive(Clone, Copy)]
struct Style {
    reference: &'static str,
    field: &'static str,
    event: &'static str,
}

impl Style {
    fn pick(choices: &mut Choices) -> Self {
        let (reference, field, event) = match choices.below(8) {
            0 => ("F", "", ""),
            1 => ("h", "", ""),
            2 => ("h", "_", ""),
            3 => ("F", "_", "S"),
            _ => ("h", "_", "S"),
        };
        Self { reference, field, event }
    }
}

struct Body {
    uses: Vec<Use>,
    style: Style,
}

impl Body {
    fn part(&self, choices: &mut Choices, number: usize) -> Vec<Part> {
        let Style { field, event, .. } = self.style;
        match self.uses[number] {
            Use::Nothing => vec![],
            Use::Value => vec![Part::text(number.to_string(), self.value(choices, 0))],
            Use::Items => vec![Part::text(number.to_string(), self.list(choices, 0))],
            Use::Pairs => {
                let pair = |choices: &mut Choices| {
                    format!("[{},{}]", self.value(choices, 2), self.value(choices, 2))
                };
                let pairs: Vec<_> = (0..choices.below(4)).map(|_| pair(choices)).collect();
                vec![Part::text(number.to_string(), format!("[{}]", pairs.join(",")))]
            }
            Use::Metadata => {
                let bound = match choices.below(3) {
                    0 => format!("\"$@{:x}\"", self.number(choices, Use::Items)),
                    _ => "null".to_owned(),
                };
                let id = choices.pick(&["one", "two", "a#b", "$$x", "\\u00e9"]);
                vec![Part::text(
                    number.to_string(),
                    format!("{{\"id\":\"{id}\",\"bound\":{bound}}}"),
                )]
            }
            Use::File => vec![file(choices, number.to_string())],
            Use::Form => (0..=choices.below(4))
                .map(|_| {
                    let key = choices.pick(&["a", "b", "", "_", "$ACTION_KEY", "é"]);
                    let name = format!("{field}{number}_{key}");
                    if choices.one_in(4) { file(choices, name) } else { Part::text(name, "v\n") }
                })
                .collect(),
            Use::Events => self.events(choices, &format!("{event}{number}")),
        }
    }

    fn events(&self, choices: &mut Choices, name: &str) -> Vec<Part> {
        let count = if choices.one_in(8) { choices.below(60) } else { choices.below(4) };
        let item = |choices: &mut Choices| Part::text(name, self.value(choices, 2));
        let mut events: Vec<_> = (0..count).map(|_| item(choices)).collect();
        match choices.below(4) {
            0 => {}
            1 => events.push(Part::text(name, format!("C{}", self.value(choices, 2)))),
            _ => events.push(Part::text(name, "C")),
        }
        events
    }

    fn list(&self, choices: &mut Choices, level: usize) -> String {
        if choices.one_in(8) {
            // Much from little: what a body costs shows in what is there often.
            let item = self.value(choices, level + 1);
            let most = if item.len() < 64 { 1_500 } else { 20 };
            return format!("[{}]", vec![item; choices.below(most)].join(","));
        }
        let items: Vec<_> = (0..choices.below(5)).map(|_| self.value(choices, level + 1)).collect();
        format!("[{}]", items.join(","))
    }

    fn value(&self, choices: &mut Choices, level: usize) -> String {
        if choices.is_empty() || level > 6 {
            return choices.pick(LEAVES).to_owned();
        }
        match choices.below(8) {
            0 | 1 => choices.pick(LEAVES).to_owned(),
            2 => self.list(choices, level),
            3 => self.object(choices, level),
            4 => self.path(choices),
            5 if choices.one_in(8) => {
                let levels = choices.below(80);
                let inner = self.value(choices, 7);
                format!("{}{inner}{}", "[".repeat(levels), "]".repeat(levels))
            }
            5 if choices.one_in(4) => format!("\"{}\"", "x".repeat(choices.below(3_000))),
            _ => self.tag(choices),
        }
    }

    fn object(&self, choices: &mut Choices, level: usize) -> String {
        let count = choices.below(4);
        let field = |choices: &mut Choices| {
            format!("\"{}\":{}", choices.pick(KEYS), self.value(choices, level + 1))
        };
        let mut fields: Vec<_> = (0..count).map(|_| field(choices)).collect();
        if choices.one_in(16) {
            fields.extend((0..choices.below(200)).map(|at| format!("\"k{at}\":{at}")));
        }
        format!("{{{}}}", fields.join(","))
    }

    fn path(&self, choices: &mut Choices) -> String {
        let mut path = format!("\"${:x}", self.any(choices));
        for _ in 0..choices.below(4) {
            path.push(':');
            path.push_str(choices.pick(STEPS));
        }
        path + "\""
    }

    fn tag(&self, choices: &mut Choices) -> String {
        let number = self.any(choices);
        let reference = self.style.reference;
        let fitting: &[&str] = match self.uses.get(number) {
            Some(Use::Value) => &["@", "@", ""],
            Some(Use::Items) => &["W", "i", "@", ""],
            Some(Use::Pairs) => &["Q", "Q", "@"],
            Some(Use::Metadata) => &[reference],
            Some(Use::File) => {
                &["B", "A", "o", "O", "U", "S", "s", "L", "l", "G", "g", "M", "m", "V"]
            }
            Some(Use::Form) => &["K"],
            Some(Use::Events) => &["R", "r", "X", "x"],
            Some(Use::Nothing) | None => &["@", "K", "R", "X", "Q", "B"],
        };
        let any = &["Q", "W", "i", "K", "B", "o", "h", "F", "@", "R", "r", "X", "x", "T"];
        let letter = if choices.one_in(16) { choices.pick(any) } else { choices.pick(fitting) };
        format!("\"${letter}{number:x}\"")
    }

    /// The number of a part, or one past them.
    fn any(&self, choices: &mut Choices) -> usize {
        choices.below(self.uses.len() + 1)
    }

    /// The number of a part for `wanted`, if there is one.
    fn number(&self, choices: &mut Choices, wanted: Use) -> usize {
        let start = self.any(choices);
        let fits = |number: &usize| *number > 0 && self.uses.get(*number) == Some(&wanted);
        (start..self.uses.len()).chain(1..start).find(fits).unwrap_or(start)
    }
}

fn file(choices: &mut Choices, name: String) -> Part {
    let head = FileHead {
        name: choices.one_in(2).then(|| choices.pick(&["a.txt", "", "é \"q\".png"]).to_owned()),
        media_type: choices.pick(&["", "text/plain", "x/y"]).to_owned(),
        bytes: *choices.pick(&[&0, &8, &16, &7, &1_000_000_u64]),
    };
    Part { name, content: Content::File(head) }
}

/// The fields of a form: actions and what describes them, and the user's own.
pub fn fields(choices: &mut Choices) -> Vec<Part> {
    let mut fields = Vec::new();
    for _ in 0..choices.below(6) {
        let token = choices.pick(&["1", "", "a-2", "_"]);
        match choices.below(6) {
            0 => fields.push(Part::text(format!("$ACTION_ID_{token}"), "")),
            1 => fields.push(Part::text("$ACTION_KEY", "k1")),
            2 => fields.push(Part::text("a", "b")),
            3 => fields.push(file(choices, "a".to_owned())),
            _ => {
                fields.push(Part::text(format!("$ACTION_REF_{token}"), ""));
                let bound = if choices.one_in(4) { "null" } else { "\"$@1\"" };
                let metadata = format!("{{\"id\":\"x\",\"bound\":{bound}}}");
                for mut part in parts(choices) {
                    if part.name == "0" {
                        part.content = Content::Text(metadata.clone());
                    }
                    part.name = format!("$ACTION_{token}:{}", part.name);
                    fields.push(part);
                }
            }
        }
    }
    disturb(choices, &mut fields);
    fields
}
