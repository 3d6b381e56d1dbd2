//! Which bytes are well-formed UTF-8 (Unicode 3.9, table 3-7; RFC 3629), and their decoding to UTF-16.

#[cfg(target_arch = "x86_64")]
pub mod avx2;
mod portable;
#[cfg(test)]
mod tests;

pub use portable::{begins_none, ill_formed, load_word, subpart};

/// The functions of one instruction set, whose features the CPU must have.
#[derive(Clone, Copy)]
pub struct Functions {
    /// `(src, len)` to whether all bytes are ASCII.
    pub is_ascii: unsafe fn(*const u8, usize) -> bool,
    /// `(src, len)` to the number of bytes from the start that are well-formed.
    pub valid_up_to: unsafe fn(*const u8, usize) -> usize,
    /// `(src, len, units)`: decodes well-formed text to UTF-16 and returns the number of units. Writes as many
    /// units and up to [`DECODE_SLOP`] more, even if the text is changed meanwhile.
    pub decode: unsafe fn(*const u8, usize, *mut u16) -> usize,
}

/// The units that [`Functions::decode`] may write after its result.
pub const DECODE_SLOP: usize = 8;

/// Needs no feature beyond the target's baseline.
pub const PORTABLE: Functions = Functions {
    is_ascii: portable::is_ascii,
    valid_up_to: portable::valid_up_to,
    decode: portable::decode,
};

/// Needs AVX2, BMI1, BMI2 and POPCNT.
#[cfg(target_arch = "x86_64")]
pub const AVX2: Functions =
    Functions { is_ascii: avx2::is_ascii, valid_up_to: avx2::valid_up_to, decode: avx2::decode };
