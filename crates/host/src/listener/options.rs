//! What a listener may be told, and what it does where it isn't.

use std::{sync::Arc, time::Duration};

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    version,
};

use crate::settings::BadOption;

/// Everything that a [`Listener`](super::Listener) may be told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The address or name to listen at. `None`: all addresses, of IPv6 and IPv4.
    pub host: Option<String>,
    /// The port; 0 is any that is free.
    pub port: u16,
    /// Threads that read and write.
    pub threads: usize,
    /// What one visitor may take.
    pub bounds: Bounds,
    /// With it, connections are encrypted.
    pub tls: Option<Arc<ServerConfig>>,
}

/// How much, and for how long. `Duration::MAX` is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Connections at a time; one more is closed at once.
    pub connections: usize,
    /// Bytes of a request's head.
    pub header_bytes: usize,
    /// Headers of a request.
    pub headers: usize,
    /// Requests at a time on one connection of HTTP/2.
    pub streams: u32,
    /// From the first byte of a request to the end of its head.
    pub head: Duration,
    /// Between two pieces of a body, whichever way it goes.
    pub body: Duration,
    /// Between two requests on a connection.
    pub idle: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 10_000,
            header_bytes: 16 << 10,
            headers: 100,
            streams: 100,
            head: Duration::from_secs(10),
            body: Duration::from_secs(30),
            idle: Duration::from_secs(65), // a balancer's own is usually 60, and it should be the one that closes
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self { host: None, port: 0, threads: 1, bounds: Bounds::default(), tls: None }
    }
}

/// Reads a chain of certificates and its key, both as PEM text; HTTP/2 is offered first.
///
/// # Errors
///
/// One of them can't be read, or they don't belong together.
pub fn tls(certificates: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, BadOption> {
    let bad = |option, problem: String| BadOption { option, problem };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<_, _>>()
        .map_err(|error| bad("tls.cert", format!("is not PEM text: {error}")))?;
    if chain.is_empty() {
        return Err(bad(
            "tls.cert",
            "has no certificate; it takes PEM text, not a path".to_owned(),
        ));
    }
    let key = PrivateKeyDer::from_pem_slice(key)
        .map_err(|error| bad("tls.key", format!("has no key as PEM text: {error}")))?;
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&version::TLS13, &version::TLS12])
        .and_then(|it| it.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| bad("tls", format!("can't be used: {error}")))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_no_certificate() {
        let error = tls(b"./cert.pem", b"./key.pem").unwrap_err();
        assert_eq!(error.option, "tls.cert");
        assert!(error.problem.contains("not a path"), "{error}");
    }
}
