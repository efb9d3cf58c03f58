//! A network between cache and server that can be cut, or swallow all.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    Passes,
    /// Connections stay, nothing arrives.
    Swallows,
    /// Connections are closed, new ones too.
    Cuts,
    /// What comes back to who waits for the log comes late.
    WithholdsLog,
}

pub(crate) struct Proxy {
    pub(crate) port: u16,
    network: Arc<watch::Sender<Network>>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn to(server_port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let network = Arc::new(watch::Sender::new(Network::Passes));
        let accepting = tokio::spawn(accept(listener, server_port, Arc::clone(&network)));
        Self { port, network, accepting }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub(crate) fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, port: u16, network: Arc<watch::Sender<Network>>) {
    while let Ok((client, _)) = listener.accept().await {
        let network = network.subscribe();
        tokio::spawn(async move {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)).await else { return };
            let (from_client, to_client) = client.into_split();
            let (from_server, to_server) = server.into_split();
            let waits_for_log = Arc::new(AtomicBool::new(false));
            let way = Way { network: network.clone(), waits_for_log, is_back: true };
            let there = Way { network, is_back: false, ..way.clone() };
            let back = tokio::spawn(carry(from_server, to_client, way));
            carry(from_client, to_server, there).await;
            back.abort();
        });
    }
}

/// One direction of a connection.
#[derive(Clone)]
struct Way {
    network: watch::Receiver<Network>,
    waits_for_log: Arc<AtomicBool>,
    is_back: bool,
}

async fn carry(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, way: Way) {
    let Way { mut network, waits_for_log, is_back } = way;
    let mut buffer = vec![0; 1 << 14];
    loop {
        let read = tokio::select! {
            read = from.read(&mut buffer) => read,
            _ = network.wait_for(|network| *network == Network::Cuts) => return,
        };
        let Ok(length @ 1..) = read else { return };
        // What was on its way while the network swallowed is lost, as TCP would send it again
        // only if both ends waited long enough.
        if *network.borrow() == Network::Swallows {
            let _ = network.wait_for(|network| *network != Network::Swallows).await;
            return;
        }
        if !is_back && buffer[..length].windows(5).any(|word| word == b"XREAD") {
            waits_for_log.store(true, Ordering::SeqCst);
        }
        if is_back && waits_for_log.load(Ordering::SeqCst) {
            let _ = network.wait_for(|network| *network != Network::WithholdsLog).await;
        }
        if to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}
