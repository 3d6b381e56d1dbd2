//! Each function of the C contract calls the kernel of the same name, width and form.

use std::format;
use std::vec;
use std::vec::Vec;

use crate::ffi;
use crate::testing::checks::{KINDS, Width};
use crate::testing::oracle;

type Size = unsafe extern "C" fn(*const core::ffi::c_void, usize) -> usize;
type Write = unsafe extern "C" fn(*const core::ffi::c_void, usize, *mut core::ffi::c_void) -> usize;
type Into =
    unsafe extern "C" fn(*const core::ffi::c_void, usize, *mut core::ffi::c_void, usize) -> usize;

fn check<U: Width, O: Width>(size: Size, write: Write, into: Into, ascii: bool) {
    let units: Vec<U> = KINDS.iter().map(|&code| U::cut(code)).collect();
    let codes: Vec<u32> = units.iter().map(|&unit| unit.into()).collect();
    let expected: Vec<O> = oracle::escape_json(&codes, ascii).into_iter().map(O::cut).collect();
    let mut result = vec![O::cut(0); expected.len()];
    // SAFETY: a slice is readable for its length, and the result has room for the oracle's.
    unsafe {
        assert_eq!(size(units.as_ptr().cast(), units.len()), expected.len());
        let written = write(units.as_ptr().cast(), units.len(), result.as_mut_ptr().cast());
        assert_eq!(written, expected.len());
    }
    assert_eq!(result, expected);
    result.fill(O::cut(0));
    // SAFETY: a slice is readable, or writable, for its length.
    let length = unsafe {
        into(units.as_ptr().cast(), units.len(), result.as_mut_ptr().cast(), result.len())
    };
    assert_eq!(length, expected.len());
    assert_eq!(result, expected);
}

#[test]
fn escapes() {
    check::<u8, u8>(
        ffi::escape_json_ucs1_size,
        ffi::escape_json_ucs1,
        ffi::escape_json_ucs1_into,
        false,
    );
    check::<u16, u16>(
        ffi::escape_json_ucs2_size,
        ffi::escape_json_ucs2,
        ffi::escape_json_ucs2_into,
        false,
    );
    check::<u32, u32>(
        ffi::escape_json_ucs4_size,
        ffi::escape_json_ucs4,
        ffi::escape_json_ucs4_into,
        false,
    );
    check::<u8, u8>(
        ffi::escape_json_ascii_ucs1_size,
        ffi::escape_json_ascii_ucs1,
        ffi::escape_json_ascii_ucs1_into,
        true,
    );
    check::<u16, u8>(
        ffi::escape_json_ascii_ucs2_size,
        ffi::escape_json_ascii_ucs2,
        ffi::escape_json_ascii_ucs2_into,
        true,
    );
    check::<u32, u8>(
        ffi::escape_json_ascii_ucs4_size,
        ffi::escape_json_ascii_ucs4,
        ffi::escape_json_ascii_ucs4_into,
        true,
    );
}

#[test]
fn handshake() {
    let keys = *b"dGhlIHNhbXBsZSBub25jZQ==x3JJHMbDL1EzLkh9GBhXDw==";
    let expected: Vec<u8> = keys.chunks(24).flat_map(oracle::accept).collect();
    let (mut one, mut many) = ([0; 28], [0; 56]);
    // SAFETY: two keys are readable; one value is writable at `one`, two at `many`.
    unsafe {
        ffi::sec_websocket_accept(keys.as_ptr().cast(), one.as_mut_ptr().cast());
        ffi::sec_websocket_accept_many(keys.as_ptr().cast(), many.as_mut_ptr().cast(), 2);
    }
    assert_eq!(one, expected[..28]);
    assert_eq!(many, expected[..]);
}

#[test]
fn version() {
    let version = ffi::webstr_version();
    let [_, major, minor, patch] = version.to_be_bytes();
    assert_eq!(format!("{major}.{minor}.{patch}"), env!("CARGO_PKG_VERSION"));
    assert_eq!(version >> 24, 0);
}
