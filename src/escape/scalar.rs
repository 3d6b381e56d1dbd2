//! One unit at a time, by table. This is the portable backend, and the vector kernels use it where
//! escapes are dense and for one to three units.

use super::table::hex_escape;
use super::unit::{Form, Unit, store_text};

/// The longest source whose result may fit: each unit becomes at least one, and there are two quotes.
pub const MAX_LEN: usize = isize::MAX as usize - 2;

/// The length of the result of `len` units to which escaping adds `growth`, or 0 above `isize::MAX`.
///
/// `growth` is at most 11 per unit, which overflows no `u64` below 2^60 units.
#[inline(always)]
pub fn result_len(len: usize, growth: u64) -> usize {
    let total = growth.saturating_add(len as u64 + 2);
    if total > isize::MAX as u64 { 0 } else { total as usize }
}

/// The length of the text that `unit` becomes.
#[inline(always)]
pub fn text_len<U: Unit, F: Form<U>>(unit: U) -> u64 {
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
pub unsafe fn growth<U: Unit, F: Form<U>>(src: *const U, len: usize) -> u64 {
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
            store_text::<O, 8>(entry, dst);
        } else if len == 1 {
            store_text::<O, 1>(entry, dst);
        } else {
            store_text::<O, 2>(entry, dst);
            if len > 2 {
                store_text::<O, 4>(entry >> 16, dst.add(2));
            }
        }
        dst.add(len)
    }
}

/// Writes the text of one unit and returns its end. `ROOM` allows wide stores.
///
/// # Safety
/// `dst` must be writable for the text; if `ROOM`, for 8 units, and if a surrogate pair is among the
/// texts, for 14.
#[inline(always)]
pub unsafe fn put<U: Unit, F: Form<U>, const ROOM: bool>(unit: U, dst: *mut F::Out) -> *mut F::Out {
    let code = unit.code();
    // SAFETY: the second half of a surrogate pair is stored 6 units after the first.
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

/// Where this number of units follows a unit, there is room for [`put`] with `ROOM`: its own text, a unit
/// at least for each that follows, and the closing quote are 8 units.
const ROOM_UNITS: usize = 6;

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
    let roomy = (len + after).saturating_sub(ROOM_UNITS).min(len);
    // SAFETY: i < len; after a unit before `roomy` at least ROOM_UNITS stand.
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

/// The most units that one unit becomes.
pub const fn longest_text<U: Unit, F: Form<U>>() -> usize {
    if F::ASCII && U::BYTES == 4 { 12 } else { 6 }
}

/// The number of units from `from` to `to`, which is not before it, but may lie beyond the end of the
/// address space: where a caller's `cap` is more than any buffer can have.
#[inline(always)]
pub fn units_between<U: Unit>(from: *const U, to: *const U) -> usize {
    to.addr().wrapping_sub(from.addr()) / U::BYTES
}

/// Writes the texts of the units from `src` to `end` until one does not fit before `stop`, where
/// the closing quote will stand; returns the end of the source and of the texts.
///
/// # Safety
/// The units must be readable, and `dst` writable up to `stop` and for one unit more.
#[inline(never)] // shared by all backends
pub unsafe fn write_within<U: Unit, F: Form<U>>(
    mut src: *const U,
    end: *const U,
    mut dst: *mut F::Out,
    stop: *const F::Out,
) -> (*const U, *mut F::Out) {
    // SAFETY: `n` texts fit, and a wide store ends at most 7 units after them. Each text is written
    // from the unit that its length was taken from, whatever another thread does to the source.
    unsafe {
        loop {
            let room = units_between(dst, stop).saturating_sub(7);
            let n = (room / longest_text::<U, F>()).min(units_between(src, end));
            if n == 0 {
                break;
            }
            for i in 0..n {
                dst = put::<U, F, true>(src.add(i).read_unaligned(), dst);
            }
            src = src.add(n);
        }
        while src != end {
            let unit = src.read_unaligned();
            if units_between(dst, stop) < text_len::<U, F>(unit) as usize {
                break;
            }
            dst = put::<U, F, false>(unit, dst);
            src = src.add(1);
        }
    }
    (src, dst)
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

/// The length of the result, 0 above `isize::MAX`.
///
/// # Safety
/// `src` must be readable for `len` units.
pub unsafe fn size<U: Unit, F: Form<U>>(src: *const U, len: usize) -> usize {
    if len > MAX_LEN {
        return 0;
    }
    // SAFETY: the caller's promise.
    result_len(len, unsafe { growth::<U, F>(src, len) })
}

/// Writes the result if it has at most `cap` units; returns its length, 0 above `isize::MAX`.
///
/// # Safety
/// `src` must be readable for `len` units and `dst` writable for `cap` units.
#[inline(never)] // shared by all backends
pub unsafe fn into<U: Unit, F: Form<U>>(
    src: *const U,
    len: usize,
    dst: *mut F::Out,
    cap: usize,
) -> usize {
    let cap = cap.min(isize::MAX as usize / F::Out::BYTES);
    // SAFETY: there is room for the quotes, and the caller's promise.
    unsafe {
        if len > MAX_LEN || cap < len + 2 {
            return size::<U, F>(src, len);
        }
        let end = src.add(len);
        let (next, dst_end) = write_within::<U, F>(src, end, open(dst), dst.wrapping_add(cap - 1));
        if next == end {
            close(dst, dst_end)
        } else {
            // Another thread may have changed the rest since: the length is raised above `cap`.
            let written = units_between(dst, dst_end) as u64 - 1;
            let left = units_between(next, end);
            let total = (written + left as u64).saturating_add(growth::<U, F>(next, left));
            result_len(0, total.max(cap as u64 - 1))
        }
    }
}

/// Writes the result and returns its length.
///
/// # Safety
/// `src` must be readable for `len` units and `dst` writable for the result.
#[inline(never)] // shared by all backends
pub unsafe fn write<U: Unit, F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) -> usize {
    // SAFETY: the caller's promise.
    unsafe { close(dst, write_units::<U, F>(src, len, 0, open(dst))) }
}
