//! 64-byte vectors of AVX-512 with VBMI and VBMI2 (Ice Lake, Zen 4 and later): strings and tails
//! shorter than a vector by masks, escapes by expansion and compression.

use core::arch::x86_64::*;
use core::marker::PhantomData;

use super::Escape;
use super::avx2::Avx2;
use super::kernel::{self, instantiate};
use super::scalar::{self, close, open};
use super::short;
use super::sse2::Sse2;
use super::unit::{Ascii, Form, Unicode, Unit};
use super::vector::{Hits, Vector};

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

pub const UCS1: Escape<u8> = escape::<Avx512<u8>>();
pub const UCS2: Escape<u16> = escape::<Avx512<u16>>();
pub const UCS4: Escape<u32> = escape::<Avx512<u32>>();

/// A vector of units.
#[derive(Clone, Copy)]
struct Avx512<U: Lanes>(__m512i, PhantomData<U>);

/// A mask register: one bit per lane.
#[derive(Clone, Copy)]
struct Mask(u64);

impl Mask {
    /// The `n` first lanes.
    #[inline(always)]
    fn first(n: usize) -> Self {
        // SAFETY: only called where the features of a vector are enabled.
        Self(unsafe { _bzhi_u64(u64::MAX, n as u32) })
    }
}

impl Hits for Mask {
    #[inline(always)]
    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    #[inline(always)]
    fn but_not(self, other: Self) -> Self {
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

/// The letters of the escapes of 0x08..=0x0d, at their places; a zero at 0.
const LETTERS: [u8; 16] = *b"\0\0\0\0\0\0\0\0btn\0fr\0\0";

const HEX_DIGITS: [u8; 16] = *b"0123456789abcdef";

/// A byte of each qword.
const BYTES: u64 = 0x0101_0101_0101_0101;

/// Eight `\uxxxx` in a row, as far as they are always the same.
const LONG_ESCAPES: [u8; 64] = {
    let mut escapes = [0; 64];
    let mut i = 0;
    while i < 48 {
        escapes[i] = b"\\u\0\0\0\0"[i % 6];
        i += 1;
    }
    escapes
};

/// Where in the eight escapes a digit stands.
const LONG_DIGITS: u64 = (0x3c * 0x0410_4104_1041) & 0xffff_ffff_ffff;

/// Each qword of the eight escapes is made of two units: which is the first of them.
const fn first_unit(qword: usize) -> usize {
    if qword < 6 { 8 * qword / 6 } else { 0 }
}

/// The bits of a qword's two units of which each byte of the eight escapes is a digit.
const LONG_DIGIT_BITS: [u8; 64] = {
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

/// The places of the two units of each qword, among units of 1 or 2 bytes.
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

// SAFETY, here and below: the methods of a vector are called only where its features are enabled.
impl<U: Lanes> Avx512<U> {
    #[inline(always)]
    fn new(v: __m512i) -> Self {
        Self(v, PhantomData)
    }

    /// The first `len` <= `LANES` units, and which of them are escaped.
    ///
    /// # Safety
    /// `src` must be readable for `len` units.
    #[inline(always)]
    unsafe fn load_first<F: Form<U>>(src: *const U, len: usize) -> (Self, Mask) {
        let first = Mask::first(len);
        // SAFETY: masked lanes are not read.
        let v = Self::new(unsafe { U::load_masked(first.0, src) });
        (v, Mask(kernel::special::<_, F>(v).0 & first.0))
    }

    /// The units that become a backslash and a letter as that letter.
    #[inline(always)]
    fn letters(self, short: Mask) -> Self {
        // SAFETY: see above.
        unsafe {
            let table = _mm512_broadcast_i32x4(_mm_loadu_si128(LETTERS.as_ptr().cast()));
            let controls = short.0 & self.lt(0x20).0;
            Self::new(U::blend(controls, self.0, _mm512_shuffle_epi8(table, self.0)))
        }
    }

    /// The lanes narrowed to bytes.
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
            let high = _mm512_add_epi32(_mm512_srli_epi32::<10>(self.0), U::splat512(0xd7c0));
            let low = _mm512_and_si512(self.0, _mm512_set1_epi32(0x3ff));
            let low = _mm512_or_si512(low, _mm512_set1_epi32(0xdc00));
            _mm512_or_si512(high, _mm512_slli_epi32::<16>(low))
        }
    }

    /// Writes the units, of 1 or 2 bytes, as `\uxxxx`, and returns the end of it.
    ///
    /// # Safety
    /// `dst` must be writable for the result and 16 bytes more.
    #[inline(always)]
    unsafe fn write_long_escapes(self, mut dst: *mut u8) -> *mut u8 {
        // SAFETY: see above; as the caller promises.
        unsafe {
            for i in (0..Self::LANES).step_by(8) {
                let digits =
                    _mm512_multishift_epi64_epi8(load(&LONG_DIGIT_BITS), U::twos(self.0, i));
                let hex = _mm512_broadcast_i32x4(_mm_loadu_si128(HEX_DIGITS.as_ptr().cast()));
                // Permuting by six bits of the index finds the same digit four times in `hex`.
                let out =
                    _mm512_mask_permutexvar_epi8(load(&LONG_ESCAPES), LONG_DIGITS, digits, hex);
                _mm512_storeu_si512(dst.cast(), out);
                dst = dst.add(48);
            }
        }
        dst
    }

    /// The first `len` units of a vector of UCS-4 as UTF-16, and how many they are; U+FFFD for what
    /// is no Unicode.
    #[inline(always)]
    fn utf16(self, len: usize) -> (Avx512<u16>, usize) {
        // SAFETY: see above.
        unsafe {
            let beyond = self.ge(0x110000);
            let v = u32::blend(beyond.0, self.0, _mm512_set1_epi32(0xfffd));
            let pairs = self.ge(0x10000).but_not(beyond).0;
            let v = u32::blend(pairs, v, Self::new(v).pairs());
            let units = (0x5555_5555 | _pdep_u64(pairs, 0xaaaa_aaaa)) & Mask::first(2 * len).0;
            let utf16 = _mm512_maskz_compress_epi16(units as u32, v);
            (Avx512::new(utf16), units.count_ones() as usize)
        }
    }
}

with_features! {
/// [`Vector::write_special`], a run of vectors of nothing but `\uxxxx` at once. A few that are
/// `\uxxxx` take less time one by one.
///
/// # Safety
/// As there.
#[cold] // and so not inlined: `inline(never)` has no effect beside target features
unsafe fn write_special<U: Lanes, F: Form<U>>(
    src: *const U,
    left: usize,
    mut dst: *mut F::Out,
) -> (usize, *mut F::Out) {
    let mut n = 0;
    // SAFETY: as the caller promises.
    unsafe {
        while F::ASCII && left - n >= Avx512::<U>::LANES + Avx512::<U>::SLACK {
            let v = Avx512::<U>::load(src.add(n));
            dst = if U::BYTES < 4 && !v.lt(0x80).any() {
                v.write_long_escapes(dst.cast()).cast()
            } else if U::BYTES == 4 && !v.lt(0x10000).or(v.ge(0x110000)).any() {
                Avx512::<u16>::new(v.pairs()).write_long_escapes(dst.cast()).cast()
            } else {
                break;
            };
            n += Avx512::<U>::LANES;
        }
        if n > 0 {
            return (n, dst);
        }
        let v = Avx512::<U>::load(src);
        let special = kernel::special::<_, F>(v);
        let long = special.but_not(kernel::short(v));
        if long.any() && special.count() as usize * 8 <= Avx512::<U>::LANES {
            return kernel::write_special::<Avx512<U>, F>(src, left, dst);
        }
        (Avx512::<U>::LANES, write_first::<U, F>(src, Avx512::<U>::LANES, dst, true))
    }
}

/// Writes the first `len` <= `LANES` units, some of them escaped, and returns the end of them.
///
/// # Safety
/// `src` must be readable for `len` units and `dst` writable for what they become; with `room` for
/// 64 units more.
#[cold] // and so not inlined: `inline(never)` has no effect beside target features
unsafe fn write_first<U: Lanes, F: Form<U>>(
    src: *const U,
    len: usize,
    dst: *mut F::Out,
    room: bool,
) -> *mut F::Out {
    // SAFETY: as the caller promises.
    unsafe {
        let (v, special) = Avx512::load_first::<F>(src, len);
        let short = Mask(kernel::short(v).0 & special.0);
        let long = special.but_not(short);
        if !long.any() {
            let letters = v.letters(short);
            if F::Out::BYTES == U::BYTES {
                expand::<U>(letters.0, special, len, dst.cast(), room).cast()
            } else {
                expand::<u8>(letters.bytes(), special, len, dst.cast(), room).cast()
            }
        } else if F::Out::BYTES > 1 {
            scalar::write_units::<_, F>(src, len, if room { 64 } else { 0 }, dst)
        } else if U::BYTES == 4 {
            let (utf16, len) = v.utf16(len);
            let special = Mask(kernel::special::<_, Ascii>(utf16).0 & Mask::first(len).0);
            let short = Mask(kernel::short(utf16).0 & special.0);
            let letters = utf16.letters(short);
            compress(&letters, special, special.but_not(short), len, dst.cast(), room).cast()
        } else {
            compress(&v.letters(short), special, long, len, dst.cast(), room).cast()
        }
    }
}

/// Writes `len` units as ASCII: the `long` ones as `\uxxxx`, the other `special` ones with a
/// backslash before them. Eight units at a time are brought into eight bytes each, and the bytes
/// that are wanted compressed.
///
/// # Safety
/// The `long` ones must be below 0x10000, the others ASCII; `dst` must be writable for the result,
/// with `room` for 64 bytes more.
#[cold] // and so not inlined: `inline(never)` has no effect beside target features
unsafe fn compress<U: Lanes>(
    units: &Avx512<U>,
    special: Mask,
    long: Mask,
    len: usize,
    mut dst: *mut u8,
    room: bool,
) -> *mut u8 {
    let units: *const U = (&raw const *units).cast();
    // SAFETY: no more than the vector is read; the stores are as long as the caller promises.
    unsafe {
        let backslash = _mm512_set1_epi64(b'\\'.into());
        let hex = _mm512_broadcast_i32x4(_mm_loadu_si128(HEX_DIGITS.as_ptr().cast()));
        let digit_bits = _mm512_set1_epi64(i64::from_le_bytes([0, 0, 12, 8, 4, 0, 0, 0]));
        let prefix = _mm512_set1_epi64(i64::from_le_bytes(*b"\\u\0\0\0\0\0\0"));
        let mut i = 0;
        while i < len {
            let special_lanes = (special.0 >> i) as u8;
            let long_lanes = (long.0 >> i) as u8;
            let unit = U::widen8(units.add(i));
            let digits = _mm512_multishift_epi64_epi8(digit_bits, unit);
            let long_escape = _mm512_mask_permutexvar_epi8(prefix, 0x3c * BYTES, digits, hex);
            let shifted = _mm512_slli_epi64::<8>(unit);
            let short = _mm512_mask_or_epi64(unit, special_lanes, shifted, backslash);
            let out = _mm512_mask_mov_epi64(short, long_lanes, long_escape);

            let all = _bzhi_u64(BYTES, 8 * (len - i).min(8) as u32);
            let wanted = all
                + (_pdep_u64(special_lanes.into(), BYTES) << 1)
                + _pdep_u64(long_lanes.into(), BYTES) * 0x3c;
            let out = _mm512_maskz_compress_epi8(wanted, out);
            let bytes = wanted.count_ones() as usize;
            if room {
                _mm512_storeu_si512(dst.cast(), out);
            } else {
                _mm512_mask_storeu_epi8(dst.cast(), Mask::first(bytes).0, out);
            }
            dst = dst.add(bytes);
            i += 8;
        }
    }
    dst
}
}

/// Writes what `len` <= `LANES` units become and returns the end of it.
///
/// # Safety
/// `src` must be readable for `len` units and `dst` writable for what they become.
#[inline(always)]
unsafe fn write_masked<U: Lanes, F: Form<U>>(
    src: *const U,
    len: usize,
    dst: *mut F::Out,
) -> *mut F::Out {
    // SAFETY: as the caller promises; masked lanes are neither read nor written.
    unsafe {
        let (v, special) = Avx512::load_first::<F>(src, len);
        if special.any() {
            return write_first::<U, F>(src, len, dst, false);
        }
        let first = Mask::first(len).0;
        if F::Out::BYTES == U::BYTES {
            U::store_masked(dst.cast(), first, v.0);
        } else {
            u8::store_masked(dst.cast(), first, v.bytes());
        }
        dst.add(len)
    }
}

/// 64 bytes of a constant.
#[inline(always)]
fn load<T>(constant: &[T]) -> __m512i {
    debug_assert_eq!(size_of_val(constant), 64);
    // SAFETY: see above; all constants that are given to it have 64 bytes.
    unsafe { _mm512_loadu_si512(constant.as_ptr().cast()) }
}

/// Writes `len` units with a backslash before the `special` ones: half a vector becomes at most a
/// whole one, its units expanded to the places between the backslashes.
///
/// # Safety
/// `dst` must be writable for the result, with `room` for 64 units more.
#[inline(always)]
unsafe fn expand<U: Lanes>(
    units: __m512i,
    special: Mask,
    len: usize,
    mut dst: *mut U,
    room: bool,
) -> *mut U {
    /// Each unit's place, behind that of its backslash.
    const UNITS: u64 = 0xaaaa_aaaa_aaaa_aaaa;
    let half = Avx512::<U>::LANES / 2;
    let mut v = units;
    let mut i = 0;
    // SAFETY: see above; the stores are as long as the caller promises.
    unsafe {
        loop {
            let n = (len - i).min(half);
            let special = special.0 >> i & Mask::first(n).0;
            let places = _pext_u64(UNITS, UNITS | _pdep_u64(special, !UNITS));
            let out = Avx512::<U>::new(U::expand(U::splat512(b'\\'.into()), places, v));
            let units = n + special.count_ones() as usize;
            if room {
                out.store(dst);
            } else {
                U::store_masked(dst, Mask::first(units).0, out.0);
            }
            dst = dst.add(units);
            i += half;
            if i >= len {
                return dst;
            }
            v = _mm512_castsi256_si512(_mm512_extracti64x4_epi64::<1>(v));
        }
    }
}

impl<U: Lanes> Vector for Avx512<U> {
    type Unit = U;
    type Hits = Mask;
    const GROUP: usize = 1;
    const LANES: usize = 64 / U::BYTES;
    const SLACK: usize = 64;

    #[inline(always)]
    unsafe fn load(src: *const U) -> Self {
        // SAFETY: as the caller promises.
        Self::new(unsafe { _mm512_loadu_si512(src.cast()) })
    }

    #[inline(always)]
    unsafe fn store(self, dst: *mut U) {
        // SAFETY: as the caller promises.
        unsafe { _mm512_storeu_si512(dst.cast(), self.0) }
    }

    #[inline(always)]
    unsafe fn narrow(self, dst: *mut u8) {
        // SAFETY: LANES bytes are stored.
        unsafe {
            match U::BYTES {
                1 => _mm512_storeu_si512(dst.cast(), self.0),
                2 => _mm256_storeu_si256(dst.cast(), _mm512_castsi512_si256(self.bytes())),
                _ => _mm_storeu_si128(dst.cast(), _mm512_castsi512_si128(self.bytes())),
            }
        }
    }

    #[inline(always)]
    fn flip(self, bits: u32) -> Self {
        // SAFETY: see above.
        Self::new(unsafe { _mm512_xor_si512(self.0, U::splat512(bits)) })
    }

    #[inline(always)]
    fn eq(self, code: u32) -> Mask {
        // SAFETY: see above.
        Mask(unsafe { U::eq512(self.0, U::splat512(code)) })
    }

    #[inline(always)]
    fn lt(self, code: u32) -> Mask {
        // SAFETY: see above.
        Mask(unsafe { U::lt512(self.0, U::splat512(code)) })
    }

    #[inline(always)]
    fn ge(self, code: u32) -> Mask {
        // SAFETY: see above.
        Mask(unsafe { U::lt512(U::splat512(code - 1), self.0) })
    }

    // Masked accesses of 64 bytes wait for stores to what they leave out, such as the object next
    // to a short string: so short strings without escapes are read and written exactly. But what is
    // wider than its ASCII form mostly has something to escape.
    #[inline(always)]
    unsafe fn size_short<F: Form<U>>(src: *const U, len: usize) -> usize {
        // SAFETY: as the caller promises.
        unsafe {
            let clean = if len < Sse2::<U>::LANES {
                short::clean::<Sse2<U>, F>(src, len)
            } else if U::BYTES > F::Out::BYTES {
                false
            } else if len < Avx2::<U>::LANES {
                kernel::ends_clean::<Sse2<U>, F>(src, len)
            } else {
                kernel::ends_clean::<Avx2<U>, F>(src, len)
            };
            if clean {
                return len + 2;
            }
            if short::are_few::<U>(len) {
                return len + 2 + scalar::few_extra::<_, F>(src, len) as usize;
            }
            len + 2 + Self::extra_rest::<F>(src, len) as usize
        }
    }

    #[inline(always)]
    unsafe fn write_short<F: Form<U>>(src: *const U, len: usize, dst: *mut F::Out) -> usize {
        // SAFETY: as the caller promises.
        unsafe {
            let body = open(dst);
            let clean = if len < Sse2::<U>::LANES {
                short::write_clean::<Sse2<U>, F>(src, len, body)
            } else if U::BYTES > F::Out::BYTES {
                false
            } else if len < Avx2::<U>::LANES {
                kernel::write_ends_clean::<Sse2<U>, F>(src, len, body)
            } else {
                kernel::write_ends_clean::<Avx2<U>, F>(src, len, body)
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
    unsafe fn extra_rest<F: Form<U>>(src: *const U, left: usize) -> u64 {
        // SAFETY: as the caller promises.
        unsafe {
            let (v, special) = Self::load_first::<F>(src, left);
            if special.any() { kernel::extra_of::<_, F>(v, special) } else { 0 }
        }
    }

    #[inline(always)]
    unsafe fn write_rest<F: Form<U>>(
        mut src: *const U,
        mut left: usize,
        mut dst: *mut F::Out,
    ) -> *mut F::Out {
        // SAFETY: as the caller promises.
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
    unsafe fn write_special<F: Form<U>>(
        src: *const U,
        left: usize,
        dst: *mut F::Out,
    ) -> (usize, *mut F::Out) {
        // SAFETY: as the caller promises.
        unsafe { write_special::<U, F>(src, left, dst) }
    }
}

/// The instructions that depend on the width of the lanes.
///
/// # Safety
/// All need the features of this backend; masks have one bit per lane.
trait Lanes: super::avx2::Lanes {
    unsafe fn splat512(code: u32) -> __m512i;
    unsafe fn eq512(a: __m512i, b: __m512i) -> u64;
    /// Unsigned a < b.
    unsafe fn lt512(a: __m512i, b: __m512i) -> u64;
    /// Zero where the mask is.
    unsafe fn load_masked(mask: u64, src: *const Self) -> __m512i;
    unsafe fn store_masked(dst: *mut Self, mask: u64, v: __m512i);
    /// `b` where the mask is set.
    unsafe fn blend(mask: u64, a: __m512i, b: __m512i) -> __m512i;
    /// The first lanes of `v` where the mask is set, `a` elsewhere.
    unsafe fn expand(a: __m512i, mask: u64, v: __m512i) -> __m512i;
    /// Eight units as eight qwords.
    unsafe fn widen8(src: *const Self) -> __m512i;
    /// The two units of each qword of the escapes of eight units from unit `i` on, as 16 bits each.
    unsafe fn twos(units: __m512i, i: usize) -> __m512i;
}

macro_rules! lanes {
    (
        $unit:ty, $mask:ty, $splat:ident, $eq:ident, $lt:ident, $load:ident, $store:ident,
        $blend:ident, $expand:ident, |$src:ident| $widen8:expr, |$units:ident, $i:ident| $twos:expr
    ) => {
        impl Lanes for $unit {
            #[inline(always)]
            unsafe fn splat512(code: u32) -> __m512i {
                // SAFETY: as the caller promises.
                unsafe { $splat(code as _) }
            }
            #[inline(always)]
            unsafe fn eq512(a: __m512i, b: __m512i) -> u64 {
                // SAFETY: as the caller promises.
                unsafe { $eq(a, b) }.into()
            }
            #[inline(always)]
            unsafe fn lt512(a: __m512i, b: __m512i) -> u64 {
                // SAFETY: as the caller promises.
                unsafe { $lt(a, b) }.into()
            }
            #[inline(always)]
            unsafe fn load_masked(mask: u64, src: *const Self) -> __m512i {
                // SAFETY: as the caller promises.
                unsafe { $load(mask as $mask, src.cast()) }
            }
            #[inline(always)]
            unsafe fn store_masked(dst: *mut Self, mask: u64, v: __m512i) {
                // SAFETY: as the caller promises.
                unsafe { $store(dst.cast(), mask as $mask, v) }
            }
            #[inline(always)]
            unsafe fn blend(mask: u64, a: __m512i, b: __m512i) -> __m512i {
                // SAFETY: as the caller promises.
                unsafe { $blend(a, mask as $mask, b) }
            }
            #[inline(always)]
            unsafe fn expand(a: __m512i, mask: u64, v: __m512i) -> __m512i {
                // SAFETY: as the caller promises.
                unsafe { $expand(a, mask as $mask, v) }
            }
            #[inline(always)]
            unsafe fn widen8($src: *const Self) -> __m512i {
                // SAFETY: as the caller promises.
                unsafe { $widen8 }
            }
            #[inline(always)]
            #[allow(unused_unsafe)] // UCS-4 has none
            unsafe fn twos($units: __m512i, $i: usize) -> __m512i {
                // SAFETY: as the caller promises.
                unsafe { $twos }
            }
        }
    };
}

lanes!(
    u8,
    __mmask64,
    _mm512_set1_epi8,
    _mm512_cmpeq_epu8_mask,
    _mm512_cmplt_epu8_mask,
    _mm512_maskz_loadu_epi8,
    _mm512_mask_storeu_epi8,
    _mm512_mask_mov_epi8,
    _mm512_mask_expand_epi8,
    |src| _mm512_cvtepu8_epi64(_mm_loadl_epi64(src.cast())),
    |units, i| {
        let places = _mm512_add_epi8(load(&UNIT_BYTES), _mm512_set1_epi8(i as i8));
        _mm512_maskz_permutexvar_epi8(0x05 * BYTES, places, units)
    }
);
lanes!(
    u16,
    __mmask32,
    _mm512_set1_epi16,
    _mm512_cmpeq_epu16_mask,
    _mm512_cmplt_epu16_mask,
    _mm512_maskz_loadu_epi16,
    _mm512_mask_storeu_epi16,
    _mm512_mask_mov_epi16,
    _mm512_mask_expand_epi16,
    |src| _mm512_cvtepu16_epi64(_mm_loadu_si128(src.cast())),
    |units, i| {
        let places = _mm512_add_epi16(load(&UNIT_WORDS), _mm512_set1_epi16(i as i16));
        _mm512_permutexvar_epi16(places, units)
    }
);
lanes!(
    u32,
    __mmask16,
    _mm512_set1_epi32,
    _mm512_cmpeq_epu32_mask,
    _mm512_cmplt_epu32_mask,
    _mm512_maskz_loadu_epi32,
    _mm512_mask_storeu_epi32,
    _mm512_mask_mov_epi32,
    _mm512_mask_expand_epi32,
    |src| _mm512_cvtepu32_epi64(_mm256_loadu_si256(src.cast())),
    |units, _i| units // UCS-4 becomes UTF-16 before
);
