//! The `Sec-WebSocket-Accept` value of a `Sec-WebSocket-Key`: base64(SHA-1(key + GUID)), RFC 6455
//! §4.2.2.
//!
//! The message is always 60 bytes, so this is not a general SHA-1 but exactly that one hash: of the
//! first block only the first six words are unknown, and the schedule of the second block is a
//! table (see [`SECOND`]).
//!
//! SHA-1 is no security primitive here. The value only shows that the server speaks WebSocket and
//! read this very request; RFC 6455 §10.8 says that nothing in it rests on collision resistance.

/// Twenty steps written out, with the step's number a constant in each: loops of this size are not
/// unrolled.
macro_rules! twenty {
    ($first:literal, |$t:ident| $step:block) => {
        twenty!(@ $first, $t, $step; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19)
    };
    (@ $first:literal, $t:ident, $step:block; $($i:literal)*) => {
        $({ const $t: usize = $first + $i; $step })*
    };
}

/// Does `$do` for message `$i`, 0 and with `PAIR` also 1. A loop would not be unrolled early enough
/// to keep the vectors out of memory.
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
macro_rules! each {
    ($i:ident, $do:block) => {{
        const $i: usize = 0;
        $do
    }
    if PAIR {
        const $i: usize = 1;
        $do
    }};
}

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod aarch64;
mod lanes;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub use aarch64::NEON_SHA;
#[cfg(target_arch = "x86_64")]
pub use x86_64::{AVX2, AVX2_SHA, AVX512, AVX512_SHA, SSE41_SHA};

pub use crate::ffi::{SEC_WEBSOCKET_ACCEPT_LEN as ACCEPT_LEN, SEC_WEBSOCKET_KEY_LEN as KEY_LEN};

/// One backend's kernels. Both take any 24 bytes for a key, base64 or not.
#[derive(Clone, Copy)]
pub struct Accept {
    /// 24 bytes at `src` -> 28 bytes at `dst`. They may overlap: the key is read whole before
    /// anything is written.
    pub one: unsafe fn(src: *const u8, dst: *mut u8),
    /// `count` keys packed at 24 bytes -> as many values packed at 28 bytes, without overlap.
    pub many: unsafe fn(src: *const u8, dst: *mut u8, count: usize),
}

/// Portable: no instruction beyond the target's baseline.
pub const SCALAR: Accept = Accept { one: scalar::one, many: scalar::many };

/// What follows the key in the message, RFC 6455 §1.3.
const GUID: &[u8; 36] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The base64 alphabet, RFC 4648 §4.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// SHA-1's initial state, FIPS 180-4 §5.3.1.
const IV: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// SHA-1's constant of rounds 0, 20, 40 and 60 onwards, FIPS 180-4 §4.2.1.
const K: [u32; 4] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6];

/// Words 6 to 15 of the first block: the GUID and the padding's first bit, FIPS 180-4 §5.1.1.
const TAIL: [u32; 10] = {
    let mut words = [0x8000_0000; 10];
    let mut i = 0;
    while i < 9 {
        words[i] =
            u32::from_be_bytes([GUID[4 * i], GUID[4 * i + 1], GUID[4 * i + 2], GUID[4 * i + 3]]);
        i += 1;
    }
    words
};

/// The schedule of the second block, which holds nothing but the message's length of 480 bits, FIPS
/// 180-4 §6.1.2.
const SECOND: [u32; 80] = {
    let mut w = [0; 80];
    w[15] = 8 * (KEY_LEN + GUID.len()) as u32;
    let mut t = 16;
    while t < 80 {
        w[t] = (w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16]).rotate_left(1);
        t += 1;
    }
    w
};

/// Whether `src` is 22 characters of the base64 alphabet and `==`, the form of a 16-byte nonce (RFC
/// 6455 §4.1).
///
/// The last character's four trailing bits, which should be zero (RFC 4648 §3.5), are not looked
/// at: common servers take such keys.
pub fn key_valid(src: &[u8; KEY_LEN]) -> bool {
    static FOREIGN: [bool; 256] = {
        let mut foreign = [true; 256];
        let mut i = 0;
        while i < ALPHABET.len() {
            foreign[ALPHABET[i] as usize] = false;
            i += 1;
        }
        foreign
    };
    let [digits @ .., b'=', b'='] = src else {
        return false;
    };
    // `|` and no early exit: valid keys are the rule.
    !digits.iter().fold(false, |any, &c| any | FOREIGN[c as usize])
}

#[cfg(test)]
mod tests;
