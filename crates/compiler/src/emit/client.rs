//! What the browser and the server rendering of a Server Components app get of an action file: references, and
//! nothing of the source.

use swc_core::ecma::ast::{EsReserved, Ident};

use super::{
    Emitted, Names,
    edit::{Origin, Writer},
    is_development,
    map::{self, Mappings},
};
use crate::{
    Action, Options, Target,
    text::{Text, js_string},
};

pub(super) fn emit(actions: &[Action], text: &Text, options: &Options) -> Emitted {
    let names = Names::new(text.source);
    let runtime = match options.target {
        Target::Client => &options.runtime.client,
        Target::Server | Target::Ssr => &options.runtime.ssr,
    };
    let has_mappings = options.source_map && is_development(options);
    let mappings = has_mappings.then(|| Mappings::new(0, options.input_map.as_deref()));
    let mut writer = Writer::new(text, 100 * (1 + actions.len()), mappings);
    let exported: Vec<&Action> =
        actions.iter().filter(|it| it.kind == crate::Kind::Module).collect();
    if exported.is_empty() {
        writer.generated("export {}\n", Origin::NONE);
    } else {
        let reference = names.of("ref");
        let from = js_string(runtime);
        writer.generated(
            &format!("import {{ createServerReference as {reference} }} from {from}\n"),
            Origin::NONE,
        );
        for (index, action) in exported.into_iter().enumerate() {
            export(action, index, &names, options, &mut writer, text);
        }
    }
    let (code, mappings) = writer.finish();
    let map = options.source_map.then(|| match mappings {
        Some(mappings) => mappings.into_json(&options.filename, text.source),
        None => map::empty(),
    });
    Emitted { code, map }
}

fn export(
    action: &Action,
    index: usize,
    names: &Names,
    options: &Options,
    writer: &mut Writer,
    text: &Text,
) {
    let Action { id, name, export_name, params, rest, .. } = action;
    let is_plain = is_binding_name(export_name);
    let local = if is_plain { export_name.clone() } else { names.of(&index.to_string()) };
    writer.generated(if is_plain { "export const " } else { "const " }, Origin::NONE);
    let at = Some(text.offset(action.line - 1, action.column - 1));
    writer.generated(
        &local,
        Origin { at, name: Some(name).filter(|it| **it != local).map(|it| &**it) },
    );
    let development =
        if is_development(options) { format!(", {}", js_string(name)) } else { String::new() };
    let reference = names.of("ref");
    writer.generated(
        &format!(" = /*#__PURE__*/ {reference}(\"{id}\", {params}, {rest}{development})\n"),
        Origin::NONE,
    );
    if !is_plain {
        let exported =
            if is_name(export_name) { export_name.clone() } else { js_string(export_name) };
        writer.generated(&format!("export {{ {local} as {exported} }}\n"), Origin::NONE);
    }
}

fn is_binding_name(name: &str) -> bool {
    is_name(name) && !name.is_reserved_in_any() && !matches!(name, "await" | "enum")
}

pub(super) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(Ident::is_valid_start) && chars.all(Ident::is_valid_continue)
}
