//! The one vector kernel: clean runs are copied by whole vectors, escapes come from the tables.

use super::scalar::{self, close, open, put};
use super::unit::{Form, Unit};
use super::vector::{Hits, Vector};
use super::{MAX_LEN, total};

/// The units that are escaped.
#[inline(always)]
pub fn special<V: Vector, F: Form<V::Unit>>(v: V) -> V::Hits {
    // Flipping bit 1 brings the quote (0x22) down to 0x20, next to the controls, and keeps those
    // below it: one comparison for both.
    let hits = v.flip(2).lt(0x21).or(v.eq(b'\\'.into()));
    if F::ASCII { hits.or(v.ge(0x7f)) } else { hits }
}

/// The units that a backslash and one letter escape.
#[inline(always)]
pub fn short<V: Vector>(v: V) -> V::Hits {
    // 0x08..=0x0d but 0x0b; flipping bit 3 makes 0x00..=0x05 of them.
    let controls = v.flip(8).lt(6).but_not(v.eq(0x0b));
    controls.or(v.eq(b'"'.into())).or(v.eq(b'\\'.into()))
}

/// Whether any of a group of vectors has units that are escaped.
///
/// # Safety
/// `src` must be readable for `GROUP` × `LANES` units.
#[inline(always)]
unsafe fn any_special<V: Vector, F: Form<V::Unit>>(src: *const V::Unit) -> bool {
    // SAFETY: as the caller promises.
    unsafe {
        let mut any = special::<V, F>(V::load(src));
        for i in 1..V::GROUP {
            any = any.or(special::<V, F>(V::load(src.add(i * V::LANES))));
        }
        any.any()
    }
}

/// Whether none of `LANES` to 2 × `LANES` units is escaped, by two vectors that meet or overlap.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
pub unsafe fn ends_clean<V: Vector, F: Form<V::Unit>>(src: *const V::Unit, len: usize) -> bool {
    // SAFETY: as the caller promises.
    unsafe {
        let (front, back) = (V::load(src), V::load(src.add(len - V::LANES)));
        !special::<V, F>(front).or(special::<V, F>(back)).any()
    }
}

/// Writes such units if none of them is escaped, and says whether it did.
///
/// # Safety
/// `src` must be readable and `dst` writable for `len` units.
#[inline(always)]
pub unsafe fn write_ends_clean<V: Vector, F: Form<V::Unit>>(
    src: *const V::Unit,
    len: usize,
    dst: *mut F::Out,
) -> bool {
    // SAFETY: as the caller promises.
    unsafe {
        let clean = ends_clean::<V, F>(src, len);
        if clean {
            let last = len - V::LANES;
            let (front, back) = (V::load(src), V::load(src.add(last)));
            F::store(front, dst);
            F::store(back, dst.add(last));
        }
        clean
    }
}

/// What the units of `v`, `special` of which are escaped, add to their number.
#[inline(always)]
pub fn extra_of<V: Vector, F: Form<V::Unit>>(v: V, special: V::Hits) -> u64 {
    let mut extra = if F::ASCII && !v.lt(0x80).any() {
        5 * V::LANES as u64
    } else {
        special.count() + 4 * special.but_not(short(v)).count()
    };
    if F::ASCII && V::Unit::BYTES == 4 {
        let pairs = v.ge(0x10000).but_not(v.ge(0x110000)).count();
        extra += 6 * pairs;
    }
    extra
}

/// [`Vector::extra_rest`] by the last vector of all, if none of it is escaped.
///
/// # Safety
/// As there.
#[inline(always)]
pub unsafe fn extra_rest<V: Vector, F: Form<V::Unit>>(src: *const V::Unit, left: usize) -> u64 {
    // SAFETY: as the caller promises.
    unsafe {
        let v = V::load(src.sub(V::LANES - left));
        if special::<V, F>(v).any() { scalar::extra::<_, F>(src, left) } else { 0 }
    }
}

/// What the `len` units at `src`, at least `LANES`, add to their number when they are escaped.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
unsafe fn extra<V: Vector, F: Form<V::Unit>>(mut src: *const V::Unit, len: usize) -> u64 {
    let mut left = len;
    let mut extra = 0;
    // SAFETY: each load is of units that are left.
    unsafe {
        while left >= V::LANES {
            let mut stop = left - V::LANES;
            if V::GROUP > 1 && left >= V::GROUP * V::LANES {
                stop = left - V::GROUP * V::LANES;
                if !any_special::<V, F>(src) {
                    src = src.add(left - stop);
                    left = stop;
                    continue;
                }
            }
            while left >= stop + V::LANES {
                let v = V::load(src);
                let mut n = V::LANES;
                let special = special::<V, F>(v);
                if special.any() {
                    // Few lanes are no faster than a table where most are escaped.
                    if size_of::<V>() <= 16 && special.bits().count_ones() as usize > n / 2 {
                        n = left.min(256);
                        extra += scalar::extra::<_, F>(src, n);
                    } else {
                        extra += extra_of::<V, F>(v, special);
                    }
                }
                src = src.add(n);
                left -= n;
            }
        }
        if left > 0 {
            extra += V::extra_rest::<F>(src, left);
        }
    }
    extra
}

/// [`Vector::write_special`] by going from escape to escape, or by table where that is faster.
///
/// # Safety
/// As there.
#[inline(always)]
pub unsafe fn write_special<V: Vector, F: Form<V::Unit>>(
    src: *const V::Unit,
    left: usize,
    mut dst: *mut F::Out,
) -> (usize, *mut F::Out) {
    // SAFETY: the slack makes at least as many units; so from every unit of the vector on a vector
    // can be read and stored, and there are ROOM_UNITS.
    unsafe {
        let v = V::load(src);
        if F::ASCII
            && !v.lt(0x80).any()
            && let Some(end) = v.write_long(dst.cast())
        {
            return (V::LANES, end.cast());
        }
        let mut bits = special::<V, F>(v).bits();
        let dense = bits.count_ones() as usize * 8 > V::LANES;
        if dense || V::LANES < 16 {
            // Where escapes are dense, more of them will follow.
            let n = if dense { (left - V::SLACK).min(256) } else { V::LANES };
            return (n, scalar::write_units::<_, F>(src, n, V::SLACK, dst));
        }
        F::store(v, dst);
        let mut done = 0;
        while bits != 0 {
            let i = bits.trailing_zeros() as usize / V::Hits::STRIDE;
            dst = put::<_, F, true>(src.add(i).read_unaligned(), dst.add(i - done));
            done = i + 1;
            F::store(V::load(src.add(done)), dst);
            bits &= bits - 1;
        }
        (V::LANES, dst.add(V::LANES - done))
    }
}

/// [`Vector::write_rest`] by whole vectors as long as nothing is escaped.
///
/// # Safety
/// As there.
#[inline(always)]
pub unsafe fn write_rest<V: Vector, F: Form<V::Unit>>(
    mut src: *const V::Unit,
    mut left: usize,
    mut dst: *mut F::Out,
) -> *mut F::Out {
    // SAFETY: as the caller promises.
    unsafe {
        while left >= V::LANES {
            let v = V::load(src);
            if special::<V, F>(v).any() {
                return scalar::write_units::<_, F>(src, left, 0, dst);
            }
            F::store(v, dst);
            src = src.add(V::LANES);
            dst = dst.add(V::LANES);
            left -= V::LANES;
        }
        // The last vector of all once more, if none of it is escaped: then what precedes the rest
        // is the same in the destination.
        let back = V::LANES - left;
        let v = V::load(src.sub(back));
        if special::<V, F>(v).any() {
            return scalar::write_units::<_, F>(src, left, 0, dst);
        }
        F::store(v, dst.sub(back));
        dst.add(left)
    }
}

/// Writes what the `len` units at `src`, at least `LANES`, become, and returns the end of it.
///
/// # Safety
/// `src` must be readable for `len` units and `dst` writable for what they become and one more.
#[inline(always)]
unsafe fn write_units<V: Vector, F: Form<V::Unit>>(
    mut src: *const V::Unit,
    len: usize,
    mut dst: *mut F::Out,
) -> *mut F::Out {
    let mut left = len;
    // SAFETY: each load is of units that are left, each store is of at most as many units as those
    // that are left make; `stop` is at least SLACK, so that many units follow every vector.
    unsafe {
        while left >= V::LANES + V::SLACK {
            let mut stop = left - V::LANES;
            if V::GROUP > 1 && left >= V::GROUP * V::LANES + V::SLACK {
                stop = left - V::GROUP * V::LANES;
                if !any_special::<V, F>(src) {
                    for i in 0..V::GROUP {
                        F::store(V::load(src.add(i * V::LANES)), dst.add(i * V::LANES));
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
                if !special::<V, F>(v).any() {
                    F::store(v, dst);
                    dst = dst.add(n);
                } else {
                    (n, dst) = V::write_special::<F>(src, left, dst);
                }
                src = src.add(n);
                left -= n;
            }
        }
        V::write_rest::<F>(src, left, dst)
    }
}

/// The size of the escaped string, see [`Escape::size`](super::Escape::size).
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
pub unsafe fn size<V: Vector, F: Form<V::Unit>>(src: *const V::Unit, len: usize) -> usize {
    if len < V::LANES {
        // SAFETY: as the caller promises.
        return unsafe { V::size_short::<F>(src, len) };
    }
    if len > MAX_LEN {
        return 0;
    }
    // SAFETY: as the caller promises.
    total(len, unsafe { extra::<V, F>(src, len) })
}

/// Writes the escaped string, see [`Escape::write`](super::Escape::write).
///
/// # Safety
/// `src` must be readable for `len` units and `dst` writable for the escaped string.
#[inline(always)]
pub unsafe fn write<V: Vector, F: Form<V::Unit>>(
    src: *const V::Unit,
    len: usize,
    dst: *mut F::Out,
) -> usize {
    if len < V::LANES {
        // SAFETY: as the caller promises.
        return unsafe { V::write_short::<F>(src, len, dst) };
    }
    // SAFETY: as the caller promises.
    unsafe { close(dst, write_units::<V, F>(src, len, open(dst))) }
}

/// The table of a backend's kernels for one vector, compiled for its features by `$with_features`:
/// the thin wrappers into which everything above is inlined.
macro_rules! instantiate {
    ($with_features:ident) => {
        $with_features! {
            pub unsafe fn size<V: Vector, F: Form<V::Unit>>(src: *const V::Unit, len: usize) -> usize {
                // SAFETY: as the caller promises.
                unsafe { kernel::size::<V, F>(src, len) }
            }

            pub unsafe fn write<V: Vector, F: Form<V::Unit>>(
                src: *const V::Unit,
                len: usize,
                dst: *mut F::Out,
            ) -> usize {
                // SAFETY: as the caller promises.
                unsafe { kernel::write::<V, F>(src, len, dst) }
            }
        }

        const fn escape<V: Vector>() -> Escape<V::Unit> {
            Escape {
                size: size::<V, Unicode>,
                write: write::<V, Unicode>,
                ascii_size: size::<V, Ascii>,
                ascii_write: write::<V, Ascii>,
            }
        }
    };
}
pub(super) use instantiate;
