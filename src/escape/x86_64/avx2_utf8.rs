//! JSON strings of UTF-8 in vectors of 32 bytes: a copy that validates, and the ASCII form of decoded units.

use core::arch::x86_64::*;

use crate::escape::table::HEX_DIGITS;
use crate::utf8::avx2::{
    LANES, TWO, before, before_first, both, errors, high, incomplete, is_zero, load, lookup,
};

/// Copies well-formed text that needs no escape in the Unicode form, as far as `src` is that, two vectors
/// at a time; returns how many bytes, which end with a character.
///
/// # Safety
/// The CPU must have AVX2, `src` be readable for `len` bytes, at least [`TWO`], and `dst` be
/// writable for as many.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub unsafe fn copy(src: *const u8, len: usize, dst: *mut u8) -> usize {
    // SAFETY: each pair of vectors ends at `len` at most. One that does not begin the text has bytes
    // before it: at least 3, or else those are known.
    unsafe {
        let mut at = 0;
        let mut high = 0;
        loop {
            // The last pair overlaps the ones before.
            let from = at.min(len - TWO);
            if from == 1 || from == 2 {
                return at - incomplete(src.add(at));
            }
            let p = src.add(from);
            let (v, w) = (load(p), load(p.add(LANES)));
            let mut wrong = needs_escape(v, w);
            if high >> 29 != 0 || _mm256_movemask_epi8(_mm256_or_si256(v, w)) != 0 {
                let first = if from == 0 { before_first(v) } else { before(p) };
                wrong = _mm256_or_si256(wrong, errors(v, first));
                wrong = _mm256_or_si256(wrong, errors(w, before(p.add(LANES))));
                high = _mm256_movemask_epi8(w) as u32;
            }
            if !is_zero(wrong) {
                return if at == 0 { 0 } else { at - incomplete(src.add(at)) };
            }
            _mm256_storeu_si256(dst.add(from).cast(), v);
            _mm256_storeu_si256(dst.add(from + LANES).cast(), w);
            at = from + TWO;
            if at == len {
                return at - incomplete(src.add(at));
            }
        }
    }
}

/// Where a byte of either vector is a control, a quote or a backslash; zero where none is.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
unsafe fn needs_escape(v: __m256i, w: __m256i) -> __m256i {
    // SAFETY: the caller's promise. The bits flipped put the controls first, as signed numbers, and the
    // quote after them.
    unsafe {
        let flip = _mm256_set1_epi8(0x82_u8 as i8);
        let least = _mm256_min_epi8(_mm256_xor_si256(v, flip), _mm256_xor_si256(w, flip));
        let controls = _mm256_cmpgt_epi8(_mm256_set1_epi8(0xa1_u8 as i8), least);
        let backslash = _mm256_set1_epi8(b'\\' as i8);
        let backslashes =
            _mm256_or_si256(_mm256_cmpeq_epi8(v, backslash), _mm256_cmpeq_epi8(w, backslash));
        _mm256_or_si256(controls, backslashes)
    }
}

/// The bytes of room that [`escape_units`] needs for 16 units and for its stores after them.
const UNITS_ROOM: usize = 16 * 6 + 16;

/// For each set of two units that are ASCII: from `\\uxxxx\\uyyyy` and the low bytes of both the places of
/// their texts.
static PAIRS: [[u8; 16]; 4] = {
    let mut pairs = [[0x80; 16]; 4];
    let mut set = 0;
    while set < 4 {
        let (mut unit, mut to) = (0, 0);
        while unit < 2 {
            if set >> unit & 1 == 1 {
                pairs[set][to] = 12 + unit as u8;
                to += 1;
            } else {
                let mut i = 0;
                while i < 6 {
                    pairs[set][to] = 6 * unit as u8 + i;
                    (to, i) = (to + 1, i + 1);
                }
            }
            unit += 1;
        }
        set += 1;
    }
    pairs
};

/// The places of the low bytes of the first two units, after the texts; the others have their highest bit set
/// even with 12 added.
const LOW_BYTES: [u8; 16] =
    [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0, 2, 0x80, 0x80];

/// The lengths of the texts of [`PAIRS`].
static PAIR_LENGTHS: [u8; 4] = [12, 7, 7, 2];

/// Writes the texts of units in the ASCII form, 16 at a time, as long as there is room for any and each
/// unit is either above U+007E or needs no escape; returns how many units and how many bytes.
///
/// # Safety
/// The CPU must have AVX2; `len` units must be readable, and `dst` writable for `room` bytes.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub unsafe fn escape_units(
    units: *const u16,
    len: usize,
    dst: *mut u8,
    room: usize,
) -> (usize, usize) {
    let mut done = 0;
    let mut at = 0;
    // SAFETY: 16 units become at most 96 bytes, and 16 are stored at a time.
    unsafe {
        while len - done >= 16 && room - at >= UNITS_ROOM {
            let v = load(units.add(done).cast());
            let ascii = _mm256_cmpeq_epi16(_mm256_min_epu16(v, _mm256_set1_epi16(0x7e)), v);
            let control = _mm256_cmpgt_epi16(_mm256_set1_epi16(0x20), v); // or from 0x8000 up
            let quote = _mm256_cmpeq_epi16(v, _mm256_set1_epi16(b'"'.into()));
            let backslash = _mm256_cmpeq_epi16(v, _mm256_set1_epi16(b'\\'.into()));
            let special = _mm256_or_si256(_mm256_or_si256(quote, backslash), control);
            if !is_zero(_mm256_and_si256(special, ascii)) {
                break;
            }
            done += 16;
            // Two bits for each unit.
            let sets = _mm256_movemask_epi8(ascii) as u32;
            if sets == u32::MAX {
                let packed = _mm256_packus_epi16(v, v);
                let packed = _mm256_permute4x64_epi64::<0b00_00_10_00>(packed);
                _mm_storeu_si128(dst.add(at).cast(), _mm256_castsi256_si128(packed));
                at += 16;
                continue;
            }
            if sets == 0 {
                at = write_hex(v, dst.add(at)).offset_from(dst) as usize;
                continue;
            }
            at = write_mixed(v, sets, dst.add(at)).offset_from(dst) as usize;
        }
    }
    (done, at)
}

/// Writes the texts of sixteen units, of which `sets` has two bits for each that is its own text; returns the end.
///
/// # Safety
/// The CPU must have AVX2, and `dst` must be writable for the texts and 16 bytes more.
#[inline(always)]
unsafe fn write_mixed(v: __m256i, mut sets: u32, mut dst: *mut u8) -> *mut u8 {
    const __: u8 = 0x80;
    /// The places of the digits of two units of four in a vector, those of a unit as 2, 3, 0, 1.
    const DIGITS: [[u8; 16]; 2] = [
        [__, __, 2, 3, 0, 1, __, __, 6, 7, 4, 5, __, __, __, __],
        [__, __, 10, 11, 8, 9, __, __, 14, 15, 12, 13, __, __, __, __],
    ];
    const PREFIXES: &[u8; 16] = b"\\u\0\0\0\0\\u\0\0\0\0\0\0\0\0";
    // SAFETY: each pair of units becomes at most 12 bytes, and 16 are stored.
    unsafe {
        let second = _mm256_and_si256(v, _mm256_set1_epi8(15));
        let digits = [
            lookup(HEX_DIGITS, _mm256_unpacklo_epi8(high(v), second)),
            lookup(HEX_DIGITS, _mm256_unpackhi_epi8(high(v), second)),
        ];
        let low = _mm256_and_si256(v, _mm256_set1_epi16(0xff));
        let mut texts = [v; 4];
        for i in 0..4 {
            let places = _mm256_add_epi8(both(&LOW_BYTES), _mm256_set1_epi8(4 * i as i8));
            let text = _mm256_shuffle_epi8(digits[i / 2], both(&DIGITS[i % 2]));
            let text = _mm256_or_si256(text, both(PREFIXES));
            texts[i] = _mm256_or_si256(text, _mm256_shuffle_epi8(low, places));
        }
        for i in 0..8 {
            let text = match i {
                ..4 => _mm256_castsi256_si128(texts[i]),
                _ => _mm256_extracti128_si256::<1>(texts[i - 4]),
            };
            let set = (sets & 1 | sets >> 1 & 2) as usize;
            sets >>= 4;
            let places = _mm_loadu_si128(PAIRS[set].as_ptr().cast());
            _mm_storeu_si128(dst.cast(), _mm_shuffle_epi8(text, places));
            dst = dst.add(usize::from(PAIR_LENGTHS[set]));
        }
        dst
    }
}

/// Writes sixteen 2-byte units as `\uxxxx` and returns the end.
///
/// # Safety
/// The CPU must have AVX2, and `dst` must be writable for 96 bytes.
#[inline(always)]
pub unsafe fn write_hex(units: __m256i, dst: *mut u8) -> *mut u8 {
    const __: u8 = 0x80;
    /// The places of the digits of units 0 to 2, 2 to 4 and 5 to 7 of 8; 16 digits of four units lie in
    /// a vector, those of a unit as 2, 3, 0, 1.
    const FRONT: [u8; 16] = [__, __, 2, 3, 0, 1, __, __, 6, 7, 4, 5, __, __, 10, 11];
    const MIDDLE: [u8; 16] = [0, 1, __, __, 6, 7, 4, 5, __, __, 10, 11, 8, 9, __, __];
    const BACK: [u8; 16] = [6, 7, 4, 5, __, __, 10, 11, 8, 9, __, __, 14, 15, 12, 13];
    // SAFETY: the caller's promise; 8 units in each half become three stores.
    unsafe {
        let low = _mm256_set1_epi8(15);
        let first = _mm256_and_si256(_mm256_srli_epi16::<4>(units), low);
        let second = _mm256_and_si256(units, low);
        let digits = both(HEX_DIGITS);
        let four = _mm256_shuffle_epi8(digits, _mm256_unpacklo_epi8(first, second));
        let next = _mm256_shuffle_epi8(digits, _mm256_unpackhi_epi8(first, second));
        let middle = _mm256_alignr_epi8::<8>(next, four);
        let texts = [
            (four, &FRONT, b"\\u\0\0\0\0\\u\0\0\0\0\\u\0\0"),
            (middle, &MIDDLE, b"\0\0\\u\0\0\0\0\\u\0\0\0\0\\u"),
            (next, &BACK, b"\0\0\0\0\\u\0\0\0\0\\u\0\0\0\0"),
        ];
        for (i, (digits, places, prefixes)) in texts.into_iter().enumerate() {
            let texts = _mm256_or_si256(_mm256_shuffle_epi8(digits, both(places)), both(prefixes));
            _mm_storeu_si128(dst.add(16 * i).cast(), _mm256_castsi256_si128(texts));
            _mm_storeu_si128(dst.add(48 + 16 * i).cast(), _mm256_extracti128_si256::<1>(texts));
        }
        dst.add(96)
    }
}
