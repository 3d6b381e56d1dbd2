//! The vectors of x86-64.

/// Calls the intrinsic for the width of `$unit`: of those for 1, 2 and 4 bytes. The match folds away.
macro_rules! by_width {
    ($unit:ident: $one:ident | $two:ident | $four:ident $args:tt) => {
        match $unit::BYTES {
            1 => $one $args,
            2 => $two $args,
            _ => $four $args,
        }
    };
}
pub(crate) use by_width;

pub mod avx2;
pub mod avx512;
pub mod sse2;
