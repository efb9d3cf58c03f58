//! Origins as browsers write them, and patterns of those that may call.

use crate::settings::BadOption;

/// Whether `origin` (`https://example.com:8443`) is where `host` (`example.com:8443`) is reached.
pub(crate) fn is_own(origin: &str, host: &str) -> bool {
    let Some((scheme, authority)) = split(origin) else { return false };
    without_default_port(authority, scheme)
        .eq_ignore_ascii_case(without_default_port(host.trim(), scheme))
}

/// The scheme and the authority of an `Origin` header; `None` for `null` and what is no origin.
pub(crate) fn split(origin: &str) -> Option<(&str, &str)> {
    let (scheme, authority) = origin.split_once("://")?;
    let plain = !authority.is_empty() && !authority.contains(['/', '@', '?', '#', ' ']);
    plain.then_some((scheme, authority))
}

fn without_default_port<'a>(authority: &'a str, scheme: &str) -> &'a str {
    let port = match () {
        () if scheme.eq_ignore_ascii_case("https") => ":443",
        () if scheme.eq_ignore_ascii_case("http") => ":80",
        () => return authority,
    };
    authority.strip_suffix(port).unwrap_or(authority)
}

/// One entry of `allowedOrigins`: `example.com`, `*.example.com`, `https://example.com:8443`.
///
/// `*` stands for exactly one label; `**`, which can only come first, for one or more. Without a
/// scheme any scheme fits; a port must be written to fit, unless it is the scheme's own. The last
/// two labels must be written out: who owns them is one owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginPattern {
    scheme: Option<String>,
    /// In lower case; the last one with its port.
    labels: Vec<String>,
}

/// A page that has no origin: a sandboxed frame, a file.
const NULL: &str = "null";

impl std::str::FromStr for OriginPattern {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Self, BadOption> {
        let bad = |problem: &str| BadOption {
            option: "allowedOrigins",
            problem: format!("{text:?} {problem}"),
        };
        let (scheme, authority) = match text.trim().split_once("://") {
            Some((scheme, rest)) => (Some(scheme.to_ascii_lowercase()), rest),
            None => (None, text.trim()),
        };
        let authority = authority.strip_suffix('/').unwrap_or(authority).to_ascii_lowercase();
        let labels: Vec<String> = authority.split('.').map(str::to_owned).collect();
        let fits = |(at, label): (usize, &String)| match label.as_str() {
            "*" => true,
            "**" => at == 0,
            _ => !label.is_empty() && !label.contains(['*', '/', '@', '?', '#', ' ', ',']),
        };
        if !labels.iter().enumerate().all(fits) {
            return Err(bad(
                "is not an origin: write example.com, *.example.com or https://example.com",
            ));
        }
        let wild = labels.iter().rposition(|label| label.starts_with('*'));
        if wild.is_some_and(|at| at + 2 >= labels.len()) {
            return Err(bad("would allow a whole top-level domain"));
        }
        Ok(Self { scheme, labels })
    }
}

impl OriginPattern {
    /// Whether the value of an `Origin` header fits.
    pub fn matches(&self, origin: &str) -> bool {
        if origin == NULL {
            return self.labels == [NULL];
        }
        let Some((scheme, authority)) = split(origin) else { return false };
        if self.scheme.as_deref().is_some_and(|wanted| !wanted.eq_ignore_ascii_case(scheme)) {
            return false;
        }
        let authority = without_default_port(authority, scheme).to_ascii_lowercase();
        let seen: Vec<&str> = authority.split('.').collect();
        let any_depth = self.labels[0] == "**";
        let wanted = &self.labels[usize::from(any_depth)..];
        let enough = match any_depth {
            true => seen.len() > wanted.len(),
            false => seen.len() == wanted.len(),
        };
        let fits = |wanted: &String, seen: &&str| {
            wanted == "*" || without_default_port(wanted, scheme) == *seen
        };
        enough
            && seen.iter().all(|label| !label.is_empty())
            && wanted.iter().rev().zip(seen.iter().rev()).all(|(wanted, seen)| fits(wanted, seen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, origin: &str) -> bool {
        pattern.parse::<OriginPattern>().unwrap().matches(origin)
    }

    #[test]
    fn a_star_is_one_label_and_two_are_one_or_more() {
        assert!(fits("*.example.com", "https://a.example.com"));
        assert!(!fits("*.example.com", "https://a.b.example.com"));
        assert!(fits("**.example.com", "https://a.example.com"));
        assert!(fits("**.example.com", "https://a.b.example.com"));
        assert!(fits("*.preview.example.com", "https://pr-1.preview.example.com"));
        assert!(fits("app.*.example.com", "https://app.eu.example.com"));
        assert!(!fits("app.*.example.com", "https://www.eu.example.com"));
        for pattern in ["*.example.com", "**.example.com"] {
            for origin in [
                "https://example.com",
                "https://evilexample.com",
                "https://.example.com",
                "https://a..example.com",
                "https://a.example.com.evil.test",
            ] {
                assert!(!fits(pattern, origin), "{pattern} {origin}");
            }
        }
    }

    #[test]
    fn case_and_the_scheme_s_own_port_mean_nothing_and_other_ports_do() {
        assert!(fits("Example.com", "https://example.COM:443"));
        assert!(fits("example.com:443", "https://example.com"));
        assert!(fits("https://example.com/", "https://example.com"));
        assert!(!fits("https://example.com", "http://example.com"));
        assert!(!fits("example.com", "https://example.com:8443"));
        assert!(fits("localhost:5173", "http://localhost:5173"));
        assert!(fits("*.example.com:8443", "https://a.example.com:8443"));
    }

    #[test]
    fn null_fits_only_null() {
        assert!(fits("null", "null"));
        assert!(!fits("**.test.test", "null"));
        assert!(!fits("null", "https://other"));
    }

    #[test]
    fn patterns_that_allow_too_much_are_refused() {
        for text in [
            "*",
            "**",
            "*.com",
            "**.com",
            "*.*",
            "",
            "a.*.com",
            "https://",
            "example.com/path",
            "a.**.example.com",
            "*x.example.com",
            "a b",
            "example..com",
        ] {
            assert!(text.parse::<OriginPattern>().is_err(), "{text}");
        }
    }
}
