//! Strings and ends of up to 32 bytes, by loads and stores that overlap and never leave them.

use super::classify::{Classify, any_needs_escape, needs_escape};
use super::scalar;
use super::unit::{Form, Unit};
use crate::vector::Mask;

/// A vector of 16 bytes, which can be put together from four quarters.
pub trait Short: Classify {
    /// The lanes of a quarter.
    const QUARTER: usize = 4 / Self::Lane::BYTES;

    /// Loads `QUARTER` units as the first lanes; see [`Vector::load`](crate::vector::Vector::load).
    ///
    /// # Safety
    /// `src` must be readable for `QUARTER` units.
    unsafe fn load_quarter<U: Unit>(src: *const U) -> Self;

    /// Stores the first `QUARTER` lanes.
    ///
    /// # Safety
    /// `dst` must be writable for `QUARTER` lanes.
    unsafe fn store_quarter(self, dst: *mut Self::Lane);

    /// The first quarters of four vectors.
    fn join(quarters: [Self; 4]) -> Self;
}

/// The places of four quarters that cover `len` units, `QUARTER` to `LANES`.
#[inline(always)]
fn places<X: Short>(len: usize) -> [usize; 4] {
    // In bytes this is 0 below 8, 4 below 16, and 8 at 16.
    let second = len * X::Lane::BYTES / 8 * X::QUARTER;
    let last = len - X::QUARTER;
    [0, second, last - second, last]
}

/// Copies `len` units, `QUARTER` to `LANES`, if none needs an escape; returns whether none does.
/// Without `COPY` it only tests them.
///
/// # Safety
/// `src` must be readable and, with `COPY`, `dst` writable for `len` units.
#[inline(always)]
pub unsafe fn copy_quarters<X: Short, U: Unit, F: Form<U>, const COPY: bool>(
    src: *const U,
    len: usize,
    dst: *mut X::Lane,
) -> bool {
    // SAFETY: the last quarter ends at `len`, the others before.
    unsafe {
        let places = places::<X>(len);
        let mut quarters = [X::load_quarter(src); 4];
        for i in 1..4 {
            quarters[i] = X::load_quarter(src.add(places[i]));
        }
        let clean = !needs_escape::<X, U, F>(X::join(quarters)).any();
        if COPY && clean {
            for i in 0..4 {
                quarters[i].store_quarter(dst.add(places[i]));
            }
        }
        clean
    }
}

/// Copies `len` units, `N` / 2 to `N` vectors, if none needs an escape; returns whether none does.
/// Without `COPY` it only tests them.
///
/// # Safety
/// `src` must be readable and, with `COPY`, `dst` writable for `len` units.
#[inline(always)]
pub unsafe fn copy_ends<V: Classify, U: Unit, F: Form<U>, const N: usize, const COPY: bool>(
    src: *const U,
    len: usize,
    dst: *mut V::Lane,
) -> bool {
    let mut places = [0; N];
    for i in 1..N {
        places[i] = if i < N / 2 { i * V::LANES } else { len - (N - i) * V::LANES };
    }
    // SAFETY: the first half of the vectors and the second, which ends at `len`, each have at most
    // `len` units.
    unsafe {
        let mut vectors = [V::load(src); N];
        for i in 1..N {
            vectors[i] = V::load(src.add(places[i]));
        }
        let clean = !any_needs_escape::<V, U, F, N>(vectors);
        if COPY && clean {
            for i in 0..N {
                vectors[i].store(dst.add(places[i]));
            }
        }
        clean
    }
}

/// Copies 0 to 3 units if none needs an escape; returns whether none does.
/// Without `COPY` it only tests them.
///
/// # Safety
/// `src` must be readable and, with `COPY`, `dst` writable for `len` units.
#[inline(always)]
pub unsafe fn copy_tiny<U: Unit, F: Form<U>, const COPY: bool>(
    src: *const U,
    len: usize,
    dst: *mut F::Out,
) -> bool {
    if len == 0 {
        return true;
    }
    // The first, the middle and the last are all of them.
    let mut text_lens = 0;
    for place in [0, len / 2, len - 1] {
        // SAFETY: the places are below `len`.
        unsafe {
            let unit = src.add(place).read_unaligned();
            if COPY {
                dst.add(place).write_unaligned(F::Out::from_code(unit.code()));
            }
            text_lens += scalar::text_len::<U, F>(unit);
        }
    }
    text_lens == 3
}
