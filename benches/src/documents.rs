//! The strings of real documents: those that benches/fetch_documents.sh puts into build/documents.

use std::path::Path;

use serde_json::Value;

pub struct Document {
    pub name: &'static str,
    /// Keys and values, in the document's order.
    pub strings: Vec<String>,
}

/// The documents that are there, by name; a line on stderr for each that is not.
pub fn values() -> Vec<(&'static str, Value)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../build/documents");
    ["twitter", "citm_catalog", "github_events", "gsoc-2018", "update-center"]
        .into_iter()
        .filter_map(|name| {
            let Ok(text) = std::fs::read(dir.join(name).with_extension("json")) else {
                eprintln!("{name} skipped: get it by benches/fetch_documents.sh");
                return None;
            };
            Some((name, serde_json::from_slice(&text).expect("the document is JSON")))
        })
        .collect()
}

/// The strings of [`values`].
pub fn documents() -> Vec<Document> {
    let strings = |(name, value)| {
        let mut strings = Vec::new();
        collect(value, &mut strings);
        Document { name, strings }
    };
    values().into_iter().map(strings).collect()
}

fn collect(value: Value, strings: &mut Vec<String>) {
    match value {
        Value::String(text) => strings.push(text),
        Value::Array(values) => values.into_iter().for_each(|value| collect(value, strings)),
        Value::Object(members) => {
            for (key, value) in members {
                strings.push(key);
                collect(value, strings);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
