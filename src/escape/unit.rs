//! The axes of the kernels that are not vectors: the width of a unit and the form of the output.

use super::scalar;
use super::vector::Vector;

/// One code unit of a buffer.
pub trait Unit: Copy + 'static {
    const BYTES: usize = size_of::<Self>();

    fn code(self) -> u32;

    /// The low bits of `code`.
    fn from_code(code: u32) -> Self;

    /// Stores the lowest `N` <= 8 bytes of `text` as units, first the lowest.
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
        // SAFETY: N <= 8; bytes need no alignment.
        unsafe {
            if Self::BYTES == 1 {
                dst.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), N);
            } else {
                dst.cast::<u8>().copy_from_nonoverlapping(units.as_ptr().cast(), N * Self::BYTES);
            }
        }
    }
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

/// What is escaped, and into which units.
pub trait Form<U: Unit>: 'static {
    type Out: Unit;
    /// Whether U+007F and above are escaped.
    const ASCII: bool;
    /// The escapes of the codes below 256.
    const TABLE: &scalar::Table;

    /// Stores a vector of units; what it makes of those that are escaped has no meaning.
    ///
    /// # Safety
    /// `dst` must be writable for the vector's lanes.
    unsafe fn store<V: Vector<Unit = U>>(vector: V, dst: *mut Self::Out);
}

/// ensure_ascii=False: the same width out as in.
pub struct Unicode;

impl<U: Unit> Form<U> for Unicode {
    type Out = U;
    const ASCII: bool = false;
    const TABLE: &scalar::Table = &scalar::UNICODE;

    #[inline(always)]
    unsafe fn store<V: Vector<Unit = U>>(vector: V, dst: *mut U) {
        // SAFETY: as the caller promises.
        unsafe { vector.store(dst) }
    }
}

/// ensure_ascii=True: bytes out.
pub struct Ascii;

impl<U: Unit> Form<U> for Ascii {
    type Out = u8;
    const ASCII: bool = true;
    const TABLE: &scalar::Table = &scalar::ASCII;

    #[inline(always)]
    unsafe fn store<V: Vector<Unit = U>>(vector: V, dst: *mut u8) {
        // SAFETY: as the caller promises; what is not escaped is ASCII.
        unsafe { vector.narrow(dst) }
    }
}
