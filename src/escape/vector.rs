//! Vectors of units and masks of their lanes: lane operations only.
//!
//! **Safety.** A value of a vector or mask type proves that the CPU has the features of that type,
//! so the methods of a value are safe. The functions that make a value from memory or integers are
//! unsafe: they, and every unsafe function here and in the later files that is generic over a
//! vector type, require that **the CPU has the features of that type**. The `# Safety` sections
//! state only what they require besides, and the `SAFETY` comments say only why that holds.
//!
//! All methods are `#[inline(always)]`, so that they are compiled with the features of the kernel
//! that they end up in.

use super::unit::{Form, Unit};

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
}

/// A vector of `LANES` units.
pub trait Vector: Copy {
    type Unit: Unit;
    type Mask: Mask;
    const LANES: usize;

    /// # Safety
    /// `src` must be readable for `LANES` units.
    unsafe fn load(src: *const Self::Unit) -> Self;

    /// # Safety
    /// `dst` must be writable for `LANES` units.
    unsafe fn store(self, dst: *mut Self::Unit);

    /// Stores each unit below 0x80 as a byte, and any byte for the others.
    ///
    /// # Safety
    /// `dst` must be writable for `LANES` bytes.
    unsafe fn store_bytes(self, dst: *mut u8);

    /// Stores the units in the width of the form `F`. Lanes that need escaping are stored as
    /// garbage.
    ///
    /// # Safety
    /// `dst` must be writable for `LANES` units of the result.
    #[inline(always)]
    unsafe fn store_as<F: Form<Self::Unit>>(self, dst: *mut F::Out) {
        // SAFETY: the result's units are bytes in the ASCII form, else of the source's width.
        unsafe { if F::ASCII { self.store_bytes(dst.cast()) } else { self.store(dst.cast()) } }
    }

    /// Flips the bits of `bits` in each unit.
    fn xor(self, bits: u32) -> Self;
    fn eq(self, code: u32) -> Self::Mask;
    /// Unsigned; `code` is at least 1.
    fn lt(self, code: u32) -> Self::Mask;
    /// Unsigned; `code` is at least 1.
    fn ge(self, code: u32) -> Self::Mask;
}
