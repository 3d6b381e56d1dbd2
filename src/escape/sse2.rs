//! 16-byte vectors of SSE2, the baseline of x86-64.

use core::arch::x86_64::*;

use super::Escape;
use super::kernel::{self, instantiate};
use super::short::{self, Halves};
use super::unit::{Ascii, Form, Unicode, Unit};
use super::vector::{Hits, Vector};

/// A function compiled for this backend's features.
macro_rules! with_features {
    ($($function:item)*) => {$(
        #[target_feature(enable = "sse2")]
        $function
    )*};
}

instantiate!(with_features);

pub const UCS1: Escape<u8> = escape::<Sse2<u8>>();
pub const UCS2: Escape<u16> = escape::<Sse2<u16>>();
pub const UCS4: Escape<u32> = escape::<Sse2<u32>>();

/// A vector of units, or the all-ones lanes of a comparison of them.
#[derive(Clone, Copy)]
pub struct Sse2<U: Lanes>(__m128i, core::marker::PhantomData<U>);

impl<U: Lanes> Sse2<U> {
    #[inline(always)]
    pub fn new(v: __m128i) -> Self {
        Self(v, core::marker::PhantomData)
    }
}

impl<U: Lanes> Hits for Sse2<U> {
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: SSE2 is the baseline.
        Self::new(unsafe { _mm_or_si128(self.0, other.0) })
    }

    #[inline(always)]
    fn but_not(self, other: Self) -> Self {
        // SAFETY: SSE2 is the baseline.
        Self::new(unsafe { _mm_andnot_si128(other.0, self.0) })
    }

    #[inline(always)]
    fn any(self) -> bool {
        // SAFETY: SSE2 is the baseline.
        unsafe { _mm_movemask_epi8(self.0) != 0 }
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        // SAFETY: SSE2 is the baseline.
        unsafe { U::bits(self.0) as u32 }.into()
    }

    #[inline(always)]
    fn count(self) -> u64 {
        // SAFETY: SSE2 is the baseline.
        let sums = unsafe {
            let zero = _mm_setzero_si128();
            let ones = _mm_sub_epi8(zero, self.0); // in each byte of a hit
            let halves = _mm_sad_epu8(ones, zero);
            _mm_cvtsi128_si64(_mm_add_epi64(halves, _mm_unpackhi_epi64(halves, halves)))
        };
        sums as u64 / U::BYTES as u64
    }
}

impl<U: Lanes> Vector for Sse2<U> {
    type Unit = U;
    type Hits = Self;
    const GROUP: usize = 2;
    const LANES: usize = 16 / U::BYTES;

    #[inline(always)]
    unsafe fn load(src: *const U) -> Self {
        // SAFETY: as the caller promises.
        Self::new(unsafe { _mm_loadu_si128(src.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, dst: *mut U) {
        // SAFETY: as the caller promises.
        unsafe { _mm_storeu_si128(dst.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn narrow(self, dst: *mut u8) {
        // SAFETY: LANES bytes are stored.
        unsafe {
            match U::BYTES {
                1 => _mm_storeu_si128(dst.cast(), self.0),
                2 => dst.cast::<u64>().write_unaligned(self.narrowed()),
                _ => dst.cast::<u32>().write_unaligned(self.narrowed() as u32),
            }
        }
    }

    #[inline(always)]
    fn flip(self, bits: u32) -> Self {
        // SAFETY: SSE2 is the baseline.
        Self::new(unsafe { _mm_xor_si128(self.0, U::splat(bits)) })
    }

    #[inline(always)]
    fn eq(self, code: u32) -> Self {
        // SAFETY: SSE2 is the baseline.
        Self::new(unsafe { U::eq(self.0, U::splat(code)) })
    }

    #[inline(always)]
    fn lt(self, code: u32) -> Self {
        // SAFETY: SSE2 is the baseline.
        Self::new(unsafe { U::le(self.0, U::splat(code - 1)) })
    }

    #[inline(always)]
    fn ge(self, code: u32) -> Self {
        // SAFETY: SSE2 is the baseline.
        Self::new(unsafe { U::le(U::splat(code), self.0) })
    }

    #[inline(always)]
    unsafe fn size_short<F: Form<U>>(src: *const U, len: usize) -> usize {
        // SAFETY: as the caller promises.
        unsafe { short::size::<Self, F>(src, len) }
    }

    #[inline(always)]
    unsafe fn write_short<F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) -> usize {
        // SAFETY: as the caller promises.
        unsafe { short::write::<Self, F>(src, len, dst) }
    }
}

impl<U: Lanes> Halves for Sse2<U> {
    #[inline(always)]
    fn from_halves(front: u64, back: u64) -> Self {
        // SAFETY: SSE2 is the baseline.
        Self::new(unsafe { _mm_set_epi64x(back as i64, front as i64) })
    }

    #[inline(always)]
    fn halves(self) -> [u64; 2] {
        // SAFETY: SSE2 is the baseline.
        unsafe {
            let back = _mm_unpackhi_epi64(self.0, self.0);
            [_mm_cvtsi128_si64(self.0) as u64, _mm_cvtsi128_si64(back) as u64]
        }
    }

    #[inline(always)]
    fn narrowed(self) -> u64 {
        // SAFETY: SSE2 is the baseline.
        unsafe { _mm_cvtsi128_si64(U::pack(self.0)) as u64 }
    }
}

/// The instructions that depend on the width of the lanes.
///
/// # Safety
/// All need SSE2.
pub trait Lanes: Unit {
    unsafe fn splat(code: u32) -> __m128i;
    unsafe fn eq(a: __m128i, b: __m128i) -> __m128i;
    /// Unsigned a <= b.
    unsafe fn le(a: __m128i, b: __m128i) -> __m128i;
    /// One bit per lane.
    unsafe fn bits(hits: __m128i) -> i32;
    /// The lanes as the lowest bytes: those below 0x80 as they are, others as any byte.
    unsafe fn pack(v: __m128i) -> __m128i;
}

macro_rules! lanes {
    ($unit:ty, $splat:ident, $eq:ident, |$a:ident, $b:ident| $le:expr, |$v:ident| $bits:expr, $pack:expr) => {
        impl Lanes for $unit {
            #[inline(always)]
            unsafe fn splat(code: u32) -> __m128i {
                // SAFETY: as the caller promises.
                unsafe { $splat(code as _) }
            }
            #[inline(always)]
            unsafe fn eq(a: __m128i, b: __m128i) -> __m128i {
                // SAFETY: as the caller promises.
                unsafe { $eq(a, b) }
            }
            #[inline(always)]
            unsafe fn le($a: __m128i, $b: __m128i) -> __m128i {
                // SAFETY: as the caller promises.
                unsafe { $le }
            }
            #[inline(always)]
            unsafe fn bits($v: __m128i) -> i32 {
                // SAFETY: as the caller promises.
                unsafe { $bits }
            }
            #[inline(always)]
            #[allow(unused_unsafe)] // a byte is its own
            unsafe fn pack($v: __m128i) -> __m128i {
                // SAFETY: as the caller promises.
                unsafe { $pack }
            }
        }
    };
}

lanes!(
    u8,
    _mm_set1_epi8,
    _mm_cmpeq_epi8,
    |a, b| _mm_cmpeq_epi8(_mm_subs_epu8(a, b), _mm_setzero_si128()),
    |v| _mm_movemask_epi8(v),
    v
);
lanes!(
    u16,
    _mm_set1_epi16,
    _mm_cmpeq_epi16,
    |a, b| _mm_cmpeq_epi16(_mm_subs_epu16(a, b), _mm_setzero_si128()),
    |v| _mm_movemask_epi8(_mm_packs_epi16(v, _mm_setzero_si128())),
    _mm_packus_epi16(v, v)
);
lanes!(
    u32,
    _mm_set1_epi32,
    _mm_cmpeq_epi32,
    |a, b| {
        let sign = _mm_set1_epi32(i32::MIN);
        let greater = _mm_cmpgt_epi32(_mm_xor_si128(a, sign), _mm_xor_si128(b, sign));
        _mm_xor_si128(greater, _mm_set1_epi32(-1))
    },
    |v| _mm_movemask_ps(_mm_castsi128_ps(v)),
    {
        let v = _mm_packs_epi32(v, v);
        _mm_packus_epi16(v, v)
    }
);
