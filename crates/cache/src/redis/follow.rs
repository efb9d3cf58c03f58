//! Keeps the replica up to date: connects, asks where marks stand, follows the log, begins anew.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, Ordering},
    },
    time::{Duration, Instant},
};

use redis::{Cmd, FromRedisValue, ParsingError, Value, from_redis_value};
use tokio::{
    runtime::Handle,
    time::{sleep, timeout},
};

use super::{
    AfterRestart, Error, Options,
    fills::Fills,
    keys::Keys,
    link::{Connection, Link, Patience, Request},
    log::{self, Event},
    replica::{Asked, Replica, Standing},
    scripts::SCRIPTS,
    ticks::Position,
};
use crate::Answer;

/// What reads, fills and marks share with the task that follows the log.
pub(super) struct Shared {
    pub(super) options: Options,
    pub(super) keys: Keys,
    pub(super) link: Link,
    pub(super) replica: Replica,
    pub(super) fills: Fills,
    runtime: Handle,
    restart_loses: AtomicU8,
    pub(super) folding: AtomicBool,
}

/// Runs until it is aborted.
pub(super) async fn follow(shared: Arc<Shared>) {
    const FIRST_PAUSE: Duration = Duration::from_millis(20);
    let mut pause = FIRST_PAUSE;
    loop {
        let begun = Instant::now();
        let Err(error) = shared.session().await;
        shared.link.set_away(&error);
        // A connection that held for a while was lost by chance: then the first attempt is soon.
        let held = begun.elapsed() > shared.options.max_backoff * 2;
        pause = if held { FIRST_PAUSE } else { (pause * 2).min(shared.options.max_backoff) };
        sleep(pause.mul_f64(0.5 + chance() / 2.0)).await;
    }
}

/// From 0 to 1, so that many processes don't come back in step.
fn chance() -> f64 {
    let mut byte = [0];
    let _ = getrandom::fill(&mut byte); // without chance they do come back in step
    f64::from(byte[0]) / 255.0
}

impl Shared {
    pub(super) fn new(options: Options, runtime: Handle) -> Result<Self, Error> {
        options.check()?;
        Ok(Self {
            keys: Keys::new(&options.prefix),
            link: Link::new(&options)?,
            replica: Replica::new(options.max_silence, options.bounds.max_tags),
            fills: Fills::default(),
            runtime,
            restart_loses: AtomicU8::new(RestartLoses::Something as u8),
            folding: AtomicBool::new(false),
            options,
        })
    }

    /// An answer that `work` gives on the runtime of this store, whoever waits for it.
    pub(super) fn later<T: Send + 'static>(
        &self,
        work: impl Future<Output = crate::Result<T>> + Send + 'static,
    ) -> Answer<crate::Result<T>> {
        let task = self.runtime.spawn(work);
        Answer::later(async move {
            task.await.unwrap_or_else(|gone| {
                Err(crate::Error::Away { reason: format!("its runtime has ended ({gone})") })
            })
        })
    }

    /// Lets go of the connections.
    pub(super) fn close(&self) {
        self.fills.clear();
        self.link.set_away(&Error::Away(None));
    }

    /// From connecting to losing the connection.
    async fn session(&self) -> Result<Infallible, Error> {
        let wait = self.options.log_wait();
        let mut log = self.link.open(wait + self.options.command_timeout).await?;
        let restart_loses = self.restart_loses(&mut log).await;
        self.restart_loses.store(restart_loses as u8, Ordering::Relaxed);
        self.hello(&mut log).await?;
        let commands = self.link.open(self.options.command_timeout).await?;
        let epoch = self.link.set_up(commands);
        loop {
            tokio::select! {
                is_whole = self.read_log(&mut log) => {
                    if !is_whole? {
                        self.hello(&mut log).await?;
                    }
                }
                () = self.link.until_broken(epoch) => return Err(Error::Away(None)),
            }
        }
    }

    /// Waits for marks, and says whether they follow what is known.
    async fn read_log(&self, log: &mut Connection) -> Result<bool, Error> {
        let asked = Asked::now();
        let known = self.replica.position();
        let wait = self.options.log_wait();
        let mut pipeline = redis::pipe();
        // That the log is silent doesn't mean that nothing was said: it may be gone.
        pipeline.cmd("HMGET").arg(&self.keys.state).arg("generation").arg("clock");
        pipeline.cmd("TIME");
        pipeline.cmd("XREAD").arg("BLOCK").arg(wait.as_millis() as u64);
        pipeline.arg("STREAMS").arg(&self.keys.log).arg(format!("{}-0", known.tick));
        let limit = wait + self.options.command_timeout;
        type Answer = ((Option<String>, Option<u64>), (u64, u64), log::Read);
        let answer: Answer = bounded(limit, pipeline.query_async(log)).await?;
        let ((generation, clock), (seconds, micros), log::Read(events)) = answer;
        let time = Duration::from_secs(seconds) + Duration::from_micros(micros);
        self.replica.set_clock(time, asked);
        let is_ours = generation.is_some_and(|is| is == known.generation_text());
        let clock = clock.filter(|_| is_ours).unwrap_or(0);
        Ok(self.replica.apply(known, clock, &events, asked).is_ok())
    }

    /// Brings the replica to where Redis stands, whatever happened meanwhile.
    pub(super) async fn hello(&self, connection: &mut Connection) -> Result<(), Error> {
        for hole in [false, true] {
            let asked = Asked::now();
            let known = self.replica.position();
            let mut script = SCRIPTS.hello.prepare_invoke();
            script.key(&self.keys.state).key(&self.keys.log).key(&self.keys.snapshot);
            script.arg(format!("{:016x}", fresh_number()));
            script.arg(known.generation_text()).arg(known.tick);
            script.arg(RestartLoses::ARGS[self.restart_loses.load(Ordering::Relaxed) as usize]);
            script.arg(u8::from(hole));
            let asking = script.invoke_async(connection);
            let standing: Standing = bounded(self.options.command_timeout, asking).await?;
            if self.replica.stand(standing, asked).is_ok() {
                return Ok(());
            }
        }
        // Somebody else's new generation came between; the next attempt sees it.
        Err(Error::Away(None))
    }

    /// Reads the log now, over the connection of commands. Says whether it follows what is known;
    /// if not, the task that follows the log finds out, too, and why.
    pub(super) async fn read_now(&self) -> Result<bool, Error> {
        let asked = Asked::now();
        let known = self.replica.position();
        let mut script = SCRIPTS.since.prepare_invoke();
        script.key(&self.keys.state).key(&self.keys.log);
        script.arg(known.generation_text()).arg(known.tick);
        let (clock, events): (u64, Vec<Event>) =
            self.link.ask(&Request::Script(&script), Patience::Command).await?;
        Ok(self.replica.apply(known, clock, &events, asked).is_ok())
    }

    async fn restart_loses(&self, connection: &mut Connection) -> RestartLoses {
        if self.options.after_restart == AfterRestart::Trust {
            return RestartLoses::NeverMind;
        }
        // A replica that takes over in a cluster may lack what its master acknowledged, however
        // durable that one was.
        if matches!(connection, Connection::Cluster(_)) {
            return RestartLoses::Something;
        }
        let mut says = async |name: &str, value: &str| {
            let mut command = Cmd::new();
            command.arg("CONFIG").arg("GET").arg(name);
            let asking = command.query_async::<Vec<String>>(connection);
            // Where this is forbidden nothing is known, so nothing is believed.
            let answer = bounded(self.options.command_timeout, asking).await.unwrap_or_default();
            answer.get(1).is_some_and(|is| is == value)
        };
        if says("appendonly", "yes").await && says("appendfsync", "always").await {
            RestartLoses::Nothing
        } else {
            RestartLoses::Something
        }
    }
}

/// What a restart of the server loses of what it acknowledged.
#[derive(Clone, Copy)]
enum RestartLoses {
    Something,
    Nothing,
    NeverMind,
}

impl RestartLoses {
    /// As the script knows them.
    const ARGS: [&str; 3] = ["", "nothing", "never-mind"];
}

/// Different from all others; never zero, which is the generation of who has seen none.
pub(super) fn fresh_number() -> u64 {
    let mut bytes = [0; 8];
    let nanos = || std::time::UNIX_EPOCH.elapsed().map_or(1, |since| since.as_nanos() as u64);
    let number = match getrandom::fill(&mut bytes) {
        Ok(()) => u64::from_le_bytes(bytes),
        Err(_) => nanos(), // different from the last one is all that it must be
    };
    number.max(1)
}

async fn bounded<T>(
    limit: Duration,
    asking: impl Future<Output = redis::RedisResult<T>>,
) -> Result<T, Error> {
    let answer = timeout(limit, asking).await;
    Ok(answer.map_err(|_| Error::TimedOut(limit.as_millis() as u64))??)
}

impl FromRedisValue for Standing {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let (generation, tick, micros, from, snapshot, events): (String, u64, u64, u64, _, _) =
            from_redis_value(value)?;
        let generation = u64::from_str_radix(&generation, 16)
            .map_err(|_| ParsingError::from("a generation is no number"))?;
        Ok(Self {
            position: Position { generation, tick },
            time: Duration::from_micros(micros),
            from,
            snapshot,
            events,
        })
    }
}
