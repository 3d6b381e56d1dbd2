//! 32-byte vectors of AVX2, with the bit manipulation of all CPUs that have it.

use core::arch::x86_64::*;

use super::avx2_utf8::{copy, escape_units, write_hex};
use super::sse2::Sse2;
use crate::escape::classify::{Classify, needs_escape};
use crate::escape::instantiate::{instantiate, instantiate_utf8, outlined};
use crate::escape::kernel::{self, EscapeVector};
use crate::escape::rest;
use crate::escape::scalar::open;
use crate::escape::table::{self, LETTERS, QUOTE_BACKSLASH_DELETE};
use crate::escape::unit::{Ascii, Form, Unicode, Unit, Utf8};
use crate::escape::utf8;
use crate::utf8::AVX2;
use crate::utf8::avx2::{TWO, both};
pub use crate::vector::Avx2;
use crate::vector::by_width;
use crate::vector::{Mask, Vector};

// SAFETY, throughout: a value of the vector type proves that the CPU has its features, see src/vector.

/// A function compiled for this backend's features.
macro_rules! with_features {
    ($($function:item)*) => {$(
        #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
        $function
    )*};
}

instantiate!(with_features, Avx2);
instantiate_utf8!(with_features, Avx2, AVX2, Some((TWO, copy)), Some(escape_units));

impl<U: Unit> Classify for Avx2<U> {
    const SHUFFLES: bool = true;

    #[inline(always)]
    fn is_quote_backslash_or_delete(self) -> Self {
        // SAFETY: see above. The shuffle finds the code that has the low four bits of a lane.
        unsafe {
            let found = _mm256_shuffle_epi8(both(&QUOTE_BACKSLASH_DELETE), self.raw());
            Self::from_raw(_mm256_cmpeq_epi8(self.raw(), found))
        }
    }
}

/// From `MASKS[8 - n]` on, a mask of `n` times 4 bytes.
static MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// The mask of the first `bytes` / 4 times 4 bytes.
///
/// # Safety
/// The CPU must have AVX2, and `bytes` must be at most 32.
#[inline(always)]
unsafe fn mask(bytes: usize) -> __m256i {
    // SAFETY: 32 bytes are read from a place between 0 and 32.
    unsafe { _mm256_loadu_si256(MASKS.as_ptr().byte_add(32 - (bytes & !3)).cast()) }
}

/// Whether a page ends within 32 bytes from `src`. A masked load that leaves out bytes on a page that is
/// not mapped takes 20 times as long.
#[inline(always)]
fn crosses_page<U>(src: *const U) -> bool {
    src.addr() % 4096 > 4096 - 32
}

/// Marks the branch that calls it, so that the other one needs no jump.
#[cold]
#[inline]
fn unlikely() {}

impl<U: Unit> EscapeVector for Avx2<U> {
    type Short = Sse2<U>;
    type Copier = Self;
    const MASKS: bool = true;
    const EXPANDS: bool = true;
    const EXPAND_SLOP: usize = 8 / U::BYTES;

    outlined!();

    /// 4 to 31 bytes without a branch on the length, if there is room to store 32 and no page ends
    /// within 32 bytes.
    #[inline(always)]
    unsafe fn copy_masked<S: Unit, F: Form<S, Out = U>>(
        src: *const S,
        len: usize,
        dst: *mut U,
        cap: usize,
    ) -> Option<bool> {
        if S::BYTES != U::BYTES {
            return None;
        }
        if cap < 1 + Self::LANES {
            unlikely();
            return None;
        }
        if crosses_page(src) {
            unlikely();
            return None;
        }
        // SAFETY: the mask selects whole groups of 4 bytes within the source; the last 4 bytes are
        // loaded apart. The vector and the quote fit in `cap`, and the closing quote as well.
        unsafe {
            let mask = mask(len * U::BYTES);
            // As a float, it goes to memory without a register for integers.
            let last = src.add(len).cast::<f32>().sub(1).read_unaligned();
            let groups = _mm256_maskload_epi32(src.cast(), mask);
            let lasts = _mm256_castps_si256(_mm256_set1_ps(last));
            let v = Self::from_raw(_mm256_blendv_epi8(lasts, groups, mask));
            let body = open(dst);
            if needs_escape::<Self, S, F>(v).any() {
                return Some(false);
            }
            v.store(body);
            body.add(len).cast::<f32>().sub(1).write_unaligned(last);
        }
        Some(true)
    }

    #[inline(always)]
    unsafe fn load_last<S: Unit>(end: *const S, n: usize) -> Option<Self> {
        // SAFETY: the string has `n` units before its end.
        if S::BYTES != U::BYTES || crosses_page(unsafe { end.sub(n) }) {
            return None;
        }
        // SAFETY: the mask selects whole groups of 4 bytes from `n` units on; the 4 bytes before `end`
        // are the string's.
        unsafe {
            let mask = mask(n * U::BYTES);
            let groups = _mm256_maskload_epi32(end.sub(n).cast(), mask);
            // Those that belong to no whole group.
            let rest =
                end.cast::<u32>().sub(1).read_unaligned() >> ((4 - n * U::BYTES % 4) % 4 * 8);
            Some(Self::from_raw(_mm256_blendv_epi8(_mm256_set1_epi32(rest as i32), groups, mask)))
        }
    }

    #[inline(always)]
    fn letters(self) -> Self {
        let last = self.splat(0x1f);
        // SAFETY: see above.
        unsafe {
            let least = by_width!(U: _mm256_min_epu8 | _mm256_min_epu16 | _mm256_min_epu32(self.raw(), last));
            let control = by_width!(U: _mm256_cmpeq_epi8 | _mm256_cmpeq_epi16 | _mm256_cmpeq_epi32(least, self.raw()));
            // From 0x10 on, this sets the bit that makes the shuffle give 0.
            let places = _mm256_add_epi8(self.raw(), _mm256_set1_epi8(0x70));
            let letters = _mm256_shuffle_epi8(both(&LETTERS), places);
            Self::from_raw(_mm256_blendv_epi8(self.raw(), letters, control))
        }
    }

    /// 8 bytes become up to 16 by one shuffle, whose second source is the backslash.
    #[inline(always)]
    unsafe fn expand(self, bits: u64, dst: *mut U) {
        let lanes = 8 / U::BYTES;
        // SAFETY: the i-th store begins after the texts of `i` groups of lanes and ends at most a
        // group after the texts of the next one; the tables have an entry for each set of lanes.
        unsafe {
            let backslashes = _mm256_castsi256_si128(self.splat(b'\\'.into()));
            let halves =
                [_mm256_castsi256_si128(self.raw()), _mm256_extracti128_si256::<1>(self.raw())];
            for i in 0..4 {
                let group = if i % 2 == 0 {
                    _mm_unpacklo_epi64(halves[i / 2], backslashes)
                } else {
                    _mm_unpackhi_epi64(halves[i / 2], backslashes)
                };
                let set = (bits >> (i * lanes)) as usize;
                let places = match U::BYTES {
                    1 => &table::EXPANSIONS_1[set % 256],
                    2 => &table::EXPANSIONS_2[set % 16],
                    _ => &table::EXPANSIONS_4[set % 4],
                };
                let texts = _mm_shuffle_epi8(group, _mm_loadu_si128(places.as_ptr().cast()));
                let before = (bits & Self::first(i * lanes)).count_ones() as usize;
                _mm_storeu_si128(dst.add(i * lanes + before).cast(), texts);
            }
        }
    }

    #[inline(always)]
    unsafe fn write_hex_escapes<S: Unit>(src: *const S, mut dst: *mut u8) -> Option<*mut u8> {
        // SAFETY: LANES units are S::BYTES vectors; each is written after it is tested, 6 bytes for
        // each 16 bits.
        unsafe {
            let src = src.cast::<__m256i>();
            for i in 0..S::BYTES {
                let v = _mm256_loadu_si256(src.add(i));
                match S::BYTES {
                    1 => {
                        if _mm256_movemask_epi8(v) != -1 {
                            return None;
                        }
                        dst = write_hex(_mm256_cvtepu8_epi16(_mm256_castsi256_si128(v)), dst);
                        dst =
                            write_hex(_mm256_cvtepu8_epi16(_mm256_extracti128_si256::<1>(v)), dst);
                    }
                    2 => {
                        let least = _mm256_max_epu16(v, _mm256_set1_epi16(0x80));
                        if _mm256_movemask_epi8(_mm256_cmpeq_epi16(least, v)) != -1 {
                            return None;
                        }
                        dst = write_hex(v, dst);
                    }
                    _ if i % 2 == 0 => {
                        let pair = [v, _mm256_loadu_si256(src.add(i + 1))];
                        if all_within::<0x10000, 0x10ffff>(pair) {
                            dst = write_hex(surrogates(pair[0]), dst);
                            dst = write_hex(surrogates(pair[1]), dst);
                        } else if all_within::<0x80, 0xffff>(pair) {
                            let units = _mm256_packus_epi32(pair[0], pair[1]);
                            dst = write_hex(_mm256_permute4x64_epi64::<0b11_01_10_00>(units), dst);
                        } else {
                            return None;
                        }
                    }
                    _ => {}
                }
            }
        }
        Some(dst)
    }
}

/// Whether all 4-byte units of both vectors are in this range.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
unsafe fn all_within<const FIRST: i32, const LAST: i32>(pair: [__m256i; 2]) -> bool {
    // SAFETY: the caller's promise. Less the first, as unsigned numbers, those before it are above all.
    unsafe {
        let first = _mm256_set1_epi32(FIRST);
        let [v, w] = [_mm256_sub_epi32(pair[0], first), _mm256_sub_epi32(pair[1], first)];
        let last = _mm256_set1_epi32(LAST - FIRST);
        let greatest = _mm256_max_epu32(_mm256_max_epu32(v, w), last);
        _mm256_movemask_epi8(_mm256_cmpeq_epi32(greatest, last)) == -1
    }
}

/// 4-byte units from 0x10000 to 0x10ffff as surrogate pairs.
///
/// # Safety
/// The CPU must have AVX2.
#[inline(always)]
unsafe fn surrogates(units: __m256i) -> __m256i {
    // SAFETY: the caller's promise.
    unsafe {
        let v = _mm256_sub_epi32(units, _mm256_set1_epi32(0x10000));
        let low = _mm256_slli_epi32::<16>(_mm256_and_si256(v, _mm256_set1_epi32(0x3ff)));
        let pairs = _mm256_or_si256(_mm256_srli_epi32::<10>(v), low);
        _mm256_or_si256(pairs, _mm256_set1_epi32(0xdc00_d800_u32 as i32))
    }
}
