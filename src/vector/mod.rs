//! Vectors of units: lane operations for each instruction set, and nothing of JSON, UTF-8 or WebSocket.

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod aarch64;
mod lanes;
mod unit;
#[cfg(target_arch = "x86_64")]
mod x86_64;

#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
pub use aarch64::neon::Neon;
pub use lanes::{Mask, Vector};
pub use unit::Unit;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86_64::by_width;
#[cfg(target_arch = "x86_64")]
pub use x86_64::{
    avx2::Avx2,
    avx512::{Avx512, Lanes, load_masked},
    sse2::Sse2,
};
