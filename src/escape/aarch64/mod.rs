//! What NEON does in its own way.

pub mod neon;
