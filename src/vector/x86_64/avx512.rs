//! 64-byte vectors of AVX-512 with BW, VL, VBMI and VBMI2 (Ice Lake, Zen 4 and later).

use core::arch::x86_64::*;
use core::marker::PhantomData;

use crate::vector::lanes::{Mask, Vector};
use crate::vector::unit::Unit;

/// A vector of units.
#[derive(Clone, Copy)]
pub struct Avx512<U>(__m512i, PhantomData<U>);

/// A mask register: one bit per lane. Its methods need no features.
#[derive(Clone, Copy)]
pub struct Lanes(pub u64);

impl Mask for Lanes {
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline(always)]
    fn and_not(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[inline(always)]
    fn any(self) -> bool {
        self.0 != 0
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        self.0
    }

    #[inline(always)]
    fn count(self) -> u64 {
        self.0.count_ones().into()
    }
}

// SAFETY, throughout: a value proves AVX-512 F, BW, VL, VBMI and VBMI2 and the features of AVX2.
impl<U: Unit> Avx512<U> {
    /// # Safety
    /// The CPU must have AVX-512 F, BW, VL, VBMI and VBMI2 and the features of AVX2.
    #[inline(always)]
    pub unsafe fn from_raw(v: __m512i) -> Self {
        Self::new(v)
    }

    #[inline(always)]
    pub fn raw(self) -> __m512i {
        self.0
    }

    /// Of a result of AVX-512's instructions.
    #[inline(always)]
    fn new(v: __m512i) -> Self {
        Self(v, PhantomData)
    }

    #[inline(always)]
    pub fn splat(self, code: u32) -> __m512i {
        // SAFETY: see above.
        unsafe { by_width!(U: _mm512_set1_epi8 | _mm512_set1_epi16 | _mm512_set1_epi32(code as _)) }
    }

    /// Narrows units of the type `S`, in as many of the vectors as they fill, to lanes.
    #[inline(always)]
    pub fn narrow<S: Unit>(v: [__m512i; 4]) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            match S::BYTES / U::BYTES {
                1 => v[0],
                2 => {
                    let front = _mm512_castsi256_si512(_mm512_cvtusepi16_epi8(v[0]));
                    _mm512_inserti64x4::<1>(front, _mm512_cvtusepi16_epi8(v[1]))
                }
                _ => {
                    let lanes = _mm512_castsi128_si512(_mm512_cvtusepi32_epi8(v[0]));
                    let lanes = _mm512_inserti32x4::<1>(lanes, _mm512_cvtusepi32_epi8(v[1]));
                    let lanes = _mm512_inserti32x4::<2>(lanes, _mm512_cvtusepi32_epi8(v[2]));
                    _mm512_inserti32x4::<3>(lanes, _mm512_cvtusepi32_epi8(v[3]))
                }
            }
        })
    }
}

/// The first 64 bytes of units of the type `S` that `bits` has; the others are 0 and not read.
///
/// # Safety
/// The CPU must have AVX-512 F and BW, and the units of `bits` must be readable.
#[inline(always)]
pub unsafe fn load_masked<S: Unit>(src: *const S, bits: u64) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe {
        match S::BYTES {
            1 => _mm512_maskz_loadu_epi8(bits, src.cast()),
            2 => _mm512_maskz_loadu_epi16(bits as u32, src.cast()),
            _ => _mm512_maskz_loadu_epi32(bits as u16, src.cast()),
        }
    }
}

impl<U: Unit> Vector for Avx512<U> {
    type Lane = U;
    type Mask = Lanes;
    const LANES: usize = 64 / U::BYTES;
    const HAS_MIN: bool = true;

    #[inline(always)]
    unsafe fn load<S: Unit>(src: *const S) -> Self {
        // SAFETY: LANES units are `S::BYTES / U::BYTES` vectors.
        unsafe {
            let src = src.cast::<__m512i>();
            let mut v = [_mm512_loadu_si512(src); 4];
            for i in 1..S::BYTES / U::BYTES {
                v[i] = _mm512_loadu_si512(src.add(i));
            }
            Self::narrow::<S>(v)
        }
    }

    #[inline(always)]
    unsafe fn store(self, dst: *mut U) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_si512(dst.cast(), self.0) }
    }

    #[inline(always)]
    fn xor(self, bits: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm512_xor_si512(self.0, self.splat(bits)) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            by_width!(U: _mm512_min_epi8 | _mm512_min_epi16 | _mm512_min_epi32(self.0, other.0))
        })
    }

    #[inline(always)]
    fn eq(self, code: u32) -> Lanes {
        let code = self.splat(code);
        // SAFETY: see above.
        Lanes(unsafe {
            match U::BYTES {
                1 => _mm512_cmpeq_epi8_mask(self.0, code),
                2 => _mm512_cmpeq_epi16_mask(self.0, code).into(),
                _ => _mm512_cmpeq_epi32_mask(self.0, code).into(),
            }
        })
    }

    #[inline(always)]
    fn lt(self, code: u32) -> Lanes {
        let code = self.splat(code);
        // SAFETY: see above.
        Lanes(unsafe {
            match U::BYTES {
                1 => _mm512_cmplt_epi8_mask(self.0, code),
                2 => _mm512_cmplt_epi16_mask(self.0, code).into(),
                _ => _mm512_cmplt_epi32_mask(self.0, code).into(),
            }
        })
    }
}
