//! 32-byte vectors of AVX2, with the bit manipulation of all CPUs that have it.

use core::arch::x86_64::*;
use core::marker::PhantomData;

use crate::vector::lanes::{Mask, Vector};
use crate::vector::unit::Unit;

/// A vector of units, or the mask of a comparison: lanes of all ones or all zeros.
#[derive(Clone, Copy)]
pub struct Avx2<U>(__m256i, PhantomData<U>);

// SAFETY, throughout: a value proves AVX2, BMI1, BMI2 and POPCNT.
impl<U: Unit> Avx2<U> {
    /// # Safety
    /// The CPU must have AVX2, BMI1, BMI2 and POPCNT.
    #[inline(always)]
    pub unsafe fn from_raw(v: __m256i) -> Self {
        Self::new(v)
    }

    #[inline(always)]
    pub fn raw(self) -> __m256i {
        self.0
    }

    /// Of a result of AVX2's instructions.
    #[inline(always)]
    fn new(v: __m256i) -> Self {
        Self(v, PhantomData)
    }

    #[inline(always)]
    pub fn splat(self, code: u32) -> __m256i {
        // SAFETY: see above.
        unsafe { by_width!(U: _mm256_set1_epi8 | _mm256_set1_epi16 | _mm256_set1_epi32(code as _)) }
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
    type Lane = U;
    type Mask = Self;
    const LANES: usize = 32 / U::BYTES;
    const HAS_MIN: bool = true;

    #[inline(always)]
    unsafe fn load<S: Unit>(src: *const S) -> Self {
        // SAFETY: LANES units are `S::BYTES / U::BYTES` vectors. Packing works on the two halves of
        // the vectors one by one, so the parts are put in order afterwards.
        unsafe {
            let src = src.cast::<__m256i>();
            let mut v = [_mm256_loadu_si256(src); 4];
            for i in 1..S::BYTES / U::BYTES {
                v[i] = _mm256_loadu_si256(src.add(i));
            }
            Self::new(match S::BYTES / U::BYTES {
                1 => v[0],
                2 => _mm256_permute4x64_epi64::<0b11_01_10_00>(_mm256_packus_epi16(v[0], v[1])),
                _ => {
                    let front = _mm256_packs_epi32(v[0], v[1]);
                    let back = _mm256_packs_epi32(v[2], v[3]);
                    let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
                    _mm256_permutevar8x32_epi32(_mm256_packus_epi16(front, back), order)
                }
            })
        }
    }

    #[inline(always)]
    unsafe fn store(self, dst: *mut U) {
        // SAFETY: the caller's promise.
        unsafe { _mm256_storeu_si256(dst.cast(), self.0) }
    }

    #[inline(always)]
    fn xor(self, bits: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm256_xor_si256(self.0, self.splat(bits)) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            by_width!(U: _mm256_min_epi8 | _mm256_min_epi16 | _mm256_min_epi32(self.0, other.0))
        })
    }

    #[inline(always)]
    fn eq(self, code: u32) -> Self {
        let code = self.splat(code);
        // SAFETY: see above.
        Self::new(unsafe {
            by_width!(U: _mm256_cmpeq_epi8 | _mm256_cmpeq_epi16 | _mm256_cmpeq_epi32(self.0, code))
        })
    }

    #[inline(always)]
    fn lt(self, code: u32) -> Self {
        let code = self.splat(code);
        // SAFETY: see above.
        Self::new(unsafe {
            by_width!(U: _mm256_cmpgt_epi8 | _mm256_cmpgt_epi16 | _mm256_cmpgt_epi32(code, self.0))
        })
    }
}
