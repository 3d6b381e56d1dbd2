//! One string or batch of keys on one backend, in buffers between unmapped pages, compared with the
//! oracle.

use core::cell::Cell;
use core::fmt::Debug;
use core::slice;
use std::sync::{Mutex, PoisonError};
use std::vec::Vec;

use super::guard::Guarded;
use super::oracle;
use crate::{ACCEPT_CANDIDATES, Candidate, ESCAPE_CANDIDATES, MESSAGE_CANDIDATES};

/// The escapes of one backend.
pub type EscapeBackend = Candidate<crate::EscapeFunctions>;
/// The handshake of one backend.
pub type AcceptBackend = Candidate<crate::AcceptFunctions>;

/// The functions for messages of one backend.
pub type MessageBackend = Candidate<crate::MessageFunctions>;

/// The functions for messages that this machine can run. The others are reported as skipped.
pub fn messages() -> impl Iterator<Item = &'static MessageBackend> {
    available(MESSAGE_CANDIDATES)
}

/// The escapes that this machine can run. The others are reported as skipped.
pub fn escapes() -> impl Iterator<Item = &'static EscapeBackend> {
    available(ESCAPE_CANDIDATES)
}

/// The handshakes that this machine can run. The others are reported as skipped.
pub fn accepts() -> impl Iterator<Item = &'static AcceptBackend> {
    available(ACCEPT_CANDIDATES)
}

fn available<T: Sync>(
    table: &'static [Candidate<T>],
) -> impl Iterator<Item = &'static Candidate<T>> {
    /// Those that are reported: once each.
    static SKIPPED: Mutex<Vec<std::string::String>> = Mutex::new(Vec::new());
    table.iter().filter(|candidate| {
        let available = candidate.available();
        if !available {
            let name = name(candidate);
            let mut skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
            if !skipped.contains(&name) {
                std::eprintln!("{name}: skipped, not on this CPU");
                skipped.push(name);
            }
        }
        available
    })
}

fn name<T>(candidate: &Candidate<T>) -> std::string::String {
    std::format!("{:?}{}", candidate.set, if candidate.sha { " with SHA" } else { "" })
}

/// All of `items`, or each `step`th of them where `WEBSTR_QUICK` is in the environment: for runs of the
/// tests by the hundred (mutation testing) and on slow machines (emulation, sanitizers).
pub fn thinned<T>(items: impl Iterator<Item = T>, step: usize) -> impl Iterator<Item = T> {
    items.step_by(if std::env::var_os("WEBSTR_QUICK").is_some() { step } else { 1 })
}

/// `(src, len)` to the number of units that the writer writes.
pub type Size<U> = unsafe fn(*const U, usize) -> usize;
/// `(src, len, dst)` to the number of units written.
pub type Write<U, O> = unsafe fn(*const U, usize, *mut O) -> usize;

/// `(src, len, dst, cap)` to the number of units of the whole result.
pub type Into<U, O> = unsafe fn(*const U, usize, *mut O, usize) -> usize;
/// The functions of one form.
type Functions<U, O> = ((Size<U>, Write<U, O>), Into<U, O>);

/// A width of units and its functions in a backend.
pub trait Width: Copy + core::convert::Into<u32> + PartialEq + Debug + 'static {
    fn unicode(backend: &EscapeBackend) -> (Size<Self>, Write<Self, Self>);
    fn ascii(backend: &EscapeBackend) -> (Size<Self>, Write<Self, u8>);
    fn unicode_into(backend: &EscapeBackend) -> Into<Self, Self>;
    fn ascii_into(backend: &EscapeBackend) -> Into<Self, u8>;
    /// The low bits of `code`.
    fn cut(code: u32) -> Self;
}

macro_rules! width {
    ($unit:ty, $field:ident) => {
        impl Width for $unit {
            fn unicode(backend: &EscapeBackend) -> (Size<Self>, Write<Self, Self>) {
                (backend.functions.$field.size, backend.functions.$field.write)
            }
            fn ascii(backend: &EscapeBackend) -> (Size<Self>, Write<Self, u8>) {
                (backend.functions.$field.ascii_size, backend.functions.$field.ascii_write)
            }
            fn unicode_into(backend: &EscapeBackend) -> Into<Self, Self> {
                backend.functions.$field.into
            }
            fn ascii_into(backend: &EscapeBackend) -> Into<Self, u8> {
                backend.functions.$field.ascii_into
            }
            fn cut(code: u32) -> Self {
                code as Self
            }
        }
    };
}
width!(u8, ucs1);
width!(u16, ucs2);
width!(u32, ucs4);

/// One unit of each kind, and the last and first of neighbouring kinds.
pub const KINDS: &[u32] = &[
    0x00, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c,
    0x5d, 0x7e, 0x7f, 0x80, 0xe9, 0xff, 0x100, 0x122, 0x15c, 0x2022, 0x5c5c, 0x7fff, 0x8000,
    0x8022, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xff22, 0xfffd, 0xffff, 0x10000,
    0x1f600, 0x10ffff, 0x110000, 0x12345678, 0x7fffffff, 0x80000000, 0x80000022, 0xffffffff,
];

/// A source of units of one width and its expected results.
pub struct Case<U> {
    units: Vec<U>,
    unicode: Vec<U>,
    ascii: Vec<u8>,
}

impl<U: Width> Case<U> {
    /// The low bits of `codes` as units.
    pub fn new(codes: &[u32]) -> Self {
        let units: Vec<U> = codes.iter().map(|&code| U::cut(code)).collect();
        let codes: Vec<u32> = units.iter().map(|&unit| unit.into()).collect();
        let unicode = oracle::escape_json(&codes, false).into_iter().map(U::cut).collect();
        let ascii = oracle::escape_json(&codes, true).into_iter().map(u8::cut).collect();
        Self { units, unicode, ascii }
    }
}

/// The place of a buffer: a number of bytes after one unmapped page or before the other.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    Front(usize),
    Back(usize),
}
use Place::{Back, Front};

impl Place {
    /// Source and destination each next to an unmapped page.
    pub const FLUSH: [(Self, Self); 4] =
        [(Back(0), Back(0)), (Front(0), Front(0)), (Front(0), Back(0)), (Back(0), Front(0))];

    fn of(self, buffer: &Guarded, bytes: usize) -> *mut u8 {
        match self {
            // SAFETY: offsets are far smaller than a page.
            Front(offset) => unsafe { buffer.front().add(offset) },
            Back(offset) => buffer.back(bytes + offset),
        }
    }
}

/// A room for a result, in units of the result.
#[derive(Clone, Copy, Debug)]
pub enum Room {
    Units(usize),
    /// More or fewer than the source has.
    BesideSource(i8),
    /// More or fewer than the result has.
    BesideResult(i8),
}

impl Room {
    fn units(self, source: usize, result: usize) -> usize {
        match self {
            Self::Units(units) => units,
            Self::BesideSource(more) => source.saturating_add_signed(more.into()),
            Self::BesideResult(more) => result.saturating_add_signed(more.into()),
        }
    }
}

/// The number of bytes checked on each side of a buffer, unless an unmapped page is nearer.
const AROUND: usize = 64;

/// Buffers between unmapped pages, for one source and its result.
pub struct Bench {
    src: Guarded,
    dst: Guarded,
    /// Which of the capacities is in turn.
    turn: Cell<usize>,
    /// The number of results compared with the oracle.
    pub comparisons: Cell<u64>,
}

impl Bench {
    /// The longest source in units.
    pub const LONGEST: usize = 2048;
    /// Room for the longest result in units.
    pub const MOST_ROOM: usize = 12 * Self::LONGEST + 2;

    pub fn new() -> Self {
        let widest = Self::LONGEST * size_of::<u32>();
        Self {
            src: Guarded::new(widest + 2 * AROUND),
            dst: Guarded::new(12 * widest + 8 + 2 * AROUND),
            turn: Cell::new(0),
            comparisons: Cell::new(0),
        }
    }

    /// Puts a source to `place` with quotes around it: a read outside the source would escape them.
    fn put_source(&self, bytes: &[u8], place: Place) -> *const u8 {
        let src = place.of(&self.src, bytes.len());
        let (before, after) = self.src.around(src, bytes.len(), AROUND);
        // SAFETY: `around` keeps it within the buffer.
        unsafe {
            src.sub(before).write_bytes(b'"', before + bytes.len() + after);
            src.copy_from(bytes.as_ptr(), bytes.len());
        }
        src
    }

    /// Compares the bytes that `write` writes to `place` with `expected`, and the bytes around them
    /// with their earlier values.
    fn compare(
        &self,
        expected: &[u8],
        place: Place,
        write: impl FnOnce(*mut u8),
        what: &dyn Fn() -> std::string::String,
    ) {
        self.compare_within(expected, expected.len(), place, write, what);
        self.comparisons.set(self.comparisons.get() + 1);
    }

    /// The same with `room` bytes at `place`: those after `expected` may become anything, and all of
    /// them if `expected` does not fit.
    fn compare_within(
        &self,
        expected: &[u8],
        room: usize,
        place: Place,
        write: impl FnOnce(*mut u8),
        what: &dyn Fn() -> std::string::String,
    ) {
        const UNTOUCHED: u8 = 0xa5;
        let dst = place.of(&self.dst, room);
        let (before, after) = self.dst.around(dst, room, AROUND);
        let bytes = before + room + after;
        // SAFETY: `around` keeps it within the buffer.
        let all = unsafe {
            dst.sub(before).write_bytes(UNTOUCHED, bytes);
            write(dst);
            slice::from_raw_parts(dst.sub(before), bytes)
        };
        let (head, rest) = all.split_at(before);
        let (result, tail) = rest.split_at(room);
        if let Some(result) = result.get(..expected.len()) {
            assert!(result == expected, "{}: {result:x?} instead of {expected:x?}", what());
        }
        let outside = |bytes: &[u8]| bytes.iter().any(|&byte| byte != UNTOUCHED);
        assert!(!outside(head), "{}: bytes before the result were written", what());
        assert!(!outside(tail), "{}: bytes after the result were written", what());
    }

    fn check_form<U: Width, O: Width>(
        &self,
        name: &str,
        units: &[U],
        expected: &[O],
        ((size, write), into): Functions<U, O>,
        (from, to): (Place, Place),
    ) {
        let len = units.len();
        let what = || std::format!("{name}: {units:x?} from {from:?} to {to:?}");
        let src = self.put_source(bytes_of(units), from).cast::<U>();
        // SAFETY: `len` units are readable.
        assert_eq!(unsafe { size(src, len) }, expected.len(), "size of {}", what());
        let call = |dst: *mut u8| {
            // SAFETY: `len` units are readable and their result is writable.
            let wrote = unsafe { write(src, len, dst.cast()) };
            assert_eq!(wrote, expected.len(), "units written of {}", what());
        };
        self.compare(bytes_of(expected), to, call, &what);

        // With just enough room; and in turn with one unit less, with that of a clean string, with that
        // of the longest texts, and with any.
        let turn = self.turn.replace(self.turn.get() + 1);
        let caps = [expected.len() - 1, len + 2, 12 * len + 2, (7 * turn) % (expected.len() + 99)];
        for cap in [expected.len(), caps[turn % 4]] {
            self.check_capacity(name, (src, len), expected, into, (cap, to));
        }
    }

    fn check_capacity<U: Width, O: Width>(
        &self,
        name: &str,
        (src, len): (*const U, usize),
        expected: &[O],
        into: Into<U, O>,
        (cap, to): (usize, Place),
    ) {
        // SAFETY: `len` units are readable.
        let units = unsafe { slice::from_raw_parts(src.cast::<u8>(), len * size_of::<U>()) };
        let what = || std::format!("{name}: {cap} units for {len} of bytes {units:x?} to {to:?}");
        let call = |dst: *mut u8| {
            // SAFETY: `len` units are readable and `cap` writable.
            let length = unsafe { into(src, len, dst.cast(), cap) };
            assert_eq!(length, expected.len(), "length of {}", what());
        };
        self.compare_within(bytes_of(expected), cap * size_of::<O>(), to, call, &what);
    }

    /// Both forms of `codes` in one width, with each capacity up to more than enough.
    pub fn every_capacity<U: Width>(&self, backend: &EscapeBackend, codes: &[u32]) {
        let name = name(backend);
        let case = Case::<U>::new(codes);
        let src = self.put_source(bytes_of(&case.units), Back(0)).cast::<U>();
        let source = (src, codes.len());
        for cap in 0..case.unicode.len() + 70 {
            let into = U::unicode_into(backend);
            self.check_capacity(&name, source, &case.unicode, into, (cap, Back(0)));
        }
        for cap in 0..case.ascii.len() + 70 {
            self.check_capacity(&name, source, &case.ascii, U::ascii_into(backend), (cap, Back(0)));
        }
    }

    /// Both forms of one source on one backend, from one place into a room at another.
    pub fn into<U: Width>(
        &self,
        backend: &EscapeBackend,
        case: &Case<U>,
        (from, to): (Place, Place),
        room: Room,
    ) {
        let name = name(backend);
        let len = case.units.len();
        let source = (self.put_source(bytes_of(&case.units), from).cast::<U>(), len);
        let cap = room.units(len, case.unicode.len());
        self.check_capacity(&name, source, &case.unicode, U::unicode_into(backend), (cap, to));
        let cap = room.units(len, case.ascii.len());
        self.check_capacity(&name, source, &case.ascii, U::ascii_into(backend), (cap, to));
    }

    /// ensure_ascii=False of one source on one backend, from one place to another.
    pub fn unicode<U: Width>(
        &self,
        backend: &EscapeBackend,
        case: &Case<U>,
        places: (Place, Place),
    ) {
        let name = name(backend);
        self.check_form(
            &name,
            &case.units,
            &case.unicode,
            (U::unicode(backend), U::unicode_into(backend)),
            places,
        );
    }

    /// ensure_ascii=True.
    pub fn ascii<U: Width>(&self, backend: &EscapeBackend, case: &Case<U>, places: (Place, Place)) {
        let name = name(backend);
        self.check_form(
            &name,
            &case.units,
            &case.ascii,
            (U::ascii(backend), U::ascii_into(backend)),
            places,
        );
    }

    /// Both forms of `codes` in one width, at the pages of the end and of the start, `offset` bytes
    /// away.
    pub fn check<U: Width>(&self, backend: &EscapeBackend, codes: &[u32], offset: usize) {
        let case = Case::<U>::new(codes);
        for places in [(Back(offset), Back(offset)), (Front(offset), Front(offset))] {
            self.unicode(backend, &case, places);
            self.ascii(backend, &case, places);
        }
    }

    /// The same in every width.
    pub fn check_all(&self, backend: &EscapeBackend, codes: &[u32], offset: usize) {
        self.check::<u8>(backend, codes, offset);
        self.check::<u16>(backend, codes, offset);
        self.check::<u32>(backend, codes, offset);
    }

    /// The accept values of packed keys, by `one` and by `many`.
    pub fn accept(&self, backend: &AcceptBackend, keys: &[u8], (from, to): (Place, Place)) {
        let count = keys.len() / 24;
        let name = name(backend);
        let what = || std::format!("{name}: {count} keys {keys:x?} from {from:?} to {to:?}");
        let expected: Vec<u8> = keys.chunks(24).flat_map(oracle::accept).collect();
        let src = self.put_source(keys, from);
        // SAFETY: `count` keys are readable and as many values writable.
        self.compare(
            &expected,
            to,
            |dst| unsafe { (backend.functions.many)(src, dst, count) },
            &what,
        );
        for (key, value) in keys.chunks(24).zip(expected.chunks(28)) {
            let src = self.put_source(key, from);
            // SAFETY: a key is readable and a value writable.
            self.compare(value, to, |dst| unsafe { (backend.functions.one)(src, dst) }, &what);
        }
    }

    /// A value written `distance` bytes after the start of its key, or before it.
    pub fn accept_overlapping(&self, backend: &AcceptBackend, key: &[u8; 24], distance: isize) {
        let what = || std::format!("{}: {key:x?}, {distance} bytes apart", name(backend));
        assert!(distance.unsigned_abs() <= 28);
        let mut expected = [0xa5; 3 * 28];
        expected[28..][..24].copy_from_slice(key);
        expected[(28 + distance) as usize..][..28].copy_from_slice(&oracle::accept(key));
        let call = |dst: *mut u8| {
            // SAFETY: from 28 on a key is readable, and a value writable from 0 to 56 on.
            unsafe {
                let src = dst.add(28);
                src.copy_from(key.as_ptr(), 24);
                (backend.functions.one)(src, src.offset(distance));
            }
        };
        self.compare(&expected, Back(0), call, &what);
    }

    /// Both forms of UTF-8 on one backend, with several capacities.
    pub fn utf8(&self, backend: &EscapeBackend, text: &[u8], (from, to): (Place, Place)) {
        let functions = backend.functions.utf8;
        let src = self.put_source(text, from);
        for (ascii, into) in [(false, functions.into), (true, functions.ascii_into)] {
            let expected = oracle::escape_json_utf8(text, ascii);
            let turn = self.turn.replace(self.turn.get() + 1);
            let any = (7 * turn) % (expected.len() + 99);
            let caps = [expected.len() - 1, text.len() + 2, 6 * text.len() + 2, any];
            for cap in [expected.len(), caps[turn / 2 % 4]] {
                self.check_capacity(&name(backend), (src, text.len()), &expected, into, (cap, to));
            }
            self.comparisons.set(self.comparisons.get() + 1);
        }
    }

    /// Both forms of UTF-8 with each capacity up to more than enough.
    pub fn utf8_every_capacity(&self, backend: &EscapeBackend, text: &[u8]) {
        let functions = backend.functions.utf8;
        for place in [Back(0), Front(0)] {
            let source = (self.put_source(text, place), text.len());
            for (ascii, into) in [(false, functions.into), (true, functions.ascii_into)] {
                let expected = oracle::escape_json_utf8(text, ascii);
                for cap in 0..expected.len() + 80 {
                    let to = if cap % 2 == 0 { Back(0) } else { Front(0) };
                    self.check_capacity(&name(backend), source, &expected, into, (cap, to));
                }
            }
        }
    }

    /// How many bytes are well-formed UTF-8.
    pub fn valid_up_to(&self, backend: &MessageBackend, text: &[u8], place: Place) {
        let src = self.put_source(text, place);
        // SAFETY: the text is readable.
        let valid = unsafe { (backend.functions.valid_up_to)(src, text.len()) };
        let expected = oracle::utf8_valid_up_to(text).0;
        assert_eq!(valid, expected, "{}: {text:x?} at {place:?}", name(backend));
        self.comparisons.set(self.comparisons.get() + 1);
    }

    /// A payload masked into another buffer and in place; `key` as bytes in memory.
    pub fn mask(
        &self,
        backend: &MessageBackend,
        payload: &[u8],
        key: [u8; 4],
        (from, to): (Place, Place),
    ) {
        let name = name(backend);
        let what = || std::format!("{name}: {payload:x?} with {key:x?} from {from:?} to {to:?}");
        let expected = oracle::websocket_mask(payload, key, 0);
        let src = self.put_source(payload, from);
        let mask = |src: *const u8, dst: *mut u8| {
            let len = payload.len();
            // SAFETY: the payload is readable, and as many bytes are writable. Backends are given 4 or more.
            unsafe {
                if len < 4 {
                    let key = key.as_ptr().cast();
                    crate::ffi::webstr_websocket_mask(src.cast(), len, key, 0, dst.cast());
                } else {
                    (backend.functions.mask)(src, len, u32::from_ne_bytes(key), dst);
                }
            }
        };
        self.compare(&expected, to, |dst| mask(src, dst), &what);
        let in_place = |dst: *mut u8| {
            // SAFETY: as above.
            unsafe {
                dst.copy_from(payload.as_ptr(), payload.len());
            }
            mask(dst, dst);
        };
        self.compare(&expected, to, in_place, &what);
    }

    /// Whether bytes are a key in form; `valid` is the function of the C contract.
    pub fn key_valid(&self, valid: impl Fn(*const u8, usize) -> bool, key: &[u8], place: Place) {
        let src = self.put_source(key, place);
        let expected = oracle::key_valid(key);
        assert_eq!(valid(src, key.len()), expected, "{key:x?} at {place:?}");
        self.comparisons.set(self.comparisons.get() + 1);
    }
}

fn bytes_of<U: Width>(units: &[U]) -> &[u8] {
    // SAFETY: units are plain integers.
    unsafe { slice::from_raw_parts(units.as_ptr().cast(), size_of_val(units)) }
}
