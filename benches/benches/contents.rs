//! Every kind of content, in every width and form that it has: `*_size` plus the writer of each backend
//! and the plain C loops of benches/baseline/escape.c, side by side in one run.

use std::hint::black_box;

use serde_json::json;
use webstr::Backend;
use webstr_benches::measure::{AGAIN, Contender, Record, measure, print};
use webstr_benches::{Size, Write};

const ASCII: &str = "_ascii";

struct Row {
    content: &'static str,
    units: &'static [u32],
    /// One such unit in so many others, or all of them.
    every: usize,
    widths: &'static [usize],
    forms: &'static [&'static str],
    lengths: &'static [usize],
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
        lengths: &[0, 1, 2, 3, 4, 8, 12, 17, 32, 64, 190, 4096, 65536],
    },
    Row {
        content: "clean ASCII",
        units: &[],
        every: 1,
        widths: &[2],
        forms: &["", ASCII],
        lengths: &[8, 32, 4096],
    },
    Row {
        content: "clean CJK",
        units: &[0x4e2d, 0x6587, 0x5b57],
        every: 1,
        widths: &[2],
        forms: &[""],
        lengths: &[8, 32, 4096],
    },
    Row {
        content: "clean ASCII",
        units: &[],
        every: 1,
        widths: &[4],
        forms: &["", ASCII],
        lengths: &[32, 4096],
    },
    Row {
        content: "one in 32 \\\"",
        units: &[0x22],
        every: 32,
        widths: &[1],
        forms: &["", ASCII],
        lengths: &[64, 4096],
    },
    Row {
        content: "all \\n and such",
        units: SHORT,
        every: 1,
        widths: &[1],
        forms: &["", ASCII],
        lengths: &[16, 4096],
    },
    Row {
        content: "all \\u00xx",
        units: LONG,
        every: 1,
        widths: &[1],
        forms: &["", ASCII],
        lengths: &[4096],
    },
    Row {
        content: "all é",
        units: &[0xe9],
        every: 1,
        widths: &[1],
        forms: &[ASCII],
        lengths: &[4096],
    },
    Row {
        content: "all CJK",
        units: &[0x4e2d, 0x6587, 0x5b57],
        every: 1,
        widths: &[2],
        forms: &[ASCII],
        lengths: &[8, 4096],
    },
    Row {
        content: "all emoji",
        units: &[0x1f600, 0x1f389],
        every: 1,
        widths: &[4],
        forms: &[ASCII],
        lengths: &[4096],
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
    // `cargo test --benches` runs this too, and measures nothing.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let count = ROWS.iter().map(|row| row.forms.len() * row.widths.len() * row.lengths.len()).sum();
    let record = Record::from_args("contents", count);
    let baseline = webstr_benches::baseline();
    let backends = webstr_benches::backends();
    let names: Vec<&str> = backends.iter().map(|b| b.name.to_str().unwrap()).collect();
    let mut recorded = vec!["C loops".to_string()];
    recorded.extend(names.iter().map(|name| format!("webstr {name}")));
    recorded.push(format!("webstr {}{AGAIN}", names[0]));

    let mut dst = vec![0u8; 4 * 12 * 65536 + 64];
    for row in ROWS {
        for &form in row.forms {
            for &width in row.widths {
                for &len in row.lengths {
                    let name = format!("ucs{width}{form}");
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
                    let case = json!({ "content": row.content, "form": name, "units": len });
                    if !record.is_wanted() {
                        print(&case, &recorded, &samples);
                    }
                    record.add(case, len, &recorded, &samples);
                }
            }
        }
    }
}
