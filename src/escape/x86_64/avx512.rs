//! 64-byte vectors of AVX-512 with VBMI and VBMI2 (Ice Lake, Zen 4 and later): ends of strings by
//! masks, escapes by expansion and compression.
//!
//! Clean strings of up to 128 bytes are copied as AVX2 copies them: masked accesses of 64 bytes wait
//! for stores to the bytes that they leave out, which may be the object next to a short string.

use core::arch::x86_64::*;

use super::avx2::Avx2;
use super::sse2::Sse2;
use crate::escape::classify::{Classify, has_letter_escape};
use crate::escape::instantiate::{instantiate, outlined};
use crate::escape::kernel::{self, EscapeVector};
use crate::escape::rest;
use crate::escape::table::{HEX_DIGITS, LETTERS, QUOTE_BACKSLASH_DELETE};
use crate::escape::unit::{Form, Unit};
pub use crate::vector::Avx512;
use crate::vector::{Lanes, Mask, Vector, load_masked};

// SAFETY, throughout: a value of the vector type proves that the CPU has its features, see src/vector.

/// A function compiled for this backend's features.
macro_rules! with_features {
    ($($function:item)*) => {$(
        #[target_feature(
            enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi1,bmi2,popcnt"
        )]
        $function
    )*};
}

instantiate!(with_features, Avx512);

/// 16 bytes in each quarter of a vector.
///
/// # Safety
/// The CPU must have the backend's features.
#[inline(always)]
unsafe fn quarters(bytes: &[u8; 16]) -> __m512i {
    // SAFETY: the caller's promise.
    unsafe { _mm512_broadcast_i32x4(_mm_loadu_si128(bytes.as_ptr().cast())) }
}

impl<U: Unit> Classify for Avx512<U> {
    const SHUFFLES: bool = true;

    #[inline(always)]
    fn is_quote_backslash_or_delete(self) -> Lanes {
        // SAFETY: see above. The shuffle finds the code that has the low four bits of a lane.
        Lanes(unsafe {
            let found = _mm512_shuffle_epi8(quarters(&QUOTE_BACKSLASH_DELETE), self.raw());
            _mm512_cmpeq_epi8_mask(self.raw(), found)
        })
    }
}

impl<U: Unit> EscapeVector for Avx512<U> {
    type Short = Sse2<U>;
    type Copier = Avx2<U>;
    const EXPANDS: bool = true;
    const EXPAND_SLOP: usize = Self::LANES / 2;
    const HEX_SLOP: usize = 16;
    const MIXES: bool = true;
    const MIX_SLOP: usize = 64;

    outlined!();

    #[inline(always)]
    unsafe fn load_last<S: Unit>(end: *const S, n: usize) -> Option<Self> {
        let bits = Lanes::first(n);
        let lanes = 64 / S::BYTES;
        // SAFETY: the masks have no more than the `n` units; what lies after them is not read.
        unsafe {
            let src = end.sub(n);
            let mut v = [load_masked::<S>(src, bits); 4];
            for i in 1..S::BYTES / U::BYTES {
                v[i] = load_masked::<S>(src.wrapping_add(i * lanes), bits >> (i * lanes));
            }
            Some(Self::narrow::<S>(v))
        }
    }

    #[inline(always)]
    fn letters(self) -> Self {
        let last = self.splat(0x1f);
        // SAFETY: see above.
        unsafe {
            // From 0x10 on, this sets the bit that makes the shuffle give 0.
            let places = _mm512_add_epi8(self.raw(), _mm512_set1_epi8(0x70));
            let letters = _mm512_shuffle_epi8(quarters(&LETTERS), places);
            Self::from_raw(match U::BYTES {
                1 => _mm512_mask_mov_epi8(
                    self.raw(),
                    _mm512_cmple_epu8_mask(self.raw(), last),
                    letters,
                ),
                2 => _mm512_mask_mov_epi16(
                    self.raw(),
                    _mm512_cmple_epu16_mask(self.raw(), last),
                    letters,
                ),
                _ => _mm512_mask_mov_epi32(
                    self.raw(),
                    _mm512_cmple_epu32_mask(self.raw(), last),
                    letters,
                ),
            })
        }
    }

    /// Half a vector becomes at most a whole one: its lanes go to the places between backslashes.
    #[inline(always)]
    unsafe fn expand(self, mut bits: u64, mut dst: *mut U) {
        /// Each lane's place, after that of its backslash.
        const LANES: u64 = 0xaaaa_aaaa_aaaa_aaaa;
        let half = Self::LANES / 2;
        let backslashes = self.splat(b'\\'.into());
        let mut v = self.raw();
        // SAFETY: the second store begins after the texts of the first half of the lanes, and ends
        // half a vector after those of the second at most.
        unsafe {
            for _ in 0..2 {
                let set = bits & Lanes::first(half);
                let places = _pext_u64(LANES, LANES | _pdep_u64(set, !LANES));
                let texts = match U::BYTES {
                    1 => _mm512_mask_expand_epi8(backslashes, places, v),
                    2 => _mm512_mask_expand_epi16(backslashes, places as u32, v),
                    _ => _mm512_mask_expand_epi32(backslashes, places as u16, v),
                };
                _mm512_storeu_si512(dst.cast(), texts);
                dst = dst.add(half + set.count_ones() as usize);
                v = _mm512_castsi256_si512(_mm512_extracti64x4_epi64::<1>(v));
                bits >>= half;
            }
        }
    }

    #[inline(always)]
    unsafe fn write_hex_escapes<S: Unit>(src: *const S, mut dst: *mut u8) -> Option<*mut u8> {
        // SAFETY: LANES units are S::BYTES vectors; each is written after it is tested.
        unsafe {
            let src = src.cast::<__m512i>();
            for i in 0..S::BYTES {
                let v = _mm512_loadu_si512(src.add(i));
                match S::BYTES {
                    1 => {
                        if _mm512_movepi8_mask(v) != u64::MAX {
                            return None;
                        }
                        for half in Avx512::<u8>::from_raw(v).widen() {
                            dst = half.write_hex(dst);
                        }
                    }
                    2 => {
                        if _mm512_cmplt_epu16_mask(v, _mm512_set1_epi16(0x80)) != 0 {
                            return None;
                        }
                        dst = Avx512::<u16>::from_raw(v).write_hex(dst);
                    }
                    _ if i % 2 == 0 => {
                        let pair = [
                            Avx512::<u32>::from_raw(v),
                            Avx512::from_raw(_mm512_loadu_si512(src.add(i + 1))),
                        ];
                        if within::<0x10000, 0x10ffff>(pair) {
                            dst = pair[0].surrogates().write_hex(dst);
                            dst = pair[1].surrogates().write_hex(dst);
                        } else if within::<0x80, 0xffff>(pair) {
                            dst = Avx512::bmp(pair).write_hex(dst);
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

    #[inline(always)]
    unsafe fn write_mixed<S: Unit, const ASCII: bool>(
        src: *const S,
        n: usize,
        dst: *mut u8,
    ) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { write_mixed::<S, ASCII>(src, n, dst) }
    }
}

with_features! {
/// See [`EscapeVector::write_mixed`].
///
/// # Safety
/// As there.
#[cold] // and so not inlined
unsafe fn write_mixed<S: Unit, const ASCII: bool>(src: *const S, n: usize, mut dst: *mut u8) -> *mut u8 {
    let lanes = 64 / S::BYTES;
    let mut at = 0;
    // SAFETY: the masks have those of the `n` units that are in the vector at `at`, or in the next one.
    unsafe {
        while at < n {
            let left = n - at;
            let v = load_masked::<S>(src.add(at), Lanes::first(left.min(lanes)));
            at += lanes;
            dst = match S::BYTES {
                1 => {
                    let [front, back] = Avx512::<u8>::from_raw(v).widen();
                    dst = front.write_texts::<ASCII>(left.min(32), dst);
                    back.write_texts::<ASCII>(left.saturating_sub(32), dst)
                }
                2 => Avx512::<u16>::from_raw(v).write_texts::<ASCII>(left.min(32), dst),
                _ => {
                    let mut pair = [Avx512::<u32>::from_raw(v), Avx512::from_raw(_mm512_setzero_si512())];
                    if left > 16 {
                        let bits = Lanes::first((left - 16).min(16));
                        pair[1] = Avx512::from_raw(load_masked::<S>(src.add(at), bits));
                    }
                    if within::<0, 0xffff>(pair) {
                        at += lanes;
                        Avx512::bmp(pair).write_texts::<ASCII>(left.min(32), dst)
                    } else {
                        let (utf16, n) = pair[0].utf16(left.min(16));
                        utf16.write_texts::<ASCII>(n, dst)
                    }
                }
            };
        }
    }
    dst
}
}

impl Avx512<u8> {
    /// The lanes as 2-byte units.
    #[inline(always)]
    fn widen(self) -> [Avx512<u16>; 2] {
        // SAFETY: see above.
        unsafe {
            [
                Avx512::from_raw(_mm512_cvtepu8_epi16(_mm512_castsi512_si256(self.raw()))),
                Avx512::from_raw(_mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64::<1>(self.raw()))),
            ]
        }
    }
}

/// Whether all lanes of both vectors are `FIRST` to `LAST`.
#[inline(always)]
fn within<const FIRST: i32, const LAST: i32>(pair: [Avx512<u32>; 2]) -> bool {
    pair[0].within::<FIRST, LAST>() & pair[1].within::<FIRST, LAST>() == u16::MAX
}

impl Avx512<u32> {
    /// The lanes of `FIRST` to `LAST`.
    #[inline(always)]
    fn within<const FIRST: i32, const LAST: i32>(self) -> u16 {
        // SAFETY: see above.
        unsafe {
            let v = _mm512_sub_epi32(self.raw(), _mm512_set1_epi32(FIRST));
            _mm512_cmple_epu32_mask(v, _mm512_set1_epi32(LAST - FIRST))
        }
    }

    /// The lanes of two vectors, none above U+FFFF, as 2-byte units.
    #[inline(always)]
    fn bmp(pair: [Self; 2]) -> Avx512<u16> {
        // SAFETY: see above.
        unsafe {
            let front = _mm512_castsi256_si512(_mm512_cvtepi32_epi16(pair[0].raw()));
            Avx512::from_raw(_mm512_inserti64x4::<1>(front, _mm512_cvtepi32_epi16(pair[1].raw())))
        }
    }

    /// The surrogate pairs of lanes above U+FFFF.
    #[inline(always)]
    fn surrogates(self) -> Avx512<u16> {
        // SAFETY: see above.
        unsafe {
            let high =
                _mm512_add_epi32(_mm512_srli_epi32::<10>(self.raw()), _mm512_set1_epi32(0xd7c0));
            let low = _mm512_and_si512(self.raw(), _mm512_set1_epi32(0x3ff));
            let low = _mm512_or_si512(low, _mm512_set1_epi32(0xdc00));
            Avx512::from_raw(_mm512_or_si512(high, _mm512_slli_epi32::<16>(low)))
        }
    }

    /// The first `n` lanes as UTF-16, and the number of its units; U+FFFD for a lane above U+10FFFF.
    #[inline(always)]
    fn utf16(self, n: usize) -> (Avx512<u16>, usize) {
        let pairs = self.within::<0x10000, 0x10ffff>();
        // SAFETY: see above.
        unsafe {
            let beyond = _mm512_cmpgt_epu32_mask(self.raw(), _mm512_set1_epi32(0x10ffff));
            let v = _mm512_mask_mov_epi32(self.raw(), beyond, _mm512_set1_epi32(0xfffd));
            let v = _mm512_mask_mov_epi32(v, pairs, self.surrogates().raw());
            let units = (0x5555_5555 | _pdep_u64(pairs.into(), 0xaaaa_aaaa)) & Lanes::first(2 * n);
            let utf16 = _mm512_maskz_compress_epi16(units as u32, v);
            (Avx512::from_raw(utf16), units.count_ones() as usize)
        }
    }
}

/// The lowest bit of each of 8 bytes.
const BYTES: u64 = 0x0101_0101_0101_0101;

/// Eight `\uxxxx` in a row, without the digits.
const HEX_ESCAPES: [u8; 64] = {
    let mut escapes = [0; 64];
    let mut i = 0;
    while i < 48 {
        escapes[i] = b"\\u\0\0\0\0"[i % 6];
        i += 1;
    }
    escapes
};

/// The places of the digits in the eight escapes.
const HEX_DIGIT_PLACES: u64 = (0x3c * 0x0410_4104_1041) & 0xffff_ffff_ffff;

/// Each 8 bytes of the eight escapes are made of two units: the place of the first of them.
const fn first_unit(eight_bytes: usize) -> usize {
    if eight_bytes < 6 { 8 * eight_bytes / 6 } else { 0 }
}

/// For each byte of the eight escapes that is a digit, the place of its bits in the two units.
const HEX_DIGIT_BITS: [u8; 64] = {
    let mut bits = [0; 64];
    let mut i = 0;
    while i < 48 {
        if i % 6 >= 2 {
            bits[i] = (16 * (i / 6 - first_unit(i / 8)) + 4 * (5 - i % 6)) as u8;
        }
        i += 1;
    }
    bits
};

/// The places of the two units of each 8 bytes.
const UNIT_PLACES: [u16; 32] = {
    let mut places = [0; 32];
    let mut i = 0;
    while i < 8 {
        places[4 * i] = first_unit(i) as u16;
        places[4 * i + 1] = first_unit(i) as u16 + 1;
        i += 1;
    }
    places
};

/// 64 bytes of a constant.
///
/// # Safety
/// The CPU must have the backend's features.
#[inline(always)]
unsafe fn load<T, const N: usize>(constant: &[T; N]) -> __m512i {
    const { assert!(N * size_of::<T>() == 64) };
    // SAFETY: the array has 64 bytes.
    unsafe { _mm512_loadu_si512(constant.as_ptr().cast()) }
}

impl Avx512<u16> {
    /// Writes the lanes as `\uxxxx` and returns the end.
    ///
    /// # Safety
    /// `dst` must be writable for 208 bytes. The result has 192.
    #[inline(always)]
    unsafe fn write_hex(self, mut dst: *mut u8) -> *mut u8 {
        // SAFETY: each of the four stores is 64 bytes for a result of 48.
        unsafe {
            for i in [0, 8, 16, 24] {
                let places = _mm512_add_epi16(load(&UNIT_PLACES), _mm512_set1_epi16(i));
                let twos = _mm512_permutexvar_epi16(places, self.raw());
                let digits = _mm512_multishift_epi64_epi8(load(&HEX_DIGIT_BITS), twos);
                // Permuting by six bits of the index finds the same digit four times.
                let texts = _mm512_mask_permutexvar_epi8(
                    load(&HEX_ESCAPES),
                    HEX_DIGIT_PLACES,
                    digits,
                    quarters(HEX_DIGITS),
                );
                _mm512_storeu_si512(dst.cast(), texts);
                dst = dst.add(48);
            }
        }
        dst
    }

    /// Writes the texts of the first `n` lanes, in the ASCII form or those of bytes in the Unicode
    /// form, and returns the end. Eight lanes at a time are brought into eight bytes each, and the
    /// bytes of their texts are compressed.
    ///
    /// # Safety
    /// `dst` must be writable for the texts and 64 bytes more.
    #[inline(always)]
    unsafe fn write_texts<const ASCII: bool>(self, n: usize, mut dst: *mut u8) -> *mut u8 {
        // SAFETY: each store begins where texts end, and has 64 bytes.
        unsafe {
            let printable = _mm512_set1_epi16(if ASCII { 0x7f - 0x20 } else { 0x100 - 0x20 });
            let escaped = _mm512_cmpge_epu16_mask(
                _mm512_sub_epi16(self.raw(), _mm512_set1_epi16(0x20)),
                printable,
            ) | (self.eq(b'"'.into()).0 | self.eq(b'\\'.into()).0) as u32;
            let letter = has_letter_escape(self).0 as u32;
            let hex = escaped & !letter;
            // Only controls with a letter: the others are needed for their digits.
            let control = _mm512_mask_cmplt_epu16_mask(letter, self.raw(), _mm512_set1_epi16(0x20));
            // From 0x10 on, this sets the bit that makes the shuffle give 0.
            let places = _mm512_add_epi8(self.raw(), _mm512_set1_epi8(0x70));
            let letters = _mm512_shuffle_epi8(quarters(&LETTERS), places);
            let v = _mm512_mask_mov_epi16(self.raw(), control, letters);
            let eights = [
                _mm512_castsi512_si128(v),
                _mm512_extracti32x4_epi32::<1>(v),
                _mm512_extracti32x4_epi32::<2>(v),
                _mm512_extracti32x4_epi32::<3>(v),
            ];
            let backslash = _mm512_set1_epi64(b'\\'.into());
            let digit_bits = _mm512_set1_epi64(i64::from_le_bytes([0, 0, 12, 8, 4, 0, 0, 0]));
            let prefix = _mm512_set1_epi64(i64::from_le_bytes(*b"\\u\0\0\0\0\0\0"));
            for i in (0..n).step_by(8) {
                let escaped = (escaped >> i) as u8;
                let hex = (hex >> i) as u8;
                let unit = _mm512_cvtepu16_epi64(eights[i / 8]);
                let digits = _mm512_multishift_epi64_epi8(digit_bits, unit);
                let hex_text = _mm512_mask_permutexvar_epi8(
                    prefix,
                    0x3c * BYTES,
                    digits,
                    quarters(HEX_DIGITS),
                );
                let after = _mm512_slli_epi64::<8>(unit);
                let text = _mm512_mask_or_epi64(unit, escaped, after, backslash);
                let text = _mm512_mask_mov_epi64(text, hex, hex_text);
                let wanted = BYTES
                    + (_pdep_u64(escaped.into(), BYTES) << 1)
                    + _pdep_u64(hex.into(), BYTES) * 0x3c;
                let wanted = wanted & Lanes::first((8 * (n - i)).min(64));
                _mm512_storeu_si512(dst.cast(), _mm512_maskz_compress_epi8(wanted, text));
                dst = dst.add(wanted.count_ones() as usize);
            }
        }
        dst
    }
}
