//! How many calls of one action run at a time, and how many more may wait.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::rejection::Rejection;

/// Whether a call may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It has its place.
    Now,
    /// It has a place in the queue: somebody's [`Gate::leave`] lets it in.
    Wait,
}

/// Counts the places of one action. Who waits is the caller's to remember, in order.
#[derive(Debug)]
pub struct Gate {
    most: u32,
    most_waiting: u32,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    running: u32,
    waiting: u32,
}

impl Gate {
    /// `most` at a time, and `most_waiting` more in the queue.
    pub fn new(most: u32, most_waiting: u32) -> Self {
        Self { most, most_waiting, counts: Mutex::default() }
    }

    /// Takes a place, here or in the queue. Each has to be given back: with [`leave`](Self::leave), or
    /// with [`give_up`](Self::give_up) while it is one in the queue.
    ///
    /// # Errors
    ///
    /// [`Rejection::Busy`]: the queue is full.
    pub fn enter(&self) -> Result<Turn, Rejection> {
        let mut counts = self.counts();
        // Nobody overtakes who waits: then `running` is at its most.
        if counts.running < self.most {
            counts.running += 1;
            return Ok(Turn::Now);
        }
        if counts.waiting < self.most_waiting {
            counts.waiting += 1;
            return Ok(Turn::Wait);
        }
        Err(Rejection::Busy)
    }

    /// A call has ended. Says whether the one that waits longest has its place now.
    pub fn leave(&self) -> bool {
        let mut counts = self.counts();
        if counts.waiting > 0 {
            counts.waiting -= 1;
            return true;
        }
        counts.running = counts.running.saturating_sub(1);
        false
    }

    /// One that waited is gone.
    pub fn give_up(&self) {
        let mut counts = self.counts();
        counts.waiting = counts.waiting.saturating_sub(1);
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_as_many_as_said_and_so_is_the_queue() {
        let gate = Gate::new(2, 1);
        let turns = [gate.enter(), gate.enter(), gate.enter()].map(Result::unwrap);
        assert_eq!(turns, [Turn::Now, Turn::Now, Turn::Wait]);
        assert!(matches!(gate.enter(), Err(Rejection::Busy)));

        assert!(gate.leave(), "the one that waits goes on");
        assert_eq!(gate.enter().unwrap(), Turn::Wait);
        gate.give_up();
        assert!(!gate.leave());
        assert_eq!(gate.enter().unwrap(), Turn::Now);
    }

    #[test]
    fn without_a_queue_nobody_waits() {
        let gate = Gate::new(1, 0);
        assert_eq!(gate.enter().unwrap(), Turn::Now);
        assert!(matches!(gate.enter(), Err(Rejection::Busy)));
        assert!(!gate.leave());
        assert_eq!(gate.enter().unwrap(), Turn::Now);
    }
}
