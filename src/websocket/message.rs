//! What each WebSocket message needs: its payload unmasked (RFC 6455 §5.3), and its text checked for
//! UTF-8 (§8.1, see [`crate::utf8`]).
//!
//! A payload is masked with four bytes over and over, so with one word for all vectors. Vectors that
//! overlap must all be loaded before one is stored, since the destination may be the source: so the
//! first and the last four are loaded before the loop and stored after it.

use crate::utf8;
use crate::vector::Vector;

/// The functions of one backend.
#[derive(Clone, Copy)]
pub struct MessageFunctions {
    /// `(src, len)` to the number of bytes from the start that are well-formed UTF-8.
    pub valid_up_to: unsafe fn(*const u8, usize) -> usize,
    /// `(src, len, key, dst)`: `dst[i] = src[i] ^ key[i % 4]`, the key as bytes in memory; `len` is at least 4.
    pub mask: unsafe fn(*const u8, usize, u32, *mut u8),
}

/// Needs no feature beyond the target's baseline.
pub const SCALAR: MessageFunctions =
    MessageFunctions { valid_up_to: utf8::PORTABLE.valid_up_to, mask: mask_scalar };

/// The longest payload that [`mask_few`] masks sooner than a call through a pointer would.
pub const FEW: usize = 16;

/// Masks up to [`FEW`] bytes: `dst[i] = src[i] ^ key[(phase + i) % 4]`.
///
/// # Safety
/// `src` must be readable and `dst` writable for `len` <= `FEW` bytes, and `key` readable for 4. `src` and
/// `dst` are the same or do not overlap; `key` does not overlap `dst`.
#[inline(always)]
pub unsafe fn mask_few(src: *const u8, len: usize, key: *const u8, phase: usize, dst: *mut u8) {
    // SAFETY: `i` is below `len`, and words are masked only where there are 4 bytes or more.
    unsafe {
        if len >= 4 {
            return mask_words(src, len, key_from(key, phase), dst);
        }
        for i in 0..len {
            *dst.add(i) = *src.add(i) ^ *key.add(phase.wrapping_add(i) % 4);
        }
    }
}

/// The masking key as a word in memory that begins with the byte of `phase`.
///
/// # Safety
/// `key` must be readable for 4 bytes.
#[inline(always)]
pub unsafe fn key_from(key: *const u8, phase: usize) -> u32 {
    // SAFETY: the caller's promise.
    rotated(unsafe { key.cast::<u32>().read_unaligned() }, phase)
}

/// The key as it is `by` bytes later.
#[inline(always)]
fn rotated(key: u32, by: usize) -> u32 {
    let bits = by as u32 % 4 * 8;
    if cfg!(target_endian = "little") { key.rotate_right(bits) } else { key.rotate_left(bits) }
}

/// Masks 4 to 32 bytes.
///
/// # Safety
/// `src` must be readable and `dst` writable for `len` bytes, 4 to 32.
#[inline(always)]
unsafe fn mask_words(src: *const u8, len: usize, key: u32, dst: *mut u8) {
    /// Masks the words at these places, which cover the `len` bytes.
    macro_rules! words {
        ($word:ty: $($at:expr),+) => {{
            let places = [$($at),+];
            let words = places.map(|at| {
                let key = u64::from(rotated(key, at));
                src.add(at).cast::<$word>().read_unaligned() ^ (key | key << 32) as $word
            });
            for (word, at) in words.iter().zip(places) {
                dst.add(at).cast::<$word>().write_unaligned(*word);
            }
        }};
    }
    // SAFETY: each word lies within the `len` bytes, and all are read before one is written.
    unsafe {
        if len > 16 {
            words!(u64: 0, 8, len - 16, len - 8);
        } else if len >= 8 {
            words!(u64: 0, len - 8);
        } else {
            words!(u32: 0, len - 4);
        }
    }
}

/// See [`MessageFunctions::mask`].
///
/// # Safety
/// `src` must be readable and `dst` writable for `len` >= 4 bytes; they are the same or do not overlap.
unsafe fn mask_scalar(src: *const u8, len: usize, key: u32, dst: *mut u8) {
    let word = u64::from(key) | u64::from(key) << 32;
    let mut at = 0;
    // SAFETY: each word and the rest lie within the `len` bytes.
    unsafe {
        while len - at > 32 {
            let masked = src.add(at).cast::<u64>().read_unaligned() ^ word;
            dst.add(at).cast::<u64>().write_unaligned(masked);
            at += 8;
        }
        mask_words(src.add(at), len - at, key, dst.add(at));
    }
}

/// Masks up to `N` vectors, but not less than half of them.
///
/// # Safety
/// The CPU must have the features of the vector; the buffers as for [`mask_scalar`].
#[inline(always)]
unsafe fn mask_ends<V: Vector<Lane = u32>, const N: usize>(
    src: *const u8,
    len: usize,
    key: u32,
    dst: *mut u8,
) {
    let bytes = size_of::<V>();
    // SAFETY: the first half of the vectors and the second, which ends at `len`, lie within the bytes,
    // and all are loaded before one is stored.
    unsafe {
        let mut vectors = [V::load(src.cast::<u32>()); N];
        let from = len - N / 2 * bytes;
        for i in 1..N / 2 {
            vectors[i] = V::load(src.add(i * bytes).cast::<u32>());
        }
        for i in 0..N / 2 {
            vectors[N / 2 + i] = V::load(src.add(from + i * bytes).cast::<u32>());
        }
        for i in 0..N / 2 {
            vectors[i].xor(key).store(dst.add(i * bytes).cast());
        }
        for i in 0..N / 2 {
            let v = vectors[N / 2 + i].xor(rotated(key, from));
            v.store(dst.add(from + i * bytes).cast());
        }
    }
}

/// [`mask_scalar`] in vectors.
///
/// # Safety
/// The CPU must have the features of the vector; the buffers as for [`mask_scalar`].
#[inline(always)]
unsafe fn mask<V: Vector<Lane = u32>>(src: *const u8, len: usize, key: u32, dst: *mut u8) {
    let bytes = size_of::<V>();
    // SAFETY: each vector lies within the `len` bytes. The first and the last four are stored last, so
    // that the loop loads no masked byte.
    unsafe {
        if len <= 32 {
            return mask_words(src, len, key, dst);
        } else if len <= 2 * bytes {
            return mask_ends::<V, 2>(src, len, key, dst);
        } else if len <= 4 * bytes {
            return mask_ends::<V, 4>(src, len, key, dst);
        }
        let from = len - 4 * bytes;
        let first = V::load(src.cast::<u32>());
        let mut last = [first; 4];
        for i in 0..4 {
            last[i] = V::load(src.add(from + i * bytes).cast::<u32>());
        }
        // Stores that cross no cache line.
        let mut at = bytes - dst.addr() % bytes;
        let word = rotated(key, at);
        while at < from {
            let mut vectors = [first; 4];
            for i in 0..4 {
                vectors[i] = V::load(src.add(at + i * bytes).cast::<u32>());
            }
            for i in 0..4 {
                vectors[i].xor(word).store(dst.add(at + i * bytes).cast());
            }
            at += 4 * bytes;
        }
        first.xor(key).store(dst.cast());
        for i in 0..4 {
            last[i].xor(rotated(key, from)).store(dst.add(from + i * bytes).cast());
        }
    }
}

/// A backend: the vector, its features, its check of UTF-8.
macro_rules! backend {
    ($name:ident: $vector:ident, $features:literal, $utf8:path, $needs:literal) => {
        #[doc = $needs]
        pub const $name: MessageFunctions = {
            #[target_feature(enable = $features)]
            unsafe fn masked(src: *const u8, len: usize, key: u32, dst: *mut u8) {
                // SAFETY: the caller's promise.
                unsafe { mask::<crate::vector::$vector<u32>>(src, len, key, dst) }
            }
            MessageFunctions { valid_up_to: $utf8.valid_up_to, mask: masked }
        };
    };
}
#[cfg(target_arch = "x86_64")]
backend!(SSE2: Sse2, "sse2", utf8::PORTABLE, "Needs SSE2, the baseline.");
#[cfg(target_arch = "x86_64")]
backend!(AVX2: Avx2, "avx2,bmi1,bmi2,popcnt", utf8::AVX2, "Needs AVX2, BMI1, BMI2 and POPCNT.");
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
backend!(NEON: Neon, "neon", utf8::PORTABLE, "Needs NEON, the baseline.");

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use crate::ffi;
    use crate::testing::checks::Place::{Back, Front};
    use crate::testing::checks::{Bench, messages, thinned};
    use crate::testing::oracle;

    const KEY: [u8; 4] = [0x12, 0x34, 0xa5, 0xff];

    #[test]
    fn mask_every_length_and_offset() {
        let bench = Bench::new();
        for backend in messages() {
            let long = thinned((65..=600).chain([1023, 1024, 1025, 2000, 2048]), 7);
            for len in (0..=64).chain(long) {
                let payload: Vec<u8> = (0..len).map(|i| (i * 7 + 3) as u8).collect();
                bench.mask(backend, &payload, KEY, (Back(0), Back(0)));
                for offset in thinned(0..64, 7) {
                    bench.mask(backend, &payload, KEY, (Front(offset), Front(29 * offset % 64)));
                }
            }
        }
    }

    /// A payload in two parts, cut anywhere, with what the first call returns for the second.
    #[test]
    fn mask_in_parts() {
        let payload: Vec<u8> = (0..=255).collect();
        for phase in 0..8 {
            let expected = oracle::websocket_mask(&payload, KEY, phase as usize);
            for cut in 0..=payload.len() {
                let mut result = payload.clone();
                let dst = result.as_mut_ptr();
                // SAFETY: the two parts are those of the payload.
                unsafe {
                    let key = KEY.as_ptr().cast();
                    let middle =
                        ffi::webstr_websocket_mask(dst.cast(), cut, key, phase, dst.cast());
                    assert_eq!(middle as usize, (phase as usize + cut) % 4);
                    let rest = dst.add(cut).cast();
                    let end =
                        ffi::webstr_websocket_mask(rest, payload.len() - cut, key, middle, rest);
                    assert_eq!(end, phase % 4);
                }
                assert_eq!(result, expected);
            }
        }
    }
}
