//! Strings shorter than a kernel's vector, by two loads that meet or overlap: the first and the last
//! bytes of the string. So every load and store lies within the string, whatever its length.
//!
//! - 4 to 16 bytes: two halves of one 16-byte vector ([`size`], [`write`], [`clean`],
//!   [`write_clean`]);
//! - `LANES` to 2 × `LANES` units: two vectors ([`ends_clean`], [`write_ends_clean`]);
//! - 1 to 3 units of together less than 4 bytes: one at a time.
//!
//! The unsafe functions require that the CPU has the features of `V`, see [`super::vector`].

use super::classify::needs_escape;
use super::scalar::{self, close, open};
use super::unit::{Form, Unit};
use super::vector::{Mask, Vector};

/// A vector of 16 bytes.
pub trait Halves: Vector {
    /// The first units are in `front`, the last ones in `back`.
    ///
    /// # Safety
    /// Nothing besides the features.
    unsafe fn from_halves(front: u64, back: u64) -> Self;
    fn halves(self) -> [u64; 2];
    /// Each unit below 0x80 as a byte, the first lowest, and any byte for the others.
    fn low_bytes(self) -> u64;
}

/// The first and the last 8 bytes of the `len` units at `src`, or the first and the last 4 twice.
///
/// # Safety
/// `src` must be readable for `len` units, which are 4 to 16 bytes.
#[inline(always)]
unsafe fn load_ends<V: Halves>(src: *const V::Unit, len: usize) -> V {
    let src = src.cast::<u8>();
    let bytes = len * V::Unit::BYTES;
    // SAFETY: the front loads begin with the source and the back loads end with it, and it is as
    // long as each of them.
    unsafe {
        if bytes >= 8 {
            let front = src.cast::<u64>().read_unaligned();
            let back = src.add(bytes - 8).cast::<u64>().read_unaligned();
            V::from_halves(front, back)
        } else {
            let front = src.cast::<u32>().read_unaligned();
            let back = src.add(bytes - 4).cast::<u32>().read_unaligned();
            let both = u64::from(front) | u64::from(back) << 32;
            V::from_halves(both, both)
        }
    }
}

/// Stores the units of `load_ends`, none of which needs an escape.
///
/// # Safety
/// `dst` must be writable for `len` units, and `len` be that of `load_ends`.
#[inline(always)]
unsafe fn store_ends<V: Halves, F: Form<V::Unit>>(v: V, dst: *mut F::Out, len: usize) {
    let ratio = V::Unit::BYTES / F::Out::BYTES;
    let half = if len * V::Unit::BYTES >= 8 { 8 } else { 4 } / ratio;
    let [front, mut back] = if ratio == 1 { v.halves() } else { [v.low_bytes(), 0] };
    if half < 8 {
        back = front >> (8 * half);
    }
    // SAFETY: `half` bytes are at most `len` units.
    unsafe {
        let dst = dst.cast::<u8>();
        let last = dst.add(len * F::Out::BYTES - half);
        for (value, dst) in [(front, dst), (back, last)] {
            match half {
                8 => dst.cast::<u64>().write_unaligned(value),
                4 => dst.cast::<u32>().write_unaligned(value as u32),
                2 => dst.cast::<u16>().write_unaligned(value as u16),
                _ => dst.write(value as u8),
            }
        }
    }
}

/// Whether `len` units are too few for `load_ends`.
#[inline(always)]
pub fn are_few<U: Unit>(len: usize) -> bool {
    len * U::BYTES < 4
}

/// Whether none of `len` < `LANES` units needs an escape.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
pub unsafe fn clean<V: Halves, F: Form<V::Unit>>(src: *const V::Unit, len: usize) -> bool {
    // SAFETY: the caller's promise; fewer than LANES units are less than 16 bytes.
    unsafe {
        if are_few::<V::Unit>(len) {
            len == 0 || scalar::few_clean::<_, F>(src, len)
        } else {
            !needs_escape::<V, F>(load_ends(src, len)).any()
        }
    }
}

/// Copies `len` < `LANES` units if none needs an escape; returns whether it did.
///
/// # Safety
/// `src` must be readable and `dst` writable for `len` units.
#[inline(always)]
pub unsafe fn write_clean<V: Halves, F: Form<V::Unit>>(
    src: *const V::Unit,
    len: usize,
    dst: *mut F::Out,
) -> bool {
    // SAFETY: the caller's promise; fewer than LANES units are less than 16 bytes.
    unsafe {
        let clean = clean::<V, F>(src, len);
        if clean && !are_few::<V::Unit>(len) {
            store_ends::<V, F>(load_ends(src, len), dst, len);
        } else if clean && len > 0 {
            scalar::copy_few::<_, F>(src, len, dst);
        }
        clean
    }
}

/// The length of the result of `len` < `LANES` units.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
pub unsafe fn size<V: Halves, F: Form<V::Unit>>(src: *const V::Unit, len: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        if clean::<V, F>(src, len) {
            return len + 2;
        }
        if are_few::<V::Unit>(len) {
            return len + 2 + scalar::few_extra::<_, F>(src, len) as usize;
        }
        len + 2 + scalar::extra::<_, F>(src, len) as usize
    }
}

/// Writes the result of `len` < `LANES` units and returns its length.
///
/// # Safety
/// `src` must be readable for `len` units and `dst` writable for the result.
#[inline(always)]
pub unsafe fn write<V: Halves, F: Form<V::Unit>>(
    src: *const V::Unit,
    len: usize,
    dst: *mut F::Out,
) -> usize {
    // SAFETY: the caller's promise; between the quotes there is room for at least `len` units.
    unsafe {
        let body = open(dst);
        if write_clean::<V, F>(src, len, body) {
            return close(dst, body.add(len));
        }
        close(dst, scalar::write_units::<_, F>(src, len, 0, body))
    }
}

/// Whether none of `LANES` to 2 × `LANES` units needs an escape.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
pub unsafe fn ends_clean<V: Vector, F: Form<V::Unit>>(src: *const V::Unit, len: usize) -> bool {
    // SAFETY: each vector lies within the `len` >= LANES units.
    unsafe {
        let (front, back) = (V::load(src), V::load(src.add(len - V::LANES)));
        !needs_escape::<V, F>(front).or(needs_escape::<V, F>(back)).any()
    }
}

/// Copies `LANES` to 2 × `LANES` units if none needs an escape; returns whether it did.
///
/// # Safety
/// `src` must be readable and `dst` writable for `len` units.
#[inline(always)]
pub unsafe fn write_ends_clean<V: Vector, F: Form<V::Unit>>(
    src: *const V::Unit,
    len: usize,
    dst: *mut F::Out,
) -> bool {
    // SAFETY: each vector lies within the `len` >= LANES units.
    unsafe {
        let clean = ends_clean::<V, F>(src, len);
        if clean {
            let last = len - V::LANES;
            let (front, back) = (V::load(src), V::load(src.add(last)));
            front.store_as::<F>(dst);
            back.store_as::<F>(dst.add(last));
        }
        clean
    }
}
