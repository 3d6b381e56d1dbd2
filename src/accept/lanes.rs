//! The hash and its base64, written once for any number of keys side by side: lane `i` of every
//! vector belongs to key `i`, and one lane of `u32` is the portable kernel.

use core::hint::black_box;
use core::mem::MaybeUninit;

use super::{ACCEPT_LEN, IV, K, KEY_LEN, SECOND, TAIL};

/// A vector of `u32`, one per key. Arithmetic wraps.
///
/// The methods are safe because a value proves that the CPU has what they need: `splat` and `load`,
/// which make the first values, are not.
pub(super) trait Lanes: Copy {
    /// How many keys.
    const LANES: usize;

    /// `x` in every lane.
    ///
    /// # Safety
    /// The CPU has this type's features.
    unsafe fn splat(x: u32) -> Self;

    /// The six big-endian words of the keys packed at `src`. A lane beyond `last` repeats key
    /// `last`.
    ///
    /// # Safety
    /// The CPU has this type's features, and `(last + 1) * 24` bytes at `src` are readable.
    unsafe fn load(src: *const u8, last: usize) -> [Self; 6];

    /// Writes the seven little-endian words of every value, packed at `dst`, up to the one of lane
    /// `last`.
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

    /// The four base64 characters of the low 24 bits, the first of them in the low byte. The high 8
    /// bits are ignored.
    fn base64(self) -> Self;
}

/// One round, FIPS 180-4 §6.1.2: `f` is the round function's value, `wk` the sum of schedule word
/// and constant.
#[inline(always)]
fn round<L: Lanes>([a, b, c, d, e]: [L; 5], f: L, wk: L) -> [L; 5] {
    [a.rol::<5, 27>().add(f).add(e.add(wk)), a, b.rol::<30, 2>(), c, d]
}

#[inline(always)]
fn sum<L: Lanes>(x: [L; 5], y: [L; 5]) -> [L; 5] {
    [x[0].add(y[0]), x[1].add(y[1]), x[2].add(y[2]), x[3].add(y[3]), x[4].add(y[4])]
}

/// Twenty rounds from `$first` on. Five are written out, which turn the state round once; all of
/// them would be four times the code and hardly faster, so that the end of the loop is hidden from
/// the compiler.
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
    // SAFETY: the caller's promise; the words below 16 are written, then those up to 80, each from
    // ones before it.
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

/// [`compress`] for the second block, whose schedule is constant.
///
/// # Safety
/// The CPU has the features of `L`.
#[inline(always)]
unsafe fn compress_second<L: Lanes>(state: [L; 5]) -> [L; 5] {
    /// The schedule with the rounds' constants added.
    static WK: [u32; 80] = {
        let mut wk = SECOND;
        let mut t = 0;
        while t < 80 {
            wk[t] = wk[t].wrapping_add(K[t / 20]);
            t += 1;
        }
        wk
    };
    // SAFETY: the caller's promise; t is below 80.
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

/// Every word in all lanes of a vector.
///
/// # Safety
/// The CPU has the features of `L`.
#[inline(always)]
unsafe fn splat<L: Lanes, const N: usize>(words: [u32; N]) -> [L; N] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut vectors = [L::splat(0); N];
        for (vector, word) in vectors.iter_mut().zip(words) {
            *vector = L::splat(word);
        }
        vectors
    }
}

/// The values of the keys packed at `src`, packed at `dst`, for lanes 0 to `last`. All is read
/// before anything is written.
///
/// # Safety
/// The CPU has the features of `L`, `last < L::LANES`, `(last + 1) * 24` bytes at `src` are
/// readable and `(last + 1) * 28` at `dst` writable.
#[inline(always)]
pub(super) unsafe fn accept<L: Lanes>(src: *const u8, dst: *mut u8, last: usize) {
    // SAFETY: the caller's promise, word for word.
    unsafe {
        let [k0, k1, k2, k3, k4, k5] = L::load(src, last);
        let [w6, w7, w8, w9, w10, w11, w12, w13, w14, w15] = splat(TAIL);
        let message = [k0, k1, k2, k3, k4, k5, w6, w7, w8, w9, w10, w11, w12, w13, w14, w15];
        let [a, b, c, d, e] = compress_second(compress(splat(IV), message));
        // 24 bits each, so 18 bytes, and the last two: in base64 "xxx=", where '=' replaces the 'A'
        // of no bits.
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

/// `count` keys by `accept`, which is [`accept`] with `lanes` lanes. A rest of fewer than `worth`
/// keys is left to `few`.
///
/// # Safety
/// The CPU has the features of `accept` and `few`, `count * 24` bytes at `src` are readable and
/// `count * 28` at `dst` writable.
#[inline(always)]
pub(super) unsafe fn many(
    (accept, lanes): (unsafe fn(*const u8, *mut u8, usize), usize),
    (few, worth): (unsafe fn(*const u8, *mut u8, usize), usize),
    mut src: *const u8,
    mut dst: *mut u8,
    mut count: usize,
) {
    // SAFETY: the caller's promise; both pointers move past just the keys and values that are done,
    // and `count` of them remain for `few`.
    unsafe {
        while count >= worth {
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
    // SAFETY: the caller's promise, and `L` is `LANES` times `u32`.
    unsafe {
        compress::<L>(splat(state), splat(block)).map(|word| {
            assert_eq!(size_of::<L>(), L::LANES * size_of::<u32>());
            let lanes = core::slice::from_raw_parts((&raw const word).cast::<u32>(), L::LANES);
            assert!(lanes.iter().all(|&lane| lane == lanes[0]), "the lanes differ");
            lanes[0]
        })
    }
}
