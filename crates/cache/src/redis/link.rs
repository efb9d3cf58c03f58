//! The connection: opened, lost, opened again; commands fail fast meanwhile.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, Pipeline, RedisFuture, ScriptInvocation,
    TlsCertificates, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster::ClusterClient,
    cluster_async::ClusterConnection,
};
use tokio::{sync::watch, time::timeout};

use super::{Error, Options};

/// To one server, or to a cluster.
#[derive(Clone)]
pub(super) enum Connection {
    Single(MultiplexedConnection),
    Cluster(ClusterConnection),
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(connection) => connection.req_packed_command(cmd),
            Self::Cluster(connection) => connection.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(connection) => connection.req_packed_commands(pipeline, offset, count),
            Self::Cluster(connection) => connection.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(connection) => connection.get_db(),
            Self::Cluster(connection) => connection.get_db(),
        }
    }
}

/// What Redis is asked.
pub(super) enum Request<'a> {
    Command(&'a Cmd),
    Script(&'a ScriptInvocation<'a>),
}

/// Whether a command waits for a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Patience {
    /// It fails at once while there is none.
    None,
    /// It waits for one as long as a command may take.
    Command,
}

#[derive(Clone)]
enum State {
    Up { connection: Connection, epoch: u64 },
    Away(Option<redis::RedisError>),
}

/// Opens connections, and lends the present one to commands.
pub(super) struct Link {
    opener: Opener,
    state: watch::Sender<State>,
    /// Epochs of connections that a command found broken.
    broken: watch::Sender<u64>,
    epoch: AtomicU64,
    connect_timeout: Duration,
    command_timeout: Duration,
}

enum Opener {
    Single(Box<Client>),
    Cluster(Box<ClusterClient>),
}

impl Link {
    pub(super) fn new(options: &Options) -> Result<Self, Error> {
        Ok(Self {
            opener: Opener::new(options)?,
            state: watch::Sender::new(State::Away(None)),
            broken: watch::Sender::new(0),
            epoch: AtomicU64::new(0),
            connect_timeout: options.connect_timeout,
            command_timeout: options.command_timeout,
        })
    }

    /// A connection of its own, whose answers may take `response_timeout`.
    pub(super) async fn open(&self, response_timeout: Duration) -> Result<Connection, Error> {
        let opening = self.opener.open(self.connect_timeout, response_timeout);
        timeout(self.connect_timeout, opening).await.map_err(|_| Error::Away(None))?
    }

    /// From now on commands use `connection`. Returns its epoch.
    pub(super) fn set_up(&self, connection: Connection) -> u64 {
        let epoch = self.epoch.fetch_add(1, Ordering::Relaxed) + 1;
        self.state.send_replace(State::Up { connection, epoch });
        epoch
    }

    /// From now on commands fail fast, or wait if they are patient.
    pub(super) fn set_away(&self, error: &Error) {
        let reason = match error {
            Error::Away(reason) => reason.clone(),
            // A wrong password is worth to be told by whoever waits for a connection.
            Error::Refused(reason) => Some(reason.clone()),
            Error::Option(_) | Error::TimedOut(_) | Error::Replaced => None,
        };
        self.state.send_replace(State::Away(reason));
    }

    /// Waits until a command finds the connection of `epoch` broken.
    pub(super) async fn until_broken(&self, epoch: u64) {
        let mut broken = self.broken.subscribe();
        let _ = broken.wait_for(|&broken| broken >= epoch).await;
    }

    /// The present connection.
    pub(super) async fn connection(&self, patience: Patience) -> Result<Connection, Error> {
        match (self.present(), patience) {
            (Ok((connection, _)), _) => Ok(connection),
            (Err(away), Patience::None) => Err(away),
            (Err(away), Patience::Command) => {
                let up = timeout(self.command_timeout, self.up()).await;
                up.map(|(connection, _)| connection).map_err(|_| away)
            }
        }
    }

    /// An answer on a connection that was lent, in the time that a command may take.
    pub(super) async fn bounded<T>(
        &self,
        asking: impl Future<Output = redis::RedisResult<T>>,
    ) -> Result<T, Error> {
        let limit = self.command_timeout;
        let answer = timeout(limit, asking).await;
        Ok(answer.map_err(|_| Error::TimedOut(limit.as_millis() as u64))??)
    }

    /// Waits for a connection.
    pub(super) async fn ready(&self, within: Duration) -> Result<(), Error> {
        match timeout(within, self.up()).await {
            Ok(_) => Ok(()),
            Err(_) => self.present().map(|_| ()),
        }
    }

    /// Asks, once more if the connection turns out to be broken: whatever we ask may be asked twice.
    pub(super) async fn ask<T: FromRedisValue>(
        &self,
        request: &Request<'_>,
        patience: Patience,
    ) -> Result<T, Error> {
        match timeout(self.command_timeout, self.ask_until_answered(request, patience)).await {
            Ok(answer) => answer,
            Err(_) => Err(match &*self.state.borrow() {
                State::Up { .. } => Error::TimedOut(self.command_timeout.as_millis() as u64),
                State::Away(reason) => Error::Away(reason.clone()),
            }),
        }
    }

    async fn ask_until_answered<T: FromRedisValue>(
        &self,
        request: &Request<'_>,
        patience: Patience,
    ) -> Result<T, Error> {
        loop {
            let (mut connection, epoch) = match (self.present(), patience) {
                (Ok(present), _) => present,
                (Err(away), Patience::None) => return Err(away),
                (Err(_), Patience::Command) => self.up().await,
            };
            let answer = match request {
                Request::Command(command) => command.query_async(&mut connection).await,
                Request::Script(script) => script.invoke_async(&mut connection).await,
            };
            match answer {
                Ok(answer) => return Ok(answer),
                // A cluster's connection mends itself, and may have lost one node of many.
                Err(error)
                    if error.is_unrecoverable_error()
                        && matches!(connection, Connection::Single(_)) =>
                {
                    self.found_broken(epoch, &error);
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn present(&self) -> Result<(Connection, u64), Error> {
        match &*self.state.borrow() {
            State::Up { connection, epoch } => Ok((connection.clone(), *epoch)),
            State::Away(reason) => Err(Error::Away(reason.clone())),
        }
    }

    async fn up(&self) -> (Connection, u64) {
        let mut states = self.state.subscribe();
        loop {
            if let State::Up { connection, epoch } = &*states.borrow_and_update() {
                return (connection.clone(), *epoch);
            }
            // The sender is ours, so this can't end while we wait.
            let _ = states.changed().await;
        }
    }

    /// Others need not find out by themselves.
    fn found_broken(&self, epoch: u64, error: &redis::RedisError) {
        self.state.send_if_modified(|state| {
            let is_present = matches!(state, State::Up { epoch: present, .. } if *present == epoch);
            if is_present {
                *state = State::Away(Some(error.clone()));
            }
            is_present
        });
        self.broken.send_if_modified(|broken| {
            let is_news = *broken < epoch;
            *broken = (*broken).max(epoch);
            is_news
        });
    }
}

impl Opener {
    fn new(options: &Options) -> Result<Self, Error> {
        let certificates = options
            .ca
            .clone()
            .map(|pem| TlsCertificates { client_tls: None, root_cert: Some(pem) });
        if options.cluster || options.urls.len() > 1 {
            let mut builder = ClusterClient::builder(options.urls.iter().map(String::as_str));
            if let Some(certificates) = certificates {
                builder = builder.certs(certificates);
            }
            // How often is our own business; there it is for a slot that just moved.
            let client = builder.retries(3).min_retry_wait(10).max_retry_wait(100);
            return Ok(Self::Cluster(Box::new(client.build()?)));
        }
        let url = options.urls[0].as_str();
        Ok(Self::Single(Box::new(match certificates {
            Some(certificates) => Client::build_with_tls(url, certificates)?,
            None => Client::open(url)?,
        })))
    }

    async fn open(&self, connect: Duration, response: Duration) -> Result<Connection, Error> {
        match self {
            Self::Single(client) => {
                let config = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(connect))
                    .set_response_timeout(Some(response));
                let connection = client.get_multiplexed_async_connection_with_config(&config);
                Ok(Connection::Single(connection.await?))
            }
            Self::Cluster(client) => {
                let config = redis::cluster::ClusterConfig::new()
                    .set_connection_timeout(connect)
                    .set_response_timeout(response);
                let connection = client.get_async_connection_with_config(config);
                Ok(Connection::Cluster(connection.await?))
            }
        }
    }
}
