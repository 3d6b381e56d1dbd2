//! What a vector must be able to do for the [`kernel`].

use super::kernel;
use super::scalar::ROOM_UNITS;
use super::unit::{Form, Unit};

/// The lanes of a vector for which a comparison holds.
pub trait Hits: Copy {
    /// What lies between the bits of neighbouring lanes in [`Hits::bits`].
    const STRIDE: usize = 1;

    fn or(self, other: Self) -> Self;
    /// The lanes of `self` that are not in `other`.
    fn but_not(self, other: Self) -> Self;
    fn any(self) -> bool;
    /// One bit per lane, the first lane lowest, `STRIDE` apart.
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

    /// Stores each unit as a byte: those below 0x80 as they are, others as any byte.
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

    /// [`kernel::size`] for `len` < `LANES`.
    ///
    /// # Safety
    /// As there.
    unsafe fn size_short<F: Form<Self::Unit>>(src: *const Self::Unit, len: usize) -> usize;

    /// [`kernel::write`] for `len` < `LANES`.
    ///
    /// # Safety
    /// As there.
    unsafe fn write_short<F: Form<Self::Unit>>(
        src: *const Self::Unit,
        len: usize,
        dst: *mut F::Out,
    ) -> usize;

    /// What the `left` < `LANES` units that end a string of at least `LANES` add to their number.
    ///
    /// # Safety
    /// `src` must be readable for `left` units and the ones before them.
    #[inline(always)]
    unsafe fn extra_rest<F: Form<Self::Unit>>(src: *const Self::Unit, left: usize) -> u64 {
        // SAFETY: as the caller promises.
        unsafe { kernel::extra_rest::<Self, F>(src, left) }
    }

    /// Writes what the `left` < `LANES` + `SLACK` units that end a string of at least `LANES`
    /// become, and returns the end of it.
    ///
    /// # Safety
    /// `src` must be readable for `left` units and the ones before them; `dst` writable for what
    /// they become and one more, and written before that.
    #[inline(always)]
    unsafe fn write_rest<F: Form<Self::Unit>>(
        src: *const Self::Unit,
        left: usize,
        dst: *mut F::Out,
    ) -> *mut F::Out {
        // SAFETY: as the caller promises.
        unsafe { kernel::write_rest::<Self, F>(src, left, dst) }
    }

    /// Writes the units, all of them above U+007F, as `\uxxxx`, and returns the end of it, or None
    /// where this is not faster than by table.
    ///
    /// # Safety
    /// `dst` must be writable for the result and `SLACK` bytes more.
    #[inline(always)]
    unsafe fn write_long(self, _dst: *mut u8) -> Option<*mut u8> {
        None
    }

    /// Writes what units at `src`, some of the first `LANES` of them escaped, become; returns how many
    /// units these are and the end of what they became.
    ///
    /// # Safety
    /// `src` must be readable for `left` units, at least `LANES` + `SLACK`, and `dst` writable for
    /// what they become and one more.
    #[inline(always)]
    unsafe fn write_special<F: Form<Self::Unit>>(
        src: *const Self::Unit,
        left: usize,
        dst: *mut F::Out,
    ) -> (usize, *mut F::Out) {
        // SAFETY: as the caller promises.
        unsafe { kernel::write_special::<Self, F>(src, left, dst) }
    }
}
