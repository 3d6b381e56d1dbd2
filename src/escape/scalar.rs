//! One unit at a time, by table. This is the portable backend, and the vector kernels use it where
//! escapes are dense and for one to three units.

use super::table::hex_escape;
use super::unit::{Form, Unit};

/// The longest source whose result may fit: each unit becomes at least one, and there are two quotes.
pub const MAX_LEN: usize = isize::MAX as usize - 2;

/// The length of the result of `len` units to which escaping adds `extra`, or 0 above `isize::MAX`.
///
/// `extra` is at most 11 per unit, which overflows no `u64` below 2^60 units.
#[inline(always)]
pub fn result_len(len: usize, extra: u64) -> usize {
    let total = extra.saturating_add(len as u64 + 2);
    if total > isize::MAX as u64 { 0 } else { total as usize }
}

/// The length of the text that `unit` becomes.
#[inline(always)]
fn text_len<U: Unit, F: Form<U>>(unit: U) -> u64 {
    match unit.code() {
        code @ ..0x100 => F::TABLE[code as usize] >> 56,
        _ if !F::ASCII => 1,
        0x10000..=0x10ffff => 12,
        _ => 6,
    }
}

/// How many units escaping adds to the `len` units at `src`.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(never)] // shared by all backends
pub unsafe fn extra<U: Unit, F: Form<U>>(src: *const U, len: usize) -> u64 {
    let mut sum = 0;
    for i in 0..len {
        // SAFETY: i < len.
        sum += text_len::<U, F>(unsafe { src.add(i).read_unaligned() });
    }
    sum - len as u64
}

/// Writes the text of a table entry and returns its end.
///
/// # Safety
/// `dst` must be writable for the text, and for 8 units if `ROOM`.
#[inline(always)]
unsafe fn put_entry<O: Unit, const ROOM: bool>(entry: u64, dst: *mut O) -> *mut O {
    let len = (entry >> 56) as usize;
    // SAFETY: a text is 1, 2 or 6 units long.
    unsafe {
        if ROOM {
            O::store_text::<8>(entry, dst);
        } else if len == 1 {
            O::store_text::<1>(entry, dst);
        } else {
            O::store_text::<2>(entry, dst);
            if len > 2 {
                O::store_text::<4>(entry >> 16, dst.add(2));
            }
        }
        dst.add(len)
    }
}

/// Writes the text of one unit and returns its end. `ROOM` allows wide stores: they end within the
/// space of the units that follow.
///
/// # Safety
/// `dst` must be writable for the text; if `ROOM`, the source must have [`ROOM_UNITS`] units left,
/// this one included, and `dst` must be writable for the texts of all of them and a closing quote.
#[inline(always)]
pub unsafe fn put<U: Unit, F: Form<U>, const ROOM: bool>(unit: U, dst: *mut F::Out) -> *mut F::Out {
    let code = unit.code();
    // SAFETY: ROOM_UNITS texts and a quote are at least 8 units; after the first half of a surrogate
    // pair, the second half and the same units follow.
    unsafe {
        if code < 0x100 {
            return put_entry::<_, ROOM>(F::TABLE[code as usize], dst);
        }
        if !F::ASCII {
            dst.write_unaligned(F::Out::from_code(code));
            return dst.add(1);
        }
        match code {
            ..0x10000 => put_entry::<_, ROOM>(hex_escape(code), dst),
            0x10000..=0x10ffff => {
                let high = 0xd800 - (0x10000 >> 10) + (code >> 10);
                let dst = put_entry::<_, ROOM>(hex_escape(high), dst);
                put_entry::<_, ROOM>(hex_escape(0xdc00 | code & 0x3ff), dst)
            }
            _ => put_entry::<_, ROOM>(hex_escape(0xfffd), dst),
        }
    }
}

/// [`put`] with `ROOM` needs this many units of the source, its own included: each becomes at least
/// one unit, and the closing quote follows.
pub const ROOM_UNITS: usize = 7;

/// Writes the texts of the `len` units at `src` and returns their end. `after` more units of the
/// source and the closing quote follow.
///
/// # Safety
/// `src` must be readable for `len` units, and `dst` writable for their texts and 1 + `after` units
/// more.
#[inline(never)] // shared by all backends
pub unsafe fn write_units<U: Unit, F: Form<U>>(
    src: *const U,
    len: usize,
    after: usize,
    mut dst: *mut F::Out,
) -> *mut F::Out {
    let roomy = (len + after + 1).saturating_sub(ROOM_UNITS).min(len);
    // SAFETY: i < len; before unit `roomy` at least ROOM_UNITS units are left.
    unsafe {
        for i in 0..roomy {
            dst = put::<U, F, true>(src.add(i).read_unaligned(), dst);
        }
        for i in roomy..len {
            dst = put::<U, F, false>(src.add(i).read_unaligned(), dst);
        }
    }
    dst
}

/// The text lengths of the first, the middle and the last of 1 to 3 units: those are all units.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
unsafe fn few_text_lens<U: Unit, F: Form<U>>(src: *const U, len: usize) -> [u64; 3] {
    // SAFETY: the three indices are below `len`.
    let text_len = |i| unsafe { text_len::<U, F>(src.add(i).read_unaligned()) };
    [text_len(0), text_len(len / 2), text_len(len - 1)]
}

/// Whether none of 1 to 3 units needs an escape.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
pub unsafe fn few_clean<U: Unit, F: Form<U>>(src: *const U, len: usize) -> bool {
    // SAFETY: the caller's promise.
    let [first, middle, last] = unsafe { few_text_lens::<U, F>(src, len) };
    first + middle + last == 3
}

/// [`extra`] of 1 to 3 units.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
pub unsafe fn few_extra<U: Unit, F: Form<U>>(src: *const U, len: usize) -> u64 {
    // SAFETY: the caller's promise.
    let [first, middle, last] = unsafe { few_text_lens::<U, F>(src, len) };
    first + if len > 1 { last } else { 0 } + if len > 2 { middle } else { 0 } - len as u64
}

/// Copies 1 to 3 units, none of which needs an escape.
///
/// # Safety
/// `src` must be readable and `dst` writable for `len` units.
#[inline(always)]
pub unsafe fn copy_few<U: Unit, F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) {
    for i in [0, len / 2, len - 1] {
        // SAFETY: the three indices are below `len`.
        unsafe {
            let unit = src.add(i).read_unaligned();
            dst.add(i).write_unaligned(F::Out::from_code(unit.code()));
        }
    }
}

/// Writes the opening quote and returns its end.
///
/// # Safety
/// `dst` must be writable for one unit.
#[inline(always)]
pub unsafe fn open<O: Unit>(dst: *mut O) -> *mut O {
    // SAFETY: the caller's promise.
    unsafe {
        dst.write_unaligned(O::from_code(b'"'.into()));
        dst.add(1)
    }
}

/// Writes the closing quote to `end` and returns the number of units from `dst` to its end.
///
/// # Safety
/// `end` must be writable for one unit and in the same buffer as `dst`.
#[inline(always)]
pub unsafe fn close<O: Unit>(dst: *mut O, end: *mut O) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        end.write_unaligned(O::from_code(b'"'.into()));
        end.byte_offset_from(dst) as usize / O::BYTES + 1
    }
}

/// The vector of this backend: a single unit.
pub type Single<U> = U;

/// The length of the result, 0 above `isize::MAX`.
///
/// # Safety
/// `src` must be readable for `len` units.
pub unsafe fn size<U: Unit, F: Form<U>>(src: *const U, len: usize) -> usize {
    if len > MAX_LEN {
        return 0;
    }
    // SAFETY: the caller's promise.
    result_len(len, unsafe { extra::<U, F>(src, len) })
}

/// Writes the result and returns its length.
///
/// # Safety
/// `src` must be readable for `len` units and `dst` writable for the result.
pub unsafe fn write<U: Unit, F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) -> usize {
    // SAFETY: the caller's promise.
    unsafe { close(dst, write_units::<U, F>(src, len, 0, open(dst))) }
}
