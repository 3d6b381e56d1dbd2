//! A writer of `serde_json::Value`, whose strings webstr writes instead of serde_json.
//!
//!     benches/fetch_documents.sh
//!     cargo run --release --manifest-path benches/Cargo.toml --example json_writer
//!
//! serde_json's own `Formatter` gets the parts of a string between its escapes, when serde_json has already looked
//! at each byte. So this writes the document itself, which takes one function.

use std::fmt::Write;
use std::hint::black_box;

use serde_json::Value;
use webstr_benches::measure::{Contender, measure, median};
use webstr_benches::{documents, setting};

/// `serde_json::to_string`, but for the function that writes strings.
fn to_string(value: &Value, push_string: fn(&str, &mut String)) -> String {
    fn push(value: &Value, push_string: fn(&str, &mut String), json: &mut String) {
        match value {
            Value::Null => json.push_str("null"),
            Value::Bool(value) => json.push_str(if *value { "true" } else { "false" }),
            Value::Number(number) => write!(json, "{number}").expect("a String takes all"),
            Value::String(text) => push_string(text, json),
            Value::Array(values) => {
                json.push('[');
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        json.push(',');
                    }
                    push(value, push_string, json);
                }
                json.push(']');
            }
            Value::Object(members) => {
                json.push('{');
                for (i, (key, value)) in members.iter().enumerate() {
                    if i > 0 {
                        json.push(',');
                    }
                    push_string(key, json);
                    json.push(':');
                    push(value, push_string, json);
                }
                json.push('}');
            }
        }
    }
    let mut json = String::new();
    push(value, push_string, &mut json);
    json
}

/// What `webstr::push_escaped` replaces.
fn push_by_serde_json(text: &str, json: &mut String) {
    // SAFETY: serde_json appends UTF-8.
    serde_json::to_writer(unsafe { json.as_mut_vec() }, text).expect("a Vec takes all");
}

fn contender<'a>(value: &'a Value, write: impl Fn(&Value) -> String + 'a) -> Contender<'a> {
    Box::new(move |calls| {
        for _ in 0..calls {
            black_box(write(black_box(value)));
        }
    })
}

fn main() {
    println!("{}\nµs per document:", setting());
    let names = ["serde_json::to_string", "this, serde_json's strings", "this, webstr's strings"];
    println!("{:16}{}", "", names.map(|name| format!("{name:>28}")).concat());
    for (name, value) in documents() {
        let mut contenders = [
            contender(&value, |value| serde_json::to_string(value).expect("a Value is JSON")),
            contender(&value, |value| to_string(value, push_by_serde_json)),
            contender(&value, |value| to_string(value, webstr::push_escaped)),
        ];
        let times = measure(&mut contenders, 50).into_iter().map(|ns| median(ns) / 1000.0);
        println!("{name:16}{}", times.map(|us| format!("{us:28.0}")).collect::<String>());
    }
}

#[test]
fn as_the_original() {
    let value = serde_json::json!({
        "": null, "a\"b\\c\n\u{0}\u{1f}\u{7f}": [true, false, [], {}, ""], "number": [0, -1, u64::MAX, 1e300, 0.1, -0.0],
        "text": ["caf\u{e9} \u{1f600} \u{2028}", "x".repeat(1000), "\n".repeat(1000), "\u{fffd}"],
    });
    let values = documents().into_iter().map(|(_, value)| value);
    for value in values.chain([value]) {
        let expected = serde_json::to_string(&value).unwrap();
        assert!(to_string(&value, webstr::push_escaped) == expected);
        assert!(to_string(&value, push_by_serde_json) == expected);
    }
}
