//! A real cluster of three masters, and one with a replica.

use cache::{
    Finished, Life, Question, Read, Store, now,
    redis::{Options, Redis},
};

use crate::support::{begin, eventually, fill, made, mark, open, options, read, server::Server};

struct Cluster {
    nodes: Vec<Server>,
}

impl Cluster {
    /// The first three nodes are masters, the others replicas of the one that holds the marks.
    async fn start(replicas: usize) -> Self {
        let args = [
            &["--cluster-enabled", "yes", "--cluster-node-timeout", "800"][..],
            &["--repl-diskless-sync-delay", "0"],
        ];
        let nodes: Vec<_> = (0..3 + replicas).map(|_| Server::start(&args.concat())).collect();
        let cluster = Self { nodes };
        let masters = &cluster.nodes[..3];
        for (node, slots) in masters.iter().zip([[0, 5460], [5461, 10922], [10923, 16383]]) {
            let [first, last] = slots.map(|slot: u16| slot.to_string());
            let added = node.ask(&["CLUSTER", "ADDSLOTSRANGE", &first, &last]);
            assert!(added.starts_with("+OK"), "{added}");
        }
        let first = masters[0].port.to_string();
        for node in &cluster.nodes[1..] {
            assert!(node.ask(&["CLUSTER", "MEET", "127.0.0.1", &first]).starts_with("+OK"));
        }
        for node in &cluster.nodes {
            eventually("the nodes know each other", async || {
                let info = node.ask(&["CLUSTER", "INFO"]);
                info.contains("cluster_state:ok")
                    && info.contains(&format!("cluster_known_nodes:{}", 3 + replicas))
            })
            .await;
        }
        let id = cluster.nodes[cluster.node_of_marks()].ask(&["CLUSTER", "MYID"]);
        let id = id.lines().nth(1).expect("an id").to_owned();
        for replica in &cluster.nodes[3..] {
            eventually("it replicates", async || {
                replica.ask(&["CLUSTER", "REPLICATE", &id]).starts_with("+OK")
                    && replica.ask(&["INFO", "replication"]).contains("master_link_status:up")
            })
            .await;
        }
        cluster
    }

    fn node_of_marks(&self) -> usize {
        let slot = self.nodes[0].ask(&["CLUSTER", "KEYSLOT", "{errand}:state"]);
        let slot: usize = slot[1..].trim().parse().expect("a number");
        (slot / 5461).min(2)
    }

    fn options(&self) -> Options {
        let urls = self.nodes.iter().map(Server::url).collect();
        Options { urls, max_log: 16, ..options("") }
    }
}

#[tokio::test]
async fn the_main_flow_holds_on_a_cluster() {
    let cluster = Cluster::start(0).await;
    let (here, there) = (open(cluster.options()).await, open(cluster.options()).await);
    // So many keys lie on all nodes.
    for n in 0..60 {
        assert!(
            fill(&here, &format!("k{n}"), &n.to_string(), &["posts", &format!("tag {n}")]).await
        );
    }
    for node in &cluster.nodes {
        assert!(node.ask(&["KEYS", "errand:*:entry:*"]).contains(":entry:k"));
    }
    for n in 0..60 {
        assert_eq!(read(&there, &format!("k{n}")).await, format!("fresh {n}"));
    }
    // More marks than the log keeps.
    for n in 0..40 {
        mark(&there, &format!("tag {n}")).await.unwrap();
    }
    here.catch_up(there.position()).await.unwrap();
    let late =
        open(Options { urls: vec![cluster.nodes[1].url()], cluster: true, ..cluster.options() })
            .await;
    for n in 0..60 {
        let expected = if n < 40 { "absent".to_owned() } else { format!("fresh {n}") };
        assert_eq!(read(&here, &format!("k{n}")).await, expected);
        assert_eq!(read(&late, &format!("k{n}")).await, expected);
    }
    let large = vec![7; 1 << 20];
    let filling = begin(&here, "large").await;
    let finished = here.finish(filling, made(&large, &[], Life::default()), now()).await.unwrap();
    assert_eq!(finished, Finished::Stored);
    let Read::Fresh(entry) = late.read("large", now()).await.unwrap() else { panic!("not stored") };
    assert!(entry.value.bytes().await.unwrap() == large);
    let explained = late.explain(Question::Tag("posts"), now()).await.unwrap();
    let fresh = explained.entries.iter().filter(|entry| entry.state == "fresh").count();
    // What was found gone was dropped.
    assert_eq!((explained.total, fresh), (20, 20), "of all nodes");
}

async fn acknowledged(cache: &Redis, tag: &str) {
    eventually("acknowledged", async || mark(cache, tag).await.is_ok()).await;
}

#[tokio::test]
async fn when_a_replica_takes_over_the_marks_all_is_void_and_goes_on() {
    let mut cluster = Cluster::start(1).await;
    let (here, there) = (open(cluster.options()).await, open(cluster.options()).await);
    for n in 0..30 {
        assert!(fill(&here, &format!("k{n}"), "1", &["posts"]).await);
        assert_eq!(read(&there, &format!("k{n}")).await, "fresh 1");
    }
    let before = here.position();
    let node = cluster.node_of_marks();
    cluster.nodes[node].kill();
    acknowledged(&there, "other").await;
    eventually("a new generation", async || here.position() != before).await;
    for n in 0..30 {
        assert_eq!(read(&here, &format!("k{n}")).await, "absent");
        assert_eq!(read(&there, &format!("k{n}")).await, "absent");
    }
    for n in 0..30 {
        let key = format!("k{n}");
        eventually("stored", async || fill(&there, &key, "2", &["posts"]).await).await;
        here.catch_up(there.position()).await.unwrap();
        assert_eq!(read(&here, &key).await, "fresh 2");
    }
    acknowledged(&here, "posts").await;
    there.catch_up(here.position()).await.unwrap();
    assert_eq!(read(&there, "k0").await, "absent");
}
