//! The parts that the benchmarks share.

pub mod contenders;
pub mod library;
pub mod measure;
pub mod strings;

use std::ffi::c_void;
use std::path::Path;

use libloading::Library;
use serde_json::Value;

/// An `escape_json_*_size` function.
pub type Size = unsafe extern "C" fn(*const c_void, usize) -> usize;
/// An `escape_json_*` function.
pub type Write = unsafe extern "C" fn(*const c_void, usize, *mut c_void) -> usize;

/// The plain C functions of benches/baseline, in the library that `WEBSTR_BASELINE` names.
pub fn baseline() -> &'static Library {
    let path = std::env::var_os("WEBSTR_BASELINE")
        .expect("WEBSTR_BASELINE names the library of benches/baseline: run this by `make`");
    // SAFETY: a library of plain functions without constructors.
    Box::leak(Box::new(unsafe { Library::new(path) }.expect("the baseline library loads")))
}

/// The CPU, without which a number says nothing, and how busy it is.
pub fn setting() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name| {
        let mut lines = cpu.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.trim() == name).map_or("?", |(_, value)| value.trim())
    };
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "{} (family {}, model {}), load {}",
        field("model name"),
        field("cpu family"),
        field("model"),
        load.split(' ').next().unwrap_or("?"),
    )
}

/// The documents that benches/fetch_documents.sh has fetched, by name; a line on stderr for each
/// that is missing.
pub fn documents() -> Vec<(&'static str, Value)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../build/documents");
    let read = |name| {
        let Ok(text) = std::fs::read(dir.join(name).with_extension("json")) else {
            eprintln!("{name} skipped: get it by benches/fetch_documents.sh");
            return None;
        };
        Some((name, serde_json::from_slice(&text).expect("the document is JSON")))
    };
    let names = ["twitter", "citm_catalog", "github_events", "gsoc-2018", "update-center"];
    names.into_iter().filter_map(read).collect()
}

/// The keys and values of a document, in its order.
pub fn strings_of(value: Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values.into_iter().flat_map(strings_of).collect(),
        Value::Object(members) => {
            let member = |(key, value)| std::iter::once(key).chain(strings_of(value));
            members.into_iter().flat_map(member).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}
