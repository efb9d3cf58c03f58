//! Our own name as the visitor's browser knows it: what `Host` says, or what a trusted proxy says
//! `Host` was.
//!
//! Anybody can send `X-Forwarded-Host`, so it counts only where the operator says that a proxy sets
//! it. `X-Forwarded-*` is the custom of proxies; `Forwarded` is RFC 7239.

use std::{borrow::Cow, net::IpAddr, str::FromStr};

use ipnet::IpNet;

use crate::settings::BadOption;

/// What proxies add to a request's head, as it arrived, and who handed the request to us.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proxied<'a> {
    /// The header `x-forwarded-host`.
    pub host: Option<&'a str>,
    /// The header `x-forwarded-port`.
    pub port: Option<&'a str>,
    /// The header `forwarded`.
    pub forwarded: Option<&'a str>,
    /// The address of the connection's other end, where it is known.
    pub peer: Option<&'a str>,
}

impl Proxied<'_> {
    /// The host that the headers name, whether or not they may be believed.
    pub(crate) fn claimed(&self) -> Option<&str> {
        self.host.or_else(|| self.forwarded.and_then(|it| forwarded_host(it.split(',').next()?)))
    }
}

/// Whose word about our own name counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TrustProxy {
    /// Nobody's: no proxy is in front.
    #[default]
    Nobody,
    /// Whoever connects is a proxy, which is what keeps everybody else out.
    Everybody,
    /// This many proxies are in front; each adds its value to the end of a list.
    Hops(usize),
    /// Proxies of these networks.
    Networks(Vec<IpNet>),
}

/// One entry: `loopback`, `private`, an address, or a network (`10.0.0.0/8`).
impl FromStr for TrustProxy {
    type Err = BadOption;

    fn from_str(text: &str) -> Result<Self, BadOption> {
        let networks: &[&str] = match text {
            "true" => return Ok(Self::Everybody),
            "false" => return Ok(Self::Nobody),
            "loopback" => &["127.0.0.0/8", "::1/128"],
            "private" => &[
                "10.0.0.0/8",
                "172.16.0.0/12",
                "192.168.0.0/16",
                "100.64.0.0/10",
                "169.254.0.0/16",
                "fc00::/7",
                "fe80::/10",
                "127.0.0.0/8",
                "::1/128",
            ],
            other => &[other],
        };
        if let Ok(hops) = text.parse() {
            return Ok(Self::Hops(hops));
        }
        let network = |it: &&str| {
            it.parse().or_else(|_| it.parse::<IpAddr>().map(IpNet::from)).map_err(|_| BadOption {
                option: "trustProxy",
                problem: format!(
                    "{it:?} is not true, false, a number of proxies, loopback, private, an address or a network like 10.0.0.0/8"
                ),
            })
        };
        Ok(Self::Networks(networks.iter().map(network).collect::<Result<_, _>>()?))
    }
}

impl TrustProxy {
    /// Any of several entries.
    ///
    /// # Errors
    ///
    /// One can't be read, or `true` or a number stands beside others.
    pub fn any<S: AsRef<str>>(entries: &[S]) -> Result<Self, BadOption> {
        if let [only] = entries {
            return only.as_ref().parse();
        }
        let mut all = Vec::new();
        for entry in entries {
            match entry.as_ref().parse()? {
                Self::Networks(networks) => all.extend(networks),
                Self::Nobody | Self::Everybody | Self::Hops(_) => {
                    return Err(BadOption {
                        option: "trustProxy",
                        problem: format!("{:?} can't stand in a list", entry.as_ref()),
                    });
                }
            }
        }
        Ok(if all.is_empty() { Self::Nobody } else { Self::Networks(all) })
    }

    /// Our own name: host and port, as the visitor's browser wrote them.
    pub fn authority<'a>(&self, host: Option<&'a str>, seen: &Proxied<'a>) -> Option<Cow<'a, str>> {
        let Some(named) = self.forwarded(seen) else { return host.map(Cow::Borrowed) };
        let has_port = named.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
        match seen.port.map(str::trim) {
            Some(port) if !has_port && port.parse::<u16>().is_ok() => {
                Some(Cow::Owned(format!("{named}:{port}")))
            }
            _ => Some(Cow::Borrowed(named)),
        }
    }

    fn forwarded<'a>(&self, seen: &Proxied<'a>) -> Option<&'a str> {
        let from_end = match self {
            Self::Nobody | Self::Hops(0) => return None,
            Self::Networks(networks) if !contains(networks, seen.peer) => return None,
            Self::Networks(_) | Self::Everybody => usize::MAX,
            Self::Hops(hops) => hops - 1,
        };
        let pick = |list: &'a str| {
            let items: Vec<_> = list.split(',').map(str::trim).collect();
            items[items.len() - 1 - from_end.min(items.len() - 1)]
        };
        let named = match (seen.host, seen.forwarded) {
            (Some(list), _) => Some(pick(list)),
            (None, Some(list)) => forwarded_host(pick(list)),
            (None, None) => None,
        };
        named.filter(|name| !name.is_empty())
    }
}

fn contains(networks: &[IpNet], peer: Option<&str>) -> bool {
    // A socket that takes both families names IPv4 peers `::ffff:10.0.0.1`.
    let address = peer.and_then(|it| it.parse::<IpAddr>().ok()).map(|it| it.to_canonical());
    address.is_some_and(|address| networks.iter().any(|network| network.contains(&address)))
}

/// `host=` of one element of a `Forwarded` header.
fn forwarded_host(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("host").then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(trust: &str, seen: Proxied<'_>) -> String {
        let trust: TrustProxy = trust.parse().unwrap();
        trust.authority(Some("inner:3000"), &seen).unwrap().into_owned()
    }

    const APP: Proxied<'_> =
        Proxied { host: Some("app.test"), port: None, forwarded: None, peer: Some("10.1.2.3") };

    #[test]
    fn headers_count_only_where_a_proxy_is_trusted() {
        assert_eq!(name("false", APP), "inner:3000");
        assert_eq!(name("0", APP), "inner:3000");
        assert_eq!(name("true", APP), "app.test");
        assert_eq!(name("private", APP), "app.test");
        assert_eq!(name("10.1.2.3", APP), "app.test");
        assert_eq!(name("10.1.0.0/16", APP), "app.test");
        assert_eq!(name("loopback", APP), "inner:3000");
        assert_eq!(name("private", Proxied { peer: Some("8.8.8.8"), ..APP }), "inner:3000");
        assert_eq!(name("private", Proxied { peer: Some("::ffff:10.0.0.1"), ..APP }), "app.test");
        assert_eq!(name("private", Proxied { peer: None, ..APP }), "inner:3000");
    }

    #[test]
    fn hops_are_counted_from_the_proxy_nearest_to_us() {
        let list = Proxied { host: Some("forged.test, app.test, cdn.test"), ..APP };
        assert_eq!(name("1", list), "cdn.test");
        assert_eq!(name("2", list), "app.test");
        assert_eq!(name("9", list), "forged.test");
        assert_eq!(name("true", list), "forged.test");
    }

    #[test]
    fn a_port_that_the_proxy_tells_apart_is_part_of_the_name() {
        assert_eq!(name("true", Proxied { port: Some("8443"), ..APP }), "app.test:8443");
        let both = Proxied { host: Some("app.test:1"), port: Some("2"), ..APP };
        assert_eq!(name("true", both), "app.test:1");
        let v6 = Proxied { host: Some("[::1]"), port: Some("2"), ..APP };
        assert_eq!(name("true", v6), "[::1]:2");
        assert_eq!(name("true", Proxied { port: Some("x"), ..APP }), "app.test");
    }

    #[test]
    fn the_standard_s_header_is_read_where_the_usual_one_is_missing() {
        let seen = Proxied {
            host: None,
            forwarded: Some(r#"for=1.2.3.4; Host="app.test:8443";proto=https, for=x"#),
            ..APP
        };
        assert_eq!(name("true", seen), "app.test:8443");
        assert_eq!(name("true", Proxied { host: None, ..APP }), "inner:3000");
        assert_eq!(name("true", Proxied { host: Some(""), ..APP }), "inner:3000");
    }

    #[test]
    fn entries_that_mean_nothing_are_refused() {
        for text in ["", "yes", "10.0.0.0/99", "example.com", "-1"] {
            assert!(text.parse::<TrustProxy>().is_err(), "{text}");
        }
        assert!(TrustProxy::any(&["loopback", "true"]).is_err());
        assert!(TrustProxy::any(&["loopback", "10.0.0.1"]).is_ok());
        assert_eq!(TrustProxy::any::<&str>(&[]).unwrap(), TrustProxy::Nobody);
    }
}
