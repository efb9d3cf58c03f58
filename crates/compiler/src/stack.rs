//! A stack that no source overflows.

use std::cell::Cell;

use corosensei::{on_stack, stack::DefaultStack};

use crate::depth::LIMIT;

/// What a level of the source takes of the stack, at most.
const LEVEL_BYTES: usize = if cfg!(debug_assertions) { 32 << 10 } else { 8 << 10 };
const BASE_BYTES: usize = 1 << 20;

/// Address space; memory is taken as it is used, and a page behind the end stops what would go on.
const STACK_BYTES: usize = BASE_BYTES + LIMIT as usize * LEVEL_BYTES;

thread_local! {
    /// The thread's stack for this, while nobody is on it. To make one anew each time costs as much as a small file.
    static IDLE: Cell<Option<DefaultStack>> = const { Cell::new(None) };
}

/// Runs `work` on a stack for [`LIMIT`] levels, however small that of the thread is.
pub(crate) fn on_large_stack<T>(work: impl FnOnce() -> T) -> T {
    let idle = IDLE.take();
    let mut stack = idle.unwrap_or_else(|| {
        DefaultStack::new(STACK_BYTES).expect("there is address space for a stack")
    });
    let done = on_stack(&mut stack, work);
    IDLE.set(Some(stack));
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_thread_has_a_large_stack_too() {
        fn deep(levels: usize) -> usize {
            let page = std::hint::black_box([levels; 512]);
            if levels == 0 { page[0] } else { deep(levels - 1) + page[1] / levels }
        }
        let thread = std::thread::Builder::new().stack_size(64 << 10);
        let levels = thread.spawn(|| on_large_stack(|| deep(5_000))).unwrap().join().unwrap();
        assert_eq!(levels, 5_000);
    }

    #[test]
    fn a_panic_goes_through_and_the_next_run_works() {
        let panicked =
            std::panic::catch_unwind(|| on_large_stack(|| std::panic::resume_unwind(Box::new(()))));
        assert!(panicked.is_err());
        assert_eq!(on_large_stack(|| on_large_stack(|| 1)), 1);
    }
}
