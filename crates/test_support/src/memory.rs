//! How much memory a piece of work takes: the same on each run, unlike its time.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// The system's allocator, which counts. A test program that measures says
/// `#[global_allocator] static COUNTING: Counting = Counting;`.
#[derive(Debug)]
pub struct Counting;

/// What was asked of the allocator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Bytes of all allocations together, whether they were given back or not. Whoever copies again and again
    /// is seen here.
    pub total_bytes: u64,
    /// The most bytes that were held at once, beyond those before.
    pub peak_bytes: u64,
}

thread_local! {
    /// Bytes in all, bytes held, the most held. Each thread has its own: tests run side by side.
    static COUNTS: Cell<(u64, i64, i64)> = const { Cell::new((0, 0, 0)) };
}

/// Does `work`, and tells what it took on this thread.
pub fn used<T>(work: impl FnOnce() -> T) -> (T, Used) {
    let (total_before, held_before, _) = COUNTS.get();
    COUNTS.set((total_before, held_before, held_before));
    let done = work();
    let (total, _, most) = COUNTS.get();
    let used = Used {
        total_bytes: total - total_before,
        peak_bytes: u64::try_from(most - held_before).unwrap_or_default(),
    };
    (done, used)
}

fn count(taken: usize, given: usize) {
    // While a thread ends there is nowhere to count.
    _ = COUNTS.try_with(|counts| {
        let (total, held, most) = counts.get();
        let held = held + taken as i64 - given as i64;
        counts.set((total + taken as u64, held, most.max(held)));
    });
}

// SAFETY: all of it is the system's allocator; counting neither allocates nor panics. What isn't here is made of
// what is, so that growing holds old and new at once.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size(), 0);
        // SAFETY: the caller keeps to the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, layout.size());
        // SAFETY: the pointer is from `System.alloc`, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}
