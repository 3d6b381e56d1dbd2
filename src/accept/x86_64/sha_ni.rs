//! One key, or two interleaved, with the CPU's SHA-1 instructions.
//!
//! The floor is a chain of 40 dependent `sha1rnds4`, and all else has to hide behind it. A quad is
//! four words of the schedule or the state, the first of them in the highest lane, as these
//! instructions want it.

use core::arch::x86_64::*;

use crate::accept::{ACCEPT_LEN, IV, KEY_LEN, SECOND, TAIL};

const fn quad(w: [u32; 4]) -> __m128i {
    // SAFETY: both are 16 bytes without invalid values.
    unsafe { core::mem::transmute([w[3], w[2], w[1], w[0]]) }
}

const fn bytes(b: [u8; 16]) -> __m128i {
    // SAFETY: both are 16 bytes without invalid values.
    unsafe { core::mem::transmute(b) }
}

/// The second block's schedule.
static SECOND_QUADS: [__m128i; 20] = {
    let mut quads = [quad([0; 4]); 20];
    let mut i = 0;
    while i < 20 {
        quads[i] = quad([SECOND[4 * i], SECOND[4 * i + 1], SECOND[4 * i + 2], SECOND[4 * i + 3]]);
        i += 1;
    }
    quads
};

/// The initial state, and the part of the first block that no key changes.
static IV_QUADS: [__m128i; 2] = [quad([IV[0], IV[1], IV[2], IV[3]]), quad([IV[4], 0, 0, 0])];
static TAIL_QUADS: [__m128i; 3] = [
    quad([0, 0, TAIL[0], TAIL[1]]),
    quad([TAIL[2], TAIL[3], TAIL[4], TAIL[5]]),
    quad([TAIL[6], TAIL[7], TAIL[8], TAIL[9]]),
];

/// The work around `sha1rnds4`, which has a better form where there is AVX-512 VL.
///
/// The methods are safe because a value proves that the CPU has what they need: `new`, which makes
/// it, is not.
pub(super) trait Around: Copy {
    /// # Safety
    /// The CPU has this type's features.
    unsafe fn new() -> Self;

    /// `quad` with E added to its first word, where `before` is the state before the last four
    /// rounds.
    fn add_e(self, before: __m128i, quad: __m128i) -> __m128i;

    /// Words 16 to 31 of the schedule by its recurrence, FIPS 180-4 §6.1.2: the next quad after the
    /// four of `w`.
    fn schedule(self, w: [__m128i; 4]) -> __m128i;

    /// Words 32 to 79 by the recurrence applied to itself, which needs no word of the same quad:
    /// w[t] = rol2(w[t-6] ^ w[t-16] ^ w[t-28] ^ w[t-32]). The next quad after the eight of `w`.
    fn schedule_late(self, w: [__m128i; 8]) -> __m128i;

    /// The four base64 characters of three bytes x, y, z, which are y, x, z, y in each lane of
    /// `bits`, plus `pad`.
    fn base64(self, bits: __m128i, pad: __m128i) -> __m128i;
}

/// SHA, SSSE3 and SSE4.1.
#[derive(Clone, Copy)]
pub(super) struct Sse41(());

impl Around for Sse41 {
    #[inline(always)]
    unsafe fn new() -> Self {
        Self(())
    }

    #[inline(always)]
    fn add_e(self, before: __m128i, quad: __m128i) -> __m128i {
        // SAFETY: `self` exists, so the CPU has SHA.
        unsafe { _mm_sha1nexte_epu32(before, quad) }
    }

    #[inline(always)]
    fn schedule(self, [a, b, c, d]: [__m128i; 4]) -> __m128i {
        // SAFETY: `self` exists, so the CPU has SHA.
        unsafe { _mm_sha1msg2_epu32(_mm_xor_si128(_mm_sha1msg1_epu32(a, b), c), d) }
    }

    #[inline(always)]
    fn schedule_late(self, [a, b, _, _, e, _, g, h]: [__m128i; 8]) -> __m128i {
        // SAFETY: `self` exists, so the CPU has SSSE3.
        unsafe {
            // `sha1msg2` would be on the critical path: 6 cycles on Golden Cove, where four rounds
            // take 4.
            let x = _mm_xor_si128(_mm_xor_si128(a, b), e);
            let x = _mm_xor_si128(x, _mm_alignr_epi8::<8>(g, h));
            _mm_or_si128(_mm_slli_epi32::<2>(x), _mm_srli_epi32::<30>(x))
        }
    }

    #[inline(always)]
    fn base64(self, bits: __m128i, pad: __m128i) -> __m128i {
        // SAFETY: `self` exists, so the CPU has SSSE3.
        unsafe {
            let a = _mm_and_si128(_mm_srli_epi32::<10>(bits), _mm_set1_epi32(0x3f));
            let b = _mm_and_si128(_mm_slli_epi32::<4>(bits), _mm_set1_epi32(0x3f00));
            let c = _mm_and_si128(_mm_srli_epi32::<6>(bits), _mm_set1_epi32(0x3f_0000));
            let d = _mm_and_si128(_mm_slli_epi32::<8>(bits), _mm_set1_epi32(0x3f00_0000));
            let x = _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d));
            // A-Z, a-z, ten times 0-9, '+' and '/'.
            let class = _mm_sub_epi8(
                _mm_subs_epu8(x, _mm_set1_epi8(51)),
                _mm_cmpgt_epi8(x, _mm_set1_epi8(25)),
            );
            let offset =
                _mm_setr_epi8(65, 71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 0, 0);
            _mm_add_epi8(_mm_add_epi8(x, pad), _mm_shuffle_epi8(offset, class))
        }
    }
}

/// SHA, SSSE3, SSE4.1 and AVX-512 F, BW and VL.
#[derive(Clone, Copy)]
pub(super) struct Avx512 {
    first: __mmask8,
}

impl Around for Avx512 {
    #[inline(always)]
    unsafe fn new() -> Self {
        // The black box keeps the mask a mask: as a constant it becomes a blend, which costs a
        // cycle more each time.
        Self { first: core::hint::black_box(0b1000) }
    }

    #[inline(always)]
    fn add_e(self, before: __m128i, quad: __m128i) -> __m128i {
        // SAFETY: `self` exists, so the CPU has AVX-512 VL.
        unsafe { _mm_mask_add_epi32(quad, self.first, quad, _mm_rol_epi32::<30>(before)) }
    }

    #[inline(always)]
    fn schedule(self, [a, b, c, d]: [__m128i; 4]) -> __m128i {
        // SAFETY: `self` exists, so the CPU has AVX-512 VL.
        unsafe {
            // The last word needs the first, or in its place the words of which the first is made,
            // rotated twice.
            let x = _mm_ternarylogic_epi32::<0x96>(a, _mm_alignr_epi8::<8>(a, b), c);
            let first = _mm_rol_epi32::<2>(_mm_srli_si128::<12>(x));
            let three = _mm_rolv_epi32(_mm_shuffle_epi32::<0b10_01_00_10>(d), quad([1, 1, 1, 2]));
            _mm_ternarylogic_epi32::<0x96>(_mm_rol_epi32::<1>(x), first, three)
        }
    }

    #[inline(always)]
    fn schedule_late(self, [a, b, _, _, e, _, g, h]: [__m128i; 8]) -> __m128i {
        // SAFETY: `self` exists, so the CPU has AVX-512 VL.
        unsafe {
            // `alignr` by another name, as the compiler may make a slower `valignq` of that.
            let six = _mm_shuffle_pd::<1>(_mm_castsi128_pd(h), _mm_castsi128_pd(g));
            let x = _mm_ternarylogic_epi32::<0x96>(_mm_xor_si128(a, b), e, _mm_castpd_si128(six));
            _mm_rol_epi32::<2>(x)
        }
    }

    #[inline(always)]
    fn base64(self, bits: __m128i, pad: __m128i) -> __m128i {
        // SAFETY: `self` exists, so the CPU has AVX-512 BW and VL.
        unsafe {
            // Every character's six bits are in one of the two, and the other has zeros in place of
            // its other two.
            let right = _mm_srlv_epi16(bits, _mm_set1_epi32(0x0006_000a));
            let left = _mm_sllv_epi16(bits, _mm_set1_epi32(0x0008_0004));
            let x =
                _mm_ternarylogic_epi32::<0xca>(_mm_set1_epi32(0xc03f_c0ff_u32 as i32), right, left);
            // A-Z or a-z, and on top of the latter what leads to 0-9, '+' and '/'.
            let upper = _mm_add_epi8(x, _mm_add_epi8(_mm_set1_epi8(65), pad));
            let lower = _mm_add_epi8(x, _mm_add_epi8(_mm_set1_epi8(71), pad));
            let letter =
                _mm_ternarylogic_epi32::<0xca>(_mm_cmpgt_epi8(x, _mm_set1_epi8(25)), lower, upper);
            let other = _mm_setr_epi8(
                -75, -75, -75, -75, -75, -75, -75, -75, -75, -75, -90, -87, 0, 0, 0, 0,
            );
            _mm_add_epi8(letter, _mm_shuffle_epi8(other, _mm_sub_epi8(x, _mm_set1_epi8(52))))
        }
    }
}

/// SHA-1's state; E is in the highest lane of its quad.
#[derive(Clone, Copy)]
struct State {
    abcd: __m128i,
    e: __m128i,
}

/// A block's eighty rounds: `$quad` is quad `$t` of the schedule of message `$i`, and `$then` is
/// done after its rounds.
macro_rules! rounds {
    ($around:ident, $state:ident, |$t:ident, $i:ident| $quad:expr, $then:block) => {{
        let mut abcd = [$state[0].abcd, $state[1].abcd];
        let mut before = abcd;
        twenty!(0, |$t| {
            each!($i, {
                let quad = $quad;
                let quad = if $t == 0 {
                    _mm_add_epi32($state[$i].e, quad)
                } else {
                    $around.add_e(before[$i], quad)
                };
                before[$i] = abcd[$i];
                abcd[$i] = _mm_sha1rnds4_epu32::<{ ($t / 5) as i32 }>(abcd[$i], quad);
                $then
            });
        });
        let first = State {
            abcd: _mm_add_epi32(abcd[0], $state[0].abcd),
            e: $around.add_e(before[0], $state[0].e),
        };
        let second = State {
            abcd: _mm_add_epi32(abcd[1], $state[1].abcd),
            e: $around.add_e(before[1], $state[1].e),
        };
        [first, second]
    }};
}

/// SHA-1's compression function on one message of four quads or, with `PAIR`, two of them.
#[inline(always)]
fn compress<A: Around, const PAIR: bool>(
    around: A,
    state: [State; 2],
    [[a, b, c, d], [e, f, g, h]]: [[__m128i; 4]; 2],
) -> [State; 2] {
    // SAFETY: `around` exists, so the CPU has SHA.
    unsafe {
        // A ring of the last eight quads, in which four are ahead of the rounds.
        let mut w = [[a, b, c, d, a, b, c, d], [e, f, g, h, e, f, g, h]];
        rounds!(around, state, |T, I| w[I][T % 8], {
            let w = &mut w[I];
            let [e, f, g, h] = [w[T % 8], w[(T + 1) % 8], w[(T + 2) % 8], w[(T + 3) % 8]];
            let [a, b, c, d] = [w[(T + 4) % 8], w[(T + 5) % 8], w[(T + 6) % 8], w[(T + 7) % 8]];
            if T < 4 {
                w[(T + 4) % 8] = around.schedule([e, f, g, h]);
            } else if T < 16 {
                w[(T + 4) % 8] = around.schedule_late([a, b, c, d, e, f, g, h]);
            }
        })
    }
}

/// [`compress`] for the second block.
#[inline(always)]
fn compress_second<A: Around, const PAIR: bool>(around: A, state: [State; 2]) -> [State; 2] {
    // SAFETY: `around` exists, so the CPU has SHA.
    unsafe { rounds!(around, state, |T, I| SECOND_QUADS[T], {}) }
}

/// The first block of a key's message.
///
/// # Safety
/// The CPU has SSSE3, and 24 bytes at `key` are readable.
#[inline(always)]
unsafe fn first_block(key: *const u8) -> [__m128i; 4] {
    // SAFETY: the caller's promise.
    unsafe {
        let reverse = bytes([15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        let rest = _mm_shuffle_epi8(_mm_loadl_epi64(key.add(16).cast()), reverse);
        [
            _mm_shuffle_epi8(_mm_loadu_si128(key.cast()), reverse),
            _mm_or_si128(rest, _mm_load_si128(&TAIL_QUADS[0])),
            _mm_load_si128(&TAIL_QUADS[1]),
            _mm_load_si128(&TAIL_QUADS[2]),
        ]
    }
}

/// Writes the digest in base64.
///
/// # Safety
/// The CPU has SSE4.1 and the features of `A`, and 28 bytes at `value` are writable.
#[inline(always)]
unsafe fn write<A: Around>(around: A, State { abcd, e }: State, value: *mut u8) {
    // Digest bytes 0 to 11 are A, B and C, bytes 12 to 19 are D and E. A lane without bytes is not
    // stored.
    const Z: u8 = 0x80;
    let head = bytes([14, 15, 13, 14, 11, 12, 10, 11, 8, 9, 7, 8, 5, 6, 4, 5]);
    let rest = bytes([2, 3, 1, 2, 15, 0, 14, 15, 12, 13, Z, 12, Z, Z, Z, Z]);
    let pad = bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'='.wrapping_sub(b'A'), 0, 0, 0, 0]);
    // SAFETY: the caller's promise.
    unsafe {
        let de = _mm_blend_epi16::<0b1100_0000>(abcd, e);
        let head = around.base64(_mm_shuffle_epi8(abcd, head), bytes([0; 16]));
        let rest = around.base64(_mm_shuffle_epi8(de, rest), pad);
        // The stores do not overlap, so that a value read back as a key comes out of the store
        // buffer.
        _mm_storeu_si128(value.cast(), head);
        _mm_storel_epi64(value.add(16).cast(), rest);
        value.add(24).cast::<i32>().write_unaligned(_mm_extract_epi32::<2>(rest));
    }
}

/// The value of the key at `src`, or with `PAIR` of it and the next. All is read before anything is
/// written.
///
/// # Safety
/// The CPU has the features of `A`, 24 bytes at `src` (with `PAIR` 48) are readable and 28 (56) at
/// `dst` writable.
#[inline(always)]
unsafe fn accept<A: Around, const PAIR: bool>(src: *const u8, dst: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe {
        let around = A::new();
        let first = first_block(src);
        let message = [first, if PAIR { first_block(src.add(KEY_LEN)) } else { first }];
        let [abcd, e] = [_mm_load_si128(&IV_QUADS[0]), _mm_load_si128(&IV_QUADS[1])];
        let state = State { abcd, e };
        let state = compress::<A, PAIR>(around, [state, state], message);
        let state = compress_second::<A, PAIR>(around, state);
        write(around, state[0], dst);
        if PAIR {
            write(around, state[1], dst.add(ACCEPT_LEN));
        }
    }
}

/// See [`crate::accept::Accept::one`].
///
/// # Safety
/// The CPU has SHA, SSSE3 and SSE4.1, 24 bytes at `src` are readable and 28 at `dst` writable.
#[inline(never)]
#[target_feature(enable = "sha,ssse3,sse4.1")]
pub(super) unsafe fn one(src: *const u8, dst: *mut u8) {
    // SAFETY: the caller's promise.
    unsafe { accept::<Sse41, false>(src, dst) }
}

/// See [`crate::accept::Accept::many`]. Keys go in pairs, which fill the gaps that the chain of one
/// leaves.
///
/// # Safety
/// The CPU has SHA, SSSE3 and SSE4.1, `count * 24` bytes at `src` are readable and `count * 28` at
/// `dst` writable.
#[inline(never)]
#[target_feature(enable = "sha,ssse3,sse4.1")]
pub(super) unsafe fn many(src: *const u8, dst: *mut u8, count: usize) {
    // SAFETY: keys and values from number `i` on, two or the last one, lie within what the caller
    // promises.
    unsafe {
        let mut i = 0;
        while count - i >= 2 {
            accept::<Sse41, true>(src.add(i * KEY_LEN), dst.add(i * ACCEPT_LEN));
            i += 2;
        }
        if i < count {
            one(src.add(i * KEY_LEN), dst.add(i * ACCEPT_LEN));
        }
    }
}

// The SHA-1 instructions have no VEX form, and each is slow while the upper half of any vector
// register is in use: a key then takes microseconds on Sapphire Rapids. Callers need not clear
// them, so where there are upper halves the functions below do. For the same reason nothing here
// may copy more than 16 bytes at once, which AVX would be used for, and the plain functions are not
// inlined where there is AVX.

/// [`one`] on a CPU that has AVX.
///
/// # Safety
/// That of [`one`], and the CPU has AVX.
#[target_feature(enable = "sha,ssse3,sse4.1,avx")]
pub(super) unsafe fn one_avx(src: *const u8, dst: *mut u8) {
    _mm256_zeroupper();
    // SAFETY: the caller's promise.
    unsafe { one(src, dst) }
}

/// [`many`] on a CPU that has AVX.
///
/// # Safety
/// That of [`many`], and the CPU has AVX.
#[target_feature(enable = "sha,ssse3,sse4.1,avx")]
pub(super) unsafe fn many_avx(src: *const u8, dst: *mut u8, count: usize) {
    _mm256_zeroupper();
    // SAFETY: the caller's promise.
    unsafe { many(src, dst, count) }
}

/// [`one`] with AVX-512.
///
/// # Safety
/// That of [`one`], and the CPU has AVX-512 F, BW and VL.
#[target_feature(enable = "sha,ssse3,sse4.1,avx512f,avx512bw,avx512vl")]
pub(super) unsafe fn one_avx512(src: *const u8, dst: *mut u8) {
    _mm256_zeroupper();
    // SAFETY: the caller's promise.
    unsafe { accept::<Avx512, false>(src, dst) }
}

/// [`one_avx512`] for `count` keys, one after another: pairs gain 5 % and take 5 KB.
///
/// # Safety
/// That of [`many`], and the CPU has AVX-512 F, BW and VL.
pub(super) unsafe fn many_avx512(src: *const u8, dst: *mut u8, count: usize) {
    for i in 0..count {
        // SAFETY: key and value number `i` lie within what the caller promises.
        unsafe { one_avx512(src.add(i * KEY_LEN), dst.add(i * ACCEPT_LEN)) }
    }
}

/// [`compress`] of one block as both messages of a pair, for the tests.
///
/// # Safety
/// The CPU has the features of `A`.
#[cfg(test)]
#[inline(always)]
unsafe fn compress_one<A: Around>(state: [u32; 5], block: [u32; 16]) -> [u32; 5] {
    let [a, b, c, d, e] = state;
    let state = State { abcd: quad([a, b, c, d]), e: quad([e, 0, 0, 0]) };
    let block = [0, 4, 8, 12].map(|t| quad([block[t], block[t + 1], block[t + 2], block[t + 3]]));
    // SAFETY: the caller's promise; a vector is four words.
    unsafe {
        let words = |quad| core::mem::transmute::<__m128i, [u32; 4]>(quad);
        let [one, other] = compress::<A, true>(A::new(), [state; 2], [block; 2])
            .map(|State { abcd, e }| (words(abcd), words(e)[3]));
        assert_eq!(one, other, "the messages differ");
        let ([d, c, b, a], e) = one;
        [a, b, c, d, e]
    }
}

/// See [`compress_one`].
///
/// # Safety
/// The CPU has SHA, SSSE3 and SSE4.1.
#[cfg(test)]
#[target_feature(enable = "sha,ssse3,sse4.1")]
pub(in crate::accept) unsafe fn compress_sse41(state: [u32; 5], block: [u32; 16]) -> [u32; 5] {
    // SAFETY: the caller's promise.
    unsafe { compress_one::<Sse41>(state, block) }
}

/// See [`compress_one`].
///
/// # Safety
/// The CPU has SHA, SSSE3, SSE4.1 and AVX-512 F, BW and VL.
#[cfg(test)]
#[target_feature(enable = "sha,ssse3,sse4.1,avx512f,avx512bw,avx512vl")]
pub(in crate::accept) unsafe fn compress_avx512(state: [u32; 5], block: [u32; 16]) -> [u32; 5] {
    // SAFETY: the caller's promise.
    unsafe { compress_one::<Avx512>(state, block) }
}
