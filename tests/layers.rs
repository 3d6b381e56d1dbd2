//! The files of `src/escape` are layers: each names only those before it.

use std::fs;
use std::path::{Path, PathBuf};

/// The lowest layer first.
const LAYERS: &[&str] = &[
    "table.rs",
    "unit.rs",
    "scalar.rs",
    "vector.rs",
    "classify.rs",
    "short.rs",
    "kernel.rs",
    "escapes.rs",
    "utf8.rs",
    "x86_64/sse2.rs",
    "x86_64/avx2.rs",
    "x86_64/avx512.rs",
    "aarch64/neon.rs",
];

/// These declare the modules and put the backends together.
const ROOTS: &[&str] = &["mod.rs", "tests.rs", "x86_64/mod.rs", "aarch64/mod.rs"];

fn escape() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/escape")
}

/// The words of `use` items, and all words before `::`.
fn named(code: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut in_use = false;
    for line in code.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        in_use |= line.starts_with("use ");
        let mut paths = line.split("::").peekable();
        while let Some(piece) = paths.next() {
            let mut pieces = piece.split(|c: char| !c.is_alphanumeric() && c != '_');
            if in_use {
                words.extend(pieces);
            } else if paths.peek().is_some() {
                words.extend(pieces.next_back());
            }
        }
        in_use &= !line.ends_with(';');
    }
    words
}

#[test]
fn files_name_only_earlier_layers() {
    let layer =
        |word: &str| LAYERS.iter().position(|file| Path::new(file).file_stem().unwrap() == word);
    let mut references = 0;
    for (i, file) in LAYERS.iter().enumerate() {
        let code = fs::read_to_string(escape().join(file)).unwrap();
        for named in named(&code).into_iter().filter_map(layer).filter(|&named| named != i) {
            assert!(named < i, "{file} names {}", LAYERS[named]);
            references += 1;
        }
    }
    assert!(references > 40, "only {references} references were found");
}

#[test]
fn every_file_has_its_layer() {
    let mut files = Vec::new();
    for directory in ["", "x86_64", "aarch64"] {
        for entry in fs::read_dir(escape().join(directory)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                files.push(path.strip_prefix(escape()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    files.sort();
    let mut expected = [LAYERS, ROOTS].concat();
    expected.sort();
    assert_eq!(files, expected);
}
