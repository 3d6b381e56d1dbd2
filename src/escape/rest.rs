//! The rest of a string from its first vector on that needs an escape.
//!
//! [`write_from`] takes one vector after the other, and [`Rest::write_vector`] chooses by its escapes:
//!
//! - none: the vector is stored, and the next ones four at a time, as long as they are clean;
//! - one, or few in a long string: the vector is stored, each text is written over its unit, and the
//!   units after it are stored again from there;
//! - more, each by a backslash and a letter: [`EscapeVector::expand`], at a speed that does not depend on
//!   their number;
//! - `\uxxxx` for all units, or a mixture: [`EscapeVector::write_hex_escapes`], [`EscapeVector::write_mixed`];
//! - else the table, for up to 128 units where escapes are dense, as they come in runs.
//!
//! Where the room does not suffice for a store that is wider than its text, the texts go by way of
//! the stack. Where it does not suffice for the texts, the rest is only measured.

use core::mem::MaybeUninit;

use super::classify::{is_beyond_ascii, needs_escape};
use super::kernel::{EscapeVector, copy_four};
use super::scalar::{self, close, longest_text, result_len, units_between};
use super::unit::{Form, Unit};
use crate::vector::Mask;

/// The lanes of the longest result of [`EscapeVector::expand`]: two for each of 64, and the slop.
const EXPANDED: usize = 2 * 64 + 32;

/// The bytes of the longest result of [`EscapeVector::write_mixed`]: twelve for each of 64, and the slop.
const MIXED: usize = 12 * 64 + 64;

/// The longest text but the unit itself: by how much it may lengthen the result.
const TEXT_SLACK: usize = 11;

/// The units that [`scalar::put`] stores at most: 8 for a text, 14 for a surrogate pair. A plain writer is certain to
/// have room for them only where as many units follow.
const PUT_SLOP: usize = 14;

/// What is left of a string, and where its texts go.
///
/// All safety rests on this: `src` to `end` are readable; the texts of the units before `src` end at `dst`; and
/// `dst` is writable up to `stop`, where the closing quote stands at the latest, and for that quote. Each unit that
/// is left becomes at least one, so where there is [`Rest::slack`], `left` + slack units may be stored at `dst`. All
/// sizes are those of the vector or the unit that is stored, so this holds while another thread changes the source.
///
/// A plain writer has room for the result only: after the text of a unit it may store as many units as are left after
/// that unit, and `spare` is 0.
#[derive(Clone, Copy)]
struct Rest<U, O> {
    src: *const U,
    end: *const U,
    start: *mut O,
    dst: *mut O,
    /// An address: the highest for a plain writer, whose room is not known.
    stop: usize,
    bounded: bool,
}

impl<U: Unit, O: Unit> Rest<U, O> {
    /// The units that are left.
    #[inline(always)]
    fn left(&self) -> usize {
        units_between(self.src, self.end)
    }

    /// The units up to `stop`.
    #[inline(always)]
    fn room(&self) -> usize {
        self.stop.wrapping_sub(self.dst.addr()) / O::BYTES
    }

    /// By how many units the texts of all that is left may be longer than it; None if even the unescaped units do not fit.
    #[inline(always)]
    fn slack(&self) -> Option<usize> {
        self.room().checked_sub(self.left())
    }

    /// How many of `slack` units may be overwritten: a plain writer knows of none.
    #[inline(always)]
    fn spare(&self, slack: usize) -> usize {
        if self.bounded { slack } else { 0 }
    }

    /// Goes on after `units`, whose texts end at `dst`.
    #[inline(always)]
    fn advance(&mut self, units: usize, dst: *mut O) {
        self.src = self.src.wrapping_add(units);
        self.dst = dst;
    }

    /// Ends the string at `end`.
    #[inline(always)]
    unsafe fn close(&self, end: *mut O) -> usize {
        // SAFETY: `end` is at most `stop`.
        unsafe { close(self.start, end) }
    }

    /// The length of the whole result if `size` units follow those at `dst`, which do not fit.
    #[inline(always)]
    fn too_long(&self, size: usize) -> usize {
        result_len(units_between(self.start, self.dst) + size - 1, 0)
    }

    /// The length of a result that does not fit: what is left is only measured. Another thread may have changed
    /// it since, so the length is raised above the room.
    #[cold]
    unsafe fn unfinished<V: EscapeVector<Lane = O>, F: Form<U, Out = O>>(self) -> usize {
        let fitting = self.stop.wrapping_sub(self.start.addr()) / O::BYTES;
        // SAFETY: the units that are left are readable.
        match unsafe { V::outlined_size::<U, F>(self.src, self.left()) } {
            0 => 0,
            size => {
                let total = units_between(self.start, self.dst) + size - 3;
                result_len(total.max(fitting), 0)
            }
        }
    }

    /// After a clean vector, which is stored: goes on as long as four more are clean.
    #[inline(always)]
    unsafe fn copy_clean<V: EscapeVector<Lane = O>, F: Form<U, Out = O>>(&mut self) {
        // SAFETY: there is room for each unit that is left.
        unsafe {
            self.advance(V::LANES, self.dst.add(V::LANES));
            while self.left() > 4 * V::LANES && copy_four::<V, U, F>(self.src, self.dst) {
                self.advance(4 * V::LANES, self.dst.add(4 * V::LANES));
            }
        }
    }

    /// Writes the texts of the vector `v`, which is stored already, or of more units; `bits` are the lanes that need
    /// an escape. Returns false if they do not fit.
    #[inline(always)]
    unsafe fn write_vector<V: EscapeVector<Lane = O>, F: Form<U, Out = O>>(
        &mut self,
        v: V,
        bits: u64,
        slack: usize,
    ) -> bool {
        let (left, count) = (self.left(), bits.count_ones() as usize);
        // Patching reads two vectors and stores one after the text.
        let slop = if self.bounded { 0 } else { PUT_SLOP };
        let patches = left >= 2 * V::LANES + slop;
        // SAFETY: each way is taken only where the room suffices for it.
        unsafe {
            if bits & (bits - 1) == 0 && patches && slack >= TEXT_SLACK {
                // One escape, by far the most frequent case.
                let dst = patch_one::<V, U, F>(self.src, bits, self.dst);
                self.advance(V::LANES, dst);
                return true;
            }
            let letters = v.letters();
            if V::EXPANDS && !needs_hex::<V, U, F>(letters).any() {
                return self.expand(letters, bits, slack);
            }
            // The room after the longest texts, if they fit.
            let longest = V::LANES * (longest_text::<U, F>() - 1);
            let after = slack.checked_sub(longest).map(|slack| left - V::LANES + self.spare(slack));
            if F::ASCII
                && count == V::LANES
                && after >= Some(V::HEX_SLOP)
                && let Some(dst) = V::write_hex_escapes::<U>(self.src, self.dst.cast())
            {
                self.advance(V::LANES, dst.cast());
                return true;
            }
            if V::MIXES && V::Lane::BYTES == 1 && count * 8 > V::LANES {
                let fits = after >= Some(V::MIX_SLOP);
                let room = V::LANES + slack;
                let texts = mix_within::<V, U, F>(self.src, V::LANES, self.dst, room, fits);
                let Ok(dst) = texts else { return false };
                self.advance(V::LANES, dst);
                return true;
            }
            if count * 8 <= V::LANES && patches && slack >= TEXT_SLACK * count {
                self.advance(V::LANES, patch::<V, U, F>(self.src, bits, self.dst));
                return true;
            }
            self.write_by_table::<F>(run::<V>(left))
        }
    }

    /// Writes a vector whose escapes are all a backslash and a letter; returns false if they do not fit.
    #[inline(always)]
    unsafe fn expand<V: EscapeVector<Lane = O>>(
        &mut self,
        letters: V,
        bits: u64,
        slack: usize,
    ) -> bool {
        let count = bits.count_ones() as usize;
        if slack < count {
            return false;
        }
        let size = V::LANES + count;
        // SAFETY: `size` units fit, and so does the slop where it is stored.
        unsafe {
            if self.left() - V::LANES + self.spare(slack - count) >= V::EXPAND_SLOP {
                letters.expand(bits, self.dst);
            } else {
                expand_exactly(letters, bits, size, self.dst);
            }
            self.advance(V::LANES, self.dst.add(size));
        }
        true
    }

    /// Writes the texts of `n` units one by one; returns false, after those that fit, if not all do.
    #[inline(always)]
    unsafe fn write_by_table<F: Form<U, Out = O>>(&mut self, n: usize) -> bool {
        // SAFETY: `n` is at most what is left.
        unsafe {
            let until = self.src.add(n);
            if !self.bounded {
                self.dst = scalar::write_units::<U, F>(self.src, n, self.left() - n, self.dst);
                self.src = until;
                return true;
            }
            let stop = self.start.with_addr(self.stop);
            (self.src, self.dst) = scalar::write_within::<U, F>(self.src, until, self.dst, stop);
            self.src == until
        }
    }

    /// Writes the last vector or less of the `len` units of the string, and the closing quote; returns the length of
    /// the result.
    #[inline(always)]
    unsafe fn finish<V: EscapeVector<Lane = O>, F: Form<U, Out = O>>(
        mut self,
        len: usize,
    ) -> usize {
        let left = self.left();
        // SAFETY: there is room for the units that are left.
        unsafe {
            if self.slack().is_none() {
                return self.unfinished::<V, F>();
            }
            if let Some(v) = V::load_last::<U>(self.end, left) {
                let bits = needs_escape::<V, U, F>(v).bits() & V::Mask::first(left);
                let letters = v.letters();
                if needs_hex::<V, U, F>(letters).bits() & V::Mask::first(left) == 0 {
                    return self.finish_expanded(v, letters, bits, left);
                }
                if V::MIXES && V::Lane::BYTES == 1 {
                    let texts = mix_within::<V, U, F>(self.src, left, self.dst, self.room(), false);
                    return match texts {
                        Ok(end) => self.close(end),
                        Err(size) => self.too_long(size),
                    };
                }
            } else if let Some(v) = clean_end::<V, U, F>(self.end, len) {
                // The text of a clean unit is itself: nothing changes before `dst`.
                v.store(self.dst.sub(V::LANES - left));
                return self.close(self.dst.add(left));
            }
            match self.write_by_table::<F>(left) {
                true => self.close(self.dst),
                false => self.unfinished::<V, F>(),
            }
        }
    }

    /// [`Rest::finish`] where each escape is a backslash and a letter.
    #[inline(always)]
    unsafe fn finish_expanded<V: EscapeVector<Lane = O>>(
        &self,
        v: V,
        letters: V,
        bits: u64,
        left: usize,
    ) -> usize {
        let size = left + bits.count_ones() as usize;
        let room = self.room();
        if room < size {
            return self.too_long(size);
        }
        // Both stores write a whole vector, which may be more than the lanes that are left.
        let spare = self.spare(room - size);
        // SAFETY: `size` units fit, and so does what is stored after them.
        unsafe {
            if bits == 0 && left + spare >= V::LANES {
                v.store(self.dst);
            } else if left + spare >= V::LANES + V::EXPAND_SLOP {
                letters.expand(bits, self.dst);
            } else {
                expand_exactly(letters, bits, size, self.dst);
            }
            self.close(self.dst.add(size))
        }
    }
}

/// Continues [`into`](super::kernel::into) after the opening quote and `at` units, which need no escape; both are
/// written.
///
/// # Safety
/// `src` must be readable for `len` units. If `bounded`, `dst` must be writable for `cap` units, at
/// least `len` + 2; else for the result.
#[inline(always)]
pub unsafe fn write_from<V: EscapeVector, U: Unit, F: Form<U, Out = V::Lane>>(
    src: *const U,
    len: usize,
    at: usize,
    dst: *mut V::Lane,
    cap: usize,
    bounded: bool,
) -> usize {
    let cap = cap.min(isize::MAX as usize / V::Lane::BYTES);
    // SAFETY: the caller's promise is the one of `Rest`. Where it has slack, a whole vector of what is left may be
    // stored.
    unsafe {
        let mut rest = Rest {
            src: src.add(at),
            end: src.add(len),
            start: dst,
            dst: dst.add(1 + at),
            stop: if bounded { dst.wrapping_add(cap - 1).addr() } else { usize::MAX },
            bounded,
        };
        while rest.left() > V::LANES {
            let Some(slack) = rest.slack() else {
                return rest.unfinished::<V, F>();
            };
            let v = V::load(rest.src);
            let escaped = needs_escape::<V, U, F>(v);
            v.store(rest.dst);
            if !escaped.any() {
                rest.copy_clean::<V, F>();
            } else if !rest.write_vector::<V, F>(v, escaped.bits(), slack) {
                return rest.unfinished::<V, F>();
            }
        }
        rest.finish::<V, F>(len)
    }
}

/// The last vector of the `len` units before `end`, if no lane of it needs an escape.
///
/// # Safety
/// The units must be readable.
#[inline(always)]
unsafe fn clean_end<V: EscapeVector, U: Unit, F: Form<U>>(end: *const U, len: usize) -> Option<V> {
    if len < V::LANES {
        return None;
    }
    // SAFETY: there are as many units before the end.
    let v = unsafe { V::load(end.sub(V::LANES)) };
    (!needs_escape::<V, U, F>(v).any()).then_some(v)
}

/// [`into`](super::kernel::into) after the opening quote, for a string of at most a vector: by one
/// vector, if a backslash and a letter do for all escapes and there is room for whole vectors; else by
/// table or, with [`EscapeVector::MIXES`], by [`write_from`].
///
/// # Safety
/// `src` must be readable for `len` units, at least a quarter of a short vector, and `dst` writable for
/// `cap` units, at least `len` + 2.
#[inline(always)]
pub unsafe fn write_short<V: EscapeVector, U: Unit, F: Form<U, Out = V::Lane>>(
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
fn run<V: EscapeVector>(left: usize) -> usize {
    match left {
        _ if !V::EXPANDS && left < 2 * V::LANES + PUT_SLOP => left,
        _ => (left - V::LANES).min(128),
    }
}

/// The lanes of [`EscapeVector::letters`] whose escape is `\uxxxx`: other controls are 0 there.
#[inline(always)]
fn needs_hex<V: EscapeVector, U: Unit, F: Form<U>>(letters: V) -> V::Mask {
    let control = letters.eq(0);
    if F::ASCII { control.or(is_beyond_ascii(letters)) } else { control }
}

/// Writes the text of the one lane of `bits` over the copy of a vector at `d`, and the units after it once more
/// after its text; returns the end.
///
/// # Safety
/// `p` must be readable for two vectors, and `d` writable for the text, a vector and [`PUT_SLOP`] units.
#[inline(always)]
unsafe fn patch_one<V: EscapeVector, U: Unit, F: Form<U, Out = V::Lane>>(
    p: *const U,
    bits: u64,
    d: *mut V::Lane,
) -> *mut V::Lane {
    let i = bits.trailing_zeros() as usize / V::Mask::STRIDE;
    // SAFETY: `i` is below the number of lanes.
    unsafe {
        let text_end = scalar::put::<U, F, true>(p.add(i).read_unaligned(), d.add(i));
        V::load(p.add(i + 1)).store(text_end);
        text_end.add(V::LANES - 1 - i)
    }
}

/// Writes the texts of the lanes of `bits` over the copy of a vector at `d`, and the units after each
/// once more after its text; returns the end.
///
/// # Safety
/// `p` must be readable for two vectors, and `d` writable for the texts, a vector and [`PUT_SLOP`] units.
#[inline(always)]
unsafe fn patch<V: EscapeVector, U: Unit, F: Form<U, Out = V::Lane>>(
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

/// [`EscapeVector::expand`] by way of the stack: writes the `size` first lanes of the result.
///
/// # Safety
/// `d` must be writable for `size` lanes, at most two for each lane of the vector.
#[inline(always)]
unsafe fn expand_exactly<V: EscapeVector>(letters: V, bits: u64, size: usize, d: *mut V::Lane) {
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

/// [`EscapeVector::write_mixed`] in the form `F`: the end of the texts, or their size if it is above `room`.
/// Unless the longest texts and the slop fit, they go by way of the stack.
///
/// # Safety
/// `p` must be readable for `n` units, and `d` writable for `room` bytes or the texts.
#[inline(always)]
unsafe fn mix_within<V: EscapeVector, U: Unit, F: Form<U>>(
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
