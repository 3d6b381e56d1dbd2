//! The kernels of x86-64 and the backends made of them.

pub(super) mod avx2;
pub(super) mod avx512;
pub(super) mod sha_ni;

use super::{Accept, SCALAR};

/// Needs SHA, SSSE3 and SSE4.1.
pub const SSE41_SHA: Accept = Accept { one: sha_ni::one, many: sha_ni::many };
/// Needs AVX2.
pub const AVX2: Accept = Accept { one: SCALAR.one, many: avx2::many };
/// Needs AVX2, SHA, SSSE3 and SSE4.1. No use of AVX2's vectors: a batch on the SHA instructions is
/// a quarter faster on Zen 3, and by estimate within a tenth on Intel.
pub const AVX2_SHA: Accept = Accept { one: sha_ni::one_avx, many: sha_ni::many_avx };
/// Needs AVX-512 F, BW, VL, VBMI and VBMI2.
pub const AVX512: Accept = Accept { one: SCALAR.one, many: avx512::many };
/// Needs AVX-512 F, BW, VL, VBMI and VBMI2, SHA, SSSE3 and SSE4.1.
pub const AVX512_SHA: Accept = Accept { one: sha_ni::one_avx512, many: avx512::many_sha };
