//! Answers for people: looks at every entry in Redis.

use redis::{
    FromRedisValue, Value,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo, SingleNodeRoutingInfo},
    from_redis_value,
};

use super::{
    Error,
    follow::Shared,
    link::{Connection, Patience},
    record::{Head, Prelude},
};
use crate::{ExplainedMark, Explanation, Question, Time};

impl Shared {
    /// What is under a key, or has a tag, at `now` by Redis's clock.
    pub(super) async fn explain(
        &self,
        question: Question<'_>,
        now: Time,
    ) -> Result<Explanation, Error> {
        let mut explanation = self.explain_marks(question, now);
        match question {
            Question::Key(key) => {
                let mut connection = self.link.connection(Patience::Command).await?;
                self.explain_entries(
                    &mut connection,
                    vec![self.keys.of(key).entry],
                    None,
                    now,
                    &mut explanation,
                )
                .await?;
            }
            Question::Tag(tag) => {
                let mut connection = self.link.connection(Patience::Command).await?;
                for node in nodes(&mut connection).await? {
                    let mut cursor = 0;
                    loop {
                        let entries;
                        (cursor, entries) =
                            self.scan(&mut connection, node.as_ref(), cursor).await?;
                        self.explain_entries(
                            &mut connection,
                            entries,
                            Some(tag),
                            now,
                            &mut explanation,
                        )
                        .await?;
                        if cursor == 0 {
                            break;
                        }
                    }
                }
            }
        }
        Ok(explanation)
    }

    fn explain_marks(&self, question: Question<'_>, now: Time) -> Explanation {
        let known = self.replica.read();
        let mark = match question {
            Question::Tag(tag) => known.marks.get(tag).map(|mark| ExplainedMark::new(mark, now)),
            Question::Key(_) => None,
        };
        Explanation { mark, floor: known.marks.floor(), ..Explanation::default() }
    }

    async fn explain_entries(
        &self,
        connection: &mut Connection,
        entries: Vec<String>,
        tag: Option<&str>,
        now: Time,
        explanation: &mut Explanation,
    ) -> Result<(), Error> {
        const HEAD_BYTES: usize = 16 << 10; // an entry with more tags than fit isn't told about
        for entry in entries {
            let Some(key) = self.keys.key_of(&entry) else { continue };
            let mut command = redis::cmd("GETRANGE");
            command.arg(&entry).arg(0).arg(HEAD_BYTES);
            let record: Vec<u8> = self.link.bounded(command.query_async(connection)).await?;
            let (Some(prelude), Some(head)) = (Prelude::of(&record), Head::decode(&record)) else {
                continue;
            };
            if tag.is_none_or(|tag| head.tags.iter().any(|has| has == tag)) {
                let verdict = self.replica.judge(key, &head, now);
                explanation.add(key, head.facts(), prelude.value_bytes(), verdict, now);
            }
        }
        Ok(())
    }

    async fn scan(
        &self,
        connection: &mut Connection,
        node: Option<&SingleNodeRoutingInfo>,
        cursor: u64,
    ) -> Result<(u64, Vec<String>), Error> {
        let mut command = redis::cmd("SCAN");
        command.arg(cursor).arg("MATCH").arg(self.keys.entries()).arg("COUNT").arg(1_000);
        let answer = match (connection, node) {
            (Connection::Cluster(cluster), Some(node)) => {
                let to = RoutingInfo::SingleNode(node.clone());
                self.link.bounded(cluster.route_command(command, to)).await?
            }
            (connection, _) => self.link.bounded(command.query_async::<Value>(connection)).await?,
        };
        Ok(from_redis_value(answer).map_err(redis::RedisError::from)?)
    }
}

/// Where to look: the one server, or each master of a cluster.
async fn nodes(connection: &mut Connection) -> Result<Vec<Option<SingleNodeRoutingInfo>>, Error> {
    let Connection::Cluster(cluster) = connection else { return Ok(vec![None]) };
    let to = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
    let answer = cluster.route_command(redis::cmd("PING"), to).await?;
    let by_address =
        Vec::<(String, Value)>::from_redis_value(answer).map_err(redis::RedisError::from)?;
    let address = |address: &str| {
        let (host, port) = address.rsplit_once(':')?;
        Some(SingleNodeRoutingInfo::ByAddress { host: host.to_owned(), port: port.parse().ok()? })
    };
    Ok(by_address.iter().map(|(of, _)| address(of)).collect())
}
