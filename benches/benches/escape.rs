//! JSON strings from 1-, 2- and 4-byte units.
//!
//! "into" has room for 6 × length + 35 units; "exact room" has room for length + 2 units, and where
//! that is too little, a second call. "size+write" is the two-pass way. The crates may write 35 bytes
//! beyond the result; a target counts against the faster of json-escape-simd and sonic-rs.

use std::path::Path;

use webstr_benches::contenders::{CRATES, Destination, WORST, c_loops};
use webstr_benches::library::{self, Backend};
use webstr_benches::measure::{Bench, Entry, Limit, Target};
use webstr_benches::strings::Strings;
use webstr_benches::{documents, setting, strings_of};

use crate::{DOCUMENT_ROUNDS, EVEN, ROUNDS, is_target};

/// Texts of UTF-8 by what repeats in them.
const CONTENTS: [(&str, &str); 4] = [
    ("clean", "The quick brown fox jumps over "),
    ("one in 32", "The quick brown \"x jumped over a "),
    ("two-character", "\"\\\n\t\r\u{8}\u{c}"),
    ("Chinese", "敏捷的棕色狐狸跳过了懒狗"),
];
const LENGTHS: [usize; 7] = [8, 17, 32, 64, 190, 1024, 16384];
/// Of the first of `CONTENTS`, beside `LENGTHS`.
const CURVE: [usize; 8] = [128, 256, 512, 2048, 4096, 8192, 32768, 65536];
/// Bytes of no pattern.
const RANDOM: [u32; 4096] = {
    let (mut units, mut seed, mut i) = ([0; 4096], 1_u64, 0);
    while i < units.len() {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        units[i] = (seed >> 56) as u32;
        i += 1;
    }
    units
};
/// Units by width, for both forms.
const UNITS: [(&str, &[usize], &[u32]); 12] = [
    ("clean", &[1, 2, 4], &[0x54, 0x68, 0x65, 0x20, 0x71, 0x75, 0x69, 0x63, 0x6b, 0x20]),
    ("one in 8", &[1, 2, 4], &[0x22, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67]),
    ("two-character", &[1, 2, 4], &[0x22, 0x5c, 0x0a, 0x09, 0x0d, 0x08, 0x0c]),
    ("\\u00xx", &[1, 2, 4], &[0x01, 0x02, 0x0b, 0x1f, 0x1b, 0x0e, 0x07]),
    ("é", &[1, 2], &[0xe9]),
    ("80", &[1], &[0x80]),
    ("ff", &[1], &[0xff]),
    ("Latin-1", &[1], &[0x4c, 0x27, 0xe9, 0x74, 0xe9, 0x20, 0xe0, 0x20, 0x4e, 0x6f, 0xeb, 0x6c]),
    ("random bytes", &[1], &RANDOM),
    ("CJK", &[2, 4], &[0x4e2d, 0x6587, 0x5b57]),
    ("one CJK in 4", &[2], &[0x4e2d, 0x54, 0x68, 0x65]),
    ("emoji", &[4], &[0x1f600, 0x1f389]),
];

/// The largest factors that meet the targets.
#[derive(Clone, Copy, Default)]
struct Limits {
    /// Over the faster crate.
    crates: Option<f64>,
    /// The same with room for the length and two.
    exact_room: Option<f64>,
    /// Over memcpy, on AMD.
    memcpy: Option<f64>,
    /// SSE2 over the faster crate, which has AVX2.
    sse2: Option<f64>,
    /// Nanoseconds more than the plain C loop, every backend.
    c_loop: Option<f64>,
}

fn limits(content: &str, len: usize, is_intel: bool) -> Limits {
    let crates = match (content, len) {
        ("clean", 4..=31) => 0.7,
        ("clean", ..=64) => 0.85,
        ("clean", 1024..) if is_intel => 1.0,
        ("clean", _) => 0.75,
        ("one in 32", ..=17) => 1.45,
        ("one in 32", ..=64) => 1.3,
        ("one in 32", ..=190) => 0.85,
        ("one in 32", _) => 0.6,
        ("two-character", ..=17) => 0.55,
        ("two-character", _) => 0.3,
        _ => return Limits::default(),
    };
    let memcpy = match len {
        4..=31 => 1.3,
        ..=64 => 1.8,
        _ => 1.6,
    };
    let is_clean = content == "clean";
    Limits {
        crates: Some(crates),
        exact_room: is_clean.then_some(0.75),
        memcpy: is_clean.then_some(memcpy),
        sse2: (is_clean && len <= 64).then_some(0.8),
        c_loop: (is_clean && len <= 64).then_some(0.5),
    }
}

/// `len` bytes of a pattern's characters, the remainder full stops.
fn text(pattern: &str, len: usize) -> String {
    let mut text = String::with_capacity(len);
    for c in pattern.chars().cycle() {
        if text.len() + c.len_utf8() > len {
            break;
        }
        text.push(c);
    }
    text.extend(std::iter::repeat_n('.', len - text.len()));
    text
}

/// `len` units of `width` bytes.
fn source(units: &[u32], width: usize, len: usize) -> Vec<u8> {
    let units = units.iter().cycle().take(len);
    units.flat_map(|unit| unit.to_ne_bytes().into_iter().take(width)).collect()
}

pub fn tables(bench: &mut Bench, backends: &[Backend], destination: Destination) {
    let beside = std::env::var("WEBSTR_BESIDE").ok().filter(|path| !path.is_empty());
    let beside = beside.map_or(Vec::new(), |path| library::load(Path::new(&path)));
    let mut tables = Tables { bench, backends, beside, destination, cpu: setting() };
    if tables.bench.begin("escape") {
        tables.check_special();
        tables.texts();
        tables.documents();
    }
    if tables.bench.begin("escape-forms") {
        tables.widths();
        tables.every_content();
    }
}

struct Tables<'a> {
    bench: &'a mut Bench,
    /// Best first, scalar last.
    backends: &'a [Backend],
    /// The same backends of another build; empty if there is none.
    beside: Vec<Backend>,
    destination: Destination,
    cpu: String,
}

impl Tables<'_> {
    fn texts(&mut self) {
        let is_intel = self.cpu.contains("Intel");
        for (content, pattern) in CONTENTS {
            let more =
                (0..=64).chain(CURVE).filter(|len| content == "clean" && !LENGTHS.contains(len));
            for len in LENGTHS.into_iter().chain(more) {
                let strings = Strings::spread(text(pattern, len).as_bytes(), 1);
                let limits = limits(content, len, is_intel);
                self.row(&format!("{content}, {len}"), &strings, limits, ROUNDS);
            }
        }
        // Where masked loads have stalled.
        for len in [1, 3, 4, 7, 8, 12, 17, 24, 31, 32, 48, 100] {
            let text = text(CONTENTS[0].1, len);
            let limits = Limits { memcpy: None, c_loop: None, ..limits("clean", len, is_intel) };
            let strings = Strings::beside_new_bytes(text.as_bytes());
            self.row(&format!("beside new bytes, {len}"), &strings, limits, ROUNDS);
            let strings = Strings::at_page_ends(text.as_bytes());
            self.row(&format!("at a page's end, {len}"), &strings, limits, ROUNDS);
        }
    }

    fn documents(&mut self) {
        for (name, value) in documents() {
            let strings = strings_of(value);
            let texts: Vec<&str> = strings.iter().map(String::as_str).collect();
            let is_long = name == "gsoc-2018";
            let memcpy = Some(if is_long { 2.4 } else { 1.3 });
            let in_order = Limits {
                crates: Some(if is_long { 0.9 } else { 0.75 }),
                exact_room: (!is_long).then_some(0.85),
                memcpy,
                ..Limits::default()
            };
            let strings = Strings::in_order(&texts);
            self.row(&format!("{name}, in order"), &strings, in_order, DOCUMENT_ROUNDS);
            let shuffled = if is_long {
                Limits::default()
            } else {
                Limits { crates: Some(1.0), memcpy, ..Limits::default() }
            };
            let strings = Strings::shuffled(&texts);
            self.row(&format!("{name}, shuffled"), &strings, shuffled, DOCUMENT_ROUNDS);
        }
    }

    /// One-byte units, Unicode form, beside everything that escapes UTF-8.
    fn row(&mut self, row: &str, strings: &Strings, limits: Limits, rounds: usize) {
        if !self.bench.wants(row) {
            return;
        }
        let (destination, per) = (self.destination, strings.per_call());
        let c_loop = self.check("", 1, strings);
        destination.check_crates(c_loop.1, strings);
        let (mut entries, mut targets): (Vec<Entry>, Vec<_>) = (Vec::new(), Vec::new());
        let mut add = |name: &str, contender| entries.push((name.into(), per, contender));
        for (i, backend) in self.backends.iter().enumerate() {
            let (name, f) = (backend.name, backend.functions("", 1));
            let into = format!("{name} into");
            add(&into, destination.into(f.into, WORST, strings));
            if i == 0 {
                let exact = format!("{name} exact room");
                add(&exact, destination.into_exact_room(f.into, strings));
                add(
                    &format!("{name} size+write"),
                    destination.two_pass((f.size, f.write), strings),
                );
                targets.extend(Target::times(exact, &FASTEST, limits.exact_room));
            }
            let is_target = is_target(i, backend);
            let crates = limits.crates.filter(|_| is_target);
            let crates = if name == "sse2" { limits.sse2 } else { crates };
            targets.extend(Target::times(&into, &FASTEST, crates));
            let memcpy = limits.memcpy.filter(|_| is_target && self.cpu.contains("AMD"));
            targets.extend(Target::times(&into, &["memcpy"], memcpy));
            if name != "scalar" {
                targets.extend(Target::times(&into, &["scalar into"], Some(EVEN)));
            }
            let (others, longer) = (vec!["C writer"], limits.c_loop.map(Limit::Longer));
            targets.extend(longer.map(|limit| Target { ours: into, others, limit }));
        }
        for backend in &self.beside {
            let into = destination.into(backend.functions("", 1).into, WORST, strings);
            add(&format!("beside: {} into", backend.name), into);
        }
        for (name, append) in CRATES {
            add(name, destination.append(append, strings));
        }
        add("C loops", destination.two_pass(c_loop, strings));
        add("C writer", destination.writer(c_loop.1, strings));
        add("memcpy", destination.memcpy(strings));
        self.bench.row(row, rounds, entries, targets);
    }

    /// Wider units and the ASCII form, the same number of bytes.
    fn widths(&mut self) {
        for bytes in [8, 16, 32, 64, 192, 1024, 16384] {
            let row = format!("same bytes, {bytes}");
            if !self.bench.wants(&row) {
                continue;
            }
            let ways = [("", 1), ("", 2), ("", 4), ("ascii_", 1)];
            let strings = ways.map(|(_, width)| {
                Strings::spread(&source(UNITS[0].2, width, bytes / width), width)
            });
            let (mut entries, mut targets): (Vec<Entry>, Vec<_>) = (Vec::new(), Vec::new());
            for backend in self.backends {
                for ((form, width), strings) in ways.into_iter().zip(&strings) {
                    self.check(form, width, strings);
                    let name = format!("{} {form}ucs{width}", backend.name);
                    let base: &str = format!("{} ucs1", backend.name).leak();
                    let limit = if form.is_empty() { 1.25 } else { 1.2 };
                    if (width > 1 || !form.is_empty()) && backend.name != "scalar" {
                        targets.extend(Target::times(&name, &[base], Some(limit)));
                    }
                    let into = backend.functions(form, width).into;
                    let contender = self.destination.into(into, WORST, strings);
                    entries.push((name, strings.per_call(), contender));
                }
            }
            self.bench.row(&row, ROUNDS, entries, targets);
        }
    }

    /// Every content in every width and form that it has, beside the scalar backend and plain C.
    fn every_content(&mut self) {
        for form in ["", "ascii_"] {
            for (content, widths, units) in UNITS {
                for &width in widths {
                    for len in [17, 64, 4096] {
                        let row = format!("{form}ucs{width}, {content}, {len}");
                        if self.bench.wants(&row) {
                            let strings = Strings::spread(&source(units, width, len), width);
                            self.content(&row, form, width, &strings);
                        }
                    }
                }
            }
        }
    }

    fn content(&mut self, row: &str, form: &str, width: usize, strings: &Strings) {
        let (destination, per) = (self.destination, strings.per_call());
        let worst = if form == "ascii_" && width == 4 { 2 * WORST } else { WORST };
        let c_loops = self.check(form, width, strings);
        let (mut entries, mut targets): (Vec<Entry>, Vec<_>) = (Vec::new(), Vec::new());
        for backend in self.backends {
            let into = backend.functions(form, width).into;
            entries.push((backend.name.into(), per, destination.into(into, worst, strings)));
            if backend.name != "scalar" {
                targets.extend(Target::times(backend.name, &["scalar"], Some(EVEN)));
            }
        }
        entries.push(("C loops".into(), per, destination.two_pass(c_loops, strings)));
        entries.push(("C writer".into(), per, destination.writer(c_loops.1, strings)));
        if (form, width) == ("ascii_", 1) {
            let names = self.backends.iter().map(|backend| backend.name);
            targets.extend(names.filter_map(|name| Target::times(name, &["C writer"], Some(1.3))));
        }
        self.bench.row(row, ROUNDS / 2, entries, targets);
    }

    /// Returns the plain C loops, after asserting that all backends write the same.
    fn check(
        &self,
        form: &str,
        width: usize,
        strings: &Strings,
    ) -> (webstr_benches::Size, webstr_benches::Write) {
        let c_loops = c_loops(form, width);
        let functions: Vec<_> =
            self.backends.iter().map(|b| (b.name, b.functions(form, width))).collect();
        let unit_bytes = if form == "ascii_" { 1 } else { width };
        self.destination.check(c_loops.1, unit_bytes, &functions, strings);
        c_loops
    }

    /// The same with every character that JSON, or code of its own mind, may treat specially, at each of
    /// the first places of a text.
    fn check_special(&self) {
        let mut texts = Vec::new();
        for c in ('\0'..='\u{a0}').chain(['\u{2028}', '\u{2029}', '\u{feff}', '\u{10ffff}']) {
            for before in 0..80 {
                texts.push(format!("{}{c}{c}\"{c}.", "a".repeat(before)));
            }
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let strings = Strings::in_order(&texts);
        let c_loops = self.check("", 1, &strings);
        self.destination.check_crates(c_loops.1, &strings);
    }
}

const FASTEST: [&str; 2] = ["json-escape-simd", "sonic-rs"];
