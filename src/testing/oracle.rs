//! What the functions should return, in the plainest words: the oracle of the tests and of the fuzz
//! targets. It shares no code with the kernels.

use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// JSON string of code units, from the words of the contract.
pub fn escape_json(units: &[u32], ascii: bool) -> Vec<u32> {
    let mut out = vec!['"' as u32];
    for &unit in units {
        let text = match unit {
            0x22 => String::from("\\\""),
            0x5c => String::from("\\\\"),
            0x08 => String::from("\\b"),
            0x0c => String::from("\\f"),
            0x0a => String::from("\\n"),
            0x0d => String::from("\\r"),
            0x09 => String::from("\\t"),
            0x00..=0x1f => format!("\\u{unit:04x}"),
            0x20..=0x7e => String::from(char::from(unit as u8)),
            _ if !ascii => {
                out.push(unit);
                continue;
            }
            0x7f..=0xffff => format!("\\u{unit:04x}"),
            0x10000..=0x10ffff => {
                let mut pair = [0; 2];
                char::from_u32(unit).unwrap().encode_utf16(&mut pair);
                format!("\\u{:04x}\\u{:04x}", pair[0], pair[1])
            }
            _ => String::from("\\ufffd"),
        };
        out.extend(text.bytes().map(u32::from));
    }
    out.push('"' as u32);
    out
}

/// base64(SHA-1(key + GUID)) by the crates `sha1` and `base64`.
pub fn accept(key: &[u8]) -> [u8; 28] {
    let guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    let digest = Sha1::new().chain_update(key).chain_update(guid).finalize();
    let mut value = [0; 28];
    assert_eq!(STANDARD.encode_slice(digest, &mut value), Ok(28));
    value
}

/// 22 characters of the base64 alphabet and `==`.
pub fn key_valid(key: &[u8]) -> bool {
    let digit = |&byte: &u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    key.len() == 24 && key[..22].iter().all(digit) && &key[22..] == b"=="
}
