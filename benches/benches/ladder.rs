//! From CPython's first `escape_unicode` one step at a time through plain C (benches/baseline/escape.c)
//! to the backends: two passes, one-byte units, Unicode form, by length and number of escapes.

use std::ffi::{c_int, c_void};

use webstr_benches::contenders::{Destination, c_loops};
use webstr_benches::library::Backend;
use webstr_benches::measure::{Bench, Entry};
use webstr_benches::strings::Strings;

use crate::ROUNDS;

const RUNGS: [&str; 5] = ["original", "full_switch", "late_check", "copy_runs", "typed"];
const ESCAPES: [&str; 6] = ["0", "1", "8", "9", "10 %", "100 %"];
const LENGTHS: [usize; 23] = [
    0, 1, 2, 3, 4, 6, 8, 12, 16, 17, 24, 32, 48, 64, 128, 190, 256, 512, 1024, 2048, 4096, 16384,
    65536,
];

/// Both passes, as in benches/baseline/escape.c.
type Rung = unsafe extern "C" fn(c_int, *const c_void, usize, *mut c_void, usize) -> usize;

/// How many of `len` units are escaped; `None` if they do not fit, or are none again.
fn count(escapes: &str, len: usize) -> Option<usize> {
    match escapes.strip_suffix(" %") {
        Some(percent) => Some(len * percent.parse::<usize>().ok()? / 100).filter(|&n| n > 0),
        None => escapes.parse().ok().filter(|&n| n <= len),
    }
}

/// Lower-case words in which `escapes` units, evenly spread, need one: six in seven of two
/// characters, the rest of six.
fn source(len: usize, escapes: usize) -> Vec<u8> {
    let mut units: Vec<u8> = b"the quick brown fox ".iter().copied().cycle().take(len).collect();
    for i in 0..escapes {
        units[(2 * i + 1) * len / (2 * escapes)] = b"\"\n\\\t\r\x01\x0c"[i % 7];
    }
    units
}

pub fn table(bench: &mut Bench, backends: &[Backend], destination: Destination) {
    if !bench.begin("ladder") {
        return;
    }
    let library = webstr_benches::baseline();
    let rungs = RUNGS.map(|name| {
        // SAFETY: declared so in escape.c.
        (name, unsafe { *library.get::<Rung>(format!("ladder_{name}")).expect(name) })
    });
    let functions: Vec<_> = backends.iter().map(|b| (b.name, b.functions("", 1))).collect();
    for escapes in ESCAPES {
        for len in LENGTHS {
            let row = format!("{escapes}, {len}");
            let Some(count) = count(escapes, len).filter(|_| bench.wants(&row)) else { continue };
            let strings = Strings::spread(&source(len, count), 1);
            let (per, room) = (strings.per_call(), 6 * len + 2);
            destination.check(c_loops("", 1).1, 1, &functions, &strings);
            let mut entries: Vec<Entry> = Vec::new();
            for (name, rung) in rungs {
                // SAFETY: the source is there; no more than the room is written.
                let call = move |src, len, dst| unsafe { rung(1, src, len, dst, room) };
                check(call, destination, &strings);
                let call = move |src, len, dst| {
                    call(src, len, dst);
                };
                entries.push((name.replace('_', " "), per, destination.contender(&strings, call)));
            }
            for &(name, f) in &functions {
                let contender = destination.two_pass((f.size, f.write), &strings);
                entries.push((format!("webstr {name}"), per, contender));
            }
            bench.row(&row, ROUNDS, entries, Vec::new());
        }
    }
}

/// Asserts that a rung and the plain C loop write the same.
fn check(
    call: impl Fn(*const c_void, usize, *mut c_void) -> usize,
    destination: Destination,
    strings: &Strings,
) {
    let (src, len) = strings.iter().next().expect("there is one");
    let (src, dst) = (src.cast(), destination.start().cast());
    // SAFETY: as many bytes as a function says were written.
    let bytes = |n| unsafe { std::slice::from_raw_parts(destination.start(), n).to_vec() };
    // SAFETY: the source is there, and the destination has room.
    let expected = bytes(unsafe { c_loops("", 1).1(src, len, dst) });
    assert!(bytes(call(src, len, dst)) == expected, "a rung differs");
}
