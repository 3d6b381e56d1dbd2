//! The portable kernel: [`lanes`] with one lane.

use super::constants::{ACCEPT_LEN, ALPHABET, KEY_LEN};
use super::lanes::{self, Lanes};

impl Lanes for u32 {
    const LANES: usize = 1;

    #[inline(always)]
    unsafe fn splat(x: u32) -> Self {
        x
    }

    #[inline(always)]
    unsafe fn load(src: *const u8, _: usize) -> [Self; 6] {
        // SAFETY: a key, 24 bytes, is readable at `src`; [[u8; 4]; 6] needs no alignment.
        let key: [[u8; 4]; 6] = unsafe { src.cast::<[[u8; 4]; 6]>().read() };
        key.map(u32::from_be_bytes)
    }

    #[inline(always)]
    unsafe fn store(value: [Self; 7], dst: *mut u8, _: usize) {
        // SAFETY: a value, 28 bytes, is writable at `dst`; [[u8; 4]; 7] needs no alignment.
        unsafe { dst.cast::<[[u8; 4]; 7]>().write(value.map(u32::to_le_bytes)) }
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn xor(self, other: Self) -> Self {
        self ^ other
    }
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        self | other
    }
    #[inline(always)]
    fn shl<const N: i32>(self) -> Self {
        self << N
    }
    #[inline(always)]
    fn shr<const N: i32>(self) -> Self {
        self >> N
    }
    #[inline(always)]
    fn choose(b: Self, c: Self, d: Self) -> Self {
        d ^ (b & (c ^ d))
    }
    #[inline(always)]
    fn majority(b: Self, c: Self, d: Self) -> Self {
        // The two terms have no bit in common, so `+` is `|`, and the compiler can combine it with
        // the other additions of the round.
        (b & c).wrapping_add(d & (b ^ c))
    }

    #[inline(always)]
    fn base64(self) -> Self {
        let character = |shift: u32| ALPHABET[(self >> shift) as usize % 64];
        u32::from_le_bytes([character(18), character(12), character(6), character(0)])
    }
}

/// See [`AcceptFunctions::one`](super::AcceptFunctions::one).
///
/// # Safety
/// 24 bytes at `src` are readable and 28 at `dst` writable.
pub(super) unsafe fn one(src: *const u8, dst: *mut u8) {
    // SAFETY: lane 0, the last, is the only one: one key is read, one value written. `u32` needs no feature.
    unsafe { lanes::accept::<u32>(src, dst, 0) }
}

/// See [`AcceptFunctions::many`](super::AcceptFunctions::many).
///
/// # Safety
/// `count * 24` bytes at `src` are readable and `count * 28` at `dst` writable.
pub(super) unsafe fn many(src: *const u8, dst: *mut u8, count: usize) {
    for i in 0..count {
        // SAFETY: `i` is below `count`, so key and value number `i` lie within the buffers.
        unsafe { one(src.add(i * KEY_LEN), dst.add(i * ACCEPT_LEN)) }
    }
}

/// See [`lanes::compress_one`].
///
/// # Safety
/// None: it is unsafe as its kind on other CPUs is.
#[cfg(test)]
pub(super) unsafe fn compress(state: [u32; 5], block: [u32; 16]) -> [u32; 5] {
    // SAFETY: `u32` needs no feature.
    unsafe { lanes::compress_one::<u32>(state, block) }
}
