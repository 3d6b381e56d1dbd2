//! Vectors of units and masks of their lanes: lane operations only.
//!
//! **Lanes** are units of the result. A wider source is narrowed as it is loaded: a unit that no
//! lane holds becomes one that needs an escape too. So the kernels see one width, and a vector of
//! the result that is clean is the result.
//!
//! **Safety.** A value of a vector or mask type proves that the CPU has the features of that type,
//! so the methods of a value are safe. The functions that make a value from memory or integers are
//! unsafe: they, and every unsafe function here and in the modules above that is generic over a
//! vector type, require that **the CPU has the features of that type**. The `# Safety` sections
//! state only further requirements, and the `SAFETY` comments say only why that holds.
//!
//! All methods are `#[inline(always)]`, so that they are compiled with the features of the kernel
//! that they end up in. Nothing that works on vectors is given to a closure or an iterator: those
//! would be compiled without the features, and call each instruction as a function.

use super::unit::Unit;

/// The lanes of a vector for which a comparison holds.
pub trait Mask: Copy {
    /// The distance between the bits of neighbouring lanes in [`Mask::bits`].
    const STRIDE: usize = 1;

    fn or(self, other: Self) -> Self;
    /// The lanes of `self` that are not in `other`.
    fn and_not(self, other: Self) -> Self;
    fn any(self) -> bool;
    /// One bit per lane, the first lane lowest, `STRIDE` apart.
    fn bits(self) -> u64;
    fn count(self) -> u64;

    /// The bits of the first `n` lanes.
    #[inline(always)]
    fn first(n: usize) -> u64 {
        match n * Self::STRIDE {
            bits @ ..64 => (1 << bits) - 1,
            _ => u64::MAX,
        }
    }
}

/// A vector of `LANES` units of the result.
pub trait Vector: Copy {
    type Lane: Unit;
    type Mask: Mask;
    const LANES: usize;
    /// Whether [`Vector::min`] takes less time than a comparison.
    const HAS_MIN: bool;

    /// Loads `LANES` units, which are lanes or, if the lanes are bytes, of any width. A unit above
    /// 0xff becomes a lane below 0x20 or above 0x7f.
    ///
    /// # Safety
    /// `src` must be readable for `LANES` units.
    unsafe fn load<U: Unit>(src: *const U) -> Self;

    /// # Safety
    /// `dst` must be writable for `LANES` lanes.
    unsafe fn store(self, dst: *mut Self::Lane);

    /// Flips the bits of `bits` in each lane.
    fn xor(self, bits: u32) -> Self;
    /// The lesser of each two lanes, as signed numbers.
    fn min(self, other: Self) -> Self;
    fn eq(self, code: u32) -> Self::Mask;
    /// The lanes that are less than the low bits of `code`, both as signed numbers.
    fn lt(self, code: u32) -> Self::Mask;
}
