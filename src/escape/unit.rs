//! The two axes of every kernel: the width of a unit and the form of the result.

use super::table::{self, Table};
pub use crate::vector::Unit;

/// Which units need an escape, and the width of the result.
pub trait Form<U: Unit>: 'static {
    /// `u8` if `ASCII`, else `U`.
    type Out: Unit;
    /// Whether U+007F and above are escaped.
    const ASCII: bool;
    /// Whether bytes from 0x80 up count as units that need an escape, in the Unicode form.
    const UTF8: bool = false;
    /// The texts of the codes below 256.
    const TABLE: &Table;
}

/// ensure_ascii=False: a result of the source's width.
pub struct Unicode;

impl<U: Unit> Form<U> for Unicode {
    type Out = U;
    const ASCII: bool = false;
    const TABLE: &Table = &table::UNICODE;
}

/// ensure_ascii=True: a result of bytes.
pub struct Ascii;

impl<U: Unit> Form<U> for Ascii {
    type Out = u8;
    const ASCII: bool = true;
    const TABLE: &Table = &table::ASCII;
}

/// ensure_ascii=False, where a byte of UTF-8 above U+007F must be checked before it is copied.
pub struct Utf8;

impl Form<u8> for Utf8 {
    type Out = u8;
    const ASCII: bool = false;
    const UTF8: bool = true;
    const TABLE: &Table = &table::ASCII;
}

/// Stores the lowest `N` <= 8 bytes of `text` as units, the lowest byte first.
///
/// # Safety
/// `dst` must be writable for `N` units.
#[inline(always)]
pub unsafe fn store_text<U: Unit, const N: usize>(text: u64, dst: *mut U) {
    let bytes = text.to_le_bytes();
    let mut units = [U::from_code(0); 8];
    for (unit, byte) in units.iter_mut().zip(bytes) {
        *unit = U::from_code(byte.into());
    }
    // SAFETY: both arrays have 8 >= N units; as bytes they need no alignment.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        if N == 8 && U::BYTES > 1 {
            return store_spread(text, dst);
        }
        if U::BYTES == 1 {
            dst.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), N);
        } else {
            dst.cast::<u8>().copy_from_nonoverlapping(units.as_ptr().cast(), N * U::BYTES);
        }
    }
}

/// [`store_text`] of 8 units of 2 or 4 bytes by SSE2, which every x86-64 has: the compiler takes
/// one byte after the other.
///
/// # Safety
/// `dst` must be writable for 8 units.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
unsafe fn store_spread<U: Unit>(text: u64, dst: *mut U) {
    use core::arch::x86_64::*;
    let dst = dst.cast::<__m128i>();
    // SAFETY: 8 units are one vector, or two.
    unsafe {
        let zero = _mm_setzero_si128();
        let units = _mm_unpacklo_epi8(_mm_cvtsi64_si128(text as i64), zero);
        if U::BYTES == 2 {
            _mm_storeu_si128(dst, units);
        } else {
            _mm_storeu_si128(dst, _mm_unpacklo_epi16(units, zero));
            _mm_storeu_si128(dst.add(1), _mm_unpackhi_epi16(units, zero));
        }
    }
}
