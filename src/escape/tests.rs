//! Every backend against an oracle that shares no code with the kernels.

use core::ptr;
use std::string::String;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::UnitFunctions;
use super::scalar::result_len;
use crate::testing::checks::Place::{Back, Front};
use crate::testing::checks::{
    Bench, Case, EscapeBackend, KINDS, Place, Room, Size, Width, Write, escapes, thinned,
};

/// Pseudo-random numbers (Knuth's MMIX constants), the same in each run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize
    }
}

#[test]
fn every_unit_of_every_width() {
    let bench = Bench::new();
    for backend in escapes() {
        for start in thinned((0..0x10000).step_by(512), 17) {
            let units: Vec<u32> = (start..start + 512).collect();
            bench.check_all(backend, &units, 0);
        }
        for start in thinned((0x10000..0x110400).step_by(1024), 64) {
            let units: Vec<u32> = (start..start + 1024).collect();
            bench.check::<u32>(backend, &units, 0);
        }
    }
}

#[test]
fn every_length_of_every_kind() {
    let bench = Bench::new();
    for backend in escapes() {
        for len in thinned(0..=512, 19) {
            bench.check_all(backend, &vec!['a' as u32; len], len % 64);
            for &kind in KINDS {
                bench.check_all(backend, &vec![kind; len], 0);
            }
        }
    }
}

/// One unit of a kind among clean ones, near both ends of lengths around a kernel's vectors.
#[test]
fn every_position_near_both_ends() {
    let bench = Bench::new();
    for backend in escapes() {
        let lengths = (0..=140).chain([191, 192, 255, 256, 257, 300, 319, 320, 321]);
        for len in thinned(lengths, 7) {
            for position in thinned((0..len).filter(|&p| p < 70 || len - p <= 70), 5) {
                for kind in [0x0a, 0x0b, 0x22, 0x7f, 0xe9, 0x4e2d, 0xdc00, 0x1f600, 0x110000] {
                    let mut units = vec!['x' as u32; len];
                    units[position] = kind;
                    bench.check_all(backend, &units, 0);
                }
            }
        }
    }
}

#[test]
fn every_offset() {
    let bench = Bench::new();
    let mut random = Random(1);
    for backend in escapes() {
        for offset in thinned(0..64, 11) {
            for len in (0..=512).step_by(7) {
                bench.check_all(backend, &vec!['a' as u32; len], offset);
                let density = random.next() % 64 + 1;
                let units: Vec<u32> = (0..len)
                    .map(|_| match random.next() % density {
                        0 => KINDS[random.next() % KINDS.len()],
                        _ => 'a' as u32,
                    })
                    .collect();
                bench.check_all(backend, &units, offset);
            }
        }
    }
}

/// Random strings: every density of escapes, one to four kinds in each string.
#[test]
fn mixtures() {
    let bench = Bench::new();
    let mut random = Random(2);
    for backend in escapes() {
        for round in thinned(0..20_000, 37) {
            let len = random.next() % if round % 8 == 0 { 2000 } else { 150 };
            let density = 1 + random.next() % 40;
            let kinds: Vec<u32> =
                (0..1 + random.next() % 4).map(|_| KINDS[random.next() % KINDS.len()]).collect();
            let units: Vec<u32> = (0..len)
                .map(|_| match random.next() % density {
                    0 => kinds[random.next() % kinds.len()],
                    _ => 0x20 + random.next() as u32 % 0x5f,
                })
                .collect();
            bench.check_all(backend, &units, 0);
        }
    }
}

/// One to five escapes, with every capacity: at the end of a vector, after which the store of a text ends
/// farthest, and at its start, after which the store of an expanded vector does.
#[test]
fn every_capacity() {
    let bench = Bench::new();
    for backend in escapes() {
        for len in [33, 80, 150] {
            for escapes in 1..=5 {
                for (kind, first) in [(0x22, 31), (0x22, 8), (0x0b, 31), (0x1f600, 31)] {
                    let mut units = vec!['x' as u32; len];
                    for i in 0..escapes {
                        units[first - 2 * i] = kind;
                    }
                    bench.every_capacity::<u8>(backend, &units);
                    bench.every_capacity::<u16>(backend, &units);
                    bench.every_capacity::<u32>(backend, &units);
                }
            }
        }
        // Nothing but long texts, of little more than a vector.
        for len in [11, 19, 35] {
            for kind in [0xe9, 0x4e2d, 0x1f600] {
                bench.every_capacity::<u8>(backend, &vec![kind; len]);
                bench.every_capacity::<u16>(backend, &vec![kind; len]);
                bench.every_capacity::<u32>(backend, &vec![kind; len]);
            }
        }
    }
}

/// Strings that other encoders escaped wrongly.
#[test]
fn known_traps() {
    let bench = Bench::new();
    for backend in escapes() {
        for quotes in thinned(0..130, 3) {
            for letters in 0..3 {
                let mut units = vec!['"' as u32; quotes];
                units.resize(quotes + letters, 'a' as u32);
                bench.check_all(backend, &units, 0);
            }
        }
        for len in thinned(0..200, 7) {
            for period in 2..9 {
                let units: Vec<u32> =
                    (0..len).map(|i| if i % period == 0 { 0x0b } else { 0x5c }).collect();
                bench.check_all(backend, &units, 0);
            }
        }
    }
}

#[test]
fn null_source_of_no_units() {
    fn check<U: Copy + Default + PartialEq + From<u8>>(escape: &UnitFunctions<U>) {
        let (mut units, mut bytes) = ([U::default(); 2], [0; 2]);
        // SAFETY: no unit is read, two are written.
        unsafe {
            assert_eq!((escape.size)(ptr::null(), 0), 2);
            assert_eq!((escape.write)(ptr::null(), 0, units.as_mut_ptr()), 2);
            assert_eq!((escape.ascii_size)(ptr::null(), 0), 2);
            assert_eq!((escape.ascii_write)(ptr::null(), 0, bytes.as_mut_ptr()), 2);
        }
        assert!(units == [b'"'.into(); 2] && bytes == *b"\"\"");
    }
    for backend in escapes() {
        check(&backend.functions.ucs1);
        check(&backend.functions.ucs2);
        check(&backend.functions.ucs4);
    }
}

#[test]
fn sizes_that_overflow_are_zero() {
    const MAX: usize = isize::MAX as usize;
    assert_eq!(result_len(0, 0), 2);
    assert_eq!(result_len(MAX - 2, 0), MAX);
    assert_eq!(result_len(MAX - 2, 1), 0);
    assert_eq!(result_len(1000, MAX as u64 - 1002), MAX);
    assert_eq!(result_len(1000, MAX as u64 - 1001), 0);
    assert_eq!(result_len(1000, u64::MAX), 0);
    assert_eq!(result_len(MAX / 11, 11 * (MAX as u64 / 11)), 0);
    fn check<U>(escape: &UnitFunctions<U>, len: usize) {
        let (src, no_units, no_bytes) = (ptr::null(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: no result fits, so no unit is read or written.
        unsafe {
            assert_eq!((escape.size)(src, len), 0);
            assert_eq!((escape.ascii_size)(src, len), 0);
            assert_eq!((escape.into)(src, len, no_units, 0), 0);
            assert_eq!((escape.ascii_into)(src, len, no_bytes, 0), 0);
        }
    }
    for backend in escapes() {
        for len in [MAX - 1, MAX, MAX + 1, usize::MAX - 1, usize::MAX] {
            check(&backend.functions.ucs1, len);
            check(&backend.functions.ucs2, len);
            check(&backend.functions.ucs4, len);
        }
    }
}

/// The longest strings of the next test, in units.
const LONGEST: usize = 520;

/// The contents of the strings of the next test: a name, and the unit at an index in a string of a
/// length.
type Content = (&'static str, fn(usize, usize) -> u32);
const CONTENTS: &[Content] = &[
    ("clean", |i, _| u32::from(b"az AZ09~!#[]^/"[i % 14])),
    ("two-character escapes", |i, _| u32::from(b"\"\\\x08\x0c\n\r\t"[i % 7])),
    ("\\u00xx", |i, _| [0, 1, 7, 0x0b, 0x0e, 0x0f, 0x1f][i % 7]),
    ("short and long escapes among letters", |i, _| u32::from(b"a\"bc\x0b"[i % 5])),
    ("U+007F", |_, _| 0x7f),
    ("Latin-1", |i, _| 0xa0 + i as u32 % 0x60),
    ("CJK", |i, _| 0x4e00 + 37 * i as u32 % 0x5200),
    ("emoji", |i, _| 0x1f300 + i as u32 % 0x300),
    ("surrogates", |i, _| 0xd800 + 61 * i as u32 % 0x800),
    ("above U+10FFFF", |i, _| 0x110000 + 0x123457 * i as u32),
    ("mixed", |i, len| KINDS[(7 * i + len) % KINDS.len()]),
];

/// The places of one escape in an otherwise clean string: both ends, the middle, and both sides of the
/// boundaries of vectors.
fn positions(len: usize) -> impl Iterator<Item = usize> {
    let edges = [4, 8, 16, 32, 64, 128, 256, 512].into_iter().flat_map(|edge| [edge - 1, edge]);
    let ends = [0, 1, len / 2].into_iter().chain((1..=4).map(move |i| len.wrapping_sub(i)));
    ends.chain(edges).filter(move |&position| position < len)
}

fn flush_and_offset<U: Width>(
    bench: &Bench,
    backends: &[&EscapeBackend],
    codes: &[u32],
    offsets: usize,
) {
    let case = Case::<U>::new(codes);
    // Each alignment of the source, together with another alignment of the destination.
    let shifted =
        (1..offsets).map(|offset| (Front(offset), Back((29 * offset + codes.len()) % 64)));
    for places in Place::FLUSH.into_iter().chain(shifted) {
        for backend in backends {
            bench.unicode(backend, &case, places);
            bench.ascii(backend, &case, places);
        }
    }
}

/// Every length, content and width, with source and destination next to an unmapped page on either
/// side, then at every alignment.
#[test]
fn guard_pages() {
    let backends: Vec<_> = escapes().collect();
    let lengths: Vec<usize> = thinned(0..=LONGEST, 67).collect();
    let compared = |lengths: &[usize]| {
        let bench = Bench::new();
        for &len in lengths {
            let check = |codes: &[u32], offsets| {
                flush_and_offset::<u8>(&bench, &backends, codes, offsets);
                flush_and_offset::<u16>(&bench, &backends, codes, offsets);
                flush_and_offset::<u32>(&bench, &backends, codes, offsets);
            };
            for (_, unit) in CONTENTS {
                check(&(0..len).map(|i| unit(i, len)).collect::<Vec<_>>(), 64);
            }
            for position in positions(len) {
                for escape in [0x22, 0x0b, 0x1f600] {
                    let mut codes = vec!['a' as u32; len];
                    codes[position] = escape;
                    check(&codes, 1);
                }
            }
        }
        bench.comparisons.get()
    };
    let (even, odd): (Vec<_>, Vec<_>) = lengths.iter().partition(|&&len| len % 2 == 0);
    let total = std::thread::scope(|scope| {
        let other = scope.spawn(|| compared(&odd));
        compared(&even) + other.join().unwrap()
    });
    let places = Place::FLUSH.len() + 63;
    let whole = lengths.len() * places * CONTENTS.len() * 6 * backends.len();
    let single = 3 * lengths.iter().map(|&len| positions(len).count()).sum::<usize>();
    let single = single * Place::FLUSH.len() * 6 * backends.len();
    std::println!(
        "{} lengths x {places} places (4 flush, 63 offsets) x {} contents x 6 functions x {} \
         backends = {whole} comparisons, and {single} of one escape at each class of position, \
         flush: {total} in all",
        lengths.len(),
        CONTENTS.len(),
        backends.len(),
    );
    assert_eq!(total, (whole + single) as u64);
}

/// The result of one form of one backend, whose size function must return its length.
fn escaped<U: Copy, O: Copy + Default>(
    (size, write): (Size<U>, Write<U, O>),
    units: &[U],
) -> Vec<O> {
    // SAFETY: a slice is readable for its length, and the result has the size that `size` returned.
    unsafe {
        let mut result = vec![O::default(); size(units.as_ptr(), units.len())];
        assert_eq!(write(units.as_ptr(), units.len(), result.as_mut_ptr()), result.len());
        result
    }
}

/// Properties of both forms that hold without an oracle. `decode` returns the text of the units, or
/// `None` if they are not valid.
fn check_properties<U: Width + Default>(
    backend: &EscapeBackend,
    units: &[U],
    decode: impl Fn(&[U]) -> Option<String>,
) {
    let unicode = escaped(U::unicode(backend), units);
    let ascii = escaped(U::ascii(backend), units);
    assert!(ascii.is_ascii());
    let codes = |units: &[U]| units.iter().map(|&unit| unit.into()).collect::<Vec<u32>>();
    if codes(units).iter().all(|&code| code < 0x7f) {
        let ascii: Vec<u32> = ascii.iter().map(|&byte| byte.into()).collect();
        assert_eq!(codes(&unicode), ascii);
    }
    if let Some(text) = decode(units) {
        let json = decode(&unicode).unwrap();
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        // In the ASCII form a byte above U+007F is a character, in UTF-8 it is a part of one.
        if U::cut(0x100).into() != 0 || text.is_ascii() {
            assert_eq!(serde_json::from_slice::<String>(&ascii).unwrap(), text);
        }
    }
}

fn from_utf32(units: &[u32]) -> Option<String> {
    units.iter().map(|&unit| char::from_u32(unit)).collect()
}

proptest! {
    #[test]
    fn any_units(units in prop::collection::vec(
        prop_oneof![any::<u32>(), 0u32..0x110000, 0u32..0x80, prop::sample::select(KINDS)],
        0..300,
    ), room in prop_oneof![
        (0..Bench::MOST_ROOM).prop_map(Room::Units),
        any::<i8>().prop_map(Room::BesideSource),
        any::<i8>().prop_map(Room::BesideResult),
    ]) {
        let bench = &Bench::new(); // by value, `into` is that of core
        for backend in escapes() {
            bench.check_all(backend, &units, 0);
            bench.into(backend, &Case::<u8>::new(&units), Place::FLUSH[0], room);
            bench.into(backend, &Case::<u16>::new(&units), Place::FLUSH[0], room);
            bench.into(backend, &Case::<u32>::new(&units), Place::FLUSH[0], room);
        }
    }

    #[test]
    fn json_reads_back_as_the_text(
        characters in prop::collection::vec(
            prop_oneof![
                any::<char>(),
                prop::char::range(' ', '~'),
                prop::sample::select(&['"', '\\', '\n', '\x0b', '\x7f', 'é', '中', '🎉'][..]),
            ],
            0..300,
        ),
        latin1: Vec<u8>,
    ) {
        let text = String::from_iter(characters);
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let utf32: Vec<u32> = text.chars().map(u32::from).collect();
        for backend in escapes() {
            check_properties(backend, text.as_bytes(), |u| String::from_utf8(u.to_vec()).ok());
            check_properties(backend, &utf16, |units| String::from_utf16(units).ok());
            check_properties(backend, &utf32, from_utf32);
            let ascii = escaped(u8::ascii(backend), &latin1);
            let characters: String = latin1.iter().map(|&byte| char::from(byte)).collect();
            assert_eq!(serde_json::from_slice::<String>(&ascii).unwrap(), characters);
        }
    }

    #[test]
    fn any_units_have_the_properties(
        codes in prop::collection::vec(
            prop_oneof![any::<u32>(), 0u32..0x110000, 0u32..0x80, prop::sample::select(KINDS)],
            0..300,
        ),
    ) {
        let cut = |codes: &[u32]| (
            codes.iter().map(|&code| u8::cut(code)).collect::<Vec<_>>(),
            codes.iter().map(|&code| u16::cut(code)).collect::<Vec<_>>(),
        );
        let (one, two) = cut(&codes);
        for backend in escapes() {
            check_properties(backend, &one, |units| String::from_utf8(units.to_vec()).ok());
            check_properties(backend, &two, |units| String::from_utf16(units).ok());
            check_properties(backend, &codes, from_utf32);
        }
    }
}
