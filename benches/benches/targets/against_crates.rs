//! One-byte units, Unicode form.

use webstr_benches::contenders::{self, CRATES};
use webstr_benches::contents::{self, Content};
use webstr_benches::strings::Strings;
use webstr_benches::table::{Check, Of};
use webstr_benches::{Write, documents};

use crate::{EVEN, ROUNDS, Targets, times};

/// A document's strings take milliseconds.
const DOCUMENT_ROUNDS: usize = 40;

const CONTENTS: &[(Content, &[usize])] = &[
    (
        Content { name: "clean", ..contents::CONTENTS[0] },
        &[0, 1, 2, 3, 4, 6, 8, 11, 12, 16, 17, 24, 31, 32, 48, 64, 100, 190, 1024, 16384],
    ),
    (Content { name: "one in 32", ..contents::CONTENTS[1] }, &[17, 32, 64, 190, 1024, 16384]),
    (Content { name: "two-character", ..contents::CONTENTS[2] }, &[8, 17, 32, 64, 1024]),
];

/// The targets of the best backend and of AVX2: the largest factors that meet them.
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
        _ => unreachable!("{content}"),
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

impl Targets {
    pub fn against_crates(&mut self) {
        let is_intel = self.cpu.contains("Intel");
        self.heading("content, bytes");
        for (content, lengths) in CONTENTS {
            for &len in *lengths {
                let strings = Strings::spread((content.text)(len).as_bytes(), 1);
                let row = format!("{}, {len}", content.name);
                self.row(&row, &strings, limits(content.name, len, is_intel), ROUNDS);
            }
        }
        self.heading("all strings of");
        for document in documents::documents() {
            let texts: Vec<&str> = document.strings.iter().map(String::as_str).collect();
            let is_long = document.name == "gsoc-2018";
            let in_order = Limits {
                crates: Some(if is_long { 0.9 } else { 0.75 }),
                exact_room: (!is_long).then_some(0.85),
                memcpy: Some(if is_long { 2.4 } else { 1.3 }),
                ..Limits::default()
            };
            let row = format!("{}, in order", document.name);
            self.row(&row, &Strings::in_order(&texts), in_order, DOCUMENT_ROUNDS);
            let shuffled = Limits {
                crates: (!is_long).then_some(1.0),
                memcpy: in_order.memcpy.filter(|_| !is_long),
                ..Limits::default()
            };
            let row = format!("{}, shuffled", document.name);
            self.row(&row, &Strings::shuffled(&texts), shuffled, DOCUMENT_ROUNDS);
        }
        // Where masked loads have stalled.
        self.heading("clean, bytes");
        for len in [1, 3, 4, 7, 8, 12, 17, 24, 31, 32, 48, 100] {
            let text = (CONTENTS[0].0.text)(len);
            let limits = Limits { memcpy: None, c_loop: None, ..limits("clean", len, is_intel) };
            let row = format!("{len}, beside new bytes");
            self.row(&row, &Strings::beside_new_bytes(text.as_bytes()), limits, ROUNDS);
            let row = format!("{len}, at a page's end");
            self.row(&row, &Strings::at_page_ends(text.as_bytes()), limits, ROUNDS);
        }
        self.every_short_length();
    }

    fn heading(&mut self, title: &str) {
        let times = ["into", "room + 2", "size+write", "jes", "sonic-rs", "serde_json", "C loop"];
        let mut checks = vec!["into × crate", "room+2 × crate", "× memcpy", "× scalar", "− C loop"];
        if !self.beside.is_empty() {
            checks.extend(["into × beside", "s+w × beside"]);
        }
        self.table.group(title, &[&times[..], &["memcpy"]].concat(), &checks);
    }

    /// The plain C loop: with room for the worst, the writer of benches/baseline.
    fn c_loop(&self) -> Write {
        contenders::c_loops().write.expect("it is there")
    }

    /// A line for each backend.
    fn row(&mut self, row: &str, strings: &Strings, limits: Limits, rounds: usize) {
        if !self.wants(row) {
            return;
        }
        let destination = self.destination;
        let (functions, beside) = (self.functions("", 1), self.functions_beside("", 1));
        destination.check_all(&self.backends, strings);

        let mut contenders = Vec::new();
        for &f in &functions {
            contenders.push(destination.into(f, 6, strings));
            contenders.push(destination.into_exact_room(f, strings));
            contenders.push(destination.two_pass(f, strings));
        }
        let [jes, sonic, serde, c_loop, memcpy] = std::array::from_fn(|i| contenders.len() + i);
        for (name, append) in CRATES {
            if name != "v_jsonescape" {
                contenders.push(destination.append(append, strings));
            }
        }
        contenders.push(destination.c_writer(self.c_loop(), strings));
        contenders.push(destination.memcpy(strings));
        let others = contenders.len();
        for f in beside.iter().flatten() {
            contenders.push(destination.into(*f, 6, strings));
            contenders.push(destination.two_pass(*f, strings));
        }
        let samples = self.measure(contenders, strings.per_call(), rounds);

        let is_amd = self.cpu.contains("AMD");
        let scalar = 3 * (functions.len() - 1);
        for i in 0..functions.len() {
            let [into, exact_room, two_pass] = std::array::from_fn(|way| 3 * i + way);
            let is_target = self.is_target(i);
            let crates = if is_target { limits.crates } else { None };
            let crates = if self.backends[i].name == "sse2" { limits.sse2 } else { crates };
            let longer = |limit| Check { ours: into, of: Of::Longer(c_loop), limit: Some(limit) };
            let mut checks = vec![
                Some(times(into, &[jes, sonic], crates)),
                Some(times(exact_room, &[jes, sonic], limits.exact_room.filter(|_| is_target))),
                Some(times(into, &[memcpy], limits.memcpy.filter(|_| is_target && is_amd))),
                (into != scalar).then(|| times(into, &[scalar], Some(EVEN))),
                limits.c_loop.map(longer),
            ];
            if let Some(f) = beside[i] {
                let other = others + 2 * beside[..i].iter().flatten().count();
                checks.push(Some(times(into, &[other], None)));
                checks.push(Some(times(two_pass, &[other + 1], f.size.map(|_| EVEN))));
            }
            let shown = [into, exact_room, two_pass, jes, sonic, serde, c_loop, memcpy];
            self.table.line(row, self.backends[i].name, &samples, &shown, &checks);
        }
    }

    /// Lengths 0 to 64 against the plain C loop: for each backend, the length that is worst.
    fn every_short_length(&mut self) {
        let row = "worst of 0 to 64";
        if !self.wants(row) {
            return;
        }
        self.table.group("clean, bytes", &["into", "C loop"], &["− C loop", "at length"]);
        let functions = self.functions("", 1);
        let mut all = Vec::new();
        for len in 0..=64 {
            let strings = Strings::spread((CONTENTS[0].0.text)(len).as_bytes(), 1);
            let mut contenders = vec![self.destination.c_writer(self.c_loop(), &strings)];
            for &f in &functions {
                contenders.push(self.destination.into(f, 6, &strings));
            }
            all.push(self.measure(contenders, strings.per_call(), ROUNDS));
        }
        for i in 0..functions.len() {
            let longer = Check { ours: i + 1, of: Of::Longer(0), limit: Some(0.5) };
            let values = all.iter().map(|samples| longer.value(samples));
            let (len, _) = values.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).expect("65");
            let row = format!("{row}: {len}");
            let backend = self.backends[i].name;
            self.table.line(&row, backend, &all[len], &[i + 1, 0], &[Some(longer)]);
        }
    }
}
