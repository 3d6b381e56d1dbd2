//! The C contract: every exported function, and nothing else.
//!
//! `include/webstr.h` is generated from this file and `cbindgen.toml`.
//!
//! # Safety
//! The conventions at the head of `include/webstr.h` say what the caller of any function promises. The
//! comment of a function says where it differs.
#![allow(clippy::missing_safety_doc)] // it stands once, above and in the header

use core::ffi::{c_char, c_uint, c_void};
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use crate::dispatch::{self, call};
use crate::utf8;
use crate::websocket::{accept, message};

/// Bytes in a `Sec-WebSocket-Key`: base64 of a 16-byte nonce (RFC 6455, section 4.1).
pub const SEC_WEBSOCKET_KEY_LEN: usize = 24;

/// Bytes in a `Sec-WebSocket-Accept`: base64 of a SHA-1 (RFC 6455, section 4.2.2).
pub const SEC_WEBSOCKET_ACCEPT_LEN: usize = 28;

const _: () = assert!(SEC_WEBSOCKET_KEY_LEN == accept::KEY_LEN);
const _: () = assert!(SEC_WEBSOCKET_ACCEPT_LEN == accept::ACCEPT_LEN);

/// The server's answer to a WebSocket opening handshake (RFC 6455, section 4.2.2): reads the 24 bytes of
/// a `Sec-WebSocket-Key` and writes the 28 bytes of the `Sec-WebSocket-Accept`,
/// base64(SHA-1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")). Any 24 bytes are hashed as they are:
/// `sec_websocket_key_valid` checks a key. `src` and `dst` may overlap.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn sec_websocket_accept(src: *const c_void, dst: *mut c_void) {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ACCEPT, one, (src: *const c_void, dst: *mut c_void)) }
}

/// `sec_websocket_accept` for `count` keys: `src` holds them packed at 24 bytes each, `dst` receives the
/// values packed at 28 bytes each, in the same order. These buffers must not overlap.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn sec_websocket_accept_many(
    src: *const c_void,
    dst: *mut c_void,
    count: usize,
) {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ACCEPT, many, (src: *const c_void, dst: *mut c_void, count: usize)) }
}

/// Whether the bytes have the form of a `Sec-WebSocket-Key`: 22 characters of the base64 alphabet and
/// "==", which encode a 16-byte nonce (RFC 6455, sections 4.1 and 4.2.1). The four unused bits of the
/// last character are not checked; common servers do not check them either.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn sec_websocket_key_valid(src: *const c_void, len: usize) -> bool {
    if len != SEC_WEBSOCKET_KEY_LEN {
        return false;
    }
    // SAFETY: `len` is 24, so 24 bytes are readable; an array of bytes needs no alignment.
    accept::key_valid(unsafe { &*src.cast::<[u8; SEC_WEBSOCKET_KEY_LEN]>() })
}

/// The size of what `escape_json_ucs1` writes for the same source.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ucs1_size(src: *const c_void, len: usize) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ESCAPE, ucs1.size, (src: *const c_void, len: usize) -> usize) }
}

/// The JSON string of Latin-1, ASCII or UTF-8. Bytes from 0x80 up pass through unchanged.
/// Writes exactly the size that `escape_json_ucs1_size` returns, which must not be 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ucs1(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe {
        call!(ESCAPE, ucs1.write, (src: *const c_void, len: usize, dst: *mut c_void) -> usize)
    }
}

/// `escape_json_ucs1` in one pass, into `cap` bytes.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ucs1_into(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
    cap: usize,
) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe {
        call!(ESCAPE, ucs1.into, (src: *const c_void, len: usize, dst: *mut c_void, cap: usize) -> usize)
    }
}

/// The size of what `escape_json_ascii_ucs1` writes for the same source.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_ucs1_size(src: *const c_void, len: usize) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ESCAPE, ucs1.ascii_size, (src: *const c_void, len: usize) -> usize) }
}

/// The JSON string of Latin-1 in ASCII. UTF-8 is not decoded: each byte is one character.
/// Writes exactly the size that `escape_json_ascii_ucs1_size` returns, which must not be 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_ucs1(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe {
        call!(ESCAPE, ucs1.ascii_write, (src: *const c_void, len: usize, dst: *mut c_void) -> usize)
    }
}

/// `escape_json_ascii_ucs1` in one pass, into `cap` bytes.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_ucs1_into(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
    cap: usize,
) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe {
        call!(ESCAPE, ucs1.ascii_into, (src: *const c_void, len: usize, dst: *mut c_void, cap: usize) -> usize)
    }
}

/// The size of what `escape_json_ucs2` writes for the same source.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ucs2_size(src: *const c_void, len: usize) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ESCAPE, ucs2.size, (src: *const c_void, len: usize) -> usize) }
}

/// The JSON string of UCS-2 or UTF-16. Surrogates, lone or paired, pass through unchanged.
/// Writes exactly the size that `escape_json_ucs2_size` returns, which must not be 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ucs2(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe {
        call!(ESCAPE, ucs2.write, (src: *const c_void, len: usize, dst: *mut c_void) -> usize)
    }
}

/// `escape_json_ucs2` in one pass, into `cap` units.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ucs2_into(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
    cap: usize,
) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe {
        call!(ESCAPE, ucs2.into, (src: *const c_void, len: usize, dst: *mut c_void, cap: usize) -> usize)
    }
}

/// The size of what `escape_json_ascii_ucs2` writes for the same source.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_ucs2_size(src: *const c_void, len: usize) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ESCAPE, ucs2.ascii_size, (src: *const c_void, len: usize) -> usize) }
}

/// The JSON string of UCS-2 or UTF-16 in ASCII. Each surrogate is escaped by itself.
/// Writes exactly the size that `escape_json_ascii_ucs2_size` returns, which must not be 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_ucs2(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe {
        call!(ESCAPE, ucs2.ascii_write, (src: *const c_void, len: usize, dst: *mut c_void) -> usize)
    }
}

/// `escape_json_ascii_ucs2` in one pass, into `cap` bytes.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_ucs2_into(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
    cap: usize,
) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe {
        call!(ESCAPE, ucs2.ascii_into, (src: *const c_void, len: usize, dst: *mut c_void, cap: usize) -> usize)
    }
}

/// The size of what `escape_json_ucs4` writes for the same source.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ucs4_size(src: *const c_void, len: usize) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ESCAPE, ucs4.size, (src: *const c_void, len: usize) -> usize) }
}

/// The JSON string of UCS-4. Units above U+10FFFF pass through unchanged.
/// Writes exactly the size that `escape_json_ucs4_size` returns, which must not be 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ucs4(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe {
        call!(ESCAPE, ucs4.write, (src: *const c_void, len: usize, dst: *mut c_void) -> usize)
    }
}

/// `escape_json_ucs4` in one pass, into `cap` units.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ucs4_into(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
    cap: usize,
) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe {
        call!(ESCAPE, ucs4.into, (src: *const c_void, len: usize, dst: *mut c_void, cap: usize) -> usize)
    }
}

/// The size of what `escape_json_ascii_ucs4` writes for the same source.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_ucs4_size(src: *const c_void, len: usize) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ESCAPE, ucs4.ascii_size, (src: *const c_void, len: usize) -> usize) }
}

/// The JSON string of UCS-4 in ASCII. Units above U+10FFFF become U+FFFD.
/// Writes exactly the size that `escape_json_ascii_ucs4_size` returns, which must not be 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_ucs4(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe {
        call!(ESCAPE, ucs4.ascii_write, (src: *const c_void, len: usize, dst: *mut c_void) -> usize)
    }
}

/// `escape_json_ascii_ucs4` in one pass, into `cap` bytes.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_ucs4_into(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
    cap: usize,
) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe {
        call!(ESCAPE, ucs4.ascii_into, (src: *const c_void, len: usize, dst: *mut c_void, cap: usize) -> usize)
    }
}

/// The JSON string of UTF-8 that may be ill-formed, in UTF-8, in one pass: as `escape_json_ucs1_into`,
/// but each maximal subpart of an ill-formed sequence becomes one U+FFFD (Unicode 3.9; `errors="replace"`
/// of CPython's `bytes.decode`). A character that the end of the source cuts off is ill-formed.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_utf8_into(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
    cap: usize,
) -> usize {
    // SAFETY: as the caller promises.
    unsafe {
        call!(ESCAPE, utf8.into, (src: *const c_void, len: usize, dst: *mut c_void, cap: usize) -> usize)
    }
}

/// `escape_json_utf8_into` with a result in ASCII.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_utf8_into(
    src: *const c_void,
    len: usize,
    dst: *mut c_void,
    cap: usize,
) -> usize {
    // SAFETY: as the caller promises.
    unsafe {
        call!(ESCAPE, utf8.ascii_into, (src: *const c_void, len: usize, dst: *mut c_void, cap: usize) -> usize)
    }
}

/// The number of leading bytes that are well-formed UTF-8 (RFC 3629): `len` if all are. Unless
/// `incomplete` is NULL, sets `*incomplete` to the number of remaining bytes, 1 to 3, if they are the
/// beginning of a character that more bytes may complete; otherwise to 0. So text can be validated in
/// pieces as it arrives, each after the incomplete bytes of the previous one (RFC 6455, section 8.1).
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn webstr_utf8_valid_up_to(
    src: *const c_void,
    len: usize,
    incomplete: *mut usize,
) -> usize {
    // SAFETY: as the caller promises.
    unsafe {
        match incomplete.is_null() {
            true => valid_up_to(src, len),
            false => valid_and_incomplete(src, len, incomplete),
        }
    }
}

/// [`webstr_utf8_valid_up_to`] with `incomplete`.
///
/// # Safety
/// `src` must be readable for `len` bytes, and `incomplete` writable.
#[inline(never)] // so that a call with NULL does not save its registers
unsafe fn valid_and_incomplete(src: *const c_void, len: usize, incomplete: *mut usize) -> usize {
    // SAFETY: the caller's promise; the bytes from `valid` on are not well-formed.
    unsafe {
        let valid = valid_up_to(src, len);
        *incomplete = 0;
        let rest = len - valid;
        if rest.wrapping_sub(1) < 3 {
            let (length, cut_off) = utf8::ill_formed(src.cast::<u8>().add(valid), rest);
            *incomplete = if cut_off { length } else { 0 };
        }
        valid
    }
}

/// [`webstr_utf8_valid_up_to`] without `incomplete`.
///
/// # Safety
/// `src` must be readable for `len` bytes.
#[inline(always)]
unsafe fn valid_up_to(src: *const c_void, len: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        // Sooner than a call, for callers who skip one byte after the other.
        if len > 1 && utf8::begins_none(src.cast::<[u8; 2]>().read()) {
            return 0;
        }
        call!(MESSAGE, valid_up_to, (src: *const c_void, len: usize) -> usize)
    }
}

/// Masks or unmasks a WebSocket payload (RFC 6455, section 5.3):
/// `dst[i] = src[i] ^ key[(phase + i) % 4]`, where `key` holds four bytes in the order of the frame.
/// Returns the phase of the next byte, 0 to 3, for the next part of the same payload; that of the first
/// part is 0. `dst` may be equal to `src`, and otherwise overlaps neither `src` nor `key`.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn webstr_websocket_mask(
    src: *const c_void,
    len: usize,
    key: *const c_void,
    phase: c_uint,
    dst: *mut c_void,
) -> c_uint {
    let phase = phase as usize;
    // SAFETY: the chosen kernel runs on this CPU, and gets more than `FEW` bytes.
    unsafe {
        if len <= message::FEW {
            message::mask_few(src.cast(), len, key.cast(), phase, dst.cast());
        } else {
            let key = message::key_from(key.cast(), phase);
            call!(MESSAGE, mask, (src: *const c_void, len: usize, key: u32, dst: *mut c_void));
        }
    }
    (phase.wrapping_add(len) % 4) as c_uint
}

/// The library's version as 0x00MMmmpp, for comparison with the header's `WEBSTR_VERSION`.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub extern "C" fn webstr_version() -> u32 {
    const fn number(digits: &str) -> u32 {
        match u32::from_str_radix(digits, 10) {
            Ok(number) => number,
            Err(_) => panic!("Cargo versions are numbers"),
        }
    }
    const VERSION: u32 = number(env!("CARGO_PKG_VERSION_MAJOR")) << 16
        | number(env!("CARGO_PKG_VERSION_MINOR")) << 8
        | number(env!("CARGO_PKG_VERSION_PATCH"));
    VERSION
}

/// The name of the kernels in use, for escapes, UTF-8, masks and the handshake; a static string:
/// "avx512" (AVX-512 F, BW, VL, VBMI and VBMI2: Ice Lake, Zen 4 and later), "avx2" (AVX2, BMI1, BMI2 and
/// POPCNT: Haswell, Zen and later), "sse2" (any x86-64), "neon" (any little-endian AArch64) or "scalar"
/// (any CPU). The handshake uses the CPU's SHA-1 instructions, if it has them, with all except "scalar".
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub extern "C" fn webstr_backend() -> *const c_char {
    dispatch::name().as_ptr()
}
