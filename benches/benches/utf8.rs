//! UTF-8 to JSON strings, its validation, and masks of WebSocket messages, beside simdutf8, the standard
//! library, json-escape-simd, serde_json, a scalar decoder and escaper, a loop over the bytes and `memcpy`.

use std::hint::black_box;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use webstr_benches::contenders::{Destination, WORST};
use webstr_benches::library::{Backend, Into, ValidUpTo};
use webstr_benches::measure::{Bench, Contender, Entry, Limit, Target};
use webstr_benches::strings::Strings;
use webstr_benches::{documents, strings_of};

use crate::{DOCUMENT_ROUNDS, EVEN, ROUNDS, is_target};

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

/// Steps over each byte at which `valid_up_to` stops, as a caller who counts them does; returns how many.
///
/// # Safety
/// `src` must be readable for `len` bytes.
unsafe fn skip_ill_formed(valid_up_to: ValidUpTo, src: *const u8, len: usize) -> usize {
    let (mut at, mut stops) = (0, 0);
    while at < len {
        // SAFETY: the caller's promise.
        at += unsafe { valid_up_to(src.add(at).cast(), len - at, std::ptr::null_mut()) } + 1;
        stops += 1;
    }
    stops
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
    if tables.bench.begin("utf8-ill-formed") {
        tables.ill_formed(&ill_formed());
    }
    if tables.bench.begin("utf8-skip") {
        tables.skip(&ill_formed());
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

/// A peer of the backends: its name, its contender, the limit for the best backend.
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

    /// Both forms of ill-formed text into much and little room, beside a loop in C.
    fn ill_formed(&mut self, contents: &[(String, Vec<u8>)]) {
        let (library, dst) = (webstr_benches::baseline(), self.destination.start());
        for form in ["", "ascii_"] {
            // SAFETY: the type is that of benches/baseline/utf8.c.
            let c: Into = unsafe { *library.get(format!("baseline_{form}utf8_into")).expect(form) };
            for (room, cap) in
                [("room", usize::MAX), ("cap 0", 0), ("4 Ki", 4096), ("1 Mi", 1 << 20)]
            {
                for (content, text) in contents {
                    let row = format!("{form}utf8, {room}, {content}");
                    let call = move |into: Into, src: *const u8, len| {
                        // SAFETY: the destination has room for the longest result.
                        unsafe { into(src.cast(), len, dst.cast(), cap.min(WORST * len + 35)) }
                    };
                    self.beside_c(&row, text, (|backend| backend.utf8(form), c), call);
                }
            }
        }
    }

    /// `valid_up_to` again and again, beside a loop in C.
    fn skip(&mut self, contents: &[(String, Vec<u8>)]) {
        let library = webstr_benches::baseline();
        // SAFETY: as above.
        let c: ValidUpTo =
            unsafe { *library.get("baseline_utf8_valid_up_to").expect("it is there") };
        for (content, text) in contents {
            // SAFETY: the text is readable.
            let call = |valid_up_to, src, len| unsafe { skip_ill_formed(valid_up_to, src, len) };
            self.beside_c(content, text, (Backend::valid_up_to, c), call);
        }
    }

    /// Every backend's function beside that in C, both by `call`, whose results must agree.
    fn beside_c<F: Copy + 'static>(
        &mut self,
        row: &str,
        text: &[u8],
        (ours, c): (impl Fn(&Backend) -> F, F),
        call: impl Fn(F, *const u8, usize) -> usize + Copy,
    ) {
        if !self.bench.wants(row) {
            return;
        }
        let strings = Strings::spread(text, 1);
        let expected = call(c, text.as_ptr(), text.len());
        let entry = |name: &str, f: F| -> Entry {
            assert_eq!(call(f, text.as_ptr(), text.len()), expected, "{name}: {row}");
            let contender = strings.contender(move |src, len| {
                black_box(call(black_box(f), src, len));
            });
            (name.into(), strings.per_call(), contender)
        };
        let mut entries: Vec<Entry> =
            self.backends.iter().map(|backend| entry(backend.name, ours(backend))).collect();
        entries.push(entry("C loop", c));
        let names = self.backends.iter().map(|backend| backend.name);
        let targets = names.filter_map(|name| Target::times(name, &["C loop"], Some(1.3)));
        self.bench.row(row, DOCUMENT_ROUNDS, entries, targets.collect());
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
