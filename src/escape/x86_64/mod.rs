//! What the instruction sets of x86-64 do in their own way.

pub mod avx2;
pub mod avx512;
pub mod sse2;
