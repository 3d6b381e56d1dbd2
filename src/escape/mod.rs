//! JSON string escaping over raw buffers, unit for unit as CPython's Modules/_json.c does it.
//!
//! [`kernel`] is the one vector kernel, generic over the unit, the [`Form`] and the [`Vector`];
//! `sse2` and its siblings are the vectors; [`scalar`] is the portable path and serves the vector
//! kernels where escapes stand close together.

#[cfg(target_arch = "x86_64")]
pub mod avx2;
#[cfg(target_arch = "x86_64")]
pub mod avx512;
mod kernel;
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub mod neon;
pub mod scalar;
mod short;
#[cfg(target_arch = "x86_64")]
pub mod sse2;
#[cfg(test)]
mod tests;
mod unit;
mod vector;

/// One backend's kernels for one unit width.
#[derive(Clone, Copy)]
pub struct Escape<U> {
    /// `(src, len)` to the units that `write` writes, or 0 if they would exceed `isize::MAX`.
    pub size: unsafe fn(*const U, usize) -> usize,
    /// `(src, len, dst)` to the units written; ensure_ascii=False.
    pub write: unsafe fn(*const U, usize, *mut U) -> usize,
    /// `size` for `ascii_write`.
    pub ascii_size: unsafe fn(*const U, usize) -> usize,
    /// `(src, len, dst)` to the bytes written; ensure_ascii=True.
    pub ascii_write: unsafe fn(*const U, usize, *mut u8) -> usize,
}

/// The longest source whose escaped form may still fit: every unit makes one, and two quotes.
const MAX_LEN: usize = isize::MAX as usize - 2;

/// The size of a string of `len` units whose escapes add `extra`, or 0 above `isize::MAX`.
///
/// `extra` is at most 11 per unit, which overflows no `u64` below 2^60 units.
#[inline(always)]
fn total(len: usize, extra: u64) -> usize {
    let total = extra.saturating_add(len as u64 + 2);
    if total > isize::MAX as u64 { 0 } else { total as usize }
}
