//! The C contract: every exported function, and nothing else. `include/webstr.h` is generated from
//! this file.
//!
//! All lengths and results count units (of 1, 2 or 4 bytes), never bytes. No alignment is required
//! of any pointer. Every function is pure, allocates nothing, takes no lock, and may be called from
//! any thread, and from a signal handler after the first call.

use core::ffi::{c_char, c_uint, c_void};
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use crate::accept;
use crate::dispatch::{self, call};
use crate::message::{mask_few, rotated};
use crate::utf8;

/// Bytes in a `Sec-WebSocket-Key`: base64 of a 16-byte nonce (RFC 6455 §4.1).
pub const SEC_WEBSOCKET_KEY_LEN: usize = 24;

/// Bytes in a `Sec-WebSocket-Accept`: base64 of a SHA-1 (RFC 6455 §4.2.2).
pub const SEC_WEBSOCKET_ACCEPT_LEN: usize = 28;

/// The server's answer to a WebSocket opening handshake, RFC 6455 §4.2.2:
/// base64(SHA-1(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")).
///
/// Reads the `SEC_WEBSOCKET_KEY_LEN` bytes of the `Sec-WebSocket-Key` at `src` and writes the
/// `SEC_WEBSOCKET_ACCEPT_LEN` bytes of the `Sec-WebSocket-Accept` to `dst`, without a NUL. `src`
/// and `dst` may overlap. Any 24 bytes are hashed as they are; `sec_websocket_key_valid` checks the
/// form of a key. SHA-1 is not a security primitive here (RFC 6455 §10.8): it only shows that the
/// server understood the handshake.
///
/// # Safety
/// `src` must be readable for 24 bytes and `dst` writable for 28.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn sec_websocket_accept(src: *const c_void, dst: *mut c_void) {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ACCEPT, one, (src: *const c_void, dst: *mut c_void)) }
}

/// `sec_websocket_accept` for `count` keys: `src` holds them packed at 24 bytes each, `dst`
/// receives the values packed at 28 bytes each, in the same order. The buffers must not overlap.
///
/// # Safety
/// `src` must be readable for 24 × `count` bytes and `dst` writable for 28 × `count`; either may be
/// NULL if `count` is 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn sec_websocket_accept_many(
    src: *const c_void,
    dst: *mut c_void,
    count: usize,
) {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ACCEPT, many, (src: *const c_void, dst: *mut c_void, count: usize)) }
}

/// Whether the `len` bytes at `src` have the form of a `Sec-WebSocket-Key`: 22 characters of the
/// base64 alphabet and "==", the encoding of a 16-byte nonce (RFC 6455 §4.1, §4.2.1). The four
/// unused bits of the last character are not checked; common servers do not check them either.
///
/// # Safety
/// `src` must be readable for `len` bytes; it may be NULL if `len` is 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn sec_websocket_key_valid(src: *const c_void, len: usize) -> bool {
    if len != SEC_WEBSOCKET_KEY_LEN {
        return false;
    }
    // SAFETY: `len` is 24, so 24 bytes are readable; an array of bytes needs no alignment.
    accept::key_valid(unsafe { &*src.cast::<[u8; SEC_WEBSOCKET_KEY_LEN]>() })
}

/// The number of units that `escape_json_ucs1` writes for the same source, both quotes included; 0
/// if it exceeds `PTRDIFF_MAX` (a real result has at least 2).
///
/// # Safety
/// `src` must be readable for `len` bytes; it may be NULL if `len` is 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ucs1_size(src: *const c_void, len: usize) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ESCAPE, ucs1.size, (src: *const c_void, len: usize) -> usize) }
}

/// The JSON string of the `len` bytes at `src`, with its quotes, as CPython's
/// `json.dumps(s, ensure_ascii=False)` makes it (`escape_unicode` in Modules/_json.c): `"` and `\`
/// escaped, U+0000..U+001F as `\b` `\f` `\n` `\r` `\t` or lower-case `\u00xx`, the rest unchanged.
/// Latin-1, ASCII or UTF-8: bytes from 0x80 up pass through unchanged.
///
/// Writes exactly the number of units that `escape_json_ucs1_size` returns, at most 6 × `len` + 2,
/// each of the source's width, and returns that number. No NUL is added.
///
/// # Safety
/// `src` must be readable for `len` bytes (it may be NULL if `len` is 0) and `dst` writable for
/// the result, whose size must not be 0 (too large). The buffers must not overlap.
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

/// [`escape_json_ucs1`] in one pass: writes the JSON string of the `len` bytes at `src`
/// to the `cap` units at `dst`.
///
/// Returns the number of units of the whole result, both quotes included: at most 6 × `len` + 2, or
/// 0 if it exceeds `PTRDIFF_MAX` (a real result has at least 2). If the number is at most `cap`,
/// the result is at `dst`, and the rest of the `cap` units is unspecified. If it is greater, the
/// result does not fit, all of `dst` is unspecified, and a second call with this number as `cap`
/// succeeds. `len` + 2 is a good first `cap`: most strings need no escape.
///
/// No byte outside the `cap` units is written, even while another thread changes the source. In
/// that case the result and its size are meaningless, and a second call may not fit either.
///
/// # Safety
/// `src` must be readable for `len` bytes (it may be NULL if `len` is 0) and `dst` writable for
/// `cap` units (it may be NULL if `cap` is 0). The buffers must not overlap. If `len` exceeds
/// `PTRDIFF_MAX` - 2, the function returns 0 and reads nothing. A `cap` above `PTRDIFF_MAX` counts
/// as `PTRDIFF_MAX`.
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

/// The number of bytes that `escape_json_ascii_ucs1` writes for the same source, both quotes
/// included; 0 if it exceeds `PTRDIFF_MAX` (a real result has at least 2).
///
/// # Safety
/// `src` must be readable for `len` bytes; it may be NULL if `len` is 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_ucs1_size(src: *const c_void, len: usize) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ESCAPE, ucs1.ascii_size, (src: *const c_void, len: usize) -> usize) }
}

/// The JSON string of the `len` bytes at `src`, with its quotes, in ASCII, as CPython's
/// `json.dumps(s)` makes it (`ascii_escape_unicode` in Modules/_json.c): as `escape_json_ucs1`, and
/// U+007F and above as lower-case `\uxxxx`.
/// Latin-1 or ASCII. UTF-8 is not decoded here: each byte counts as one character.
///
/// Writes exactly the number of bytes that `escape_json_ascii_ucs1_size` returns, at most
/// 6 × `len` + 2, and returns that number. No NUL is added.
///
/// # Safety
/// `src` must be readable for `len` bytes (it may be NULL if `len` is 0) and `dst` writable for
/// the result, whose size must not be 0 (too large). The buffers must not overlap.
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

/// [`escape_json_ascii_ucs1`] in one pass: writes the JSON string of the `len` bytes at `src`
/// to the `cap` bytes at `dst`.
///
/// Returns the number of bytes of the whole result, both quotes included: at most 6 × `len` + 2, or
/// 0 if it exceeds `PTRDIFF_MAX` (a real result has at least 2). If the number is at most `cap`,
/// the result is at `dst`, and the rest of the `cap` bytes is unspecified. If it is greater, the
/// result does not fit, all of `dst` is unspecified, and a second call with this number as `cap`
/// succeeds. `len` + 2 is a good first `cap`: most strings need no escape.
///
/// No byte outside the `cap` bytes is written, even while another thread changes the source. In
/// that case the result and its size are meaningless, and a second call may not fit either.
///
/// # Safety
/// `src` must be readable for `len` bytes (it may be NULL if `len` is 0) and `dst` writable for
/// `cap` bytes (it may be NULL if `cap` is 0). The buffers must not overlap. If `len` exceeds
/// `PTRDIFF_MAX` - 2, the function returns 0 and reads nothing. A `cap` above `PTRDIFF_MAX` counts
/// as `PTRDIFF_MAX`.
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

/// The number of units that `escape_json_ucs2` writes for the same source, both quotes included; 0
/// if it exceeds `PTRDIFF_MAX` (a real result has at least 2).
///
/// # Safety
/// `src` must be readable for `len` 2-byte units; it may be NULL if `len` is 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ucs2_size(src: *const c_void, len: usize) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ESCAPE, ucs2.size, (src: *const c_void, len: usize) -> usize) }
}

/// The JSON string of the `len` 2-byte units at `src`, with its quotes, as CPython's
/// `json.dumps(s, ensure_ascii=False)` makes it (`escape_unicode` in Modules/_json.c): `"` and `\`
/// escaped, U+0000..U+001F as `\b` `\f` `\n` `\r` `\t` or lower-case `\u00xx`, the rest unchanged.
/// UCS-2 or UTF-16 in native byte order: surrogates, lone or paired, pass through unchanged.
///
/// Writes exactly the number of units that `escape_json_ucs2_size` returns, at most 6 × `len` + 2,
/// each of the source's width, and returns that number. No NUL is added.
///
/// # Safety
/// `src` must be readable for `len` 2-byte units (it may be NULL if `len` is 0) and `dst` writable for
/// the result, whose size must not be 0 (too large). The buffers must not overlap.
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

/// [`escape_json_ucs2`] in one pass: writes the JSON string of the `len` 2-byte units at `src`
/// to the `cap` units at `dst`.
///
/// Returns the number of units of the whole result, both quotes included: at most 6 × `len` + 2, or
/// 0 if it exceeds `PTRDIFF_MAX` (a real result has at least 2). If the number is at most `cap`,
/// the result is at `dst`, and the rest of the `cap` units is unspecified. If it is greater, the
/// result does not fit, all of `dst` is unspecified, and a second call with this number as `cap`
/// succeeds. `len` + 2 is a good first `cap`: most strings need no escape.
///
/// No byte outside the `cap` units is written, even while another thread changes the source. In
/// that case the result and its size are meaningless, and a second call may not fit either.
///
/// # Safety
/// `src` must be readable for `len` 2-byte units (it may be NULL if `len` is 0) and `dst` writable
/// for `cap` units (it may be NULL if `cap` is 0). The buffers must not overlap. If `len` exceeds
/// `PTRDIFF_MAX` - 2, the function returns 0 and reads nothing. A `cap` of more than `PTRDIFF_MAX`
/// bytes counts as `PTRDIFF_MAX` bytes.
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

/// The number of bytes that `escape_json_ascii_ucs2` writes for the same source, both quotes
/// included; 0 if it exceeds `PTRDIFF_MAX` (a real result has at least 2).
///
/// # Safety
/// `src` must be readable for `len` 2-byte units; it may be NULL if `len` is 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_ucs2_size(src: *const c_void, len: usize) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ESCAPE, ucs2.ascii_size, (src: *const c_void, len: usize) -> usize) }
}

/// The JSON string of the `len` 2-byte units at `src`, with its quotes, in ASCII, as CPython's
/// `json.dumps(s)` makes it (`ascii_escape_unicode` in Modules/_json.c): as `escape_json_ucs2`, and
/// U+007F and above as lower-case `\uxxxx`.
/// UCS-2 or UTF-16 in native byte order: each surrogate is escaped by itself.
///
/// Writes exactly the number of bytes that `escape_json_ascii_ucs2_size` returns, at most
/// 6 × `len` + 2, and returns that number. No NUL is added.
///
/// # Safety
/// `src` must be readable for `len` 2-byte units (it may be NULL if `len` is 0) and `dst` writable for
/// the result, whose size must not be 0 (too large). The buffers must not overlap.
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

/// [`escape_json_ascii_ucs2`] in one pass: writes the JSON string of the `len` 2-byte units at `src`
/// to the `cap` bytes at `dst`.
///
/// Returns the number of bytes of the whole result, both quotes included: at most 6 × `len` + 2, or
/// 0 if it exceeds `PTRDIFF_MAX` (a real result has at least 2). If the number is at most `cap`,
/// the result is at `dst`, and the rest of the `cap` bytes is unspecified. If it is greater, the
/// result does not fit, all of `dst` is unspecified, and a second call with this number as `cap`
/// succeeds. `len` + 2 is a good first `cap`: most strings need no escape.
///
/// No byte outside the `cap` bytes is written, even while another thread changes the source. In
/// that case the result and its size are meaningless, and a second call may not fit either.
///
/// # Safety
/// `src` must be readable for `len` 2-byte units (it may be NULL if `len` is 0) and `dst` writable
/// for `cap` bytes (it may be NULL if `cap` is 0). The buffers must not overlap. If `len` exceeds
/// `PTRDIFF_MAX` - 2, the function returns 0 and reads nothing. A `cap` above `PTRDIFF_MAX` counts
/// as `PTRDIFF_MAX`.
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

/// The number of units that `escape_json_ucs4` writes for the same source, both quotes included; 0
/// if it exceeds `PTRDIFF_MAX` (a real result has at least 2).
///
/// # Safety
/// `src` must be readable for `len` 4-byte units; it may be NULL if `len` is 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ucs4_size(src: *const c_void, len: usize) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ESCAPE, ucs4.size, (src: *const c_void, len: usize) -> usize) }
}

/// The JSON string of the `len` 4-byte units at `src`, with its quotes, as CPython's
/// `json.dumps(s, ensure_ascii=False)` makes it (`escape_unicode` in Modules/_json.c): `"` and `\`
/// escaped, U+0000..U+001F as `\b` `\f` `\n` `\r` `\t` or lower-case `\u00xx`, the rest unchanged.
/// UCS-4 in native byte order: units above U+10FFFF pass through unchanged.
///
/// Writes exactly the number of units that `escape_json_ucs4_size` returns, at most 6 × `len` + 2,
/// each of the source's width, and returns that number. No NUL is added.
///
/// # Safety
/// `src` must be readable for `len` 4-byte units (it may be NULL if `len` is 0) and `dst` writable for
/// the result, whose size must not be 0 (too large). The buffers must not overlap.
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

/// [`escape_json_ucs4`] in one pass: writes the JSON string of the `len` 4-byte units at `src`
/// to the `cap` units at `dst`.
///
/// Returns the number of units of the whole result, both quotes included: at most 6 × `len` + 2, or
/// 0 if it exceeds `PTRDIFF_MAX` (a real result has at least 2). If the number is at most `cap`,
/// the result is at `dst`, and the rest of the `cap` units is unspecified. If it is greater, the
/// result does not fit, all of `dst` is unspecified, and a second call with this number as `cap`
/// succeeds. `len` + 2 is a good first `cap`: most strings need no escape.
///
/// No byte outside the `cap` units is written, even while another thread changes the source. In
/// that case the result and its size are meaningless, and a second call may not fit either.
///
/// # Safety
/// `src` must be readable for `len` 4-byte units (it may be NULL if `len` is 0) and `dst` writable
/// for `cap` units (it may be NULL if `cap` is 0). The buffers must not overlap. If `len` exceeds
/// `PTRDIFF_MAX` - 2, the function returns 0 and reads nothing. A `cap` of more than `PTRDIFF_MAX`
/// bytes counts as `PTRDIFF_MAX` bytes.
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

/// The number of bytes that `escape_json_ascii_ucs4` writes for the same source, both quotes
/// included; 0 if it exceeds `PTRDIFF_MAX` (a real result has at least 2).
///
/// # Safety
/// `src` must be readable for `len` 4-byte units; it may be NULL if `len` is 0.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn escape_json_ascii_ucs4_size(src: *const c_void, len: usize) -> usize {
    // SAFETY: the chosen kernel runs on this CPU and requires what this function requires.
    unsafe { call!(ESCAPE, ucs4.ascii_size, (src: *const c_void, len: usize) -> usize) }
}

/// The JSON string of the `len` 4-byte units at `src`, with its quotes, in ASCII, as CPython's
/// `json.dumps(s)` makes it (`ascii_escape_unicode` in Modules/_json.c): as `escape_json_ucs4`, and
/// U+007F and above as lower-case `\uxxxx`.
/// UCS-4 in native byte order: characters above U+FFFF become a surrogate pair, units above
/// U+10FFFF become `\ufffd`.
///
/// Writes exactly the number of bytes that `escape_json_ascii_ucs4_size` returns, at most
/// 12 × `len` + 2, and returns that number. No NUL is added.
///
/// # Safety
/// `src` must be readable for `len` 4-byte units (it may be NULL if `len` is 0) and `dst` writable for
/// the result, whose size must not be 0 (too large). The buffers must not overlap.
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

/// [`escape_json_ascii_ucs4`] in one pass: writes the JSON string of the `len` 4-byte units at `src`
/// to the `cap` bytes at `dst`.
///
/// Returns the number of bytes of the whole result, both quotes included: at most 12 × `len` + 2,
/// or 0 if it exceeds `PTRDIFF_MAX` (a real result has at least 2). If the number is at most `cap`,
/// the result is at `dst`, and the rest of the `cap` bytes is unspecified. If it is greater, the
/// result does not fit, all of `dst` is unspecified, and a second call with this number as `cap`
/// succeeds. `len` + 2 is a good first `cap`: most strings need no escape.
///
/// No byte outside the `cap` bytes is written, even while another thread changes the source. In
/// that case the result and its size are meaningless, and a second call may not fit either.
///
/// # Safety
/// `src` must be readable for `len` 4-byte units (it may be NULL if `len` is 0) and `dst` writable
/// for `cap` bytes (it may be NULL if `cap` is 0). The buffers must not overlap. If `len` exceeds
/// `PTRDIFF_MAX` - 2, the function returns 0 and reads nothing. A `cap` above `PTRDIFF_MAX` counts
/// as `PTRDIFF_MAX`.
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

/// The JSON string, with its quotes, of the `len` bytes of unchecked UTF-8 at `src`, in UTF-8. Each maximal
/// subpart of an ill-formed sequence becomes one U+FFFD (Unicode 3.9; `errors="replace"` of
/// CPython's `bytes.decode`), so the result is JSON for any source. A character that is cut off by the end
/// of the source is ill-formed. Otherwise as `escape_json_ucs1_into`.
///
/// Writes in one pass to the `cap` bytes at `dst`. Returns the number of bytes of the whole result, both
/// quotes included: at most 6 × `len` + 2, or 0 if it exceeds `PTRDIFF_MAX` (a real result has at least 2).
/// If the number is at most `cap`, the result is at `dst`, and the rest of the `cap` bytes is unspecified.
/// If it is greater, the result does not fit, all of `dst` is unspecified, and a second call with this
/// number as `cap` succeeds. `len` + 2 is a good first `cap`: most strings need no escape.
///
/// No byte outside the `cap` bytes is written, even while another thread changes the source. In that case
/// the result and its size are meaningless, and a second call may not fit either.
///
/// # Safety
/// `src` must be readable for `len` bytes (it may be NULL if `len` is 0) and `dst` writable for
/// `cap` bytes (it may be NULL if `cap` is 0). The buffers must not overlap. If `len` exceeds
/// `PTRDIFF_MAX` - 2, the function returns 0 and reads nothing. A `cap` above `PTRDIFF_MAX` counts
/// as `PTRDIFF_MAX`.
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

/// The JSON string, with its quotes, of the `len` bytes of unchecked UTF-8 at `src`, in ASCII. Each maximal
/// subpart of an ill-formed sequence becomes one `\ufffd` (Unicode 3.9; `errors="replace"` of
/// CPython's `bytes.decode`), so the result is JSON for any source. A character that is cut off by the end
/// of the source is ill-formed. Otherwise as `escape_json_ascii_ucs4_into`.
///
/// Writes in one pass to the `cap` bytes at `dst`. Returns the number of bytes of the whole result, both
/// quotes included: at most 6 × `len` + 2, or 0 if it exceeds `PTRDIFF_MAX` (a real result has at least 2).
/// If the number is at most `cap`, the result is at `dst`, and the rest of the `cap` bytes is unspecified.
/// If it is greater, the result does not fit, all of `dst` is unspecified, and a second call with this
/// number as `cap` succeeds. `len` + 2 is a good first `cap` for ASCII text.
///
/// No byte outside the `cap` bytes is written, even while another thread changes the source. In that case
/// the result and its size are meaningless, and a second call may not fit either.
///
/// # Safety
/// `src` must be readable for `len` bytes (it may be NULL if `len` is 0) and `dst` writable for
/// `cap` bytes (it may be NULL if `cap` is 0). The buffers must not overlap. If `len` exceeds
/// `PTRDIFF_MAX` - 2, the function returns 0 and reads nothing. A `cap` above `PTRDIFF_MAX` counts
/// as `PTRDIFF_MAX`.
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

/// The number of leading bytes, of the `len` bytes at `src`, that are well-formed UTF-8 (RFC 3629): `len` if
/// all are. Overlong forms, surrogates and code points above U+10FFFF are ill-formed.
///
/// Unless `incomplete` is NULL, sets `*incomplete` to the number of remaining bytes, 1 to 3, if they are the
/// beginning of a character that more bytes may complete; otherwise to 0. So text can be validated in pieces
/// as it arrives (RFC 6455 §8.1). Here each piece follows the `kept` bytes left over from the previous one:
///
/// ```c
/// size_t kept = 0, got, valid, incomplete;
/// while ((got = receive(buffer + kept, sizeof buffer - kept)) > 0) {
///     valid = webstr_utf8_valid_up_to(buffer, kept + got, &incomplete);
///     if (valid + incomplete < kept + got)
///         return NOT_UTF8;
///     use(buffer, valid);
///     memmove(buffer, buffer + valid, kept = incomplete);
/// }
/// return kept == 0 ? ALL_IS_UTF8 : NOT_UTF8;
/// ```
///
/// # Safety
/// `src` must be readable for `len` bytes; it may be NULL if `len` is 0. `incomplete` must be NULL or
/// an aligned, writable `size_t`.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn webstr_utf8_valid_up_to(
    src: *const c_void,
    len: usize,
    incomplete: *mut usize,
) -> usize {
    // SAFETY: as the caller promises; the bytes from `valid` on are not well-formed.
    unsafe {
        let valid = match utf8::begins_ill_formed(src.cast(), len) {
            true => 0,
            false => call!(MESSAGE, valid_up_to, (src: *const c_void, len: usize) -> usize),
        };
        if !incomplete.is_null() {
            *incomplete = 0;
            let rest = len - valid;
            if (1..=3).contains(&rest) {
                let (length, cut_off) = utf8::ill_formed(src.cast::<u8>().add(valid), rest);
                *incomplete = if cut_off { length } else { 0 };
            }
        }
        valid
    }
}

/// Masks or unmasks a WebSocket payload (RFC 6455 §5.3): `dst[i] = src[i] ^ key[(phase + i) % 4]` for
/// each `i` below `len`. `key` holds the four bytes of the masking key in the order of the frame.
///
/// Returns the phase of the next byte, 0 to 3, for the next part of the same payload. The phase of the
/// first part is 0.
///
/// # Safety
/// `src` must be readable and `dst` writable for `len` bytes (both may be NULL if `len` is 0), and `key`
/// readable for 4. `dst` must not overlap `key`, and must be equal to `src` or not overlap it.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub unsafe extern "C" fn webstr_websocket_mask(
    src: *const c_void,
    len: usize,
    key: *const c_void,
    phase: c_uint,
    dst: *mut c_void,
) -> c_uint {
    // SAFETY: as the caller promises.
    unsafe {
        if len < 4 {
            // Sooner than a call.
            let (src, dst, key) = (src.cast::<u8>(), dst.cast::<u8>(), key.cast::<u8>());
            for i in 0..len {
                *dst.add(i) = *src.add(i) ^ *key.add((phase as usize).wrapping_add(i) % 4);
            }
        } else {
            let key = rotated(key.cast::<u32>().read_unaligned(), phase as usize);
            if len <= 16 {
                mask_few(src.cast(), len, key, dst.cast());
            } else {
                call!(MESSAGE, mask, (src: *const c_void, len: usize, key: u32, dst: *mut c_void));
            }
        }
    }
    phase.wrapping_add(len as c_uint) % 4
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

/// The name of the kernels in use, for both the escapes and the handshake; a static string. They are
/// the best kernels that the CPU supports, unless the environment variable `WEBSTR_BACKEND` named
/// others at the first call of any function. An unknown name, or one that the CPU does not support, is
/// ignored.
///
/// - "avx512": AVX-512 F, BW, VL, VBMI and VBMI2 (Ice Lake, Zen 4 and later);
/// - "avx2": AVX2, BMI1, BMI2 and POPCNT (Haswell, Zen and later);
/// - "sse2": any x86-64;
/// - "neon": any AArch64 (little-endian);
/// - "scalar": any CPU, and the only choice on CPUs not named above.
///
/// All except "scalar" use the CPU's SHA-1 instructions for the handshake, if it has them.
#[cfg_attr(feature = "capi", unsafe(no_mangle))]
pub extern "C" fn webstr_backend() -> *const c_char {
    dispatch::name().as_ptr()
}
