//! `make bench-accept`: the handshake's kernels, the plain C function of benches/baseline/accept.c
//! and others' ways to the same value, side by side in one run. Times are the best of
//! all rounds, factors the median of each round's own.

use std::ffi::c_void;
use std::hint::black_box;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha1::{Digest, Sha1};
use webstr::Backend;
use webstr::ffi::{SEC_WEBSOCKET_ACCEPT_LEN, SEC_WEBSOCKET_KEY_LEN};
use webstr_benches::measure::{self, AGAIN, Contender, Record};

const BATCH: usize = 1024;
const SMALL: std::ops::RangeInclusive<usize> = 2..=16;
const ROUNDS: usize = 300;
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

type Accept = unsafe extern "C" fn(*const c_void, *mut c_void);
type Value = [u8; SEC_WEBSOCKET_ACCEPT_LEN];

/// Measured contenders: for each, nanoseconds per call in every round.
struct Times(Vec<Vec<f64>>);

impl Times {
    fn measure(contenders: &mut [Contender], record: &Record) -> Self {
        Self(measure::measure(contenders, record.rounds(ROUNDS)))
    }

    fn best(&self, i: usize) -> f64 {
        measure::best(&self.0[i])
    }

    /// How many times as long `i` takes as `j`, in the median of the rounds.
    fn ratio(&self, i: usize, j: usize) -> f64 {
        let mut ratios: Vec<f64> = self.0[i].iter().zip(&self.0[j]).map(|(a, b)| a / b).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }
}

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

fn chain_backend(backend: &'static Backend) -> Contender<'static> {
    let one = black_box(backend.accept.one);
    // SAFETY: the backend is available; 24 bytes in and 28 out, which may overlap.
    chain(move |value| unsafe { one(value.as_ptr(), value.as_mut_ptr()) })
}

/// Forty `sha1rnds4`, each of which needs the one before: no SHA-1 of two blocks is faster on the
/// CPU's SHA-1 instructions.
#[cfg(target_arch = "x86_64")]
fn floor() -> Option<Contender<'static>> {
    use std::arch::x86_64::*;

    #[target_feature(enable = "sha")]
    fn rounds(mut abcd: __m128i, e: __m128i, calls: usize) -> __m128i {
        for _ in 0..calls {
            for _ in 0..10 {
                abcd = _mm_sha1rnds4_epu32::<0>(abcd, e);
                abcd = _mm_sha1rnds4_epu32::<1>(abcd, e);
                abcd = _mm_sha1rnds4_epu32::<2>(abcd, e);
                abcd = _mm_sha1rnds4_epu32::<3>(abcd, e);
            }
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
    webstr_benches::setting().contains("AMD")
}

fn crates(value: &mut Value) {
    let digest =
        Sha1::new().chain_update(&value[..SEC_WEBSOCKET_KEY_LEN]).chain_update(GUID).finalize();
    STANDARD.encode_slice(digest, value).expect("28 bytes are enough");
}

fn tungstenite(value: &mut Value) {
    let key = &value[..SEC_WEBSOCKET_KEY_LEN];
    let accept = tungstenite::handshake::derive_accept_key(key);
    value.copy_from_slice(accept.as_bytes());
}

fn main() {
    // `cargo test --benches` runs this too, and measures nothing.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let counts: Vec<usize> = SMALL.chain([32, 64, BATCH]).collect();
    let record = Record::from_args("handshake", 1 + counts.len());
    let library = webstr_benches::baseline();
    // SAFETY: declared so in accept.h, and as the library is never closed it may be copied out.
    let baseline = unsafe { *library.get::<Accept>(b"baseline_accept").expect("baseline_accept") };
    // SAFETY: as above, in openssl.c.
    let openssl = unsafe { library.get::<Accept>(b"openssl_accept") }.ok().map(|f| *f);
    std::mem::forget(library);

    let backends = webstr_benches::backends();
    let scalar = backends.len() - 1;
    let mut missed = Vec::new();
    let mut want = |what: &str, factor: f64, met: bool, wanted: &str| {
        println!("  {} {what}: {factor:.3}, wanted {wanted}", if met { "✓" } else { "✗" });
        if !met {
            missed.push(what.to_string());
        }
    };

    println!("{}\n", webstr_benches::setting());
    println!("One key at a time, each the start of the value before\n");
    let mut names: Vec<String> = vec!["plain C function".into()];
    let mut contenders = vec![chain_c(baseline)];
    let mut add = |name: String, contender| {
        names.push(name);
        contenders.push(contender);
    };
    for &backend in &backends {
        add(format!("webstr, {}", backend.name.to_string_lossy()), chain_backend(backend));
    }
    add("crates sha1 and base64".into(), chain(crates));
    add("tungstenite derive_accept_key".into(), chain(tungstenite));
    match openssl {
        Some(accept) => add("OpenSSL SHA1, EVP_EncodeBlock".into(), chain_c(accept)),
        None => println!("OpenSSL: skipped, as its headers are missing (Debian: libssl-dev)\n"),
    }
    let floor = floor().map(|floor| add("40 sha1rnds4 in a chain".into(), floor));
    let peers = backends.len() + 1..names.len() - usize::from(floor.is_some());
    contenders.push(chain_backend(backends[0]));
    let times = Times::measure(&mut contenders, &record);
    let again = format!("{}{AGAIN}", names[1]);
    record.add(json!({ "keys": "one" }), 1, &[names.as_slice(), &[again]].concat(), &times.0);
    println!("{:32}{:>8}{:>12}", "", "ns", "× faster");
    for (i, name) in names.iter().enumerate() {
        println!("{name:32}{:8.1}{:12.2}", times.best(i), times.ratio(0, i));
    }
    println!();
    if floor.is_some() {
        let factor = times.ratio(1, names.len() - 1);
        let limit = if hides_the_rest() { 1.25 } else { 1.55 };
        let what = "best backend, × the bare chain of 40 sha1rnds4";
        want(what, factor, factor <= limit, &format!("at most {limit}"));
    }
    let factor = times.ratio(0, 1);
    want("best backend, × faster than plain C", factor, factor >= 2.5, "at least 2.5");
    let factor = times.ratio(0, 1 + scalar);
    want("portable backend, × faster than plain C", factor, factor >= 1.15, "at least 1.15");
    for peer in peers {
        let factor = times.ratio(peer, 1);
        let what = format!("best backend, × faster than {}", names[peer]);
        want(&what, factor, factor > 1.0, "more than 1");
    }

    println!("\nA batch: ns per key, and × faster than that many single calls\n");
    let keys: Vec<u8> =
        (0..BATCH * SEC_WEBSOCKET_KEY_LEN).map(|i| b'A' + (i * i % 26) as u8).collect();
    let expected = keys.chunks(SEC_WEBSOCKET_KEY_LEN).flat_map(|key| {
        let mut value = [0; SEC_WEBSOCKET_ACCEPT_LEN];
        value[..SEC_WEBSOCKET_KEY_LEN].copy_from_slice(key);
        crates(&mut value);
        value
    });
    let expected: Vec<u8> = expected.collect();
    let mut values = vec![0_u8; BATCH * SEC_WEBSOCKET_ACCEPT_LEN];
    for backend in &backends {
        for &count in &counts {
            values.fill(0);
            // SAFETY: the backend is available, and both buffers have BATCH items.
            unsafe { (backend.accept.many)(keys.as_ptr(), values.as_mut_ptr(), count) };
            let len = count * SEC_WEBSOCKET_ACCEPT_LEN;
            assert_eq!(values[..len], expected[..len]);
        }
    }
    let (src, dst) = (keys.as_ptr(), values.as_mut_ptr());
    print!("{:>6}", "keys");
    for backend in &backends {
        print!("{:>18}", backend.name.to_string_lossy());
    }
    println!();
    let mut slowest = (f64::INFINITY, String::new());
    let (mut large, mut share) = (0.0, 0.0);
    for &count in &counts {
        let (mut names, mut contenders) = (Vec::new(), Vec::<Contender>::new());
        for backend in &backends {
            let name = backend.name.to_string_lossy();
            names.extend([format!("webstr, {name}"), format!("webstr, {name}, single calls")]);
            let (one, many) = (black_box(backend.accept.one), black_box(backend.accept.many));
            // SAFETY: the backend is available, and both buffers have BATCH items.
            contenders.push(Box::new(move |calls| unsafe {
                for _ in 0..calls {
                    many(src, dst, count);
                }
            }));
            // SAFETY: as above.
            contenders.push(Box::new(move |calls| unsafe {
                for _ in 0..calls {
                    for i in 0..count {
                        one(
                            src.add(i * SEC_WEBSOCKET_KEY_LEN),
                            dst.add(i * SEC_WEBSOCKET_ACCEPT_LEN),
                        );
                    }
                }
            }));
        }
        let again = black_box(backends[0].accept.many);
        names.push(format!("{}{AGAIN}", names[0]));
        // SAFETY: as above.
        contenders.push(Box::new(move |calls| unsafe {
            for _ in 0..calls {
                again(src, dst, count);
            }
        }));
        // SAFETY: as above.
        contenders.push(Box::new(move |calls| unsafe {
            for i in (0..BATCH).cycle().take(calls) {
                let key = src.add(i * SEC_WEBSOCKET_KEY_LEN);
                baseline(key.cast(), dst.add(i * SEC_WEBSOCKET_ACCEPT_LEN).cast());
            }
        }));
        contenders.push(chain_backend(backends[0]));
        let times = Times::measure(&mut contenders, &record);
        // The last two do one key a call.
        record.add(json!({ "keys": count }), count, &names, &times.0[..names.len()]);
        print!("{count:6}");
        for (i, backend) in backends.iter().enumerate() {
            let factor = times.ratio(2 * i + 1, 2 * i);
            print!("{:10.1} {factor:6.2}×", times.best(2 * i) / count as f64);
            if SMALL.contains(&count) && factor < slowest.0 {
                slowest = (factor, format!("{}, {count} keys", backend.name.to_string_lossy()));
            }
        }
        println!();
        if count == BATCH {
            large = times.ratio(names.len(), 0) * count as f64;
            share = times.ratio(0, names.len() + 1) / count as f64;
        }
    }
    println!();
    want("best backend, batch of 1024, × faster than plain C", large, large >= 10.0, "at least 10");
    let limit = if hides_the_rest() { 0.42 } else { 0.75 };
    let what = "best backend, a key of a batch of 1024 × a single call in a chain";
    want(what, share, share <= limit, &format!("at most {limit}"));
    let what = format!("batches of 2 to 16, × faster than single calls, at worst ({})", slowest.1);
    // On the portable backend a batch is single calls, so noise decides; 2 % of it is let pass.
    want(&what, slowest.0, slowest.0 >= 0.98, "at least 1");
    if !missed.is_empty() {
        println!("\n{} of these were missed", missed.len());
    }
}
