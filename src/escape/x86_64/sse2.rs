//! 16-byte vectors of SSE2, the baseline of x86-64.

use core::arch::x86_64::*;
use core::marker::PhantomData;

use crate::escape::kernel::{self, Kernel, instantiate};
use crate::escape::short::{self, Halves};
use crate::escape::unit::{Form, Unit};
use crate::escape::vector::{Mask, Vector};

/// A function compiled for this backend's features.
macro_rules! with_features {
    ($($function:item)*) => {$(
        #[target_feature(enable = "sse2")]
        $function
    )*};
}

instantiate!(with_features);

/// A vector of units, or the mask of a comparison: lanes of all ones or all zeros.
#[derive(Clone, Copy)]
pub struct Sse2<U>(__m128i, PhantomData<U>);

// SAFETY, throughout: SSE2 is the baseline.
impl<U: Unit> Sse2<U> {
    #[inline(always)]
    fn new(v: __m128i) -> Self {
        Self(v, PhantomData)
    }

    #[inline(always)]
    fn splat(code: u32) -> __m128i {
        // SAFETY: see above.
        unsafe { by_width!(U: _mm_set1_epi8 | _mm_set1_epi16 | _mm_set1_epi32(code as _)) }
    }

    /// The lanes where a <= b, unsigned.
    #[inline(always)]
    fn le(a: __m128i, b: __m128i) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            match U::BYTES {
                1 => _mm_cmpeq_epi8(_mm_subs_epu8(a, b), _mm_setzero_si128()),
                2 => _mm_cmpeq_epi16(_mm_subs_epu16(a, b), _mm_setzero_si128()),
                _ => {
                    let sign = _mm_set1_epi32(i32::MIN);
                    let greater = _mm_cmpgt_epi32(_mm_xor_si128(a, sign), _mm_xor_si128(b, sign));
                    _mm_xor_si128(greater, _mm_set1_epi32(-1))
                }
            }
        })
    }
}

impl<U: Unit> Mask for Sse2<U> {
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm_or_si128(self.0, other.0) })
    }

    #[inline(always)]
    fn and_not(self, other: Self) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm_andnot_si128(other.0, self.0) })
    }

    #[inline(always)]
    fn any(self) -> bool {
        // SAFETY: see above.
        unsafe { _mm_movemask_epi8(self.0) != 0 }
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        // SAFETY: see above.
        let bits = unsafe {
            match U::BYTES {
                1 => _mm_movemask_epi8(self.0),
                2 => _mm_movemask_epi8(_mm_packs_epi16(self.0, _mm_setzero_si128())),
                _ => _mm_movemask_ps(_mm_castsi128_ps(self.0)),
            }
        };
        (bits as u32).into()
    }

    #[inline(always)]
    fn count(self) -> u64 {
        // SAFETY: see above.
        let sums = unsafe {
            let zero = _mm_setzero_si128();
            let ones = _mm_sub_epi8(zero, self.0); // in each byte of a set lane
            let halves = _mm_sad_epu8(ones, zero);
            _mm_cvtsi128_si64(_mm_add_epi64(halves, _mm_unpackhi_epi64(halves, halves)))
        };
        sums as u64 / U::BYTES as u64
    }
}

impl<U: Unit> Vector for Sse2<U> {
    type Unit = U;
    type Mask = Self;
    const LANES: usize = 16 / U::BYTES;

    #[inline(always)]
    unsafe fn load(src: *const U) -> Self {
        // SAFETY: the caller's promise.
        Self::new(unsafe { _mm_loadu_si128(src.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, dst: *mut U) {
        // SAFETY: the caller's promise.
        unsafe { _mm_storeu_si128(dst.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, dst: *mut u8) {
        // SAFETY: each store is of LANES bytes.
        unsafe {
            match U::BYTES {
                1 => _mm_storeu_si128(dst.cast(), self.0),
                2 => dst.cast::<u64>().write_unaligned(self.low_bytes()),
                _ => dst.cast::<u32>().write_unaligned(self.low_bytes() as u32),
            }
        }
    }

    #[inline(always)]
    fn xor(self, bits: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm_xor_si128(self.0, Self::splat(bits)) })
    }

    #[inline(always)]
    fn eq(self, code: u32) -> Self {
        let code = Self::splat(code);
        // SAFETY: see above.
        Self::new(unsafe {
            by_width!(U: _mm_cmpeq_epi8 | _mm_cmpeq_epi16 | _mm_cmpeq_epi32(self.0, code))
        })
    }

    #[inline(always)]
    fn lt(self, code: u32) -> Self {
        Self::le(self.0, Self::splat(code - 1))
    }

    #[inline(always)]
    fn ge(self, code: u32) -> Self {
        Self::le(Self::splat(code), self.0)
    }
}

impl<U: Unit> Halves for Sse2<U> {
    #[inline(always)]
    unsafe fn from_halves(front: u64, back: u64) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm_set_epi64x(back as i64, front as i64) })
    }

    #[inline(always)]
    fn halves(self) -> [u64; 2] {
        // SAFETY: see above.
        unsafe {
            let back = _mm_unpackhi_epi64(self.0, self.0);
            [_mm_cvtsi128_si64(self.0) as u64, _mm_cvtsi128_si64(back) as u64]
        }
    }

    #[inline(always)]
    fn low_bytes(self) -> u64 {
        // SAFETY: see above.
        unsafe {
            let bytes = match U::BYTES {
                1 => self.0,
                2 => _mm_packus_epi16(self.0, self.0),
                _ => {
                    let v = _mm_packs_epi32(self.0, self.0);
                    _mm_packus_epi16(v, v)
                }
            };
            _mm_cvtsi128_si64(bytes) as u64
        }
    }
}

impl<U: Unit> Kernel for Sse2<U> {
    const GROUP: usize = 2;

    #[inline(always)]
    unsafe fn size_short<F: Form<U>>(src: *const U, len: usize) -> usize {
        // SAFETY: the caller's promise.
        unsafe { short::size::<Self, F>(src, len) }
    }

    #[inline(always)]
    unsafe fn write_short<F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) -> usize {
        // SAFETY: the caller's promise.
        unsafe { short::write::<Self, F>(src, len, dst) }
    }
}
