//! Tells children what to do, and checks what they saw.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    child::URL,
    support::{SOON, server::Server},
};

struct Process {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Process {
    fn start(url: &str) -> Self {
        let own = std::env::current_exe().expect("this binary");
        let mut child = Command::new(own)
            .env(URL, url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts itself");
        let to = child.stdin.take().expect("piped");
        let from = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, to, from }
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.to, "{line}").expect("the child reads");
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.from.read_line(&mut line).expect("the child answers");
        assert!(line.ends_with('\n'), "the child is gone: {line}");
        line.trim_end().to_owned()
    }

    fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(done.expect("kill runs").success());
    }

    fn ask(&mut self, line: &str) -> String {
        self.tell(line);
        self.hear()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill(); // a test may have done that already
        let _ = self.child.wait();
    }
}

fn start(count: usize) -> (Server, Vec<Process>) {
    let server = Server::start(&[]);
    let processes = (0..count).map(|_| Process::start(&server.url())).collect();
    (server, processes)
}

/// The action runs in one process, the same browser's next request goes to another.
pub(crate) fn reads_own_writes(count: usize) {
    let (_server, mut processes) = start(count);
    let (writer, readers) = processes.split_first_mut().expect("more than one");
    for n in 0..100 {
        let stored = writer.ask(&format!("compute k {n} posts 0"));
        assert_eq!(stored, "stored true");
        for reader in &mut *readers {
            assert_eq!(reader.ask("read k"), format!("fresh {n}"));
        }
        let marked = writer.ask("mark posts");
        let position = marked.split(' ').next().expect("a position");
        for reader in &mut *readers {
            assert_eq!(reader.ask(&format!("catch-up {position}")), "caught up");
            assert_eq!(reader.ask("read k"), "absent", "round {n}");
        }
    }
    let invented = u64::MAX;
    for reader in readers {
        let begun = Instant::now();
        assert_eq!(reader.ask(&format!("catch-up {invented}")), "caught up");
        assert!(begun.elapsed() < SOON / 4, "nobody waits for what Redis doesn't have");
    }
}

pub(crate) fn fills_once() {
    let (_server, mut processes) = start(4);
    for n in 0..20 {
        for process in &mut processes {
            process.tell(&format!("compute k{n} {n} posts 100"));
        }
        let mut answers: Vec<_> = processes.iter_mut().map(Process::hear).collect();
        answers.sort();
        assert_eq!(answers, ["stored true", "waited true", "waited true", "waited true"]);
        for process in &mut processes {
            assert_eq!(process.ask(&format!("read k{n}")), format!("fresh {n}"));
        }
    }
}

pub(crate) fn takes_over() {
    let (_server, mut processes) = start(2);
    let [first, second] = &mut processes[..] else { unreachable!("there are two") };
    assert_eq!(first.ask("begin k"), "began");
    second.tell("compute k 2 posts 0");
    // Longer than a lease: it is prolonged while its owner lives.
    std::thread::sleep(Duration::from_millis(1_200));
    first.child.kill().expect("it runs");
    let killed = Instant::now();
    assert_eq!(second.hear(), "waited true");
    while second.ask("compute k 2 posts 0") != "stored true" {
        assert!(killed.elapsed() < SOON, "the lease doesn't end");
    }
    assert!(killed.elapsed() < Duration::from_secs(5), "{:?}", killed.elapsed());
    assert_eq!(second.ask("read k"), "fresh 2");
}

pub(crate) fn wakes_up() {
    let (_server, mut processes) = start(2);
    let [writer, sleeper] = &mut processes[..] else { unreachable!("there are two") };
    for n in 0..3 {
        assert_eq!(writer.ask(&format!("compute k {n} posts 0")), "stored true");
        let begun = Instant::now();
        while sleeper.ask("read k") != format!("fresh {n}") {
            assert!(begun.elapsed() < SOON, "it doesn't come back");
        }
        sleeper.signal("-STOP");
        writer.ask("mark posts");
        // The silence that is allowed to a reader; until then it may not know.
        std::thread::sleep(Duration::from_millis(1_000));
        // The first thing it sees when it wakes up, before the log.
        sleeper.tell("read k");
        sleeper.signal("-CONT");
        assert_eq!(sleeper.hear(), "absent");
    }
}

/// From asking for a mark, and from its acknowledgement, until the last reader sees it.
pub(crate) fn time_until_seen(count: usize, rounds: usize) -> String {
    let (_server, mut processes) = start(count);
    let (writer, readers) = processes.split_first_mut().expect("more than one");
    let (mut since_asked, mut since_acknowledged) = (Vec::new(), Vec::new());
    for n in 0..rounds {
        assert_eq!(writer.ask(&format!("compute k {n} posts 0")), "stored true");
        for reader in &mut *readers {
            assert_eq!(reader.ask("read k"), format!("fresh {n}"));
            reader.tell("until-absent k");
        }
        let marked = writer.ask("mark posts");
        let times: Vec<i128> =
            marked.split(' ').skip(1).map(|time| time.parse().expect("a time")).collect();
        let seen = readers.iter_mut().map(|reader| {
            let seen = reader.hear();
            let (what, at) = seen.split_once(' ').expect("what and when");
            assert_eq!(what, "absent", "and not an older value");
            at.parse::<i128>().expect("a time")
        });
        let last = seen.max().expect("there are readers");
        since_asked.push((last - times[0]) / 1_000);
        since_acknowledged.push((last - times[1]) / 1_000);
    }
    format!(
        "{count} processes, {rounds} marks: the last reader sees it {} after it was asked for, {} after it was \
         acknowledged",
        spread(since_asked),
        spread(since_acknowledged)
    )
}

fn spread(mut micros: Vec<i128>) -> String {
    micros.sort_unstable();
    let at = |share: f64| micros[((micros.len() - 1) as f64 * share) as usize];
    format!("{} µs (median; p99 {} µs, at most {} µs)", at(0.5), at(0.99), at(1.0))
}
