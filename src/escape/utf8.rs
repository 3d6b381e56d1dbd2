//! UTF-8 that nobody has checked: JSON strings in UTF-8 and in ASCII, whatever the bytes are.
//!
//! Most strings are ASCII that needs no escape: [`into`] bets on that and copies them as the other
//! kernels do. The rest of a string goes by pieces of up to [`PIECE`] bytes ([`rest`]):
//!
//! - what is well-formed and needs no escape is copied as it is checked, by [`Backend::copy`];
//! - what is well-formed is escaped as 1-byte units are, which leaves all bytes from 0x80 up as they
//!   are; in the ASCII form it is decoded to UTF-16 on the stack and escaped as 2-byte units are;
//! - what is not becomes U+FFFD, one for each maximal subpart.
//!
//! **Why nothing outside the buffers is touched.** A piece is written by the one-pass functions for
//! its units, which store nothing outside the room that they are told, whatever the source holds
//! meanwhile; and of the decoded units there is at most one for each byte.

use core::mem::MaybeUninit;

use super::kernel::Kernel;
use super::scalar::{self, MAX_LEN, close, open, result_len};
use super::short::{copy_ends, copy_few, copy_quarters};
use super::unit::{Ascii, Unicode};
use super::vector::Vector;
use crate::utf8::ill_formed;

/// The bytes of a piece: little enough for the stack and the first cache, and enough to be worth calls.
const PIECE: usize = 512;

/// The units behind its result that [`Backend::decode`] may write.
const DECODE_SLOP: usize = 16;

/// `(src, len, dst, cap)` to the length of the result, which is written if that is at most `cap`.
pub type Into<U> = unsafe fn(*const U, usize, *mut u8, usize) -> usize;

/// What a backend does with the bytes of a piece. All functions require that the CPU has its features.
pub trait Backend {
    /// The one-pass functions: bytes to Unicode, 2-byte units to ASCII.
    const INTO: Into<u8>;
    const ASCII_INTO: Into<u16>;

    /// See [`crate::utf8::valid_up_to`].
    ///
    /// # Safety
    /// As there.
    unsafe fn valid_up_to(src: *const u8, len: usize) -> usize;

    /// The least length that [`Backend::copy`] is for.
    const COPY_LEAST: usize;

    /// Copies well-formed text that needs no escape, as far as `src` is that; returns how many bytes,
    /// which end with a character.
    ///
    /// # Safety
    /// `src` must be readable and `dst` writable for `len` bytes, at least `COPY_LEAST`.
    unsafe fn copy(src: *const u8, len: usize, dst: *mut u8) -> usize;

    /// Decodes well-formed text to UTF-16 and returns the number of units.
    ///
    /// # Safety
    /// `src` must be readable for `len` bytes, and `units` writable for as many units and
    /// [`DECODE_SLOP`] more, even if the text is changed meanwhile.
    unsafe fn decode(src: *const u8, len: usize, units: *mut u16) -> usize;
}

/// The functions of a [`Backend`] that a module of the crate has.
macro_rules! text_of {
    ($($text:ident)::+) => {
        const COPY_LEAST: usize = crate::$($text)::+::COPY_LEAST;

        #[inline(always)]
        unsafe fn valid_up_to(src: *const u8, len: usize) -> usize {
            // SAFETY: as the caller promises.
            unsafe { crate::$($text)::+::valid_up_to(src, len) }
        }

        #[inline(always)]
        unsafe fn copy(src: *const u8, len: usize, dst: *mut u8) -> usize {
            // SAFETY: as the caller promises.
            unsafe { crate::$($text)::+::copy(src, len, dst) }
        }

        #[inline(always)]
        unsafe fn decode(src: *const u8, len: usize, units: *mut u16) -> usize {
            // SAFETY: as the caller promises.
            unsafe { crate::$($text)::+::decode(src, len, units) }
        }
    };
}
pub(super) use text_of;

/// Writes the result if it has at most `cap` bytes; returns its length, 0 above `isize::MAX`.
///
/// # Safety
/// The CPU must have the features of the vector and of `B`; `src` must be readable for `len` bytes,
/// and `dst` writable for `cap` bytes.
#[inline(always)]
pub unsafe fn into<V: Kernel<Lane = u8>, B: Backend, const ASCII: bool>(
    src: *const u8,
    len: usize,
    dst: *mut u8,
    cap: usize,
) -> usize {
    let lanes = V::Copier::LANES;
    // SAFETY: the lengths are those that the functions ask for, and there is room for a clean string.
    unsafe {
        let mut done = 0;
        let clean = if V::Copier::MASKS
            && (4..V::Copier::LANES).contains(&len)
            && let Some(clean) = V::Copier::copy_masked::<u8, Ascii>(src, len, dst, cap)
        {
            clean
        } else if len > MAX_LEN {
            return 0;
        } else if cap < len + 2 {
            false
        } else {
            let body = open(dst);
            match len {
                0..=3 => copy_few::<u8, Ascii, true>(src, len, body),
                4..=16 => copy_quarters::<V::Short, u8, Ascii, true>(src, len, body),
                17..=32 => copy_ends::<V::Short, u8, Ascii, 2, true>(src, len, body),
                _ if len <= 2 * lanes => copy_ends::<V::Copier, u8, Ascii, 2, true>(src, len, body),
                _ if len <= 4 * lanes => copy_ends::<V::Copier, u8, Ascii, 4, true>(src, len, body),
                _ => loop {
                    // The last four overlap the ones before.
                    let at = done.min(len - 4 * lanes);
                    let (from, to) = (src.add(at), body.add(at));
                    if !copy_ends::<V::Copier, u8, Ascii, 4, true>(from, 4 * lanes, to) {
                        break false;
                    }
                    done = at + 4 * lanes;
                    if done == len {
                        break true;
                    }
                },
            }
        };
        if clean {
            close(dst, dst.add(1 + len))
        } else {
            rest::<B, ASCII>(src, len, done, dst, cap)
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

    /// Adds a text.
    ///
    /// # Safety
    /// There is nothing to promise but what the fields say.
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
    done: usize,
    dst: *mut u8,
    cap: usize,
) -> usize {
    // SAFETY: the room is that between the quotes.
    unsafe {
        let is_short = len <= PIECE && len < B::COPY_LEAST;
        if !ASCII && is_short && B::valid_up_to(src, len) == len {
            return B::INTO(src, len, dst, cap);
        }
        let cap = cap.min(isize::MAX as usize);
        let mut output = Output { end: dst, room: None, length: done as u64 };
        if cap >= len + 2 {
            output = Output { end: open(dst).add(done), room: Some(cap - 2 - done), ..output };
        }
        let mut at = done;
        while at < len {
            let piece = src.add(at);
            let left = len - at;
            if !ASCII
                && left >= B::COPY_LEAST
                && let Some(room) = output.room
                && room >= left
            {
                let copied = B::copy(piece, left, output.end);
                output.length += copied as u64;
                output.room = Some(room - copied);
                output.end = output.end.add(copied);
                if copied > 0 {
                    at += copied;
                    continue;
                }
            }
            let valid = B::valid_up_to(piece, left.min(PIECE));
            if valid == 0 {
                let text: &[u8] = if ASCII { b"\\ufffd" } else { "\u{fffd}".as_bytes() };
                output.add_text(text);
                at += ill_formed(piece, left).0;
            } else if ASCII {
                let mut units = MaybeUninit::<[u16; PIECE + DECODE_SLOP]>::uninit();
                let units = units.as_mut_ptr().cast::<u16>();
                let count = B::decode(piece, valid, units);
                output.add(|dst, cap| B::ASCII_INTO(units, count, dst, cap));
            } else {
                output.add(|dst, cap| B::INTO(piece, valid, dst, cap));
            }
            at += valid;
        }
        if output.room.is_some() { close(dst, output.end) } else { result_len(0, output.length) }
    }
}

/// [`into`] without vectors.
///
/// # Safety
/// As there.
pub unsafe fn into_scalar<const ASCII: bool>(
    src: *const u8,
    len: usize,
    dst: *mut u8,
    cap: usize,
) -> usize {
    if len > MAX_LEN {
        return 0;
    }
    // SAFETY: the caller's promise.
    unsafe { rest::<Scalar, ASCII>(src, len, 0, dst, cap) }
}

struct Scalar;

impl Backend for Scalar {
    const INTO: Into<u8> = scalar::into::<u8, Unicode>;
    const ASCII_INTO: Into<u16> = scalar::into::<u16, Ascii>;
    text_of!(utf8);
}

/// `utf8_into` of a backend, compiled for its features by `$with_features`; `$vector` is its vector,
/// and `$text` the module of the crate that has what a [`Backend`] wants.
macro_rules! instantiate_utf8 {
    ($with_features:ident, $vector:ident, $($text:ident)::+) => {
        $with_features! {
            /// See [`utf8::into`].
            ///
            /// # Safety
            /// The CPU must have the backend's features, `src` be readable for `len` bytes and `dst`
            /// writable for `cap` bytes.
            pub unsafe fn utf8_into<const ASCII: bool>(
                src: *const u8,
                len: usize,
                dst: *mut u8,
                cap: usize,
            ) -> usize {
                // SAFETY: the caller's promise.
                unsafe { utf8::into::<$vector<u8>, Text, ASCII>(src, len, dst, cap) }
            }
        }

        struct Text;

        impl utf8::Backend for Text {
            const INTO: utf8::Into<u8> = into::<u8, Unicode>;
            const ASCII_INTO: utf8::Into<u16> = into::<u16, Ascii>;
            utf8::text_of!($($text)::+);
        }
    };
}
pub(super) use instantiate_utf8;
