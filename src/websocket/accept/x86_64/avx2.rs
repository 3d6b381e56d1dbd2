//! Eight keys side by side in AVX2's vectors.

use core::arch::x86_64::*;

use crate::websocket::accept::constants::{ACCEPT_LEN, KEY_LEN};
use crate::websocket::accept::lanes::{self, Lanes};
use crate::websocket::accept::scalar;

/// The smallest batch that is faster than [`scalar`](mod@crate::websocket::accept::scalar).
const MIN_BATCH: usize = 2;

/// Exists only on a CPU that has AVX2.
#[derive(Clone, Copy)]
pub struct U32x8(__m256i);

/// Transposes four rows of four words in each half.
#[inline(always)]
fn transpose([a, b, c, d]: [U32x8; 4]) -> [U32x8; 4] {
    // SAFETY: the vectors exist, so the CPU has AVX2.
    unsafe {
        let ab = (_mm256_unpacklo_epi32(a.0, b.0), _mm256_unpackhi_epi32(a.0, b.0));
        let cd = (_mm256_unpacklo_epi32(c.0, d.0), _mm256_unpackhi_epi32(c.0, d.0));
        [
            U32x8(_mm256_unpacklo_epi64(ab.0, cd.0)),
            U32x8(_mm256_unpackhi_epi64(ab.0, cd.0)),
            U32x8(_mm256_unpacklo_epi64(ab.1, cd.1)),
            U32x8(_mm256_unpackhi_epi64(ab.1, cd.1)),
        ]
    }
}

/// Four consecutive words of each key, from `src` on.
///
/// # Safety
/// The CPU has AVX2, and 16 bytes are readable at `src` and each 24 bytes on, `last` times.
#[inline(always)]
unsafe fn quads(src: *const u8, last: usize) -> [U32x8; 4] {
    // SAFETY: no lane above `last` is read, and of its key the 16 bytes at the lane's place. All functions
    // need AVX2, as this one does.
    unsafe {
        let mut rows = [_mm256_setzero_si256(); 4];
        for (i, row) in rows.iter_mut().enumerate() {
            let (low, high) = (i.min(last) * KEY_LEN, (i + 4).min(last) * KEY_LEN);
            *row = _mm256_castsi128_si256(_mm_loadu_si128(src.add(low).cast()));
            *row = _mm256_inserti128_si256::<1>(*row, _mm_loadu_si128(src.add(high).cast()));
        }
        transpose([U32x8(rows[0]), U32x8(rows[1]), U32x8(rows[2]), U32x8(rows[3])])
    }
}

/// Swaps the bytes of every word.
#[inline(always)]
fn swap(x: U32x8) -> U32x8 {
    // SAFETY: a value exists, so the CPU has AVX2.
    unsafe {
        let order = _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
        U32x8(_mm256_shuffle_epi8(x.0, _mm256_broadcastsi128_si256(order)))
    }
}

impl Lanes for U32x8 {
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn splat(x: u32) -> Self {
        // SAFETY: this function requires AVX2.
        Self(unsafe { _mm256_set1_epi32(x as i32) })
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
                // SAFETY: a vector exists, so the CPU has AVX2. Values 0 to `last` have room, and no
                // other is written: 16 bytes from byte 0, or from byte 12, which end with the value.
                unsafe {
                    let value = |lane: usize| dst.add(lane.min(last) * ACCEPT_LEN + offset).cast();
                    _mm_storeu_si128(value(lane), _mm256_castsi256_si128(row.0));
                    _mm_storeu_si128(value(lane + 4), _mm256_extracti128_si256::<1>(row.0));
                }
            }
        }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX2.
        Self(unsafe { _mm256_add_epi32(self.0, other.0) })
    }

    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX2.
        Self(unsafe { _mm256_xor_si256(self.0, other.0) })
    }

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX2.
        Self(unsafe { _mm256_or_si256(self.0, other.0) })
    }

    #[inline(always)]
    fn shl<const N: i32>(self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX2.
        Self(unsafe { _mm256_slli_epi32::<N>(self.0) })
    }

    #[inline(always)]
    fn shr<const N: i32>(self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX2.
        Self(unsafe { _mm256_srli_epi32::<N>(self.0) })
    }

    #[inline(always)]
    fn choose(b: Self, c: Self, d: Self) -> Self {
        // SAFETY: values exist, so the CPU has AVX2.
        d.xor(Self(unsafe { _mm256_and_si256(b.0, c.xor(d).0) }))
    }

    #[inline(always)]
    fn majority(b: Self, c: Self, d: Self) -> Self {
        // SAFETY: values exist, so the CPU has AVX2.
        c.xor(Self(unsafe { _mm256_and_si256(b.xor(c).0, c.xor(d).0) }))
    }

    #[inline(always)]
    fn base64(self) -> Self {
        // SAFETY: a value exists, so the CPU has AVX2.
        unsafe {
            let a = _mm256_and_si256(_mm256_srli_epi32::<18>(self.0), _mm256_set1_epi32(0x3f));
            let b = _mm256_and_si256(_mm256_srli_epi32::<4>(self.0), _mm256_set1_epi32(0x3f00));
            let c = _mm256_and_si256(_mm256_slli_epi32::<10>(self.0), _mm256_set1_epi32(0x3f_0000));
            let d =
                _mm256_and_si256(_mm256_slli_epi32::<24>(self.0), _mm256_set1_epi32(0x3f00_0000));
            let x = _mm256_or_si256(_mm256_or_si256(a, b), _mm256_or_si256(c, d));
            let class = _mm256_sub_epi8(
                _mm256_subs_epu8(x, _mm256_set1_epi8(51)),
                _mm256_cmpgt_epi8(x, _mm256_set1_epi8(25)),
            );
            let offset = _mm256_broadcastsi128_si256(_mm_setr_epi8(
                65, 71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 0, 0,
            ));
            Self(_mm256_add_epi8(x, _mm256_shuffle_epi8(offset, class)))
        }
    }
}

/// See [`lanes::accept`].
///
/// # Safety
/// The CPU has AVX2, `last < 8`, `(last + 1) * 24` bytes at `src` are readable and
/// `(last + 1) * 28` at `dst` writable.
#[target_feature(enable = "avx2")]
unsafe fn eight(src: *const u8, dst: *mut u8, last: usize) {
    // SAFETY: the requirements of `lanes::accept` are those of this function: its features are those of the
    // vectors, which have 8 lanes.
    unsafe { lanes::accept::<U32x8>(src, dst, last) }
}

/// See [`AcceptFunctions::many`](crate::websocket::accept::AcceptFunctions::many).
///
/// # Safety
/// The CPU has AVX2, `count * 24` bytes at `src` are readable and `count * 28` at `dst` writable.
#[target_feature(enable = "avx2")]
pub unsafe fn many(src: *const u8, dst: *mut u8, count: usize) {
    // SAFETY: `eight` and the scalar kernel need no feature that this function lacks.
    unsafe { lanes::many((eight, U32x8::LANES), (scalar::many, MIN_BATCH), src, dst, count) }
}

/// See [`lanes::compress_one`].
///
/// # Safety
/// The CPU has AVX2.
#[cfg(test)]
#[target_feature(enable = "avx2")]
pub unsafe fn compress(state: [u32; 5], block: [u32; 16]) -> [u32; 5] {
    // SAFETY: the vectors need no feature that this function lacks.
    unsafe { lanes::compress_one::<U32x8>(state, block) }
}
