//! 16-byte vectors of SSE2, the baseline of x86-64.

use core::arch::x86_64::*;

use crate::escape::classify::Classify;
use crate::escape::instantiate::{instantiate, instantiate_utf8, outlined};
use crate::escape::kernel::{self, EscapeVector};
use crate::escape::rest;
use crate::escape::short::Short;
use crate::escape::unit::{Ascii, Form, Unicode, Unit, Utf8};
use crate::escape::utf8;
use crate::utf8::PORTABLE;
pub use crate::vector::Sse2;

// SAFETY, throughout: a value of the vector type proves that the CPU has its features, see src/vector.

/// A function compiled for this backend's features.
macro_rules! with_features {
    ($($function:item)*) => {$(
        #[target_feature(enable = "sse2")]
        $function
    )*};
}

instantiate!(with_features, Sse2);
instantiate_utf8!(with_features, Sse2, PORTABLE, None, None);

impl<U: Unit> Classify for Sse2<U> {}

impl<U: Unit> Short for Sse2<U> {
    // As floats, 4 bytes go from memory to a vector register and back without one for integers.
    #[inline(always)]
    unsafe fn load_quarter<S: Unit>(src: *const S) -> Self {
        // SAFETY: QUARTER units are 4, 8 or 16 bytes.
        let v = unsafe {
            match S::BYTES / U::BYTES {
                1 => _mm_castps_si128(_mm_load_ss(src.cast())),
                2 => _mm_loadl_epi64(src.cast()),
                _ => _mm_loadu_si128(src.cast()),
            }
        };
        Self::narrow::<S>([v; 4])
    }

    #[inline(always)]
    unsafe fn store_quarter(self, dst: *mut U) {
        // SAFETY: QUARTER lanes are 4 bytes.
        unsafe { _mm_store_ss(dst.cast(), _mm_castsi128_ps(self.raw())) }
    }

    #[inline(always)]
    fn join([a, b, c, d]: [Self; 4]) -> Self {
        // SAFETY: see above.
        unsafe {
            let front = _mm_unpacklo_epi32(a.raw(), b.raw());
            let back = _mm_unpacklo_epi32(c.raw(), d.raw());
            Self::from_raw(_mm_unpacklo_epi64(front, back))
        }
    }
}

impl<U: Unit> EscapeVector for Sse2<U> {
    type Short = Self;
    type Copier = Self;

    outlined!();
}
