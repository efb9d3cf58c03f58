//! The bounded run of a fuzz target: some thousand inputs that are the same each time.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// How much a bounded run does.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Inputs.
    pub rounds: u32,
    /// Length of the longest.
    pub most_bytes: usize,
    /// What the counts that the target returns must come to: inputs that are all refused would show little.
    pub at_least: usize,
}

/// Runs `target` over inputs of random bytes and lengths.
///
/// Does nothing under a fuzzer, or when bolero is given a time: then the inputs come from there.
///
/// # Panics
///
/// When the target does, after printing the input; and when the counts don't come to `at_least`.
pub fn bounded_run(bounds: Bounds, target: impl Fn(&[u8]) -> usize) {
    let is_led = ["BOLERO_LIBFUZZER_ARGS", "BOLERO_RANDOM_TEST_TIME_MS"];
    if is_led.iter().any(|name| std::env::var_os(name).is_some()) {
        return;
    }
    let mut random = Random(0x5eed);
    let mut count = 0;
    for round in 0..bounds.rounds {
        let length = random.next() as usize % (bounds.most_bytes + 1);
        let input: Vec<u8> = (0..length).map(|_| (random.next() >> 24) as u8).collect();
        count += catch_unwind(AssertUnwindSafe(|| target(&input)))
            .unwrap_or_else(|_| panic!("in round {round}, with {input:?}"));
    }
    assert!(count >= bounds.at_least, "{count} of {bounds:?}");
}

/// Xorshift: equal on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { rounds: 100, most_bytes: 20, at_least: 100 };

    #[test]
    fn the_inputs_are_the_same_each_time() {
        let inputs = || {
            let seen = std::cell::RefCell::new(Vec::new());
            bounded_run(BOUNDS, |input| {
                seen.borrow_mut().push(input.to_vec());
                1
            });
            seen.into_inner()
        };
        assert_eq!(inputs(), inputs());
        assert!(inputs().iter().any(|it| it.len() == 20));
    }

    #[test]
    #[should_panic(expected = "0 of")]
    fn too_little_is_a_failure() {
        bounded_run(BOUNDS, |_| 0);
    }
}
