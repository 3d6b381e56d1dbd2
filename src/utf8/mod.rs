//! Which bytes are well-formed UTF-8 (Unicode 3.9, table 3-7; RFC 3629).
//!
//! The portable way is the standard library's. The AVX2 way looks at 32 bytes at a time and leaves to
//! the standard library the place of an error, once it knows that there is one.

#[cfg(target_arch = "x86_64")]
pub mod avx2;

use core::slice;

/// How many bytes from the start are well-formed.
///
/// # Safety
/// `src` must be readable for `len` bytes; it may be NULL if `len` is 0.
pub unsafe fn valid_up_to(src: *const u8, len: usize) -> usize {
    if len == 0 {
        return 0; // a slice has an address
    }
    // SAFETY: the caller's promise.
    match str::from_utf8(unsafe { slice::from_raw_parts(src, len) }) {
        Ok(_) => len,
        Err(error) => error.valid_up_to(),
    }
}

/// The length of the ill-formed bytes at the start of `len` bytes, of which U+FFFD takes the place: the
/// beginning of a character, as far as it goes, or else 1 byte. All that is left if that may begin a
/// character which more bytes would complete; then the second value is true.
///
/// # Safety
/// `src` must be readable for `len` >= 1 bytes, which are not well-formed from the first on.
#[cold]
pub unsafe fn ill_formed(src: *const u8, len: usize) -> (usize, bool) {
    let mut bytes = [0; 4];
    let len = len.min(4);
    // SAFETY: four bytes or all there are. Into an array, so that they stay the same meanwhile.
    unsafe { bytes.as_mut_ptr().copy_from_nonoverlapping(src, len) };
    match str::from_utf8(bytes.get(..len).unwrap_or_default()) {
        Ok(_) => (1, false), // another thread has changed them
        Err(error) => match error.error_len() {
            Some(length) => (length, false),
            None => (len - error.valid_up_to(), true),
        },
    }
}

#[cfg(test)]
mod tests;
