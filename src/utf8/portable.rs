//! UTF-8 without vectors: what the standard library validates, and a character or a byte at a time.

use core::slice;

/// How many bytes from the start are well-formed.
///
/// # Safety
/// `src` must be readable for `len` bytes; it may be NULL if `len` is 0.
pub unsafe fn valid_up_to(src: *const u8, len: usize) -> usize {
    if len == 0 {
        return 0; // a slice has an address
    }
    // SAFETY: the caller's promise.
    match str::from_utf8(unsafe { slice::from_raw_parts(src, len) }) {
        Ok(_) => len,
        Err(error) => error.valid_up_to(),
    }
}

/// The length of the ill-formed bytes at the start of `len` bytes, which U+FFFD replaces: the
/// beginning of a character, as far as it goes, or else 1 byte. All that is left if that may begin a
/// character which more bytes would complete; then the second value is true.
///
/// # Safety
/// `src` must be readable for `len` >= 1 bytes, which are not well-formed from the first on.
#[cold]
pub unsafe fn ill_formed(src: *const u8, len: usize) -> (usize, bool) {
    let mut bytes = [0; 4];
    let len = len.min(4);
    // SAFETY: four bytes or all there are. Into an array, so that they stay the same meanwhile.
    unsafe { bytes.as_mut_ptr().copy_from_nonoverlapping(src, len) };
    match str::from_utf8(bytes.get(..len).unwrap_or_default()) {
        Ok(_) => (1, false), // another thread has changed them
        Err(error) => match error.error_len() {
            Some(length) => (length, false),
            None => (len - error.valid_up_to(), true),
        },
    }
}

/// For each byte from 0x80 up: the bytes of the character that it begins, from bit 16 on, and a bit for
/// each value of the high four bits of a second byte that may follow; 0 if it begins none.
static LEADS: [u32; 128] = {
    let mut leads = [0; 128];
    let mut lead = 0xc2;
    while lead < 0xf5 {
        let (length, seconds) = match lead {
            0xc2..=0xdf => (2, 0xf00),
            0xe0 => (3, 0xc00),
            0xed => (3, 0x300),
            0xe1..=0xec | 0xee..=0xef => (3, 0xf00),
            0xf0 => (4, 0xe00),
            0xf4 => (4, 0x100),
            _ => (4, 0xf00),
        };
        leads[lead - 0x80] = length << 16 | seconds;
        lead += 1;
    }
    leads
};

/// The character or the maximal ill-formed subpart with which a word of up to eight bytes begins, the first
/// in the lowest, and zeros after the last: its length, and whether it is a character. The first byte is
/// 0x80 or above.
#[inline(always)]
pub fn subpart(word: u64) -> (usize, bool) {
    let byte = |i: u32| (word >> (8 * i)) as u8;
    let continues = |i: u32| byte(i) & 0xc0 == 0x80;
    let lead = LEADS[usize::from(byte(0) & 0x7f)];
    if lead >> (byte(1) >> 4) & 1 == 0 {
        return (1, false);
    }
    match lead >> 16 {
        2 => (2, true),
        _ if !continues(2) => (2, false),
        3 => (3, true),
        _ if !continues(3) => (3, false),
        _ => (4, true),
    }
}

/// Up to eight bytes, the first in the lowest; zeros after the last.
///
/// # Safety
/// `src` must be readable for `len` bytes.
#[inline(always)]
pub unsafe fn load_word(src: *const u8, len: usize) -> u64 {
    let mut bytes = [0; 8];
    // SAFETY: the caller's promise.
    unsafe {
        if len >= 8 {
            bytes = src.cast::<[u8; 8]>().read();
        } else {
            bytes.as_mut_ptr().copy_from_nonoverlapping(src, len);
        }
    }
    u64::from_le_bytes(bytes)
}

/// Whether no character begins with this byte.
#[inline(always)]
pub fn begins_none(byte: u8) -> bool {
    matches!(byte, 0x80..=0xc1 | 0xf5..)
}

/// Decodes well-formed text to UTF-16 and returns the number of units.
///
/// # Safety
/// `src` must be readable for `len` bytes, and `units` writable for as many units and one more, even if
/// the text is changed meanwhile.
#[inline(never)] // shared by the backends
pub unsafe fn decode(src: *const u8, len: usize, mut units: *mut u16) -> usize {
    let first = units;
    let mut at = 0;
    // SAFETY: a character is read only as far as the text goes, and becomes no more units than it
    // should have bytes.
    unsafe {
        while at < len {
            let lead = u32::from(*src.add(at));
            let length = match lead {
                ..0x80 => 1,
                0x80..0xe0 => 2,
                0xe0..0xf0 => 3,
                _ => 4,
            };
            let mut code = if length == 1 { lead } else { lead & (0x7f >> length) };
            let end = (at + length).min(len);
            for i in at + 1..end {
                code = code << 6 | u32::from(*src.add(i) & 0x3f);
            }
            at = end;
            if length < 4 {
                units.write(code as u16);
                units = units.add(1);
            } else {
                units.write(0xd7c0_u16.wrapping_add((code >> 10) as u16));
                units.add(1).write(0xdc00 | (code & 0x3ff) as u16);
                units = units.add(2);
            }
        }
        units.offset_from(first) as usize
    }
}

/// Whether all bytes are ASCII.
///
/// # Safety
/// As for [`valid_up_to`].
pub unsafe fn is_ascii(src: *const u8, len: usize) -> bool {
    // SAFETY: the caller's promise; a slice has an address.
    len == 0 || unsafe { slice::from_raw_parts(src, len) }.is_ascii()
}
