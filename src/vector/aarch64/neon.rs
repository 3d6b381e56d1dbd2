//! 16-byte vectors of NEON, the baseline of AArch64.

use core::arch::aarch64::*;
use core::marker::PhantomData;

use crate::vector::lanes::{Mask, Vector};
use crate::vector::unit::Unit;

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
    /// NEON is the baseline.
    #[inline(always)]
    pub fn from_raw(v: uint8x16_t) -> Self {
        Self::new(v)
    }

    #[inline(always)]
    pub fn raw(self) -> uint8x16_t {
        self.0
    }

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

impl<U: Unit> Neon<U> {
    /// Narrows units of the type `S`, in as many of the vectors as they fill, to lanes.
    #[inline(always)]
    pub fn narrow<S: Unit>(v: [uint8x16_t; 4]) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            match S::BYTES / U::BYTES {
                1 => v[0],
                2 => vcombine_u8(
                    vqmovn_u16(vreinterpretq_u16_u8(v[0])),
                    vqmovn_u16(vreinterpretq_u16_u8(v[1])),
                ),
                _ => {
                    let front = vcombine_u16(
                        vqmovn_u32(vreinterpretq_u32_u8(v[0])),
                        vqmovn_u32(vreinterpretq_u32_u8(v[1])),
                    );
                    let back = vcombine_u16(
                        vqmovn_u32(vreinterpretq_u32_u8(v[2])),
                        vqmovn_u32(vreinterpretq_u32_u8(v[3])),
                    );
                    vcombine_u8(vqmovn_u16(front), vqmovn_u16(back))
                }
            }
        })
    }

    /// The low byte of each 2 bytes.
    #[inline(always)]
    fn low_bytes(self) -> u64 {
        // SAFETY: see above.
        unsafe { vget_lane_u64::<0>(vreinterpret_u64_u8(vmovn_u16(vreinterpretq_u16_u8(self.0)))) }
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
    type Lane = U;
    type Mask = Self;
    const LANES: usize = 16 / U::BYTES;
    const HAS_MIN: bool = true;

    #[inline(always)]
    unsafe fn load<S: Unit>(src: *const S) -> Self {
        // SAFETY: LANES units are `S::BYTES / U::BYTES` vectors.
        unsafe {
            let src = src.cast::<u8>();
            let mut v = [vld1q_u8(src); 4];
            for i in 1..S::BYTES / U::BYTES {
                v[i] = vld1q_u8(src.add(16 * i));
            }
            Self::narrow::<S>(v)
        }
    }

    #[inline(always)]
    unsafe fn store(self, dst: *mut U) {
        // SAFETY: the caller's promise.
        unsafe { vst1q_u8(dst.cast(), self.0) }
    }

    #[inline(always)]
    fn xor(self, bits: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { veorq_u8(self.0, Self::splat(bits)) })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        let (a, b) = (self.0, other.0);
        // SAFETY: see above.
        Self::new(unsafe {
            match U::BYTES {
                1 => {
                    let least = vminq_s8(vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b));
                    vreinterpretq_u8_s8(least)
                }
                2 => {
                    let least = vminq_s16(vreinterpretq_s16_u8(a), vreinterpretq_s16_u8(b));
                    vreinterpretq_u8_s16(least)
                }
                _ => {
                    let least = vminq_s32(vreinterpretq_s32_u8(a), vreinterpretq_s32_u8(b));
                    vreinterpretq_u8_s32(least)
                }
            }
        })
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
        let (a, b) = (self.0, Self::splat(code));
        // SAFETY: see above.
        Self::new(unsafe {
            match U::BYTES {
                1 => vcltq_s8(vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b)),
                2 => {
                    let less = vcltq_s16(vreinterpretq_s16_u8(a), vreinterpretq_s16_u8(b));
                    vreinterpretq_u8_u16(less)
                }
                _ => {
                    let less = vcltq_s32(vreinterpretq_s32_u8(a), vreinterpretq_s32_u8(b));
                    vreinterpretq_u8_u32(less)
                }
            }
        })
    }
}
