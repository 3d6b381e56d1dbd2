//! Ways to escape strings as contenders, all into one destination and all called through pointers
//! that the compiler cannot see through. (Inlined into a loop of its caller's, a crate saves about a
//! nanosecond more, which a C function cannot.)

use std::ffi::c_void;
use std::hint::black_box;
use std::mem::ManuallyDrop;

use crate::library::{Functions, Into};
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

    /// Where results begin, with room for any of the strings that the tables have.
    pub fn start(self) -> *mut u8 {
        self.0
    }

    /// The destination as the crates take it, never dropped, and never grown: it holds all results.
    pub fn buffer(self) -> ManuallyDrop<Vec<u8>> {
        // SAFETY: it came from a Vec of that capacity.
        ManuallyDrop::new(unsafe { Vec::from_raw_parts(self.0, 0, Self::ROOM) })
    }

    /// Calls of `f` with each string and the destination, which has room for the result whatever the
    /// width, the form and the content.
    pub fn contender<'a>(
        self,
        strings: &'a Strings,
        f: impl Fn(*const c_void, usize, *mut c_void) + 'a,
    ) -> Contender<'a> {
        assert!(4 * (2 * WORST * strings.longest() + BEYOND) <= Self::ROOM);
        let dst = self.0.cast();
        strings.contender(move |src, len| f(src.cast(), len, dst))
    }

    /// One call of `_into` with room for `worst` units for each of the string.
    pub fn into(self, into: Into, worst: usize, strings: &Strings) -> Contender<'_> {
        // SAFETY: the source is there, and the destination has room for the result.
        self.contender(strings, move |src, len, dst| unsafe {
            into(src, len, dst, worst * len + BEYOND);
        })
    }

    /// `_into` with room for a string without escapes; where that is too little, a second call.
    pub fn into_exact_room(self, into: Into, strings: &Strings) -> Contender<'_> {
        // SAFETY: as above.
        self.contender(strings, move |src, len, dst| unsafe {
            let size = into(src, len, dst, len + 2);
            if size > len + 2 {
                into(src, len, dst, size);
            }
        })
    }

    /// The size, then the writer.
    pub fn two_pass(self, (size, write): (Size, Write), strings: &Strings) -> Contender<'_> {
        // SAFETY: as above.
        self.contender(strings, move |src, len, dst| unsafe {
            black_box(size(src, len));
            write(src, len, dst);
        })
    }

    /// A writer alone, of the library or of benches/baseline.
    pub fn writer(self, write: Write, strings: &Strings) -> Contender<'_> {
        // SAFETY: as above.
        self.contender(strings, move |src, len, dst| unsafe {
            write(src, len, dst);
        })
    }

    /// A crate; the strings are UTF-8.
    pub fn append(self, append: Append, strings: &Strings) -> Contender<'_> {
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
        let copy: unsafe extern "C" fn(_, _, _) -> _ = black_box(memcpy);
        // SAFETY: as above.
        self.contender(strings, move |src, len, dst| unsafe {
            black_box(copy(dst, src, len));
        })
    }

    /// Asserts that for each string all functions write the same as the plain C loop, in units of
    /// `unit_bytes`, and say its size.
    pub fn check(
        self,
        expected: Write,
        unit_bytes: usize,
        functions: &[(&str, Functions)],
        strings: &Strings,
    ) {
        let dst = self.0.cast();
        // SAFETY: as many units as a function says were written, and all fit.
        let result = |n: usize| unsafe { std::slice::from_raw_parts(self.0, n * unit_bytes) };
        for (src, len) in strings.iter() {
            let src = src.cast();
            // SAFETY: the source is there, and the destination has room for all results.
            unsafe {
                let n = expected(src, len, dst);
                let expected = result(n).to_vec();
                for (name, f) in functions {
                    assert!(result((f.write)(src, len, dst)) == expected, "{name} writes another");
                    assert_eq!((f.size)(src, len), n, "the size by {name}");
                    for room in [n, 2 * WORST * len + BEYOND] {
                        let written = result((f.into)(src, len, dst, room));
                        assert!(written == expected, "{name} writes another into {room}");
                    }
                    assert_eq!((f.into)(src, len, dst, len + 1), n, "{name}: too little room");
                }
            }
        }
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

/// The plain C loops of benches/baseline for a form, "" or "ascii_", and a width in bytes.
pub fn c_loops(form: &str, width: usize) -> (Size, Write) {
    let (library, name) = (crate::baseline(), format!("baseline_{form}ucs{width}"));
    // SAFETY: the types are those of benches/baseline/escape.c.
    unsafe {
        let size = *library.get::<Size>(format!("{name}_size")).expect("it is there");
        (size, *library.get::<Write>(&name).expect("it is there"))
    }
}

/// # Safety
///
/// `src` has `len` bytes of UTF-8, which outlive the result.
unsafe fn utf8<'a>(src: *const u8, len: usize) -> &'a str {
    // SAFETY: the caller says so.
    unsafe { std::str::from_utf8_unchecked(std::slice::from_raw_parts(src, len)) }
}
