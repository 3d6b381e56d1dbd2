//! The portable path: one unit at a time, by table.

use super::unit::{Ascii, Form, Unicode, Unit};
use super::{Escape, MAX_LEN, total};

/// For each code below 256 what it becomes: up to six ASCII characters, the first in the lowest
/// byte, and how many in the highest.
pub type Table = [u64; 256];

pub static UNICODE: Table = table(false);
pub static ASCII: Table = table(true);

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The two hexadecimal digits of a byte, the first in the lower byte.
static HEX: [u16; 256] = {
    let mut hex = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        hex[byte] = (HEX_DIGITS[byte >> 4] as u16) | (HEX_DIGITS[byte & 15] as u16) << 8;
        byte += 1;
    }
    hex
};

const fn entry(text: u64, len: u64) -> u64 {
    text | len << 56
}

/// `\uxxxx` for a code below 0x10000.
#[inline(always)]
const fn long_escape(code: u32, hex: &[u16; 256]) -> u64 {
    let high = hex[(code >> 8 & 0xff) as usize] as u64;
    let low = hex[(code & 0xff) as usize] as u64;
    entry(b'\\' as u64 | (b'u' as u64) << 8 | high << 16 | low << 32, 6)
}

const fn table(ascii: bool) -> Table {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let short = match code as u8 {
            b'"' => b'"',
            b'\\' => b'\\',
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => 0,
        };
        table[code] = if short != 0 {
            entry(b'\\' as u64 | (short as u64) << 8, 2)
        } else if code < 0x20 || ascii && code >= 0x7f {
            long_escape(code as u32, &HEX)
        } else {
            entry(code as u64, 1)
        };
        code += 1;
    }
    table
}

/// How many units `unit` becomes.
#[inline(always)]
fn width<U: Unit, F: Form<U>>(unit: U) -> u64 {
    match unit.code() {
        code @ ..0x100 => F::TABLE[code as usize] >> 56,
        _ if !F::ASCII => 1,
        0x10000..=0x10ffff => 12,
        _ => 6,
    }
}

/// What the `len` units at `src` add to their number when they are escaped.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(never)] // shared by all backends
pub unsafe fn extra<U: Unit, F: Form<U>>(src: *const U, len: usize) -> u64 {
    let mut sum = 0;
    for i in 0..len {
        // SAFETY: i < len.
        sum += width::<U, F>(unsafe { src.add(i).read_unaligned() });
    }
    sum - len as u64
}

/// Writes a table entry and returns the end of it.
///
/// # Safety
/// `dst` must be writable for the entry, and with `ROOM` for 8 units.
#[inline(always)]
unsafe fn put_entry<O: Unit, const ROOM: bool>(entry: u64, dst: *mut O) -> *mut O {
    let len = (entry >> 56) as usize;
    // SAFETY: an entry is 1, 2 or 6 units long, and the caller has room for it.
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

/// Writes what `unit` becomes and returns the end of it.
///
/// # Safety
/// `dst` must be writable for what it becomes, and with `ROOM` for [`ROOM_UNITS`] more than the
/// units that follow in the source need at the least.
#[inline(always)]
pub unsafe fn put<U: Unit, F: Form<U>, const ROOM: bool>(unit: U, dst: *mut F::Out) -> *mut F::Out {
    let code = unit.code();
    // SAFETY: as the caller promises; a surrogate pair ends with an entry that has as much room.
    unsafe {
        if code < 0x100 {
            return put_entry::<_, ROOM>(F::TABLE[code as usize], dst);
        }
        if !F::ASCII {
            dst.write_unaligned(F::Out::from_code(code));
            return dst.add(1);
        }
        match code {
            ..0x10000 => put_entry::<_, ROOM>(long_escape(code, &HEX), dst),
            0x10000..=0x10ffff => {
                let high = 0xd800 - (0x10000 >> 10) + (code >> 10);
                let dst = put_entry::<_, ROOM>(long_escape(high, &HEX), dst);
                put_entry::<_, ROOM>(long_escape(0xdc00 | code & 0x3ff, &HEX), dst)
            }
            _ => put_entry::<_, ROOM>(long_escape(0xfffd, &HEX), dst),
        }
    }
}

/// [`put`] with `ROOM` may be called while so many units of the source are left, its own included:
/// each makes at least one unit, and the closing quote follows.
pub const ROOM_UNITS: usize = 7;

/// Writes what the `len` units at `src` become and returns the end of it. `after` more units of the
/// source and the closing quote follow.
///
/// # Safety
/// `src` must be readable for `len` units, and `dst` writable for what they become and for 1 +
/// `after` units more.
#[inline(never)] // shared by all backends
pub unsafe fn write_units<U: Unit, F: Form<U>>(
    src: *const U,
    len: usize,
    after: usize,
    mut dst: *mut F::Out,
) -> *mut F::Out {
    let roomy = (len + after + 1).saturating_sub(ROOM_UNITS).min(len);
    // SAFETY: the units below `len` are readable; before unit `roomy` there is room.
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

/// The widths of the first, the middle and the last of 1 to 3 units, which are all of them.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
unsafe fn few_widths<U: Unit, F: Form<U>>(src: *const U, len: usize) -> [u64; 3] {
    // SAFETY: the places are within the source.
    let width = |place| unsafe { width::<U, F>(src.add(place).read_unaligned()) };
    [width(0), width(len / 2), width(len - 1)]
}

/// Whether none of 1 to 3 units is escaped.
///
/// # Safety
/// `src` must be readable for `len` units.
#[inline(always)]
pub unsafe fn few_clean<U: Unit, F: Form<U>>(src: *const U, len: usize) -> bool {
    // SAFETY: as the caller promises.
    let [first, middle, last] = unsafe { few_widths::<U, F>(src, len) };
    first + middle + last == 3
}

/// [`extra`] of 1 to 3 units.
///
/// # Safety
/// As there.
#[inline(always)]
pub unsafe fn few_extra<U: Unit, F: Form<U>>(src: *const U, len: usize) -> u64 {
    // SAFETY: as the caller promises.
    let [first, middle, last] = unsafe { few_widths::<U, F>(src, len) };
    first + if len > 1 { last } else { 0 } + if len > 2 { middle } else { 0 } - len as u64
}

/// Writes 1 to 3 units of which none is escaped.
///
/// # Safety
/// `src` must be readable and `dst` writable for `len` units.
#[inline(always)]
pub unsafe fn write_few<U: Unit, F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) {
    for place in [0, len / 2, len - 1] {
        // SAFETY: the places are within the buffers, and all of them.
        unsafe {
            let unit = src.add(place).read_unaligned();
            dst.add(place).write_unaligned(F::Out::from_code(unit.code()));
        }
    }
}

/// Writes the opening quote and returns the end of it.
///
/// # Safety
/// `dst` must be writable for it.
#[inline(always)]
pub unsafe fn open<O: Unit>(dst: *mut O) -> *mut O {
    // SAFETY: as the caller promises.
    unsafe {
        dst.write_unaligned(O::from_code(b'"'.into()));
        dst.add(1)
    }
}

/// Writes the closing quote to `end` and returns the units written since `dst`.
///
/// # Safety
/// `end` must be writable for it and in the same buffer as `dst`.
#[inline(always)]
pub unsafe fn close<O: Unit>(dst: *mut O, end: *mut O) -> usize {
    // SAFETY: as the caller promises.
    unsafe {
        end.write_unaligned(O::from_code(b'"'.into()));
        end.byte_offset_from(dst) as usize / O::BYTES + 1
    }
}

unsafe fn size<U: Unit, F: Form<U>>(src: *const U, len: usize) -> usize {
    if len > MAX_LEN {
        return 0;
    }
    // SAFETY: as the caller promises.
    total(len, unsafe { extra::<U, F>(src, len) })
}

unsafe fn write<U: Unit, F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) -> usize {
    // SAFETY: as the caller promises.
    unsafe { close(dst, write_units::<U, F>(src, len, 0, open(dst))) }
}

const fn escape<U: Unit>() -> Escape<U> {
    Escape {
        size: size::<U, Unicode>,
        write: write::<U, Unicode>,
        ascii_size: size::<U, Ascii>,
        ascii_write: write::<U, Ascii>,
    }
}

pub const UCS1: Escape<u8> = escape();
pub const UCS2: Escape<u16> = escape();
pub const UCS4: Escape<u32> = escape();
