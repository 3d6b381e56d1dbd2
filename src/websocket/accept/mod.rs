//! The `Sec-WebSocket-Accept` value of a `Sec-WebSocket-Key`: base64(SHA-1(key + GUID)), RFC 6455
//! §4.2.2.
//!
//! This is not a general SHA-1. The message always has 60 bytes, so it is padded to two blocks:
//!
//! - the *key block*: six words of the key, then `GUID_WORDS`;
//! - the *padding block*: zeros and the length. Its schedule is a constant, `PADDING_SCHEDULE`.
//!
//! SHA-1 is no security primitive here. The value only shows that the server speaks WebSocket and
//! has read this request; RFC 6455 §10.8 says that nothing in it rests on collision resistance.

/// Twenty steps without a loop. The step's number `$t` is a constant, so it can select an
/// instruction. The compiler does not unroll loops of this size.
macro_rules! unroll20 {
    ($first:literal, |$t:ident| $step:block) => {
        unroll20!(@ $first, $t, $step; 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19)
    };
    (@ $first:literal, $t:ident, $step:block; $($i:literal)*) => {
        $({ const $t: usize = $first + $i; $step })*
    };
}

/// `$do` for each message `$i` of `$n`, at most 4, without a loop: the compiler unrolls loops too
/// late to keep arrays of vectors in registers.
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
macro_rules! for_each_message {
    ($i:ident < $n:expr, $do:block) => {
        for_each_message!(@ $i, $n, $do; 0 1 2 3)
    };
    (@ $i:ident, $n:expr, $do:block; $($message:literal)*) => {
        $(if $message < $n {
            const $i: usize = $message;
            $do
        })*
    };
}

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod aarch64;
mod key;
mod lanes;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86_64;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub use aarch64::NEON_SHA;
pub use key::key_valid;
#[cfg(target_arch = "x86_64")]
pub use x86_64::{AVX2, AVX2_SHA, AVX512, AVX512_SHA, SSE41_SHA};

/// The bytes of a key: base64 of a 16-byte nonce, RFC 6455 §4.1.
pub const KEY_LEN: usize = 24;
/// The bytes of a value: base64 of a SHA-1, RFC 6455 §4.2.2.
pub const ACCEPT_LEN: usize = 28;

/// The kernels of one backend. They hash any 24 bytes, valid or not.
#[derive(Clone, Copy)]
pub struct Accept {
    /// 24 bytes at `src` -> 28 bytes at `dst`. The buffers may overlap: the key is read before
    /// anything is written.
    pub one: unsafe fn(src: *const u8, dst: *mut u8),
    /// `count` keys at `src`, 24 bytes apart -> `count` values at `dst`, 28 bytes apart. The
    /// buffers must not overlap.
    pub many: unsafe fn(src: *const u8, dst: *mut u8, count: usize),
}

/// Portable: no instruction beyond the target's baseline.
pub const SCALAR: Accept = Accept { one: scalar::one, many: scalar::many };

/// The string that follows the key in the message, RFC 6455 §1.3.
const GUID: &[u8; 36] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The base64 alphabet, RFC 4648 §4.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// SHA-1's initial state, FIPS 180-4 §5.3.1.
const IV: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// SHA-1's constants of rounds 0 to 19, 20 to 39, 40 to 59 and 60 to 79, FIPS 180-4 §4.2.1.
const K: [u32; 4] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6];

/// Words 6 to 15 of the key block: the GUID and the first bit of the padding, FIPS 180-4 §5.1.1.
const GUID_WORDS: [u32; 10] = {
    let mut words = [0x8000_0000; 10];
    let mut i = 0;
    while i < 9 {
        words[i] =
            u32::from_be_bytes([GUID[4 * i], GUID[4 * i + 1], GUID[4 * i + 2], GUID[4 * i + 3]]);
        i += 1;
    }
    words
};

/// The schedule of the padding block, FIPS 180-4 §6.1.2. The block is zero but for the length of
/// the message, 480 bits, in its last word.
const PADDING_SCHEDULE: [u32; 80] = {
    let mut w = [0; 80];
    w[15] = 8 * (KEY_LEN + GUID.len()) as u32;
    let mut t = 16;
    while t < 80 {
        w[t] = (w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16]).rotate_left(1);
        t += 1;
    }
    w
};

#[cfg(test)]
mod tests;
