//! UTF-8 in vectors of 32 bytes, by the lookups of John Keiser and Daniel Lemire, "Validating UTF-8 in
//! less than one instruction per byte" (2020).
//!
//! Whether a byte is wrong depends on it and the three before it. A byte and the one before it tell by
//! three table lookups, of which each error sets one bit: see [`ERRORS`]. Only that the third and the
//! fourth byte of a character follow must be seen from the bytes two and three before.

use core::arch::x86_64::*;

use super::valid_up_to as valid_up_to_scalar;

/// The bytes of a vector.
const LANES: usize = 32;

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

/// The bytes, looked up in a table by their low four bits.
///
/// # Safety
/// The CPU must have AVX2; bit 7 of the bytes must be clear.
#[inline(always)]
unsafe fn lookup(table: &[u8; 16], bytes: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let table = _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast()));
        _mm256_shuffle_epi8(table, bytes)
    }
}

/// The high four bits of each byte.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
unsafe fn high(bytes: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(0x0f)) }
}

/// The errors of `v`; zero where there is none. `before[i]` holds the bytes i + 1 before those of `v`.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
unsafe fn errors(v: __m256i, before: [__m256i; 3]) -> __m256i {
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
unsafe fn load(p: *const u8) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe { _mm256_loadu_si256(p.cast()) }
}

/// The vectors that begin 1, 2 and 3 bytes before `p`.
///
/// # Safety
/// The CPU must have AVX2; the 3 bytes before `p` and `LANES` from it must be readable.
#[inline(always)]
unsafe fn before(p: *const u8) -> [__m256i; 3] {
    // SAFETY: the caller's promise.
    unsafe { [load(p.sub(1)), load(p.sub(2)), load(p.sub(3))] }
}

/// The same of a vector with which the text begins.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
unsafe fn before_first(v: __m256i) -> [__m256i; 3] {
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
unsafe fn is_zero(v: __m256i) -> bool {
    // SAFETY: the caller's promise.
    unsafe { _mm256_testz_si256(v, v) != 0 }
}

/// Whether 4 to 31 bytes are ASCII.
///
/// # Safety
/// `src` must be readable for `len` bytes.
#[inline(always)]
unsafe fn few_are_ascii(src: *const u8, len: usize) -> bool {
    // SAFETY: the first bytes and the last, which overlap them.
    unsafe {
        let bits = if len >= 16 {
            let first = _mm_loadu_si128(src.cast());
            let last = _mm_loadu_si128(src.add(len - 16).cast());
            return _mm_movemask_epi8(_mm_or_si128(first, last)) == 0;
        } else if len >= 8 {
            src.cast::<u64>().read_unaligned() | src.add(len - 8).cast::<u64>().read_unaligned()
        } else {
            let first = src.cast::<u32>().read_unaligned();
            u64::from(first | src.add(len - 4).cast::<u32>().read_unaligned())
        };
        bits & 0x8080_8080_8080_8080 == 0
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
/// `src` must be readable for `len` bytes, of which `at` are at least 3.
#[cold]
unsafe fn valid_from(src: *const u8, len: usize, at: usize) -> usize {
    // SAFETY: the caller's promise.
    unsafe {
        let start = at - incomplete(src.add(at));
        start + valid_up_to_scalar(src.add(start), len - start)
    }
}

/// See [`super::valid_up_to`].
///
/// # Safety
/// The CPU must have AVX2, and `src` be readable for `len` bytes.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub unsafe fn valid_up_to(src: *const u8, len: usize) -> usize {
    // SAFETY: each vector ends at `len` at most, and those with bytes before them begin at 3 at least.
    unsafe {
        if len < LANES {
            if len >= 4 && few_are_ascii(src, len) {
                return len;
            }
            return valid_up_to_scalar(src, len);
        }
        let v = load(src);
        let mut high = _mm256_movemask_epi8(v) as u32;
        if high != 0 && !is_zero(errors(v, before_first(v))) {
            return valid_up_to_scalar(src, len);
        }
        let mut at = LANES;
        while len - at >= 2 * LANES {
            let (v, w) = (load(src.add(at)), load(src.add(at + LANES)));
            // A character may have begun in the bytes before: then these are not ASCII alone.
            if high >> 29 != 0 || _mm256_movemask_epi8(_mm256_or_si256(v, w)) != 0 {
                let first = errors(v, before(src.add(at)));
                let second = errors(w, before(src.add(at + LANES)));
                if !is_zero(_mm256_or_si256(first, second)) {
                    return valid_from(src, len, at);
                }
                high = _mm256_movemask_epi8(w) as u32;
            }
            at += 2 * LANES;
        }
        if len - at >= LANES {
            let v = load(src.add(at));
            let ascii = _mm256_movemask_epi8(v) as u32 | high >> 29;
            if ascii != 0 && !is_zero(errors(v, before(src.add(at)))) {
                return valid_from(src, len, at);
            }
            high = _mm256_movemask_epi8(v) as u32;
            at += LANES;
        }
        if at < len {
            if len < LANES + 3 {
                return valid_from(src, len, at);
            }
            // The last vector overlaps the one before.
            let last = src.add(len - LANES);
            let v = load(last);
            let last_high = _mm256_movemask_epi8(v) as u32;
            if last_high | high >> 29 != 0 && !is_zero(errors(v, before(last))) {
                return valid_from(src, len, at);
            }
            high = last_high;
        }
        if high >> 29 != 0 { len - incomplete(src.add(len)) } else { len }
    }
}
