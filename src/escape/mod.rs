//! JSON string escaping over raw buffers, unit for unit as CPython's Modules/_json.c does it.
//!
//! The files are layers: each imports only from those above it in this list (`tests/layers.rs`).
//!
//! | file | holds |
//! |---|---|
//! | `table` | the texts of the escapes, as data |
//! | `unit` | the axes of the kernels: the width of a unit, the form of the result |
//! | `scalar` | one unit at a time, by table: the portable backend |
//! | `classify` | which lanes need an escape, and which kind |
//! | `short` | strings of up to 32 bytes |
//! | `kernel` | the algorithm for clean strings, and the hooks that an instruction set may override |
//! | `rest` | the rest of a string from its first escape on |
//! | `utf8` | UTF-8 that nobody has checked, by the functions for units |
//! | `instantiate` | the functions of a backend, compiled for its features |
//! | `x86_64`, `aarch64` | the hooks of each instruction set |

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod aarch64;
mod classify;
mod instantiate;
mod kernel;
mod rest;
mod scalar;
mod short;
mod table;
#[cfg(test)]
mod tests;
mod unit;
mod utf8;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
use aarch64::neon;
use unit::{Ascii, Unicode};
#[cfg(target_arch = "x86_64")]
use x86_64::{avx2, avx512, sse2};

/// The functions of one backend for units of one width.
#[derive(Clone, Copy)]
pub struct UnitFunctions<U> {
    /// `(src, len)` to the number of units that `write` writes, or 0 if it exceeds `isize::MAX`.
    pub size: unsafe fn(*const U, usize) -> usize,
    /// `(src, len, dst)` to the number of units written; ensure_ascii=False.
    pub write: unsafe fn(*const U, usize, *mut U) -> usize,
    /// `size` for `ascii_write`.
    pub ascii_size: unsafe fn(*const U, usize) -> usize,
    /// `(src, len, dst)` to the number of bytes written; ensure_ascii=True.
    pub ascii_write: unsafe fn(*const U, usize, *mut u8) -> usize,
    /// `(src, len, dst, cap)` to the length of the result, which is written if that is at most `cap`;
    /// ensure_ascii=False.
    pub into: unsafe fn(*const U, usize, *mut U, usize) -> usize,
    /// `into` with ensure_ascii=True.
    pub ascii_into: unsafe fn(*const U, usize, *mut u8, usize) -> usize,
}

/// The functions of one backend for UTF-8 that may be ill-formed; see [`UnitFunctions::into`].
#[derive(Clone, Copy)]
pub struct Utf8Functions {
    /// ensure_ascii=False.
    pub into: unsafe fn(*const u8, usize, *mut u8, usize) -> usize,
    /// ensure_ascii=True.
    pub ascii_into: unsafe fn(*const u8, usize, *mut u8, usize) -> usize,
}

/// The functions of one backend.
#[derive(Clone, Copy)]
pub struct EscapeFunctions {
    /// For 1-byte units.
    pub ucs1: UnitFunctions<u8>,
    /// For 2-byte units.
    pub ucs2: UnitFunctions<u16>,
    /// For 4-byte units.
    pub ucs4: UnitFunctions<u32>,
    /// For UTF-8.
    pub utf8: Utf8Functions,
}

/// The functions of a module.
macro_rules! functions {
    ($backend:ident, $module:ident::$utf8_into:ident) => {
        EscapeFunctions {
            ucs1: functions!(unit: $backend, u8),
            ucs2: functions!(unit: $backend, u16),
            ucs4: functions!(unit: $backend, u32),
            utf8: Utf8Functions { into: $module::$utf8_into::<false>, ascii_into: $module::$utf8_into::<true> },
        }
    };
    (unit: $backend:ident, $unit:ty) => {
        UnitFunctions {
            size: $backend::size::<$unit, Unicode>,
            write: $backend::write::<$unit, Unicode>,
            ascii_size: $backend::size::<$unit, Ascii>,
            ascii_write: $backend::write::<$unit, Ascii>,
            into: $backend::into::<$unit, Unicode>,
            ascii_into: $backend::into::<$unit, Ascii>,
        }
    };
}

/// Needs no feature beyond the target's baseline.
pub const SCALAR: EscapeFunctions = functions!(scalar, utf8::into_scalar);

/// Needs SSE2, the baseline.
#[cfg(target_arch = "x86_64")]
pub const SSE2: EscapeFunctions = functions!(sse2, sse2::utf8_into);
/// Needs AVX2, BMI1, BMI2 and POPCNT.
#[cfg(target_arch = "x86_64")]
pub const AVX2: EscapeFunctions = functions!(avx2, avx2::utf8_into);
/// Needs AVX-512 F, BW, VL, VBMI and VBMI2, and the features of AVX2.
#[cfg(target_arch = "x86_64")]
pub const AVX512: EscapeFunctions = functions!(avx512, avx2::utf8_into);
/// Needs NEON, the baseline.
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub const NEON: EscapeFunctions = functions!(neon, neon::utf8_into);
