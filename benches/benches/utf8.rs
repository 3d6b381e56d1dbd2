//! UTF-8 to JSON strings, its validation, and masks of WebSocket messages, beside simdutf8, the standard
//! library, json-escape-simd, serde_json, a scalar decoder and escaper, a loop over the bytes and `memcpy`.

use std::hint::black_box;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use webstr_benches::contenders::{Destination, WORST};
use webstr_benches::library::Backend;
use webstr_benches::measure::{Bench, Contender, Entry, Limit, Target};
use webstr_benches::strings::Strings;
use webstr_benches::{documents, strings_of};

use crate::{EVEN, ROUNDS, is_target};

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

struct Row {
    name: String,
    strings: Strings,
    is_ascii: bool,
    is_long: bool,
}

fn rows(twitter: &[String]) -> Vec<Row> {
    let mut rows = Vec::new();
    for &(content, characters) in CONTENTS {
        for &len in SHORT.iter().chain(LENGTHS) {
            let text = text(characters, len);
            let is_long = len >= 190;
            if is_long || content == "ASCII" || len >= 17 {
                let strings = Strings::spread(text.as_bytes(), 1);
                rows.push(Row {
                    name: format!("{content}, {len}"),
                    strings,
                    is_ascii: text.is_ascii(),
                    is_long,
                });
            }
        }
    }
    let all: Vec<&str> = twitter.iter().map(String::as_str).collect();
    let long: Vec<&str> =
        all.iter().copied().filter(|text| text.len() >= 190 && !text.is_ascii()).collect();
    for (name, texts, is_long) in
        [("twitter, >= 190, not ASCII", long, true), ("twitter, all", all, false)]
    {
        if !texts.is_empty() {
            let strings = Strings::in_order(&texts);
            rows.push(Row { name: name.into(), strings, is_ascii: false, is_long });
        }
    }
    rows
}

pub fn tables(bench: &mut Bench, backends: &[Backend], destination: Destination) {
    let twitter = documents().into_iter().find(|(name, _)| *name == "twitter");
    let twitter = twitter.map_or(Vec::new(), |(_, value)| strings_of(value));
    let rows = rows(&twitter);
    let mut tables = Tables { bench, backends, destination };
    if tables.bench.begin("utf8") {
        rows.iter().for_each(|row| tables.unicode(row));
    }
    if tables.bench.begin("utf8-ascii") {
        rows.iter().for_each(|row| tables.ascii(row));
    }
    if tables.bench.begin("utf8-valid") {
        rows.iter().for_each(|row| tables.valid(row));
    }
    if tables.bench.begin("utf8-mask") {
        for len in (0..=17).chain([32, 64, 125, 190, 1024, 16384, 65536]) {
            tables.mask(len);
        }
    }
}

struct Tables<'a> {
    bench: &'a mut Bench,
    backends: &'a [Backend],
    destination: Destination,
}

/// What the backends are measured beside: a name, the contender, the best backend's limit.
type Other<'a> = (&'static str, Contender<'a>, Option<Limit>);

impl Tables<'_> {
    fn row<'a>(
        &mut self,
        row: &str,
        strings: &'a Strings,
        ours: impl Fn(&Backend) -> Contender<'a>,
        others: Vec<Other<'a>>,
    ) {
        let per = strings.per_call();
        let (mut entries, mut targets): (Vec<Entry>, Vec<_>) = (Vec::new(), Vec::new());
        for (i, backend) in self.backends.iter().enumerate() {
            entries.push((backend.name.into(), per, ours(backend)));
            for &(other, _, limit) in others.iter().filter(|_| is_target(i, backend)) {
                let target =
                    |limit| Target { ours: backend.name.into(), others: vec![other], limit };
                targets.extend(limit.map(target));
            }
        }
        entries
            .extend(others.into_iter().map(|(name, contender, _)| (name.into(), per, contender)));
        if self.bench.wants(row) {
            self.bench.row(row, ROUNDS, entries, targets);
        }
    }

    fn unicode(&mut self, Row { name, strings, is_ascii, is_long }: &Row) {
        let destination = self.destination;
        let ucs1 = self.backends[0].functions("", 1).into;
        let (simd, std) = (black_box(simd_utf8 as Parse), black_box(std_utf8 as Parse));
        let is_target = *is_long && !is_ascii;
        let two_step = destination.contender(strings, move |src, len, dst| {
            // SAFETY: the source is readable, and the destination has room.
            unsafe {
                if simd(bytes(src.cast(), len)).is_some() {
                    ucs1(src, len, dst, WORST * len + 35);
                }
            }
        });
        let by_crate = strings.contender(move |src, len| {
            // SAFETY: as above.
            if let Some(text) = std(unsafe { bytes(src, len) }) {
                json_escape_simd::escape_into(text, &mut destination.buffer());
            }
        });
        let others = vec![
            (
                "ucs1_into",
                destination.into(ucs1, WORST, strings),
                is_ascii.then_some(Limit::Near(1.1)),
            ),
            ("simdutf8, ucs1_into", two_step, is_target.then_some(Limit::Times(1.0))),
            ("std, json-escape-simd", by_crate, is_target.then_some(Limit::Times(0.6))),
        ];
        self.row(name, strings, |b| destination.into(b.utf8(""), WORST, strings), others);
    }

    fn ascii(&mut self, Row { name, strings, is_ascii, is_long }: &Row) {
        let destination = self.destination;
        let scalar = black_box(scalar_ascii as unsafe fn(&[u8], *mut u8) -> usize);
        let is_target = *is_long && !is_ascii;
        let scalar = strings.contender(move |src, len| {
            // SAFETY: the source is readable, and the destination has room.
            unsafe { scalar(bytes(src, len), destination.start()) };
        });
        let serde = strings.contender(move |src, len| {
            // SAFETY: as above.
            let text = std::str::from_utf8(unsafe { bytes(src, len) }).expect("it is");
            let mut buffer = destination.buffer();
            let mut serializer = Serializer::with_formatter(&mut *buffer, AsciiFormatter);
            text.serialize(&mut serializer).expect("a Vec takes all");
        });
        let others = vec![
            ("scalar loop", scalar, is_target.then_some(Limit::Times(0.25))),
            ("serde_json", serde, is_target.then_some(Limit::Times(1.0 / 3.0))),
        ];
        self.row(name, strings, |b| destination.into(b.utf8("ascii_"), WORST, strings), others);
    }

    fn valid(&mut self, Row { name, strings, .. }: &Row) {
        let by = |parse: Parse| {
            let parse = black_box(parse);
            strings.contender(move |src, len| {
                // SAFETY: the string is readable.
                black_box(parse(unsafe { bytes(src, len) }).is_some());
            })
        };
        let ours = |backend: &Backend| {
            let valid_up_to = backend.valid_up_to();
            strings.contender(move |src, len| {
                // SAFETY: as above.
                black_box(unsafe { valid_up_to(src.cast(), len, std::ptr::null_mut()) });
            })
        };
        let others =
            vec![("simdutf8", by(simd_utf8), Some(Limit::Near(1.1))), ("std", by(std_utf8), None)];
        self.row(name, strings, ours, others);
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
        type Loop = fn(*const u8, usize, [u8; 4], *mut u8);
        let by = |way: Loop| {
            let way = black_box(way);
            strings.contender(move |src, len| way(src, len, key, dst))
        };
        let (short, long) = (len <= 16, len == 65536);
        let others = vec![
            ("byte loop", by(byte_loop), short.then_some(Limit::Times(EVEN))),
            ("slice loop", by(slice_loop), None),
            ("memcpy", self.destination.memcpy(&strings), long.then_some(Limit::Times(1.0 / 0.8))),
        ];
        self.row(&len.to_string(), &strings, ours, others);
    }
}
