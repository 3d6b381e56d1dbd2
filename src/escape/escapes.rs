//! The rest of a string from its first vector on that needs an escape.
//!
//! [`write_from`] takes one vector after the other and chooses by its escapes:
//!
//! - none: the vector is stored, and the next ones four at a time, as long as they are clean;
//! - one, or few in a long string: the vector is stored, each text is written over its unit, and the
//!   units behind it are stored again from there;
//! - more, each by a backslash and a letter: [`Kernel::expand`], at a speed that does not depend on
//!   their number;
//! - `\uxxxx` for all units, or a mixture: [`Kernel::write_hex_escapes`], [`Kernel::write_mixed`];
//! - else the table, for up to 128 units where escapes are dense, as they come in runs.
//!
//! Where the room does not suffice for a store that is wider than its text, the texts go by way of
//! the stack. Where it does not suffice for the texts, the rest is only measured.

use core::mem::MaybeUninit;

use super::classify::{is_beyond_ascii, needs_escape};
use super::kernel::{Kernel, copy_four};
use super::scalar::{self, close, longest_text, result_len, units_between};
use super::unit::{Form, Unit};
use super::vector::Mask;

/// The lanes of the longest result of [`Kernel::expand`]: two for each of 64, and the slop.
const EXPANDED: usize = 2 * 64 + 32;

/// The bytes of the longest result of [`Kernel::write_mixed`]: twelve for each of 64, and the slop.
const MIXED: usize = 12 * 64 + 64;

/// Continues [`into`](super::kernel::into) after `at` units, which need no escape and are copied.
///
/// # Safety
/// `src` must be readable for `len` units. If `bounded`, `dst` must be writable for `cap` units, at
/// least `len` + 2; else for the result.
#[inline(always)]
pub unsafe fn write_from<V: Kernel, U: Unit, F: Form<U, Out = V::Lane>>(
    src: *const U,
    len: usize,
    at: usize,
    dst: *mut V::Lane,
    cap: usize,
    bounded: bool,
) -> usize {
    let lanes = V::LANES;
    let cap = cap.min(isize::MAX as usize / V::Lane::BYTES);
    // Behind a text and the units that follow it, a plain writer has no room that it knows of.
    let spare_mask = if bounded { usize::MAX } else { 0 };
    // SAFETY: of the `left` units of the source each becomes at least one, and all of them may
    // become `slack` more: so `left` + `slack` units and the closing quote may be stored at `d`.
    // Where these numbers stand behind a vector, `left - lanes + spare` units may be. All sizes are
    // those of the vector or the unit that is stored, so that this holds while another thread
    // changes the source.
    unsafe {
        let end = src.add(len);
        let mut p = src.add(at);
        let mut d = dst.add(1 + at);
        // Where the closing quote must stand at the latest.
        let stop = if bounded { dst.wrapping_add(cap - 1).addr() } else { usize::MAX };
        while units_between(p, end) > lanes {
            let left = units_between(p, end);
            let room = stop.wrapping_sub(d.addr()) / V::Lane::BYTES;
            if room < left {
                return unfinished::<V, U, F>(p, left, dst, d, stop);
            }
            let slack = room - left;
            let v = V::load(p);
            let escaped = needs_escape::<V, U, F>(v);
            v.store(d);
            if !escaped.any() {
                p = p.add(lanes);
                d = d.add(lanes);
                while units_between(p, end) > 4 * lanes && copy_four::<V, U, F>(p, d) {
                    p = p.add(4 * lanes);
                    d = d.add(4 * lanes);
                }
                continue;
            }
            let bits = escaped.bits();
            // A text adds 11 units at most. Behind it a vector is stored, of two that are read. At a
            // text 8 units, or a pair's 14, are stored: a plain writer has room for them for sure
            // only where 14 units follow.
            let patches = left >= 2 * lanes + (14 & !spare_mask);
            if bits & (bits - 1) == 0 && patches && slack >= 11 {
                // One escape, by far the most frequent case.
                let i = bits.trailing_zeros() as usize / V::Mask::STRIDE;
                let text_end = scalar::put::<U, F, true>(p.add(i).read_unaligned(), d.add(i));
                V::load(p.add(i + 1)).store(text_end);
                d = text_end.add(lanes - 1 - i);
                p = p.add(lanes);
                continue;
            }
            let count = bits.count_ones() as usize;
            let letters = v.letters();
            if V::EXPANDS && !needs_hex::<V, U, F>(letters).any() {
                if slack < count {
                    return unfinished::<V, U, F>(p, left, dst, d, stop);
                }
                let size = lanes + count;
                let spare = (slack - count) & spare_mask;
                if left - lanes + spare >= V::EXPAND_SLOP {
                    letters.expand(bits, d);
                } else {
                    expand_exactly(letters, bits, size, d);
                }
                (p, d) = (p.add(lanes), d.add(size));
                continue;
            }
            // The room behind the longest texts, if they fit.
            let longest = lanes * (longest_text::<U, F>() - 1);
            let behind =
                slack.checked_sub(longest).map(|slack| left - lanes + (slack & spare_mask));
            if F::ASCII
                && count == lanes
                && behind >= Some(V::HEX_SLOP)
                && let Some(texts_end) = V::write_hex_escapes::<U>(p, d.cast())
            {
                (p, d) = (p.add(lanes), texts_end.cast());
                continue;
            }
            if V::MIXES && V::Lane::BYTES == 1 && count * 8 > lanes {
                let fits = behind >= Some(V::MIX_SLOP);
                match mix_within::<V, U, F>(p, lanes, d, lanes + slack, fits) {
                    Ok(texts_end) => (p, d) = (p.add(lanes), texts_end),
                    Err(_) => return unfinished::<V, U, F>(p, left, dst, d, stop),
                }
                continue;
            }
            if count * 8 <= lanes && patches && slack >= 11 * count {
                (p, d) = (p.add(lanes), patch::<V, U, F>(p, bits, d));
                continue;
            }
            let n = run::<V>(left);
            if bounded {
                let until = p.add(n);
                (p, d) = scalar::write_within::<U, F>(p, until, d, dst.wrapping_add(cap - 1));
                if p != until {
                    return unfinished::<V, U, F>(p, units_between(p, end), dst, d, stop);
                }
            } else {
                d = scalar::write_units::<U, F>(p, n, left - n, d);
                p = p.add(n);
            }
        }

        // The last vector or less.
        let left = units_between(p, end);
        let room = stop.wrapping_sub(d.addr()) / V::Lane::BYTES;
        if room < left {
            return unfinished::<V, U, F>(p, left, dst, d, stop);
        }
        if let Some(v) = V::load_last::<U>(end, left) {
            let first = V::Mask::first(left);
            let bits = needs_escape::<V, U, F>(v).bits() & first;
            let letters = v.letters();
            if needs_hex::<V, U, F>(letters).bits() & first == 0 {
                let size = left + bits.count_ones() as usize;
                if room < size {
                    return result_len(units_between(dst, d) + size - 1, 0);
                }
                // Either store is of more lanes than those that are left.
                let spare = (room - size) & spare_mask;
                if bits == 0 && left + spare >= lanes {
                    v.store(d);
                } else if left + spare >= lanes + V::EXPAND_SLOP {
                    letters.expand(bits, d);
                } else {
                    expand_exactly(letters, bits, size, d);
                }
                return close(dst, d.add(size));
            }
            if V::MIXES && V::Lane::BYTES == 1 {
                return match mix_within::<V, U, F>(p, left, d, room, false) {
                    Ok(texts_end) => close(dst, texts_end),
                    Err(size) => result_len(units_between(dst, d) + size - 1, 0),
                };
            }
        } else if let Some(v) = clean_end::<V, U, F>(end, len) {
            // The text of a clean unit is itself: nothing changes before `d`.
            v.store(d.sub(lanes - left));
            return close(dst, d.add(left));
        }
        if !bounded {
            return close(dst, scalar::write_units::<U, F>(p, left, 0, d));
        }
        let (p, d) = scalar::write_within::<U, F>(p, end, d, dst.wrapping_add(cap - 1));
        if p != end {
            return unfinished::<V, U, F>(p, units_between(p, end), dst, d, stop);
        }
        close(dst, d)
    }
}

/// The last vector of the `len` units before `end`, if no lane of it needs an escape.
///
/// # Safety
/// The units must be readable.
#[inline(always)]
unsafe fn clean_end<V: Kernel, U: Unit, F: Form<U>>(end: *const U, len: usize) -> Option<V> {
    if len < V::LANES {
        return None;
    }
    // SAFETY: there are as many units before the end.
    let v = unsafe { V::load(end.sub(V::LANES)) };
    (!needs_escape::<V, U, F>(v).any()).then_some(v)
}

/// [`into`](super::kernel::into) behind the opening quote, for a string of at most a vector: by one
/// vector, if a backslash and a letter do for all escapes and there is room for whole vectors; else by
/// table or, with [`Kernel::MIXES`], by [`write_from`].
///
/// # Safety
/// `src` must be readable for `len` units, at least a quarter of a short vector, and `dst` writable for
/// `cap` units, at least `len` + 2.
#[inline(always)]
pub unsafe fn write_few<V: Kernel, U: Unit, F: Form<U, Out = V::Lane>>(
    src: *const U,
    len: usize,
    dst: *mut V::Lane,
    cap: usize,
) -> usize {
    // SAFETY: all lanes, the backslashes, the slop and the quotes fit.
    unsafe {
        if let Some(v) = V::load_last::<U>(src.add(len), len) {
            let first = V::Mask::first(len);
            let bits = needs_escape::<V, U, F>(v).bits() & first;
            let count = bits.count_ones() as usize;
            let letters = v.letters();
            if needs_hex::<V, U, F>(letters).bits() & first != 0 {
                if !V::MIXES {
                    return scalar::into::<U, F>(src, len, dst, cap);
                }
            } else if cap >= 2 + V::LANES + count + V::EXPAND_SLOP {
                letters.expand(bits, dst.add(1));
                return close(dst, dst.add(1 + len + count));
            }
        }
        V::outlined_escapes::<U, F>(src, len, 0, dst, cap, true)
    }
}

/// The units that the table takes, of `left` units: the rest of a short string; else some more than a
/// vector, as dense escapes come in runs.
#[inline(always)]
fn run<V: Kernel>(left: usize) -> usize {
    match left {
        _ if !V::EXPANDS && left < 2 * V::LANES + 14 => left,
        _ => (left - V::LANES).min(128),
    }
}

/// The lanes of [`Kernel::letters`] whose escape is `\uxxxx`: other controls are 0 there.
#[inline(always)]
fn needs_hex<V: Kernel, U: Unit, F: Form<U>>(letters: V) -> V::Mask {
    let control = letters.eq(0);
    if F::ASCII { control.or(is_beyond_ascii(letters)) } else { control }
}

/// The length of a result whose opening quote and texts up to `d` are written, and which does not
/// fit, as its closing quote would stand behind `stop`: the `left` units at `p` are only measured.
/// Another thread may have changed them since, so the length is raised above the room.
///
/// # Safety
/// `p` must be readable for `left` units.
#[inline(always)]
unsafe fn unfinished<V: Kernel, U: Unit, F: Form<U, Out = V::Lane>>(
    p: *const U,
    left: usize,
    dst: *const V::Lane,
    d: *const V::Lane,
    stop: usize,
) -> usize {
    let fitting = stop.wrapping_sub(dst.addr()) / V::Lane::BYTES;
    // SAFETY: the caller's promise.
    match unsafe { V::outlined_size::<U, F>(p, left) } {
        0 => 0,
        size => result_len((units_between(dst, d) + size - 3).max(fitting), 0),
    }
}

/// Writes the texts of the lanes of `bits` over the copy of a vector at `d`, and the units behind each
/// once more behind its text; returns the end.
///
/// # Safety
/// `p` must be readable for two vectors, and `d` writable for the texts, a vector and 14 units.
#[inline(always)]
unsafe fn patch<V: Kernel, U: Unit, F: Form<U, Out = V::Lane>>(
    p: *const U,
    mut bits: u64,
    mut d: *mut V::Lane,
) -> *mut V::Lane {
    let mut done = 0;
    // SAFETY: `done` is at most the number of lanes.
    unsafe {
        while bits != 0 {
            let i = bits.trailing_zeros() as usize / V::Mask::STRIDE;
            d = scalar::put::<U, F, true>(p.add(i).read_unaligned(), d.add(i - done));
            done = i + 1;
            V::load(p.add(done)).store(d);
            bits &= bits - 1;
        }
        d.add(V::LANES - done)
    }
}

/// [`Kernel::expand`] by way of the stack: writes the `size` first lanes of the result.
///
/// # Safety
/// `d` must be writable for `size` lanes, at most two for each lane of the vector.
#[inline(always)]
unsafe fn expand_exactly<V: Kernel>(letters: V, bits: u64, size: usize, d: *mut V::Lane) {
    const { assert!(2 * V::LANES + V::EXPAND_SLOP <= EXPANDED) };
    let mut texts = MaybeUninit::<[V::Lane; EXPANDED]>::uninit();
    let texts = texts.as_mut_ptr().cast::<V::Lane>();
    // SAFETY: the stack has room for the longest result and the slop.
    unsafe {
        letters.expand(bits, texts);
        // As bytes, as `d` need not be aligned.
        d.cast::<u8>().copy_from_nonoverlapping(texts.cast(), size * V::Lane::BYTES);
    }
}

/// [`Kernel::write_mixed`] in the form `F`: the end of the texts, or their size if it is above `room`.
/// Unless the longest texts and the slop fit, they go by way of the stack.
///
/// # Safety
/// `p` must be readable for `n` units, and `d` writable for `room` bytes or the texts.
#[inline(always)]
unsafe fn mix_within<V: Kernel, U: Unit, F: Form<U>>(
    p: *const U,
    n: usize,
    d: *mut V::Lane,
    room: usize,
    fits: bool,
) -> Result<*mut V::Lane, usize> {
    const { assert!(12 * V::LANES + V::MIX_SLOP <= MIXED) };
    let mut texts = MaybeUninit::<[u8; MIXED]>::uninit();
    let texts = texts.as_mut_ptr().cast::<u8>();
    let target = if fits { d.cast() } else { texts };
    // SAFETY: the stack has room for the longest texts.
    unsafe {
        let end = if F::ASCII {
            V::write_mixed::<U, true>(p, n, target)
        } else {
            V::write_mixed::<U, false>(p, n, target)
        };
        let size = units_between(target, end);
        if size > room {
            return Err(size);
        }
        if !fits {
            d.cast::<u8>().copy_from_nonoverlapping(texts, size);
        }
        Ok(d.add(size))
    }
}

/// The functions of a backend, compiled for its features by `$with_features` with all of the above
/// inlined. `$vector` is its vector.
///
/// `outlined!` fills in the hooks of [`Kernel`] that call them.
macro_rules! instantiate {
    ($with_features:ident, $vector:ident) => {
        $with_features! {
            /// See [`kernel::size`].
            ///
            /// # Safety
            /// The CPU must have the backend's features, and `src` be readable for `len` units.
            pub unsafe fn size<U: Unit, F: Form<U>>(src: *const U, len: usize) -> usize {
                // SAFETY: the caller's promise.
                unsafe { kernel::size::<$vector<F::Out>, U, F>(src, len) }
            }

            /// See [`kernel::into`].
            ///
            /// # Safety
            /// The CPU must have the backend's features, `src` be readable for `len` units and `dst`
            /// writable for `cap` units.
            pub unsafe fn into<U: Unit, F: Form<U>>(
                src: *const U,
                len: usize,
                dst: *mut F::Out,
                cap: usize,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe { kernel::into::<$vector<F::Out>, U, F, true>(src, len, dst, cap) }
            }

            /// See [`kernel::into`], without a capacity.
            ///
            /// # Safety
            /// The CPU must have the backend's features, `src` be readable for `len` units and `dst`
            /// writable for the result.
            pub unsafe fn write<U: Unit, F: Form<U>>(
                src: *const U,
                len: usize,
                dst: *mut F::Out,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe { kernel::into::<$vector<F::Out>, U, F, false>(src, len, dst, 0) }
            }

            #[cold] // and so not inlined, and away from the short strings' code
            unsafe fn long_size<V: Kernel, U: Unit, F: Form<U>>(src: *const U, len: usize) -> usize {
                // SAFETY: the caller's promise.
                unsafe { kernel::long_size::<V, U, F>(src, len) }
            }

            #[cold]
            unsafe fn long<V: Kernel, U: Unit, F: Form<U, Out = V::Lane>>(
                src: *const U,
                len: usize,
                dst: *mut V::Lane,
                cap: usize,
                bounded: bool,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe { kernel::long::<V, U, F>(src, len, dst, cap, bounded) }
            }

            #[cold]
            unsafe fn write_few<V: Kernel, U: Unit, F: Form<U, Out = V::Lane>>(
                src: *const U,
                len: usize,
                dst: *mut V::Lane,
                cap: usize,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe { escapes::write_few::<V, U, F>(src, len, dst, cap) }
            }

            #[cold]
            unsafe fn write_from<V: Kernel, U: Unit, F: Form<U, Out = V::Lane>>(
                src: *const U,
                len: usize,
                at: usize,
                dst: *mut V::Lane,
                cap: usize,
                bounded: bool,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe { escapes::write_from::<V, U, F>(src, len, at, dst, cap, bounded) }
            }
        }
    };
}
pub(super) use instantiate;

macro_rules! outlined {
    () => {
        #[inline(always)]
        unsafe fn outlined_size<S: Unit, F: Form<S, Out = U>>(src: *const S, len: usize) -> usize {
            // SAFETY: the caller's promise.
            unsafe { long_size::<Self, S, F>(src, len) }
        }

        #[inline(always)]
        unsafe fn outlined_long<S: Unit, F: Form<S, Out = U>>(
            src: *const S,
            len: usize,
            dst: *mut U,
            cap: usize,
            bounded: bool,
        ) -> usize {
            // SAFETY: the caller's promise.
            unsafe { long::<Self, S, F>(src, len, dst, cap, bounded) }
        }

        #[inline(always)]
        unsafe fn outlined_few<S: Unit, F: Form<S, Out = U>>(
            src: *const S,
            len: usize,
            dst: *mut U,
            cap: usize,
        ) -> usize {
            // SAFETY: the caller's promise.
            unsafe { write_few::<Self, S, F>(src, len, dst, cap) }
        }

        #[inline(always)]
        unsafe fn outlined_escapes<S: Unit, F: Form<S, Out = U>>(
            src: *const S,
            len: usize,
            at: usize,
            dst: *mut U,
            cap: usize,
            bounded: bool,
        ) -> usize {
            // SAFETY: the caller's promise.
            unsafe { write_from::<Self, S, F>(src, len, at, dst, cap, bounded) }
        }
    };
}
pub(super) use outlined;
