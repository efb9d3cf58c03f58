//! Ways to connect: TLS, passwords, users that may do little, databases.

use std::{fs, time::Duration};

use cache::redis::{Options, Redis};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::runtime::Handle;

use crate::support::{
    SOON, fill, mark, open, options, read,
    server::{Server, free_port},
};

/// An authority, and a server with a certificate that it signed.
struct Secured {
    server: Server,
    tls_port: u16,
    ca: String,
    _files: TempDir,
}

impl Secured {
    fn start() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &ca).unwrap();

        let files = TempDir::new().unwrap();
        let write = |name: &str, text: &str| {
            let path = files.path().join(name);
            fs::write(&path, text).unwrap();
            path.into_os_string().into_string().unwrap()
        };
        let (ca_file, ca) = (write("ca.pem", &ca.pem()), ca.pem());
        let cert_file = write("cert.pem", &certificate.pem());
        let key_file = write("key.pem", &key.serialize_pem());
        let tls_port = free_port();
        let server = Server::start(&[
            "--tls-port",
            &tls_port.to_string(),
            "--tls-cert-file",
            &cert_file,
            "--tls-key-file",
            &key_file,
            "--tls-ca-cert-file",
            &ca_file,
            "--tls-auth-clients",
            "no",
        ]);
        Self { server, tls_port, ca, _files: files }
    }

    fn options(&self, host: &str) -> Options {
        let ca = Some(self.ca.clone().into_bytes());
        Options { ca, ..options(&format!("rediss://{host}:{}", self.tls_port)) }
    }
}

async fn why_not(options: Options) -> String {
    let cache = Redis::open(options, &Handle::current()).expect("options are right");
    let error = cache.ready(Duration::from_secs(1)).await.expect_err("it must not connect");
    assert_eq!(error.code(), "errand::cache-unavailable");
    error.to_string()
}

#[tokio::test]
async fn tls_connects_to_whom_the_authority_vouches_for_and_to_nobody_else() {
    let secured = Secured::start();
    for host in ["localhost", "127.0.0.1"] {
        let cache = open(secured.options(host)).await;
        assert!(fill(&cache, host, "1", &["posts"]).await);
        assert_eq!(read(&cache, host).await, "fresh 1");
        mark(&cache, "posts").await.unwrap();
        assert_eq!(read(&cache, host).await, "absent");
    }
    let by_the_system = Options { ca: None, ..secured.options("localhost") };
    assert!(why_not(by_the_system).await.contains("certificate"));
    let other = Secured::start();
    let by_another = Options { ca: Some(other.ca.into_bytes()), ..secured.options("localhost") };
    assert!(why_not(by_another).await.contains("certificate"));
    let unverified = format!("rediss://localhost:{}/#insecure", secured.tls_port);
    let refused = Redis::open(options(&unverified), &Handle::current());
    if let Ok(cache) = refused {
        cache.ready(Duration::from_secs(1)).await.expect_err("nobody skips the check");
    }
    assert!(secured.server.ask(&["PING"]).starts_with("+PONG"));
}

#[tokio::test]
async fn a_password_is_sent_and_a_wrong_one_is_told() {
    let server = Server::start(&[]);
    server.ask(&["CONFIG", "SET", "requirepass", "secret"]);
    let at = |user: &str| options(&format!("redis://{user}@127.0.0.1:{}", server.port));
    let cache = open(at(":secret")).await;
    assert!(fill(&cache, "k", "1", &[]).await);
    let why = why_not(at(":wrong")).await;
    assert!(why.contains("WRONGPASS") || why.contains("uthenti"), "{why}");
    assert!(!why.contains("wrong@") && !why.contains(":wrong"), "{why}");
}

#[tokio::test]
async fn a_user_needs_no_more_than_the_documentation_says() {
    let server = Server::start(&[]);
    let rights =
        "-@all +@hash +@string +@stream +@keyspace +eval +evalsha +script|load +info +time";
    let mut command = vec!["ACL", "SETUSER", "app", "on", ">secret", "~{errand}:*", "~errand:*"];
    command.extend(rights.split(' '));
    assert!(server.ask(&command).starts_with("+OK"));
    let url = format!("redis://app:secret@127.0.0.1:{}", server.port);
    let cache = open(Options { max_log: 2, ..options(&url) }).await;
    for n in 0..10 {
        assert!(fill(&cache, "k", &n.to_string(), &["posts"]).await);
        mark(&cache, "posts").await.unwrap();
        assert_eq!(read(&cache, "k").await, "absent");
    }
    let large = "x".repeat(1 << 20);
    assert!(fill(&cache, "large", &large, &[]).await);
    let other = open(options(&url)).await;
    assert_eq!(read(&other, "large").await, format!("fresh {large}"));
    let without = ["ACL", "SETUSER", "app", "-info"];
    assert!(server.ask(&without).starts_with("+OK"));
    let why = why_not(options(&url)).await;
    assert!(why.contains("INFO"), "it says which command is forbidden: {why}");
}

#[tokio::test]
async fn a_database_of_its_own_is_used() {
    let server = Server::start(&[]);
    let cache = open(options(&format!("{}/3", server.url()))).await;
    assert!(fill(&cache, "k", "1", &["posts"]).await);
    mark(&cache, "posts").await.unwrap();
    let keys = server.ask(&["INFO", "keyspace"]);
    assert!(keys.contains("db3:") && !keys.contains("db0:"), "{keys}");
    drop(cache);
    tokio::time::timeout(SOON, async {
        while server.ask(&["CLIENT", "LIST"]).contains("db=3") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("a store that is dropped lets go of its connections");
}
