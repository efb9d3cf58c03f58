//! The atomic steps, as Redis runs them.

use std::sync::LazyLock;

use redis::Script;

/// Each with a first comment that says what goes in and comes out.
pub(super) struct Scripts {
    pub(super) hello: Script,
    pub(super) since: Script,
    pub(super) mark: Script,
    pub(super) fold: Script,
    pub(super) begin: Script,
    pub(super) keep: Script,
    pub(super) finish: Script,
    pub(super) delete: Script,
    pub(super) piece: Script,
}

pub(super) static SCRIPTS: LazyLock<Scripts> = LazyLock::new(|| Scripts {
    hello: Script::new(include_str!("scripts/hello.lua")),
    since: Script::new(include_str!("scripts/since.lua")),
    mark: Script::new(include_str!("scripts/mark.lua")),
    fold: Script::new(include_str!("scripts/fold.lua")),
    begin: Script::new(include_str!("scripts/begin.lua")),
    keep: Script::new(include_str!("scripts/keep.lua")),
    finish: Script::new(include_str!("scripts/finish.lua")),
    delete: Script::new(include_str!("scripts/delete.lua")),
    piece: Script::new(include_str!("scripts/piece.lua")),
});
