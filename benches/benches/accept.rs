//! `sec_websocket_accept`: the library, the plain C function of benches/baseline/accept.c and others'
//! ways to the same value.

use std::ffi::c_void;
use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use webstr_benches::library::{Accept, Backend};
use webstr_benches::measure::{Bench, Contender, Entry, Target};
use webstr_benches::setting;

use crate::EVEN;

const KEY: usize = 24;
const BATCH: usize = 1024;
const ROUNDS: usize = 300;
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

type Value = [u8; 28];

/// Calls in a chain: the first 24 characters of each value are the next key. The first hundred are
/// checked.
fn chain(mut next: impl FnMut(&mut Value) + 'static) -> Contender<'static> {
    let mut value = *b"dGhlIHNhbXBsZSBub25jZQ==0000";
    let mut expected = value;
    for _ in 0..100 {
        next(&mut value);
        crates(&mut expected);
        assert_eq!(value, expected);
    }
    Box::new(move |calls| {
        for _ in 0..calls {
            next(&mut value);
        }
        black_box(&value);
    })
}

fn chain_c(accept: Accept) -> Contender<'static> {
    // SAFETY: 24 bytes in and 28 out, which may overlap or are read first.
    chain(move |value| unsafe { accept(value.as_ptr().cast(), value.as_mut_ptr().cast()) })
}

/// Forty `sha1rnds4`, each with the result of the one before: no SHA-1 of two blocks is faster on the
/// CPU's SHA-1 instructions.
#[cfg(target_arch = "x86_64")]
fn floor() -> Option<Contender<'static>> {
    use std::arch::x86_64::*;

    #[target_feature(enable = "sha")]
    fn rounds(mut abcd: __m128i, e: __m128i, calls: usize) -> __m128i {
        for _ in 0..10 * calls {
            abcd = _mm_sha1rnds4_epu32::<0>(abcd, e);
            abcd = _mm_sha1rnds4_epu32::<1>(abcd, e);
            abcd = _mm_sha1rnds4_epu32::<2>(abcd, e);
            abcd = _mm_sha1rnds4_epu32::<3>(abcd, e);
        }
        abcd
    }
    is_x86_feature_detected!("sha").then(|| {
        let contender = |calls| {
            // SAFETY: the CPU has SHA.
            unsafe { black_box(rounds(black_box(_mm_set1_epi32(77)), _mm_set1_epi32(77), calls)) };
        };
        Box::new(contender) as Contender
    })
}

#[cfg(not(target_arch = "x86_64"))]
fn floor() -> Option<Contender<'static>> {
    None
}

/// Whether the CPU can do the rest of the work beside a chain of `sha1rnds4`: on Zen the instruction
/// waits six cycles and issues every second, on Intel four and every third; AVX-512 VL rotates.
fn hides_the_rest() -> bool {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512vl") {
        return true;
    }
    setting().contains("AMD")
}

fn crates(value: &mut Value) {
    let digest = Sha1::new().chain_update(&value[..KEY]).chain_update(GUID).finalize();
    STANDARD.encode_slice(digest, value).expect("28 bytes are enough");
}

fn tungstenite(value: &mut Value) {
    let accept = tungstenite::handshake::derive_accept_key(&value[..KEY]);
    value.copy_from_slice(accept.as_bytes());
}

pub fn table(bench: &mut Bench, backends: &[Backend]) {
    if !bench.begin("accept") {
        return;
    }
    one(bench, backends);
    batches(bench, backends);
}

fn one(bench: &mut Bench, backends: &[Backend]) {
    let library = webstr_benches::baseline();
    // SAFETY: declared so in accept.c.
    let plain = unsafe { *library.get::<Accept>(b"baseline_accept").expect("baseline_accept") };
    let mut entries: Vec<Entry> = vec![
        ("plain C".into(), 1, chain_c(plain)),
        ("crates sha1 and base64".into(), 1, chain(crates)),
        ("tungstenite derive_accept_key".into(), 1, chain(tungstenite)),
    ];
    // SAFETY: as above, in openssl.c.
    match unsafe { library.get::<Accept>(b"openssl_accept") } {
        Ok(accept) => entries.push(("OpenSSL".into(), 1, chain_c(*accept))),
        Err(_) => println!("OpenSSL is left out: its headers are missing (Debian: libssl-dev)"),
    }
    let peers: Vec<&'static str> = entries[1..].iter().map(|e| &*e.0.clone().leak()).collect();
    entries.extend(backends.iter().map(|b| (b.name.into(), 1, chain_c(b.accept().0))));
    let best = backends[0].name;
    let mut targets = Vec::new();
    if let Some(floor) = floor() {
        entries.push(("40 sha1rnds4 in a chain".into(), 1, floor));
        let limit = if hides_the_rest() { 1.25 } else { 1.55 };
        targets.extend(Target::times(best, &["40 sha1rnds4 in a chain"], Some(limit)));
    }
    targets.extend(Target::times(best, &["plain C"], Some(1.0 / 2.5)));
    targets.extend(Target::times("scalar", &["plain C"], Some(1.0 / 1.15)));
    targets.extend(Target::times(best, &peers, Some(1.0)));
    if bench.wants("one key") {
        bench.row("one key", ROUNDS, entries, targets);
    }
}

/// Batches beside as many single calls, ns per key.
fn batches(bench: &mut Bench, backends: &[Backend]) {
    let keys: Vec<u8> = (0..BATCH * KEY).map(|i| b'A' + (i * i % 26) as u8).collect();
    let mut expected = Vec::new();
    for key in keys.chunks(KEY) {
        let mut value = [0; 28];
        value[..KEY].copy_from_slice(key);
        crates(&mut value);
        expected.extend(value);
    }
    let mut values = vec![0_u8; expected.len()];
    let (src, dst) = (keys.as_ptr().cast::<c_void>(), values.as_mut_ptr().cast::<c_void>());
    for count in (2..=16).chain([32, 64, BATCH]) {
        let row = format!("batch of {count}");
        if !bench.wants(&row) {
            continue;
        }
        let (mut entries, mut targets): (Vec<Entry>, Vec<_>) = (Vec::new(), Vec::new());
        for backend in backends {
            let (one, many) = black_box(backend.accept());
            // SAFETY: both buffers have BATCH items.
            unsafe {
                dst.write_bytes(0, 28 * count);
                many(src, dst, count);
                let values = std::slice::from_raw_parts(dst.cast::<u8>(), 28 * count);
                assert_eq!(*values, expected[..28 * count]);
            }
            // SAFETY: as above.
            let batch = move |calls| (0..calls).for_each(|_| unsafe { many(src, dst, count) });
            // SAFETY: as above.
            let singles = move |calls| {
                (0..calls * count).for_each(|i| unsafe {
                    one(src.add(i % count * KEY), dst.add(i % count * 28))
                });
            };
            let name: &str = format!("{}, single calls", backend.name).leak();
            entries.push((backend.name.into(), count, Box::new(batch)));
            entries.push((name.into(), count, Box::new(singles)));
            if count <= 16 {
                targets.extend(Target::times(backend.name, &[name], Some(EVEN)));
            }
        }
        entries.push(("one key in a chain".into(), 1, chain_c(backends[0].accept().0)));
        if count == BATCH {
            let limit = if hides_the_rest() { 0.42 } else { 0.75 };
            targets.extend(Target::times(backends[0].name, &["one key in a chain"], Some(limit)));
        }
        bench.row(&row, ROUNDS, entries, targets);
    }
}
