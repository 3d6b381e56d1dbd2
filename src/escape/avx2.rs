//! 32-byte vectors of AVX2, with the bit manipulation that all CPUs that have it have too.

use core::arch::x86_64::*;
use core::marker::PhantomData;

use super::Escape;
use super::kernel::{self, instantiate};
use super::sse2::{self, Sse2};
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
pub struct Avx2<U: Lanes>(__m256i, PhantomData<U>);

impl<U: Lanes> Avx2<U> {
    #[inline(always)]
    fn new(v: __m256i) -> Self {
        Self(v, PhantomData)
    }
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
    const GROUP: usize = 2;
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
    unsafe fn size_short<F: Form<U>>(src: *const U, len: usize) -> usize {
        // SAFETY: as the caller promises.
        unsafe { sse2::size::<Sse2<U>, F>(src, len) }
    }

    #[inline(always)]
    unsafe fn write_short<F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) -> usize {
        // SAFETY: as the caller promises.
        unsafe { sse2::write::<Sse2<U>, F>(src, len, dst) }
    }

    #[inline(always)]
    unsafe fn write_long(self, dst: *mut u8) -> Option<*mut u8> {
        // SAFETY: as the caller promises.
        unsafe {
            if U::BYTES == 1 {
                let front = _mm256_cvtepu8_epi16(_mm256_castsi256_si128(self.0));
                let back = _mm256_cvtepu8_epi16(_mm256_extracti128_si256::<1>(self.0));
                return Some(write_long16(back, write_long16(front, dst)));
            }
            if U::BYTES == 2 {
                return Some(write_long16(self.0, dst));
            }
            if self.lt(0x10000).or(self.ge(0x110000)).any() {
                return None;
            }
            let high = _mm256_add_epi32(_mm256_srli_epi32::<10>(self.0), U::splat256(0xd7c0));
            let low = _mm256_and_si256(self.0, U::splat256(0x3ff));
            let low = _mm256_or_si256(low, U::splat256(0xdc00));
            let pairs = _mm256_or_si256(high, _mm256_slli_epi32::<16>(low));
            Some(write_long16(pairs, dst))
        }
    }
}

/// 16 bytes in both halves of a vector.
#[inline(always)]
fn both(bytes: &[u8; 16]) -> __m256i {
    // SAFETY: see above.
    unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(bytes.as_ptr().cast())) }
}

with_features! {
/// Writes sixteen 2-byte units as `\uxxxx` and returns the end of it.
///
/// # Safety
/// `dst` must be writable for 96 bytes.
#[cold] // and so not inlined: `inline(never)` has no effect beside target features
unsafe fn write_long16(units: __m256i, mut dst: *mut u8) -> *mut u8 {
    const __: u8 = 0xff;
    /// Each of four 2-byte units' bytes twice, the higher first.
    const BYTES: [u8; 16] = [1, 1, 0, 0, 3, 3, 2, 2, 5, 5, 4, 4, 7, 7, 6, 6];
    /// The places of sixteen digits among 24 bytes of escapes.
    const FRONT: [u8; 16] = [__, __, 0, 1, 2, 3, __, __, 4, 5, 6, 7, __, __, 8, 9];
    const BACK: [u8; 16] = [10, 11, __, __, 12, 13, 14, 15, __, __, __, __, __, __, __, __];
    // SAFETY: see above; four units become 24 bytes.
    unsafe {
        let mut escapes = [[_mm256_setzero_si256(); 2]; 2];
        for (i, fours) in escapes.iter_mut().enumerate() {
            let bytes = _mm256_add_epi8(both(&BYTES), _mm256_set1_epi8(8 * i as i8));
            let bytes = _mm256_shuffle_epi8(units, bytes);
            let high = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi16(0x000f));
            let low = _mm256_and_si256(bytes, _mm256_set1_epi16(0x0f00));
            let digits = _mm256_shuffle_epi8(both(b"0123456789abcdef"), _mm256_or_si256(high, low));
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

/// The instructions that depend on the width of the lanes.
///
/// # Safety
/// All need AVX2.
pub trait Lanes: super::sse2::Lanes {
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
