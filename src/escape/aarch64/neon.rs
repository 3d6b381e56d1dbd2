//! 16-byte vectors of NEON, the baseline of AArch64.

use core::arch::aarch64::*;
use core::marker::PhantomData;

use crate::escape::kernel::{self, Kernel, instantiate};
use crate::escape::short::{self, Halves};
use crate::escape::unit::{Form, Unit};
use crate::escape::vector::{Mask, Vector};

/// A function compiled for this backend's features.
macro_rules! with_features {
    ($($function:item)*) => {$(
        #[target_feature(enable = "neon")]
        $function
    )*};
}

instantiate!(with_features);

/// Calls the intrinsic for the width of `$unit` on two vectors. The match folds away.
macro_rules! by_width {
    ($unit:ident: $one:ident | $two:ident | $four:ident($a:expr, $b:expr)) => {
        match $unit::BYTES {
            1 => $one($a, $b),
            2 => vreinterpretq_u8_u16($two(vreinterpretq_u16_u8($a), vreinterpretq_u16_u8($b))),
            _ => vreinterpretq_u8_u32($four(vreinterpretq_u32_u8($a), vreinterpretq_u32_u8($b))),
        }
    };
}

/// A vector of units, or the mask of a comparison: lanes of all ones or all zeros.
#[derive(Clone, Copy)]
pub struct Neon<U>(uint8x16_t, PhantomData<U>);

// SAFETY, throughout: NEON is the baseline.
impl<U: Unit> Neon<U> {
    #[inline(always)]
    fn new(v: uint8x16_t) -> Self {
        Self(v, PhantomData)
    }

    #[inline(always)]
    fn splat(code: u32) -> uint8x16_t {
        // SAFETY: see above.
        unsafe {
            match U::BYTES {
                1 => vdupq_n_u8(code as u8),
                2 => vreinterpretq_u8_u16(vdupq_n_u16(code as u16)),
                _ => vreinterpretq_u8_u32(vdupq_n_u32(code)),
            }
        }
    }
}

impl<U: Unit> Mask for Neon<U> {
    /// NEON has no movemask. Narrowing leaves 64 bits for all lanes together.
    const STRIDE: usize = 4 * U::BYTES;

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { vorrq_u8(self.0, other.0) })
    }

    #[inline(always)]
    fn and_not(self, other: Self) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { vbicq_u8(self.0, other.0) })
    }

    #[inline(always)]
    fn any(self) -> bool {
        // SAFETY: see above.
        unsafe {
            let words = vreinterpretq_u32_u8(self.0);
            vgetq_lane_u64::<0>(vreinterpretq_u64_u32(vpmaxq_u32(words, words))) != 0
        }
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        // SAFETY: see above.
        unsafe {
            match U::BYTES {
                1 => {
                    let nibbles = vshrn_n_u16::<4>(vreinterpretq_u16_u8(self.0));
                    vget_lane_u64::<0>(vreinterpret_u64_u8(nibbles)) & 0x1111_1111_1111_1111
                }
                2 => self.low_bytes() & 0x0101_0101_0101_0101,
                _ => {
                    let halves = vmovn_u32(vreinterpretq_u32_u8(self.0));
                    vget_lane_u64::<0>(vreinterpret_u64_u16(halves)) & 0x0001_0001_0001_0001
                }
            }
        }
    }

    #[inline(always)]
    fn count(self) -> u64 {
        // SAFETY: see above.
        let bytes = unsafe { vaddvq_u8(vshrq_n_u8::<7>(self.0)) };
        u64::from(bytes) / U::BYTES as u64
    }
}

impl<U: Unit> Vector for Neon<U> {
    type Unit = U;
    type Mask = Self;
    const LANES: usize = 16 / U::BYTES;

    #[inline(always)]
    unsafe fn load(src: *const U) -> Self {
        // SAFETY: the caller's promise.
        Self::new(unsafe { vld1q_u8(src.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, dst: *mut U) {
        // SAFETY: the caller's promise.
        unsafe { vst1q_u8(dst.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, dst: *mut u8) {
        // SAFETY: each store is of LANES bytes.
        unsafe {
            match U::BYTES {
                1 => vst1q_u8(dst, self.0),
                2 => dst.cast::<u64>().write_unaligned(self.low_bytes()),
                _ => dst.cast::<u32>().write_unaligned(self.low_bytes() as u32),
            }
        }
    }

    #[inline(always)]
    fn xor(self, bits: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { veorq_u8(self.0, Self::splat(bits)) })
    }

    #[inline(always)]
    fn eq(self, code: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            by_width!(U: vceqq_u8 | vceqq_u16 | vceqq_u32(self.0, Self::splat(code)))
        })
    }

    #[inline(always)]
    fn lt(self, code: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            by_width!(U: vcltq_u8 | vcltq_u16 | vcltq_u32(self.0, Self::splat(code)))
        })
    }

    #[inline(always)]
    fn ge(self, code: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            by_width!(U: vcgeq_u8 | vcgeq_u16 | vcgeq_u32(self.0, Self::splat(code)))
        })
    }
}

impl<U: Unit> Halves for Neon<U> {
    #[inline(always)]
    unsafe fn from_halves(front: u64, back: u64) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(front), vcreate_u64(back)))
        })
    }

    #[inline(always)]
    fn halves(self) -> [u64; 2] {
        // SAFETY: see above.
        unsafe {
            let v = vreinterpretq_u64_u8(self.0);
            [vgetq_lane_u64::<0>(v), vgetq_lane_u64::<1>(v)]
        }
    }

    #[inline(always)]
    fn low_bytes(self) -> u64 {
        // SAFETY: see above.
        unsafe {
            let bytes = match U::BYTES {
                1 => vget_low_u8(self.0),
                2 => vmovn_u16(vreinterpretq_u16_u8(self.0)),
                _ => {
                    let halves = vmovn_u32(vreinterpretq_u32_u8(self.0));
                    vmovn_u16(vcombine_u16(halves, halves))
                }
            };
            vget_lane_u64::<0>(vreinterpret_u64_u8(bytes))
        }
    }
}

impl<U: Unit> Kernel for Neon<U> {
    const GROUP: usize = 4;

    #[inline(always)]
    unsafe fn size_short<F: Form<U>>(src: *const U, len: usize) -> usize {
        // SAFETY: the caller's promise.
        unsafe { short::size::<Self, F>(src, len) }
    }

    #[inline(always)]
    unsafe fn write_short<F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) -> usize {
        // SAFETY: the caller's promise.
        unsafe { short::write::<Self, F>(src, len, dst) }
    }
}
