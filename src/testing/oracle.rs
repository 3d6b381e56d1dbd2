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

/// How many bytes from the start are well-formed UTF-8, and how many after them are the beginning of a
/// character at the end of the text: table 3-7 of the Unicode standard, row by row.
pub fn utf8_valid_up_to(text: &[u8]) -> (usize, usize) {
    let mut at = 0;
    while let Some((length, subpart)) = utf8_subpart(&text[at..]) {
        match subpart {
            Subpart::Character => at += length,
            Subpart::CutOff => return (at, length),
            Subpart::IllFormed => return (at, 0),
        }
    }
    (at, 0)
}

/// What a text begins with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subpart {
    /// A character.
    Character,
    /// The beginning of a character, up to the end of the text.
    CutOff,
    /// The beginning of a character, or a byte that begins none.
    IllFormed,
}

/// The first character or maximal subpart of a text: its length, and which it is.
pub fn utf8_subpart(text: &[u8]) -> Option<(usize, Subpart)> {
    let rest: &[core::ops::RangeInclusive<u8>] = match *text.first()? {
        0x00..=0x7f => &[],
        0xc2..=0xdf => &[0x80..=0xbf],
        0xe0 => &[0xa0..=0xbf, 0x80..=0xbf],
        0xe1..=0xec | 0xee..=0xef => &[0x80..=0xbf, 0x80..=0xbf],
        0xed => &[0x80..=0x9f, 0x80..=0xbf],
        0xf0 => &[0x90..=0xbf, 0x80..=0xbf, 0x80..=0xbf],
        0xf1..=0xf3 => &[0x80..=0xbf, 0x80..=0xbf, 0x80..=0xbf],
        0xf4 => &[0x80..=0x8f, 0x80..=0xbf, 0x80..=0xbf],
        _ => return Some((1, Subpart::IllFormed)),
    };
    for (i, range) in rest.iter().enumerate() {
        match text.get(1 + i) {
            None => return Some((1 + i, Subpart::CutOff)),
            Some(byte) if !range.contains(byte) => return Some((1 + i, Subpart::IllFormed)),
            Some(_) => {}
        }
    }
    Some((1 + rest.len(), Subpart::Character))
}

/// RFC 6455 §5.3.
pub fn websocket_mask(payload: &[u8], key: [u8; 4], phase: usize) -> Vec<u8> {
    payload.iter().enumerate().map(|(i, byte)| byte ^ key[(phase + i) % 4]).collect()
}

/// JSON string of UTF-8, in UTF-8 or ASCII: ill-formed parts by `String::from_utf8_lossy`.
pub fn escape_json_utf8(text: &[u8], ascii: bool) -> Vec<u8> {
    let codes: Vec<u32> = String::from_utf8_lossy(text).chars().map(u32::from).collect();
    let json = escape_json(&codes, ascii).into_iter();
    json.map(|code| char::from_u32(code).unwrap()).collect::<String>().into_bytes()
}
