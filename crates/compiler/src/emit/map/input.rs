//! The map of a source that was itself made from something else.

use serde::Deserialize;

/// A source map (version 3) that can be asked for places.
#[derive(Debug)]
pub(super) struct InputMap {
    pub(super) sources: Vec<Option<String>>,
    pub(super) contents: Vec<Option<String>>,
    pub(super) names: Vec<String>,
    /// For each line of the generated text, its segments in the order of their columns.
    lines: Vec<Vec<Segment>>,
}

#[derive(Debug, Clone, Copy)]
struct Segment {
    column: u32,
    /// `None`: this text comes from nowhere.
    origin: Option<Traced>,
}

/// A place of an original source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Traced {
    pub(super) source: u32,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) name: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Json {
    version: u32,
    #[serde(default)]
    source_root: Option<String>,
    sources: Vec<Option<String>>,
    #[serde(default)]
    sources_content: Vec<Option<String>>,
    #[serde(default)]
    names: Vec<String>,
    mappings: String,
}

impl InputMap {
    /// Reads a map; `None` if it is none, or one of sections.
    pub(super) fn read(json: &str) -> Option<Self> {
        let json: Json = serde_json::from_str(json).ok()?;
        if json.version != 3 {
            return None;
        }
        let root = json.source_root.filter(|it| !it.is_empty());
        let rooted = |path: String| match &root {
            Some(root) => format!("{}/{path}", root.trim_end_matches('/')),
            None => path,
        };
        Some(Self {
            lines: lines(&json.mappings, json.sources.len(), json.names.len())?,
            sources: json.sources.into_iter().map(|it| it.map(rooted)).collect(),
            contents: json.sources_content,
            names: json.names,
        })
    }

    /// Where the text at a place of the generated text comes from.
    pub(super) fn trace(&self, line: u32, column: u32) -> Option<Traced> {
        let segments = self.lines.get(line as usize)?;
        let after = segments.partition_point(|it| it.column <= column);
        segments[..after].last()?.origin
    }
}

/// Decodes mappings: `;` between lines, `,` between segments, numbers relative to those before.
fn lines(mappings: &str, sources: usize, names: usize) -> Option<Vec<Vec<Segment>>> {
    let (mut source, mut line, mut column, mut name) = (0, 0, 0, 0);
    let mut lines = Vec::new();
    for text in mappings.split(';') {
        let mut generated = 0;
        let mut segments = Vec::new();
        for segment in text.split(',').filter(|it| !it.is_empty()) {
            let numbers = numbers(segment)?;
            generated = moved(generated, numbers[0], usize::MAX)?;
            let origin = match numbers.len() {
                1 => None,
                4 | 5 => {
                    source = moved(source, numbers[1], sources)?;
                    line = moved(line, numbers[2], usize::MAX)?;
                    column = moved(column, numbers[3], usize::MAX)?;
                    if let Some(by) = numbers.get(4) {
                        name = moved(name, *by, names)?;
                    }
                    Some(Traced { source, line, column, name: numbers.get(4).map(|_| name) })
                }
                _ => return None,
            };
            segments.push(Segment { column: generated, origin });
        }
        segments.sort_by_key(|it| it.column);
        lines.push(segments);
    }
    Some(lines)
}

/// `from` and `by`, if that is a number below `end`.
fn moved(from: u32, by: i64, end: usize) -> Option<u32> {
    let to = u32::try_from(i64::from(from) + by).ok()?;
    ((to as usize) < end).then_some(to)
}

/// Base64 digits of five bits, the least first; the lowest bit of all is the sign.
fn numbers(segment: &str) -> Option<Vec<i64>> {
    let mut numbers = Vec::with_capacity(5);
    let (mut number, mut shift) = (0_i64, 0);
    for byte in segment.bytes() {
        let digit = super::DIGITS.iter().position(|&it| it == byte)? as i64;
        if shift > 30 {
            return None;
        }
        number |= (digit & 0b1_1111) << shift;
        shift += 5;
        if digit & 0b10_0000 == 0 {
            numbers.push(if number & 1 == 1 { -(number >> 1) } else { number >> 1 });
            (number, shift) = (0, 0);
        }
    }
    (shift == 0).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(mappings: &str) -> Option<InputMap> {
        InputMap::read(&format!(
            r#"{{"version":3,"sourceRoot":"src/","sources":["a.ts",null],"names":["x"],"mappings":"{mappings}"}}"#
        ))
    }

    #[test]
    fn a_place_is_traced_to_the_segment_before_it() {
        let map = map("AAAA,IACEA,E;;ECAF").unwrap();
        let at = |line, column, name| Some(Traced { source: 0, line, column, name });
        assert_eq!(map.trace(0, 0), at(0, 0, None));
        assert_eq!(map.trace(0, 3), at(0, 0, None));
        assert_eq!(map.trace(0, 4), at(1, 2, Some(0)));
        assert_eq!(map.trace(0, 6), None, "a segment of one number comes from nowhere");
        assert_eq!(map.trace(1, 0), None);
        assert_eq!(map.trace(2, 1), None);
        assert_eq!(map.trace(2, 9), Some(Traced { source: 1, line: 1, column: 0, name: None }));
        assert_eq!(map.sources[0].as_deref(), Some("src/a.ts"));
    }

    #[test]
    fn what_is_no_map_is_none() {
        for broken in ["A?", "AA", "D", "AGAA", "AAAAC", "g", "gggggggggggggB"] {
            assert!(map(broken).is_none(), "{broken}");
        }
        assert!(InputMap::read("{}").is_none());
        assert!(InputMap::read(r#"{"version":2,"sources":[],"mappings":""}"#).is_none());
    }
}
