//! What a module exports at run time: for a file of actions that exports from it.

use swc_core::ecma::ast::{DefaultDecl, ExportSpecifier, ModuleDecl, ModuleItem, Program};

use crate::{
    analyse::declared_names, depth, parse::parse, stack::on_large_stack, text::without_bom,
};

/// The exports of a module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModuleExports {
    /// Names that the module itself exports, in the order of the source; types are none.
    pub names: Vec<String>,
    /// Specifiers of the modules whose exports it exports too (`export * from`), but for `default`.
    pub from: Vec<String>,
}

/// Reads what the module `code` exports; the file name's extension decides its syntax.
///
/// `None`: it can't be parsed, or is no ES module.
///
/// ```
/// let exports = compiler::module_exports("export const a = 1; export * from './b'", "a.js").unwrap();
/// assert_eq!((exports.names, exports.from), (vec!["a".to_owned()], vec!["./b".to_owned()]));
/// ```
pub fn module_exports(code: &str, filename: &str) -> Option<ModuleExports> {
    let source = without_bom(code);
    depth::check(source).ok()?;
    on_large_stack(|| match parse(source, filename).ok()?.program {
        Program::Module(module) => Some(read(&module.body)),
        Program::Script(_) => None,
    })
}

fn read(items: &[ModuleItem]) -> ModuleExports {
    let mut exports = ModuleExports::default();
    let declarations = items.iter().filter_map(|it| match it {
        ModuleItem::ModuleDecl(declaration) => Some(declaration),
        ModuleItem::Stmt(_) => None,
    });
    for declaration in declarations {
        match declaration {
            ModuleDecl::ExportDecl(it) => {
                let mut names = Vec::new();
                declared_names(&it.decl, &mut names);
                exports.names.extend(names.into_iter().map(ToString::to_string));
            }
            ModuleDecl::ExportNamed(it) if !it.type_only => {
                exports.names.extend(it.specifiers.iter().filter_map(exported_name));
            }
            ModuleDecl::ExportDefaultDecl(it)
                if !matches!(it.decl, DefaultDecl::TsInterfaceDecl(_)) =>
            {
                exports.names.push("default".to_owned());
            }
            ModuleDecl::ExportDefaultExpr(_) => exports.names.push("default".to_owned()),
            ModuleDecl::ExportAll(it) if !it.type_only => {
                exports.from.push(it.src.value.to_string_lossy().into_owned());
            }
            _ => {}
        }
    }
    exports.names.dedup();
    exports
}

fn exported_name(specifier: &ExportSpecifier) -> Option<String> {
    let name = match specifier {
        ExportSpecifier::Named(it) if it.is_type_only => return None,
        ExportSpecifier::Named(it) => it.exported.as_ref().unwrap_or(&it.orig),
        ExportSpecifier::Namespace(it) => &it.name,
        ExportSpecifier::Default(it) => return Some(it.exported.sym.to_string()),
    };
    Some(name.atom().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(code: &str) -> Vec<String> {
        module_exports(code, "a.ts").map(|it| it.names).unwrap_or_default()
    }

    #[test]
    fn values_are_exports_and_types_are_not() {
        assert_eq!(
            names(
                "export async function a() {}
                 export const { b, c: [d] } = x, e = 1
                 export { f, g as h, type I }
                 export type { J } from './j'
                 export type K = 1
                 export interface L {}
                 export declare const m: 1
                 export enum N {}
                 export * as o from './o'
                 export default class {}"
            ),
            ["a", "b", "d", "e", "f", "h", "N", "o", "default"]
        );
    }

    #[test]
    fn modules_that_are_exported_from_are_named() {
        let exports = module_exports("export * from './a'; export type * from './b'", "a.ts");
        assert_eq!(exports.unwrap().from, ["./a"]);
    }

    #[test]
    fn what_is_no_module_has_no_known_exports() {
        assert_eq!(module_exports("module.exports = { a: 1 }", "a.js"), None);
        assert_eq!(module_exports("export const = 1", "a.js"), None);
    }
}
