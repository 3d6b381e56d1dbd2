//! The two axes of every kernel: the width of a unit and the form of the result.

use super::table::{self, Table};

/// One code unit of a buffer.
pub trait Unit: Copy + 'static {
    const BYTES: usize = size_of::<Self>();

    fn code(self) -> u32;

    /// The low bits of `code`.
    fn from_code(code: u32) -> Self;

    /// Stores the lowest `N` <= 8 bytes of `text` as units, the lowest byte first.
    ///
    /// # Safety
    /// `dst` must be writable for `N` units.
    #[inline(always)]
    unsafe fn store_text<const N: usize>(text: u64, dst: *mut Self) {
        let bytes = text.to_le_bytes();
        let mut units = [Self::from_code(0); 8];
        for (unit, byte) in units.iter_mut().zip(bytes) {
            *unit = Self::from_code(byte.into());
        }
        let (by_two, by_four) = (spread_by_two(text), spread_by_four(text));
        let source: *const u8 = match Self::BYTES {
            1 => bytes.as_ptr(),
            // The compiler takes byte after byte for `units`.
            2 if cfg!(target_endian = "little") => by_two.as_ptr().cast(),
            4 if cfg!(target_endian = "little") => by_four.as_ptr().cast(),
            _ => units.as_ptr().cast(),
        };
        // SAFETY: all arrays have 8 >= N units; as bytes they need no alignment.
        unsafe { dst.cast::<u8>().copy_from_nonoverlapping(source, N * Self::BYTES) }
    }
}

/// The 8 bytes as integers of 2 bytes, four in each, the lowest first.
#[inline(always)]
fn spread_by_two(text: u64) -> [u64; 2] {
    [text & 0xffff_ffff, text >> 32].map(|four| {
        let pairs = (four | four << 16) & 0x0000_ffff_0000_ffff;
        (pairs | pairs << 8) & 0x00ff_00ff_00ff_00ff
    })
}

/// The 8 bytes as integers of 4 bytes, two in each, the lowest first.
#[inline(always)]
fn spread_by_four(text: u64) -> [u64; 4] {
    [0, 16, 32, 48].map(|shift| {
        let two = text >> shift & 0xffff;
        (two | two << 24) & 0x0000_00ff_0000_00ff
    })
}

macro_rules! unit {
    ($($unit:ty),*) => {$(
        impl Unit for $unit {
            #[inline(always)]
            fn code(self) -> u32 {
                self.into()
            }
            #[inline(always)]
            fn from_code(code: u32) -> Self {
                code as Self
            }
        }
    )*};
}
unit!(u8, u16, u32);

/// Which units need an escape, and the width of the result.
pub trait Form<U: Unit>: 'static {
    /// `u8` if `ASCII`, else `U`.
    type Out: Unit;
    /// Whether U+007F and above are escaped.
    const ASCII: bool;
    /// The texts of the codes below 256.
    const TABLE: &Table;
}

/// ensure_ascii=False: a result of the source's width.
pub struct Unicode;

impl<U: Unit> Form<U> for Unicode {
    type Out = U;
    const ASCII: bool = false;
    const TABLE: &Table = &table::UNICODE;
}

/// ensure_ascii=True: a result of bytes.
pub struct Ascii;

impl<U: Unit> Form<U> for Ascii {
    type Out = u8;
    const ASCII: bool = true;
    const TABLE: &Table = &table::ASCII;
}
