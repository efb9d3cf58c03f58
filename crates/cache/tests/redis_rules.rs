//! The store in Redis keeps to the rules, against a real server.

mod support;

#[path = "redis/support/server.rs"]
#[expect(dead_code, reason = "the tests of what goes wrong use the rest")]
mod server;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use cache::{
    Bounds, Store,
    redis::{Options, Redis},
};
use server::Server;
use support::Place;
use tokio::runtime::Runtime;

/// A server, or a part of one that nobody else has.
#[derive(Clone)]
struct InRedis {
    server: Arc<Server>,
    runtime: Arc<Runtime>,
    prefix: String,
}

impl InRedis {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let server = Arc::new(Server::start(&[]));
        Self { server, runtime: Arc::new(runtime), prefix: "errand".to_owned() }
    }

    fn part(&self) -> Self {
        static PARTS: AtomicU64 = AtomicU64::new(0);
        let prefix = format!("part-{}", PARTS.fetch_add(1, Ordering::Relaxed));
        Self { prefix, ..self.clone() }
    }
}

impl Place for InRedis {
    fn open(&self, bounds: &Bounds) -> Box<dyn Store> {
        let max_value_bytes = bounds.max_bytes.min(64 << 20);
        let options = Options {
            prefix: self.prefix.clone(),
            max_value_bytes,
            bounds: *bounds,
            ..Options::at(self.server.url())
        };
        let store = Redis::open(options, self.runtime.handle()).expect("options are right");
        store.ready(Duration::from_secs(20)).wait().expect("redis is there");
        Box::new(store)
    }

    /// It stays in the server.
    fn is_durable(&self) -> bool {
        true
    }
}

rules_hold!(InRedis::start);

#[test]
fn a_history_never_shows_what_the_rules_forbid() {
    let whole = InRedis::start();
    support::model::random_histories(300, || whole.part());
}
