//! The fuzz targets' corpus (`make fuzz`), once through the same checks, on stable Rust.

use std::fs;
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
#[allow(dead_code)] // what only the unit tests use
mod fuzz;

fn replay(target: &str, check: fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs: Vec<_> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!(inputs.len() >= 10, "{} inputs are no corpus", inputs.len());
    for input in &inputs {
        let bytes = fs::read(input).unwrap();
        if std::panic::catch_unwind(|| check(&bytes)).is_err() {
            panic!("{}", input.display());
        }
    }
    println!("{target}: {} inputs", inputs.len());
}

#[test]
fn escape_json() {
    replay("escape_json", fuzz::escape_json);
}

#[test]
fn escape_json_ascii() {
    replay("escape_json_ascii", fuzz::escape_json_ascii);
}

#[test]
fn accept() {
    replay("accept", fuzz::accept);
}

#[test]
fn key_valid() {
    replay("key_valid", fuzz::key_valid);
}
