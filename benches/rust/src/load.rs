//! Asks a server as fast as it answers: `load PORT SECONDS CONNECTIONS`, the request's bytes on standard input. Each
//! connection is kept alive and asks when it was answered. Says as JSON how many answers came, in what time, and how long
//! all but the slowest hundredth took. One thread that only counts bytes: it shares the machine with the server.

use std::{
    cell::RefCell,
    error::Error,
    io::{self, Read, Write},
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Builder,
    task::LocalSet,
};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [port, seconds, connections] = &args[..] else {
        return Err("PORT SECONDS CONNECTIONS".into());
    };
    let (port, connections) = (port.parse()?, connections.parse::<usize>()?);
    let mut request = Vec::new();
    io::stdin().read_to_end(&mut request)?;
    let request: Rc<[u8]> = request.into();
    let begun = Instant::now();
    let end = begun + Duration::from_secs_f64(seconds.parse()?);
    let times = Rc::new(RefCell::new(Vec::with_capacity(1 << 20)));
    let callers = LocalSet::new();
    let all: Vec<_> = (0..connections)
        .map(|_| {
            let (request, times) = (Rc::clone(&request), Rc::clone(&times));
            callers.spawn_local(async move { call(port, &request, end, &times).await })
        })
        .collect();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    callers.block_on(&runtime, async {
        for caller in all {
            caller.await??;
        }
        Ok::<_, Box<dyn Error>>(())
    })?;
    let took = begun.elapsed().as_secs_f64();
    let mut times = times.take();
    times.sort_unstable();
    let slow = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    let (answers, p99_ms) = (times.len(), slow.as_secs_f64() * 1e3);
    writeln!(io::stdout(), "{{\"answers\":{answers},\"seconds\":{took},\"p99Ms\":{p99_ms}}}")?;
    Ok(())
}

async fn call(
    port: u16,
    request: &[u8],
    end: Instant,
    times: &RefCell<Vec<Duration>>,
) -> io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 64 << 10];
    let mut expected = Expected::default();
    loop {
        let asked = Instant::now();
        stream.write_all(request).await?;
        expected.read(&mut stream, &mut buffer).await?;
        times.borrow_mut().push(asked.elapsed());
        if Instant::now() >= end {
            return Ok(());
        }
    }
}

/// What the answers of a connection look like.
#[derive(Default)]
struct Expected {
    status: Vec<u8>,
    /// Bytes of the last one, head and body.
    length: usize,
}

const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

impl Expected {
    /// Reads one answer.
    async fn read(&mut self, stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<()> {
        let first = some(stream.read(buffer).await?)?;
        if first == self.length && buffer.starts_with(&self.status) {
            return Ok(());
        }
        let end = self.learn(&buffer[..first])?;
        let mut seen = first;
        let mut last = buffer[first.saturating_sub(LAST_CHUNK.len())..first].to_vec();
        loop {
            let is_over = match end {
                End::After(length) if seen > length => return Err(unexpected(&buffer[..first])),
                End::After(length) => seen == length,
                End::WithLastChunk => last.ends_with(LAST_CHUNK),
            };
            if is_over {
                self.length = seen;
                return Ok(());
            }
            let more = some(stream.read(buffer).await?)?;
            seen += more;
            last.extend_from_slice(&buffer[more.saturating_sub(LAST_CHUNK.len())..more]);
            last.drain(..last.len() - LAST_CHUNK.len());
        }
    }

    /// From the beginning of an answer, which holds the head.
    fn learn(&mut self, bytes: &[u8]) -> io::Result<End> {
        const STATUS: usize = "HTTP/1.1 200".len();
        let text = String::from_utf8_lossy(bytes).to_ascii_lowercase();
        let Some((head, _)) = text.split_once("\r\n\r\n") else { return Err(unexpected(bytes)) };
        if self.status.is_empty() {
            self.status = bytes[..STATUS].to_vec();
        }
        if !bytes.starts_with(&self.status) || !bytes.starts_with(b"HTTP/1.1 ") {
            return Err(unexpected(bytes));
        }
        let value = |name| head.lines().find_map(|line| line.strip_prefix(name));
        match value("content-length: ").map(str::parse::<usize>) {
            Some(Ok(length)) => Ok(End::After(head.len() + 4 + length)),
            None if value("transfer-encoding: ") == Some("chunked") => Ok(End::WithLastChunk),
            _ => Err(unexpected(bytes)),
        }
    }
}

enum End {
    After(usize),
    WithLastChunk,
}

fn some(read: usize) -> io::Result<usize> {
    if read == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(read) }
}

fn unexpected(bytes: &[u8]) -> io::Error {
    io::Error::other(format!("unexpected answer: {}", String::from_utf8_lossy(bytes)))
}
