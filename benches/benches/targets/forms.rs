//! Other widths, the ASCII form, and every backend against the scalar one.

use webstr_benches::Write;
use webstr_benches::contenders::WORST;
use webstr_benches::strings::Strings;

use crate::{EVEN, ROUNDS, Targets, times};

const CLEAN: &[u32] = &[0x54, 0x68, 0x65, 0x20, 0x71, 0x75, 0x69, 0x63, 0x6b, 0x20];
/// Code points that repeat, by name.
const CONTENTS: [(&str, &[u32]); 5] = [
    ("clean", CLEAN),
    (
        "one in 8",
        &[0x22, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x0a, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66],
    ),
    ("two-character", &[0x22, 0x5c, 0x0a, 0x09, 0x0d, 0x08, 0x0c]),
    ("\\u00xx", &[0x01, 0x02, 0x0b, 0x1f, 0x1b, 0x0e, 0x07]),
    ("mixed", &[0x61, 0x22, 0x62, 0x01, 0x63, 0x0a, 0x64, 0x1e, 0x65, 0x66, 0x67, 0x68]),
];
/// The same for a width in bytes.
const BEYOND_ASCII: [(&str, &[u32], usize); 7] = [
    ("é", &[0xe9], 1),
    ("one é in 10", &[0xe9, 0x54, 0x68, 0x65, 0x20, 0x71, 0x75, 0x69, 0x63, 0x6b], 1),
    ("é", &[0xe9], 2),
    ("CJK", &[0x4e2d, 0x6587, 0x5b57], 2),
    ("one CJK in 4", &[0x4e2d, 0x54, 0x68, 0x65], 2),
    ("CJK", &[0x4e2d, 0x6587, 0x5b57], 4),
    ("emoji", &[0x1f600, 0x1f389], 4),
];

/// `len` units of `width` bytes.
fn source(content: &[u32], width: usize, len: usize) -> Vec<u8> {
    let units = content.iter().cycle().take(len);
    units.flat_map(|unit| unit.to_ne_bytes().into_iter().take(width)).collect()
}

/// Units that one of a form becomes at most.
fn worst(form: &str, width: usize) -> usize {
    if form == "ascii_" && width == 4 { 2 * WORST } else { WORST }
}

impl Targets {
    pub fn forms(&mut self) {
        self.wide();
        self.ascii_of_ascii();
        self.beyond_ascii();
        self.against_scalar();
    }

    /// Asserts that all backends write the same as the plain C loops.
    fn check(&self, form: &str, width: usize, strings: &Strings) {
        let baseline = webstr_benches::baseline();
        // SAFETY: the type is that of benches/baseline/escape.h.
        let expected = unsafe {
            *baseline.get::<Write>(format!("baseline_{form}ucs{width}")).expect("it is there")
        };
        let names = self.backends.iter().map(|backend| backend.name);
        let functions: Vec<_> = names.zip(self.functions(form, width)).collect();
        let unit_bytes = if form == "ascii_" { 1 } else { width };
        self.destination.check(expected, unit_bytes, &functions, strings);
    }

    /// Wider units, the same number of bytes.
    fn wide(&mut self) {
        self.table.group(
            "clean, bytes",
            &["ucs1", "ucs2", "ucs4"],
            &["ucs2 × ucs1", "ucs4 × ucs1"],
        );
        for bytes in [8, 16, 32, 64, 192, 1024, 16384] {
            let row = format!("wide, {bytes}");
            if !self.wants(&row) {
                continue;
            }
            let strings = [1, 2, 4].map(|width| {
                let strings = Strings::spread(&source(CLEAN, width, bytes / width), width);
                self.check("", width, &strings);
                strings
            });
            let mut contenders = Vec::new();
            for backend in &self.backends {
                for (width, strings) in [1, 2, 4].into_iter().zip(&strings) {
                    let f = backend.functions("", width);
                    contenders.push(self.destination.into(f, WORST, strings));
                }
            }
            let samples = self.measure(contenders, strings[0].per_call(), ROUNDS);
            for i in 0..self.backends.len() {
                let [ucs1, ucs2, ucs4] = std::array::from_fn(|way| 3 * i + way);
                let limit = (i + 1 < self.backends.len()).then_some(1.25);
                let checks = [ucs2, ucs4].map(|wide| Some(times(wide, &[ucs1], limit)));
                let (name, shown) = (self.backends[i].name, [ucs1, ucs2, ucs4]);
                self.table.line(&row, name, &samples, &shown, &checks);
            }
        }
    }

    fn ascii_of_ascii(&mut self) {
        self.table.group("clean, bytes", &["Unicode", "ASCII form"], &["ASCII × Unicode"]);
        for len in [0, 3, 8, 12, 17, 31, 32, 64, 190, 1024, 16384] {
            let row = format!("ASCII form, {len}");
            if !self.wants(&row) {
                continue;
            }
            let strings = Strings::spread(&source(CLEAN, 1, len), 1);
            self.check("ascii_", 1, &strings);
            let mut contenders = Vec::new();
            for backend in &self.backends {
                for form in ["", "ascii_"] {
                    let f = backend.functions(form, 1);
                    contenders.push(self.destination.into(f, WORST, &strings));
                }
            }
            let samples = self.measure(contenders, strings.per_call(), ROUNDS);
            for (i, backend) in self.backends.iter().enumerate() {
                let (unicode, ascii) = (2 * i, 2 * i + 1);
                let checks = [Some(times(ascii, &[unicode], Some(1.2)))];
                let shown = [unicode, ascii];
                self.table.line(&row, backend.name, &samples, &shown, &checks);
            }
        }
    }

    fn beyond_ascii(&mut self) {
        let mut checks = vec!["into × s+w", "× scalar"];
        if !self.beside.is_empty() {
            checks.extend(["into × beside", "s+w × beside"]);
        }
        self.table.group("ASCII form, 4096 units", &["into", "size+write"], &checks);
        for (content, units, width) in BEYOND_ASCII {
            let row = format!("{content}, ucs{width}");
            if !self.wants(&row) {
                continue;
            }
            let strings = Strings::spread(&source(units, width, 4096), width);
            self.check("ascii_", width, &strings);
            let functions = self.functions("ascii_", width);
            let beside = self.functions_beside("ascii_", width);
            let mut contenders = Vec::new();
            for f in functions.iter().chain(beside.iter().flatten()) {
                contenders.push(self.destination.into(*f, worst("ascii_", width), &strings));
                contenders.push(self.destination.two_pass(*f, &strings));
            }
            let samples = self.measure(contenders, strings.per_call(), ROUNDS);
            let scalar = 2 * (functions.len() - 1);
            for i in 0..functions.len() {
                let (into, two_pass) = (2 * i, 2 * i + 1);
                let is_pure = !content.starts_with("one");
                let limit = (self.is_target(i) && is_pure).then_some(1.0 / 1.6);
                let mut checks = vec![
                    Some(times(into, &[two_pass], limit)),
                    (into != scalar).then(|| times(into, &[scalar], Some(EVEN))),
                ];
                if let Some(f) = beside[i] {
                    let other = 2 * (functions.len() + beside[..i].iter().flatten().count());
                    checks.push(Some(times(into, &[other], None)));
                    checks.push(Some(times(two_pass, &[other + 1], f.size.map(|_| EVEN))));
                }
                let (name, shown) = (self.backends[i].name, [into, two_pass]);
                self.table.line(&row, name, &samples, &shown, &checks);
            }
        }
    }

    /// All contents, widths and forms against the scalar backend and, with another build beside it,
    /// its two-pass way. Prints those missed.
    fn against_scalar(&mut self) {
        let mut cases = Vec::new();
        for form in ["", "ascii_"] {
            for width in [1, 2, 4] {
                let beyond = BEYOND_ASCII.into_iter().filter(|&(_, _, of)| of == width);
                let beyond = beyond.map(|(content, units, _)| (content, units));
                for (content, units) in CONTENTS.into_iter().chain(beyond) {
                    cases.push((form, width, content, units));
                }
            }
        }
        let mut checks = vec!["× scalar"];
        if !self.beside.is_empty() {
            checks.push("s+w × beside");
        }
        self.table.group("every content: those missed", &["into", "size+write"], &checks);
        for (form, width, content, units) in cases {
            for len in [9, 17, 64, 1024] {
                let row = format!("{form}ucs{width}, {content}, {len}");
                if !self.wants(&row) {
                    continue;
                }
                let strings = Strings::spread(&source(units, width, len), width);
                self.check(form, width, &strings);
                let functions = self.functions(form, width);
                let beside = self.functions_beside(form, width);
                let mut contenders = Vec::new();
                for f in functions.iter().chain(beside.iter().flatten()) {
                    contenders.push(self.destination.into(*f, worst(form, width), &strings));
                    contenders.push(self.destination.two_pass(*f, &strings));
                }
                let samples = self.measure(contenders, strings.per_call(), ROUNDS / 2);
                let scalar = 2 * (functions.len() - 1);
                for i in 0..functions.len() {
                    let (into, two_pass) = (2 * i, 2 * i + 1);
                    let mut checks =
                        vec![(into != scalar).then(|| times(into, &[scalar], Some(EVEN)))];
                    if let Some(f) = beside[i] {
                        let other = 2 * (functions.len() + beside[..i].iter().flatten().count());
                        checks.push(Some(times(two_pass, &[other + 1], f.size.map(|_| EVEN))));
                    }
                    let (name, shown) = (self.backends[i].name, [into, two_pass]);
                    self.table.line_if_missed(&row, name, &samples, &shown, &checks);
                }
            }
        }
    }
}
