//! 16-byte vectors of SSE2, the baseline of x86-64.

use core::arch::x86_64::*;

use super::Escape;
use super::kernel::{self, instantiate, special};
use super::scalar::{self, close, open};
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

    /// The first and the last 8 bytes of the `len` units at `src`, or the first and the last 4
    /// twice.
    ///
    /// # Safety
    /// `src` must be readable for `len` units, which are 4 to 16 bytes.
    #[inline(always)]
    unsafe fn load_ends(src: *const U, len: usize) -> Self {
        let src = src.cast::<u8>();
        let bytes = len * U::BYTES;
        // SAFETY: the first loads are within the source, the last ones end with it.
        unsafe {
            if bytes >= 8 {
                let front = src.cast::<i64>().read_unaligned();
                let back = src.add(bytes - 8).cast::<i64>().read_unaligned();
                Self::new(_mm_set_epi64x(back, front))
            } else {
                let front = src.cast::<u32>().read_unaligned();
                let back = src.add(bytes - 4).cast::<u32>().read_unaligned();
                let both = u64::from(front) | u64::from(back) << 32;
                Self::new(_mm_set1_epi64x(both as i64))
            }
        }
    }

    /// Stores what `load_ends` loaded, none of which is escaped.
    ///
    /// # Safety
    /// `dst` must be writable for `len` units, the number given to `load_ends`.
    #[inline(always)]
    unsafe fn store_ends<F: Form<U>>(self, dst: *mut F::Out, len: usize) {
        let narrowed = U::BYTES / F::Out::BYTES;
        let half = if len * U::BYTES >= 8 { 8 } else { 4 } / narrowed;
        // SAFETY: the two halves cover the `len` units.
        unsafe {
            let v = if narrowed == 1 { self.0 } else { U::pack(self.0) };
            let front = _mm_cvtsi128_si64(v) as u64;
            let back = if half == 8 {
                _mm_cvtsi128_si64(_mm_unpackhi_epi64(v, v)) as u64
            } else {
                front >> (8 * half)
            };
            let dst = dst.cast::<u8>();
            let last = dst.add(len * F::Out::BYTES - half);
            for (value, dst) in [(front, dst), (back, last)] {
                match half {
                    8 => dst.cast::<u64>().write_unaligned(value),
                    4 => dst.cast::<u32>().write_unaligned(value as u32),
                    2 => dst.cast::<u16>().write_unaligned(value as u16),
                    _ => dst.write(value as u8),
                }
            }
        }
    }

    /// Whether none of `len` < `LANES` units is escaped.
    ///
    /// # Safety
    /// `src` must be readable for `len` units.
    #[inline(always)]
    pub unsafe fn short_clean<F: Form<U>>(src: *const U, len: usize) -> bool {
        // SAFETY: as the caller promises.
        unsafe {
            if len * U::BYTES >= 4 {
                !special::<_, F>(Self::load_ends(src, len)).any()
            } else {
                len == 0 || scalar::few_clean::<_, F>(src, len)
            }
        }
    }

    /// Writes `len` < `LANES` units if none of them is escaped, and says whether it did.
    ///
    /// # Safety
    /// `src` must be readable and `dst` writable for `len` units.
    #[inline(always)]
    pub unsafe fn write_short_clean<F: Form<U>>(
        src: *const U,
        len: usize,
        dst: *mut F::Out,
    ) -> bool {
        // SAFETY: as the caller promises.
        unsafe {
            let clean = Self::short_clean::<F>(src, len);
            if clean && len * U::BYTES >= 4 {
                Self::load_ends(src, len).store_ends::<F>(dst, len);
            } else if clean && len > 0 {
                scalar::write_few::<_, F>(src, len, dst);
            }
            clean
        }
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
                2 => _mm_storel_epi64(dst.cast(), U::pack(self.0)),
                _ => dst.cast::<i32>().write_unaligned(_mm_cvtsi128_si32(U::pack(self.0))),
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
        unsafe {
            if Self::short_clean::<F>(src, len) {
                return len + 2;
            }
            len + 2 + scalar::extra::<_, F>(src, len) as usize
        }
    }

    #[inline(always)]
    unsafe fn write_short<F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) -> usize {
        // SAFETY: as the caller promises.
        unsafe {
            let body = open(dst);
            if Self::write_short_clean::<F>(src, len, body) {
                return close(dst, body.add(len));
            }
            close(dst, scalar::write_units::<_, F>(src, len, 0, body))
        }
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
    /// The lanes, all below 0x80, as the lowest bytes.
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
