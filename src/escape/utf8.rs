//! UTF-8 that nobody has checked: JSON strings in UTF-8 and in ASCII, whatever the bytes are.
//!
//! Most strings are ASCII that needs no escape: [`into`] bets on that and copies them as the other
//! kernels do. If the rest of a string is ASCII, it is escaped as 1-byte units are. All else goes by
//! pieces ([`rest`]):
//!
//! - well-formed text is escaped as 1-byte units are, which leaves all bytes from 0x80 up as they
//!   are; in the ASCII form it is decoded to UTF-16 on the stack and escaped as 2-byte units are;
//! - an ill-formed part becomes U+FFFD, one for each maximal subpart.
//!
//! **Why nothing outside the buffers is touched.** A piece is written by the one-pass functions for
//! its units, which store nothing outside the given room, whatever the source holds
//! meanwhile; and of the decoded units there is at most one for each byte.

use core::mem::MaybeUninit;

use super::kernel::{Kernel, escape};
use super::scalar::{self, MAX_LEN, close, open, result_len};
use super::short::{copy_ends, copy_few, copy_quarters};
use super::unit::{Ascii, Form, Unicode};
use crate::utf8::ill_formed;
use crate::vector::Vector;

/// The bytes of a piece that is decoded: little enough for the stack, and enough to be worth calls.
const DECODED: usize = 512;

/// The bytes of a piece that is checked and then escaped: little enough for the first cache.
const CHECKED: usize = 1 << 14;

/// The units that [`Backend::decode`] and what follows may write behind its result.
const DECODE_SLOP: usize = 32;

/// `(src, len, dst, cap)` to the length of the result, which is written if that is at most `cap`.
pub type Into<U> = unsafe fn(*const U, usize, *mut u8, usize) -> usize;
/// `(src, len, done, dst, cap, true)`: the same, after `done` bytes that are copied already.
pub type Escapes = unsafe fn(*const u8, usize, usize, *mut u8, usize, bool) -> usize;

/// A backend's functions for the bytes of a piece. All functions require that the CPU has its features.
pub trait Backend {
    /// The one-pass functions: bytes to Unicode, 2-byte units to ASCII.
    const INTO: Into<u8>;
    const ASCII_INTO: Into<u16>;
    /// What continues them for bytes, in both forms; see [`Kernel::outlined_escapes`].
    const ESCAPES: Escapes;
    const ASCII_ESCAPES: Escapes;

    /// The least length that [`Backend::copy`] is for.
    const COPY_LEAST: usize;
    /// Whether there is [`Backend::escape_units`].
    const ESCAPES_UNITS: bool;

    /// Copies well-formed text that needs no escape in the Unicode form, as far as `src` is that; returns
    /// how many bytes, which end with a character.
    ///
    /// # Safety
    /// `src` must be readable and `dst` writable for `len` bytes, at least `COPY_LEAST`.
    unsafe fn copy(src: *const u8, len: usize, dst: *mut u8) -> usize;

    /// Whether all bytes are ASCII.
    ///
    /// # Safety
    /// `src` must be readable for `len` bytes; it may be NULL if `len` is 0.
    unsafe fn is_ascii(src: *const u8, len: usize) -> bool;

    /// See [`crate::utf8::valid_up_to`].
    ///
    /// # Safety
    /// As for [`crate::utf8::valid_up_to`].
    unsafe fn valid_up_to(src: *const u8, len: usize) -> usize;

    /// Decodes well-formed text to UTF-16 and returns the number of units.
    ///
    /// # Safety
    /// `src` must be readable for `len` bytes, and `units` writable for as many units and
    /// [`DECODE_SLOP`] more, even if the text is changed meanwhile.
    unsafe fn decode(src: *const u8, len: usize, units: *mut u16) -> usize;

    /// Writes the texts of the first units in the ASCII form, as many as suit it; returns how many units
    /// and how many bytes.
    ///
    /// # Safety
    /// `len` units must be readable, and `dst` writable for `room` bytes.
    unsafe fn escape_units(
        units: *const u16,
        len: usize,
        dst: *mut u8,
        room: usize,
    ) -> (usize, usize);
}

/// The functions of a [`Backend`] that a module of the crate has.
macro_rules! text_of {
    ($($text:ident)::+) => {
        const COPY_LEAST: usize = crate::$($text)::+::COPY_LEAST;
        const ESCAPES_UNITS: bool = crate::$($text)::+::ESCAPES_UNITS;

        #[inline(always)]
        unsafe fn copy(src: *const u8, len: usize, dst: *mut u8) -> usize {
            // SAFETY: as the caller promises.
            unsafe { crate::$($text)::+::copy(src, len, dst) }
        }

        #[inline(always)]
        unsafe fn is_ascii(src: *const u8, len: usize) -> bool {
            // SAFETY: as the caller promises.
            unsafe { crate::$($text)::+::is_ascii(src, len) }
        }

        #[inline(always)]
        unsafe fn valid_up_to(src: *const u8, len: usize) -> usize {
            // SAFETY: as the caller promises.
            unsafe { crate::$($text)::+::valid_up_to(src, len) }
        }

        #[inline(always)]
        unsafe fn escape_units(
            units: *const u16,
            len: usize,
            dst: *mut u8,
            room: usize,
        ) -> (usize, usize) {
            // SAFETY: as the caller promises.
            unsafe { crate::$($text)::+::escape_units(units, len, dst, room) }
        }

        #[inline(always)]
        unsafe fn decode(src: *const u8, len: usize, units: *mut u16) -> usize {
            // SAFETY: as the caller promises.
            unsafe { crate::$($text)::+::decode(src, len, units) }
        }
    };
}
pub(super) use text_of;

/// Writes the result if it has at most `cap` bytes; returns its length, 0 above `isize::MAX`. `F` says
/// which bytes are copied: [`Ascii`] or [`Utf8`](super::unit::Utf8).
///
/// # Safety
/// The CPU must have the features of the vector and of `B`; `src` must be readable for `len` bytes,
/// and `dst` writable for `cap` bytes.
#[inline(always)]
pub unsafe fn into<V: Kernel<Lane = u8>, B: Backend, F: Form<u8, Out = u8>, const ASCII: bool>(
    src: *const u8,
    len: usize,
    dst: *mut u8,
    cap: usize,
) -> usize {
    let lanes = V::Copier::LANES;
    // SAFETY: the lengths are those that the functions ask for, and there is room for a clean string.
    unsafe {
        if V::Copier::MASKS && len.wrapping_sub(4) < 28 {
            match V::Copier::copy_masked::<u8, F>(src, len, dst, cap) {
                Some(true) => return close(dst, dst.add(1 + len)),
                Some(false) => return few::<V, B, ASCII>(src, len, dst, cap),
                // Copied here as well, so that this stays a branch of its own.
                None if cap < len + 2 => return rest::<B, ASCII>(src, len, 0, dst, cap),
                None => {
                    let body = open(dst);
                    let clean = if len <= 16 {
                        copy_quarters::<V::Short, u8, F, true>(src, len, body)
                    } else {
                        copy_ends::<V::Short, u8, F, 2, true>(src, len, body)
                    };
                    if clean {
                        return close(dst, body.add(len));
                    }
                    return rest::<B, ASCII>(src, len, 0, dst, cap);
                }
            }
        }
        if len > MAX_LEN || cap < len + 2 {
            return rest::<B, ASCII>(src, len, 0, dst, cap);
        }
        let body = open(dst);
        let mut done = 0;
        let clean = if len.wrapping_sub(4) <= 12 {
            copy_quarters::<V::Short, u8, F, true>(src, len, body)
        } else if len > 32 {
            if len <= 2 * lanes {
                copy_ends::<V::Copier, u8, F, 2, true>(src, len, body)
            } else if len <= 4 * lanes {
                copy_ends::<V::Copier, u8, F, 4, true>(src, len, body)
            } else {
                done = copy_long::<V::Copier, F>(src, len, body);
                done == len
            }
        } else if len < 4 {
            copy_few::<u8, Ascii, true>(src, len, body)
        } else {
            copy_ends::<V::Short, u8, F, 2, true>(src, len, body)
        };
        if clean {
            close(dst, dst.add(1 + len))
        } else if V::EXPANDS && len.wrapping_sub(4) <= 4 * lanes - 4 {
            few::<V, B, ASCII>(src, len, dst, cap)
        } else {
            rest::<B, ASCII>(src, len, done, dst, cap)
        }
    }
}

/// Continues [`into`] for up to four vectors that are not clean: ASCII needs no look at UTF-8.
///
/// # Safety
/// As for [`into`]; `src` must have 4 bytes or more, and `dst` must have the opening quote and room for
/// a clean string.
#[inline(never)]
unsafe fn few<V: Kernel<Lane = u8>, B: Backend, const ASCII: bool>(
    src: *const u8,
    len: usize,
    dst: *mut u8,
    cap: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        if !B::is_ascii(src, len) {
            rest::<B, ASCII>(src, len, 0, dst, cap)
        } else if ASCII {
            escape::<V, u8, Ascii, true>(src, len, dst, cap)
        } else {
            escape::<V, u8, Unicode, true>(src, len, dst, cap)
        }
    }
}

/// Copies more than four vectors as long as they are ASCII that needs no escape; returns how many bytes.
///
/// # Safety
/// `src` must be readable and `dst` writable for `len` bytes.
#[inline(always)]
unsafe fn copy_long<V: Kernel<Lane = u8>, F: Form<u8>>(
    src: *const u8,
    len: usize,
    dst: *mut u8,
) -> usize {
    let four = 4 * V::LANES;
    let mut at = 0;
    let mut done = 0;
    // SAFETY: each four vectors lie within `len`.
    unsafe {
        if len >= 256 {
            // From here on, stores that cross no cache line are worth four vectors more.
            if !copy_ends::<V, u8, F, 4, true>(src, four, dst) {
                return 0;
            }
            done = V::LANES - dst.addr() % V::LANES;
            at = done;
        }
        loop {
            // The last four overlap the ones before.
            at = at.min(len - four);
            if !copy_ends::<V, u8, F, 4, true>(src.add(at), four, dst.add(at)) {
                return done;
            }
            at += four;
            done = at;
            if at == len {
                return len;
            }
        }
    }
}

/// The result as far as it is written.
struct Output {
    /// Where the next text goes.
    end: *mut u8,
    /// The bytes from there to where the closing quote will stand; None if it does not fit.
    room: Option<usize>,
    /// The length of all texts, whether they fit or not.
    length: u64,
}

impl Output {
    /// Adds the text that `write`, given a place and the room there, writes between two quotes.
    ///
    /// # Safety
    /// `write` must be a one-pass function, which is given its source.
    #[inline(always)]
    unsafe fn add(&mut self, write: impl FnOnce(*mut u8, usize) -> usize) {
        let Some(room) = self.room else {
            self.length += write(core::ptr::null_mut(), 0) as u64 - 2;
            return;
        };
        // SAFETY: the opening quote stands before `end`, and the closing one at the end of the room; in
        // the place of the first is the end of the text before.
        unsafe {
            let before = self.end.sub(1);
            let last = before.read();
            let size = write(before, room + 2) - 2;
            before.write(last);
            self.length += size as u64;
            self.room = room.checked_sub(size);
            if self.room.is_some() {
                self.end = self.end.add(size);
            }
        }
    }

    /// Adds the texts of a piece in the ASCII form.
    ///
    /// # Safety
    /// The CPU must have the features of `B`, and `piece` be readable for `len` <= `DECODED` bytes.
    #[inline(always)]
    unsafe fn add_decoded<B: Backend>(&mut self, piece: *const u8, len: usize) {
        let mut units = MaybeUninit::<[u16; DECODED + DECODE_SLOP]>::uninit();
        let units = units.as_mut_ptr().cast::<u16>();
        // SAFETY: there is room for the units and 15 behind them, and of them `count` are left.
        unsafe {
            let mut count = B::decode(piece, len, units);
            for i in 0..15 {
                units.add(count + i).write(b'a'.into());
            }
            let mut units = units.cast_const();
            while count > 0 {
                if let Some(room) = self.room {
                    let padded = count.next_multiple_of(16);
                    let (mut done, mut written) = B::escape_units(units, padded, self.end, room);
                    if done > count {
                        // The letters behind the last units.
                        written -= done - count;
                        done = count;
                    }
                    self.length += written as u64;
                    self.room = Some(room - written);
                    self.end = self.end.add(written);
                    (units, count) = (units.add(done), count - done);
                    if count == 0 {
                        break;
                    }
                }
                // What it left: an escape, or too little room.
                let n = if B::ESCAPES_UNITS && count >= 16 { 16 } else { count };
                self.add(|dst, cap| B::ASCII_INTO(units, n, dst, cap));
                (units, count) = (units.add(n), count - n);
            }
        }
    }

    /// Adds a text.
    ///
    /// # Safety
    /// The fields must hold their promises.
    #[cold]
    unsafe fn add_text(&mut self, text: &[u8]) {
        self.length += text.len() as u64;
        self.room = self.room.and_then(|room| room.checked_sub(text.len()));
        if self.room.is_some() {
            // SAFETY: there was room.
            unsafe {
                self.end.copy_from_nonoverlapping(text.as_ptr(), text.len());
                self.end = self.end.add(text.len());
            }
        }
    }
}

/// Continues [`into`] after `done` bytes, which need no escape and are copied.
///
/// # Safety
/// As for [`into`]; if `done` is not 0, `cap` must be at least `len` + 2.
#[inline(never)]
unsafe fn rest<B: Backend, const ASCII: bool>(
    src: *const u8,
    len: usize,
    mut done: usize,
    dst: *mut u8,
    cap: usize,
) -> usize {
    if len > MAX_LEN {
        return 0;
    }
    // SAFETY: the room is that between the quotes.
    unsafe {
        let fits = cap >= len + 2;
        if fits && len >= 4 && B::is_ascii(src.add(done), len - done) {
            let escapes = if ASCII { B::ASCII_ESCAPES } else { B::ESCAPES };
            return escapes(src, len, done, dst, cap, true);
        }
        if !ASCII {
            if fits && len - done >= B::COPY_LEAST {
                done += B::copy(src.add(done), len - done, open(dst).add(done));
                if done == len {
                    return close(dst, dst.add(1 + len));
                }
            }
            let left = len - done;
            if left <= CHECKED && B::valid_up_to(src.add(done), left) == left {
                if done > 0 || fits && len >= 64 {
                    return B::ESCAPES(src, len, done, dst, cap, true);
                }
                return B::INTO(src, len, dst, cap);
            }
        }
        let cap = cap.min(isize::MAX as usize);
        let mut output = Output { end: dst, room: None, length: done as u64 };
        if fits {
            output = Output { end: open(dst).add(done), room: Some(cap - 2 - done), ..output };
        }
        let mut at = done;
        while at < len {
            let piece = src.add(at);
            let left = len - at;
            let valid = B::valid_up_to(piece, left.min(if ASCII { DECODED } else { CHECKED }));
            if valid == 0 {
                let text: &[u8] = if ASCII { b"\\ufffd" } else { "\u{fffd}".as_bytes() };
                output.add_text(text);
                at += ill_formed(piece, left).0;
            } else if ASCII {
                output.add_decoded::<B>(piece, valid);
            } else {
                output.add(|dst, cap| B::INTO(piece, valid, dst, cap));
            }
            at += valid;
        }
        match output.room {
            Some(_) => close(dst, output.end),
            // Another thread may have shortened what did not fit: the length is raised above `cap`.
            None => result_len(0, output.length.max((cap as u64).saturating_sub(1))),
        }
    }
}

/// [`into`] without vectors.
///
/// # Safety
/// As for [`into`].
pub unsafe fn into_scalar<const ASCII: bool>(
    src: *const u8,
    len: usize,
    dst: *mut u8,
    cap: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe { rest::<Scalar, ASCII>(src, len, 0, dst, cap) }
}

/// The whole string anew.
unsafe fn escapes_scalar<F: Form<u8, Out = u8>>(
    src: *const u8,
    len: usize,
    _done: usize,
    dst: *mut u8,
    cap: usize,
    _bounded: bool,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe { scalar::into::<u8, F>(src, len, dst, cap) }
}

struct Scalar;

impl Backend for Scalar {
    const INTO: Into<u8> = scalar::into::<u8, Unicode>;
    const ASCII_INTO: Into<u16> = scalar::into::<u16, Ascii>;
    const ESCAPES: Escapes = escapes_scalar::<Unicode>;
    const ASCII_ESCAPES: Escapes = escapes_scalar::<Ascii>;
    text_of!(utf8);
}
