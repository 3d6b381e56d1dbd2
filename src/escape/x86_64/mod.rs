//! What the instruction sets of x86-64 do in their own way.

pub mod avx2;
mod avx2_utf8;
pub mod avx512;
pub mod sse2;
