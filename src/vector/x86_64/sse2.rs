//! 16-byte vectors of SSE2, the baseline of x86-64.

use core::arch::x86_64::*;
use core::marker::PhantomData;

use crate::vector::lanes::{Mask, Vector};
use crate::vector::unit::Unit;

/// A vector of units, or the mask of a comparison: lanes of all ones or all zeros.
#[derive(Clone, Copy)]
pub struct Sse2<U>(__m128i, PhantomData<U>);

// SAFETY, throughout: SSE2 is the baseline.
impl<U: Unit> Sse2<U> {
    /// # Safety
    /// The CPU must have SSE2.
    #[inline(always)]
    pub unsafe fn from_raw(v: __m128i) -> Self {
        Self::new(v)
    }

    #[inline(always)]
    pub fn raw(self) -> __m128i {
        self.0
    }

    #[inline(always)]
    fn new(v: __m128i) -> Self {
        Self(v, PhantomData)
    }

    #[inline(always)]
    pub fn splat(code: u32) -> __m128i {
        // SAFETY: see above.
        unsafe { by_width!(U: _mm_set1_epi8 | _mm_set1_epi16 | _mm_set1_epi32(code as _)) }
    }

    /// Narrows units of the type `S`, in as many of the vectors as they fill, to lanes. Saturation takes
    /// a unit for a signed number: from 0x8000 up it becomes 0.
    #[inline(always)]
    pub fn narrow<S: Unit>(v: [__m128i; 4]) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            match S::BYTES / U::BYTES {
                1 => v[0],
                2 => _mm_packus_epi16(v[0], v[1]),
                _ => _mm_packus_epi16(_mm_packs_epi32(v[0], v[1]), _mm_packs_epi32(v[2], v[3])),
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
    type Lane = U;
    type Mask = Self;
    const LANES: usize = 16 / U::BYTES;
    /// SSE2 has the signed minimum of 2 bytes alone.
    const HAS_MIN: bool = U::BYTES == 2;

    #[inline(always)]
    unsafe fn load<S: Unit>(src: *const S) -> Self {
        // SAFETY: LANES units are `S::BYTES / U::BYTES` vectors.
        unsafe {
            let src = src.cast::<__m128i>();
            let mut v = [_mm_loadu_si128(src); 4];
            for i in 1..S::BYTES / U::BYTES {
                v[i] = _mm_loadu_si128(src.add(i));
            }
            Self::narrow::<S>(v)
        }
    }

    #[inline(always)]
    unsafe fn store(self, dst: *mut U) {
        // SAFETY: the caller's promise.
        unsafe { _mm_storeu_si128(dst.cast(), self.0) }
    }

    #[inline(always)]
    fn xor(self, bits: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm_xor_si128(self.0, Self::splat(bits)) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm_min_epi16(self.0, other.0) })
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
        let code = Self::splat(code);
        // SAFETY: see above.
        Self::new(unsafe {
            by_width!(U: _mm_cmpgt_epi8 | _mm_cmpgt_epi16 | _mm_cmpgt_epi32(code, self.0))
        })
    }
}
