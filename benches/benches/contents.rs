//! `make bench-escape`: `*_size` plus the writer, per backend, as factors over the plain C loops of
//! benches/baseline/escape.c, side by side in one run.

use std::hint::black_box;

use serde_json::json;
use webstr::Backend;
use webstr_benches::measure::{AGAIN, Contender, Record, best, measure};
use webstr_benches::{Size, Write};

const ASCII: &str = "_ascii";

/// Content, width, form, and per length the least factor wanted from the best backend.
struct Row {
    content: &'static str,
    units: &'static [u32],
    /// One such unit in so many others, or all of them.
    every: usize,
    widths: &'static [usize],
    forms: &'static [&'static str],
    wanted: &'static [(usize, f64)],
}

const SHORT: &[u32] = &[0x22, 0x5c, 0x0a, 0x09, 0x0d, 0x08, 0x0c];
const LONG: &[u32] = &[0x00, 0x01, 0x0b, 0x1f, 0x1b, 0x0e, 0x07];

const ROWS: &[Row] = &[
    Row {
        content: "clean ASCII",
        units: &[],
        every: 1,
        widths: &[1],
        forms: &["", ASCII],
        wanted: &[
            (0, 0.5),
            (1, 0.7),
            (2, 0.8),
            (3, 0.0),
            (4, 1.0),
            (8, 1.0),
            (12, 1.3),
            (17, 2.5),
            (32, 4.0),
            (64, 8.0),
            (190, 15.0),
            (4096, 40.0),
            (65536, 40.0),
        ],
    },
    Row {
        content: "clean ASCII",
        units: &[],
        every: 1,
        widths: &[2],
        forms: &["", ASCII],
        wanted: &[(8, 1.0), (32, 3.0), (4096, 20.0)],
    },
    Row {
        content: "clean CJK",
        units: &[0x4e2d, 0x6587, 0x5b57],
        every: 1,
        widths: &[2],
        forms: &[""],
        wanted: &[(8, 1.0), (32, 3.0), (4096, 20.0)],
    },
    Row {
        content: "clean ASCII",
        units: &[],
        every: 1,
        widths: &[4],
        forms: &["", ASCII],
        wanted: &[(32, 2.0), (4096, 10.0)],
    },
    Row {
        content: "one in 32 \\\"",
        units: &[0x22],
        every: 32,
        widths: &[1],
        forms: &["", ASCII],
        wanted: &[(64, 3.0), (4096, 10.0)],
    },
    Row {
        content: "all \\n and such",
        units: SHORT,
        every: 1,
        widths: &[1],
        forms: &["", ASCII],
        wanted: &[(16, 1.0), (4096, 5.0)],
    },
    Row {
        content: "all \\u00xx",
        units: LONG,
        every: 1,
        widths: &[1],
        forms: &["", ASCII],
        wanted: &[(4096, 4.0)],
    },
    Row {
        content: "all é",
        units: &[0xe9],
        every: 1,
        widths: &[1],
        forms: &[ASCII],
        wanted: &[(4096, 8.0)],
    },
    Row {
        content: "all CJK",
        units: &[0x4e2d, 0x6587, 0x5b57],
        every: 1,
        widths: &[2],
        forms: &[ASCII],
        wanted: &[(8, 1.5), (4096, 8.0)],
    },
    Row {
        content: "all emoji",
        units: &[0x1f600, 0x1f389],
        every: 1,
        widths: &[4],
        forms: &[ASCII],
        wanted: &[(4096, 6.0)],
    },
];

/// `len` units of `width` bytes.
fn source(row: &Row, width: usize, len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len * width);
    for i in 0..len {
        let unit = if row.units.is_empty() || i % row.every != row.every / 2 {
            u32::from(b"The quick brown fox jumps over "[i % 31])
        } else {
            row.units[i / row.every % row.units.len()]
        };
        bytes.extend_from_slice(&unit.to_ne_bytes()[..width]);
    }
    bytes
}

/// Calls of a backend's size and write functions, through pointers like the baseline's.
fn contender(
    backend: &'static Backend,
    width: usize,
    form: &str,
    src: *const u8,
    len: usize,
    dst: *mut u8,
) -> Contender<'static> {
    macro_rules! calls {
        ($size:expr, $write:expr) => {{
            let (size, write) = ($size, $write);
            Box::new(move |calls| {
                for _ in 0..calls {
                    let (src, dst) = (black_box(src).cast(), black_box(dst).cast());
                    // SAFETY: the source is there, the destination holds the largest result.
                    unsafe {
                        black_box(black_box(size)(src, len));
                        black_box(black_box(write)(src, len, dst));
                    }
                }
            })
        }};
    }
    match (width, form) {
        (1, "") => calls!(backend.ucs1.size, backend.ucs1.write),
        (2, "") => calls!(backend.ucs2.size, backend.ucs2.write),
        (4, "") => calls!(backend.ucs4.size, backend.ucs4.write),
        (1, _) => calls!(backend.ucs1.ascii_size, backend.ucs1.ascii_write),
        (2, _) => calls!(backend.ucs2.ascii_size, backend.ucs2.ascii_write),
        _ => calls!(backend.ucs4.ascii_size, backend.ucs4.ascii_write),
    }
}

fn main() {
    // `cargo bench` and `cargo test` pass options of their own harness.
    let count = ROWS.iter().map(|row| row.forms.len() * row.widths.len() * row.wanted.len()).sum();
    let record = Record::from_args("contents", count);
    let only =
        std::env::args().skip(1).find(|arg| !arg.starts_with('-')).filter(|_| !record.is_wanted());
    let baseline = webstr_benches::baseline();
    let backends = webstr_benches::backends();
    let names: Vec<&str> = backends.iter().map(|b| b.name.to_str().unwrap()).collect();
    let mut recorded = vec!["C loops".to_string()];
    recorded.extend(names.iter().map(|name| format!("webstr {name}")));
    recorded.push(format!("webstr {}{AGAIN}", names[0]));

    print!("{:16} {:10} {:>6} {:>6} {:>9}", "content", "form", "units", "wanted", "C ns");
    names.iter().for_each(|name| print!(" {name:>8}"));
    println!();
    let mut dst = vec![0u8; 4 * 12 * 65536 + 64];
    for row in ROWS {
        for &form in row.forms {
            for &width in row.widths {
                for &(len, wanted) in row.wanted {
                    let name = format!("ucs{width}{form}");
                    if only
                        .as_ref()
                        .is_some_and(|only| !format!("{} {name}", row.content).contains(only))
                    {
                        continue;
                    }
                    let src = source(row, width, len);
                    // SAFETY: the names and types are those of benches/baseline/escape.h.
                    let plain: (Size, Write) = unsafe {
                        let symbol = format!("baseline{form}_ucs{width}");
                        (
                            *baseline.get::<Size>(format!("{symbol}_size")).unwrap(),
                            *baseline.get::<Write>(&symbol).unwrap(),
                        )
                    };
                    let (size, write) = plain;
                    let (src, dst) = (src.as_ptr(), dst.as_mut_ptr());
                    let mut contenders: Vec<Contender> = vec![Box::new(move |calls| {
                        for _ in 0..calls {
                            let (src, dst) = (black_box(src).cast(), black_box(dst).cast());
                            // SAFETY: as for the backends.
                            unsafe {
                                black_box(black_box(size)(src, len));
                                black_box(black_box(write)(src, len, dst));
                            }
                        }
                    })];
                    contenders.extend(
                        backends
                            .iter()
                            .chain([&backends[0]])
                            .map(|backend| contender(backend, width, form, src, len, dst)),
                    );
                    // SAFETY: as for the backends; as many units of it as are told were written.
                    let written = |contender: &mut Contender| unsafe {
                        let units = size(src.cast(), len);
                        let bytes = units * if form == ASCII { 1 } else { width };
                        dst.write_bytes(0, bytes);
                        contender(1);
                        std::slice::from_raw_parts(dst, bytes).to_vec()
                    };
                    let expected = written(&mut contenders[0]);
                    for contender in &mut contenders[1..] {
                        assert!(written(contender) == expected, "{}, {name}, {len}", row.content);
                    }
                    let samples = measure(&mut contenders, record.rounds(60));
                    record.add(
                        json!({ "content": row.content, "form": name, "units": len }),
                        len,
                        &recorded,
                        &samples,
                    );
                    let times: Vec<f64> = samples.iter().map(|times| best(times)).collect();
                    print!("{:16} {name:10} {len:>6} {wanted:>6} {:>9.1}", row.content, times[0]);
                    for &time in &times[1..=names.len()] {
                        let factor = times[0] / time;
                        let digits = if factor < 10.0 { 2 } else { 1 };
                        print!(" {factor:>8.digits$}");
                    }
                    println!("{}", if times[0] / times[1] < wanted { "  <" } else { "" });
                }
            }
        }
    }
}
