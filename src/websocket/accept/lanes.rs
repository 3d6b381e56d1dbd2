//! The hash and its base64 for several keys side by side: lane `i` of every vector belongs to key
//! `i`. With one lane, of `u32`, this is the portable kernel.

use core::hint::black_box;
use core::mem::MaybeUninit;

use super::constants::{ACCEPT_LEN, GUID_WORDS, IV, K, KEY_LEN, PADDING_SCHEDULE};

/// A vector of `u32`, one per key. Arithmetic wraps.
///
/// The methods are safe because a value proves that the CPU has the features that they need. Only
/// `splat` and `load` make a first value, and are unsafe.
pub(super) trait Lanes: Copy {
    /// The number of keys.
    const LANES: usize;

    /// `x` in every lane.
    ///
    /// # Safety
    /// The CPU has this type's features.
    unsafe fn splat(x: u32) -> Self;

    /// The six big-endian words of the keys at `src`, 24 bytes apart. Lanes above `last` repeat key
    /// `last`.
    ///
    /// # Safety
    /// The CPU has this type's features, and `(last + 1) * 24` bytes at `src` are readable.
    unsafe fn load(src: *const u8, last: usize) -> [Self; 6];

    /// Writes the seven little-endian words of the values of lanes 0 to `last` to `dst`, 28 bytes
    /// apart.
    ///
    /// # Safety
    /// `(last + 1) * 28` bytes at `dst` are writable.
    unsafe fn store(value: [Self; 7], dst: *mut u8, last: usize);

    fn add(self, other: Self) -> Self;
    fn xor(self, other: Self) -> Self;
    fn or(self, other: Self) -> Self;
    fn shl<const N: i32>(self) -> Self;
    fn shr<const N: i32>(self) -> Self;

    /// Rotates left by `N`, where `M` is `32 - N`.
    #[inline(always)]
    fn rol<const N: i32, const M: i32>(self) -> Self {
        self.shl::<N>().or(self.shr::<M>())
    }

    /// FIPS 180-4 §4.1.1: Ch, Parity and Maj.
    fn choose(b: Self, c: Self, d: Self) -> Self;
    #[inline(always)]
    fn parity(b: Self, c: Self, d: Self) -> Self {
        b.xor(c).xor(d)
    }
    fn majority(b: Self, c: Self, d: Self) -> Self;

    /// The four base64 characters of the low 24 bits, the first character in the low byte. The high
    /// 8 bits are ignored.
    fn base64(self) -> Self;
}

/// One round, FIPS 180-4 §6.1.2. `f` is the value of Ch, Parity or Maj, `wk` the sum of schedule
/// word and constant.
#[inline(always)]
fn round<L: Lanes>([a, b, c, d, e]: [L; 5], f: L, wk: L) -> [L; 5] {
    [a.rol::<5, 27>().add(f).add(e.add(wk)), a, b.rol::<30, 2>(), c, d]
}

#[inline(always)]
fn sum<L: Lanes>(x: [L; 5], y: [L; 5]) -> [L; 5] {
    [x[0].add(y[0]), x[1].add(y[1]), x[2].add(y[2]), x[3].add(y[3]), x[4].add(y[4])]
}

/// Twenty rounds from `$first` on, five in each pass of a loop: after five rounds every word of the
/// state is back in its place. The black box keeps the compiler from unrolling the loop, which
/// would be four times the code and hardly faster.
macro_rules! twenty_rounds {
    ($s:ident, $first:literal, $f:ident, |$t:ident| $wk:expr) => {
        for five in ($first..black_box($first + 20)).step_by(5) {
            twenty_rounds!(@ $s, $f, five, $t, $wk; 0 1 2 3 4);
        }
    };
    (@ $s:ident, $f:ident, $five:ident, $t:ident, $wk:expr; $($i:literal)*) => {
        $({
            let $t = $five + $i;
            $s = round($s, L::$f($s[1], $s[2], $s[3]), $wk);
        })*
    };
}

/// SHA-1's compression function.
///
/// # Safety
/// The CPU has the features of `L`.
#[inline(always)]
pub(super) unsafe fn compress<L: Lanes>(state: [L; 5], block: [L; 16]) -> [L; 5] {
    // SAFETY: `splat` needs the features of `L`, as this function does. Words 0 to 15 are written
    // first, then each word up to 79 from words before it, and `t` is below 80.
    unsafe {
        let mut w = MaybeUninit::<[L; 80]>::uninit();
        let first = w.as_mut_ptr().cast::<L>();
        first.cast::<[L; 16]>().write(block);
        for t in 16..black_box(80) {
            let w = first.add(t);
            let x = w.sub(3).read().xor(w.sub(8).read()).xor(w.sub(14).read());
            w.write(x.xor(w.sub(16).read()).rol::<1, 31>());
        }
        let mut s = state;
        let k = splat(K);
        twenty_rounds!(s, 0, choose, |t| first.add(t).read().add(k[0]));
        twenty_rounds!(s, 20, parity, |t| first.add(t).read().add(k[1]));
        twenty_rounds!(s, 40, majority, |t| first.add(t).read().add(k[2]));
        twenty_rounds!(s, 60, parity, |t| first.add(t).read().add(k[3]));
        sum(state, s)
    }
}

/// [`compress`] for the padding block.
///
/// # Safety
/// The CPU has the features of `L`.
#[inline(always)]
unsafe fn compress_padding<L: Lanes>(state: [L; 5]) -> [L; 5] {
    /// The schedule with the rounds' constants added.
    static WK: [u32; 80] = {
        let mut wk = PADDING_SCHEDULE;
        let mut t = 0;
        while t < 80 {
            wk[t] = wk[t].wrapping_add(K[t / 20]);
            t += 1;
        }
        wk
    };
    // SAFETY: `splat` needs the features of `L`, as this function does; `t` is below 80, the length of WK.
    unsafe {
        let first = WK.as_ptr();
        let mut s = state;
        twenty_rounds!(s, 0, choose, |t| L::splat(first.add(t).read()));
        twenty_rounds!(s, 20, parity, |t| L::splat(first.add(t).read()));
        twenty_rounds!(s, 40, majority, |t| L::splat(first.add(t).read()));
        twenty_rounds!(s, 60, parity, |t| L::splat(first.add(t).read()));
        sum(state, s)
    }
}

/// For each word a vector with the word in all lanes.
///
/// # Safety
/// The CPU has the features of `L`.
#[inline(always)]
unsafe fn splat<L: Lanes, const N: usize>(words: [u32; N]) -> [L; N] {
    // SAFETY: `L::splat` needs the features of `L`, as this function does.
    unsafe {
        let mut vectors = [L::splat(0); N];
        for (vector, word) in vectors.iter_mut().zip(words) {
            *vector = L::splat(word);
        }
        vectors
    }
}

/// The values of keys 0 to `last`. The keys are at `src`, 24 bytes apart, the values at `dst`, 28
/// bytes apart. All keys are read before anything is written.
///
/// # Safety
/// The CPU has the features of `L`, `last < L::LANES`, `(last + 1) * 24` bytes at `src` are
/// readable and `(last + 1) * 28` at `dst` writable.
#[inline(always)]
pub(super) unsafe fn accept<L: Lanes>(src: *const u8, dst: *mut u8, last: usize) {
    // SAFETY: `load` reads keys 0 to `last`, `store` writes values 0 to `last`, and all of these
    // functions need the features of `L`, as this one does.
    unsafe {
        let [k0, k1, k2, k3, k4, k5] = L::load(src, last);
        let [w6, w7, w8, w9, w10, w11, w12, w13, w14, w15] = splat(GUID_WORDS);
        let message = [k0, k1, k2, k3, k4, k5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15];
        let [a, b, c, d, e] = compress_padding(compress(splat(IV), message));
        // Six times 24 bits, then the last two bytes and eight zero bits. These give "xxxA", and
        // '=' replaces the 'A'.
        let mut value = [
            a.shr::<8>(),
            a.shl::<16>().or(b.shr::<16>()),
            b.shl::<8>().or(c.shr::<24>()),
            c,
            d.shr::<8>(),
            d.shl::<16>().or(e.shr::<16>()),
            e.shl::<8>(),
        ];
        for bits in &mut value {
            *bits = bits.base64();
        }
        value[6] = value[6].xor(L::splat(u32::from_le_bytes([0, 0, 0, b'A' ^ b'='])));
        L::store(value, dst, last);
    }
}

/// `count` keys by `accept`, which is [`accept`] with `lanes` lanes. Fewer than `min_batch` keys, at
/// the end, go to `few`.
///
/// # Safety
/// The CPU has the features of `accept` and `few`, `count * 24` bytes at `src` are readable and
/// `count * 28` at `dst` writable.
#[inline(always)]
pub(super) unsafe fn many(
    (accept, lanes): (unsafe fn(*const u8, *mut u8, usize), usize),
    (few, min_batch): (unsafe fn(*const u8, *mut u8, usize), usize),
    mut src: *const u8,
    mut dst: *mut u8,
    mut count: usize,
) {
    // SAFETY: each call gets at most `count` keys. Both pointers move by the keys and values that are
    // done, and `count` falls by the same number.
    unsafe {
        while count >= min_batch {
            let now = count.min(lanes);
            accept(src, dst, now - 1);
            src = src.add(now * KEY_LEN);
            dst = dst.add(now * ACCEPT_LEN);
            count -= now;
        }
        few(src, dst, count);
    }
}

/// [`compress`] of one block in every lane, for the tests.
///
/// # Safety
/// The CPU has the features of `L`.
#[cfg(test)]
#[inline(always)]
pub(super) unsafe fn compress_one<L: Lanes>(state: [u32; 5], block: [u32; 16]) -> [u32; 5] {
    // SAFETY: `compress` needs the features of `L`, as this function does; `L` is `LANES` times `u32`.
    unsafe {
        compress::<L>(splat(state), splat(block)).map(|word| {
            assert_eq!(size_of::<L>(), L::LANES * size_of::<u32>());
            let lanes = core::slice::from_raw_parts((&raw const word).cast::<u32>(), L::LANES);
            assert!(lanes.iter().all(|&lane| lane == lanes[0]), "the lanes differ");
            lanes[0]
        })
    }
}
