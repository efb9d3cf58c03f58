//! The `"use server"` directive: text in, text and facts out.
//!
//! A file is compiled once for each graph that imports it. The server's graph gets the real module, with its actions
//! registered; the browser's gets references that call them. Everything else of the text keeps its bytes.
//!
//! | you hold | you want | use |
//! | --- | --- | --- |
//! | the bytes of a file | whether it is worth a parse | [`scan`] |
//! | its text | the compiled module, its map, its actions | [`transform`] |
//! | a module that an action file exports from | the names of its exports | [`module_exports`] |
//! | an [`Output`] | its diagnostics for a terminal | [`Output::render_diagnostics`] |
//! | a panic hook | to know that a panic is already a diagnostic | [`is_parsing`] |
//!
//! ```
//! use compiler::{Options, Target, transform};
//!
//! let source = "'use server'\nexport async function save(form) {}\n";
//! let options =
//!     Options { filename: "app/actions.js".into(), target: Target::Client, ..Options::default() };
//! let output = transform(source, &options);
//!
//! assert_eq!(output.actions[0].export_name, "save");
//! assert!(output.code.unwrap().contains("export const save = /*#__PURE__*/ $$errand_ref("));
//! ```
//!
//! # What you can rely on
//!
//! - **Nothing happens here but compiling.** No I/O, no environment, no clock: equal input gives equal output.
//! - **No source is an error of the call.** What is wrong with it is a [`Diagnostic`], all of a file at once.
//! - **No source is too deep.** What would overflow the stack is refused (`errand::too-deep`).
//! - **Nothing of an action file reaches the browser** but the names of its exports.
//!
//! Start reading at [`transform`], then `analyse`, then `emit`.

#![deny(missing_docs)]

mod options;
mod output;
mod transform;

mod scan;

mod depth;
mod parse;
mod rereads;
mod stack;

mod analyse;

mod id;

mod emit;

mod exports;

mod diagnostics;
mod text;

pub use diagnostics::{Diagnostic, Severity};
pub use exports::{ModuleExports, module_exports};
pub use options::{Mode, Options, Runtime, Target, UnknownName};
pub use output::{Action, Kind, Output};
pub use parse::is_parsing;
pub use scan::scan;
pub use transform::transform;
