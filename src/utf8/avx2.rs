//! UTF-8 in vectors of 32 bytes, by the lookups of John Keiser and Daniel Lemire, "Validating UTF-8 in
//! less than one instruction per byte" (2020).
//!
//! Whether a byte is wrong depends on it and the three before it. A byte and the one before it tell by
//! three table lookups, in which each error has one bit: see [`ERRORS`]. Only that the third and the
//! fourth byte of a character follow must be seen from the bytes two and three before.

use core::arch::x86_64::*;

use super::portable::{self, HIGH, load_word, subpart};

/// The bytes of a vector.
pub const LANES: usize = 32;
/// Two vectors, and four.
pub const TWO: usize = 2 * LANES;
const FOUR: usize = 4 * LANES;

/// What can be wrong about two neighbouring bytes: the high and low four bits of the first, and the
/// high four bits of the second, each as a set of the values that make it wrong.
const ERRORS: [(u16, u16, u16); 8] = [
    (0xf000, 0xffff, 0xf0ff), // a lead without a continuation
    (0x00ff, 0xffff, 0x0f00), // ASCII with one
    (0x1000, 0x0003, 0x0f00), // C0 and C1: two bytes for ASCII
    (0x4000, 0x0001, 0x0300), // E0 80 to E0 9F: three bytes for what two hold
    (0x4000, 0x2000, 0x0c00), // ED A0 to ED BF: a surrogate
    (0x8000, 0xffe1, 0x0100), // F0 80 to F0 8F: four bytes for what three hold; F5 80 and above
    (0x8000, 0xfff0, 0x0e00), // F4 90 and above: more than U+10FFFF
    (0x0f00, 0xffff, 0x0f00), // a continuation after another: the third or fourth byte, or wrong
];

/// The bit of the last of [`ERRORS`], which is none where a third or a fourth byte must stand.
const CONTINUATIONS: u8 = 0x80;

/// For each value of four bits the errors whose set, that of `which`, has it.
const fn table(which: usize) -> [u8; 16] {
    let mut table = [0; 16];
    let mut i = 0;
    while i < 8 {
        let sets = [ERRORS[i].0, ERRORS[i].1, ERRORS[i].2];
        let mut value = 0;
        while value < 16 {
            table[value] |= ((sets[which] >> value & 1) as u8) << i;
            value += 1;
        }
        i += 1;
    }
    table
}
static FIRST_HIGH: [u8; 16] = table(0);
static FIRST_LOW: [u8; 16] = table(1);
static SECOND_HIGH: [u8; 16] = table(2);

/// 16 bytes in both halves of a vector.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
pub unsafe fn both(bytes: &[u8; 16]) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_broadcastsi128_si256(_mm_loadu_si128(bytes.as_ptr().cast())) }
}

/// The bytes, looked up in a table by their low four bits.
///
/// # Safety
/// The CPU must have AVX2; bit 7 of the bytes must be clear.
#[inline(always)]
pub unsafe fn lookup(table: &[u8; 16], bytes: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_shuffle_epi8(both(table), bytes) }
}

/// The high four bits of each byte.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
pub unsafe fn high(bytes: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(0x0f)) }
}

/// The errors of `v`; zero where there is none. `before[i]` holds the bytes i + 1 before those of `v`.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
pub unsafe fn errors(v: __m256i, before: [__m256i; 3]) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let pairs = _mm256_and_si256(
            _mm256_and_si256(
                lookup(&FIRST_HIGH, high(before[0])),
                lookup(&FIRST_LOW, _mm256_and_si256(before[0], _mm256_set1_epi8(0x0f))),
            ),
            lookup(&SECOND_HIGH, high(v)),
        );
        // From 0x80 on if the byte two before begins three bytes or more, or the one three before four.
        let third = _mm256_subs_epu8(before[1], _mm256_set1_epi8((0xe0_u8 - 0x80) as i8));
        let fourth = _mm256_subs_epu8(before[2], _mm256_set1_epi8((0xf0_u8 - 0x80) as i8));
        let expected = _mm256_or_si256(third, fourth);
        let expected = _mm256_and_si256(expected, _mm256_set1_epi8(CONTINUATIONS as i8));
        _mm256_xor_si256(expected, pairs)
    }
}

/// # Safety
/// The CPU must have AVX2, and `p` be readable for `LANES` bytes.
#[inline(always)]
pub unsafe fn load(p: *const u8) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_loadu_si256(p.cast()) }
}

/// The vectors that begin 1, 2 and 3 bytes before `p`.
///
/// # Safety
/// The CPU must have AVX2; the 3 bytes before `p` and `LANES` from it must be readable.
#[inline(always)]
pub unsafe fn before(p: *const u8) -> [__m256i; 3] {
    // SAFETY: the caller's promise.
    unsafe { [load(p.sub(1)), load(p.sub(2)), load(p.sub(3))] }
}

/// The same of a vector with which the text begins.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
pub unsafe fn before_first(v: __m256i) -> [__m256i; 3] {
    // SAFETY: the caller's promise.
    unsafe {
        let front = _mm256_permute2x128_si256::<0x08>(v, v);
        [
            _mm256_alignr_epi8::<15>(v, front),
            _mm256_alignr_epi8::<14>(v, front),
            _mm256_alignr_epi8::<13>(v, front),
        ]
    }
}

/// Whether all bits are 0.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
pub unsafe fn is_zero(v: __m256i) -> bool {
    // SAFETY: the caller's promise.
    unsafe { _mm256_testz_si256(v, v) != 0 }
}

/// Whether all bytes are ASCII.
///
/// # Safety
/// The CPU must have AVX2, and `src` be readable for `len` bytes.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub unsafe fn is_ascii(src: *const u8, len: usize) -> bool {
    // SAFETY: each load lies within the bytes; the last ones overlap those before.
    unsafe {
        if len >= FOUR {
            let mut at = 0;
            while at < len {
                let p = src.add(at.min(len - FOUR));
                let front = _mm256_or_si256(load(p), load(p.add(LANES)));
                let back = _mm256_or_si256(load(p.add(TWO)), load(p.add(3 * LANES)));
                if _mm256_movemask_epi8(_mm256_or_si256(front, back)) != 0 {
                    return false;
                }
                at += FOUR;
            }
            return true;
        }
        if len >= LANES {
            let last = src.add(len - LANES);
            let mut all = _mm256_or_si256(load(src), load(last));
            if len > TWO {
                all = _mm256_or_si256(all, load(src.add(LANES)));
                all = _mm256_or_si256(all, load(last.sub(LANES)));
            }
            return _mm256_movemask_epi8(all) == 0;
        }
        let bits = if len >= 16 {
            let first = _mm_loadu_si128(src.cast());
            let last = _mm_loadu_si128(src.add(len - 16).cast());
            return _mm_movemask_epi8(_mm_or_si128(first, last)) == 0;
        } else if len >= 8 {
            src.cast::<u64>().read_unaligned() | src.add(len - 8).cast::<u64>().read_unaligned()
        } else if len >= 4 {
            let first = src.cast::<u32>().read_unaligned();
            u64::from(first | src.add(len - 4).cast::<u32>().read_unaligned())
        } else if len > 0 {
            u64::from(*src | *src.add(len / 2) | *src.add(len - 1))
        } else {
            0
        };
        bits & 0x8080_8080_8080_8080 == 0
    }
}

/// From `ENDS[32 - len]` on, the places that move the last `len` - 16 of 16 bytes to the front.
static ENDS: [u8; 32] = {
    let mut ends = [0x80; 32];
    let mut i = 0;
    while i < 16 {
        ends[i] = i as u8;
        i += 1;
    }
    ends
};

/// 16 to 31 bytes, and zeros after them.
///
/// # Safety
/// The CPU must have AVX2, and `src` be readable for `len` bytes.
#[inline(always)]
unsafe fn load_partial(src: *const u8, len: usize) -> __m256i {
    // SAFETY: the two halves overlap; 16 bytes of `ENDS` are read from a place between 1 and 16.
    unsafe {
        let places = _mm_loadu_si128(ENDS.as_ptr().add(32 - len).cast());
        let back = _mm_loadu_si128(src.add(len - 16).cast());
        _mm256_set_m128i(_mm_shuffle_epi8(back, places), _mm_loadu_si128(src.cast()))
    }
}

/// How many of the last three bytes begin a character that they do not end, if all are well-formed
/// but for that.
///
/// # Safety
/// The 3 bytes before `end` must be readable.
#[inline(always)]
pub unsafe fn incomplete(end: *const u8) -> usize {
    // SAFETY: the caller's promise.
    let (last, second, third) = unsafe { (*end.sub(1), *end.sub(2), *end.sub(3)) };
    match (last, second, third) {
        (0xc0.., _, _) => 1,
        (_, 0xe0.., _) => 2,
        (_, _, 0xf0..) => 3,
        _ => 0,
    }
}

/// The rest of [`valid_up_to`], from the first `at` bytes on, which are well-formed but for the
/// beginning of a character at their end.
///
/// # Safety
/// `src` must be readable for `len` bytes, and `at` is 3 to `len`.
#[cold]
unsafe fn valid_from(src: *const u8, len: usize, at: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        let start = at - incomplete(src.add(at));
        start + portable::valid_up_to(src.add(start), len - start)
    }
}

/// [`valid_up_to`] by the first error of the vector `at` bytes from the start: before it all is well-formed
/// but for the beginning of a character.
///
/// # Safety
/// The CPU must have AVX2, and `src` be readable up to the error.
#[inline(always)]
unsafe fn valid_up_to_error(src: *const u8, at: usize, errors: __m256i) -> usize {
    // SAFETY: the caller's promise; no byte is read before the first.
    unsafe {
        let right = _mm256_movemask_epi8(_mm256_cmpeq_epi8(errors, _mm256_setzero_si256()));
        let at = at + (!right).trailing_zeros() as usize;
        let end = src.add(at);
        match at {
            1.. if *end.sub(1) >= 0xc0 => at - 1,
            2.. if *end.sub(2) >= 0xe0 => at - 2,
            3.. if *end.sub(3) >= 0xf0 => at - 3,
            _ => at,
        }
    }
}

/// The same for two vectors, one of which has an error.
///
/// # Safety
/// As for [`valid_up_to_error`].
#[inline(always)]
unsafe fn valid_up_to_first_error(
    src: *const u8,
    first: (usize, __m256i),
    second: (usize, __m256i),
) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        let (at, errors) = if is_zero(first.1) { second } else { first };
        valid_up_to_error(src, at, errors)
    }
}

/// [`valid_up_to`] if the first vector has an error. Where errors are dense, the first is near.
/// Branches that the CPU predicts find it, so a caller that continues after it does not wait.
///
/// # Safety
/// The CPU must have AVX2, and `src` be readable for `LANES` bytes.
#[cold]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
unsafe fn valid_in_first_vector(src: *const u8) -> usize {
    let mut at = 0;
    // SAFETY: a word that begins in the first eight bytes ends in the first vector.
    unsafe {
        while at < 8 {
            let word = load_word(src.add(at), 8);
            let high = word & HIGH;
            if word as u8 >= 0x80 {
                match subpart(word) {
                    (_, false) => return at,
                    (bytes, true) => at += bytes,
                }
            } else if high != 0 {
                at += high.trailing_zeros() as usize / 8;
            } else {
                break;
            }
        }
        let v = load(src);
        valid_up_to_error(src, 0, errors(v, before_first(v)))
    }
}

/// See [`Functions::valid_up_to`](super::Functions::valid_up_to).
///
/// # Safety
/// The CPU must have AVX2, and `src` be readable for `len` bytes.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub unsafe fn valid_up_to(src: *const u8, len: usize) -> usize {
    // SAFETY: each vector ends at `len` at most, and those with bytes before them begin at 3 at least.
    unsafe {
        if len < LANES {
            if is_ascii(src, len) {
                return len;
            }
            if len >= 16 {
                // The zeros make a character that is cut off an error.
                let v = load_partial(src, len);
                let wrong = errors(v, before_first(v));
                return if is_zero(wrong) { len } else { valid_up_to_error(src, 0, wrong) };
            }
            return portable::valid_up_to(src, len);
        }
        let v = load(src);
        if (LANES + 3..=TWO).contains(&len) {
            let last = src.add(len - LANES);
            let w = load(last);
            if _mm256_movemask_epi8(_mm256_or_si256(v, w)) == 0 {
                return len;
            }
            let (first, second) = (errors(v, before_first(v)), errors(w, before(last)));
            if is_zero(_mm256_or_si256(first, second)) {
                return len - incomplete(src.add(len));
            }
            return valid_up_to_first_error(src, (0, first), (len - LANES, second));
        }
        let mut high = _mm256_movemask_epi8(v) as u32;
        if high != 0 {
            let wrong = errors(v, before_first(v));
            if !is_zero(wrong) {
                return valid_in_first_vector(src);
            }
        }
        let mut at = LANES;
        while len - at >= TWO {
            let (v, w) = (load(src.add(at)), load(src.add(at + LANES)));
            // A character may have begun in the bytes before: then these are not ASCII alone.
            if high >> 29 != 0 || _mm256_movemask_epi8(_mm256_or_si256(v, w)) != 0 {
                let first = errors(v, before(src.add(at)));
                let second = errors(w, before(src.add(at + LANES)));
                if !is_zero(_mm256_or_si256(first, second)) {
                    return valid_up_to_first_error(src, (at, first), (at + LANES, second));
                }
                high = _mm256_movemask_epi8(w) as u32;
                at += TWO;
                continue;
            }
            at += TWO;
            high = 0;
            while len - at >= FOUR {
                let p = src.add(at);
                let front = _mm256_or_si256(load(p), load(p.add(LANES)));
                let back = _mm256_or_si256(load(p.add(TWO)), load(p.add(3 * LANES)));
                if _mm256_movemask_epi8(_mm256_or_si256(front, back)) != 0 {
                    break;
                }
                at += FOUR;
            }
        }
        if len - at >= LANES {
            let v = load(src.add(at));
            if _mm256_movemask_epi8(v) as u32 | high >> 29 != 0 {
                let wrong = errors(v, before(src.add(at)));
                if !is_zero(wrong) {
                    return valid_up_to_error(src, at, wrong);
                }
            }
            high = _mm256_movemask_epi8(v) as u32;
            at += LANES;
        }
        if at < len {
            if len < LANES + 3 {
                return valid_from(src, len, at);
            }
            // The last vector has one byte at least of the vector before it, so that a character that
            // is cut off there shows.
            let last = src.add(len - LANES);
            let v = load(last);
            high = _mm256_movemask_epi8(v) as u32;
            if high != 0 {
                let wrong = errors(v, before(last));
                if !is_zero(wrong) {
                    return valid_up_to_error(src, len - LANES, wrong);
                }
            }
        }
        if high >> 29 != 0 { len - incomplete(src.add(len)) } else { len }
    }
}

/// For each set of eight 2-byte lanes the places of its lanes' bytes, in order.
static KEPT: [[u8; 16]; 256] = {
    let mut kept = [[0x80; 16]; 256];
    let mut set = 0;
    while set < 256 {
        let (mut lane, mut to) = (0, 0);
        while lane < 8 {
            if set >> lane & 1 == 1 {
                kept[set][to] = 2 * lane as u8;
                kept[set][to + 1] = 2 * lane as u8 + 1;
                to += 2;
            }
            lane += 1;
        }
        set += 1;
    }
    kept
};

/// Decodes well-formed text to UTF-16 and returns the number of units.
///
/// Each byte with which a unit is complete becomes a 2-byte lane from it and the two bytes before; the
/// lanes of the others are left out. Complete are the last byte of a character, and the third of four
/// for the first half of the pair.
///
/// # Safety
/// The CPU must have AVX2, `src` be readable for `len` bytes, and `units` be writable for as many units
/// and 8 more, even if the text is changed meanwhile.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub unsafe fn decode(src: *const u8, len: usize, units: *mut u16) -> usize {
    // SAFETY: each vector ends at `len` at most, and those with bytes before them begin at 3 at least. At
    // most one unit is kept for each byte, and 8 are stored at a time.
    unsafe {
        if len < LANES + 3 {
            return portable::decode(src, len, units);
        }
        let mut end = units;
        let mut at = 0;
        while at < len {
            // The last vector overlaps the one before, whose bytes have been kept.
            let from = at.min(len - LANES);
            let v = load(src.add(from));
            if from == at && _mm256_movemask_epi8(v) == 0 {
                let halves = [_mm256_castsi256_si128(v), _mm256_extracti128_si256::<1>(v)];
                _mm256_storeu_si256(end.cast(), _mm256_cvtepu8_epi16(halves[0]));
                _mm256_storeu_si256(end.add(16).cast(), _mm256_cvtepu8_epi16(halves[1]));
                end = end.add(LANES);
                at += LANES;
                continue;
            }
            let before = if from == 0 { before_first(v) } else { before(src.add(from)) };
            let (low, high, left_out) = utf16(v, before);
            let mut kept = !left_out >> (at - from) << (at - from);
            let groups = [_mm256_unpacklo_epi8(low, high), _mm256_unpackhi_epi8(low, high)];
            for group in [
                _mm256_castsi256_si128(groups[0]),
                _mm256_castsi256_si128(groups[1]),
                _mm256_extracti128_si256::<1>(groups[0]),
                _mm256_extracti128_si256::<1>(groups[1]),
            ] {
                let set = (kept & 0xff) as usize;
                let places = _mm_loadu_si128(KEPT[set].as_ptr().cast());
                _mm_storeu_si128(end.cast(), _mm_shuffle_epi8(group, places));
                end = end.add(set.count_ones() as usize);
                kept >>= 8;
            }
            at = from + LANES;
        }
        end.offset_from(units) as usize
    }
}

/// The low and the high bytes of the units that are complete with the bytes of `v`, and which bytes
/// complete none.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
unsafe fn utf16(v: __m256i, [one, two, three]: [__m256i; 3]) -> (__m256i, __m256i, u32) {
    // SAFETY: the caller's promise. Shifts of 16 bits do as shifts of bytes where the bits that would
    // cross are masked, before or after.
    unsafe {
        // Leads, and what follows the lead of three bytes or more: both have their two highest bits set.
        let leads = _mm256_max_epu8(v, _mm256_subs_epu8(one, _mm256_set1_epi8(0x20)));
        let leads = _mm256_and_si256(leads, _mm256_slli_epi16::<1>(leads));
        let left_out = _mm256_movemask_epi8(leads) as u32;

        let six = _mm256_and_si256(v, _mm256_set1_epi8(0x3f));
        let two_more = _mm256_slli_epi16::<6>(_mm256_and_si256(one, _mm256_set1_epi8(3)));
        let low = _mm256_blendv_epi8(v, _mm256_or_si256(six, two_more), v);

        let nibble = _mm256_set1_epi8(0x0f);
        let e0 = _mm256_set1_epi8(0xe0_u8 as i8);
        let is_third = _mm256_cmpeq_epi8(_mm256_max_epu8(two, e0), two);
        let first = _mm256_slli_epi16::<4>(_mm256_and_si256(two, nibble));
        let second = _mm256_and_si256(_mm256_srli_epi16::<2>(one), nibble);
        let high = _mm256_or_si256(second, _mm256_and_si256(first, is_third));
        let high = _mm256_and_si256(high, _mm256_cmpgt_epi8(_mm256_setzero_si256(), v));

        let f0 = _mm256_set1_epi8(0xf0_u8 as i8);
        let of_four = _mm256_max_epu8(_mm256_max_epu8(two, three), f0);
        let any = _mm256_cmpeq_epi8(_mm256_max_epu8(two, three), of_four);
        if is_zero(any) {
            return (low, high, left_out);
        }
        // The second half of a pair has ten bits of the last two bytes.
        let is_fourth = _mm256_cmpeq_epi8(_mm256_max_epu8(three, f0), three);
        let second_half = _mm256_or_si256(
            _mm256_and_si256(high, _mm256_set1_epi8(3)),
            _mm256_set1_epi8(0xdc_u8 as i8),
        );
        let high = _mm256_blendv_epi8(high, second_half, is_fourth);
        // The first half is 0xd7c0 and the eleven bits before.
        let is_third = _mm256_cmpeq_epi8(_mm256_max_epu8(two, f0), two);
        let bits = _mm256_or_si256(
            _mm256_slli_epi16::<2>(_mm256_and_si256(one, _mm256_set1_epi8(0x3f))),
            _mm256_and_si256(_mm256_srli_epi16::<4>(v), _mm256_set1_epi8(3)),
        );
        let carry = _mm256_cmpeq_epi8(_mm256_max_epu8(bits, _mm256_set1_epi8(0x40)), bits);
        let first_high = _mm256_add_epi8(
            _mm256_and_si256(two, _mm256_set1_epi8(7)),
            _mm256_set1_epi8(0xd7_u8 as i8),
        );
        let first_high = _mm256_sub_epi8(first_high, carry);
        let first_low = _mm256_add_epi8(bits, _mm256_set1_epi8(0xc0_u8 as i8));
        (
            _mm256_blendv_epi8(low, first_low, is_third),
            _mm256_blendv_epi8(high, first_high, is_third),
            left_out,
        )
    }
}
