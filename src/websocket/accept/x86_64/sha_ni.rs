//! The CPU's SHA-1 instructions: one key, or a batch with four messages in flight.
//!
//! A key takes 40 dependent `sha1rnds4`; all other work has to fit beside this chain. One chain
//! leaves the unit idle most of the time: `sha1rnds4` has a latency of 6 cycles and starts every 2
//! on Zen 3, 4 and 3 on Golden Cove. A batch therefore runs four chains in lockstep: the padding
//! blocks of two keys beside the key blocks of the next two. Padding blocks need no schedule, so
//! this spreads the work for schedules evenly, and one pair follows the other without a gap.
//!
//! A *quad* is four words of the schedule or the state, the first word in the highest lane, as these
//! instructions want it.

use core::arch::asm;
use core::arch::x86_64::*;

use crate::websocket::accept::constants::{
    ACCEPT_LEN, GUID_WORDS, IV, KEY_LEN, PADDING_SCHEDULE, for_each_message, unroll20,
};

const fn quad(w: [u32; 4]) -> __m128i {
    // SAFETY: both are 16 bytes, and each bit pattern is valid.
    unsafe { core::mem::transmute([w[3], w[2], w[1], w[0]]) }
}

const fn bytes(b: [u8; 16]) -> __m128i {
    // SAFETY: both are 16 bytes, and each bit pattern is valid.
    unsafe { core::mem::transmute(b) }
}

/// [`PADDING_SCHEDULE`] in quads.
static PADDING_QUADS: [__m128i; 20] = {
    let w = PADDING_SCHEDULE;
    let mut quads = [quad([0; 4]); 20];
    let mut i = 0;
    while i < 20 {
        quads[i] = quad([w[4 * i], w[4 * i + 1], w[4 * i + 2], w[4 * i + 3]]);
        i += 1;
    }
    quads
};

/// The key block from word 4 on, with zeros for the key's last two words.
static GUID_QUADS: [__m128i; 3] = [
    quad([0, 0, GUID_WORDS[0], GUID_WORDS[1]]),
    quad([GUID_WORDS[2], GUID_WORDS[3], GUID_WORDS[4], GUID_WORDS[5]]),
    quad([GUID_WORDS[6], GUID_WORDS[7], GUID_WORDS[8], GUID_WORDS[9]]),
];

/// SHA-1's state. E is in the highest lane of its quad; the other lanes have no meaning.
#[derive(Clone, Copy)]
struct State {
    abcd: __m128i,
    e: __m128i,
}

const IV_STATE: State =
    State { abcd: quad([IV[0], IV[1], IV[2], IV[3]]), e: quad([IV[4], 0, 0, 0]) };

/// The steps of SHA-1 and base64 beside `sha1rnds4`. AVX-512 VL has better instructions for them.
///
/// The methods are safe because a value proves that the CPU has the features that they need. Only
/// `new` makes a value, and is unsafe.
pub trait Sha1Steps: Copy {
    /// # Safety
    /// The CPU has this type's features.
    unsafe fn new() -> Self;

    /// `quad` with E added to its first word. `before` is the state before the last four rounds.
    fn add_e(self, before: __m128i, quad: __m128i) -> __m128i;

    /// The quad that follows the four of `w`, by the recurrence of FIPS 180-4 §6.1.2:
    /// `w[t] = rol1(w[t-3] ^ w[t-8] ^ w[t-14] ^ w[t-16])`.
    fn schedule(self, w: [__m128i; 4]) -> __m128i;

    /// The quad that follows the eight of `w`, by the recurrence applied to itself:
    /// `w[t] = rol2(w[t-6] ^ w[t-16] ^ w[t-28] ^ w[t-32])`. No word depends on one of the same quad.
    fn schedule_late(self, w: [__m128i; 8]) -> __m128i;

    /// The base64 characters of 12 bytes, plus `pad`. A lane of `bits` holds three bytes x, y, z as
    /// y, x, z, y and becomes their four characters.
    fn base64(self, bits: __m128i, pad: __m128i) -> __m128i;
}

/// SHA, SSSE3 and SSE4.1.
#[derive(Clone, Copy)]
pub struct Sse41(());

impl Sha1Steps for Sse41 {
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
            // `sha1msg2` would be on the critical path: it takes 6 cycles on Golden Cove, four
            // rounds take 4.
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
            // Class 0 is A-Z, 1 is a-z, 2 to 11 are the digits, 12 is '+' and 13 is '/'.
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
pub struct Avx512 {
    first: __mmask8,
}

impl Sha1Steps for Avx512 {
    #[inline(always)]
    unsafe fn new() -> Self {
        // The black box keeps the mask in a mask register. The compiler turns a constant mask into
        // a blend, which adds a cycle to each step.
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
            // The last word depends on the first. It takes the words that the first is made of,
            // rotated twice, instead.
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
            // This is `alignr`, which the compiler may turn into the slower `valignq`.
            let six = _mm_shuffle_pd::<1>(_mm_castsi128_pd(h), _mm_castsi128_pd(g));
            let x = _mm_ternarylogic_epi32::<0x96>(_mm_xor_si128(a, b), e, _mm_castpd_si128(six));
            _mm_rol_epi32::<2>(x)
        }
    }

    #[inline(always)]
    fn base64(self, bits: __m128i, pad: __m128i) -> __m128i {
        // SAFETY: `self` exists, so the CPU has AVX-512 BW and VL.
        unsafe {
            // The six bits of each character are in one of the two vectors, and the other has
            // zeros in place of the byte's other two bits.
            let right = _mm_srlv_epi16(bits, _mm_set1_epi32(0x0006_000a));
            let left = _mm_sllv_epi16(bits, _mm_set1_epi32(0x0008_0004));
            let x =
                _mm_ternarylogic_epi32::<0xca>(_mm_set1_epi32(0xc03f_c0ff_u32 as i32), right, left);
            // A-Z or a-z, and an offset from the latter to 0-9, '+' and '/'.
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

/// SHA-1's compression function on `N` messages: on `blocks` for the last `KEYS` of them, on the
/// padding block for the others.
#[inline(always)]
fn compress<S: Sha1Steps, const N: usize, const KEYS: usize>(
    steps: S,
    state: [State; N],
    blocks: [[__m128i; 4]; KEYS],
) -> [State; N] {
    let padding = N - KEYS;
    // Rings of the last eight quads of each schedule. Four of them are ahead of the rounds.
    let mut rings = blocks.map(|[a, b, c, d]| [a, b, c, d, a, b, c, d]);
    let mut abcd = state.map(|state| state.abcd);
    let mut before = abcd;
    let mut quads = abcd;
    // SAFETY: `steps` exists, so the CPU has SHA.
    unsafe {
        unroll20!(0, |T| {
            for_each_message!(I < N, {
                let quad = if I < padding { PADDING_QUADS[T] } else { rings[I - padding][T % 8] };
                quads[I] = if T == 0 {
                    _mm_add_epi32(state[I].e, quad)
                } else {
                    steps.add_e(before[I], quad)
                };
            });
            lockstep(&mut quads);
            for_each_message!(I < N, {
                before[I] = abcd[I];
                abcd[I] = _mm_sha1rnds4_epu32::<{ (T / 5) as i32 }>(abcd[I], quads[I]);
                #[allow(clippy::absurd_extreme_comparisons)] // I is 0 in one of the unrolled turns
                if I >= padding && T < 16 {
                    let w = &mut rings[I - padding];
                    let [e, f, g, h] = [w[T % 8], w[(T + 1) % 8], w[(T + 2) % 8], w[(T + 3) % 8]];
                    let [a, b, c, d] =
                        [w[(T + 4) % 8], w[(T + 5) % 8], w[(T + 6) % 8], w[(T + 7) % 8]];
                    w[(T + 4) % 8] = if T < 4 {
                        steps.schedule([e, f, g, h])
                    } else {
                        steps.schedule_late([a, b, c, d, e, f, g, h])
                    };
                }
            });
            lockstep(&mut abcd);
        });
        let mut sum = state;
        for_each_message!(I < N, {
            sum[I] = State {
                abcd: _mm_add_epi32(abcd[I], state[I].abcd),
                e: steps.add_e(before[I], state[I].e),
            };
        });
        sum
    }
}

/// Keeps four messages at the same round. The compiler would let one message run ahead to save
/// registers, and the unit would wait for its chain.
#[inline(always)]
fn lockstep<const N: usize>(vectors: &mut [__m128i; N]) {
    if let [a, b, c, d] = vectors.as_mut_slice() {
        // SAFETY: the text is a comment, so there is no instruction.
        unsafe {
            asm!(
                "# {} {} {} {}",
                inout(xmm_reg) * a,
                inout(xmm_reg) * b,
                inout(xmm_reg) * c,
                inout(xmm_reg) * d,
                options(nomem, nostack, preserves_flags),
            );
        }
    }
}

/// The key block of the key at `key`.
///
/// # Safety
/// The CPU has SSSE3, and 24 bytes at `key` are readable.
#[inline(always)]
unsafe fn key_block(key: *const u8) -> [__m128i; 4] {
    // SAFETY: 16 bytes of the key are read, then its last 8; the shuffles need SSSE3.
    unsafe {
        let reverse = bytes([15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
        let rest = _mm_shuffle_epi8(_mm_loadl_epi64(key.add(16).cast()), reverse);
        [
            _mm_shuffle_epi8(_mm_loadu_si128(key.cast()), reverse),
            _mm_or_si128(rest, _mm_load_si128(&GUID_QUADS[0])),
            _mm_load_si128(&GUID_QUADS[1]),
            _mm_load_si128(&GUID_QUADS[2]),
        ]
    }
}

/// [`key_block`] of two keys.
///
/// # Safety
/// The CPU has SSSE3, and 48 bytes at `keys` are readable.
#[inline(always)]
unsafe fn key_blocks(keys: *const u8) -> [[__m128i; 4]; 2] {
    // SAFETY: the second key follows the first.
    unsafe { [key_block(keys), key_block(keys.add(KEY_LEN))] }
}

/// Writes the digest in base64.
///
/// # Safety
/// The CPU has SSE4.1 and the features of `S`, and 28 bytes at `value` are writable.
#[inline(always)]
unsafe fn write<S: Sha1Steps>(steps: S, State { abcd, e }: State, value: *mut u8) {
    // Bytes 0 to 11 of the digest are A, B and C; bytes 12 to 19 are D and E. The last lane of
    // `rest` is not stored.
    const Z: u8 = 0x80;
    let head = bytes([14, 15, 13, 14, 11, 12, 10, 11, 8, 9, 7, 8, 5, 6, 4, 5]);
    let rest = bytes([2, 3, 1, 2, 15, 0, 14, 15, 12, 13, Z, 12, Z, Z, Z, Z]);
    let pad = bytes([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, b'='.wrapping_sub(b'A'), 0, 0, 0, 0]);
    // SAFETY: 16, 8 and 4 bytes are written, 28 in all; blend and extract need SSE4.1.
    unsafe {
        let de = _mm_blend_epi16::<0b1100_0000>(abcd, e);
        let head = steps.base64(_mm_shuffle_epi8(abcd, head), bytes([0; 16]));
        let rest = steps.base64(_mm_shuffle_epi8(de, rest), pad);
        // The stores do not overlap: where the value is the next key, its loads are forwarded from
        // the store buffer.
        _mm_storeu_si128(value.cast(), head);
        _mm_storel_epi64(value.add(16).cast(), rest);
        value.add(24).cast::<i32>().write_unaligned(_mm_extract_epi32::<2>(rest));
    }
}

/// [`write()`] for two digests.
///
/// # Safety
/// The CPU has SSE4.1 and the features of `S`, and 56 bytes at `values` are writable.
#[inline(always)]
unsafe fn write_pair<S: Sha1Steps>(steps: S, [a, b]: [State; 2], values: *mut u8) {
    // SAFETY: the second value follows the first.
    unsafe {
        write(steps, a, values);
        write(steps, b, values.add(ACCEPT_LEN));
    }
}

/// The value of the key at `src`. The key is read before anything is written.
///
/// # Safety
/// The CPU has the features of `S`, 24 bytes at `src` are readable and 28 at `dst` writable.
#[inline(always)]
unsafe fn single<S: Sha1Steps>(src: *const u8, dst: *mut u8) {
    // SAFETY: one key is read, one value written; `new` needs the features of `S`, as this function does.
    unsafe {
        let steps = S::new();
        let state = compress(steps, [IV_STATE], [key_block(src)]);
        let [digest] = compress(steps, state, []);
        write(steps, digest, dst);
    }
}

/// The values of `pairs` pairs of keys, at least one pair.
///
/// # Safety
/// The CPU has the features of `S`, `pairs * 48` bytes at `src` are readable and `pairs * 56` at
/// `dst` writable.
#[inline(always)]
unsafe fn batch<S: Sha1Steps>(mut src: *const u8, mut dst: *mut u8, pairs: usize) {
    // SAFETY: both pointers are at pair 0 at first and move by one pair, at most `pairs - 1` times. `new`
    // needs the features of `S`, as this function does.
    unsafe {
        let steps = S::new();
        let mut state = compress(steps, [IV_STATE; 2], key_blocks(src));
        for _ in 1..pairs {
            src = src.add(2 * KEY_LEN);
            let [a, b] = state;
            let [a, b, c, d] = compress(steps, [a, b, IV_STATE, IV_STATE], key_blocks(src));
            write_pair(steps, [a, b], dst);
            dst = dst.add(2 * ACCEPT_LEN);
            state = [c, d];
        }
        write_pair(steps, compress(steps, state, []), dst);
    }
}

/// The values of `count` keys: pairs, and the last one by `one` where the number is odd.
///
/// # Safety
/// The CPU has the features of `S` and of `one`, `count * 24` bytes at `src` are readable and `count * 28` at `dst`
/// writable.
#[inline(always)]
unsafe fn each<S: Sha1Steps>(
    one: unsafe fn(*const u8, *mut u8),
    src: *const u8,
    dst: *mut u8,
    count: usize,
) {
    // SAFETY: `count / 2` pairs lie within the buffers. Where `count` is odd, the last key is in none of
    // them.
    unsafe {
        if count >= 2 {
            batch::<S>(src, dst, count / 2);
        }
        if count % 2 == 1 {
            one(src.add((count - 1) * KEY_LEN), dst.add((count - 1) * ACCEPT_LEN));
        }
    }
}

/// See [`AcceptFunctions::one`](crate::websocket::accept::AcceptFunctions::one).
///
/// # Safety
/// The CPU has SHA, SSSE3 and SSE4.1, 24 bytes at `src` are readable and 28 at `dst` writable.
#[inline(never)]
#[target_feature(enable = "sha,ssse3,sse4.1")]
pub unsafe fn one(src: *const u8, dst: *mut u8) {
    // SAFETY: the features of `Sse41` are those of this function.
    unsafe { single::<Sse41>(src, dst) }
}

/// See [`AcceptFunctions::many`](crate::websocket::accept::AcceptFunctions::many).
///
/// # Safety
/// The CPU has SHA, SSSE3 and SSE4.1, `count * 24` bytes at `src` are readable and `count * 28` at
/// `dst` writable.
#[inline(never)]
#[target_feature(enable = "sha,ssse3,sse4.1")]
pub unsafe fn many(src: *const u8, dst: *mut u8, count: usize) {
    // SAFETY: the features of `Sse41` are those of this function.
    unsafe { each::<Sse41>(one, src, dst, count) }
}

// The SHA-1 instructions have no VEX form, and each is slow while the upper half of any vector
// register is in use: a key then takes microseconds on Sapphire Rapids. Callers need not clear the
// upper halves, so the functions below do, for CPUs that have them. For the same reason the plain
// functions are not inlined where there is AVX, and no code here may copy more than 16 bytes at
// once: the compiler would use AVX.

/// [`one`] on a CPU that has AVX.
///
/// # Safety
/// That of [`one`], and the CPU has AVX.
#[target_feature(enable = "sha,ssse3,sse4.1,avx")]
pub unsafe fn one_avx(src: *const u8, dst: *mut u8) {
    _mm256_zeroupper();
    // SAFETY: `one` requires nothing that this function does not.
    unsafe { one(src, dst) }
}

/// [`many`] on a CPU that has AVX.
///
/// # Safety
/// That of [`many`], and the CPU has AVX.
#[target_feature(enable = "sha,ssse3,sse4.1,avx")]
pub unsafe fn many_avx(src: *const u8, dst: *mut u8, count: usize) {
    _mm256_zeroupper();
    // SAFETY: `many` requires nothing that this function does not.
    unsafe { many(src, dst, count) }
}

/// [`one`] with AVX-512.
///
/// # Safety
/// That of [`one`], and the CPU has AVX-512 F, BW and VL.
#[target_feature(enable = "sha,ssse3,sse4.1,avx512f,avx512bw,avx512vl")]
pub unsafe fn one_avx512(src: *const u8, dst: *mut u8) {
    _mm256_zeroupper();
    // SAFETY: the features of `Avx512` are those of this function.
    unsafe { single::<Avx512>(src, dst) }
}

/// [`many`] with AVX-512: 5 % faster than single keys on Sapphire Rapids, 19 to 86 % on Zen 4.
///
/// # Safety
/// That of [`many`], and the CPU has AVX-512 F, BW and VL.
#[target_feature(enable = "sha,ssse3,sse4.1,avx512f,avx512bw,avx512vl")]
pub unsafe fn many_avx512(src: *const u8, dst: *mut u8, count: usize) {
    _mm256_zeroupper();
    // SAFETY: the features of `Avx512` are those of this function.
    unsafe { each::<Avx512>(one_avx512, src, dst, count) }
}

/// [`compress`] of one block, alone and as two of four messages, for the tests.
///
/// # Safety
/// The CPU has the features of `S`.
#[cfg(test)]
#[inline(always)]
unsafe fn compress_one<S: Sha1Steps>(state: [u32; 5], block: [u32; 16]) -> [u32; 5] {
    let [a, b, c, d, e] = state;
    let state = State { abcd: quad([a, b, c, d]), e: quad([e, 0, 0, 0]) };
    let block = [0, 4, 8, 12].map(|t| quad([block[t], block[t + 1], block[t + 2], block[t + 3]]));
    // SAFETY: `new` needs the features of `S`, as this function does; a vector is four words.
    unsafe {
        let steps = S::new();
        let [alone] = compress(steps, [state], [block]);
        let [_, _, third, fourth] = compress(steps, [state; 4], [block; 2]);
        let [alone, third, fourth] = [alone, third, fourth].map(|State { abcd, e }| {
            let words = |quad| core::mem::transmute::<__m128i, [u32; 4]>(quad);
            let ([d, c, b, a], e) = (words(abcd), words(e)[3]);
            [a, b, c, d, e]
        });
        assert_eq!([third, fourth], [alone; 2], "the messages differ");
        alone
    }
}

/// See [`compress_one`].
///
/// # Safety
/// The CPU has SHA, SSSE3 and SSE4.1.
#[cfg(test)]
#[target_feature(enable = "sha,ssse3,sse4.1")]
pub unsafe fn compress_sse41(state: [u32; 5], block: [u32; 16]) -> [u32; 5] {
    // SAFETY: the features of `Sse41` are those of this function.
    unsafe { compress_one::<Sse41>(state, block) }
}

/// See [`compress_one`].
///
/// # Safety
/// The CPU has SHA, SSSE3, SSE4.1 and AVX-512 F, BW and VL.
#[cfg(test)]
#[target_feature(enable = "sha,ssse3,sse4.1,avx512f,avx512bw,avx512vl")]
pub unsafe fn compress_avx512(state: [u32; 5], block: [u32; 16]) -> [u32; 5] {
    // SAFETY: the features of `Avx512` are those of this function.
    unsafe { compress_one::<Avx512>(state, block) }
}
