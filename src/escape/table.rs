//! The escapes as data: the text that each code below 256 becomes, and the hexadecimal digits.

/// The text of each code below 256: up to six ASCII characters, the first in the lowest byte, and
/// their number in the highest byte.
pub type Table = [u64; 256];

/// The texts of the Unicode form, `ensure_ascii=False`.
pub static UNICODE: Table = table(false);
/// The texts of the ASCII form, `ensure_ascii=True`.
pub static ASCII: Table = table(true);

pub const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

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

/// The table entry `\uxxxx` of a code below 0x10000.
#[inline(always)]
pub const fn hex_escape(code: u32) -> u64 {
    let high = HEX[(code >> 8 & 0xff) as usize] as u64;
    let low = HEX[(code & 0xff) as usize] as u64;
    entry(b'\\' as u64 | (b'u' as u64) << 8 | high << 16 | low << 32, 6)
}

const fn table(ascii: bool) -> Table {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let letter = match code as u8 {
            b'"' => b'"',
            b'\\' => b'\\',
            0x08 => b'b',
            0x0c => b'f',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            _ => 0,
        };
        table[code] = if letter != 0 {
            entry(b'\\' as u64 | (letter as u64) << 8, 2)
        } else if code < 0x20 || ascii && code >= 0x7f {
            hex_escape(code as u32)
        } else {
            entry(code as u64, 1)
        };
        code += 1;
    }
    table
}

/// The letters of the escapes of 0x08..=0x0d, each at the place of its code's low four bits.
pub const LETTERS: [u8; 16] = *b"\0\0\0\0\0\0\0\0btn\0fr\0\0";

/// `"`, `\` and U+007F, each at the place of its low four bits; elsewhere a byte that no ASCII
/// byte equals.
pub const QUOTE_BACKSLASH_DELETE: [u8; 16] =
    *b"\x80\x80\"\x80\x80\x80\x80\x80\x80\x80\x80\x80\\\x80\x80\x7f";

/// For each set of the lanes of 8 bytes, which are `bytes` wide: the places in 16 bytes, whose second
/// half is a backslash, of the lanes with a backslash before those of the set.
const fn expansions<const SETS: usize>(bytes: usize) -> [[u8; 16]; SETS] {
    let mut expansions = [[0x80; 16]; SETS];
    let mut set = 0;
    while set < SETS {
        let (mut from, mut to) = (0, 0);
        while from < 8 {
            let mut byte = 0;
            while set >> (from / bytes) & 1 == 1 && byte < bytes {
                expansions[set][to] = 8 + byte as u8;
                (byte, to) = (byte + 1, to + 1);
            }
            byte = 0;
            while byte < bytes {
                expansions[set][to] = (from + byte) as u8;
                (byte, to) = (byte + 1, to + 1);
            }
            from += bytes;
        }
        set += 1;
    }
    expansions
}
pub static EXPANSIONS_1: [[u8; 16]; 256] = expansions(1);
pub static EXPANSIONS_2: [[u8; 16]; 16] = expansions(2);
pub static EXPANSIONS_4: [[u8; 16]; 4] = expansions(4);
