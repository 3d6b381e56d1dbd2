//! 16-byte vectors of NEON, the baseline of AArch64.

use core::arch::aarch64::*;

use crate::escape::classify::Classify;
use crate::escape::instantiate::{instantiate, instantiate_utf8, outlined};
use crate::escape::kernel::{self, EscapeVector};
use crate::escape::rest;
use crate::escape::short::Short;
use crate::escape::table::QUOTE_BACKSLASH_DELETE;
use crate::escape::unit::{Ascii, Form, Unicode, Unit, Utf8};
use crate::escape::utf8;
use crate::utf8::PORTABLE;
pub use crate::vector::Neon;

// SAFETY, throughout: a value of the vector type proves that the CPU has its features, see src/vector.

/// A function compiled for this backend's features.
macro_rules! with_features {
    ($($function:item)*) => {$(
        #[target_feature(enable = "neon")]
        $function
    )*};
}

instantiate!(with_features, Neon);
instantiate_utf8!(with_features, Neon, PORTABLE, None, None);

impl<U: Unit> Classify for Neon<U> {
    const SHUFFLES: bool = true;

    #[inline(always)]
    fn is_quote_backslash_or_delete(self) -> Self {
        // SAFETY: see above. The look-up finds the code that has the low four bits of a lane.
        unsafe {
            let table = vld1q_u8(QUOTE_BACKSLASH_DELETE.as_ptr());
            Self::from_raw(vceqq_u8(
                self.raw(),
                vqtbl1q_u8(table, vandq_u8(self.raw(), vdupq_n_u8(15))),
            ))
        }
    }
}

impl<U: Unit> Short for Neon<U> {
    #[inline(always)]
    unsafe fn load_quarter<S: Unit>(src: *const S) -> Self {
        // SAFETY: QUARTER units are 4, 8 or 16 bytes.
        let v = unsafe {
            match S::BYTES / U::BYTES {
                1 => {
                    let quarter = src.cast::<u32>().read_unaligned();
                    vreinterpretq_u8_u32(vsetq_lane_u32::<0>(quarter, vdupq_n_u32(0)))
                }
                2 => vcombine_u8(vld1_u8(src.cast()), vdup_n_u8(0)),
                _ => vld1q_u8(src.cast()),
            }
        };
        Self::narrow::<S>([v; 4])
    }

    #[inline(always)]
    unsafe fn store_quarter(self, dst: *mut U) {
        // SAFETY: QUARTER lanes are 4 bytes.
        unsafe {
            let quarter = vgetq_lane_u32::<0>(vreinterpretq_u32_u8(self.raw()));
            dst.cast::<u32>().write_unaligned(quarter);
        }
    }

    #[inline(always)]
    fn join([a, b, c, d]: [Self; 4]) -> Self {
        // SAFETY: see above.
        unsafe {
            let front = vzip1q_u32(vreinterpretq_u32_u8(a.raw()), vreinterpretq_u32_u8(b.raw()));
            let back = vzip1q_u32(vreinterpretq_u32_u8(c.raw()), vreinterpretq_u32_u8(d.raw()));
            let (front, back) = (vreinterpretq_u64_u32(front), vreinterpretq_u64_u32(back));
            Self::from_raw(vreinterpretq_u8_u64(vzip1q_u64(front, back)))
        }
    }
}

impl<U: Unit> EscapeVector for Neon<U> {
    type Short = Self;
    type Copier = Self;

    outlined!();
}
