//! Sixteen keys side by side in AVX-512's vectors.

use core::arch::x86_64::*;

use super::sha_ni;
use crate::websocket::accept::constants::{ACCEPT_LEN, ALPHABET, KEY_LEN};
use crate::websocket::accept::lanes::{self, Lanes};
use crate::websocket::accept::scalar;

/// The smallest batch that is faster than [`scalar`](mod@crate::websocket::accept::scalar).
const MIN_BATCH: usize = 2;
/// The smallest batch that does without [`sha_ni`]. Sixteen lanes are faster from 8 keys on Sapphire Rapids, and
/// from 11 on Zen 4; this is between the two.
const MIN_BATCH_SHA: usize = 9;

/// Exists only on a CPU that has AVX-512 F, BW, VBMI and VBMI2.
#[derive(Clone, Copy)]
pub struct U32x16(__m512i);

/// Transposes four rows of four words in each quarter.
#[inline(always)]
fn transpose([a, b, c, d]: [U32x16; 4]) -> [U32x16; 4] {
    // SAFETY: the vectors exist, so the CPU has AVX-512.
    unsafe {
        let ab = (_mm512_unpacklo_epi32(a.0, b.0), _mm512_unpackhi_epi32(a.0, b.0));
        let cd = (_mm512_unpacklo_epi32(c.0, d.0), _mm512_unpackhi_epi32(c.0, d.0));
        [
            U32x16(_mm512_unpacklo_epi64(ab.0, cd.0)),
            U32x16(_mm512_unpackhi_epi64(ab.0, cd.0)),
            U32x16(_mm512_unpacklo_epi64(ab.1, cd.1)),
            U32x16(_mm512_unpackhi_epi64(ab.1, cd.1)),
        ]
    }
}

/// Four consecutive words of each key, from `src` on.
///
/// # Safety
/// The CPU has AVX-512, and 16 bytes are readable at `src` and each 24 bytes on, `last` times.
#[inline(always)]
unsafe fn quads(src: *const u8, last: usize) -> [U32x16; 4] {
    // SAFETY: no lane above `last` is read, and of its key the 16 bytes at the lane's place. All functions
    // need AVX-512, as this one does.
    unsafe {
        let mut rows = [_mm512_setzero_si512(); 4];
        for (i, row) in rows.iter_mut().enumerate() {
            let key =
                [i, i + 4, i + 8, i + 12].map(|lane| src.add(lane.min(last) * KEY_LEN).cast());
            *row = _mm512_castsi128_si512(_mm_loadu_si128(key[0]));
            *row = _mm512_inserti32x4::<1>(*row, _mm_loadu_si128(key[1]));
            *row = _mm512_inserti32x4::<2>(*row, _mm_loadu_si128(key[2]));
            *row = _mm512_inserti32x4::<3>(*row, _mm_loadu_si128(key[3]));
        }
        transpose([U32x16(rows[0]), U32x16(rows[1]), U32x16(rows[2]), U32x16(rows[3])])
    }
}

/// Swaps the bytes of every word.
#[inline(always)]
fn swap(x: U32x16) -> U32x16 {
    // SAFETY: a value exists, so the CPU has AVX-512.
    unsafe {
        let order = _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
        U32x16(_mm512_shuffle_epi8(x.0, _mm512_broadcast_i32x4(order)))
    }
}

impl Lanes for U32x16 {
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn splat(x: u32) -> Self {
        // SAFETY: this function requires AVX-512.
        Self(unsafe { _mm512_set1_epi32(x as i32) })
    }

    #[inline(always)]
    unsafe fn load(src: *const u8, last: usize) -> [Self; 6] {
        // SAFETY: a key's first 16 bytes are read, then the 16 from its byte 8 on, which end with it.
        unsafe {
            let [a, b, c, d] = quads(src, last);
            let [_, _, e, f] = quads(src.add(8), last);
            [swap(a), swap(b), swap(c), swap(d), swap(e), swap(f)]
        }
    }

    #[inline(always)]
    unsafe fn store([a, b, c, d, e, f, g]: [Self; 7], dst: *mut u8, last: usize) {
        // Word 3 is written twice, so that both parts of a value are 16 bytes.
        for (offset, rows) in [(0, [a, b, c, d]), (12, [d, e, f, g])] {
            for (lane, row) in transpose(rows).iter().enumerate() {
                // SAFETY: a vector exists, so the CPU has AVX-512. Values 0 to `last` have room, and no
                // other is written: 16 bytes from byte 0, or from byte 12, which end with the value.
                unsafe {
                    let value = |lane: usize| dst.add(lane.min(last) * ACCEPT_LEN + offset).cast();
                    _mm_storeu_si128(value(lane), _mm512_castsi512_si128(row.0));
                    _mm_storeu_si128(value(lane + 4), _mm512_extracti32x4_epi32::<1>(row.0));
                    _mm_storeu_si128(value(lane + 8), _mm512_extracti32x4_epi32::<2>(row.0));
                    _mm_storeu_si128(value(lane + 12), _mm512_extracti32x4_epi32::<3>(row.0));
                }
            }
        }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX-512.
        Self(unsafe { _mm512_add_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX-512.
        Self(unsafe { _mm512_xor_si512(self.0, other.0) })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX-512.
        Self(unsafe { _mm512_or_si512(self.0, other.0) })
    }

    #[inline(always)]
    fn shl<const N: i32>(self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX-512.
        Self(unsafe { _mm512_sll_epi32(self.0, _mm_cvtsi32_si128(N)) })
    }

    #[inline(always)]
    fn shr<const N: i32>(self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX-512.
        Self(unsafe { _mm512_srl_epi32(self.0, _mm_cvtsi32_si128(N)) })
    }

    #[inline(always)]
    fn rol<const N: i32, const M: i32>(self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX-512.
        Self(unsafe { _mm512_rol_epi32::<N>(self.0) })
    }

    #[inline(always)]
    fn choose(b: Self, c: Self, d: Self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX-512.
        Self(unsafe { _mm512_ternarylogic_epi32::<0xca>(b.0, c.0, d.0) })
    }

    #[inline(always)]
    fn parity(b: Self, c: Self, d: Self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX-512.
        Self(unsafe { _mm512_ternarylogic_epi32::<0x96>(b.0, c.0, d.0) })
    }

    #[inline(always)]
    fn majority(b: Self, c: Self, d: Self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX-512.
        Self(unsafe { _mm512_ternarylogic_epi32::<0xe8>(b.0, c.0, d.0) })
    }

    #[inline(always)]
    fn base64(self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX-512.
        unsafe {
            // Eight bits from each bit offset. The permutation uses the low six.
            let split =
                _mm512_set1_epi64(u64::from_le_bytes([18, 12, 6, 0, 50, 44, 38, 32]) as i64);
            let alphabet = _mm512_loadu_si512(ALPHABET.as_ptr().cast());
            Self(_mm512_permutexvar_epi8(_mm512_multishift_epi64_epi8(split, self.0), alphabet))
        }
    }
}

/// See [`lanes::accept`]. The two functions below share its 10 KB.
///
/// # Safety
/// The CPU has AVX-512 F, BW, VL, VBMI and VBMI2, `last < 16`, `(last + 1) * 24` bytes at `src` are
/// readable and `(last + 1) * 28` at `dst` writable.
#[inline(never)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2")]
unsafe fn sixteen(src: *const u8, dst: *mut u8, last: usize) {
    // SAFETY: the requirements of `lanes::accept` are those of this function: its features are those of the
    // vectors, which have 16 lanes.
    unsafe { lanes::accept::<U32x16>(src, dst, last) }
}

/// See [`AcceptFunctions::many`](crate::websocket::accept::AcceptFunctions::many).
///
/// # Safety
/// The CPU has AVX-512 F, BW, VL, VBMI and VBMI2, `count * 24` bytes at `src` are readable and
/// `count * 28` at `dst` writable.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2")]
pub unsafe fn many(src: *const u8, dst: *mut u8, count: usize) {
    // SAFETY: `sixteen` and the scalar kernel need no feature that this function lacks.
    unsafe { lanes::many((sixteen, U32x16::LANES), (scalar::many, MIN_BATCH), src, dst, count) }
}

/// [`many`] with the CPU's SHA-1 instructions for few keys.
///
/// # Safety
/// That of [`many`], and the CPU has SHA, SSSE3 and SSE4.1.
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2")]
pub unsafe fn many_sha(src: *const u8, dst: *mut u8, count: usize) {
    // SAFETY: `sixteen` and `many_avx512` need AVX-512 and SHA, as this function does.
    unsafe {
        lanes::many((sixteen, U32x16::LANES), (sha_ni::many_avx512, MIN_BATCH_SHA), src, dst, count)
    }
}

/// See [`lanes::compress_one`].
///
/// # Safety
/// The CPU has AVX-512 F, BW, VL, VBMI and VBMI2.
#[cfg(test)]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2")]
pub unsafe fn compress(state: [u32; 5], block: [u32; 16]) -> [u32; 5] {
    // SAFETY: the vectors need no feature that this function lacks.
    unsafe { lanes::compress_one::<U32x16>(state, block) }
}
