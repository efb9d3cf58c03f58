//! Each folder under `tests/fixtures` that holds an `input.*` is one test, named by its path.
//!
//! `capture/loop-variable/input.tsx` is compiled once per target and must give `server.js`, `ssr.js`, `client.js` and
//! `diagnostics.txt`, byte for byte; ids stand there as `<id:name>`. A file that isn't there stands for "nothing": no
//! code, no diagnostics. `policies.txt` lists the
//! policies of its actions. `modules.json` says what the modules export that the input exports from. Folders under `development` are compiled in that mode, all others for production.
//! To accept what the compiler now says, run `BLESS=1 cargo test -p compiler --test fixtures capture` and read the
//! diff as you would read code.

#![allow(clippy::disallowed_methods)]

mod support;

use std::{collections::HashMap, env, fs, io, path::Path, process::ExitCode};

use compiler::{Mode, Options, Output, Target, transform};
use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    let root = support::fixtures();
    let trials = support::inputs()
        .into_iter()
        .map(|input| {
            let folder = input.parent().expect("a file lies in a folder");
            let name = folder.strip_prefix(&root).expect("below the root").display().to_string();
            Trial::test(name, move || check(&input))
        })
        .collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn is_of_client(code: &str) -> bool {
    matches!(code, "errand::inline-in-client" | "errand::cache-in-client")
}

fn check(input: &Path) -> Result<(), Failed> {
    let source = fs::read_to_string(input)?;
    let folder = input.parent().expect("a file lies in a folder");
    let is_development = folder.components().any(|it| it.as_os_str() == "development");
    let mut server_diagnostics = None;
    for target in Target::ALL {
        let options = Options {
            filename: input.file_name().expect("an input").to_string_lossy().into_owned(),
            target,
            mode: if is_development { Mode::Development } else { Mode::Production },
            exports_of: exports_of(folder)?,
            ..Options::default()
        };
        let output = transform(&source, &options);
        let code = output.code.as_ref().map(|code| with_readable_ids(code, &output));
        expect(&folder.join(format!("{}.js", target.name())), code.as_deref())?;

        let diagnostics = Some(output.render_diagnostics()).filter(|text| !text.is_empty());
        if target == Target::Server {
            expect(&folder.join("diagnostics.txt"), diagnostics.as_deref())?;
            expect(&folder.join("policies.txt"), policies(&output).as_deref())?;
            server_diagnostics = diagnostics;
        } else if folder.parent().is_some_and(|it| it.ends_with("client")) {
            expect(&folder.join("diagnostics.client.txt"), diagnostics.as_deref())?;
        } else if output.diagnostics.iter().all(|it| !is_of_client(it.code))
            && diagnostics != server_diagnostics
        {
            return Err(format!("{} says something else: {diagnostics:?}", target.name()).into());
        }
    }
    Ok(())
}

/// `export: {…}` of each action that has a policy.
fn policies(output: &Output) -> Option<String> {
    let with_policy = output.actions.iter().filter(|it| !it.policy.is_empty());
    let lines = with_policy.map(|it| {
        let policy = serde_json::to_string(&it.policy).expect("JSON can be written");
        format!("{} {}({}): {policy}\n", it.kind.name(), it.name, it.params)
    });
    Some(lines.collect::<String>()).filter(|text| !text.is_empty())
}

/// What `modules.json` says of the modules that the input exports from.
fn exports_of(folder: &Path) -> Result<HashMap<String, Vec<String>>, Failed> {
    match fs::read(folder.join("modules.json")) {
        Ok(json) => Ok(serde_json::from_slice(&json)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HashMap::new()),
        Err(error) => Err(error.into()),
    }
}

fn with_readable_ids(code: &str, output: &Output) -> String {
    output.actions.iter().fold(code.to_owned(), |code, action| {
        let name =
            if action.export_name.starts_with("$$") { &action.name } else { &action.export_name };
        code.replace(&action.id, &format!("<id:{name}>"))
    })
}

/// Compares `actual` with the file, or writes it there when `BLESS` is set.
fn expect(file: &Path, actual: Option<&str>) -> Result<(), Failed> {
    let expected = match fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    if expected.as_deref() == actual {
        return Ok(());
    }
    if env::var_os("BLESS").is_none() {
        let (want, got) = (expected.unwrap_or_default(), actual.unwrap_or_default());
        return Err(format!("{}\n--- expected\n{want}\n--- actual\n{got}", file.display()).into());
    }
    match actual {
        Some(text) => fs::write(file, text)?,
        None => fs::remove_file(file)?,
    }
    Ok(())
}
