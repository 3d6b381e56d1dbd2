//! The vector kernel: one algorithm for every vector, unit and form.
//!
//! **What a pass does.** [`size`] and [`write()`] go through the source once, a vector at a time.
//! [`needs_escape`] compares a vector with the few codes that need an escape. Where no lane does,
//! `size` counts nothing and `write` stores the vector as it is. Where the next `GROUP` vectors are
//! all clean, one branch covers them. Otherwise `size` adds the number of set lanes
//! ([`extra_units`]), and `write` calls the hook [`Kernel::write_escapes`]: by default it stores the
//! vector, then goes from escape to escape, writes each text over what was stored, and stores the
//! units after it again from behind the text. Where more than an eighth of the lanes needs an
//! escape, [`scalar`] takes over for up to 256 units: dense escapes come in runs.
//!
//! **Why nothing outside the buffers is touched.** Loads are of whole vectors that lie within the
//! source. Every unit becomes at least one unit, so the destination has room for as many units as
//! the source has left, and one more for the closing quote: a store of a whole vector at the place
//! of a loaded one cannot pass the end. Texts are stored in 8 units whatever their length, and the
//! remainder of a vector is stored again behind a text: so the loop of `write` stops while `SLACK`
//! units follow. The tail shorter than a vector is the last vector of the source once more, which
//! overlaps what is done already ([`Kernel::write_tail`]). Strings shorter than a vector have ways
//! of their own ([`Kernel::size_short`], [`Kernel::write_short`]).
//!
//! **Where the time goes.** Most strings are short and clean: their time is the call, the branches
//! on the length and one classification. Long clean strings take the time of their loads, four
//! operations per vector and their stores. From one escape in 32 units on the texts dominate.
//!
//! The unsafe functions require that the CPU has the features of `V`, see [`super::vector`].

use super::classify::{extra_units, needs_escape};
use super::scalar::{self, MAX_LEN, ROOM_UNITS, close, open, put, result_len};
use super::unit::Form;
use super::vector::{Mask, Vector};

/// A vector with the parts of the algorithm that a backend may do in its own way.
pub trait Kernel: Vector {
    /// The number of vectors that are tested together in clean runs.
    const GROUP: usize;
    /// The number of units that must follow a vector for [`Kernel::write_escapes`].
    const SLACK: usize = if Self::LANES > ROOM_UNITS - 1 { Self::LANES } else { ROOM_UNITS - 1 };

    /// [`size`] of `len` < `LANES` units.
    ///
    /// # Safety
    /// `src` must be readable for `len` units.
    unsafe fn size_short<F: Form<Self::Unit>>(src: *const Self::Unit, len: usize) -> usize;

    /// [`write()`] of `len` < `LANES` units.
    ///
    /// # Safety
    /// `src` must be readable for `len` units and `dst` writable for the result.
    unsafe fn write_short<F: Form<Self::Unit>>(
        src: *const Self::Unit,
        len: usize,
        dst: *mut F::Out,
    ) -> usize;

    /// How many units escaping adds to the last `left` < `LANES` units of a string.
    ///
    /// # Safety
    /// `src` must be readable for `left` units and the `LANES` - `left` units before them.
    #[inline(always)]
    unsafe fn extra_of_tail<F: Form<Self::Unit>>(src: *const Self::Unit, left: usize) -> u64 {
        // SAFETY: the string's last vector ends with the `left` units.
        unsafe {
            let v = Self::load(src.sub(Self::LANES - left));
            if needs_escape::<_, F>(v).any() { scalar::extra::<_, F>(src, left) } else { 0 }
        }
    }

    /// Writes the texts of the last `left` < `LANES` + `SLACK` units of a string and returns their
    /// end.
    ///
    /// # Safety
    /// `src` must be readable for `left` units and the `LANES` units before them; `dst` writable
    /// for their texts and one unit more, and the texts of the `LANES` units must lie before it.
    #[inline(always)]
    unsafe fn write_tail<F: Form<Self::Unit>>(
        mut src: *const Self::Unit,
        mut left: usize,
        mut dst: *mut F::Out,
    ) -> *mut F::Out {
        // SAFETY: whole vectors are loaded from the units that are left; the last one ends with
        // the source.
        unsafe {
            while left >= Self::LANES {
                let v = Self::load(src);
                if needs_escape::<_, F>(v).any() {
                    return scalar::write_units::<_, F>(src, left, 0, dst);
                }
                v.store_as::<F>(dst);
                src = src.add(Self::LANES);
                dst = dst.add(Self::LANES);
                left -= Self::LANES;
            }
            // If the last vector of the string is clean, storing it over the end of the result
            // changes nothing before `dst`: the text of a clean unit is itself.
            let back = Self::LANES - left;
            let v = Self::load(src.sub(back));
            if needs_escape::<_, F>(v).any() {
                return scalar::write_units::<_, F>(src, left, 0, dst);
            }
            v.store_as::<F>(dst.sub(back));
            dst.add(left)
        }
    }

    /// Writes the units, all of them above U+007F, as `\uxxxx` and returns the end, or returns None
    /// where this is no faster than the table.
    ///
    /// # Safety
    /// `dst` must be writable for the texts and `SLACK` bytes more.
    #[inline(always)]
    unsafe fn write_hex_escapes(self, _dst: *mut u8) -> Option<*mut u8> {
        None
    }

    /// Writes the texts of the first units at `src`, where one of the first `LANES` needs an
    /// escape. Returns how many units it did and the end of their texts.
    ///
    /// # Safety
    /// `src` must be readable for `left` >= `LANES` + `SLACK` units, and `dst` writable for their
    /// texts and one unit more.
    #[inline(always)]
    unsafe fn write_escapes<F: Form<Self::Unit>>(
        src: *const Self::Unit,
        left: usize,
        dst: *mut F::Out,
    ) -> (usize, *mut F::Out) {
        // SAFETY: the caller's promise.
        unsafe { write_escapes::<Self, F>(src, left, dst) }
    }
}

/// Whether a unit of a group of vectors needs an escape.
///
/// # Safety
/// `src` must be readable for `GROUP` × `LANES` units.
#[inline(always)]
unsafe fn group_needs_escape<V: Kernel, F: Form<V::Unit>>(src: *const V::Unit) -> bool {
    // SAFETY: the caller's promise.
    unsafe {
        let mut any = needs_escape::<V, F>(V::load(src));
        for i in 1..V::GROUP {
            any = any.or(needs_escape::<V, F>(V::load(src.add(i * V::LANES))));
        }
        any.any()
    }
}

/// How many units escaping adds to the `len` >= `LANES` units at `src`.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
unsafe fn extra<V: Kernel, F: Form<V::Unit>>(mut src: *const V::Unit, len: usize) -> u64 {
    let mut left = len;
    let mut extra = 0;
    // SAFETY: each load is of units that are left; the tail follows at least one vector.
    unsafe {
        while left >= V::LANES {
            let mut stop = left - V::LANES;
            if V::GROUP > 1 && left >= V::GROUP * V::LANES {
                stop = left - V::GROUP * V::LANES;
                if !group_needs_escape::<V, F>(src) {
                    src = src.add(left - stop);
                    left = stop;
                    continue;
                }
            }
            while left >= stop + V::LANES {
                let v = V::load(src);
                let mut n = V::LANES;
                let escaped = needs_escape::<V, F>(v);
                if escaped.any() {
                    // Where most lanes need an escape, few lanes are no faster than the table.
                    if size_of::<V>() <= 16 && escaped.bits().count_ones() as usize > n / 2 {
                        n = left.min(256);
                        extra += scalar::extra::<_, F>(src, n);
                    } else {
                        extra += extra_units::<V, F>(v, escaped);
                    }
                }
                src = src.add(n);
                left -= n;
            }
        }
        if left > 0 {
            extra += V::extra_of_tail::<F>(src, left);
        }
    }
    extra
}

/// The default of [`Kernel::write_escapes`]: goes from escape to escape, or by table where that is
/// faster.
///
/// # Safety
/// See [`Kernel::write_escapes`].
#[inline(always)]
pub unsafe fn write_escapes<V: Kernel, F: Form<V::Unit>>(
    src: *const V::Unit,
    left: usize,
    mut dst: *mut F::Out,
) -> (usize, *mut F::Out) {
    // SAFETY: SLACK units follow the vector, and become at least as many: so from each of its units
    // on, a vector can be loaded and stored, and ROOM_UNITS are left.
    unsafe {
        let v = V::load(src);
        if F::ASCII
            && !v.lt(0x80).any()
            && let Some(end) = v.write_hex_escapes(dst.cast())
        {
            return (V::LANES, end.cast());
        }
        let mut bits = needs_escape::<V, F>(v).bits();
        let dense = bits.count_ones() as usize * 8 > V::LANES;
        if dense || V::LANES < 16 {
            // Where escapes are dense, more of them will follow.
            let n = if dense { (left - V::SLACK).min(256) } else { V::LANES };
            return (n, scalar::write_units::<_, F>(src, n, V::SLACK, dst));
        }
        v.store_as::<F>(dst);
        let mut done = 0;
        while bits != 0 {
            let i = bits.trailing_zeros() as usize / V::Mask::STRIDE;
            dst = put::<_, F, true>(src.add(i).read_unaligned(), dst.add(i - done));
            done = i + 1;
            V::load(src.add(done)).store_as::<F>(dst);
            bits &= bits - 1;
        }
        (V::LANES, dst.add(V::LANES - done))
    }
}

/// Writes the texts of the `len` >= `LANES` units at `src` and returns their end.
///
/// # Safety
/// `src` must be readable for `len` units and `dst` writable for their texts and one unit more.
#[inline(always)]
unsafe fn write_units<V: Kernel, F: Form<V::Unit>>(
    mut src: *const V::Unit,
    len: usize,
    mut dst: *mut F::Out,
) -> *mut F::Out {
    let mut left = len;
    // SAFETY: each load is of units that are left, each store of at most as many units as are left;
    // `stop` is at least SLACK, so that many units follow every vector.
    unsafe {
        while left >= V::LANES + V::SLACK {
            let mut stop = left - V::LANES;
            if V::GROUP > 1 && left >= V::GROUP * V::LANES + V::SLACK {
                stop = left - V::GROUP * V::LANES;
                if !group_needs_escape::<V, F>(src) {
                    for i in 0..V::GROUP {
                        V::load(src.add(i * V::LANES)).store_as::<F>(dst.add(i * V::LANES));
                    }
                    src = src.add(left - stop);
                    dst = dst.add(left - stop);
                    left = stop;
                    continue;
                }
            }
            while left >= stop + V::LANES {
                let v = V::load(src);
                let mut n = V::LANES;
                if !needs_escape::<V, F>(v).any() {
                    v.store_as::<F>(dst);
                    dst = dst.add(n);
                } else {
                    (n, dst) = V::write_escapes::<F>(src, left, dst);
                }
                src = src.add(n);
                left -= n;
            }
        }
        V::write_tail::<F>(src, left, dst)
    }
}

/// The length of the result, 0 above `isize::MAX`.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
pub unsafe fn size<V: Kernel, F: Form<V::Unit>>(src: *const V::Unit, len: usize) -> usize {
    if len < V::LANES {
        // SAFETY: the caller's promise.
        return unsafe { V::size_short::<F>(src, len) };
    }
    if len > MAX_LEN {
        return 0;
    }
    // SAFETY: the caller's promise.
    result_len(len, unsafe { extra::<V, F>(src, len) })
}

/// Writes the result and returns its length.
///
/// # Safety
/// `src` must be readable for `len` units and `dst` writable for the result.
#[inline(always)]
pub unsafe fn write<V: Kernel, F: Form<V::Unit>>(
    src: *const V::Unit,
    len: usize,
    dst: *mut F::Out,
) -> usize {
    if len < V::LANES {
        // SAFETY: the caller's promise.
        return unsafe { V::write_short::<F>(src, len, dst) };
    }
    // SAFETY: the caller's promise.
    unsafe { close(dst, write_units::<V, F>(src, len, open(dst))) }
}

/// The functions of a backend: [`size`] and [`write()`] compiled for its features by
/// `$with_features`, with all of the above inlined.
macro_rules! instantiate {
    ($with_features:ident) => {
        $with_features! {
            /// See [`kernel::size`].
            ///
            /// # Safety
            /// The CPU must have the features of `V`, and `src` be readable for `len` units.
            pub unsafe fn size<V: Kernel, F: Form<V::Unit>>(src: *const V::Unit, len: usize) -> usize {
                // SAFETY: the caller's promise.
                unsafe { kernel::size::<V, F>(src, len) }
            }

            /// See [`kernel::write()`].
            ///
            /// # Safety
            /// The CPU must have the features of `V`, `src` be readable for `len` units and `dst`
            /// writable for the result.
            pub unsafe fn write<V: Kernel, F: Form<V::Unit>>(
                src: *const V::Unit,
                len: usize,
                dst: *mut F::Out,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe { kernel::write::<V, F>(src, len, dst) }
            }
        }
    };
}
pub(super) use instantiate;
