//! Every backend's check of UTF-8 against table 3-7 of the Unicode standard and the standard library.

use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use crate::ffi;
use crate::testing::checks::Place::{Back, Front};
use crate::testing::checks::{Bench, Place, escapes, messages, thinned};
use crate::testing::oracle::{self, Subpart};

/// Characters of one to four bytes, the first and the last of each length, and around the surrogates.
pub const CHARACTERS: &[char] = &[
    '\0',
    'a',
    '"',
    '\\',
    '\n',
    '\x0b',
    '\x7f',
    '\u{80}',
    'é',
    '\u{7ff}',
    '\u{800}',
    '中',
    '\u{2028}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{feff}',
    '\u{ffff}',
    '\u{10000}',
    '😀',
    '\u{10ffff}',
];

/// Bytes at the ends of the ranges of table 3-7.
pub const EDGES: &[u8] = &[
    0x00, 0x22, 0x61, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1,
    0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf7, 0xf8, 0xfb, 0xfc, 0xfe, 0xff,
];

/// The oracle itself, against the standard library.
#[test]
fn table_3_7() {
    for first in EDGES {
        for second in EDGES {
            for third in EDGES {
                for fourth in EDGES {
                    let text = [*first, *second, *third, *fourth];
                    for len in 0..=4 {
                        let (valid, incomplete) = oracle::utf8_valid_up_to(&text[..len]);
                        match str::from_utf8(&text[..len]) {
                            Ok(_) => assert_eq!((valid, incomplete), (len, 0)),
                            Err(error) => {
                                assert_eq!(valid, error.valid_up_to());
                                let subpart = oracle::utf8_subpart(&text[valid..len]);
                                let expected = match error.error_len() {
                                    None => (len - valid, Subpart::CutOff),
                                    Some(length) => (length, Subpart::IllFormed),
                                };
                                assert_eq!(subpart, Some(expected));
                                let cut_off = expected.1 == Subpart::CutOff;
                                assert_eq!(incomplete, if cut_off { expected.0 } else { 0 });
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `incomplete` of the C function, for all sequences of up to three bytes.
#[test]
fn incomplete() {
    let check = |text: &[u8]| {
        let mut incomplete = 9;
        // SAFETY: the text is readable.
        let valid = unsafe {
            ffi::webstr_utf8_valid_up_to(text.as_ptr().cast(), text.len(), &raw mut incomplete)
        };
        assert_eq!((valid, incomplete), oracle::utf8_valid_up_to(text), "{text:x?}");
    };
    for first in 0..=255 {
        for second in thinned(0..=255, 13) {
            for third in EDGES {
                let text = [first, second, *third];
                check(&text[..1]);
                check(&text[..2]);
                check(&text);
                check(&[b"0123456789abcdef0123456789abcdef".as_slice(), &text].concat());
            }
        }
    }
    // SAFETY: no byte is read, and NULL is asked for nothing.
    let valid =
        unsafe { ffi::webstr_utf8_valid_up_to(core::ptr::null(), 0, core::ptr::null_mut()) };
    assert_eq!(valid, 0);
}

/// All sequences of three bytes, in the middle of a text over the edge of a vector, and at its end.
#[test]
fn every_sequence_of_three_bytes() {
    let bench = Bench::new();
    for backend in messages() {
        let valid_up_to = backend.functions.valid_up_to;
        let mut inside = [b'x'; 101];
        let mut at_end = [b'y'; 64];
        for code in thinned(0..1 << 24, 1009) {
            let text = [code as u8, (code >> 8) as u8, (code >> 16) as u8];
            inside[62..65].copy_from_slice(&text);
            at_end[61..64].copy_from_slice(&text);
            let expected = match str::from_utf8(&text) {
                Ok(_) => 3,
                Err(error) => error.valid_up_to(),
            };
            // SAFETY: both texts are readable.
            unsafe {
                let expected_inside = if expected == 3 { 101 } else { 62 + expected };
                assert_eq!(valid_up_to(inside.as_ptr(), 101), expected_inside, "{text:x?}");
                assert_eq!(valid_up_to(at_end.as_ptr(), 64), 61 + expected, "{text:x?}");
            }
        }
        bench.valid_up_to(backend, b"", Back(0));
    }
}

/// Four bytes at the ends of the ranges, in the middle of a text and at its end.
#[test]
fn edges() {
    let mut inside = [b'x'; 101];
    let mut at_end = [b'y'; 64];
    for backend in messages() {
        let valid_up_to = backend.functions.valid_up_to;
        for first in EDGES {
            for second in EDGES {
                for third in EDGES {
                    for fourth in EDGES {
                        let text = [*first, *second, *third, *fourth];
                        inside[61..65].copy_from_slice(&text);
                        at_end[60..64].copy_from_slice(&text);
                        let valid = oracle::utf8_valid_up_to(&text).0;
                        let expected_inside = if valid == 4 { 101 } else { 61 + valid };
                        // SAFETY: both texts are readable.
                        unsafe {
                            let found = valid_up_to(inside.as_ptr(), 101);
                            assert_eq!(found, expected_inside, "{text:x?} inside");
                            let found = valid_up_to(at_end.as_ptr(), 64);
                            assert_eq!(found, 60 + valid, "{text:x?} at the end");
                        }
                    }
                }
            }
        }
    }
}

/// All sequences of four bytes, across the border of two vectors: a quarter of an hour.
#[test]
#[ignore = "2^32 sequences: make test-rust LONG=1"]
fn every_sequence_of_four_bytes() {
    std::thread::scope(|scope| {
        for half in 0..2_u32 {
            scope.spawn(move || {
                let mut inside = [b'x'; 96];
                let (mut expected, mut result) = ([0; 128], [0; 128]);
                for code in (half << 31)..=(half << 31 | 0x7fff_ffff) {
                    let text = code.to_be_bytes();
                    inside[62..66].copy_from_slice(&text);
                    let valid_up_to = match str::from_utf8(&text) {
                        Ok(_) => 96,
                        Err(error) => 62 + error.valid_up_to(),
                    };
                    for backend in
                        crate::MESSAGE_CANDIDATES.iter().filter(|kernels| kernels.available())
                    {
                        // SAFETY: the text is readable.
                        let valid = unsafe { (backend.functions.valid_up_to)(inside.as_ptr(), 96) };
                        assert_eq!(valid, valid_up_to, "{text:x?}");
                    }
                    // The 16 bytes before keep the border in the string.
                    let len = escape_lossy(&inside[46..66], &mut expected);
                    for backend in
                        crate::ESCAPE_CANDIDATES.iter().filter(|kernels| kernels.available())
                    {
                        let into = backend.functions.utf8.into;
                        // SAFETY: the text is readable, the result writable.
                        let size =
                            unsafe { into(inside[46..].as_ptr(), 20, result.as_mut_ptr(), 128) };
                        assert_eq!(result[..size], expected[..len], "{text:x?}");
                    }
                }
            });
        }
    });
}

/// The JSON string of what Rust makes of the text; returns its length.
fn escape_lossy(text: &[u8], result: &mut [u8]) -> usize {
    let mut len = 0;
    let mut put = |bytes: &[u8]| {
        result[len..len + bytes.len()].copy_from_slice(bytes);
        len += bytes.len();
    };
    put(b"\"");
    for chunk in text.utf8_chunks() {
        for &byte in chunk.valid().as_bytes() {
            match byte {
                b'"' | b'\\' => put(&[b'\\', byte]),
                8 | 9 | 10 | 12 | 13 => put(&[b'\\', b"btn fr"[byte as usize - 8]]),
                ..0x20 => {
                    let digits = b"0123456789abcdef";
                    put(b"\\u00");
                    put(&[digits[byte as usize >> 4], digits[byte as usize & 15]]);
                }
                _ => put(&[byte]),
            }
        }
        if !chunk.invalid().is_empty() {
            put("\u{fffd}".as_bytes());
        }
    }
    put(b"\"");
    len
}

/// Each character or wrong byte at each place of each length, and the text cut off after it.
/// With `step` above 1 only each so-many-th of the places, in turns.
fn every_place(step: usize, check: impl Fn(&Bench, &[u8], Place)) {
    let bench = Bench::new();
    let mut parts: Vec<Vec<u8>> =
        CHARACTERS.iter().map(|c| c.encode_utf8(&mut [0; 4]).as_bytes().to_vec()).collect();
    parts.extend(EDGES.iter().map(|&byte| vec![byte]));
    let long = [191, 192, 193, 255, 256, 257];
    // The last vector begins one or two bytes after the first one.
    let borders = [33, 34, 65, 66];
    for len in thinned((0..=130).chain(long), 7).chain(borders) {
        for filler in ["a", "é", "中", "😀"] {
            for part in &parts {
                for at in thinned((len % step..=len).step_by(step), 5) {
                    let mut text = filler.repeat(at / filler.len()).into_bytes();
                    text.extend(part);
                    while text.len() < len {
                        text.extend(filler.bytes());
                    }
                    text.truncate(len);
                    check(&bench, &text, if at % 2 == 0 { Back(at % 3) } else { Front(at % 5) });
                }
            }
        }
    }
}

#[test]
fn valid_up_to_every_place() {
    let backends: Vec<_> = messages().collect();
    every_place(1, |bench, text, place| {
        for backend in &backends {
            bench.valid_up_to(backend, text, place);
        }
    });
}

#[test]
fn escapes_every_place() {
    let backends: Vec<_> = escapes().collect();
    every_place(11, |bench, text, place| {
        for backend in &backends {
            bench.utf8(backend, text, (place, place));
        }
    });
}

/// One byte that is not ASCII, at each place, after a letter or an escape.
#[test]
fn one_beyond_ascii() {
    let bench = Bench::new();
    let (validators, escapers): (Vec<_>, Vec<_>) = (messages().collect(), escapes().collect());
    for len in [16, 31, 32, 33, 64, 65, 127, 128, 129, 256, 300] {
        for (first, at) in (0..len).flat_map(|at| [(b'a', at), (b'\n', at)]) {
            let mut text = std::vec![b'a'; len];
            text[0] = first;
            text[at] = 0x80;
            for backend in &validators {
                bench.valid_up_to(backend, &text, Front(0));
            }
            for backend in &escapers {
                bench.utf8(backend, &text, (Front(0), Front(0)));
            }
        }
    }
}

/// The beginning of a character at the end of a vector, after it ASCII alone or another wrong byte.
#[test]
fn cut_off_before_ascii() {
    let bench = Bench::new();
    let (validators, escapers): (Vec<_>, Vec<_>) = (messages().collect(), escapes().collect());
    for vectors in 1..=8 {
        for cut in 1..=3 {
            for after in [0, 1, 28, 29, 30, 31, 32, 33, 64, 65, 128, 200] {
                for character in ["é", "中", "😀"].iter().filter(|c| c.len() > cut) {
                    for (begins, stray) in [("a", b'a'), ("é", b'a'), ("a", 0x80)] {
                        let mut text = begins.as_bytes().to_vec();
                        text.resize(32 * vectors - cut, b'a');
                        text.extend(&character.as_bytes()[..cut]);
                        text.resize(text.len() + after, b'a');
                        if after > 2 {
                            text[32 * vectors + 2] = stray;
                        }
                        for place in [Back(0), Front(0)] {
                            for backend in &validators {
                                bench.valid_up_to(backend, &text, place);
                            }
                            for backend in &escapers {
                                bench.utf8(backend, &text, (place, place));
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Sequences of three bytes, most of them ill-formed, one after the other and each after a letter.
#[test]
fn escapes_of_every_sequence() {
    let bench = Bench::new();
    for backend in escapes() {
        for first in 0x80..=255 {
            for second in thinned((first % 4..=255).step_by(4), 13) {
                let sequences = EDGES.iter().flat_map(|&third| [b'a', first, second, third]);
                bench.utf8(backend, &sequences.collect::<Vec<_>>(), (Back(0), Back(0)));
                let sequences = (0..256).step_by(5).flat_map(|third| [first, second, third as u8]);
                bench.utf8(backend, &sequences.collect::<Vec<_>>(), (Front(0), Front(0)));
            }
        }
    }
}

/// Texts of several vectors and pieces with every capacity.
#[test]
fn escapes_every_capacity() {
    let bench = Bench::new();
    for backend in escapes() {
        for len in thinned((0..=130).chain([200, 600]), 11) {
            for part in ["a", "中", "aé\"中😀 b", "я я", "\u{b}😀"] {
                let mut text = part.repeat(len / part.len() + 1).into_bytes();
                text.truncate(len);
                bench.utf8_every_capacity(backend, &text);
                if len > 3 {
                    text[len / 2] = 0xf4;
                    bench.utf8_every_capacity(backend, &text);
                }
            }
        }
        for part in
            ILL_FORMED.iter().copied().chain([&b"a\xff"[..], b"\n\x01\x80", b"\xe4\xb8\xad\x80"])
        {
            for len in [3, 7, 8, 9, 40, 90] {
                bench.utf8_every_capacity(backend, &part.repeat(len / part.len() + 1)[..len]);
            }
        }
        // ASCII, then characters that are copied as well, up to the end: many or few.
        for count in [1, 3, 20] {
            let text = "a".repeat(300) + &"é中😀".repeat(count);
            bench.utf8_every_capacity(backend, text.as_bytes());
        }
    }
}

/// Ill-formed parts: of each length, and bytes that begin no character.
const ILL_FORMED: &[&[u8]] =
    &[b"\x80", b"\xff", b"\xc3", b"\xe4\xbd", b"\xf0\x9f\x98", b"\xed\xa0\x80"];

/// Ill-formed parts, near and far, one or many: between them the way changes from texts to vectors and back.
#[test]
fn escapes_dense_and_sparse() {
    let bench = Bench::new();
    let (validators, escapers): (Vec<_>, Vec<_>) = (messages().collect(), escapes().collect());
    let gaps =
        (0..=34).chain([47, 48, 49, 62, 63, 64, 65, 66, 95, 97, 127, 128, 129, 130, 257, 600]);
    for (gap, filler) in
        thinned(gaps, 7).flat_map(|gap| ["a", "é", "中", "😀", "\n", "a\u{7f}"].map(|f| (gap, f)))
    {
        let mut between = filler.repeat(gap / filler.len() + 1);
        between.truncate((0..=gap).rfind(|&end| between.is_char_boundary(end)).unwrap());
        for (part, count) in
            ILL_FORMED.iter().flat_map(|part| [1, 2, 3, 20].map(|count| (part, count)))
        {
            let dense = part.repeat(count);
            let text = [&dense, between.as_bytes()].concat().repeat(3);
            let text = [between.as_bytes(), &text, &dense].concat();
            for place in [Back(0), Front(1)] {
                validators.iter().for_each(|backend| bench.valid_up_to(backend, &text, place));
                escapers.iter().for_each(|backend| bench.utf8(backend, &text, (place, place)));
            }
        }
    }
}

/// From the Unicode standard, 3.9, tables 3-8 to 3-11, and of lone surrogates and noncharacters.
#[test]
fn maximal_subparts() {
    const R: &str = "\u{fffd}";
    let cases: &[(&[u8], std::string::String)] = &[
        (b"\xc0\xaf\xe0\x80\xbf\xf0\x81\x82A", R.repeat(8) + "A"),
        (b"\xed\xa0\x80\xed\xbf\xbf\xed\xafA", R.repeat(8) + "A"),
        (b"\xf4\x91\x92\x93\xffA\x80\xbfB", R.repeat(5) + "A" + R + R + "B"),
        (b"\xe1\x80\xe2\xf0\x91\x92\xf1\xbfA", R.repeat(4) + "A"),
        (b"\xef\xbb\xbf\xef\xbf\xbe\xe2\x80\xa8", "\u{feff}\u{fffe}\u{2028}".into()),
        (b"\xf0\x9f\x98", R.into()),
        (b"\xed\xa0\xbd\xed\xb8\x80", R.repeat(6)),
    ];
    let bench = Bench::new();
    for (bytes, text) in cases {
        assert_eq!(std::string::String::from_utf8_lossy(bytes), *text);
        for backend in escapes() {
            for before in 0..70 {
                let text = [&b"x".repeat(before), *bytes].concat();
                bench.utf8(backend, &text, (Back(0), Back(0)));
            }
        }
    }
}

/// What the numbers allow, and no more.
#[test]
fn escapes_limits() {
    const MAX: usize = isize::MAX as usize;
    let text = "aé\n中😀".as_bytes();
    for backend in escapes() {
        let functions = backend.functions.utf8;
        for (ascii, into) in [(false, functions.into), (true, functions.ascii_into)] {
            let null = core::ptr::null();
            let mut result = [0_u8; 256];
            let dst = result.as_mut_ptr();
            let expected = oracle::escape_json_utf8(text, ascii);
            // SAFETY: no byte of NULL is read, nor of a text that is too long; 256 bytes are writable.
            unsafe {
                assert_eq!(into(null, 0, core::ptr::null_mut(), 0), 2);
                assert_eq!(into(null, 0, dst, 2), 2);
                for len in [MAX - 1, MAX, MAX + 1, usize::MAX] {
                    assert_eq!(into(null, len, core::ptr::null_mut(), 0), 0);
                    assert_eq!(into(null, len, dst, 256), 0);
                }
                for cap in [MAX - 1, MAX, MAX + 1, usize::MAX] {
                    assert_eq!(into(text.as_ptr(), text.len(), dst, cap), expected.len());
                }
            }
            assert_eq!(&result[..expected.len()], &expected);
        }
    }
}

proptest! {
    #[test]
    fn any_text(
        characters in prop::collection::vec(
            prop_oneof![any::<char>(), prop::sample::select(CHARACTERS)], 0..200),
        wrong in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(EDGES)), 0..3),
        cut: prop::sample::Index,
    ) {
        let mut text = std::string::String::from_iter(characters).into_bytes();
        for (at, byte) in wrong {
            if !text.is_empty() {
                let at = at.index(text.len());
                text[at] = byte;
            }
        }
        let cut = text.len() - cut.index(4).min(text.len());
        let bench = Bench::new();
        for backend in messages() {
            bench.valid_up_to(backend, &text, Back(0));
            bench.valid_up_to(backend, &text[..cut], Front(0));
        }
        for backend in escapes() {
            bench.utf8(backend, &text, (Back(0), Back(0)));
            bench.utf8(backend, &text[..cut], (Front(0), Back(0)));
        }
    }
}
