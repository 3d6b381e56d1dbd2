//! The modules of `src` import only downwards: no cycle of imports, seen from the paths in the code.
//! `cargo test --test layers -- --nocapture` prints each module with what it imports, the lowest first.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A module's path from the crate on.
type Module = Vec<String>;

/// Adds the code of all files below `directory`, without comments and tests.
fn collect(directory: &Path, at: &Module, code: &mut BTreeMap<Module, String>) {
    for entry in fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()) {
        let name = entry.file_stem().unwrap().to_str().unwrap().to_owned();
        let module = if ["lib", "mod"].contains(&&*name) {
            at.clone()
        } else {
            [at, &[name.clone()][..]].concat()
        };
        if ["testing", "tests"].contains(&&*name) {
            continue;
        } else if entry.is_dir() {
            collect(&entry, &module, code);
        } else if entry.extension() == Some("rs".as_ref()) {
            let text = fs::read_to_string(&entry).unwrap();
            let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
            let lines: Vec<_> = text.lines().map(|line| line.split("//").next().unwrap()).collect();
            code.insert(module, lines.join(" "));
        }
    }
}

/// The paths that `text` begins with: several if braces follow.
fn paths(text: &str, at: &Module, found: &mut Vec<Module>) -> usize {
    let word: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    let rest = &text[word.len()..];
    let at = if word.is_empty() { at.clone() } else { [at, &[word.clone()][..]].concat() };
    if let Some(inner) = rest.strip_prefix("::") {
        return word.len() + 2 + paths(inner, &at, found);
    }
    if !rest.starts_with('{') {
        found.push(at);
        return word.len();
    }
    let mut end = word.len() + 1;
    while !text[end..].starts_with('}') {
        let inner = text[end..].trim_start_matches([' ', ',']);
        end = text.len() - inner.len();
        end += if inner.starts_with('}') { 0 } else { paths(inner, &at, found).max(1) };
    }
    end + 1
}

/// The modules that the code of `module` names.
fn imports(module: &Module, text: &str, modules: &BTreeMap<Module, String>) -> BTreeSet<Module> {
    let mut found = Vec::new();
    let starts = text.match_indices("crate::").map(|(i, start)| (i + start.len(), vec![]));
    let parent = module[..module.len().saturating_sub(1)].to_vec();
    let starts = starts
        .chain(text.match_indices("super::").map(|(i, start)| (i + start.len(), parent.clone())));
    let starts = starts
        .chain(text.match_indices("use ").map(|(i, start)| (i + start.len(), module.clone())));
    for (start, at) in starts {
        paths(&text[start..], &at, &mut found);
    }
    let known = |path: Module| {
        (1..=path.len()).rev().map(|n| path[..n].to_vec()).find(|path| modules.contains_key(path))
    };
    found.into_iter().filter_map(known).filter(|named| named != module).collect()
}

fn line(module: &Module, imports: &BTreeSet<Module>) -> String {
    let imports: Vec<_> = imports.iter().map(|path| path.join("::")).collect();
    format!("{} <- {}\n", module.join("::"), imports.join(", "))
}

#[test]
fn no_cycle_of_imports() {
    let mut code = BTreeMap::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &vec![], &mut code);
    let mut left: BTreeMap<_, _> =
        code.iter().map(|(module, text)| (module.clone(), imports(module, text, &code))).collect();
    assert!(
        left.values().map(BTreeSet::len).sum::<usize>() > 60,
        "imports are not found: {left:?}"
    );
    while !left.is_empty() {
        let lowest: Vec<_> = left
            .iter()
            .filter(|(_, imports)| !imports.iter().any(|named| left.contains_key(named)))
            .map(|(module, _)| module.clone())
            .collect();
        let lines = left.iter().map(|(module, imports)| line(module, imports)).collect::<String>();
        assert!(!lowest.is_empty(), "a cycle among\n{lines}");
        for module in lowest {
            let imports = left.remove(&module).unwrap();
            print!("{}", line(&module, &imports));
        }
    }
}
