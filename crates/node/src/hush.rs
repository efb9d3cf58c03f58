//! Panics that aren't news stay silent.

use std::{panic, sync::Once};

/// Makes the panic hook leave out the parser's panics, which the compiler turns into diagnostics.
///
/// The hook is the addon's: Rust's runtime is linked into it, and other addons and Node have their own. What hook
/// there was gets all other panics.
pub(crate) fn hush_the_parser() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let hook = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !compiler::is_parsing() {
                hook(info);
            }
        }));
    });
}
