//! One key, or two interleaved, with the SHA-1 instructions of ARMv8.
//!
//! The floor is a chain of 40 dependent `sha1c`, `sha1p` and `sha1m`, and all else has to run
//! beside it. A quad is four words of the schedule or the state, the first of them in the lowest
//! lane.

use core::arch::aarch64::*;

use super::constants::{
    ACCEPT_LEN, ALPHABET, GUID_WORDS, IV, K, KEY_LEN, PADDING_SCHEDULE, for_each_message, unroll20,
};

/// The padding block's schedule with the rounds' constants added.
static PADDING_QUADS: [[u32; 4]; 20] = {
    let mut quads = [[0; 4]; 20];
    let mut t = 0;
    while t < 80 {
        quads[t / 4][t % 4] = PADDING_SCHEDULE[t].wrapping_add(K[t / 20]);
        t += 1;
    }
    quads
};

/// SHA-1's state.
#[derive(Clone, Copy)]
struct State {
    abcd: uint32x4_t,
    e: u32,
}

/// A block's eighty rounds: `$wk` is quad `$t` of the schedule of message `$i` with the constants
/// added, and `$then` is done after its rounds.
macro_rules! rounds {
    ($state:ident, |$t:ident, $i:ident| $wk:expr, $then:block) => {{
        let mut abcd = $state.map(|state| state.abcd);
        let mut e = $state.map(|state| state.e);
        unroll20!(0, |$t| {
            for_each_message!($i < N, {
                let wk = $wk;
                let next = vsha1h_u32(vgetq_lane_u32::<0>(abcd[$i]));
                abcd[$i] = match $t / 5 {
                    0 => vsha1cq_u32(abcd[$i], e[$i], wk),
                    2 => vsha1mq_u32(abcd[$i], e[$i], wk),
                    _ => vsha1pq_u32(abcd[$i], e[$i], wk),
                };
                e[$i] = next;
                $then
            });
        });
        let mut sum = $state;
        for_each_message!(I < N, {
            sum[I] = State {
                abcd: vaddq_u32(abcd[I], $state[I].abcd),
                e: e[I].wrapping_add($state[I].e),
            };
        });
        sum
    }};
}

/// SHA-1's compression function on the key blocks `w` of `N` messages.
#[inline]
#[target_feature(enable = "neon,sha2")]
fn compress<const N: usize>(state: [State; N], mut w: [[uint32x4_t; 4]; N]) -> [State; N] {
    rounds!(state, |T, I| vaddq_u32(w[I][T % 4], vdupq_n_u32(K[T / 5])), {
        if T < 16 {
            let w = &mut w[I];
            let part = vsha1su0q_u32(w[T % 4], w[(T + 1) % 4], w[(T + 2) % 4]);
            w[T % 4] = vsha1su1q_u32(part, w[(T + 3) % 4]);
        }
    })
}

/// [`compress`] for the padding block.
#[inline]
#[target_feature(enable = "neon,sha2")]
fn compress_padding<const N: usize>(state: [State; N]) -> [State; N] {
    rounds!(state, |T, I| quad(&PADDING_QUADS[T]), {})
}

#[inline(always)]
fn quad(words: &[u32; 4]) -> uint32x4_t {
    // SAFETY: four words are read; NEON is the baseline.
    unsafe { vld1q_u32(words.as_ptr()) }
}

#[inline(always)]
fn bytes(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: 16 bytes are read; NEON is the baseline.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

/// The key block of the key at `key`.
///
/// # Safety
/// 24 bytes at `key` are readable.
#[inline(always)]
unsafe fn key_block(key: *const u8) -> [uint32x4_t; 4] {
    // SAFETY: 16 bytes of the key are read, then its last 8; of the ten words of GUID_WORDS two, four and
    // four. NEON is the baseline.
    unsafe {
        let rest = vreinterpret_u32_u8(vrev32_u8(vld1_u8(key.add(16))));
        [
            vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(key))),
            vcombine_u32(rest, vld1_u32(GUID_WORDS.as_ptr())),
            vld1q_u32(GUID_WORDS[2..].as_ptr()),
            vld1q_u32(GUID_WORDS[6..].as_ptr()),
        ]
    }
}

/// The four base64 characters of the low 24 bits of each lane, whose high 8 bits are zero, the
/// first of them in the low byte.
#[inline(always)]
fn base64(bits: uint8x16_t) -> uint8x16_t {
    // SAFETY: the alphabet is 64 bytes; NEON is the baseline.
    unsafe {
        let bits = vreinterpretq_u32_u8(bits);
        let a = vshrq_n_u32::<18>(bits);
        let b = vandq_u32(vshrq_n_u32::<4>(bits), vdupq_n_u32(0x3f00));
        let c = vandq_u32(vshlq_n_u32::<10>(bits), vdupq_n_u32(0x3f_0000));
        let d = vandq_u32(vshlq_n_u32::<24>(bits), vdupq_n_u32(0x3f00_0000));
        let digits = vorrq_u32(vorrq_u32(a, b), vorrq_u32(c, d));
        vqtbl4q_u8(vld1q_u8_x4(ALPHABET.as_ptr()), vreinterpretq_u8_u32(digits))
    }
}

/// Writes the digest in base64.
///
/// # Safety
/// 28 bytes at `value` are writable.
#[inline(always)]
unsafe fn write(State { abcd, e }: State, value: *mut u8) {
    // Three bytes of the digest for each lane, the last of them lowest; an index out of range
    // gives zero.
    const Z: u8 = 0xff;
    const HEAD: [u8; 16] = [1, 2, 3, Z, 6, 7, 0, Z, 11, 4, 5, Z, 8, 9, 10, Z];
    const REST: [u8; 16] = [13, 14, 15, Z, 18, 19, 12, Z, Z, 16, 17, Z, Z, Z, Z, Z];
    // SAFETY: 16, 8 and 4 bytes are written, 28 in all. NEON is the baseline.
    unsafe {
        let abcd = vreinterpretq_u8_u32(abcd);
        let e = vreinterpretq_u8_u32(vdupq_n_u32(e));
        let head = base64(vqtbl1q_u8(abcd, bytes(&HEAD)));
        let rest = base64(vqtbl2q_u8(uint8x16x2_t(abcd, e), bytes(&REST)));
        let rest = vreinterpretq_u32_u8(vsetq_lane_u8::<11>(b'=', rest));
        // The stores do not overlap, so that a value read back as a key comes out of the store
        // buffer.
        vst1q_u8(value, head);
        vst1_u32(value.add(16).cast(), vget_low_u32(rest));
        value.add(24).cast::<u32>().write_unaligned(vgetq_lane_u32::<2>(rest));
    }
}

/// The value of the key at `src`, or with `N` = 2 of it and the next. All is read before anything is
/// written.
///
/// # Safety
/// The CPU has SHA2, 24 bytes at `src` (with `N` = 2 48) are readable and 28 (56) at `dst` writable.
#[inline]
#[target_feature(enable = "neon,sha2")]
unsafe fn accept<const N: usize>(src: *const u8, dst: *mut u8) {
    // SAFETY: with `N` = 1 only the key and the value at the start are touched, with `N` = 2 the next ones too.
    // IV has five words. `compress` needs SHA2, as this function does.
    unsafe {
        let mut blocks = [key_block(src); N];
        if N > 1 {
            blocks[N - 1] = key_block(src.add(KEY_LEN));
        }
        let state = State { abcd: vld1q_u32(IV.as_ptr()), e: IV[4] };
        let digests = compress_padding(compress([state; N], blocks));
        write(digests[0], dst);
        if N > 1 {
            write(digests[N - 1], dst.add(ACCEPT_LEN));
        }
    }
}

/// See [`AcceptFunctions::one`].
///
/// # Safety
/// The CPU has SHA2, 24 bytes at `src` are readable and 28 at `dst` writable.
#[target_feature(enable = "neon,sha2")]
pub unsafe fn one(src: *const u8, dst: *mut u8) {
    // SAFETY: one key is read, one value written.
    unsafe { accept::<1>(src, dst) }
}

/// See [`AcceptFunctions::many`]. Keys go in pairs, which fill the gaps that the chain of one leaves.
///
/// # Safety
/// The CPU has SHA2, `count * 24` bytes at `src` are readable and `count * 28` at `dst` writable.
#[target_feature(enable = "neon,sha2")]
pub unsafe fn many(src: *const u8, dst: *mut u8, count: usize) {
    // SAFETY: a pair starts at `i` only if two keys are left, and a single one only if `i` is below `count`.
    unsafe {
        let mut i = 0;
        while count - i >= 2 {
            accept::<2>(src.add(i * KEY_LEN), dst.add(i * ACCEPT_LEN));
            i += 2;
        }
        if i < count {
            one(src.add(i * KEY_LEN), dst.add(i * ACCEPT_LEN));
        }
    }
}

/// [`compress`] of one block as both messages of a pair, for the tests.
///
/// # Safety
/// The CPU has SHA2.
#[cfg(test)]
#[target_feature(enable = "neon,sha2")]
pub(super) unsafe fn compress_one(state: [u32; 5], block: [u32; 16]) -> [u32; 5] {
    let [abcd @ .., e] = state;
    let state = State { abcd: quad(&abcd), e };
    let block = [0, 4, 8, 12].map(|t| quad(block[t..t + 4].try_into().unwrap()));
    // SAFETY: `compress` needs SHA2, as this function does; a vector is four words.
    unsafe {
        let [one, other] = compress::<2>([state; 2], [block; 2])
            .map(|State { abcd, e }| (core::mem::transmute::<uint32x4_t, [u32; 4]>(abcd), e));
        assert_eq!(one, other, "the messages differ");
        let ([a, b, c, d], e) = one;
        [a, b, c, d, e]
    }
}
