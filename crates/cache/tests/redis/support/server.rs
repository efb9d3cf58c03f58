//! A real server of one test: on a free port, with a folder of its own, gone afterwards.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Persistence that writes each command to disk before it is answered.
pub(crate) const DURABLE: &[&str] = &["--appendonly", "yes", "--appendfsync", "always"];

pub(crate) struct Server {
    pub(crate) port: u16,
    args: Vec<String>,
    folder: TempDir,
    child: Child,
}

impl Server {
    pub(crate) fn start(args: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder for the server");
        let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
        let port = free_port();
        let child = spawn(port, &args, &folder);
        let server = Self { port, args, folder, child };
        server.wait();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// The power fails.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the server runs");
        self.child.wait().expect("the server ends");
    }

    /// Starts it again, on what it left in its folder.
    pub(crate) fn start_again(&mut self) {
        self.child = spawn(self.port, &self.args, &self.folder);
        self.wait();
    }

    /// Stands still, with its connections open.
    pub(crate) fn pause(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn resume(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(done.expect("kill runs").success());
    }

    /// Asks by hand, and returns the raw answer's first part.
    pub(crate) fn ask(&self, parts: &[&str]) -> String {
        try_ask(self.port, parts).expect("the server answers")
    }

    fn wait(&self) {
        let begun = Instant::now();
        while try_ask(self.port, &["PING"]).is_none_or(|answer| !answer.starts_with("+PONG")) {
            assert!(begun.elapsed() < Duration::from_secs(20), "the server doesn't start");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill(); // it may be dead already, that's what some tests are about
        let _ = self.child.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    // A cluster's nodes talk to each other 10,000 above.
    loop {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = socket.local_addr().expect("an address").port();
        if port < 50_000 {
            return port;
        }
    }
}

fn spawn(port: u16, args: &[String], folder: &TempDir) -> Child {
    Command::new(program())
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
        .args(args)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the server can be started")
}

/// Real or nothing: a test that can't run must not look as if it had passed.
fn program() -> PathBuf {
    let names = ["redis-server", "valkey-server"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let asked = std::env::var_os("REDIS_SERVER_PATH").map(PathBuf::from);
    let in_path =
        std::env::split_paths(&path).flat_map(|folder| names.map(|name| folder.join(name)));
    asked.into_iter().chain(in_path).find(|path| path.is_file()).expect(
        "these tests need a Redis or Valkey server: `node scripts/setup.mjs --test` installs one, \
         or REDIS_SERVER_PATH names one",
    )
}

fn try_ask(port: u16, parts: &[&str]) -> Option<String> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).ok()?;
    socket.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let mut request = format!("*{}\r\n", parts.len());
    for part in parts {
        request += &format!("${}\r\n{part}\r\n", part.len());
    }
    socket.write_all(request.as_bytes()).ok()?;
    let mut answer = [0; 1 << 14];
    let length = socket.read(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer[..length]).into_owned())
}
