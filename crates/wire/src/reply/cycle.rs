//! Circles that no value may have: who is in one never comes to be.

use std::collections::HashMap;

/// For each promise whose value is another promise, that one or one behind it.
#[derive(Debug, Default)]
pub(super) struct Promised(HashMap<u32, u32>);

impl Promised {
    /// Takes note that the value of `promise` is the promise `next`; not if they would wait for each
    /// other.
    pub(super) fn follow(&mut self, promise: u32, next: u32) -> bool {
        let mut last = next;
        while let Some(behind) = self.0.get(&last).copied() {
            if let Some(further) = self.0.get(&behind).copied() {
                self.0.insert(last, further); // halves the way for the next one
            }
            last = behind;
        }
        if last == promise {
            return false;
        }
        self.0.insert(promise, next);
        true
    }
}

/// A function that is bound to itself, over however many others: `bindings` tell which function has
/// which among its bound arguments.
pub(super) fn self_bound(bindings: &[(u32, u32)]) -> Option<u32> {
    let mut inner: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut holders: HashMap<u32, usize> = HashMap::new();
    for (holder, bound) in bindings {
        inner.entry(*holder).or_default().push(*bound);
        holders.entry(*holder).or_default();
        *holders.entry(*bound).or_default() += 1;
    }
    // Take away, again and again, what no function holds: what stays is a cycle.
    let free = holders.iter().filter(|(_, count)| **count == 0);
    let mut free: Vec<u32> = free.map(|(function, _)| *function).collect();
    while let Some(function) = free.pop() {
        holders.remove(&function);
        for bound in inner.remove(&function).unwrap_or_default() {
            if let Some(count) = holders.get_mut(&bound) {
                *count -= 1;
                if *count == 0 {
                    free.push(bound);
                }
            }
        }
    }
    holders.into_keys().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_may_be_a_chain_and_no_circle() {
        for order in [(0..5_000).collect::<Vec<u32>>(), (0..5_000).rev().collect()] {
            let mut promised = Promised::default();
            assert!(order.iter().all(|promise| promised.follow(*promise, promise + 1)));
            assert!(!promised.follow(5_000, 0));
            assert!(!promised.follow(5_000, 2_500));
            assert!(promised.follow(5_001, 0));
        }
        assert!(!Promised::default().follow(1, 1));
    }

    #[test]
    fn functions_may_be_bound_to_others_and_not_to_themselves() {
        assert_eq!(self_bound(&[]), None);
        assert_eq!(self_bound(&[(1, 2), (1, 2), (2, 3), (1, 3)]), None);
        assert_eq!(self_bound(&[(1, 1)]), Some(1));
        assert_eq!(self_bound(&[(9, 7), (7, 8), (8, 7)]), Some(7));
    }
}
