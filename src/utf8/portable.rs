//! UTF-8 without vectors: a character or a byte at a time, ASCII by words.

use core::slice;

/// The high bit of each byte of a word.
pub const HIGH: u64 = 0x8080_8080_8080_8080;

/// How many bytes from the start are well-formed.
///
/// # Safety
/// `src` must be readable for `len` bytes; it may be NULL if `len` is 0.
pub unsafe fn valid_up_to(src: *const u8, len: usize) -> usize {
    let (mut p, mut left) = (src, len);
    // SAFETY: a word has bytes of the source only; a character ends in it, because zeros continue none.
    unsafe {
        while left > 0 {
            let word = load_word(p, left);
            let high = word & HIGH;
            let bytes = if word as u8 >= 0x80 {
                match subpart(word) {
                    (bytes, true) => bytes,
                    (_, false) => break,
                }
            } else if word & 0x8000 != 0 {
                1 // often a space: the next word does not wait for a count
            } else if high != 0 {
                high.trailing_zeros() as usize / 8
            } else {
                ascii(p, left)
            };
            (p, left) = (p.add(bytes), left - bytes);
        }
    }
    len - left
}

/// If the first word is ASCII: a number of leading bytes that are ASCII, at least that word.
///
/// # Safety
/// `src` must be readable for `len` bytes.
#[inline(always)]
unsafe fn ascii(src: *const u8, len: usize) -> usize {
    // SAFETY: each word lies within the bytes.
    let word = |at| unsafe { load_word(src.add(at), 8) };
    let mut at = 0;
    while len - at >= 32 && (word(at) | word(at + 8) | word(at + 16) | word(at + 24)) & HIGH == 0 {
        at += 32;
    }
    match at {
        0 if len >= 16 && word(8) & HIGH == 0 => 16,
        0 => len.min(8),
        _ => at,
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

/// For each byte from 0x80 up: the bytes beyond two of the character that it begins, from bit 16 on, and a
/// bit for each value of the high four bits of a second byte that may follow; 0 if it begins none.
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
        leads[lead - 0x80] = (length - 2) << 16 | seconds;
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
        0 => (2, true),
        _ if !continues(2) => (2, false),
        1 => (3, true),
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
    // SAFETY: each load lies within the bytes; two of them may overlap.
    unsafe {
        if len >= 8 {
            return u64::from_le_bytes(src.cast::<[u8; 8]>().read());
        }
        if len >= 4 {
            let word = |at| u64::from(u32::from_le_bytes(src.add(at).cast::<[u8; 4]>().read()));
            return word(0) | word(len - 4) << (8 * (len - 4));
        }
        if len == 0 {
            return 0;
        }
        let byte = |at| u64::from(src.add(at).read()) << (8 * at);
        byte(0) | byte(len / 2) | byte(len - 1)
    }
}

/// Whether no character begins with these bytes.
#[inline(always)]
pub fn begins_none([first, second]: [u8; 2]) -> bool {
    first >= 0x80 && LEADS[usize::from(first) - 0x80] >> (second >> 4) & 1 == 0
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
