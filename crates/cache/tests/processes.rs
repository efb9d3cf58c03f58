//! Several processes on one folder, some of them killed.
//!
//! This program starts itself again in the role that `CACHE_ROLE` names. The truth that is cached
//! is a number in a file, which only ever grows: so a value tells how old it is.

mod processes_support;

use libtest_mimic::{Arguments, Trial};
use processes_support::{crash, roles, seen, single};

fn main() {
    if let Ok(role) = std::env::var("CACHE_ROLE") {
        return roles::play(&role);
    }
    let trials = vec![
        trial("two_processes_see_each_marks_effect_at_their_next_read", || seen::by_readers(1)),
        trial("four_processes_see_each_marks_effect_at_their_next_read", || seen::by_readers(3)),
        trial("one_fill_at_a_time_in_all_processes_together", single::one_fill_at_a_time),
        trial(
            "whoever_waits_for_another_process_goes_on_when_it_is_done",
            single::a_fill_that_ends,
        ),
        trial(
            "whoever_waits_for_a_process_that_dies_takes_over",
            single::a_fill_whose_process_dies,
        ),
        trial("what_others_use_is_not_set_aside", single::damaged_while_in_use),
        trial("a_killed_process_undoes_and_tears_nothing", crash::killed_at_random),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn trial(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}
