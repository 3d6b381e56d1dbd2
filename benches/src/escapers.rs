//! Everything that escapes one UTF-8 text into a reused `Vec<u8>`: this library, its backends one
//! by one, the plain C loops and the Rust crates that do the same.
//!
//! All are used in the same way: called through a pointer that the compiler cannot see through, with
//! a buffer that is cleared before each string and has room for the worst case from the start, so
//! that nothing allocates. (Inlined into a loop of its caller's, a crate saves about a nanosecond
//! more, which a C function cannot.) sonic-rs and json-escape-simd ask for that worst case, 6 ×
//! length + 35 bytes, which their wide stores run into. This library and the C loops write nothing
//! beyond the result, so that a buffer of the exact size is enough, which they then count first;
//! this library is also measured as they are, writing into the worst case.

use std::ffi::c_void;
use std::hint::black_box;

use crate::{Size, Write};

type Run = Box<dyn Fn(usize, &[&str], &mut Vec<u8>)>;

pub struct Escaper {
    pub name: &'static str,
    run: Run,
}

impl Escaper {
    fn new(name: &'static str, escape: impl Fn(&str, &mut Vec<u8>) + 'static) -> Self {
        let run = move |calls, strings: &[&str], buffer: &mut Vec<u8>| {
            for _ in 0..calls {
                for &text in strings {
                    buffer.clear();
                    escape(black_box(text), buffer);
                    black_box(&mut *buffer);
                }
            }
        };
        Self { name, run: Box::new(run) }
    }

    /// Room for the size, then the writing, as a caller of the C functions does.
    fn two_pass(
        name: &'static str,
        size: impl Fn(*const u8, usize) -> usize + 'static,
        write: impl Fn(*const u8, usize, *mut u8) -> usize + 'static,
    ) -> Self {
        Self::new(name, move |text, buffer| {
            buffer.reserve(size(text.as_ptr(), text.len()));
            let len = write(text.as_ptr(), text.len(), buffer.as_mut_ptr());
            // SAFETY: there is room for the size, and the writer has written that much.
            unsafe { buffer.set_len(len) };
        })
    }

    /// Two C functions.
    fn c_functions(name: &'static str, size: Size, write: Write) -> Self {
        let (size, write) = (black_box(size), black_box(write));
        Self::two_pass(
            name,
            // SAFETY: a text is readable for its length.
            move |src, len| unsafe { size(src.cast(), len) },
            // SAFETY: as above, and `two_pass` made room for the size.
            move |src, len, dst| unsafe { write(src.cast(), len, dst.cast::<c_void>()) },
        )
    }

    /// Escapes each of the strings, one after the other, so many times.
    pub fn run(&self, calls: usize, strings: &[&str], buffer: &mut Vec<u8>) {
        (self.run)(calls, strings, buffer);
    }
}

/// A buffer with room for any of the strings escaped by any of the escapers. Use one for all: it is
/// large, so that the allocator gives it pages of its own, because where short results begin near
/// the end of a page, or beside the source, vector stores take several times as long.
pub fn buffer() -> Vec<u8> {
    Vec::with_capacity(1 << 20)
}

/// This library as its users call it, the public C functions on the backend that they choose, for
/// a buffer of the exact size.
pub fn ours_exact() -> Escaper {
    Escaper::c_functions("webstr", webstr::escape_json_ucs1_size, webstr::escape_json_ucs1)
}

/// The same for a buffer of the worst case, as the crates have it: then nothing need be counted.
pub fn ours_reserved() -> Escaper {
    let worst = |_, len| 6 * len + 2;
    let write: Write = black_box(webstr::escape_json_ucs1);
    // SAFETY: a text is readable for its length, and `two_pass` made room for the worst case.
    let write =
        move |src: *const u8, len, dst: *mut u8| unsafe { write(src.cast(), len, dst.cast()) };
    Escaper::two_pass("webstr reserved", worst, write)
}

/// One backend's kernels, without the functions that choose it.
pub fn backend(backend: &'static webstr::Backend) -> Escaper {
    let (size, write) = (black_box(backend.ucs1.size), black_box(backend.ucs1.write));
    Escaper::two_pass(
        backend.name.to_str().expect("names are ASCII"),
        // SAFETY: a text is readable for its length.
        move |src, len| unsafe { size(src, len) },
        // SAFETY: as above, and `two_pass` made room for the size.
        move |src, len, dst| unsafe { write(src, len, dst) },
    )
}

/// The plain C loops of benches/baseline.
pub fn c_loops() -> Escaper {
    let library = crate::baseline();
    // SAFETY: the names and types are those of benches/baseline/escape.h.
    let (size, write) = unsafe {
        (
            *library.get::<Size>("baseline_ucs1_size").expect("the baseline has it"),
            *library.get::<Write>("baseline_ucs1").expect("the baseline has it"),
        )
    };
    std::mem::forget(library); // its functions are called until the end
    Escaper::c_functions("C loops", size, write)
}

/// A crate's way to append a text to a buffer, escaped.
pub type Append = fn(&str, &mut Vec<u8>);

/// The crates. They agree with this library byte for byte: quotes included, U+007F as it is,
/// lower-case hex. Only v_jsonescape leaves the quotes to its caller, who adds them here.
pub const CRATES: [(&str, Append); 4] = [
    ("json-escape-simd", |text, buffer| json_escape_simd::escape_into(text, buffer)),
    ("sonic-rs", |text, buffer| sonic_rs::to_writer(buffer, text).expect("a Vec takes all")),
    ("v_jsonescape", |text, buffer| {
        buffer.push(b'"');
        v_jsonescape::escape_bytes(text, buffer);
        buffer.push(b'"');
    }),
    ("serde_json", |text, buffer| serde_json::to_writer(buffer, text).expect("a Vec takes all")),
];

pub fn crates() -> impl Iterator<Item = Escaper> {
    CRATES.into_iter().map(|(name, append)| Escaper::new(name, black_box(append)))
}

/// What would remain if there were nothing to escape and no quotes to add.
pub fn memcpy() -> Escaper {
    Escaper::new("memcpy", |text, buffer| buffer.extend_from_slice(text.as_bytes()))
}

/// That all make the same of each string as `expected` does.
pub fn check(escapers: &[Escaper], expected: &Escaper, strings: &[&str]) {
    let (mut ours, mut theirs) = (buffer(), buffer());
    for &text in strings {
        expected.run(1, &[text], &mut ours);
        for escaper in escapers {
            escaper.run(1, &[text], &mut theirs);
            assert!(theirs == ours, "{} and {} differ on {text:?}", escaper.name, expected.name);
        }
    }
}

/// `check` with every character that JSON, or an escaper of its own mind, may treat specially, at
/// each of the first places of a text.
pub fn check_all(escapers: &[Escaper], expected: &Escaper) {
    let mut texts = Vec::new();
    for c in ('\0'..='\u{a0}').chain(['\u{2028}', '\u{2029}', '\u{feff}', '\u{10ffff}']) {
        for before in 0..80 {
            texts.push(format!("{}{c}{c}\"{c}.", "a".repeat(before)));
        }
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    check(escapers, expected, &texts);
}
