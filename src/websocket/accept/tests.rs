//! Every test runs with all kernels that this CPU can run, and prints the names of the others.

use std::vec::Vec;
use std::{eprintln, format, println, vec};

use super::constants::IV;
use super::*;
use crate::testing::checks::Place::{Back, Front};
use crate::testing::checks::{Bench, Place, accepts, thinned};
use crate::testing::oracle;

/// A kernel's compression function of the key block, in all lanes. Its function of the padding block
/// takes no other block, and is tested by comparisons with the crate `sha1`.
type Compress = unsafe fn([u32; 5], [u32; 16]) -> [u32; 5];

struct Kernels {
    name: &'static str,
    available: bool,
    accept: AcceptFunctions,
    compress: &'static [Compress],
}

/// The kernels to test.
fn kernels() -> Vec<Kernels> {
    let mut all = vec![Kernels {
        name: "scalar",
        available: true,
        accept: SCALAR,
        compress: &[scalar::compress],
    }];
    #[cfg(target_arch = "x86_64")]
    {
        use super::x86_64::{avx2, avx512, sha_ni};
        use std::is_x86_feature_detected as has;

        let sha = has!("sha") && has!("ssse3") && has!("sse4.1");
        let avx512 = has!("avx512f")
            && has!("avx512bw")
            && has!("avx512vl")
            && has!("avx512vbmi")
            && has!("avx512vbmi2");
        let mut add = |name, available, accept, compress| {
            all.push(Kernels { name, available, accept, compress });
        };
        add("sse4.1 + sha", sha, SSE41_SHA, &[sha_ni::compress_sse41]);
        add("avx2", has!("avx2"), AVX2, &[avx2::compress]);
        add("avx2 + sha", has!("avx2") && sha, AVX2_SHA, &[sha_ni::compress_sse41]);
        add("avx512", avx512, AVX512, &[avx512::compress]);
        add(
            "avx512 + sha",
            avx512 && sha,
            AVX512_SHA,
            &[avx512::compress, sha_ni::compress_avx512],
        );
    }
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    all.push(Kernels {
        name: "neon + sha",
        available: std::arch::is_aarch64_feature_detected!("sha2"),
        accept: NEON_SHA,
        compress: &[aarch64::compress_one],
    });
    all.retain(|kernels| {
        if !kernels.available {
            eprintln!("accept: {}: skipped, not on this CPU", kernels.name);
        }
        kernels.available
    });
    all
}

impl Kernels {
    fn one(&self, key: &[u8; KEY_LEN]) -> [u8; ACCEPT_LEN] {
        let mut value = [0; ACCEPT_LEN];
        // SAFETY: the CPU has the kernel; 24 bytes in, 28 out.
        unsafe { (self.accept.one)(key.as_ptr(), value.as_mut_ptr()) };
        value
    }
}

/// Pseudo-random bytes (xorshift64*), the same in each run.
fn random(len: usize) -> Vec<u8> {
    let mut x = 0x9e37_79b9_7f4a_7c15_u64;
    let mut word = || {
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        x.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes()
    };
    (0..len.div_ceil(8)).flat_map(|_| word()).take(len).collect()
}

#[test]
fn sample_of_rfc_6455() {
    for kernels in kernels() {
        let value = kernels.one(b"dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(&value, b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "{}", kernels.name);
    }
}

#[test]
fn a_million_random_keys() {
    let count = thinned(0..1_000_000, 50).count();
    let keys = random(count * KEY_LEN);
    let expected: Vec<u8> = keys.chunks(KEY_LEN).flat_map(oracle::accept).collect();
    let mut values = vec![0; count * ACCEPT_LEN];
    for Kernels { name, accept, .. } in kernels() {
        values.fill(0);
        let (src, dst) = (keys.as_ptr(), values.as_mut_ptr());
        for i in 0..count {
            // SAFETY: the CPU has the kernel, and both buffers have `count` items.
            unsafe { (accept.one)(src.add(i * KEY_LEN), dst.add(i * ACCEPT_LEN)) };
        }
        assert!(values == expected, "{name}: one");
        values.fill(0);
        // SAFETY: as above.
        unsafe { (accept.many)(src, dst, count) };
        assert!(values == expected, "{name}: many");
    }
}

/// Whole vectors, whole pairs, and every remainder.
#[test]
fn batches_of_every_size() {
    const MOST: usize = 40;
    let keys = random(MOST * KEY_LEN);
    let expected: Vec<u8> = keys.chunks(KEY_LEN).flat_map(oracle::accept).collect();
    for Kernels { name, accept, .. } in kernels() {
        for count in 0..=MOST {
            let mut values = vec![0xee; MOST * ACCEPT_LEN];
            // SAFETY: the CPU has the kernel, and both buffers have MOST items.
            unsafe { (accept.many)(keys.as_ptr(), values.as_mut_ptr(), count) };
            let (written, rest) = values.split_at(count * ACCEPT_LEN);
            assert!(*written == expected[..written.len()], "{name}: {count} keys");
            assert!(rest.iter().all(|&byte| byte == 0xee), "{name}: {count} keys, after them");
        }
    }
}

/// SHA-1 of any message by a kernel's compression function, FIPS 180-4 §5.1.1 and §6.1.2.
fn sha1(compress: Compress, message: &[u8]) -> [u8; 20] {
    let mut padded = message.to_vec();
    padded.push(0x80);
    padded.resize((message.len() + 9).next_multiple_of(64) - 8, 0);
    padded.extend((8 * message.len() as u64).to_be_bytes());
    let mut state = IV;
    for block in padded.chunks_exact(64) {
        let mut words = [0; 16];
        for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
            *word = u32::from_be_bytes(bytes.try_into().unwrap());
        }
        // SAFETY: the CPU has the kernel.
        state = unsafe { compress(state, words) };
    }
    let mut digest = [0; 20];
    digest.copy_from_slice(state.map(u32::to_be_bytes).as_flattened());
    digest
}

fn hex(digits: &str) -> Vec<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).unwrap() as u8;
    digits.as_bytes().chunks(2).map(|pair| 16 * digit(pair[0]) + digit(pair[1])).collect()
}

/// NIST's Monte Carlo test, SHAVS §6.4. Each digest depends on all digests before it, so the last one
/// proves them all, and that none rests on the crate `sha1`.
#[test]
fn shavs_monte_carlo() {
    for Kernels { name, compress, .. } in kernels() {
        for &compress in compress {
            let mut seed: [u8; 20] =
                hex("dd4df644eaf3d85bace2b21accaa22b28821f5cd").try_into().unwrap();
            for _ in 0..100 {
                let mut last = [seed; 3];
                for _ in 0..1000 {
                    last = [last[1], last[2], sha1(compress, last.as_flattened())];
                }
                seed = last[2];
            }
            assert_eq!(seed[..], hex("01b7be5b70ef64843a03fdbb3b247a6278d2cbe1"), "{name}");
        }
    }
}

/// No byte outside the batch is read or written.
#[test]
fn guard_pages() {
    const MOST: usize = 64;
    let keys = random(MOST * KEY_LEN);
    let bench = Bench::new();
    let (mut places, mut backends) = (0, 0);
    for count in 0..=MOST {
        // Each alignment of the keys, together with another alignment of the values.
        let shifted =
            thinned(1..64, 9).map(|offset| (Front(offset), Back((29 * offset + count) % 64)));
        let all: Vec<_> = Place::FLUSH.into_iter().chain(shifted).collect();
        places = all.len();
        backends = 0;
        for backend in accepts() {
            backends += 1;
            for &place in &all {
                bench.accept(backend, &keys[..count * KEY_LEN], place);
            }
        }
    }
    // Each batch as a whole, then each of its keys alone.
    let total: usize = (0..=MOST).map(|count| (1 + count) * places * backends).sum();
    println!(
        "batches of 0 to {MOST} keys x {places} places (4 flush, 63 offsets) x {backends} backends, \
         and each key alone = {total} comparisons"
    );
    assert_eq!(bench.comparisons.get(), total as u64);
}

#[test]
fn key_and_value_may_overlap() {
    let keys = random(KEY_LEN * 57);
    let bench = Bench::new();
    for backend in accepts() {
        for (distance, key) in (-28..=28).zip(keys.as_chunks().0) {
            bench.accept_overlapping(backend, key, distance);
        }
    }
}

fn valid(src: *const u8, len: usize) -> bool {
    // SAFETY: `len` bytes are readable.
    unsafe { crate::ffi::sec_websocket_key_valid(src.cast(), len) }
}

#[test]
fn key_valid_is_exact() {
    const KEY: &[u8; KEY_LEN] = b"dGhlIHNhbXBsZSBub25jZQ==";
    let bench = Bench::new();
    for (place, _) in &Place::FLUSH[..2] {
        for at in 0..KEY_LEN {
            for byte in 0..=255 {
                let mut key = *KEY;
                key[at] = byte;
                bench.key_valid(valid, &key, *place);
            }
        }
        // Two wrong bytes must not cancel each other.
        for (one, other) in (0..22).flat_map(|one| (0..one).map(move |other| (one, other))) {
            let mut key = *KEY;
            (key[one], key[other]) = (b'=', b' ');
            bench.key_valid(valid, &key, *place);
        }
        for len in 0..=520 {
            let key = format!("{}==", "A".repeat(len.max(2) - 2));
            bench.key_valid(valid, &key.as_bytes()[..len], *place);
        }
    }
    for offset in 0..64 {
        bench.key_valid(valid, KEY, Front(offset));
    }
    println!("{} comparisons", bench.comparisons.get());
}
