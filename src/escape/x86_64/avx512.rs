//! 64-byte vectors of AVX-512 with VBMI and VBMI2 (Ice Lake, Zen 4 and later): strings and tails
//! shorter than a vector by masks, escapes by expansion and compression.

use core::arch::x86_64::*;
use core::marker::PhantomData;

use super::avx2::Avx2;
use super::sse2::Sse2;
use crate::escape::classify::{extra_units, has_letter_escape, needs_escape};
use crate::escape::kernel::{self, Kernel, instantiate};
use crate::escape::scalar::{self, close, open};
use crate::escape::short;
use crate::escape::table::HEX_DIGITS;
use crate::escape::unit::{Ascii, Form, Unit};
use crate::escape::vector::{Mask, Vector};

/// A function compiled for this backend's features.
macro_rules! with_features {
    ($($function:item)*) => {$(
        #[target_feature(
            enable = "avx512f,avx512bw,avx512vl,avx512vbmi,avx512vbmi2,avx2,bmi1,bmi2,popcnt"
        )]
        $function
    )*};
}

instantiate!(with_features);

/// A vector of units.
#[derive(Clone, Copy)]
pub struct Avx512<U>(__m512i, PhantomData<U>);

/// A mask register: one bit per lane.
#[derive(Clone, Copy)]
pub struct Lanes(u64);

impl Lanes {
    /// The first `n` lanes.
    ///
    /// # Safety
    /// The CPU must have BMI2.
    #[inline(always)]
    unsafe fn first(n: usize) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { _bzhi_u64(u64::MAX, n as u32) })
    }

    #[inline(always)]
    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Mask for Lanes {
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline(always)]
    fn and_not(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[inline(always)]
    fn any(self) -> bool {
        self.0 != 0
    }

    #[inline(always)]
    fn bits(self) -> u64 {
        self.0
    }

    #[inline(always)]
    fn count(self) -> u64 {
        self.0.count_ones().into()
    }
}

/// The letters of the escapes of 0x08..=0x0d, each at the index of its code.
const LETTERS: [u8; 16] = *b"\0\0\0\0\0\0\0\0btn\0fr\0\0";

/// The lowest byte of each qword.
const BYTES: u64 = 0x0101_0101_0101_0101;

/// Eight `\uxxxx` in a row with zeros for the digits.
const HEX_ESCAPES: [u8; 64] = {
    let mut escapes = [0; 64];
    let mut i = 0;
    while i < 48 {
        escapes[i] = b"\\u\0\0\0\0"[i % 6];
        i += 1;
    }
    escapes
};

/// The bytes of the eight escapes that are digits.
const DIGITS: u64 = (0x3c * 0x0410_4104_1041) & 0xffff_ffff_ffff;

/// The first of the two units of which the digits of a qword of the eight escapes are made.
const fn first_unit(qword: usize) -> usize {
    if qword < 6 { 8 * qword / 6 } else { 0 }
}

/// The lowest bit of each digit of the eight escapes within its qword's two units.
const DIGIT_BITS: [u8; 64] = {
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

/// The indices of the two units of each qword, among units of 1 or 2 bytes.
const UNIT_BYTES: [u8; 64] = {
    let mut places = [0; 64];
    let mut i = 0;
    while i < 8 {
        places[8 * i] = first_unit(i) as u8;
        places[8 * i + 2] = first_unit(i) as u8 + 1;
        i += 1;
    }
    places
};
const UNIT_WORDS: [u16; 32] = {
    let mut places = [0; 32];
    let mut i = 0;
    while i < 8 {
        places[4 * i] = first_unit(i) as u16;
        places[4 * i + 1] = first_unit(i) as u16 + 1;
        i += 1;
    }
    places
};

// SAFETY, throughout: a value proves the features that this backend is compiled for.
impl<U: Unit> Avx512<U> {
    /// Of a result of AVX-512's instructions.
    #[inline(always)]
    fn new(v: __m512i) -> Self {
        Self(v, PhantomData)
    }

    #[inline(always)]
    fn splat(self, code: u32) -> __m512i {
        // SAFETY: see above.
        unsafe { by_width!(U: _mm512_set1_epi8 | _mm512_set1_epi16 | _mm512_set1_epi32(code as _)) }
    }

    /// The lanes where a < b, unsigned.
    #[inline(always)]
    fn less(a: __m512i, b: __m512i) -> Lanes {
        // SAFETY: see above.
        Lanes(unsafe {
            match U::BYTES {
                1 => _mm512_cmplt_epu8_mask(a, b),
                2 => _mm512_cmplt_epu16_mask(a, b).into(),
                _ => _mm512_cmplt_epu32_mask(a, b).into(),
            }
        })
    }

    /// The units of the `lanes`, zero elsewhere.
    ///
    /// # Safety
    /// `src` must be readable for the units of the `lanes`.
    #[inline(always)]
    unsafe fn load_masked(lanes: Lanes, src: *const U) -> Self {
        // SAFETY: lanes outside the mask are not read.
        Self::new(unsafe {
            match U::BYTES {
                1 => _mm512_maskz_loadu_epi8(lanes.0, src.cast()),
                2 => _mm512_maskz_loadu_epi16(lanes.0 as _, src.cast()),
                _ => _mm512_maskz_loadu_epi32(lanes.0 as _, src.cast()),
            }
        })
    }

    /// Stores the units of the `lanes`.
    ///
    /// # Safety
    /// `dst` must be writable for the units of the `lanes`.
    #[inline(always)]
    unsafe fn store_masked(self, lanes: Lanes, dst: *mut U) {
        // SAFETY: lanes outside the mask are not written.
        unsafe {
            match U::BYTES {
                1 => _mm512_mask_storeu_epi8(dst.cast(), lanes.0, self.0),
                2 => _mm512_mask_storeu_epi16(dst.cast(), lanes.0 as _, self.0),
                _ => _mm512_mask_storeu_epi32(dst.cast(), lanes.0 as _, self.0),
            }
        }
    }

    /// `other` in the `lanes`.
    #[inline(always)]
    fn blend(self, lanes: Lanes, other: __m512i) -> Self {
        // SAFETY: see above.
        Self::new(unsafe {
            match U::BYTES {
                1 => _mm512_mask_mov_epi8(self.0, lanes.0, other),
                2 => _mm512_mask_mov_epi16(self.0, lanes.0 as _, other),
                _ => _mm512_mask_mov_epi32(self.0, lanes.0 as _, other),
            }
        })
    }

    /// The first units in the `lanes`, in order, and `code` elsewhere.
    #[inline(always)]
    fn expand(self, lanes: Lanes, code: u32) -> Self {
        let others = self.splat(code);
        // SAFETY: see above.
        Self::new(unsafe {
            match U::BYTES {
                1 => _mm512_mask_expand_epi8(others, lanes.0, self.0),
                2 => _mm512_mask_expand_epi16(others, lanes.0 as _, self.0),
                _ => _mm512_mask_expand_epi32(others, lanes.0 as _, self.0),
            }
        })
    }

    /// The first `len` <= `LANES` units, and those of them that need an escape.
    ///
    /// # Safety
    /// `src` must be readable for `len` units.
    #[inline(always)]
    unsafe fn load_first<F: Form<U>>(src: *const U, len: usize) -> (Self, Lanes) {
        // SAFETY: the caller's promise.
        let (first, v) = unsafe { (Lanes::first(len), Self::load_masked(Lanes::first(len), src)) };
        (v, needs_escape::<_, F>(v).and(first))
    }

    /// The letter of each of the `lanes` that have a letter escape.
    #[inline(always)]
    fn letters(self, lanes: Lanes) -> Self {
        // SAFETY: the table has 16 bytes.
        unsafe {
            let table = _mm512_broadcast_i32x4(_mm_loadu_si128(LETTERS.as_ptr().cast()));
            self.blend(lanes.and(self.lt(0x20)), _mm512_shuffle_epi8(table, self.0))
        }
    }

    /// The low byte of each unit, packed.
    #[inline(always)]
    fn bytes(self) -> __m512i {
        // SAFETY: see above.
        unsafe {
            match U::BYTES {
                1 => self.0,
                2 => _mm512_castsi256_si512(_mm512_cvtepi16_epi8(self.0)),
                _ => _mm512_castsi128_si512(_mm512_cvtepi32_epi8(self.0)),
            }
        }
    }

    /// The surrogate pairs of characters above U+FFFF.
    #[inline(always)]
    fn pairs(self) -> __m512i {
        // SAFETY: see above.
        unsafe {
            let high = _mm512_add_epi32(_mm512_srli_epi32::<10>(self.0), self.splat(0xd7c0));
            let low = _mm512_and_si512(self.0, _mm512_set1_epi32(0x3ff));
            let low = _mm512_or_si512(low, _mm512_set1_epi32(0xdc00));
            _mm512_or_si512(high, _mm512_slli_epi32::<16>(low))
        }
    }

    /// The two units of each qword of the escapes of the eight units from unit `i` on, as 16 bits
    /// each. Units have 1 or 2 bytes.
    #[inline(always)]
    fn two_per_qword(self, i: usize) -> __m512i {
        // SAFETY: see above.
        unsafe {
            if U::BYTES == 1 {
                let indices = _mm512_add_epi8(constant(&UNIT_BYTES), _mm512_set1_epi8(i as i8));
                _mm512_maskz_permutexvar_epi8(0x05 * BYTES, indices, self.0)
            } else {
                let indices = _mm512_add_epi16(constant(&UNIT_WORDS), _mm512_set1_epi16(i as i16));
                _mm512_permutexvar_epi16(indices, self.0)
            }
        }
    }

    /// Writes the units, of 1 or 2 bytes, as `\uxxxx` and returns the end.
    ///
    /// # Safety
    /// `dst` must be writable for the texts and 16 bytes more.
    #[inline(always)]
    unsafe fn write_hex_texts(self, mut dst: *mut u8) -> *mut u8 {
        // SAFETY: each store of 64 bytes begins with 48 bytes of text.
        unsafe {
            for i in (0..Self::LANES).step_by(8) {
                let units = self.two_per_qword(i);
                let digits = _mm512_multishift_epi64_epi8(constant(&DIGIT_BITS), units);
                let hex = _mm512_broadcast_i32x4(_mm_loadu_si128(HEX_DIGITS.as_ptr().cast()));
                // `hex` repeats the digits four times, so the upper two bits of an index do not count.
                let out = _mm512_mask_permutexvar_epi8(constant(&HEX_ESCAPES), DIGITS, digits, hex);
                _mm512_storeu_si512(dst.cast(), out);
                dst = dst.add(48);
            }
        }
        dst
    }

    /// The first `len` units, of 4 bytes, as UTF-16 and their number there; U+FFFD for a unit above
    /// U+10FFFF.
    #[inline(always)]
    fn utf16(self, len: usize) -> (Avx512<u16>, usize) {
        // SAFETY: see above.
        unsafe {
            let beyond = self.ge(0x110000);
            let v = self.blend(beyond, self.splat(0xfffd));
            let pairs = self.ge(0x10000).and_not(beyond);
            let v = v.blend(pairs, v.pairs());
            let units = (0x5555_5555 | _pdep_u64(pairs.0, 0xaaaa_aaaa)) & Lanes::first(2 * len).0;
            let utf16 = _mm512_maskz_compress_epi16(units as u32, v.0);
            (Avx512::new(utf16), units.count_ones() as usize)
        }
    }
}

with_features! {
/// [`Kernel::write_escapes`]: vectors of nothing but `\uxxxx`, as many as there are, or one vector of
/// any escapes. A few `\uxxxx` take less time one by one.
///
/// # Safety
/// The CPU must have the features; see [`Kernel::write_escapes`].
#[cold] // and so not inlined: `inline(never)` has no effect beside target features
unsafe fn write_escapes<U: Unit, F: Form<U>>(
    src: *const U,
    left: usize,
    mut dst: *mut F::Out,
) -> (usize, *mut F::Out) {
    let mut n = 0;
    // SAFETY: LANES + SLACK units are left for each vector.
    unsafe {
        while F::ASCII && left - n >= Avx512::<U>::LANES + Avx512::<U>::SLACK {
            let v = Avx512::<U>::load(src.add(n));
            dst = if U::BYTES < 4 && !v.lt(0x80).any() {
                v.write_hex_texts(dst.cast()).cast()
            } else if U::BYTES == 4 && !v.lt(0x10000).or(v.ge(0x110000)).any() {
                Avx512::<u16>::new(v.pairs()).write_hex_texts(dst.cast()).cast()
            } else {
                break;
            };
            n += Avx512::<U>::LANES;
        }
        if n > 0 {
            return (n, dst);
        }
        let v = Avx512::<U>::load(src);
        let escaped = needs_escape::<_, F>(v);
        let hex = escaped.and_not(has_letter_escape(v));
        if hex.any() && escaped.count() as usize * 8 <= Avx512::<U>::LANES {
            return kernel::write_escapes::<Avx512<U>, F>(src, left, dst);
        }
        (Avx512::<U>::LANES, write_first::<U, F>(src, Avx512::<U>::LANES, dst, true))
    }
}

/// Writes the texts of the first `len` <= `LANES` units, some of which need an escape, and returns
/// their end.
///
/// # Safety
/// The CPU must have the features; `src` must be readable for `len` units and `dst` writable for
/// their texts, and for 64 units more if `room`.
#[cold] // and so not inlined: `inline(never)` has no effect beside target features
unsafe fn write_first<U: Unit, F: Form<U>>(
    src: *const U,
    len: usize,
    dst: *mut F::Out,
    room: bool,
) -> *mut F::Out {
    // SAFETY: the caller's promise; what is not escaped as `\uxxxx` is ASCII in the ASCII form.
    unsafe {
        let (v, escaped) = Avx512::load_first::<F>(src, len);
        let letter = has_letter_escape(v).and(escaped);
        let hex = escaped.and_not(letter);
        if !hex.any() {
            let letters = v.letters(letter);
            if F::Out::BYTES == U::BYTES {
                expand::<U>(letters, escaped, len, dst.cast(), room).cast()
            } else {
                expand::<u8>(Avx512::new(letters.bytes()), escaped, len, dst.cast(), room).cast()
            }
        } else if F::Out::BYTES > 1 {
            scalar::write_units::<_, F>(src, len, if room { 64 } else { 0 }, dst)
        } else if U::BYTES == 4 {
            let (utf16, len) = v.utf16(len);
            let escaped = needs_escape::<_, Ascii>(utf16).and(Lanes::first(len));
            let letter = has_letter_escape(utf16).and(escaped);
            let letters = utf16.letters(letter);
            compress(&letters, escaped, escaped.and_not(letter), len, dst.cast(), room).cast()
        } else {
            compress(&v.letters(letter), escaped, hex, len, dst.cast(), room).cast()
        }
    }
}

/// Writes `len` units as ASCII: those of `hex` as `\uxxxx`, the others of `escaped` behind a
/// backslash. Eight units at a time are written into eight bytes each, and these bytes compressed
/// to those in use.
///
/// # Safety
/// The units of `hex` must be below 0x10000, the others ASCII; `dst` must be writable for the result,
/// and for 64 bytes more if `room`.
#[cold] // and so not inlined: `inline(never)` has no effect beside target features
unsafe fn compress<U: Unit>(
    units: &Avx512<U>,
    escaped: Lanes,
    hex: Lanes,
    len: usize,
    mut dst: *mut u8,
    room: bool,
) -> *mut u8 {
    let units: *const U = (&raw const *units).cast();
    // SAFETY: eight units at a multiple of eight lie within the vector; the stores are as long as the
    // result, or 64 bytes if `room`.
    unsafe {
        let backslash = _mm512_set1_epi64(b'\\'.into());
        let hex_digits = _mm512_broadcast_i32x4(_mm_loadu_si128(HEX_DIGITS.as_ptr().cast()));
        let digit_bits = _mm512_set1_epi64(i64::from_le_bytes([0, 0, 12, 8, 4, 0, 0, 0]));
        let prefix = _mm512_set1_epi64(i64::from_le_bytes(*b"\\u\0\0\0\0\0\0"));
        let mut i = 0;
        while i < len {
            let escaped = (escaped.0 >> i) as u8;
            let hex = (hex.0 >> i) as u8;
            let eight = units.add(i);
            let unit = match U::BYTES {
                1 => _mm512_cvtepu8_epi64(_mm_loadl_epi64(eight.cast())),
                2 => _mm512_cvtepu16_epi64(_mm_loadu_si128(eight.cast())),
                _ => _mm512_cvtepu32_epi64(_mm256_loadu_si256(eight.cast())),
            };
            let digits = _mm512_multishift_epi64_epi8(digit_bits, unit);
            let hex_escape = _mm512_mask_permutexvar_epi8(prefix, 0x3c * BYTES, digits, hex_digits);
            let shifted = _mm512_slli_epi64::<8>(unit);
            let letter_escape = _mm512_mask_or_epi64(unit, escaped, shifted, backslash);
            let out = _mm512_mask_mov_epi64(letter_escape, hex, hex_escape);

            let all = _bzhi_u64(BYTES, 8 * (len - i).min(8) as u32);
            let used = all
                + (_pdep_u64(escaped.into(), BYTES) << 1)
                + _pdep_u64(hex.into(), BYTES) * 0x3c;
            let out = _mm512_maskz_compress_epi8(used, out);
            let bytes = used.count_ones() as usize;
            if room {
                _mm512_storeu_si512(dst.cast(), out);
            } else {
                _mm512_mask_storeu_epi8(dst.cast(), Lanes::first(bytes).0, out);
            }
            dst = dst.add(bytes);
            i += 8;
        }
    }
    dst
}
}

/// Writes the texts of `len` <= `LANES` units and returns their end.
///
/// # Safety
/// `src` must be readable for `len` units and `dst` writable for their texts.
#[inline(always)]
unsafe fn write_masked<U: Unit, F: Form<U>>(
    src: *const U,
    len: usize,
    dst: *mut F::Out,
) -> *mut F::Out {
    // SAFETY: the caller's promise.
    unsafe {
        let (v, escaped) = Avx512::load_first::<F>(src, len);
        if escaped.any() {
            return write_first::<U, F>(src, len, dst, false);
        }
        if F::Out::BYTES == U::BYTES {
            v.store_masked(Lanes::first(len), dst.cast());
        } else {
            Avx512::<u8>::new(v.bytes()).store_masked(Lanes::first(len), dst.cast());
        }
        dst.add(len)
    }
}

/// A constant of 64 bytes.
///
/// # Safety
/// The CPU must have AVX-512 F.
#[inline(always)]
unsafe fn constant<T, const N: usize>(array: &[T; N]) -> __m512i {
    const { assert!(N * size_of::<T>() == 64) }
    // SAFETY: the array has 64 bytes.
    unsafe { _mm512_loadu_si512(array.as_ptr().cast()) }
}

/// Writes `len` units with a backslash before those of `escaped`. Half a vector becomes at most a
/// whole one: its units are expanded to the lanes between the backslashes.
///
/// # Safety
/// `dst` must be writable for the result, and for 64 units more if `room`.
#[inline(always)]
unsafe fn expand<U: Unit>(
    units: Avx512<U>,
    escaped: Lanes,
    len: usize,
    mut dst: *mut U,
    room: bool,
) -> *mut U {
    /// The lane of each unit, behind the lane of its backslash.
    const UNITS: u64 = 0xaaaa_aaaa_aaaa_aaaa;
    let half = Avx512::<U>::LANES / 2;
    let mut v = units;
    let mut i = 0;
    // SAFETY: the stores are as long as the result, or 64 bytes if `room`.
    unsafe {
        loop {
            let n = (len - i).min(half);
            let escaped = escaped.0 >> i & Lanes::first(n).0;
            let lanes = _pext_u64(UNITS, UNITS | _pdep_u64(escaped, !UNITS));
            let out = v.expand(Lanes(lanes), b'\\'.into());
            let units = n + escaped.count_ones() as usize;
            if room {
                out.store(dst);
            } else {
                out.store_masked(Lanes::first(units), dst);
            }
            dst = dst.add(units);
            i += half;
            if i >= len {
                return dst;
            }
            v = Avx512::new(_mm512_castsi256_si512(_mm512_extracti64x4_epi64::<1>(v.0)));
        }
    }
}

impl<U: Unit> Vector for Avx512<U> {
    type Unit = U;
    type Mask = Lanes;
    const LANES: usize = 64 / U::BYTES;

    #[inline(always)]
    unsafe fn load(src: *const U) -> Self {
        // SAFETY: the caller's promise.
        Self::new(unsafe { _mm512_loadu_si512(src.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, dst: *mut U) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_si512(dst.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn store_bytes(self, dst: *mut u8) {
        // SAFETY: each store is of LANES bytes.
        unsafe {
            match U::BYTES {
                1 => _mm512_storeu_si512(dst.cast(), self.0),
                2 => _mm256_storeu_si256(dst.cast(), _mm512_castsi512_si256(self.bytes())),
                _ => _mm_storeu_si128(dst.cast(), _mm512_castsi512_si128(self.bytes())),
            }
        }
    }

    #[inline(always)]
    fn xor(self, bits: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm512_xor_si512(self.0, self.splat(bits)) })
    }

    #[inline(always)]
    fn eq(self, code: u32) -> Lanes {
        let code = self.splat(code);
        // SAFETY: see above.
        Lanes(unsafe {
            match U::BYTES {
                1 => _mm512_cmpeq_epu8_mask(self.0, code),
                2 => _mm512_cmpeq_epu16_mask(self.0, code).into(),
                _ => _mm512_cmpeq_epu32_mask(self.0, code).into(),
            }
        })
    }

    #[inline(always)]
    fn lt(self, code: u32) -> Lanes {
        Self::less(self.0, self.splat(code))
    }

    #[inline(always)]
    fn ge(self, code: u32) -> Lanes {
        Self::less(self.splat(code - 1), self.0)
    }
}

impl<U: Unit> Kernel for Avx512<U> {
    const GROUP: usize = 1;
    const SLACK: usize = 64;

    // A masked access of 64 bytes waits for earlier stores to the lanes that it leaves out, such as
    // the object next to a short string: so short clean strings are read and written exactly. Units
    // wider than their ASCII form mostly need escapes.
    #[inline(always)]
    unsafe fn size_short<F: Form<U>>(src: *const U, len: usize) -> usize {
        // SAFETY: the caller's promise; AVX-512 implies the features of the narrower vectors.
        unsafe {
            let clean = if len < Sse2::<U>::LANES {
                short::clean::<Sse2<U>, F>(src, len)
            } else if U::BYTES > F::Out::BYTES {
                false
            } else if len < Avx2::<U>::LANES {
                short::ends_clean::<Sse2<U>, F>(src, len)
            } else {
                short::ends_clean::<Avx2<U>, F>(src, len)
            };
            if clean {
                return len + 2;
            }
            if short::are_few::<U>(len) {
                return len + 2 + scalar::few_extra::<_, F>(src, len) as usize;
            }
            len + 2 + Self::extra_of_tail::<F>(src, len) as usize
        }
    }

    #[inline(always)]
    unsafe fn write_short<F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) -> usize {
        // SAFETY: the caller's promise; AVX-512 implies the features of the narrower vectors.
        unsafe {
            let body = open(dst);
            let clean = if len < Sse2::<U>::LANES {
                short::write_clean::<Sse2<U>, F>(src, len, body)
            } else if U::BYTES > F::Out::BYTES {
                false
            } else if len < Avx2::<U>::LANES {
                short::write_ends_clean::<Sse2<U>, F>(src, len, body)
            } else {
                short::write_ends_clean::<Avx2<U>, F>(src, len, body)
            };
            if clean {
                return close(dst, body.add(len));
            }
            if short::are_few::<U>(len) {
                return close(dst, scalar::write_units::<_, F>(src, len, 0, body));
            }
            close(dst, write_masked::<U, F>(src, len, body))
        }
    }

    #[inline(always)]
    unsafe fn extra_of_tail<F: Form<U>>(src: *const U, left: usize) -> u64 {
        // SAFETY: the caller's promise.
        unsafe {
            let (v, escaped) = Self::load_first::<F>(src, left);
            if escaped.any() { extra_units::<_, F>(v, escaped) } else { 0 }
        }
    }

    #[inline(always)]
    unsafe fn write_tail<F: Form<U>>(
        mut src: *const U,
        mut left: usize,
        mut dst: *mut F::Out,
    ) -> *mut F::Out {
        // SAFETY: the caller's promise.
        unsafe {
            while left > Self::LANES {
                dst = write_masked::<U, F>(src, Self::LANES, dst);
                src = src.add(Self::LANES);
                left -= Self::LANES;
            }
            write_masked::<U, F>(src, left, dst)
        }
    }

    #[inline(always)]
    unsafe fn write_escapes<F: Form<U>>(
        src: *const U,
        left: usize,
        dst: *mut F::Out,
    ) -> (usize, *mut F::Out) {
        // SAFETY: the caller's promise.
        unsafe { write_escapes::<U, F>(src, left, dst) }
    }
}
