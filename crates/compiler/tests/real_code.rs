//! Code that people wrote is never too deep: all that lies in `node_modules`.

#![allow(clippy::disallowed_methods)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use compiler::{Options, transform};

/// Source files, each with the names to compile it under: JavaScript is TypeScript too.
fn sources() -> Vec<(PathBuf, Vec<String>)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../node_modules")];
    while let Some(folder) = folders.pop() {
        // It isn't there when nobody has installed it; `npm test` does.
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let kind = entry.file_type().expect("a file has a type");
            if kind.is_dir() {
                folders.push(path);
                continue;
            }
            let extension = path.extension().unwrap_or_default().to_string_lossy();
            let others: &[&str] = match &*extension {
                "js" | "mjs" | "cjs" => &["js", "ts"],
                "ts" | "mts" | "cts" => &["ts", "tsx"],
                "tsx" => &["tsx"],
                _ => continue,
            };
            if kind.is_file() {
                let names = others.iter().map(|it| format!("{}.{it}", path.display())).collect();
                found.push((path, names));
            }
        }
    }
    found
}

#[test]
fn no_package_has_code_that_is_too_deep() {
    for (path, names) in sources() {
        let Ok(source) = fs::read_to_string(&path) else { continue };
        let source = format!("{source}\n;async function errand() {{ 'use server' }}");
        for filename in names {
            let output = transform(&source, &Options { filename, ..Options::default() });
            let refused = output.diagnostics.iter().find(|it| it.code == "errand::too-deep");
            assert_eq!(refused, None, "{}", path.display());
        }
    }
}
