//! 32-byte vectors of AVX2, with the bit manipulation that all CPUs that have it have too.

use core::arch::x86_64::*;
use core::marker::PhantomData;

use super::Escape;
use super::kernel::{self, instantiate, special};
use super::scalar;
use super::sse2::Sse2;
use super::unit::{Ascii, Form, Unicode};
use super::vector::{Hits, Vector};

/// A function compiled for this backend's features.
macro_rules! with_features {
    ($($function:item)*) => {$(
        #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
        $function
    )*};
}

instantiate!(with_features);

pub const UCS1: Escape<u8> = escape::<Avx2<u8>>();
pub const UCS2: Escape<u16> = escape::<Avx2<u16>>();
pub const UCS4: Escape<u32> = escape::<Avx2<u32>>();

/// A vector of units, or the all-ones lanes of a comparison of them.
#[derive(Clone, Copy)]
struct Avx2<U: Lanes>(__m256i, PhantomData<U>);

impl<U: Lanes> Avx2<U> {
    #[inline(always)]
    fn new(v: __m256i) -> Self {
        Self(v, PhantomData)
    }

    /// The first and the last 16 bytes of `len` units.
    ///
    /// # Safety
    /// `src` must be readable for `len` units, which are at least 16 bytes.
    #[inline(always)]
    unsafe fn load_ends(src: *const U, len: usize) -> [Sse2<U>; 2] {
        // SAFETY: as the caller promises.
        unsafe { [Sse2::load(src), Sse2::load(src.add(len - Sse2::<U>::LANES))] }
    }
}

#[inline(always)]
fn any_special<U: Lanes, F: Form<U>>([front, back]: [Sse2<U>; 2]) -> bool {
    special::<_, F>(front).or(special::<_, F>(back)).any()
}

// SAFETY, here and below: the methods of a vector are called only where its features are enabled.
impl<U: Lanes> Hits for Avx2<U> {
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm256_or_si256(self.0, other.0) })
    }

    #[inline(always)]
    fn but_not(self, other: Self) -> Self {
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
        unsafe { U::bits256(self.0) as u32 }.into()
    }

    #[inline(always)]
    fn count(self) -> u64 {
        // SAFETY: see above.
        let bytes = unsafe { _mm256_movemask_epi8(self.0) }.count_ones();
        u64::from(bytes) / U::BYTES as u64
    }
}

impl<U: Lanes> Vector for Avx2<U> {
    type Unit = U;
    type Hits = Self;
    const GROUP: usize = 4;
    const LANES: usize = 32 / U::BYTES;

    #[inline(always)]
    unsafe fn load(src: *const U) -> Self {
        // SAFETY: as the caller promises.
        Self::new(unsafe { _mm256_loadu_si256(src.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, dst: *mut U) {
        // SAFETY: as the caller promises.
        unsafe { _mm256_storeu_si256(dst.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn narrow(self, dst: *mut u8) {
        // SAFETY: LANES bytes are stored.
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
    fn flip(self, bits: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm256_xor_si256(self.0, U::splat256(bits)) })
    }

    #[inline(always)]
    fn eq(self, code: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { U::eq256(self.0, U::splat256(code)) })
    }

    #[inline(always)]
    fn lt(self, code: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            U::eq256(U::max256(self.0, U::splat256(code - 1)), U::splat256(code - 1))
        })
    }

    #[inline(always)]
    fn ge(self, code: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { U::eq256(U::max256(self.0, U::splat256(code)), self.0) })
    }

    #[inline(always)]
    unsafe fn extra_short<F: Form<U>>(src: *const U, len: usize) -> u64 {
        // SAFETY: as the caller promises.
        unsafe {
            if len < Sse2::<U>::LANES {
                Sse2::extra_short::<F>(src, len)
            } else if any_special::<_, F>(Self::load_ends(src, len)) {
                scalar::extra::<_, F>(src, len)
            } else {
                0
            }
        }
    }

    #[inline(always)]
    unsafe fn write_rest<F: Form<U>>(
        src: *const U,
        left: usize,
        dst: *mut F::Out,
        len: usize,
    ) -> *mut F::Out {
        // SAFETY: as the caller promises.
        unsafe {
            if len >= Self::LANES {
                return kernel::write_tail::<Self, F>(src, left, dst);
            }
            if len < Sse2::<U>::LANES {
                return Sse2::write_short::<F>(src, len, dst);
            }
            let ends = Self::load_ends(src, len);
            if any_special::<_, F>(ends) {
                return scalar::write_units::<_, F>(src, len, 0, dst);
            }
            F::store(ends[0], dst);
            F::store(ends[1], dst.add(len - Sse2::<U>::LANES));
            dst.add(len)
        }
    }
}

/// The instructions that depend on the width of the lanes.
///
/// # Safety
/// All need AVX2.
trait Lanes: super::sse2::Lanes {
    unsafe fn splat256(code: u32) -> __m256i;
    unsafe fn eq256(a: __m256i, b: __m256i) -> __m256i;
    unsafe fn max256(a: __m256i, b: __m256i) -> __m256i;
    /// One bit per lane.
    unsafe fn bits256(hits: __m256i) -> i32;
}

macro_rules! lanes {
    ($unit:ty, $splat:ident, $eq:ident, $max:ident, |$hits:ident| $bits:expr) => {
        impl Lanes for $unit {
            #[inline(always)]
            unsafe fn splat256(code: u32) -> __m256i {
                // SAFETY: as the caller promises.
                unsafe { $splat(code as _) }
            }
            #[inline(always)]
            unsafe fn eq256(a: __m256i, b: __m256i) -> __m256i {
                // SAFETY: as the caller promises.
                unsafe { $eq(a, b) }
            }
            #[inline(always)]
            unsafe fn max256(a: __m256i, b: __m256i) -> __m256i {
                // SAFETY: as the caller promises.
                unsafe { $max(a, b) }
            }
            #[inline(always)]
            unsafe fn bits256($hits: __m256i) -> i32 {
                // SAFETY: as the caller promises.
                unsafe { $bits }
            }
        }
    };
}

lanes!(u8, _mm256_set1_epi8, _mm256_cmpeq_epi8, _mm256_max_epu8, |hits| _mm256_movemask_epi8(hits));
lanes!(u16, _mm256_set1_epi16, _mm256_cmpeq_epi16, _mm256_max_epu16, |hits| {
    let front = _mm256_castsi256_si128(hits);
    _mm_movemask_epi8(_mm_packs_epi16(front, _mm256_extracti128_si256::<1>(hits)))
});
lanes!(u32, _mm256_set1_epi32, _mm256_cmpeq_epi32, _mm256_max_epu32, |hits| {
    _mm256_movemask_ps(_mm256_castsi256_ps(hits))
});
