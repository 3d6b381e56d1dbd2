//! The ladder of `make bench`: from CPython's first `escape_unicode` one step at a time through plain
//! C (benches/baseline/escape.c) to this library's backends, over lengths, numbers of escapes, widths
//! and forms, all through one signature, side by side in one run. `--json FILE` takes the samples;
//! benches/report.py makes tables and figures of them.

use std::ffi::{c_int, c_void};
use std::hint::black_box;

use libloading::Library;
use serde_json::json;
use webstr::Backend;
use webstr_benches::measure::{AGAIN, Contender, Record, measure, print};

const ROUNDS: usize = 60;
const RUNGS: [&str; 5] = ["original", "full_switch", "late_check", "copy_runs", "typed"];
const WIDTHS: [usize; 3] = [1, 2, 4];
const LONGEST: usize = 65536;

/// Both passes, as in benches/baseline/escape.h.
type Rung = unsafe extern "C" fn(c_int, *const c_void, usize, *mut c_void, usize) -> usize;

/// How many of a string's units are escaped.
#[derive(Clone, Copy)]
enum Escapes {
    Count(usize),
    Percent(usize),
}
use Escapes::{Count, Percent};

const ESCAPES: [Escapes; 6] = [Count(0), Count(1), Count(8), Count(9), Percent(10), Percent(100)];

impl Escapes {
    fn name(self) -> String {
        match self {
            Count(count) => count.to_string(),
            Percent(percent) => format!("{percent} %"),
        }
    }

    /// `None` if so many do not fit, or if it would be the string of no escapes again.
    fn of(self, len: usize) -> Option<usize> {
        match self {
            Count(count) => (count <= len).then_some(count),
            Percent(percent) => Some(len * percent / 100).filter(|&count| count > 0),
        }
    }
}

/// Every short length, then powers of two, and the 190 that the tables show.
fn lengths() -> Vec<usize> {
    let powers = (7..=LONGEST.ilog2()).map(|n| 1 << n);
    let mut lengths: Vec<usize> = (0..=64).chain(powers).chain([190]).collect();
    lengths.sort_unstable();
    lengths
}

/// Lower-case words in which `escapes` units, evenly spread, need one: six in seven of two
/// characters, the rest of six.
fn source(width: usize, len: usize, escapes: usize) -> Vec<u8> {
    let mut units: Vec<u8> = b"the quick brown fox ".iter().copied().cycle().take(len).collect();
    for i in 0..escapes {
        units[(2 * i + 1) * len / (2 * escapes)] = b"\"\n\\\t\r\x01\x0c"[i % 7];
    }
    let units = units.into_iter();
    units.flat_map(|unit| u32::from(unit).to_ne_bytes().into_iter().take(width)).collect()
}

/// The units of one string of a form, and where its escaped string goes.
#[derive(Clone, Copy)]
struct Job {
    width: usize,
    ascii: bool,
    src: *const u8,
    len: usize,
    dst: *mut u8,
    room: usize,
}

/// Does a job so many times; the units that it wrote, 0 if there was too little room.
type Way = Box<dyn Fn(usize) -> usize>;

fn c_rung(rung: Rung, job: Job) -> Way {
    Box::new(move |calls| {
        let mut n = 0;
        for _ in 0..calls {
            let (src, dst) = (black_box(job.src).cast(), black_box(job.dst).cast());
            // SAFETY: the source is there; no more than the room is written.
            n = unsafe { black_box(rung)(job.width as c_int, src, job.len, dst, job.room) };
        }
        n
    })
}

fn backend_rung(backend: &'static Backend, job: Job) -> Way {
    macro_rules! two_pass {
        ($size:expr, $write:expr) => {{
            let (size, write) = ($size, $write);
            Box::new(move |calls| {
                let mut n = 0;
                for _ in 0..calls {
                    let (src, dst) = (black_box(job.src).cast(), black_box(job.dst).cast());
                    // SAFETY: the backend is available and the source is there; what is written
                    // has the size that there is room for.
                    unsafe {
                        n = black_box(size)(src, job.len);
                        if n == 0 || n > job.room {
                            return 0;
                        }
                        n = black_box(write)(src, job.len, dst);
                    }
                }
                n
            })
        }};
    }
    match (job.width, job.ascii) {
        (1, false) => two_pass!(backend.ucs1.size, backend.ucs1.write),
        (2, false) => two_pass!(backend.ucs2.size, backend.ucs2.write),
        (_, false) => two_pass!(backend.ucs4.size, backend.ucs4.write),
        (1, true) => two_pass!(backend.ucs1.ascii_size, backend.ucs1.ascii_write),
        (2, true) => two_pass!(backend.ucs2.ascii_size, backend.ucs2.ascii_write),
        (_, true) => two_pass!(backend.ucs4.ascii_size, backend.ucs4.ascii_write),
    }
}

/// The rungs and the backends by name, the best backend a second time.
fn ways(library: &Library, job: Job) -> Vec<(String, Way)> {
    let form = if job.ascii { "ascii_" } else { "" };
    let mut ways = Vec::new();
    for name in RUNGS {
        // SAFETY: declared so in escape.h, and the library outlives all calls.
        let rung = unsafe { *library.get::<Rung>(format!("ladder_{form}{name}")).expect(name) };
        ways.push((name.replace('_', " "), c_rung(rung, job)));
    }
    let backends = webstr_benches::backends();
    for &backend in &backends {
        let name = format!("webstr {}", backend.name.to_string_lossy());
        ways.push((name, backend_rung(backend, job)));
    }
    let best = format!("webstr {}{AGAIN}", backends[0].name.to_string_lossy());
    ways.push((best, backend_rung(backends[0], job)));
    ways
}

/// That all ways write the same, and nothing where a unit of room is missing.
fn check(library: &Library, width: usize, ascii: bool, src: &[u8]) {
    let len = src.len() / width;
    let worst = (if ascii { 12 } else { 6 }) * len + 2;
    let mut dst = vec![0xa5; worst * if ascii { 1 } else { width }];
    let mut job = Job { width, ascii, src: src.as_ptr(), len, dst: dst.as_mut_ptr(), room: worst };
    let mut expected = None;
    for (name, way) in ways(library, job) {
        dst.fill(0xa5);
        let result = (way(1), dst.clone());
        let expected = expected.get_or_insert_with(|| result.clone());
        assert!(result == *expected, "{name} differs from the first on {src:x?}");
        job.room = result.0 - 1;
    }
    dst.fill(0xa5);
    for (name, way) in ways(library, job) {
        assert_eq!(way(1), 0, "{name} takes too little room for {src:x?}");
    }
    assert!(dst.iter().all(|&byte| byte == 0xa5), "written without room for {src:x?}");
}

/// `check` with every unit that matters, up to ten times, between clean runs of up to 70.
fn check_all(library: &Library, width: usize, ascii: bool) {
    let largest = [0xff, 0xffff, 0x11_0000][width / 2];
    let special = [0xd800, 0xdfff, 0xffff, 0x10000, 0x10ffff, 0x11_0000];
    for c in (0..=0x101).chain(special).filter(|&c| c <= largest) {
        for times in [0, 1, 2, 7, 8, 9, 10] {
            for run in [0, 1, 3, 17, 70] {
                let mut units = Vec::new();
                for _ in 0..times {
                    units.extend(std::iter::repeat_n(u32::from(b'a'), run));
                    units.push(c);
                }
                units.extend(std::iter::repeat_n(u32::from(b'z'), run));
                let src = units.iter().flat_map(|u| u.to_ne_bytes().into_iter().take(width));
                check(library, width, ascii, &src.collect::<Vec<u8>>());
            }
        }
    }
}

fn main() {
    // `cargo test --benches` runs this too, and measures nothing.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let library = webstr_benches::baseline();
    let mut cases = Vec::new();
    for width in WIDTHS {
        for ascii in [false, true] {
            for escapes in ESCAPES {
                for len in lengths() {
                    if let Some(count) = escapes.of(len) {
                        cases.push((width, ascii, escapes, len, count));
                    }
                }
            }
        }
    }
    let record = Record::from_args("ladder", cases.len());
    for width in WIDTHS {
        for ascii in [false, true] {
            check_all(&library, width, ascii);
        }
    }

    let room = 12 * LONGEST + 2;
    let mut dst = vec![0u8; 4 * room];
    for (width, ascii, escapes, len, count) in cases {
        let src = source(width, len, count);
        check(&library, width, ascii, &src);
        let job = Job { width, ascii, src: src.as_ptr(), len, dst: dst.as_mut_ptr(), room };
        let (names, ways): (Vec<String>, Vec<Way>) = ways(&library, job).into_iter().unzip();
        let mut contenders: Vec<Contender> = Vec::new();
        for way in &ways {
            contenders.push(Box::new(move |calls| {
                black_box(way(calls));
            }));
        }
        let times = measure(&mut contenders, record.rounds(ROUNDS));
        let form = if ascii { "ASCII" } else { "Unicode" };
        let case = json!({ "form": form, "width": width, "escapes": escapes.name(), "units": len });
        if !record.is_wanted() {
            print(&case, &names, &times);
        }
        record.add(case, len, &names, &times);
    }
}
