//! The vector kernel: one algorithm for every vector, unit and form.
//!
//! **A call.** Most strings need no escape, so [`into`] bets on that: it loads the string
//! in a few vectors, tests them together ([`needs_escape`]), and stores them between the quotes. The
//! length chooses the vectors: up to three units one by one, up to 16 bytes four quarters of a
//! vector, up to 32 bytes two vectors of 16 bytes, up to four larger ones, and beyond that four at a
//! time ([`long`]). Where a vector needs an escape, [`rest`](super::rest) takes over. [`size`]
//! takes the same ways without the stores.
//!
//! **Why nothing outside the buffers is touched.** The vectors that end a string are loaded from its
//! last units and overlap the ones before. A clean string becomes `len` + 2 units, so where `cap`
//! has that much, every store at the place of a loaded vector fits, whatever the units are. With
//! less room `into` only measures. Beyond `long`, all sizes are taken from the vector that is
//! stored: so another thread that changes the source makes the result worthless, and nothing worse.
//!
//! **Without a capacity.** With `BOUNDED` false, `into` is the plain writer: `dst` has room for the
//! result and nothing else. It may store as much beyond a text as the units that follow need at
//! least.
//!
//! **Where the time goes.** Most strings are short and clean: their time is the call, the branches
//! on the length and one classification. Long clean strings take the time of their loads, of four
//! operations per vector and of their stores. From one escape in 32 units on the texts dominate.
//!
//! The unsafe functions require that the CPU has the features of the vectors, see
//! [`crate::vector`].

use super::classify::{Classify, has_letter_escape, needs_escape};
use super::scalar::{self, MAX_LEN, close, open, result_len};
use super::short::{Short, copy_ends, copy_quarters, copy_tiny};
use super::unit::{Form, Unit};
use crate::vector::{Mask, Vector};

/// A vector with the parts of the algorithm that a backend may do in its own way: hooks.
///
/// A backend that announces a hook by its constant and does not write it does not compile.
pub trait EscapeVector: Classify {
    type Short: Short<Lane = Self::Lane>;
    /// The vectors that copy clean strings of up to four of them.
    type Copier: EscapeVector<Lane = Self::Lane>;

    /// Whether there is [`EscapeVector::copy_masked`].
    const MASKS: bool = false;
    /// Whether there are [`EscapeVector::letters`], [`EscapeVector::expand`] and [`EscapeVector::load_last`].
    const EXPANDS: bool = false;
    /// The lanes after its result that [`EscapeVector::expand`] writes too.
    const EXPAND_SLOP: usize = 0;
    /// The bytes after its result that [`EscapeVector::write_hex_escapes`] writes too.
    const HEX_SLOP: usize = 0;
    /// Whether there is [`EscapeVector::write_mixed`].
    const MIXES: bool = false;
    /// The bytes after its result that [`EscapeVector::write_mixed`] writes too.
    const MIX_SLOP: usize = 0;

    /// Writes the opening quote and copies the string after it by one masked load if no unit needs
    /// an escape; returns whether none does, or None where a masked load does not suit the place or
    /// the room.
    ///
    /// # Safety
    /// `src` must be readable for `len` units, which are less than a vector and at least a quarter of
    /// a short one, and `dst` writable for `cap` lanes.
    #[inline(always)]
    unsafe fn copy_masked<U: Unit, F: Form<U, Out = Self::Lane>>(
        _src: *const U,
        _len: usize,
        _dst: *mut Self::Lane,
        _cap: usize,
    ) -> Option<bool> {
        const { assert!(!Self::MASKS, "copy_masked is missing") };
        None
    }

    /// Loads the last `n` units before `end` as the first lanes; the other lanes are anything. None
    /// if a scalar loop would be faster.
    ///
    /// # Safety
    /// The `n` <= `LANES` units before `end` must be readable, and without [`EscapeVector::MIXES`] at least
    /// a quarter of a short vector before it.
    #[inline(always)]
    unsafe fn load_last<U: Unit>(_end: *const U, _n: usize) -> Option<Self> {
        const { assert!(!Self::EXPANDS, "load_last is missing") };
        None
    }

    /// The lanes with the letters of their escapes in the place of controls; other controls as 0.
    #[inline(always)]
    fn letters(self) -> Self {
        const { assert!(!Self::EXPANDS, "letters is missing") };
        self
    }

    /// Stores the lanes with a backslash before those of `bits`, see [`Mask::bits`].
    ///
    /// # Safety
    /// `dst` must be writable for as many lanes and `EXPAND_SLOP` more.
    #[inline(always)]
    unsafe fn expand(self, _bits: u64, _dst: *mut Self::Lane) {
        const { assert!(!Self::EXPANDS, "expand is missing") };
    }

    /// Writes `LANES` units as `\uxxxx` and returns the end, or None if not all of them need it, or
    /// where this is no faster than the table.
    ///
    /// # Safety
    /// `src` must be readable for `LANES` units, and `dst` writable for the longest texts of them and
    /// `HEX_SLOP` bytes more.
    #[inline(always)]
    unsafe fn write_hex_escapes<U: Unit>(_src: *const U, _dst: *mut u8) -> Option<*mut u8> {
        None
    }

    /// Writes the texts of `n` <= `LANES` units, in the ASCII form or those of bytes in the Unicode
    /// form, and returns their end.
    ///
    /// # Safety
    /// `src` must be readable for `n` units, and `dst` writable for their texts and `MIX_SLOP` bytes
    /// more.
    #[inline(always)]
    unsafe fn write_mixed<U: Unit, const ASCII: bool>(
        _src: *const U,
        _n: usize,
        dst: *mut u8,
    ) -> *mut u8 {
        const { assert!(!Self::MIXES, "write_mixed is missing") };
        dst
    }

    /// [`size`], compiled for the backend and not inlined.
    ///
    /// # Safety
    /// As for [`size`].
    unsafe fn outlined_size<U: Unit, F: Form<U, Out = Self::Lane>>(
        src: *const U,
        len: usize,
    ) -> usize;

    /// [`long`], compiled for the backend and not inlined.
    ///
    /// # Safety
    /// As for [`long`].
    unsafe fn outlined_long<U: Unit, F: Form<U, Out = Self::Lane>>(
        src: *const U,
        len: usize,
        dst: *mut Self::Lane,
        cap: usize,
        bounded: bool,
    ) -> usize;

    /// [`rest::write_short`](super::rest::write_short), compiled for the backend and not inlined.
    ///
    /// # Safety
    /// As for `write_short`.
    unsafe fn outlined_short<U: Unit, F: Form<U, Out = Self::Lane>>(
        src: *const U,
        len: usize,
        dst: *mut Self::Lane,
        cap: usize,
    ) -> usize;

    /// [`rest::write_from`](super::rest::write_from), compiled for the backend and not inlined.
    ///
    /// # Safety
    /// As for `write_from`.
    unsafe fn outlined_escapes<U: Unit, F: Form<U, Out = Self::Lane>>(
        src: *const U,
        len: usize,
        at: usize,
        dst: *mut Self::Lane,
        cap: usize,
        bounded: bool,
    ) -> usize;
}

/// The ladder of lengths: `copy_short!(V, U, F, COPY, MOST: (src, len, dst), clean => then, else long)` copies a string
/// of up to `MOST` vectors, two or four, if no unit needs an escape, and goes on with `then`, where `clean` tells whether
/// none does. A longer string takes `long`. Without `COPY` the units are only tested.
///
/// | length in bytes of the result | loads |
/// |---|---|
/// | 0 to 3 | its units, one by one |
/// | 4 to 16 | four quarters of a 16-byte vector |
/// | 17 to 32 | two 16-byte vectors |
/// | up to two, or four vectors | as many |
///
/// It is a macro because each rung then ends the function by itself: a closure costs every call a frame, 1 ns.
///
/// # Safety
/// `src` must be readable and, with `COPY`, `dst` writable for `len` units.
macro_rules! copy_short {
    ($V:ident, $U:ty, $F:ty, $COPY:literal, $MOST:literal: ($src:expr, $len:expr, $dst:expr),
     $clean:ident => $then:expr, else $long:expr) => {{
        let (src, len, dst) = ($src, $len, $dst);
        let (quarter, lanes) = ($V::Short::QUARTER, $V::Copier::LANES);
        // The most frequent lengths are compared first.
        if len.wrapping_sub(quarter) <= 3 * quarter {
            let $clean = copy_quarters::<$V::Short, $U, $F, $COPY>(src, len, dst);
            $then
        } else if len > 8 * quarter {
            if len <= 2 * lanes {
                let $clean = copy_ends::<$V::Copier, $U, $F, 2, $COPY>(src, len, dst);
                $then
            } else if $MOST == 4 && len <= 4 * lanes {
                let $clean = copy_ends::<$V::Copier, $U, $F, 4, $COPY>(src, len, dst);
                $then
            } else {
                $long
            }
        } else if len < quarter {
            let $clean = copy_tiny::<$U, $F, $COPY>(src, len, dst);
            $then
        } else {
            let $clean = copy_ends::<$V::Short, $U, $F, 2, $COPY>(src, len, dst);
            $then
        }
    }};
}
pub(super) use copy_short;

/// Writes the result if it has at most `cap` units or, if not `BOUNDED`, anyway; returns its length,
/// 0 above `isize::MAX`.
///
/// # Safety
/// `src` must be readable for `len` units, and `dst` writable for `cap` units or, if not `BOUNDED`,
/// for the result.
#[inline(always)]
pub unsafe fn into<V: EscapeVector, U: Unit, F: Form<U, Out = V::Lane>, const BOUNDED: bool>(
    src: *const U,
    len: usize,
    dst: *mut V::Lane,
    cap: usize,
) -> usize {
    let quarter = V::Short::QUARTER;
    // SAFETY: a masked copy is given a length that it takes; the rest is the caller's promise.
    unsafe {
        // The most frequent lengths first: each branch more takes its time.
        if BOUNDED && V::Copier::MASKS && len.wrapping_sub(quarter) < 7 * quarter {
            match V::Copier::copy_masked::<U, F>(src, len, dst, cap) {
                Some(true) => close(dst, dst.add(1 + len)),
                Some(false) => escape::<V, U, F, BOUNDED>(src, len, dst, cap),
                None => by_length::<V, U, F, BOUNDED>(src, len, dst, cap),
            }
        } else {
            by_length::<V, U, F, BOUNDED>(src, len, dst, cap)
        }
    }
}

/// [`into`] without a masked copy.
///
/// # Safety
/// As for [`into`].
#[inline(always)]
unsafe fn by_length<V: EscapeVector, U: Unit, F: Form<U, Out = V::Lane>, const BOUNDED: bool>(
    src: *const U,
    len: usize,
    dst: *mut V::Lane,
    cap: usize,
) -> usize {
    // SAFETY: the room is checked before a copy. A sum that wraps is of a length that `long` refuses.
    unsafe {
        if BOUNDED && cap < len.wrapping_add(2) {
            return V::outlined_size::<U, F>(src, len);
        }
        copy_short!(V, U, F, true, 4: (src, len, dst.wrapping_add(1)),
            clean => {
                if clean {
                    open(dst);
                    close(dst, dst.add(1 + len))
                } else if len < V::Short::QUARTER {
                    by_table::<U, F, BOUNDED>(src, len, dst, cap)
                } else {
                    open(dst);
                    escape::<V, U, F, BOUNDED>(src, len, dst, cap)
                }
            },
            else V::outlined_long::<U, F>(src, len, dst, cap, BOUNDED))
    }
}

/// [`into`] for a string that needs an escape, after the opening quote and perhaps a copy of it.
///
/// # Safety
/// As for [`into`]; if `BOUNDED`, `cap` must be at least `len` + 2. A vector that expands is asked only
/// for strings of a quarter of a short vector or more.
#[inline(always)]
pub unsafe fn escape<V: EscapeVector, U: Unit, F: Form<U, Out = V::Lane>, const BOUNDED: bool>(
    src: *const U,
    len: usize,
    dst: *mut V::Lane,
    cap: usize,
) -> usize {
    // The ASCII form writes a vector of `\uxxxx` at once. Short strings fill more narrow vectors than wide ones.
    let short = match V::EXPANDS {
        true if F::ASCII => 4 * V::Copier::LANES,
        true => V::Copier::LANES,
        false => 8 * V::Short::QUARTER,
    };
    // SAFETY: the caller's promise.
    unsafe {
        if len > short {
            V::outlined_escapes::<U, F>(src, len, 0, dst, cap, BOUNDED)
        } else if len > V::Copier::LANES && V::EXPANDS {
            V::Copier::outlined_escapes::<U, F>(src, len, 0, dst, cap, BOUNDED)
        } else if !V::EXPANDS || U::BYTES != V::Lane::BYTES {
            by_table::<U, F, BOUNDED>(src, len, dst, cap)
        } else if BOUNDED {
            V::Copier::outlined_short::<U, F>(src, len, dst, cap)
        } else {
            V::Copier::outlined_escapes::<U, F>(src, len, 0, dst, cap, false)
        }
    }
}

/// [`into`] for a few units, some of which need an escape: a vector finds nothing that the table
/// does not find sooner.
///
/// # Safety
/// As for [`into`].
#[inline(always)]
unsafe fn by_table<U: Unit, F: Form<U>, const BOUNDED: bool>(
    src: *const U,
    len: usize,
    dst: *mut F::Out,
    cap: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        if BOUNDED {
            scalar::into::<U, F>(src, len, dst, cap)
        } else {
            scalar::write::<U, F>(src, len, dst)
        }
    }
}

/// Copies four vectors if no lane needs an escape; returns whether none does.
///
/// # Safety
/// `src` must be readable and `dst` writable for four vectors.
#[inline(always)]
pub unsafe fn copy_four<V: EscapeVector, U: Unit, F: Form<U>>(
    src: *const U,
    dst: *mut V::Lane,
) -> bool {
    // SAFETY: each vector is one of the four.
    unsafe { copy_ends::<V, U, F, 4, true>(src, 4 * V::LANES, dst) }
}

/// [`into`] for at least two vectors: copies up to four vectors at once, then the rest by four that
/// end the string. If not `bounded`, this is the plain writer.
///
/// # Safety
/// As for [`into`]; `len` must be at least two vectors.
#[inline(always)]
pub unsafe fn long<V: EscapeVector, U: Unit, F: Form<U, Out = V::Lane>>(
    src: *const U,
    len: usize,
    dst: *mut V::Lane,
    cap: usize,
    bounded: bool,
) -> usize {
    let lanes = V::LANES;
    // SAFETY: there is room for `len` units and the quotes, and every vector lies within `len`.
    unsafe {
        if bounded && (len > MAX_LEN || cap < len + 2) {
            return V::outlined_size::<U, F>(src, len);
        }
        let body = open(dst);
        if V::LANES > V::Copier::LANES && len <= 4 * lanes {
            if copy_ends::<V, U, F, 4, true>(src, len, body) {
                return close(dst, body.add(len));
            }
            return V::outlined_escapes::<U, F>(src, len, 0, dst, cap, bounded);
        }
        let last = len - 4 * lanes;
        let mut at = 0;
        if len * V::Lane::BYTES >= 256 {
            // From here on, stores that cross no cache line are worth a vector more.
            let v = V::load(src);
            if needs_escape::<V, U, F>(v).any() {
                return V::outlined_escapes::<U, F>(src, len, 0, dst, cap, bounded);
            }
            v.store(body);
            at = (lanes - body.addr() / V::Lane::BYTES % lanes).min(last);
        }
        let mut done = at;
        loop {
            if !copy_four::<V, U, F>(src.add(at), body.add(at)) {
                return V::outlined_escapes::<U, F>(src, len, done, dst, cap, bounded);
            }
            if at == last {
                return close(dst, body.add(len));
            }
            at += 4 * lanes;
            done = at;
            // The last four overlap the ones before.
            at = at.min(last);
        }
    }
}

/// The length of the result, 0 above `isize::MAX`.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
pub unsafe fn size<V: EscapeVector, U: Unit, F: Form<U, Out = V::Lane>>(
    src: *const U,
    len: usize,
) -> usize {
    // SAFETY: the caller's promise; nothing is written.
    unsafe {
        copy_short!(V, U, F, false, 2: (src, len, core::ptr::null_mut()),
            clean => if clean { len + 2 } else { V::outlined_size::<U, F>(src, len) },
            else V::outlined_size::<U, F>(src, len))
    }
}

/// [`size`], a vector at a time.
///
/// # Safety
/// As for [`size`].
#[inline(always)]
pub unsafe fn long_size<V: EscapeVector, U: Unit, F: Form<U>>(src: *const U, len: usize) -> usize {
    if len > MAX_LEN {
        return 0;
    }
    // SAFETY: the caller's promise.
    result_len(len, unsafe { growth::<V, U, F>(src, len) })
}

/// How many units escaping adds to the `len` units at `src`.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
unsafe fn growth<V: EscapeVector, U: Unit, F: Form<U>>(src: *const U, len: usize) -> u64 {
    let lanes = V::LANES;
    let mut growth = 0;
    let mut at = 0;
    // SAFETY: each vector is of units that are left, the last one of the last units.
    unsafe {
        if len < lanes {
            return scalar::growth::<U, F>(src, len);
        }
        while len - at >= lanes {
            let nowhere = core::ptr::null_mut();
            if len - at >= 4 * lanes
                && copy_ends::<V, U, F, 4, false>(src.add(at), 4 * lanes, nowhere)
            {
                at += 4 * lanes;
                continue;
            }
            let v = V::load(src.add(at));
            let escaped = needs_escape::<V, U, F>(v);
            let mut n = lanes;
            if escaped.any() {
                let count = escaped.count();
                if size_of::<V>() <= 16 && count as usize > lanes / 2 {
                    // So few lanes are no faster than the table where most need an escape.
                    n = (len - at).min(256);
                    growth += scalar::growth::<U, F>(src.add(at), n);
                } else {
                    growth += count + 4 * escaped.and_not(has_letter_escape(v)).count();
                    growth += growth_of_pairs::<U, F>(src.add(at), lanes);
                }
            }
            at += n;
        }
        if at < len {
            let last = len - lanes;
            let v = V::load(src.add(last));
            let escaped = needs_escape::<V, U, F>(v);
            if escaped.any() {
                let left = !V::Mask::first(at - last);
                let hex = escaped.and_not(has_letter_escape(v)).bits() & left;
                growth += u64::from((escaped.bits() & left).count_ones());
                growth += 4 * u64::from(hex.count_ones());
                growth += growth_of_pairs::<U, F>(src.add(at), len - at);
            }
        }
    }
    growth
}

/// How many units the second halves of surrogate pairs add to `n` units that are counted as
/// `\uxxxx`.
///
/// # Safety
/// `src` must be readable for `n` units.
#[inline(always)]
unsafe fn growth_of_pairs<U: Unit, F: Form<U>>(src: *const U, n: usize) -> u64 {
    let mut growth = 0;
    if F::ASCII && U::BYTES == 4 {
        for i in 0..n {
            // SAFETY: i < n.
            let code = unsafe { src.add(i).read_unaligned() }.code();
            growth += 6 * u32::from((0x10000..0x110000).contains(&code));
        }
    }
    growth.into()
}
