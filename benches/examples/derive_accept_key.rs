//! tungstenite's `derive_accept_key`, by webstr.
//!
//!     cargo run --release --manifest-path benches/Cargo.toml --example derive_accept_key

use std::hint::black_box;

use tungstenite::handshake::derive_accept_key as original;
use webstr_benches::measure::{Contender, measure, median};
use webstr_benches::setting;

/// Takes the place of `tungstenite::handshake::derive_accept_key`. A key has 24 bytes; any other text, which a
/// server should refuse, is left to the original.
fn derive_accept_key(request_key: &[u8]) -> String {
    match request_key.try_into() {
        Ok(key) => str::from_utf8(&webstr::accept(key)).expect("base64").to_owned(),
        Err(_) => original(request_key),
    }
}

fn contender(derive: fn(&[u8]) -> String) -> Contender<'static> {
    let derive = black_box(derive);
    Box::new(move |calls| {
        for _ in 0..calls {
            black_box(derive(black_box(b"dGhlIHNhbXBsZSBub25jZQ==")));
        }
    })
}

fn main() {
    println!("{}\nns per key, a String each:", setting());
    let times = measure(&mut [contender(original), contender(derive_accept_key)], 1000);
    for (name, times) in ["tungstenite", "webstr"].iter().zip(times) {
        println!("{name:12}{:8.1}", median(times));
    }
}

#[test]
fn as_the_original() {
    let text: Vec<u8> = (0..=255).cycle().map(|i: u8| i.wrapping_mul(167)).take(2000).collect();
    for window in text.windows(24) {
        assert_eq!(derive_accept_key(window), original(window));
    }
    for len in 0..100 {
        assert_eq!(derive_accept_key(&text[..len]), original(&text[..len]));
    }
    assert_eq!(derive_accept_key(b"dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}
