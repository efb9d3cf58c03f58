//! What a path is to the cache: the tags of a page, and the tag that invalidates it.
//!
//! A page carries one tag for its own path and one *layout* tag for each path above it, itself
//! included. `revalidatePath('/a')` marks the first kind, `revalidatePath('/a', 'layout')` the
//! second, which every page below `/a` carries. User tags live in a space of their own, so no tag
//! that a user writes can stand for a path.

use crate::settings::BadOption;

/// What `revalidatePath` is to hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The page at the path.
    Page,
    /// Every page at or below it.
    Layout,
}

impl std::str::FromStr for Reach {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Self, BadOption> {
        match text {
            "page" => Ok(Self::Page),
            "layout" => Ok(Self::Layout),
            _ => Err(BadOption {
                option: "revalidatePath's type",
                problem: "is 'page' or 'layout'".to_owned(),
            }),
        }
    }
}

/// The cache's name for a user's tag.
pub fn user_tag(tag: &str) -> String {
    format!("t:{tag}")
}

/// The tag that `revalidatePath(path)` marks.
pub fn path_tag(path: &str, reach: Reach) -> String {
    let kind = match reach {
        Reach::Page => 'p',
        Reach::Layout => 'l',
    };
    format!("{kind}:{}", normal(path))
}

/// All tags that a page at `path` carries.
pub fn page_tags(path: &str) -> Vec<String> {
    let path = normal(path);
    let mut tags = vec![format!("p:{path}"), "l:/".to_owned()];
    let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
    tags.extend(ends.filter(|&end| end > 1).map(|end| format!("l:{}", &path[..end])));
    tags
}

/// One spelling for each path: no query, hash or trailing slash, one leading slash, no doubled
/// ones, percent-encoding undone where it stands for UTF-8.
pub fn normal(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or("");
    let mut normal = String::with_capacity(path.len() + 1);
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        normal.push('/');
        normal.push_str(&decoded(segment));
    }
    if normal.is_empty() { "/".to_owned() } else { normal }
}

/// `%C3%A9` → `é`; an encoded slash stays encoded, it separates nothing.
fn decoded(segment: &str) -> String {
    if !segment.contains('%') {
        return segment.to_owned();
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = match rest {
            [b'%', high, low, ..] => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match escape {
            Some(byte) if byte != b'/' && byte != b'%' => {
                bytes.push(byte);
                rest = &rest[3..];
            }
            Some(_) => {
                bytes.extend(rest[..3].to_ascii_uppercase());
                rest = &rest[3..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| segment.to_owned())
}

fn hex(digit: u8) -> Option<u8> {
    (digit as char).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_each_path() {
        for (given, expected) in [
            ("/posts", "/posts"),
            ("/posts/", "/posts"),
            ("posts", "/posts"),
            ("//posts//1/", "/posts/1"),
            ("/posts?page=2#top", "/posts"),
            ("", "/"),
            ("/", "/"),
            ("/caf%C3%A9", "/café"),
            ("/café", "/café"),
            ("/a%2fb", "/a%2Fb"),
            ("/100%25", "/100%25"),
            ("/bad%zz%", "/bad%zz%"),
            ("/%ff", "/%ff"),
        ] {
            assert_eq!(normal(given), expected, "{given}");
        }
    }

    #[test]
    fn a_page_is_hit_by_its_path_and_by_every_layout_above_it() {
        let tags = page_tags("/posts/7/");
        assert_eq!(tags, ["p:/posts/7", "l:/", "l:/posts", "l:/posts/7"]);
        assert!(tags.contains(&path_tag("/posts", Reach::Layout)));
        assert!(tags.contains(&path_tag("/", Reach::Layout)));
        assert!(!tags.contains(&path_tag("/posts", Reach::Page)));
        assert_eq!(page_tags("/"), ["p:/", "l:/"]);
    }

    #[test]
    fn no_user_tag_stands_for_a_path() {
        assert_ne!(user_tag("p:/posts"), path_tag("/posts", Reach::Page));
    }
}
