//! Strings shorter than a 16-byte vector, by one that holds their first and their last bytes, which
//! meet or overlap.

use super::kernel::special;
use super::scalar::{self, close, open};
use super::unit::{Form, Unit};
use super::vector::{Hits, Vector};

/// A vector of 16 bytes.
pub trait Halves: Vector {
    /// The first units in `front`, the last ones in `back`.
    fn from_halves(front: u64, back: u64) -> Self;
    fn halves(self) -> [u64; 2];
    /// The units as the lowest bytes: those below 0x80 as they are, others as any byte.
    fn narrowed(self) -> u64;
}

/// The first and the last 8 bytes of the `len` units at `src`, or the first and the last 4 twice.
///
/// # Safety
/// `src` must be readable for `len` units, which are 4 to 16 bytes.
#[inline(always)]
unsafe fn load_ends<V: Halves>(src: *const V::Unit, len: usize) -> V {
    let src = src.cast::<u8>();
    let bytes = len * V::Unit::BYTES;
    // SAFETY: the first loads are within the source, the last ones end with it.
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

/// Stores what `load_ends` loaded, none of which is escaped.
///
/// # Safety
/// `dst` must be writable for `len` units, the number given to `load_ends`.
#[inline(always)]
unsafe fn store_ends<V: Halves, F: Form<V::Unit>>(v: V, dst: *mut F::Out, len: usize) {
    let narrowed = V::Unit::BYTES / F::Out::BYTES;
    let half = if len * V::Unit::BYTES >= 8 { 8 } else { 4 } / narrowed;
    let [front, mut back] = if narrowed == 1 { v.halves() } else { [v.narrowed(), 0] };
    if half < 8 {
        back = front >> (8 * half);
    }
    // SAFETY: the two halves cover the `len` units.
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

/// Whether `len` units are less than `load_ends` takes.
#[inline(always)]
pub fn are_few<U: Unit>(len: usize) -> bool {
    len * U::BYTES < 4
}

/// Whether none of `len` < `LANES` units is escaped.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
pub unsafe fn clean<V: Halves, F: Form<V::Unit>>(src: *const V::Unit, len: usize) -> bool {
    // SAFETY: as the caller promises.
    unsafe {
        if are_few::<V::Unit>(len) {
            len == 0 || scalar::few_clean::<_, F>(src, len)
        } else {
            !special::<V, F>(load_ends(src, len)).any()
        }
    }
}

/// Writes `len` < `LANES` units if none of them is escaped, and says whether it did.
///
/// # Safety
/// `src` must be readable and `dst` writable for `len` units.
#[inline(always)]
pub unsafe fn write_clean<V: Halves, F: Form<V::Unit>>(
    src: *const V::Unit,
    len: usize,
    dst: *mut F::Out,
) -> bool {
    // SAFETY: as the caller promises.
    unsafe {
        let clean = clean::<V, F>(src, len);
        if clean && !are_few::<V::Unit>(len) {
            store_ends::<V, F>(load_ends(src, len), dst, len);
        } else if clean && len > 0 {
            scalar::write_few::<_, F>(src, len, dst);
        }
        clean
    }
}

/// [`Vector::size_short`].
///
/// # Safety
/// As there.
#[inline(always)]
pub unsafe fn size<V: Halves, F: Form<V::Unit>>(src: *const V::Unit, len: usize) -> usize {
    // SAFETY: as the caller promises.
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

/// [`Vector::write_short`].
///
/// # Safety
/// As there.
#[inline(always)]
pub unsafe fn write<V: Halves, F: Form<V::Unit>>(
    src: *const V::Unit,
    len: usize,
    dst: *mut F::Out,
) -> usize {
    // SAFETY: as the caller promises.
    unsafe {
        let body = open(dst);
        if write_clean::<V, F>(src, len, body) {
            return close(dst, body.add(len));
        }
        close(dst, scalar::write_units::<_, F>(src, len, 0, body))
    }
}
