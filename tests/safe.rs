//! The safe functions, on every backend of this machine: their results equal those of serde_json, `std` or
//! plain code for the same input.

#![cfg(feature = "alloc")]

use std::mem::MaybeUninit;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use sha1::{Digest, Sha1};

type Into<B> = for<'b> fn(&[u8], &'b mut [B]) -> Result<&'b mut str, webstr::NeedsRoom>;

/// A form of the result.
struct Form {
    into: Into<u8>,
    into_uninit: Into<MaybeUninit<u8>>,
    push: fn(&[u8], &mut String),
    display: fn(&[u8]) -> String,
    expected: fn(&str) -> String,
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap()
}

/// Of a `&str`.
const FORMS: [Form; 2] = [
    Form {
        into: |t, buffer| webstr::escape_json_into(text(t), buffer),
        into_uninit: |t, buffer| webstr::escape_json_into(text(t), buffer),
        push: |t, string| webstr::push_escaped(text(t), string),
        display: |t| webstr::Escaped(text(t)).to_string(),
        expected: unicode,
    },
    Form {
        into: |t, buffer| webstr::escape_json_ascii_into(text(t), buffer),
        into_uninit: |t, buffer| webstr::escape_json_ascii_into(text(t), buffer),
        push: |t, string| webstr::push_escaped_ascii(text(t), string),
        display: |t| webstr::EscapedAscii(text(t)).to_string(),
        expected: ascii,
    },
];

/// Of bytes.
const LOSSY: [Form; 2] = [
    Form {
        into: webstr::escape_json_lossy_into,
        into_uninit: webstr::escape_json_lossy_into,
        push: webstr::push_escaped_lossy,
        display: |t| webstr::EscapedLossy(t).to_string(),
        expected: unicode,
    },
    Form {
        into: webstr::escape_json_ascii_lossy_into,
        into_uninit: webstr::escape_json_ascii_lossy_into,
        push: webstr::push_escaped_ascii_lossy,
        display: |t| webstr::EscapedAsciiLossy(t).to_string(),
        expected: ascii,
    },
];

fn unicode(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn ascii(text: &str) -> String {
    let escaped = |unit: u16| match unit {
        0x20..=0x7e => char::from(unit as u8).to_string(),
        _ => format!("\\u{unit:04x}"),
    };
    unicode(text).encode_utf16().map(escaped).collect()
}

impl Form {
    /// Each way to the result, with too little room, exactly enough, and more.
    fn check(&self, bytes: &[u8]) {
        let expected = (self.expected)(&String::from_utf8_lossy(bytes));
        let size = expected.len();
        for room in [0, 1, 2, size / 2, size - 1, size, size + 1, size + 64] {
            let (mut buffer, mut uninit) = (vec![0xa5; room], vec![MaybeUninit::new(0xa5); room]);
            let results = [(self.into)(bytes, &mut buffer), (self.into_uninit)(bytes, &mut uninit)];
            for result in results {
                match result {
                    Ok(json) => assert_eq!((room >= size, &*json), (true, &*expected)),
                    Err(error) => assert_eq!((room < size, error.bytes()), (true, Some(size))),
                }
            }
        }
        for room in [0, bytes.len(), size + 5, size + 100] {
            let mut string = String::with_capacity(room);
            for repeated in [2, 4] {
                string.push_str("é[");
                (self.push)(bytes, &mut string);
                string.push(',');
                (self.push)(bytes, &mut string);
                assert_eq!(string, format!("é[{expected},{expected}").repeat(repeated / 2));
            }
        }
        assert_eq!((self.display)(bytes), expected);
    }
}

fn check_all(bytes: &[u8]) {
    LOSSY.iter().for_each(|form| form.check(bytes));
    if str::from_utf8(bytes).is_ok() {
        FORMS.iter().for_each(|form| form.check(bytes));
    }
}

/// Bytes that are text, nearly text, and anything.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let chars = prop_oneof![
        4 => proptest::char::range(' ', '~'),
        1 => proptest::char::range('\0', '\x1f'),
        1 => proptest::sample::select(vec!['"', '\\', '\x7f', '\u{80}', '\u{2028}', '\u{ffff}']),
        1 => any::<char>(),
    ];
    let text = proptest::collection::vec(chars, 0..1200)
        .prop_map(|chars| chars.into_iter().collect::<String>().into_bytes());
    let cut = (text.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(
        |(mut text, at, byte)| {
            if !text.is_empty() {
                let at = at.index(text.len());
                text[at] = byte;
            }
            text
        },
    );
    prop_oneof![text, cut, proptest::collection::vec(any::<u8>(), 0..1200)]
}

proptest! {
    #[test]
    fn escapes(bytes in bytes()) {
        check_all(&bytes);
    }

    #[test]
    fn utf8(bytes in bytes()) {
        let (valid, incomplete) = webstr::utf8_valid_up_to(&bytes);
        let expected = match str::from_utf8(&bytes) {
            Ok(text) => (text.len(), 0),
            Err(error) => {
                let rest = bytes.len() - error.valid_up_to();
                (error.valid_up_to(), if error.error_len().is_none() { rest } else { 0 })
            }
        };
        prop_assert_eq!((valid.len(), incomplete), expected);
        prop_assert!(core::ptr::eq(valid.as_ptr(), bytes.as_ptr()));
    }

    #[test]
    fn masks(bytes in bytes(), key: [u8; 4], phase: usize) {
        let mut masked = bytes.clone();
        let next = webstr::websocket_mask(&mut masked, key, phase);
        prop_assert_eq!(next, phase.wrapping_add(bytes.len()) % 4);
        let expected = bytes.iter().enumerate().map(|(i, byte)| byte ^ key[phase.wrapping_add(i) % 4]);
        prop_assert_eq!(masked, expected.collect::<Vec<u8>>());
    }

    #[test]
    fn handshake(keys: Vec<[u8; 24]>) {
        let expected: Vec<[u8; 28]> = keys
            .iter()
            .map(|key| {
                let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
                let digest = Sha1::new().chain_update(key).chain_update(guid).finalize();
                STANDARD.encode(digest).into_bytes().try_into().unwrap()
            })
            .collect();
        let mut values = vec![[0; 28]; keys.len()];
        webstr::accept_many(&keys, &mut values);
        prop_assert_eq!(&values, &expected);
        prop_assert_eq!(keys.iter().map(webstr::accept).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn keys(nonce: [u8; 16], at in 0_usize..24, byte: u8) {
        let mut key = STANDARD.encode(nonce).into_bytes();
        prop_assert!(webstr::key_valid(&key));
        prop_assert!(!webstr::key_valid(&key[..23]));
        key[at] = byte;
        let digit = byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
        prop_assert_eq!(webstr::key_valid(&key), if at < 22 { digit } else { byte == b'=' });
    }
}

/// Texts around the length of the pieces in which they are displayed, with what may not be cut at each place.
#[test]
fn pieces() {
    let fillers = ["a", "\n", "é", "€", "😀"].map(str::as_bytes);
    let cut_off: [&[u8]; 4] = [b"\x80", b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98"];
    for filler in fillers.into_iter().chain(cut_off) {
        for before in 0..4 {
            for length in [330, 336, 340, 344, 684, 1020] {
                let mut text = vec![b'x'; before];
                while text.len() < length {
                    text.extend_from_slice(filler);
                }
                check_all(&text);
            }
        }
    }
}

#[test]
fn room() {
    let error = webstr::escape_json_into("", &mut [0; 0]).unwrap_err();
    assert_eq!(error.bytes(), Some(2));
    let error: Box<dyn std::error::Error> = error.into();
    assert_eq!(error.to_string(), "the result has 2 bytes, which are more than the buffer has");
}

#[test]
#[should_panic(expected = "one value for each key")]
fn fewer_values_than_keys() {
    webstr::accept_many(&[[0; 24]; 3], &mut [[0; 28]; 2]);
}

#[test]
#[should_panic(expected = "one value for each key")]
fn more_values_than_keys() {
    webstr::accept_many(&[[0; 24]; 2], &mut [[0; 28]; 3]);
}

/// Read by `on_every_backend`.
#[test]
fn backend() {
    println!("in use: {}", webstr::backend());
}

/// Runs this program again, which an emulated one could not.
#[cfg(target_arch = "x86_64")]
#[test]
fn on_every_backend() {
    if std::env::var_os("WEBSTR_BACKEND").is_some() {
        return; // one of these runs
    }
    for backend in webstr::backends() {
        let name = backend.name.to_str().unwrap();
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--nocapture", "--skip", "on_every_backend"])
            .env("WEBSTR_BACKEND", name)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{name}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(said.contains(&format!("in use: {name}\n")), "{name}: {said}");
    }
}
