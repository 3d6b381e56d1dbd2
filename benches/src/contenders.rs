//! Ways to escape strings as contenders, all into one destination and all called through pointers
//! that the compiler cannot see through. (Inlined into a loop of its caller's, a crate saves about a
//! nanosecond more, which a C function cannot.)

use std::ffi::c_void;
use std::hint::black_box;
use std::mem::ManuallyDrop;

use crate::library::{Backend, Functions};
use crate::measure::Contender;
use crate::strings::Strings;
use crate::{Size, Write};

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

unsafe extern "C" {
    fn memcpy(dst: *mut c_void, src: *const c_void, len: usize) -> *mut c_void;
}

/// Where all results go. It is large, so that the allocator gives it pages of its own, because where
/// short results begin near the end of a page, or beside the source, vector stores take several times
/// as long.
#[derive(Clone, Copy)]
pub struct Destination(*mut u8);

/// Units that one becomes at most, but for `escape_json_ascii_ucs4`, where they are twice as many.
pub const WORST: usize = 6;
/// The room that the crates need beyond the longest result.
const BEYOND: usize = 35;

impl Destination {
    /// Bytes: 12 × 4 for each unit of the longest string, which has a Mi.
    const ROOM: usize = 1 << 26;

    /// It is never freed.
    #[expect(clippy::new_without_default, reason = "it leaks")]
    pub fn new() -> Self {
        Self(Vec::leak(vec![1; Self::ROOM]).as_mut_ptr())
    }

    /// Where results begin, with room for any of the strings that the suites have.
    pub fn start(self) -> *mut u8 {
        self.0
    }

    /// The destination as the crates take it, never dropped, and never grown: it holds all results.
    pub fn buffer(self) -> ManuallyDrop<Vec<u8>> {
        // SAFETY: it came from a Vec of that capacity.
        ManuallyDrop::new(unsafe { Vec::from_raw_parts(self.0, 0, Self::ROOM) })
    }

    /// Asserts that the results of the strings fit, whatever the width, the form and the content.
    fn expect_room(self, strings: &Strings) {
        assert!(4 * (2 * WORST * strings.longest() + BEYOND) <= Self::ROOM);
    }

    /// One call of `_into` with room for `worst` units for each of the string. Where it is not
    /// exported: the writer.
    pub fn into(self, f: Functions, worst: usize, strings: &Strings) -> Contender<'_> {
        self.expect_room(strings);
        let dst = self.0.cast();
        match f.into {
            Some(into) => strings.contender(move |src, len| {
                // SAFETY: the source is there, and the destination has room for the result.
                unsafe { into(src.cast(), len, dst, worst * len + BEYOND) };
            }),
            None => self.c_writer(f.write.expect("the library exports a writer"), strings),
        }
    }

    /// `_into` with room for a string without escapes; where that is too little, a second
    /// call. Where it is not exported: the two-pass way.
    pub fn into_exact_room(self, f: Functions, strings: &Strings) -> Contender<'_> {
        self.expect_room(strings);
        let dst = self.0.cast();
        let Some(into) = f.into else { return self.two_pass(f, strings) };
        strings.contender(move |src, len| {
            // SAFETY: as above.
            unsafe {
                let size = into(src.cast(), len, dst, len + 2);
                if size > len + 2 {
                    into(src.cast(), len, dst, size);
                }
            }
        })
    }

    /// The size, then the writer. Where they are not exported: `_into`.
    pub fn two_pass(self, f: Functions, strings: &Strings) -> Contender<'_> {
        self.expect_room(strings);
        let dst = self.0.cast();
        let Some((size, write)) = f.size.zip(f.write) else {
            return self.into(f, WORST, strings);
        };
        strings.contender(move |src, len| {
            // SAFETY: as above.
            unsafe {
                black_box(size(src.cast(), len));
                write(src.cast(), len, dst);
            }
        })
    }

    /// A writer alone, of the library or of benches/baseline.
    pub fn c_writer(self, write: Write, strings: &Strings) -> Contender<'_> {
        self.expect_room(strings);
        let dst = self.0.cast();
        strings.contender(move |src, len| {
            // SAFETY: as above.
            unsafe { write(src.cast(), len, dst) };
        })
    }

    /// A crate; the strings are UTF-8.
    pub fn append(self, append: Append, strings: &Strings) -> Contender<'_> {
        self.expect_room(strings);
        let (append, mut buffer) = (black_box(append), self.buffer());
        strings.contender(move |src, len| {
            buffer.clear();
            // SAFETY: the caller says that it is UTF-8.
            append(black_box(unsafe { utf8(src, len) }), &mut buffer);
            black_box(&mut *buffer);
        })
    }

    /// `memcpy` of strings of one-byte units.
    pub fn memcpy(self, strings: &Strings) -> Contender<'_> {
        self.expect_room(strings);
        let dst = self.0.cast();
        let copy: unsafe extern "C" fn(_, _, _) -> _ = black_box(memcpy);
        strings.contender(move |src, len| {
            // SAFETY: as above.
            black_box(unsafe { copy(dst, src.cast(), len) });
        })
    }

    /// Asserts that all functions make of each string what `expected` writes, in units of
    /// `unit_bytes`, and say its size.
    pub fn check(
        self,
        expected: Write,
        unit_bytes: usize,
        functions: &[(&str, Functions)],
        strings: &Strings,
    ) {
        self.expect_room(strings);
        let dst = self.0.cast();
        // SAFETY: as many units as a function says were written, and all fit.
        let result = |n: usize| unsafe { std::slice::from_raw_parts(self.0, n * unit_bytes) };
        for (src, len) in strings.iter() {
            let src = src.cast();
            // SAFETY: the source is there, and the destination has room for all results.
            let n = unsafe { expected(src, len, dst) };
            let expected = result(n).to_vec();
            for (name, f) in functions {
                if let Some(write) = f.write {
                    // SAFETY: as above.
                    let written = result(unsafe { write(src, len, dst) });
                    assert!(written == expected, "{name} writes {written:?}");
                }
                if let Some(size) = f.size {
                    // SAFETY: as above.
                    assert_eq!(unsafe { size(src, len) }, n, "the size by {name}");
                }
                let Some(into) = f.into else { continue };
                for room in [n, 2 * WORST * len + BEYOND] {
                    // SAFETY: as above.
                    let written = result(unsafe { into(src, len, dst, room) });
                    assert!(written == expected, "{name} writes {written:?} into {room}");
                }
                // SAFETY: as above.
                assert_eq!(unsafe { into(src, len, dst, len + 1) }, n, "{name}: too little room");
            }
        }
    }

    /// Everything that escapes UTF-8, by name: the best backend in each of its ways, the crates, the
    /// plain C loops, the two-pass way of the other backends, `memcpy`.
    pub fn all<'a>(
        self,
        backends: &[Backend],
        strings: &'a Strings,
    ) -> Vec<(&'static str, Contender<'a>)> {
        let best = backends[0].functions("", 1);
        let mut all = vec![("webstr", self.two_pass(best, strings))];
        if let Some(write) = best.write {
            all.push(("webstr reserved", self.c_writer(write, strings)));
        }
        if best.into.is_some() {
            all.push(("webstr into", self.into(best, WORST, strings)));
            all.push(("webstr into, exact room", self.into_exact_room(best, strings)));
        }
        for (name, append) in CRATES {
            all.push((name, self.append(append, strings)));
        }
        all.push(("C loops", self.two_pass(c_loops(), strings)));
        for backend in &backends[1..] {
            all.push((backend.name, self.two_pass(backend.functions("", 1), strings)));
        }
        all.push(("memcpy", self.memcpy(strings)));
        all
    }

    /// Asserts that all of them but `memcpy` make the same of each string.
    pub fn check_all(self, backends: &[Backend], strings: &Strings) {
        let expected = c_loops().write.expect("the baseline has it");
        let functions: Vec<_> =
            backends.iter().map(|backend| (backend.name, backend.functions("", 1))).collect();
        self.check(expected, 1, &functions, strings);
        self.check_crates(expected, strings);
    }

    /// `check_all` with every character that JSON, or code of its own mind, may treat specially, at
    /// each of the first places of a text.
    pub fn check_special(self, backends: &[Backend]) {
        let mut texts = Vec::new();
        for c in ('\0'..='\u{a0}').chain(['\u{2028}', '\u{2029}', '\u{feff}', '\u{10ffff}']) {
            for before in 0..80 {
                texts.push(format!("{}{c}{c}\"{c}.", "a".repeat(before)));
            }
        }
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        self.check_all(backends, &Strings::in_order(&texts));
    }

    /// The same of the crates; the strings are UTF-8.
    pub fn check_crates(self, expected: Write, strings: &Strings) {
        let mut buffer = self.buffer();
        for (src, len) in strings.iter() {
            // SAFETY: as in `check`.
            let n = unsafe { expected(src.cast(), len, self.0.cast()) };
            // SAFETY: as many bytes were written.
            let expected = unsafe { std::slice::from_raw_parts(self.0, n) }.to_vec();
            for (name, append) in CRATES {
                buffer.clear();
                // SAFETY: the caller says that it is UTF-8.
                let text = unsafe { utf8(src, len) };
                append(text, &mut buffer);
                assert!(**buffer == *expected, "{name} differs on {text:?}");
            }
        }
    }
}

/// The plain C loops of benches/baseline.
pub fn c_loops() -> Functions {
    let baseline = crate::baseline();
    // SAFETY: the types are those of benches/baseline/escape.h.
    let functions = unsafe {
        Functions {
            size: Some(*baseline.get::<Size>("baseline_ucs1_size").expect("it is there")),
            write: Some(*baseline.get::<Write>("baseline_ucs1").expect("it is there")),
            into: None,
        }
    };
    std::mem::forget(baseline); // its functions are called until the end
    functions
}

/// # Safety
///
/// `src` has `len` bytes of UTF-8, which outlive the result.
unsafe fn utf8<'a>(src: *const u8, len: usize) -> &'a str {
    // SAFETY: the caller says so.
    unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(src, len)) }
}
