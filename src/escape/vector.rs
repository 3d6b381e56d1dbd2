//! What a vector must be able to do for the [`kernel`].

use super::kernel;
use super::scalar::ROOM_UNITS;
use super::unit::{Form, Unit};

/// The lanes of a vector for which a comparison holds.
pub trait Hits: Copy {
    fn or(self, other: Self) -> Self;
    /// The lanes of `self` that are not in `other`.
    fn but_not(self, other: Self) -> Self;
    fn any(self) -> bool;
    /// One bit per lane, the first lane lowest.
    fn bits(self) -> u64;
    fn count(self) -> u64;
}

/// A vector of units. Its methods may be called only where the CPU features of its backend are
/// enabled, and must be inlined there.
pub trait Vector: Copy {
    type Unit: Unit;
    type Hits: Hits;
    const LANES: usize;
    /// How many vectors are looked at together in clean runs.
    const GROUP: usize;
    /// How many units must follow a vector for `write_special`.
    const SLACK: usize = if Self::LANES > ROOM_UNITS - 1 { Self::LANES } else { ROOM_UNITS - 1 };

    /// # Safety
    /// `src` must be readable for `LANES` units.
    unsafe fn load(src: *const Self::Unit) -> Self;

    /// # Safety
    /// `dst` must be writable for `LANES` units.
    unsafe fn store(self, dst: *mut Self::Unit);

    /// Stores each unit, all of which are below 0x80, as a byte.
    ///
    /// # Safety
    /// `dst` must be writable for `LANES` bytes.
    unsafe fn narrow(self, dst: *mut u8);

    /// Each unit with the bits of `bits` flipped.
    fn flip(self, bits: u32) -> Self;
    fn eq(self, code: u32) -> Self::Hits;
    /// Unsigned; `code` is at least 1.
    fn lt(self, code: u32) -> Self::Hits;
    /// Unsigned; `code` is at least 1.
    fn ge(self, code: u32) -> Self::Hits;

    /// [`kernel::extra`] for `len` < `LANES`.
    ///
    /// # Safety
    /// `src` must be readable for `len` units.
    unsafe fn extra_short<F: Form<Self::Unit>>(src: *const Self::Unit, len: usize) -> u64;

    /// [`kernel::write_units`] for the `left` units at the end of a string of `len` units.
    ///
    /// # Safety
    /// As there; before `src` and `dst` there is what precedes them.
    unsafe fn write_rest<F: Form<Self::Unit>>(
        src: *const Self::Unit,
        left: usize,
        dst: *mut F::Out,
        len: usize,
    ) -> *mut F::Out;

    /// Writes what `self`, the `LANES` units at `src` of which `special` are escaped, becomes, and
    /// returns the end of it.
    ///
    /// # Safety
    /// `src` must be readable for `LANES` + `SLACK` units, and `dst` writable for what
    /// they become and one more.
    #[inline(always)]
    unsafe fn write_special<F: Form<Self::Unit>>(
        self,
        special: Self::Hits,
        src: *const Self::Unit,
        dst: *mut F::Out,
    ) -> *mut F::Out {
        // SAFETY: as the caller promises.
        unsafe { kernel::write_special::<Self, F>(self, special, src, dst) }
    }
}
