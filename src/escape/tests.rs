//! Every backend against an oracle that shares no code with the kernels.

use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use proptest::prelude::*;

use super::{Escape, total};
use crate::cpu::{BACKENDS, Backend};
use crate::guard::Guarded;

/// JSON string of code units, from the words of the contract.
fn oracle(units: &[u32], ascii: bool) -> Vec<u32> {
    let mut out = vec!['"' as u32];
    for &unit in units {
        let text = match unit {
            0x22 => String::from("\\\""),
            0x5c => String::from("\\\\"),
            0x08 => String::from("\\b"),
            0x0c => String::from("\\f"),
            0x0a => String::from("\\n"),
            0x0d => String::from("\\r"),
            0x09 => String::from("\\t"),
            0x00..=0x1f => format!("\\u{unit:04x}"),
            0x20..=0x7e => String::from(char::from(unit as u8)),
            _ if !ascii => {
                out.push(unit);
                continue;
            }
            0x7f..=0xffff => format!("\\u{unit:04x}"),
            0x10000..=0x10ffff => {
                let mut pair = [0; 2];
                char::from_u32(unit).unwrap().encode_utf16(&mut pair);
                format!("\\u{:04x}\\u{:04x}", pair[0], pair[1])
            }
            _ => String::from("\\ufffd"),
        };
        out.extend(text.bytes().map(u32::from));
    }
    out.push('"' as u32);
    out
}

/// A width of units, with its place in a backend.
trait Width: Copy + Into<u32> + TryFrom<u32> + 'static {
    fn escape(backend: &Backend) -> &Escape<Self>;
    fn cut(code: u32) -> Self;
}

macro_rules! width {
    ($unit:ty, $field:ident) => {
        impl Width for $unit {
            fn escape(backend: &Backend) -> &Escape<Self> {
                &backend.$field
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

/// The backends of this machine; the others are said to be skipped.
fn backends() -> impl Iterator<Item = &'static Backend> {
    BACKENDS.iter().copied().filter(|backend| {
        let available = (backend.available)();
        let name = backend.name.to_str().unwrap();
        std::eprintln!("backend {name}: {}", if available { "runs" } else { "skipped, not here" });
        available
    })
}

/// Buffers between guard pages, for one source and its result.
struct Bench {
    src: Guarded,
    dst: Guarded,
}

impl Bench {
    fn new() -> Self {
        Self { src: Guarded::new(1 << 14), dst: Guarded::new(1 << 16) }
    }

    /// Both forms of `units` on one backend; source and result flush with the guard page at the
    /// end, then with the one at the start, `offset` bytes away.
    fn check<U: Width>(&self, backend: &Backend, units: &[u32], offset: usize) {
        let units: Vec<U> = units.iter().map(|&unit| U::cut(unit)).collect();
        let codes: Vec<u32> = units.iter().map(|&unit| unit.into()).collect();
        let escape = U::escape(backend);
        self.check_form(&units, &oracle(&codes, false), escape.size, escape.write, offset);
        self.check_form(
            &units,
            &oracle(&codes, true),
            escape.ascii_size,
            escape.ascii_write,
            offset,
        );
    }

    fn check_form<U: Width, O: Width>(
        &self,
        units: &[U],
        expected: &[u32],
        size: unsafe fn(*const U, usize) -> usize,
        write: unsafe fn(*const U, usize, *mut O) -> usize,
        offset: usize,
    ) {
        let len = units.len();
        let src_bytes = size_of_val(units);
        let dst_bytes = expected.len() * size_of::<O>();
        let places = [
            (self.src.back(src_bytes + offset), self.dst.back(dst_bytes + offset)),
            // SAFETY: the mappings are far larger than any offset.
            unsafe { (self.src.front().add(offset), self.dst.front().add(offset)) },
        ];
        for (src, dst) in places {
            // SAFETY: both places have room for all that is put there.
            unsafe {
                src.copy_from(units.as_ptr().cast(), src_bytes);
                let src = src.cast::<U>();
                let told = size(src, len);
                assert_eq!(told, expected.len(), "size of {len} units, offset {offset}");
                // The bytes around the result must stay as they are.
                let around = offset.min(64);
                let back = if dst == self.dst.front() { 0 } else { around };
                dst.sub(back).write_bytes(0xa5, back + dst_bytes + around);
                let wrote = write(src, len, dst.cast());
                assert_eq!(wrote, told, "units written for {len} units, offset {offset}");
                for (i, &code) in expected.iter().enumerate() {
                    let unit: u32 = dst.cast::<O>().add(i).read_unaligned().into();
                    assert_eq!(
                        unit, code,
                        "unit {i} of the result for {len} units, offset {offset}"
                    );
                }
                for i in 0..back {
                    assert_eq!(dst.sub(1 + i).read(), 0xa5, "{} bytes before the result", 1 + i);
                }
                for i in 0..around {
                    assert_eq!(dst.add(dst_bytes + i).read(), 0xa5, "{i} bytes after the result");
                }
            }
        }
    }

    fn check_all(&self, backend: &Backend, units: &[u32], offset: usize) {
        self.check::<u8>(backend, units, offset);
        self.check::<u16>(backend, units, offset);
        self.check::<u32>(backend, units, offset);
    }
}

/// One unit of each kind, and the last and first of neighbouring kinds.
const KINDS: &[u32] = &[
    0x00, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c,
    0x5d, 0x7e, 0x7f, 0x80, 0xe9, 0xff, 0x100, 0x122, 0x15c, 0x2022, 0x5c5c, 0x7fff, 0x8000,
    0x8022, 0xd7ff, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xe000, 0xff22, 0xfffd, 0xffff, 0x10000,
    0x1f600, 0x10ffff, 0x110000, 0x12345678, 0x7fffffff, 0x80000000, 0x80000022, 0xffffffff,
];

/// A generator for reproducible mixtures (Knuth's MMIX constants).
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
    for backend in backends() {
        for start in (0..0x10000).step_by(512) {
            let units: Vec<u32> = (start..start + 512).collect();
            bench.check_all(backend, &units, 0);
        }
        for start in (0x10000..0x110400).step_by(1024) {
            let units: Vec<u32> = (start..start + 1024).collect();
            bench.check::<u32>(backend, &units, 0);
        }
    }
}

#[test]
fn every_length_of_every_kind() {
    let bench = Bench::new();
    for backend in backends() {
        for len in 0..=512 {
            bench.check_all(backend, &vec!['a' as u32; len], len % 64);
            for &kind in KINDS {
                bench.check_all(backend, &vec![kind; len], 0);
            }
        }
    }
}

/// One unit of a kind among clean ones, wherever a kernel may change its ways.
#[test]
fn every_position_near_both_ends() {
    let bench = Bench::new();
    for backend in backends() {
        for len in (0..=140).chain([191, 192, 255, 256, 257, 300, 319, 320, 321]) {
            for position in (0..len).filter(|&p| p < 70 || len - p <= 70) {
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
    for backend in backends() {
        for offset in 0..64 {
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

/// Mixtures of every density, of all kinds and of few.
#[test]
fn mixtures() {
    let bench = Bench::new();
    let mut random = Random(2);
    for backend in backends() {
        for round in 0..20_000 {
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

/// Shapes that encoders got wrong before.
#[test]
fn known_traps() {
    let bench = Bench::new();
    for backend in backends() {
        for quotes in 0..130 {
            for letters in 0..3 {
                let mut units = vec!['"' as u32; quotes];
                units.resize(quotes + letters, 'a' as u32);
                bench.check_all(backend, &units, 0);
            }
        }
        for len in 0..200 {
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
    for backend in backends() {
        let mut dst = [0; 2];
        // SAFETY: no unit is read, two are written.
        unsafe {
            assert_eq!((backend.ucs1.size)(core::ptr::null(), 0), 2);
            assert_eq!((backend.ucs1.write)(core::ptr::null(), 0, dst.as_mut_ptr()), 2);
        }
        assert_eq!(&dst, b"\"\"");
    }
}

#[test]
fn sizes_that_overflow_are_zero() {
    const MAX: usize = isize::MAX as usize;
    assert_eq!(total(0, 0), 2);
    assert_eq!(total(MAX - 2, 0), MAX);
    assert_eq!(total(MAX - 2, 1), 0);
    assert_eq!(total(1000, MAX as u64 - 1002), MAX);
    assert_eq!(total(1000, MAX as u64 - 1001), 0);
    assert_eq!(total(1000, u64::MAX), 0);
    assert_eq!(total(MAX / 11, 11 * (MAX as u64 / 11)), 0);
    for backend in backends() {
        for len in [MAX - 1, MAX, MAX + 1, usize::MAX] {
            // SAFETY: no result fits, so no unit is read.
            unsafe {
                assert_eq!((backend.ucs1.size)(core::ptr::null(), len), 0);
                assert_eq!((backend.ucs2.size)(core::ptr::null(), len), 0);
                assert_eq!((backend.ucs4.size)(core::ptr::null(), len), 0);
                assert_eq!((backend.ucs1.ascii_size)(core::ptr::null(), len), 0);
                assert_eq!((backend.ucs2.ascii_size)(core::ptr::null(), len), 0);
                assert_eq!((backend.ucs4.ascii_size)(core::ptr::null(), len), 0);
            }
        }
    }
}

proptest! {
    #[test]
    fn any_units(units in prop::collection::vec(
        prop_oneof![any::<u32>(), 0u32..0x110000, 0u32..0x80, prop::sample::select(KINDS)],
        0..300,
    )) {
        let bench = Bench::new();
        for backend in BACKENDS.iter().filter(|backend| (backend.available)()) {
            bench.check_all(backend, &units, 0);
        }
    }
}
