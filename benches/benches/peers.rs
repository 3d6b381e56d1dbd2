//! `make bench-escape`, second part: this library against the crates that escape JSON strings, the
//! plain C loops, our other backends and `memcpy`, on the same UTF-8 text, side by side in one run.
//!
//! "exact" is `escape_json_ucs1_size` plus `escape_json_ucs1`, for a buffer of the exact size;
//! "reserved" is `escape_json_ucs1` alone, for one of the worst case, which is what the crates write
//! into. Both are in ns. A factor is a peer's time over "exact": above 1 we are faster. A line ends
//! in the crates that are faster than "exact", with a "!" if also than "reserved". The backends are
//! those that this machine has beside the one in use.
//!
//! What the crates run is decided when they are built: sonic-rs uses only the vector units that the
//! compiler is told of, and v_jsonescape, which finds them at run time, is inlined into itself only
//! if it is told. So `make` builds this one with `-C target-cpu=native`, which all of them can only
//! win by; the first line says if it was so. json-escape-simd has its `avx512` feature on.

use std::cell::RefCell;
use std::ffi::CStr;
use std::hint::black_box;
use std::ops::Range;

use serde_json::{Value, json};
use webstr_benches::contents::{CONTENTS, LENGTHS, Places};
use webstr_benches::escapers::{self, Escaper};
use webstr_benches::measure::{AGAIN, Contender, Record, best, measure};
use webstr_benches::{backends, documents};

/// Of `measure`: many where a round takes microseconds, so that they outlast a busy moment of the
/// machine; few for the documents, which take milliseconds.
const ROUNDS: usize = 800;
const DOCUMENT_ROUNDS: usize = 40;

/// How one of our ways did against one crate over all lines.
struct Tally {
    ours: usize,
    peer: usize,
    cases: usize,
    faster: usize,
    least: f64,
    least_at: String,
}

/// The escapers of a line: our two ways, the crates, the rest.
const EXACT: usize = 0;
const RESERVED: usize = 1;
const CRATES: Range<usize> = 2..6;

/// What only the record has beside `LENGTHS`, of the first of `CONTENTS`: every short one, and what
/// makes a curve of the rest.
fn more_lengths() -> impl Iterator<Item = usize> {
    (0..=64).chain([128, 256, 512, 2048, 4096, 8192, 32768, 65536]).filter(|n| !LENGTHS.contains(n))
}

/// The best times of all escapers on the strings, which are the same in all places and taken from
/// another one in each round, after the samples went to the record.
fn time(
    case: Value,
    places: &[Vec<&str>],
    escapers: &[Escaper],
    rounds: usize,
    record: &Record,
) -> Vec<f64> {
    let buffer = &RefCell::new(escapers::buffer());
    let mut contenders: Vec<Contender> = Vec::new();
    let twin = [(places.len() / 2, &escapers[EXACT])];
    for (first, escaper) in escapers.iter().map(|escaper| (0, escaper)).chain(twin) {
        let mut places = places.iter().cycle().skip(first);
        contenders.push(Box::new(move |calls| {
            let strings = places.next().expect("there is at least one");
            escaper.run(calls, strings, &mut buffer.borrow_mut());
        }));
    }
    let times = measure(&mut contenders, record.rounds(rounds));
    let mut names: Vec<String> = escapers.iter().map(|escaper| escaper.name.into()).collect();
    names.push(format!("{}{AGAIN}", names[EXACT]));
    record.add(case, places[0].iter().map(|text| text.len()).sum(), &names, &times);
    times[..escapers.len()].iter().map(|times| best(times)).collect()
}

/// Times all escapers on the strings and prints a line.
fn compare(name: &str, times: &[f64], escapers: &[Escaper], tallies: &mut [Tally]) {
    for tally in tallies {
        let factor = times[tally.peer] / times[tally.ours];
        tally.cases += 1;
        tally.faster += usize::from(factor > 1.0);
        if factor < tally.least {
            tally.least = factor;
            tally.least_at = name.to_string();
        }
    }
    print!("{name:28} {:>9.1} {:>9.1}", times[EXACT], times[RESERVED]);
    for i in CRATES.start..times.len() {
        print!(" {:>1$.2}", times[i] / times[EXACT], width(escapers[i].name));
    }
    for i in CRATES.filter(|&i| times[i] <= times[EXACT]) {
        let even = if times[i] <= times[RESERVED] { "!" } else { "" };
        print!("  {}{even}", escapers[i].name);
    }
    println!();
}

fn heading(first: &str, escapers: &[Escaper]) {
    print!("\n{first:28} {:>9} {:>9}", "exact", "reserved");
    escapers[CRATES.start..].iter().for_each(|e| print!(" {:>1$}", e.name, width(e.name)));
    println!();
}

/// The width of a column of such a name.
fn width(name: &str) -> usize {
    name.len().max(6)
}

const WRITER_LENGTHS: [usize; 2] = [4096, 1 << 20];

/// The writers alone, as the share of memcpy's speed that they keep.
fn writers(record: &Record) {
    let backends = webstr_benches::backends();
    print!("\n{:28} {:>9}", "writer alone, clean bytes", "memcpy ns");
    backends.iter().for_each(|backend| print!(" {:>16}", backend.name.to_str().unwrap()));
    println!("  (memcpy's time over the writer's)");
    for len in WRITER_LENGTHS {
        let text = (CONTENTS[0].text)(len);
        let (src, mut dst) = (text.as_bytes(), vec![0u8; len + 2]);
        let dst = dst.as_mut_ptr();
        let mut contenders: Vec<Contender> = vec![Box::new(|calls| {
            for _ in 0..calls {
                // SAFETY: both are there for the length and do not overlap.
                unsafe {
                    black_box(dst).copy_from_nonoverlapping(black_box(src.as_ptr()), black_box(len))
                };
            }
        })];
        for backend in &backends {
            contenders.push(Box::new(|calls| {
                for _ in 0..calls {
                    // SAFETY: clean bytes grow by two quotes, for which there is room.
                    unsafe {
                        black_box(backend.ucs1.write)(black_box(src.as_ptr()), len, black_box(dst))
                    };
                }
            }));
        }
        let samples = measure(&mut contenders, record.rounds(ROUNDS));
        let mut names = vec!["memcpy".to_string()];
        names.extend(backends.iter().map(|b| format!("webstr {}", b.name.to_string_lossy())));
        record.add(json!({ "writer": "clean ASCII", "bytes": len }), len, &names, &samples);
        let times: Vec<f64> = samples.iter().map(|times| best(times)).collect();
        print!("{:28} {:>9.1}", format!("{len} bytes"), times[0]);
        times[1..].iter().for_each(|time| print!(" {:>16.2}", times[0] / time));
        println!();
    }
}

fn backend_in_use() -> &'static CStr {
    // SAFETY: a static string.
    unsafe { CStr::from_ptr(webstr::webstr_backend()) }
}

fn main() {
    let mut escapers = vec![escapers::ours_exact(), escapers::ours_reserved()];
    escapers.extend(escapers::crates());
    escapers.push(escapers::c_loops());
    let in_use = backend_in_use();
    let others = backends().into_iter().filter(|backend| backend.name != in_use);
    escapers.extend(others.map(escapers::backend));
    let (ours, others) = escapers.split_first().expect("it is there");
    escapers::check_all(others, ours);
    let checked = escapers.len();
    escapers.push(escapers::memcpy());

    let mut tallies = Vec::new();
    for ours in [EXACT, RESERVED] {
        for peer in CRATES {
            let (least, least_at) = (f64::INFINITY, String::new());
            tallies.push(Tally { ours, peer, cases: 0, faster: 0, least, least_at });
        }
    }

    let documents = documents::documents();
    let comparisons = CONTENTS.len() * LENGTHS.len()
        + more_lengths().count()
        + documents.len()
        + WRITER_LENGTHS.len();
    let record = Record::from_args("peers", comparisons);
    println!("{}, backend {}", webstr_benches::setting(), in_use.to_string_lossy());
    heading("UTF-8 text, bytes", &escapers);
    for content in &CONTENTS {
        for len in LENGTHS {
            let text = (content.text)(len);
            escapers::check(&escapers[1..checked], &escapers[0], &[&text]);
            let case = json!({ "content": content.name, "bytes": len });
            let times = time(case, &Places::new(&text).strings(), &escapers, ROUNDS, &record);
            compare(&format!("{}, {len}", content.name), &times, &escapers, &mut tallies);
        }
    }
    if record.is_wanted() {
        for len in more_lengths() {
            let text = (CONTENTS[0].text)(len);
            escapers::check(&escapers[1..checked], &escapers[0], &[&text]);
            let case = json!({ "content": CONTENTS[0].name, "bytes": len });
            time(case, &Places::new(&text).strings(), &escapers, ROUNDS, &record);
        }
    }
    heading("every string of, mean bytes", &escapers);
    for document in documents {
        let strings: Vec<&str> = document.strings.iter().map(String::as_str).collect();
        let bytes: usize = strings.iter().map(|text| text.len()).sum();
        let mean = bytes as f64 / strings.len() as f64;
        escapers::check(&escapers[1..checked], &escapers[0], &strings);
        let case = json!({ "document": document.name, "strings": strings.len() });
        let times = time(case, &[strings], &escapers, DOCUMENT_ROUNDS, &record);
        compare(&format!("{}, {mean:.1}", document.name), &times, &escapers, &mut tallies);
    }
    writers(&record);

    println!();
    for tally in &tallies {
        println!(
            "{:8} faster than {:16} in {:2} of {} cases, least factor {:.2} ({})",
            ["exact", "reserved"][tally.ours],
            escapers[tally.peer].name,
            tally.faster,
            tally.cases,
            tally.least,
            tally.least_at
        );
    }
}
