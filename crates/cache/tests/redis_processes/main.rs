//! Processes of their own on one Redis: this binary starts itself again for each.

#![expect(clippy::print_stdout, reason = "how long a mark takes is worth to be seen")]

#[path = "../redis/support/mod.rs"]
#[expect(dead_code, reason = "the other tests of Redis use the rest")]
mod support;

mod child;
mod parent;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if let Some(url) = std::env::var_os(child::URL) {
        child::serve(url.to_str().expect("a url is text"));
        return ExitCode::SUCCESS;
    }
    let trials = [
        Trial::test("a_write_in_one_process_is_read_in_another", || {
            parent::reads_own_writes(2);
            Ok(())
        }),
        Trial::test("a_write_in_one_process_is_read_in_three_others", || {
            parent::reads_own_writes(4);
            Ok(())
        }),
        Trial::test("one_process_fills_while_the_others_wait", || {
            parent::fills_once();
            Ok(())
        }),
        Trial::test("what_a_killed_process_was_filling_is_filled_by_another", || {
            parent::takes_over();
            Ok(())
        }),
        Trial::test("a_process_that_was_paused_serves_nothing_that_was_marked_meanwhile", || {
            parent::wakes_up();
            Ok(())
        }),
        Trial::test("the_last_of_two_processes_sees_a_mark_soon", || {
            println!("{}", parent::time_until_seen(2, 300));
            Ok(())
        }),
        Trial::test("the_last_of_four_processes_sees_a_mark_soon", || {
            println!("{}", parent::time_until_seen(4, 300));
            Ok(())
        }),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}
