//! `make bench-utf8`: the targets of the functions for UTF-8 and for masks, each met or missed. The
//! library as it is installed, a copy for each backend, takes turns with simdutf8, the standard library,
//! json-escape-simd, serde_json, a scalar decoder and escaper, loops over the bytes in C and Rust and `memcpy`,
//! all in one process and called through pointers. The crates are compiled with `-C target-cpu=native`.
//!
//! Arguments: parts of rows' names; without one, all rows. `--quick` takes a tenth of the rounds.

use std::ffi::c_void;
use std::hint::black_box;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use webstr_benches::contenders::Destination;
use webstr_benches::library::{self, Backend, Into, ValidUpTo};
use webstr_benches::measure::{Contender, measure, median};
use webstr_benches::strings::Strings;
use webstr_benches::table::{Check, Of, Table};
use webstr_benches::{documents, setting};

const ROUNDS: usize = 100;
/// What a target that one contender is not slower than another leaves to noise.
const EVEN: f64 = 1.02;

/// Texts of these characters, in words.
const CONTENTS: &[(&str, &str)] = &[
    ("ASCII", "It was the best of times, it was the worst of times, it was the age of wisdom; "),
    ("ASCII, one escape in 40", "He said \"it was the best of times, it was the "),
    ("CJK", "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳云腾致雨露结为霜"),
    (
        "CJK with punctuation",
        "天地玄黄, 宇宙洪荒. 日月盈昃, 辰宿列张. 寒来暑往, 秋收冬藏: 闰余成岁 (律吕调阳). ",
    ),
    (
        "Cyrillic",
        "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему. ",
    ),
    ("emoji", "😀😃😄😁😆😅🤣😂🙂🙃😉😊😇🥰😍🤩😘"),
    ("mixed", "RT @user: 今日はいい天気 😀 déjà vu — Привет http://t.co/AbC1 "),
];
const LENGTHS: &[usize] = &[190, 1024, 16384];
const SHORT: &[usize] = &[4, 8, 17, 32, 64];

/// The beginning of a text over and over, up to a character's end.
fn text(content: &str, len: usize) -> String {
    let mut text = content.repeat(len / content.len() + 1);
    text.truncate((0..=len).rev().find(|&len| text.is_char_boundary(len)).expect("0 is one"));
    text
}

/// 1 MiB of bytes that are ill-formed everywhere or here and there.
fn ill_formed() -> Vec<(String, Vec<u8>)> {
    const LEN: usize = 1 << 20;
    let over_and_over = |part: &[u8]| part.repeat(LEN / part.len() + 1)[..LEN].to_vec();
    let latin1: Vec<u8> = "L'été à Noël, les Français préfèrent «\u{a0}où\u{a0}» et Düsseldorf. "
        .chars()
        .map(|c| c as u8)
        .collect();
    let cp1251 = |c: char| match c {
        'А'..='я' => (c as u32 - 'А' as u32 + 0xc0) as u8,
        _ => c as u8,
    };
    let cp1251: Vec<u8> = CONTENTS[4].1.chars().map(cp1251).collect();
    let mut seed = 1_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (seed >> 56) as u8
    };
    let mut contents: Vec<(String, Vec<u8>)> = [
        ("80", &b"\x80"[..]),
        ("ff", b"\xff"),
        ("CP1251", &cp1251),
        ("Latin-1", &latin1),
        ("CESU-8 surrogates", b"\xed\xa0\x80\xed\xb0\x80"),
        ("c3", b"\xc3"),
        ("e4 bd", b"\xe4\xbd"),
        ("f0 9f 98", b"\xf0\x9f\x98"),
    ]
    .map(|(name, part)| (name.into(), over_and_over(part)))
    .into();
    contents.push(("random bytes".into(), (0..LEN).map(|_| random()).collect()));
    for (content, distance) in [(0, 8), (0, 64), (0, 1000), (2, 8), (2, 32), (2, 100)] {
        let (name, characters) = CONTENTS[content];
        let part = [text(characters, distance - 1).as_bytes(), b"\xff"].concat();
        contents.push((format!("{name}, one in {distance}"), over_and_over(&part)));
    }
    for stretch in [16, 64, 256] {
        let bytes = (0..stretch).map(|_| random() | 0x80);
        let part = [bytes.collect(), text(CONTENTS[0].1, stretch).into_bytes()].concat();
        contents.push((format!("ASCII, random 80-ff by {stretch}"), over_and_over(&part)));
    }
    contents
}

/// Steps over each byte at which `valid_up_to` stops, as a caller who counts them does.
///
/// # Safety
/// `src` must be readable for `len` bytes.
unsafe fn skip_ill_formed(valid_up_to: ValidUpTo, src: *const u8, len: usize) {
    let mut at = 0;
    while at < len {
        // SAFETY: the caller's promise.
        at += unsafe { valid_up_to(src.add(at).cast(), len - at, std::ptr::null_mut()) } + 1;
    }
    black_box(at);
}

struct Targets {
    backends: Vec<Backend>,
    destination: Destination,
    filters: Vec<String>,
    rounds: usize,
    table: Table,
}

/// The bytes of a string.
///
/// # Safety
/// They must be readable.
unsafe fn bytes<'a>(src: *const u8, len: usize) -> &'a [u8] {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(src, len) }
}

/// A check of UTF-8, called through a pointer.
type Parse = fn(&[u8]) -> Option<&str>;

fn simd_utf8(text: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(text).ok()
}

fn std_utf8(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(text).ok()
}

/// Non-ASCII as `\uxxxx`; serde_json itself does the rest.
struct AsciiFormatter;

impl Formatter for AsciiFormatter {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        to: &mut W,
        text: &str,
    ) -> io::Result<()> {
        let mut rest = text;
        while let Some(at) = rest.find(|c: char| c >= '\x7f') {
            to.write_all(&rest.as_bytes()[..at])?;
            let c = rest[at..].chars().next().expect("it was found");
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(to, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        to.write_all(rest.as_bytes())
    }
}

/// The scalar decoder and escaper: one character after the other, by a table of digits.
///
/// # Safety
/// `dst` must have room for the result.
unsafe fn scalar_ascii(text: &[u8], dst: *mut u8) -> usize {
    let mut end = dst;
    let mut put = |byte: u8| {
        // SAFETY: the caller's promise.
        unsafe {
            end.write(byte);
            end = end.add(1);
        }
    };
    put(b'"');
    for chunk in text.utf8_chunks() {
        let replacement = if chunk.invalid().is_empty() { None } else { Some('\u{fffd}') };
        for c in chunk.valid().chars().chain(replacement) {
            let letter = match c {
                '"' => b'"',
                '\\' => b'\\',
                '\n' => b'n',
                '\r' => b'r',
                '\t' => b't',
                '\x08' => b'b',
                '\x0c' => b'f',
                ' '..='~' => {
                    put(c as u8);
                    continue;
                }
                _ => 0,
            };
            if letter != 0 {
                put(b'\\');
                put(letter);
                continue;
            }
            for &mut unit in c.encode_utf16(&mut [0; 2]) {
                put(b'\\');
                put(b'u');
                for shift in [12, 8, 4, 0] {
                    put(b"0123456789abcdef"[usize::from(unit >> shift & 15)]);
                }
            }
        }
    }
    put(b'"');
    // SAFETY: both are in the destination.
    unsafe { end.offset_from(dst) as usize }
}

fn byte_loop(src: *const u8, len: usize, key: [u8; 4], dst: *mut u8) {
    for i in 0..len {
        // SAFETY: both buffers have `len` bytes. One by one, as the loop of a server's own would.
        unsafe { dst.add(i).write_volatile(*src.add(i) ^ key[i % 4]) };
    }
}

fn slice_loop(src: *const u8, len: usize, key: [u8; 4], dst: *mut u8) {
    // SAFETY: both buffers have `len` bytes and do not overlap.
    let (src, dst) = unsafe { (bytes(src, len), std::slice::from_raw_parts_mut(dst, len)) };
    for (i, (to, from)) in dst.iter_mut().zip(src).enumerate() {
        *to = from ^ key[i % 4];
    }
}

impl Targets {
    fn wants(&self, row: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| row.contains(filter))
    }

    /// Measures and prints a line for each backend: `ours` are the contenders of the backends, `others` the
    /// peers', with the names of the limits of their factors.
    fn row(
        &mut self,
        row: &str,
        strings: &Strings,
        ours: Vec<Contender>,
        others: Vec<(Contender, Option<f64>, bool)>,
    ) {
        let count = ours.len();
        let mut contenders = ours;
        let mut limits = Vec::new();
        for (other, limit, or_half_a_nanosecond) in others {
            contenders.push(other);
            limits.push((limit, or_half_a_nanosecond));
        }
        let mut samples = measure(&mut contenders, self.rounds);
        samples.iter_mut().flatten().for_each(|ns| *ns /= strings.per_call() as f64);
        for i in 0..count {
            let is_target = i == 0 || self.backends[i].name == "avx2";
            let mut shown = vec![i];
            let mut checks = Vec::new();
            for (other, &(limit, or_half)) in (count..).zip(&limits) {
                shown.push(other);
                let half = 1.0 + 0.5 / median(samples[other].iter().copied());
                let limit = limit.map(|limit| if or_half { limit.max(half) } else { limit });
                let limit = limit.filter(|_| is_target);
                checks.push(Some(Check { ours: i, of: Of::Times(vec![other]), limit }));
            }
            self.table.line(row, self.backends[i].name, &samples, &shown, &checks);
        }
    }

    fn one_pass<'a>(&self, into: Into, strings: &'a Strings) -> Contender<'a> {
        let dst = self.destination.start().cast();
        strings.contender(move |src, len| {
            // SAFETY: the destination has room for the longest result.
            unsafe { into(src.cast(), len, dst, 6 * len + 35) };
        })
    }

    fn unicode(&mut self, row: &str, strings: &Strings, limits: [Option<f64>; 3]) {
        if !self.wants(row) {
            return;
        }
        let ours = self.backends.iter().map(|b| self.one_pass(b.utf8(""), strings)).collect();
        let ucs1 = self.backends[0].functions("", 1).into.expect("exported");
        let dst = self.destination.start().cast::<c_void>();
        let simd = black_box(simd_utf8 as Parse);
        let std = black_box(std_utf8 as Parse);
        let destination = self.destination;
        let others = vec![
            (self.one_pass(ucs1, strings), limits[0], true),
            (
                strings.contender(move |src, len| {
                    // SAFETY: as above.
                    unsafe {
                        if simd(bytes(src, len)).is_some() {
                            ucs1(src.cast(), len, dst, 6 * len + 35);
                        }
                    }
                }),
                limits[1],
                false,
            ),
            (
                strings.contender(move |src, len| {
                    // SAFETY: as above.
                    if let Some(text) = std(unsafe { bytes(src, len) }) {
                        json_escape_simd::escape_into(text, &mut destination.buffer());
                    }
                }),
                limits[2],
                false,
            ),
        ];
        self.row(row, strings, ours, others);
    }

    fn ascii(&mut self, row: &str, strings: &Strings, limits: [Option<f64>; 2]) {
        if !self.wants(row) {
            return;
        }
        let ours = self.backends.iter().map(|b| self.one_pass(b.utf8("ascii_"), strings)).collect();
        let scalar = black_box(scalar_ascii as unsafe fn(&[u8], *mut u8) -> usize);
        let destination = self.destination;
        let others = vec![
            (
                strings.contender(move |src, len| {
                    // SAFETY: as above.
                    unsafe { scalar(bytes(src, len), destination.start()) };
                }) as Contender,
                limits[0],
                false,
            ),
            (
                strings.contender(move |src, len| {
                    // SAFETY: as above.
                    let text = std::str::from_utf8(unsafe { bytes(src, len) }).expect("it is");
                    let mut buffer = destination.buffer();
                    let mut serializer = Serializer::with_formatter(&mut *buffer, AsciiFormatter);
                    text.serialize(&mut serializer).expect("a Vec takes all");
                }),
                limits[1],
                false,
            ),
        ];
        self.row(row, strings, ours, others);
    }

    fn valid(&mut self, row: &str, strings: &Strings, limit: Option<f64>) {
        if !self.wants(row) {
            return;
        }
        let ours = |backend: &Backend| {
            let valid_up_to = backend.valid_up_to();
            strings.contender(move |src, len| {
                // SAFETY: the string is readable.
                black_box(unsafe { valid_up_to(src.cast(), len, std::ptr::null_mut()) });
            })
        };
        let ours = self.backends.iter().map(ours).collect();
        let simd = black_box(simd_utf8 as Parse);
        let std = black_box(std_utf8 as Parse);
        let others = vec![
            (
                strings.contender(move |src, len| {
                    // SAFETY: as above.
                    black_box(simd(unsafe { bytes(src, len) }).is_some());
                }) as Contender,
                limit,
                true,
            ),
            (
                strings.contender(move |src, len| {
                    // SAFETY: as above.
                    black_box(std(unsafe { bytes(src, len) }).is_some());
                }),
                None,
                false,
            ),
        ];
        self.row(row, strings, ours, others);
    }

    /// Functions of a backend beside the loop in C, each called by `call`.
    fn beside_c<F: Copy + 'static>(
        &mut self,
        row: &str,
        text: &[u8],
        functions: (impl Fn(&Backend) -> F, F),
        call: impl Fn(F, *const u8, usize) + Copy,
    ) {
        if !self.wants(row) {
            return;
        }
        let strings = Strings::spread(text, 1);
        let contender = |function: F| -> Contender {
            strings.contender(move |src, len| call(function, src, len))
        };
        let ours = self.backends.iter().map(|backend| contender(functions.0(backend))).collect();
        let others = vec![(contender(black_box(functions.1)), Some(1.3), false)];
        self.row(row, &strings, ours, others);
    }

    fn mask(&mut self, len: usize) {
        let row = format!("mask, {len}");
        if !self.wants(&row) {
            return;
        }
        let strings = Strings::spread(&vec![b'x'; len], 1);
        let key = black_box([0x37, 0xfa, 0x21, 0x3d]);
        let dst = self.destination.start();
        let ours = |backend: &Backend| {
            let mask = backend.mask();
            strings.contender(move |src, len| {
                // SAFETY: the destination has room.
                unsafe { mask(src.cast(), len, key.as_ptr().cast(), 0, dst.cast()) };
            })
        };
        let ours = self.backends.iter().map(ours).collect();
        type Loop = fn(*const u8, usize, [u8; 4], *mut u8);
        let (bytewise, slices) = (black_box(byte_loop as Loop), black_box(slice_loop as Loop));
        let memcpy_limit = (len == 65536).then_some(1.0 / 0.8);
        let others = vec![
            (
                strings.contender(move |src, len| bytewise(src, len, key, dst)) as Contender,
                (len <= 16).then_some(EVEN),
                false,
            ),
            (strings.contender(move |src, len| slices(src, len, key, dst)), None, false),
            (self.destination.memcpy(&strings), memcpy_limit, false),
        ];
        self.row(&row, &strings, ours, others);
    }
}

fn main() {
    let mut filters: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs this too, and measures nothing.
    if !filters.iter().any(|arg| arg == "--bench") {
        return;
    }
    let quick = filters.iter().any(|arg| arg == "--quick");
    filters.retain(|arg| !arg.starts_with("--"));
    let rounds = if quick { ROUNDS / 10 } else { ROUNDS };
    let mut targets = Targets {
        backends: library::installed(),
        destination: Destination::new(),
        filters,
        rounds,
        table: Table::default(),
    };
    println!("{}", setting());

    let twitter = documents::documents().into_iter().find(|document| document.name == "twitter");
    let twitter = twitter.map_or(Vec::new(), |document| document.strings);
    let long: Vec<&str> = twitter
        .iter()
        .map(String::as_str)
        .filter(|text| text.len() >= 190 && !text.is_ascii())
        .collect();
    let all: Vec<&str> = twitter.iter().map(String::as_str).collect();
    let mut rows: Vec<(String, Strings, bool, bool)> = Vec::new(); // ASCII, long
    for &(content, characters) in CONTENTS {
        for &len in SHORT.iter().chain(LENGTHS) {
            let text = text(characters, len);
            let is_long = len >= 190;
            if is_long || content == "ASCII" || len >= 17 {
                let strings = Strings::spread(text.as_bytes(), 1);
                rows.push((format!("{content}, {len}"), strings, text.is_ascii(), is_long));
            }
        }
    }
    if !all.is_empty() {
        rows.push(("twitter, >= 190, not ASCII".into(), Strings::in_order(&long), false, true));
        rows.push(("twitter, all".into(), Strings::in_order(&all), false, false));
    }

    let heading = ["ours", "ucs1_into", "simdutf8+ucs1", "std+jes"];
    targets.table.group("Unicode form, bytes", &heading, &["× ucs1", "× simd+ucs1", "× std+jes"]);
    for (row, strings, is_ascii, is_long) in &rows {
        let limits = match (is_ascii, is_long) {
            (true, _) => [Some(1.1), None, None],
            (false, true) => [None, Some(1.0), Some(0.6)],
            (false, false) => [None; 3],
        };
        targets.unicode(row, strings, limits);
    }
    targets.table.group(
        "ASCII form, bytes",
        &["ours", "scalar", "serde"],
        &["× scalar", "× serde"],
    );
    for (row, strings, is_ascii, is_long) in &rows {
        let limits = if *is_long && !is_ascii { [Some(0.25), Some(1.0 / 3.0)] } else { [None; 2] };
        targets.ascii(row, strings, limits);
    }
    targets.table.group(
        "valid_up_to, bytes",
        &["ours", "simdutf8", "std"],
        &["× simdutf8", "× std"],
    );
    for (row, strings, ..) in &rows {
        targets.valid(row, strings, Some(1.1));
    }
    let c = webstr_benches::baseline();
    let dst = targets.destination.start();
    let ill_formed = ill_formed();
    for (form, name) in [("", "Unicode"), ("ascii_", "ASCII")] {
        for (room, cap) in [("room", usize::MAX), ("cap 0", 0), ("4 Ki", 4096), ("1 Mi", 1 << 20)] {
            let heading = format!("{name}, ill-formed, {room}");
            targets.table.group(&heading, &["ours", "C loop"], &["× C loop"]);
            // SAFETY: the type is that of benches/baseline/utf8.h.
            let c: Into =
                unsafe { *c.get(format!("baseline_{form}utf8_into")).expect("it is there") };
            for (row, text) in &ill_formed {
                targets.beside_c(row, text, (|b| b.utf8(form), c), |into, src, len| {
                    // SAFETY: the destination has room for the longest result.
                    unsafe { into(src.cast(), len, dst.cast(), cap.min(6 * len + 35)) };
                });
            }
        }
    }
    targets.table.group("valid_up_to, each stop skipped", &["ours", "C loop"], &["× C loop"]);
    // SAFETY: as above.
    let c: ValidUpTo = unsafe { *c.get("baseline_utf8_valid_up_to").expect("it is there") };
    for (row, text) in &ill_formed {
        targets.beside_c(row, text, (Backend::valid_up_to, c), |valid_up_to, src, len| {
            // SAFETY: the text is readable.
            unsafe { skip_ill_formed(valid_up_to, src, len) };
        });
    }
    let heading = ["ours", "byte loop", "slice loop", "memcpy"];
    targets.table.group("mask, bytes", &heading, &["× byte loop", "× slice loop", "× memcpy"]);
    for len in (0..=17).chain([32, 64, 125, 190, 1024, 16384, 65536]) {
        targets.mask(len);
    }
    targets.table.summary();
}
