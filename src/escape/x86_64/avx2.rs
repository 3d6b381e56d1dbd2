//! 32-byte vectors of AVX2, with the bit manipulation of all CPUs that have it.

use core::arch::x86_64::*;
use core::marker::PhantomData;

use super::sse2::{self, Sse2};
use crate::escape::kernel::{self, Kernel, instantiate};
use crate::escape::table::HEX_DIGITS;
use crate::escape::unit::{Form, Unit};
use crate::escape::vector::{Mask, Vector};

/// A function compiled for this backend's features.
macro_rules! with_features {
    ($($function:item)*) => {$(
        #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
        $function
    )*};
}

instantiate!(with_features);

/// A vector of units, or the mask of a comparison: lanes of all ones or all zeros.
#[derive(Clone, Copy)]
pub struct Avx2<U>(__m256i, PhantomData<U>);

// SAFETY, throughout: a value proves AVX2, BMI1, BMI2 and POPCNT.
impl<U: Unit> Avx2<U> {
    /// Of a result of AVX2's instructions.
    #[inline(always)]
    fn new(v: __m256i) -> Self {
        Self(v, PhantomData)
    }

    #[inline(always)]
    fn splat(self, code: u32) -> __m256i {
        // SAFETY: see above.
        unsafe { by_width!(U: _mm256_set1_epi8 | _mm256_set1_epi16 | _mm256_set1_epi32(code as _)) }
    }

    #[inline(always)]
    fn equal(a: Self, b: __m256i) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            by_width!(U: _mm256_cmpeq_epi8 | _mm256_cmpeq_epi16 | _mm256_cmpeq_epi32(a.0, b))
        })
    }

    /// Unsigned.
    #[inline(always)]
    fn max(self, code: u32) -> Self {
        let code = self.splat(code);
        // SAFETY: see above.
        Self::new(unsafe {
            by_width!(U: _mm256_max_epu8 | _mm256_max_epu16 | _mm256_max_epu32(self.0, code))
        })
    }
}

impl<U: Unit> Mask for Avx2<U> {
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm256_or_si256(self.0, other.0) })
    }

    #[inline(always)]
    fn and_not(self, other: Self) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm256_andnot_si256(other.0, self.0) })
    }

    #[inline(always)]
    fn any(self) -> bool {
        // SAFETY: see above.
        unsafe { _mm256_movemask_epi8(self.0) != 0 }
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        // SAFETY: see above.
        let bits = unsafe {
            match U::BYTES {
                1 => _mm256_movemask_epi8(self.0),
                2 => {
                    let front = _mm256_castsi256_si128(self.0);
                    let back = _mm256_extracti128_si256::<1>(self.0);
                    _mm_movemask_epi8(_mm_packs_epi16(front, back))
                }
                _ => _mm256_movemask_ps(_mm256_castsi256_ps(self.0)),
            }
        };
        (bits as u32).into()
    }

    #[inline(always)]
    fn count(self) -> u64 {
        // SAFETY: see above.
        let bytes = unsafe { _mm256_movemask_epi8(self.0) }.count_ones();
        u64::from(bytes) / U::BYTES as u64
    }
}

impl<U: Unit> Vector for Avx2<U> {
    type Unit = U;
    type Mask = Self;
    const LANES: usize = 32 / U::BYTES;

    #[inline(always)]
    unsafe fn load(src: *const U) -> Self {
        // SAFETY: the caller's promise.
        Self::new(unsafe { _mm256_loadu_si256(src.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, dst: *mut U) {
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_si256(dst.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, dst: *mut u8) {
        // SAFETY: each store is of LANES bytes.
        unsafe {
            let front = _mm256_castsi256_si128(self.0);
            let back = _mm256_extracti128_si256::<1>(self.0);
            match U::BYTES {
                1 => _mm256_storeu_si256(dst.cast(), self.0),
                2 => _mm_storeu_si128(dst.cast(), _mm_packus_epi16(front, back)),
                _ => {
                    let both = _mm_packs_epi32(front, back);
                    _mm_storel_epi64(dst.cast(), _mm_packus_epi16(both, both));
                }
            }
        }
    }

    #[inline(always)]
    fn xor(self, bits: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm256_xor_si256(self.0, self.splat(bits)) })
    }

    #[inline(always)]
    fn eq(self, code: u32) -> Self {
        Self::equal(self, self.splat(code))
    }

    #[inline(always)]
    fn lt(self, code: u32) -> Self {
        Self::equal(self.max(code - 1), self.splat(code - 1))
    }

    #[inline(always)]
    fn ge(self, code: u32) -> Self {
        Self::equal(self.max(code), self.0)
    }
}

impl<U: Unit> Kernel for Avx2<U> {
    const GROUP: usize = 2;

    #[inline(always)]
    unsafe fn size_short<F: Form<U>>(src: *const U, len: usize) -> usize {
        // SAFETY: the caller's promise.
        unsafe { sse2::size::<Sse2<U>, F>(src, len) }
    }

    #[inline(always)]
    unsafe fn write_short<F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) -> usize {
        // SAFETY: the caller's promise.
        unsafe { sse2::write::<Sse2<U>, F>(src, len, dst) }
    }

    #[inline(always)]
    unsafe fn write_hex_escapes(self, dst: *mut u8) -> Option<*mut u8> {
        // SAFETY: sixteen units at a time become 96 bytes.
        unsafe {
            if U::BYTES == 1 {
                let front = _mm256_cvtepu8_epi16(_mm256_castsi256_si128(self.0));
                let back = _mm256_cvtepu8_epi16(_mm256_extracti128_si256::<1>(self.0));
                return Some(write_hex_escapes16(back, write_hex_escapes16(front, dst)));
            }
            if U::BYTES == 2 {
                return Some(write_hex_escapes16(self.0, dst));
            }
            if self.lt(0x10000).or(self.ge(0x110000)).any() {
                return None;
            }
            let high = _mm256_add_epi32(_mm256_srli_epi32::<10>(self.0), self.splat(0xd7c0));
            let low = _mm256_and_si256(self.0, self.splat(0x3ff));
            let low = _mm256_or_si256(low, self.splat(0xdc00));
            let pairs = _mm256_or_si256(high, _mm256_slli_epi32::<16>(low));
            Some(write_hex_escapes16(pairs, dst))
        }
    }
}

/// 16 bytes in both halves of a vector.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
unsafe fn both(bytes: &[u8; 16]) -> __m256i {
    // SAFETY: the caller's promise; the array has 16 bytes.
    unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(bytes.as_ptr().cast())) }
}

with_features! {
/// Writes sixteen 2-byte units as `\uxxxx` and returns their end.
///
/// # Safety
/// The CPU must have AVX2, and `dst` be writable for 96 bytes.
#[cold] // and so not inlined: `inline(never)` has no effect beside target features
unsafe fn write_hex_escapes16(units: __m256i, mut dst: *mut u8) -> *mut u8 {
    const __: u8 = 0xff;
    /// The bytes of four 2-byte units, each twice, the higher first.
    const BYTES: [u8; 16] = [1, 1, 0, 0, 3, 3, 2, 2, 5, 5, 4, 4, 7, 7, 6, 6];
    /// The places of sixteen digits among 24 bytes of escapes.
    const FRONT: [u8; 16] = [__, __, 0, 1, 2, 3, __, __, 4, 5, 6, 7, __, __, 8, 9];
    const BACK: [u8; 16] = [10, 11, __, __, 12, 13, 14, 15, __, __, __, __, __, __, __, __];
    // SAFETY: four times four units become 24 bytes.
    unsafe {
        let mut escapes = [[_mm256_setzero_si256(); 2]; 2];
        for (i, fours) in escapes.iter_mut().enumerate() {
            let bytes = _mm256_add_epi8(both(&BYTES), _mm256_set1_epi8(8 * i as i8));
            let bytes = _mm256_shuffle_epi8(units, bytes);
            let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi16(0x000f));
            let low = _mm256_and_si256(bytes, _mm256_set1_epi16(0x0f00));
            let digits = _mm256_shuffle_epi8(both(HEX_DIGITS), _mm256_or_si256(high, low));
            let front = _mm256_shuffle_epi8(digits, both(&FRONT));
            let back = _mm256_shuffle_epi8(digits, both(&BACK));
            fours[0] = _mm256_or_si256(front, both(b"\\u\0\0\0\0\\u\0\0\0\0\\u\0\0"));
            fours[1] = _mm256_or_si256(back, both(b"\0\0\\u\0\0\0\0\0\0\0\0\0\0\0\0"));
        }
        for [front, back] in escapes {
            _mm_storeu_si128(dst.cast(), _mm256_castsi256_si128(front));
            _mm_storel_epi64(dst.add(16).cast(), _mm256_castsi256_si128(back));
            _mm_storeu_si128(dst.add(48).cast(), _mm256_extracti128_si256::<1>(front));
            _mm_storel_epi64(dst.add(64).cast(), _mm256_extracti128_si256::<1>(back));
            dst = dst.add(24);
        }
        dst.add(48)
    }
}
}
