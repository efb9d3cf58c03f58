//! What a path is to the cache: the tags of a page, and the tag that invalidates it.
//!
//! A page carries one tag for its own path and one *layout* tag for each path above it, itself
//! included. `revalidatePath('/a')` marks the first kind, `revalidatePath('/a', 'layout')` the
//! second, which every page below `/a` carries. A page of a file tree carries the same two kinds for
//! its *route* (`/posts/[id]`, groups and all), so that all instances can be hit. User tags live in a space of their own, so no tag
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
///
/// # Errors
///
/// It is empty, or longer than 256 characters.
pub fn user_tag(tag: &str) -> Result<String, BadOption> {
    const MOST: usize = 256;
    let problem = match tag.chars().count() {
        0 => "is empty",
        1..=MOST => return Ok(format!("t:{tag}")),
        _ => "is longer than 256 characters",
    };
    Err(BadOption { option: "tag", problem: problem.to_owned() })
}

/// The tag that `revalidatePath(path)` marks.
pub fn path_tag(path: &str, reach: Reach) -> String {
    match (is_route(path), reach) {
        (false, Reach::Page) => format!("p:{}", normal(path)),
        (false, Reach::Layout) => format!("l:{}", normal(path)),
        (true, Reach::Page) => format!("rp:{}", normal_route(path)),
        (true, Reach::Layout) => format!("rl:{}", normal_route(path)),
    }
}

/// All tags that a page at `path` carries; `route` is where it lies in a file tree, if it does.
pub fn page_tags(path: &str, route: Option<&str>) -> Vec<String> {
    let mut tags = Vec::new();
    add_tags(&mut tags, "p", "l", &normal(path));
    if let Some(route) = route {
        let route = normal_route(route);
        let without_groups = without_groups(&route);
        if without_groups != route {
            add_tags(&mut tags, "rp", "rl", &without_groups);
        }
        add_tags(&mut tags, "rp", "rl", &route);
    }
    tags.sort_unstable();
    tags.dedup();
    tags
}

fn add_tags(tags: &mut Vec<String>, page: &str, layout: &str, path: &str) {
    tags.push(format!("{page}:{path}"));
    tags.push(format!("{layout}:/"));
    let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
    tags.extend(ends.filter(|&end| end > 1).map(|end| format!("{layout}:{}", &path[..end])));
}

/// Whether a path stands for the files of many pages: it has a parameter or a group.
fn is_route(path: &str) -> bool {
    path.split('/')
        .any(|segment| (segment.starts_with('[') && segment.ends_with(']')) || is_group(segment))
}

fn is_group(segment: &str) -> bool {
    segment.starts_with('(') && segment.ends_with(')')
}

fn normal_route(route: &str) -> String {
    joined(route.split('/').filter(|segment| !segment.is_empty()))
}

fn without_groups(route: &str) -> String {
    joined(route.split('/').filter(|segment| !segment.is_empty() && !is_group(segment)))
}

fn joined<'a>(segments: impl Iterator<Item = &'a str>) -> String {
    let path: String = segments.flat_map(|segment| ["/", segment]).collect();
    if path.is_empty() { "/".to_owned() } else { path }
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
        let tags = page_tags("/posts/7/", None);
        assert_eq!(tags, ["l:/", "l:/posts", "l:/posts/7", "p:/posts/7"]);
        assert!(tags.contains(&path_tag("/posts", Reach::Layout)));
        assert!(tags.contains(&path_tag("/", Reach::Layout)));
        assert!(!tags.contains(&path_tag("/posts", Reach::Page)));
        assert_eq!(page_tags("/", None), ["l:/", "p:/"]);
    }

    #[test]
    fn a_page_of_a_file_tree_is_hit_by_its_route_too_with_groups_and_without() {
        let tags = page_tags("/posts/7", Some("/(blog)/posts/[id]"));
        for (path, reach, hit) in [
            ("/posts/[id]", Reach::Page, true),
            ("/(blog)/posts/[id]/", Reach::Page, true),
            ("/(blog)", Reach::Layout, true),
            ("/(blog)/posts", Reach::Layout, true),
            ("/posts/[id]", Reach::Layout, true),
            ("/posts/7", Reach::Page, true),
            ("/posts", Reach::Layout, true),
            ("/posts/[slug]", Reach::Page, false),
            ("/(shop)", Reach::Layout, false),
            ("/posts/8", Reach::Page, false),
        ] {
            assert_eq!(tags.contains(&path_tag(path, reach)), hit, "{path} {reach:?}");
        }
        assert!(!page_tags("/posts/7", None).contains(&path_tag("/posts/[id]", Reach::Page)));
    }

    #[test]
    fn no_user_tag_stands_for_a_path() {
        assert_ne!(user_tag("p:/posts").unwrap(), path_tag("/posts", Reach::Page));
    }

    #[test]
    fn a_tag_of_256_characters_is_taken_and_one_more_is_not() {
        assert!(user_tag(&"é".repeat(256)).is_ok());
        assert!(user_tag(&"é".repeat(257)).is_err());
        assert!(user_tag("").is_err());
    }
}
