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
//! **Why nothing outside the buffers is touched.** The one-pass functions for units store nothing outside the given
//! room, whatever the source holds meanwhile. What stores by itself keeps room for its longest texts: ill-formed parts
//! [`EIGHT_TEXTS`], decoded units as much as [`Pieces::ESCAPE_UNITS`] asks for. Of the decoded units there is at most
//! one for each byte, and one more if another thread changes the text.

use core::mem::MaybeUninit;

use super::classify::{Classify, needs_escape};
use super::kernel::{EscapeVector, copy_short, escape};
use super::scalar::{self, MAX_LEN, close, open, result_len};
use super::short::{Short, copy_ends, copy_quarters, copy_tiny};
use super::table::{self, hex_escape};
use super::unit::{Ascii, Form, Unicode, Utf8};
use crate::utf8::{self, DECODE_SLOP, load_word, subpart};
use crate::vector::{Mask, Vector};

/// The bytes of a piece that is decoded: little enough for the stack, and enough to be worth calls.
const DECODED: usize = 512;

/// The bytes of a piece that is checked and then escaped: little enough for the first cache.
const CHECKED: usize = 1 << 14;

/// After more well-formed bytes than this, we assume that an ill-formed part is alone.
const ALONE: usize = 24;
/// The same in the ASCII form, where a piece costs more calls.
const ASCII_ALONE: usize = 64;

/// The decoded units, and those that fill up the last vector of [`Pieces::ESCAPE_UNITS`].
const UNITS: usize = DECODED + 16 + DECODE_SLOP;

/// `(src, len, dst, cap)` to the length of the result, which is written if that is at most `cap`.
pub type WriteInto<U> = unsafe fn(*const U, usize, *mut u8, usize) -> usize;
/// `(src, len, done, dst, cap, true)`: the same, after `done` bytes that are copied already.
pub type WriteFrom = unsafe fn(*const u8, usize, usize, *mut u8, usize, bool) -> usize;
/// `(src, len, dst)` to the number of bytes copied, which end with a character.
pub type CopyFn = unsafe fn(*const u8, usize, *mut u8) -> usize;
/// `(units, len, dst, room)` to the number of units whose texts are written, and of their bytes.
pub type EscapeUnits = unsafe fn(*const u16, usize, *mut u8, usize) -> (usize, usize);

/// A backend's functions for the pieces of a string. They require that the CPU has its features.
pub trait Pieces {
    /// The one-pass functions: bytes to Unicode, 2-byte units to ASCII.
    const INTO: WriteInto<u8>;
    const ASCII_INTO: WriteInto<u16>;
    /// What continues them for bytes, in both forms; see [`EscapeVector::outlined_escapes`].
    const FROM: WriteFrom;
    const ASCII_FROM: WriteFrom;
    /// Validation and decoding.
    const UTF8: utf8::Functions;
    /// Copies well-formed text that needs no escape in the Unicode form, as far as the source is that. The
    /// number is the shortest source, in bytes, that it takes.
    const COPY: Option<(usize, CopyFn)>;
    /// Writes the texts of the first units in the ASCII form, as many as suit it.
    const ESCAPE_UNITS: Option<EscapeUnits>;
}

/// Writes the result if it has at most `cap` bytes; returns its length, 0 above `isize::MAX`. `F` says
/// which bytes are copied: [`Ascii`] or [`Utf8`].
///
/// # Safety
/// The CPU must have the features of the vector and of `B`; `src` must be readable for `len` bytes,
/// and `dst` writable for `cap` bytes.
#[inline(always)]
pub unsafe fn into<
    V: EscapeVector<Lane = u8>,
    B: Pieces,
    F: Form<u8, Out = u8>,
    const ASCII: bool,
>(
    src: *const u8,
    len: usize,
    dst: *mut u8,
    cap: usize,
) -> usize {
    // SAFETY: a masked copy is given a length that it takes; the rest is the caller's promise.
    unsafe {
        if V::Copier::MASKS && len.wrapping_sub(4) < 28 {
            match V::Copier::copy_masked::<u8, F>(src, len, dst, cap) {
                Some(true) => close(dst, dst.add(1 + len)),
                Some(false) => short::<V, B, ASCII>(src, len, dst, cap),
                None => by_length::<V, B, F, ASCII, false>(src, len, dst, cap),
            }
        } else {
            by_length::<V, B, F, ASCII, true>(src, len, dst, cap)
        }
    }
}

/// [`into`] without a masked copy. With `SHORT`, a short string that is not clean goes to [`short`].
///
/// # Safety
/// As for [`into`].
#[inline(always)]
unsafe fn by_length<
    V: EscapeVector<Lane = u8>,
    B: Pieces,
    F: Form<u8, Out = u8>,
    const ASCII: bool,
    const SHORT: bool,
>(
    src: *const u8,
    len: usize,
    dst: *mut u8,
    cap: usize,
) -> usize {
    // SAFETY: the room is checked before a copy.
    unsafe {
        if len > MAX_LEN || cap < len + 2 {
            return rest::<B, ASCII>(src, len, 0, dst, cap);
        }
        let body = open(dst);
        copy_short!(V, u8, F, true, 4: (src, len, body),
        clean => {
            if clean {
                close(dst, body.add(len))
            } else if SHORT && V::EXPANDS && len.wrapping_sub(4) <= 4 * V::Copier::LANES - 4 {
                short::<V, B, ASCII>(src, len, dst, cap)
            } else {
                rest::<B, ASCII>(src, len, 0, dst, cap)
            }
        },
        else {
            let done = copy_long::<V::Copier, F>(src, len, body);
            if done == len {
                close(dst, body.add(len))
            } else {
                rest::<B, ASCII>(src, len, done, dst, cap)
            }
        })
    }
}

/// Continues [`into`] for up to four vectors that are not clean: ASCII needs no look at UTF-8.
///
/// # Safety
/// As for [`into`]; `src` must have 4 bytes or more, and `dst` must have the opening quote and room for
/// a clean string.
#[inline(never)]
unsafe fn short<V: EscapeVector<Lane = u8>, B: Pieces, const ASCII: bool>(
    src: *const u8,
    len: usize,
    dst: *mut u8,
    cap: usize,
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        if !(B::UTF8.is_ascii)(src, len) {
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
unsafe fn copy_long<V: EscapeVector<Lane = u8>, F: Form<u8>>(
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
    /// The well-formed bytes since the last ill-formed part.
    well_formed: usize,
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
    unsafe fn add_decoded<B: Pieces>(&mut self, piece: *const u8, len: usize) {
        let mut units = MaybeUninit::<[u16; UNITS]>::uninit();
        let units = units.as_mut_ptr().cast::<u16>();
        // SAFETY: there is room for the units and 15 after them, and of them `count` are left.
        unsafe {
            let mut count = (B::UTF8.decode)(piece, len, units);
            for i in 0..15 {
                units.add(count + i).write(b'a'.into());
            }
            let mut units = units.cast_const();
            while count > 0 {
                if let (Some(escape_units), Some(room)) = (B::ESCAPE_UNITS, self.room) {
                    let padded = count.next_multiple_of(16);
                    let (mut done, mut written) = escape_units(units, padded, self.end, room);
                    if done > count {
                        // The letters after the last units.
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
                let n = if B::ESCAPE_UNITS.is_some() && count >= 16 { 16 } else { count };
                self.add(|dst, cap| B::ASCII_INTO(units, n, dst, cap));
                (units, count) = (units.add(n), count - n);
            }
        }
    }

    /// Adds the texts of an ill-formed part and of what follows, one after the other, until [`STEPS`] of
    /// them are no such part, or a few if it was alone. Returns the number of bytes that they took.
    ///
    /// # Safety
    /// The fields must hold their promises, and `src` must be readable for `len` bytes. `C` needs no feature
    /// beyond the target's baseline.
    #[inline(never)] // shared by the backends
    unsafe fn add_ill_formed<C: CopyClean, const ASCII: bool>(
        &mut self,
        src: *const u8,
        len: usize,
    ) -> usize {
        let mut text = [0; ONE_TEXT];
        let mut unread = MaybeUninit::<[u8; UNREAD]>::uninit();
        let (mut at, mut steps) = (0, STEPS);
        // SAFETY: a text takes its bytes from a word that holds no more than the source. It is written where
        // there is room for it, or to the stack, from where one that fits is copied.
        unsafe {
            while at < len && steps > 0 {
                let (p, left) = (src.add(at), len - at);
                let (place, room) = match self.room {
                    Some(room) => (self.end, room),
                    None => (unread.as_mut_ptr().cast(), UNREAD),
                };
                let (bytes, size) = if left >= 8 && room >= EIGHT_TEXTS {
                    write_texts::<C, ASCII>(
                        p,
                        left,
                        place,
                        room,
                        (&mut steps, &mut self.well_formed),
                    )
                } else {
                    let Text { bytes, size, ill_formed } =
                        write_text::<ASCII>(load_word(p, left), text.as_mut_ptr());
                    count::<ASCII>(bytes, ill_formed, &mut steps, &mut self.well_formed);
                    if self.room >= Some(size) {
                        self.end.copy_from_nonoverlapping(text.as_ptr(), size);
                    }
                    (bytes, size)
                };
                at += bytes;
                self.length += size as u64;
                self.room = self.room.and_then(|room| room.checked_sub(size));
                if self.room.is_some() {
                    self.end = self.end.add(size);
                }
            }
        }
        at
    }
}

/// Updates the steps that are left and the well-formed bytes since the last ill-formed part, after one step.
#[inline(always)]
fn count<const ASCII: bool>(
    bytes: usize,
    ill_formed: bool,
    steps: &mut u32,
    well_formed: &mut usize,
) {
    if ill_formed {
        *steps =
            if *well_formed > if ASCII { ASCII_ALONE } else { ALONE } { FEW_STEPS } else { STEPS };
        *well_formed = 0;
    } else {
        *steps -= 1;
        *well_formed += bytes;
    }
}

/// Writes texts as [`Output::add_ill_formed`] does, as long as eight bytes of the source and the room are left. Returns
/// how many bytes it took and how many it wrote. `counts` are the steps that are left and the well-formed bytes, see
/// [`count`].
///
/// # Safety
/// The CPU must have the features of `C`, `src` must be readable for `len` >= 8 bytes, and `dst` writable for
/// `room` >= [`EIGHT_TEXTS`].
#[inline(always)]
unsafe fn write_texts<C: CopyClean, const ASCII: bool>(
    src: *const u8,
    len: usize,
    dst: *mut u8,
    room: usize,
    counts: (&mut u32, &mut usize),
) -> (usize, usize) {
    const { assert!(C::WIDTH <= EIGHT_TEXTS && ONE_TEXT <= EIGHT_TEXTS && EIGHT_TEXTS <= UNREAD) };
    let (mut steps, mut well_formed) = (*counts.0, *counts.1);
    let (mut p, mut d) = (src, dst);
    // SAFETY: `p` stays in the source, and `d` in the room. Each word and vector is loaded once, and what it becomes
    // does not depend on what the source is later.
    unsafe {
        let last = src.add(len - 8);
        let stop = dst.addr().saturating_add(room - EIGHT_TEXTS);
        while p <= last && d.addr() <= stop && steps > 0 {
            let word = load_word(p, 8);
            let left = last.offset_from(p) as usize + 8;
            if (word as u8) < 0x80 && left >= C::WIDTH {
                let most = left.min(stop - d.addr() + EIGHT_TEXTS).min(RUN);
                let bytes = C::copy_clean::<ASCII>(p, most, d);
                if bytes > 0 {
                    (p, d) = (p.add(bytes), d.add(bytes));
                    count::<ASCII>(bytes, false, &mut steps, &mut well_formed);
                    continue;
                }
            }
            let mut text = write_text::<ASCII>(word, d);
            // Escapes come in runs.
            let mut left_bytes = word >> 8;
            while (word as u8) < 0x80 && text.bytes < 8 && (left_bytes as u8) < 0x80 {
                let next = write_text::<ASCII>(left_bytes, d.add(text.size));
                text = Text { bytes: text.bytes + 1, size: text.size + next.size, ..text };
                left_bytes >>= 8;
            }
            let Text { bytes, size, ill_formed } = text;
            (p, d) = (p.add(bytes), d.add(size));
            count::<ASCII>(bytes, ill_formed, &mut steps, &mut well_formed);
        }
    }
    (*counts.0, *counts.1) = (steps, well_formed);
    (p.addr() - src.addr(), d.addr() - dst.addr())
}

/// After this many steps without an ill-formed part, vectors pay off; the second if the part before was far away.
const STEPS: u32 = 16;
const FEW_STEPS: u32 = 2;

/// The bytes on the stack that texts are written to if they are only counted.
const UNREAD: usize = 512;

/// The clean bytes that are copied in one step at most.
const RUN: usize = 128;

/// The bytes that [`write_text`] stores at most: two texts of six, the second by a store of eight.
const ONE_TEXT: usize = 14;

/// Room for a vector, and for the texts of eight bytes of ASCII.
const EIGHT_TEXTS: usize = 64;

/// A way to copy clean ASCII.
trait CopyClean {
    /// The bytes of a vector.
    const WIDTH: usize;

    /// Copies vectors up to the first with a byte that is not ASCII or needs an escape; returns the number of bytes
    /// before that.
    ///
    /// # Safety
    /// The CPU must have the features of the vectors, `src` must be readable and `dst` writable for `len` bytes,
    /// at least `WIDTH`.
    unsafe fn copy_clean<const ASCII: bool>(src: *const u8, len: usize, dst: *mut u8) -> usize;
}

impl<V: Classify<Lane = u8>> CopyClean for V {
    const WIDTH: usize = V::LANES;

    #[inline(always)]
    unsafe fn copy_clean<const ASCII: bool>(src: *const u8, len: usize, dst: *mut u8) -> usize {
        let mut at = 0;
        // SAFETY: each vector ends at `len` at most.
        unsafe {
            while len - at >= V::LANES {
                let v = V::load(src.add(at));
                v.store(dst.add(at));
                let wrong = if ASCII {
                    needs_escape::<V, u8, Ascii>(v)
                } else {
                    needs_escape::<V, u8, Utf8>(v)
                };
                let bits = wrong.bits();
                if bits != 0 {
                    return at + bits.trailing_zeros() as usize / V::Mask::STRIDE;
                }
                at += V::LANES;
            }
        }
        at
    }
}

/// Copies by what every CPU of the target has.
#[cfg(target_arch = "x86_64")]
type Baseline = crate::vector::Sse2<u8>;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
type Baseline = crate::vector::Neon<u8>;
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little"))))]
type Baseline = Word;

/// Eight bytes in a register.
#[cfg_attr(any(target_arch = "x86_64", target_arch = "aarch64"), allow(dead_code))]
struct Word;

impl CopyClean for Word {
    const WIDTH: usize = 8;

    #[inline(always)]
    unsafe fn copy_clean<const ASCII: bool>(src: *const u8, len: usize, dst: *mut u8) -> usize {
        let mut at = 0;
        // SAFETY: each word ends at `len` at most.
        unsafe {
            while len - at >= 8 {
                let word = load_word(src.add(at), 8);
                dst.add(at).cast::<[u8; 8]>().write(word.to_le_bytes());
                let unclean = unclean::<ASCII>(word);
                if unclean != 0 {
                    return at + unclean.trailing_zeros() as usize / 8;
                }
                at += 8;
            }
        }
        at
    }
}

/// What [`write_text`] took and wrote.
struct Text {
    bytes: usize,
    size: usize,
    ill_formed: bool,
}

/// The high bit of each byte that is not ASCII or needs an escape; of those after the first anything.
#[cfg_attr(any(target_arch = "x86_64", target_arch = "aarch64"), allow(dead_code))]
#[inline(always)]
fn unclean<const ASCII: bool>(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // A borrow makes bytes after one that is found look like it, and none before.
    let equal = |byte: u8| (word ^ (ONES * u64::from(byte))).wrapping_sub(ONES);
    let mut found = word | word.wrapping_sub(ONES * 0x20) | equal(b'"') | equal(b'\\');
    if ASCII {
        found |= equal(0x7f);
    }
    found & ONES << 7
}

/// Writes the text of the character or the ill-formed part with which a word begins. The zeros after the
/// last byte of a source continue no character.
///
/// # Safety
/// `word` must have a byte of the source, and `dst` be writable for [`ONE_TEXT`] bytes.
#[inline(always)]
unsafe fn write_text<const ASCII: bool>(word: u64, dst: *mut u8) -> Text {
    let store = |text: u64, at: usize| {
        // SAFETY: `at` is 0 or 6.
        unsafe { dst.add(at).cast::<[u8; 8]>().write(text.to_le_bytes()) };
    };
    let lead = word as u8;
    if lead < 0x80 {
        let entry = if ASCII { &table::ASCII } else { &table::UNICODE }[usize::from(lead)];
        store(entry, 0);
        return Text { bytes: 1, size: (entry >> 56) as usize, ill_formed: false };
    }
    let (bytes, well_formed) = subpart(word);
    if !well_formed {
        store(
            u64::from_le_bytes(if ASCII { *b"\\ufffd\0\0" } else { *b"\xef\xbf\xbd\0\0\0\0\0" }),
            0,
        );
        return Text { bytes, size: if ASCII { 6 } else { 3 }, ill_formed: true };
    }
    if !ASCII {
        store(word, 0);
        return Text { bytes, size: bytes, ill_formed: false };
    }
    let bits = |byte: u32| (word >> (8 * byte)) as u32 & 0x3f;
    let code = match bytes {
        2 => (bits(0) & 0x1f) << 6 | bits(1),
        3 => (bits(0) & 0xf) << 12 | bits(1) << 6 | bits(2),
        _ => {
            let code = (bits(0) & 7) << 18 | bits(1) << 12 | bits(2) << 6 | bits(3);
            store(hex_escape(0xd7c0 + (code >> 10)), 0);
            store(hex_escape(0xdc00 | code & 0x3ff), 6);
            return Text { bytes, size: 12, ill_formed: false };
        }
    };
    store(hex_escape(code), 0);
    Text { bytes, size: 6, ill_formed: false }
}

/// Continues [`into`] after `done` bytes, which need no escape; if there are any, they and the opening quote are
/// written.
///
/// # Safety
/// As for [`into`]; if `done` is not 0, `cap` must be at least `len` + 2.
#[inline(never)]
unsafe fn rest<B: Pieces, const ASCII: bool>(
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
        if fits && (B::UTF8.is_ascii)(src.add(done), len - done) {
            return match (ASCII, len) {
                (true, ..4) => scalar::into::<u8, Ascii>(src, len, dst, cap),
                (false, ..4) => scalar::into::<u8, Unicode>(src, len, dst, cap),
                (true, _) => B::ASCII_FROM(src, len, done, dst, cap, true),
                (false, _) => B::FROM(src, len, done, dst, cap, true),
            };
        }
        if !ASCII {
            if let Some((least, copy)) = B::COPY
                && fits
                && len - done >= least
            {
                done += copy(src.add(done), len - done, open(dst).add(done));
                if done == len {
                    return close(dst, dst.add(1 + len));
                }
            }
            let left = len - done;
            if left <= CHECKED && (B::UTF8.valid_up_to)(src.add(done), left) == left {
                if done > 0 || fits && len >= 64 {
                    return B::FROM(src, len, done, dst, cap, true);
                }
                return B::INTO(src, len, dst, cap);
            }
        }
        pieces::<B, ASCII>(src, len, done, dst, cap)
    }
}

/// [`rest`] by pieces: well-formed ones, and those of which an ill-formed part is the first.
///
/// # Safety
/// As for [`rest`].
#[inline(always)]
unsafe fn pieces<B: Pieces, const ASCII: bool>(
    src: *const u8,
    len: usize,
    done: usize,
    dst: *mut u8,
    cap: usize,
) -> usize {
    let cap = cap.min(isize::MAX as usize);
    // SAFETY: the room is that between the quotes.
    unsafe {
        let mut output = Output { end: dst, room: None, length: done as u64, well_formed: done };
        if cap >= len + 2 {
            output = Output { end: open(dst).add(done), room: Some(cap - 2 - done), ..output };
        }
        let mut at = done;
        while at < len {
            let (piece, left) = (src.add(at), len - at);
            let most = match ASCII {
                // One text after the other is the best that this backend has.
                true if B::ESCAPE_UNITS.is_none() => 0,
                true => DECODED,
                false => CHECKED,
            };
            let valid = if most > 0 { (B::UTF8.valid_up_to)(piece, left.min(most)) } else { 0 };
            if valid == 0 {
                at += output.add_ill_formed::<Baseline, ASCII>(piece, left);
            } else if ASCII {
                output.add_decoded::<B>(piece, valid);
            } else {
                output.add(|dst, cap| B::INTO(piece, valid, dst, cap));
            }
            at += valid;
            output.well_formed += valid;
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

/// Writes the whole string again and ignores `done`.
unsafe fn from_scalar<F: Form<u8, Out = u8>>(
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

impl Pieces for Scalar {
    const INTO: WriteInto<u8> = scalar::into::<u8, Unicode>;
    const ASCII_INTO: WriteInto<u16> = scalar::into::<u16, Ascii>;
    const FROM: WriteFrom = from_scalar::<Unicode>;
    const ASCII_FROM: WriteFrom = from_scalar::<Ascii>;
    const UTF8: utf8::Functions = utf8::PORTABLE;
    const COPY: Option<(usize, CopyFn)> = None;
    const ESCAPE_UNITS: Option<EscapeUnits> = None;
}
