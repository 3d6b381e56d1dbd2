//! The width of a code unit: 1, 2 or 4 bytes.

/// One code unit of a buffer.
pub trait Unit: Copy + 'static {
    const BYTES: usize = size_of::<Self>();

    fn code(self) -> u32;

    /// The low bits of `code`.
    fn from_code(code: u32) -> Self;
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
