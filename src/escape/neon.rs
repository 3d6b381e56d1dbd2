//! 16-byte vectors of NEON, the baseline of AArch64.

use core::arch::aarch64::*;
use core::convert::identity;
use core::marker::PhantomData;

use super::Escape;
use super::kernel::{self, instantiate};
use super::short::{self, Halves};
use super::unit::{Ascii, Form, Unicode, Unit};
use super::vector::{Hits, Vector};

/// A function compiled for this backend's features.
macro_rules! with_features {
    ($($function:item)*) => {$(
        #[target_feature(enable = "neon")]
        $function
    )*};
}

instantiate!(with_features);

pub const UCS1: Escape<u8> = escape::<Neon<u8>>();
pub const UCS2: Escape<u16> = escape::<Neon<u16>>();
pub const UCS4: Escape<u32> = escape::<Neon<u32>>();

/// A vector of units, or the all-ones lanes of a comparison of them.
#[derive(Clone, Copy)]
pub struct Neon<U: Lanes>(uint8x16_t, PhantomData<U>);

impl<U: Lanes> Neon<U> {
    #[inline(always)]
    fn new(v: uint8x16_t) -> Self {
        Self(v, PhantomData)
    }
}

// SAFETY, here and below: NEON is the baseline.
impl<U: Lanes> Hits for Neon<U> {
    /// There is no movemask; narrowing by shifts leaves 64 bits for the lanes.
    const STRIDE: usize = 4 * U::BYTES;

    #[inline(always)]
    fn or(self, other: Self) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { vorrq_u8(self.0, other.0) })
    }

    #[inline(always)]
    fn but_not(self, other: Self) -> Self {
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
        unsafe { U::bits(self.0) }
    }

    #[inline(always)]
    fn count(self) -> u64 {
        // SAFETY: see above.
        let bytes = unsafe { vaddvq_u8(vshrq_n_u8::<7>(self.0)) };
        u64::from(bytes) / U::BYTES as u64
    }
}

impl<U: Lanes> Vector for Neon<U> {
    type Unit = U;
    type Hits = Self;
    const GROUP: usize = 4;
    const LANES: usize = 16 / U::BYTES;

    #[inline(always)]
    unsafe fn load(src: *const U) -> Self {
        // SAFETY: as the caller promises.
        Self::new(unsafe { vld1q_u8(src.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, dst: *mut U) {
        // SAFETY: as the caller promises.
        unsafe { vst1q_u8(dst.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn narrow(self, dst: *mut u8) {
        // SAFETY: LANES bytes are stored.
        unsafe {
            match U::BYTES {
                1 => vst1q_u8(dst, self.0),
                2 => dst.cast::<u64>().write_unaligned(self.narrowed()),
                _ => dst.cast::<u32>().write_unaligned(self.narrowed() as u32),
            }
        }
    }

    #[inline(always)]
    fn flip(self, bits: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { veorq_u8(self.0, U::splat(bits)) })
    }

    #[inline(always)]
    fn eq(self, code: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { U::eq(self.0, U::splat(code)) })
    }

    #[inline(always)]
    fn lt(self, code: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { U::lt(self.0, U::splat(code)) })
    }

    #[inline(always)]
    fn ge(self, code: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { U::ge(self.0, U::splat(code)) })
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

impl<U: Lanes> Halves for Neon<U> {
    #[inline(always)]
    fn from_halves(front: u64, back: u64) -> Self {
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
    fn narrowed(self) -> u64 {
        // SAFETY: see above.
        unsafe { U::narrowed(self.0) }
    }
}

/// The instructions that depend on the width of the lanes.
///
/// # Safety
/// All need NEON.
pub trait Lanes: Unit {
    unsafe fn splat(code: u32) -> uint8x16_t;
    unsafe fn eq(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t;
    /// Unsigned a < b.
    unsafe fn lt(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t;
    /// Unsigned a >= b.
    unsafe fn ge(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t;
    /// One bit per lane, as far apart as fits.
    unsafe fn bits(hits: uint8x16_t) -> u64;
    /// See [`Halves::narrowed`].
    unsafe fn narrowed(v: uint8x16_t) -> u64;
}

macro_rules! lanes {
    (
        $unit:ty, $from:ident, $to:ident, $splat:ident, $eq:ident, $lt:ident, $ge:ident,
        |$hits:ident| $bits:expr, |$v:ident| $narrowed:expr
    ) => {
        impl Lanes for $unit {
            #[inline(always)]
            unsafe fn splat(code: u32) -> uint8x16_t {
                // SAFETY: as the caller promises.
                unsafe { $to($splat(code as _)) }
            }
            #[inline(always)]
            unsafe fn eq(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
                // SAFETY: as the caller promises.
                unsafe { $to($eq($from(a), $from(b))) }
            }
            #[inline(always)]
            unsafe fn lt(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
                // SAFETY: as the caller promises.
                unsafe { $to($lt($from(a), $from(b))) }
            }
            #[inline(always)]
            unsafe fn ge(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
                // SAFETY: as the caller promises.
                unsafe { $to($ge($from(a), $from(b))) }
            }
            #[inline(always)]
            unsafe fn bits($hits: uint8x16_t) -> u64 {
                // SAFETY: as the caller promises.
                unsafe { $bits }
            }
            #[inline(always)]
            unsafe fn narrowed($v: uint8x16_t) -> u64 {
                // SAFETY: as the caller promises.
                unsafe { $narrowed }
            }
        }
    };
}

lanes!(
    u8,
    identity,
    identity,
    vdupq_n_u8,
    vceqq_u8,
    vcltq_u8,
    vcgeq_u8,
    |hits| {
        let nibbles = vshrn_n_u16::<4>(vreinterpretq_u16_u8(hits));
        vget_lane_u64::<0>(vreinterpret_u64_u8(nibbles)) & 0x1111_1111_1111_1111
    },
    |v| vgetq_lane_u64::<0>(vreinterpretq_u64_u8(v))
);
lanes!(
    u16,
    vreinterpretq_u16_u8,
    vreinterpretq_u8_u16,
    vdupq_n_u16,
    vceqq_u16,
    vcltq_u16,
    vcgeq_u16,
    |hits| <u16 as Lanes>::narrowed(hits) & 0x0101_0101_0101_0101,
    |v| vget_lane_u64::<0>(vreinterpret_u64_u8(vmovn_u16(vreinterpretq_u16_u8(v))))
);
lanes!(
    u32,
    vreinterpretq_u32_u8,
    vreinterpretq_u8_u32,
    vdupq_n_u32,
    vceqq_u32,
    vcltq_u32,
    vcgeq_u32,
    |hits| {
        let quarters = vmovn_u32(vreinterpretq_u32_u8(hits));
        vget_lane_u64::<0>(vreinterpret_u64_u16(quarters)) & 0x0001_0001_0001_0001
    },
    |v| {
        let halves = vmovn_u32(vreinterpretq_u32_u8(v));
        let bytes = vmovn_u16(vcombine_u16(halves, halves));
        vget_lane_u64::<0>(vreinterpret_u64_u8(bytes))
    }
);
