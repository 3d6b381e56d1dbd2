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

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod aarch64;
mod constants;
mod key;
mod lanes;
mod scalar;
#[cfg(target_arch = "x86_64")]
mod x86_64;

pub use constants::{ACCEPT_LEN, KEY_LEN};
pub use key::key_valid;
#[cfg(target_arch = "x86_64")]
use x86_64::{avx2, avx512, sha_ni};

/// The kernels of one backend. They hash any 24 bytes, valid or not.
#[derive(Clone, Copy)]
pub struct AcceptFunctions {
    /// 24 bytes at `src` -> 28 bytes at `dst`. The buffers may overlap: the key is read before
    /// anything is written.
    pub one: unsafe fn(src: *const u8, dst: *mut u8),
    /// `count` keys at `src`, 24 bytes apart -> `count` values at `dst`, 28 bytes apart. The
    /// buffers must not overlap.
    pub many: unsafe fn(src: *const u8, dst: *mut u8, count: usize),
}

/// Portable: no instruction beyond the target's baseline.
pub const SCALAR: AcceptFunctions = AcceptFunctions { one: scalar::one, many: scalar::many };
/// Needs SHA, SSSE3 and SSE4.1.
#[cfg(target_arch = "x86_64")]
pub const SSE41_SHA: AcceptFunctions = AcceptFunctions { one: sha_ni::one, many: sha_ni::many };
/// Needs AVX2.
#[cfg(target_arch = "x86_64")]
pub const AVX2: AcceptFunctions = AcceptFunctions { one: scalar::one, many: avx2::many };
/// Needs AVX2, SHA, SSSE3 and SSE4.1. No use of AVX2's vectors: a batch on the SHA instructions is
/// a quarter faster on Zen 3, and by estimate within a tenth on Intel.
#[cfg(target_arch = "x86_64")]
pub const AVX2_SHA: AcceptFunctions =
    AcceptFunctions { one: sha_ni::one_avx, many: sha_ni::many_avx };
/// Needs AVX-512 F, BW, VL, VBMI and VBMI2.
#[cfg(target_arch = "x86_64")]
pub const AVX512: AcceptFunctions = AcceptFunctions { one: scalar::one, many: avx512::many };
/// Needs AVX-512 F, BW, VL, VBMI and VBMI2, SHA, SSSE3 and SSE4.1.
#[cfg(target_arch = "x86_64")]
pub const AVX512_SHA: AcceptFunctions =
    AcceptFunctions { one: sha_ni::one_avx512, many: avx512::many_sha };
/// Needs SHA2, as Rust calls what brings SHA-1 too.
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub const NEON_SHA: AcceptFunctions = AcceptFunctions { one: aarch64::one, many: aarch64::many };

#[cfg(test)]
mod tests;
