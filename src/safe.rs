//! The functions for Rust: each calls a function of [`crate::ffi`] with buffers of the right size.

use core::ffi::{CStr, c_uint, c_void};
use core::fmt;
use core::mem::MaybeUninit;
use core::num::NonZero;

#[cfg(feature = "alloc")]
use alloc::string::String;

use crate::ffi;

/// The `Sec-WebSocket-Accept` that answers a `Sec-WebSocket-Key`: base64(SHA-1(key + GUID)), RFC 6455
/// §4.2.2.
///
/// Any 24 bytes are hashed as they are; [`key_valid`] checks the form of a key.
///
/// ```
/// let value = webstr::accept(b"dGhlIHNhbXBsZSBub25jZQ==");
/// assert_eq!(&value, b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
#[inline]
#[must_use]
pub fn accept(key: &[u8; 24]) -> [u8; 28] {
    let mut value = MaybeUninit::<[u8; 28]>::uninit();
    // SAFETY: 24 bytes are readable and 28 are writable; the function writes all of them.
    unsafe {
        ffi::sec_websocket_accept(key.as_ptr().cast(), value.as_mut_ptr().cast());
        value.assume_init()
    }
}

/// [`accept`] for many keys, which takes less time per key: `values[i]` answers `keys[i]`.
///
/// ```
/// let keys = [*b"dGhlIHNhbXBsZSBub25jZQ==", *b"x3JJHMbDL1EzLkh9GBhXDw=="];
/// let mut values = [[0; 28]; 2];
/// webstr::accept_many(&keys, &mut values);
/// assert_eq!(&values[0], b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// assert_eq!(values[1], webstr::accept(&keys[1]));
/// ```
///
/// # Panics
/// If the numbers of keys and values differ.
#[inline]
pub fn accept_many(keys: &[[u8; 24]], values: &mut [[u8; 28]]) {
    assert_eq!(keys.len(), values.len(), "one value for each key");
    let (src, dst) = (keys.as_ptr().cast(), values.as_mut_ptr().cast());
    // SAFETY: the slices are as long as the number of keys says, and do not overlap.
    unsafe { ffi::sec_websocket_accept_many(src, dst, keys.len()) }
}

/// Whether the bytes have the form of a `Sec-WebSocket-Key`: 22 characters of the base64 alphabet and
/// `==`, the encoding of 16 bytes (RFC 6455 §4.1). The four unused bits of the last character are not
/// checked; common servers do not check them either.
///
/// ```
/// assert!(webstr::key_valid(b"dGhlIHNhbXBsZSBub25jZQ=="));
/// assert!(!webstr::key_valid(b"dGhlIHNhbXBsZSBub25jZQ"));
/// ```
#[inline]
#[must_use]
pub fn key_valid(key: &[u8]) -> bool {
    // SAFETY: the slice is readable.
    unsafe { ffi::sec_websocket_key_valid(key.as_ptr().cast(), key.len()) }
}

/// A result does not fit into its buffer.
///
/// ```
/// let error = webstr::escape_json_into("two\n", &mut [0; 6]).unwrap_err();
/// assert_eq!(error.bytes(), Some(7));
/// assert_eq!(error.to_string(), "the result has 7 bytes, which are more than the buffer has");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedsRoom(Option<NonZero<usize>>);

impl NeedsRoom {
    /// The number of bytes of the result: a buffer of this size is large enough. `None` if it exceeds
    /// `isize::MAX`, so that no buffer can be that large.
    ///
    /// ```
    /// let mut buffer = Vec::new();
    /// if let Err(error) = webstr::escape_json_into("text", &mut buffer) {
    ///     buffer.resize(error.bytes().unwrap(), 0_u8);
    /// }
    /// assert_eq!(webstr::escape_json_into("text", &mut buffer).unwrap(), r#""text""#);
    /// ```
    #[inline]
    #[must_use]
    pub fn bytes(self) -> Option<usize> {
        self.0.map(NonZero::get)
    }
}

impl fmt::Display for NeedsRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(bytes) => {
                write!(f, "the result has {bytes} bytes, which are more than the buffer has")
            }
            None => f.write_str("the result has more bytes than any buffer can have"),
        }
    }
}

impl core::error::Error for NeedsRoom {}

mod sealed {
    pub trait Sealed {}
    impl Sealed for u8 {}
    impl Sealed for core::mem::MaybeUninit<u8> {}
}

/// A byte of a buffer for results: `u8`, or `MaybeUninit<u8>` if the buffer is not initialized.
pub trait Byte: sealed::Sealed {}
impl Byte for u8 {}
impl Byte for MaybeUninit<u8> {}

/// A C function that escapes: `(src, len, dst, cap)` to the length of the result.
type Escape = unsafe extern "C" fn(*const c_void, usize, *mut c_void, usize) -> usize;

/// A `&str` to UTF-8: non-ASCII characters pass through.
const UNICODE: Escape = ffi::escape_json_ucs1_into;
/// Bytes to UTF-8.
const LOSSY: Escape = ffi::escape_json_utf8_into;
/// Bytes, or a `&str`, to ASCII.
const ASCII: Escape = ffi::escape_json_ascii_utf8_into;

/// The result at the start of the buffer.
///
/// # Safety
/// The function is one of those above, and the text a `&str` for the first.
#[inline(always)]
unsafe fn into<'b, B: Byte>(
    escape: Escape,
    text: &[u8],
    buffer: &'b mut [B],
) -> Result<&'b mut str, NeedsRoom> {
    // SAFETY: the slices are readable and writable, and do not overlap. Whatever the function writes is
    // initialized, so a buffer of `u8` remains one. If the result fits, that many bytes have been written,
    // and they are UTF-8.
    unsafe {
        let dst = buffer.as_mut_ptr();
        let size = escape(text.as_ptr().cast(), text.len(), dst.cast(), buffer.len());
        if size.wrapping_sub(1) < buffer.len() {
            let json = core::slice::from_raw_parts_mut(dst.cast::<u8>(), size);
            Ok(str::from_utf8_unchecked_mut(json))
        } else {
            Err(NeedsRoom(NonZero::new(size)))
        }
    }
}

/// The JSON string of a text, with its quotes, at the start of a buffer: `"` and `\` escaped,
/// U+0000 to U+001F as `\b` `\f` `\n` `\r` `\t` or lower-case `\u00xx`, the rest unchanged.
///
/// `text.len()` + 2 bytes are enough if nothing needs an escape, and 6 × `text.len()` + 2 always are.
/// The rest of the buffer is unspecified. It may be a `[u8]`, a `[MaybeUninit<u8>]`, or what derefs to one:
/// see [`Byte`].
///
/// ```
/// let mut buffer = [0; 64];
/// let json = webstr::escape_json_into("caf\u{e9} \"1\"\n", &mut buffer)?;
/// assert_eq!(json, r#""café \"1\"\n""#);
///
/// let mut uninit = [core::mem::MaybeUninit::uninit(); 64];
/// assert_eq!(webstr::escape_json_into("text", &mut uninit)?, r#""text""#);
/// # Ok::<(), webstr::NeedsRoom>(())
/// ```
///
/// # Errors
/// If the result does not fit. The buffer is then unspecified.
#[inline]
pub fn escape_json_into<'b, B: Byte>(
    text: &str,
    buffer: &'b mut [B],
) -> Result<&'b mut str, NeedsRoom> {
    // SAFETY: the text is a `&str`.
    unsafe { into(UNICODE, text.as_bytes(), buffer) }
}

/// [`escape_json_into`] in ASCII: U+007F and above as lower-case `\uxxxx`, characters above U+FFFF as
/// a surrogate pair.
///
/// ```
/// let mut buffer = [0; 64];
/// let json = webstr::escape_json_ascii_into("caf\u{e9} \u{1f600}", &mut buffer)?;
/// assert_eq!(json, r#""caf\u00e9 \ud83d\ude00""#);
/// # Ok::<(), webstr::NeedsRoom>(())
/// ```
///
/// # Errors
/// If the result does not fit. The buffer is then unspecified.
#[inline]
pub fn escape_json_ascii_into<'b, B: Byte>(
    text: &str,
    buffer: &'b mut [B],
) -> Result<&'b mut str, NeedsRoom> {
    // SAFETY: it is not `UNICODE`.
    unsafe { into(ASCII, text.as_bytes(), buffer) }
}

/// [`escape_json_into`] of bytes that may not be UTF-8: each ill-formed part becomes one U+FFFD, as in
/// [`String::from_utf8_lossy`](https://doc.rust-lang.org/std/string/struct.String.html#method.from_utf8_lossy).
///
/// ```
/// let mut buffer = [0; 64];
/// let json = webstr::escape_json_lossy_into(b"caf\xe9\n", &mut buffer)?;
/// assert_eq!(json, "\"caf\u{fffd}\\n\"");
/// # Ok::<(), webstr::NeedsRoom>(())
/// ```
///
/// # Errors
/// If the result does not fit. The buffer is then unspecified.
#[inline]
pub fn escape_json_lossy_into<'b, B: Byte>(
    text: &[u8],
    buffer: &'b mut [B],
) -> Result<&'b mut str, NeedsRoom> {
    // SAFETY: it is not `UNICODE`.
    unsafe { into(LOSSY, text, buffer) }
}

/// [`escape_json_lossy_into`] in ASCII.
///
/// ```
/// let mut buffer = [0; 64];
/// let json = webstr::escape_json_ascii_lossy_into(b"caf\xe9\n", &mut buffer)?;
/// assert_eq!(json, r#""caf\ufffd\n""#);
/// # Ok::<(), webstr::NeedsRoom>(())
/// ```
///
/// # Errors
/// If the result does not fit. The buffer is then unspecified.
#[inline]
pub fn escape_json_ascii_lossy_into<'b, B: Byte>(
    text: &[u8],
    buffer: &'b mut [B],
) -> Result<&'b mut str, NeedsRoom> {
    // SAFETY: it is not `UNICODE`.
    unsafe { into(ASCII, text, buffer) }
}

/// Appends the result to the string.
///
/// # Safety
/// As for [`into`].
#[cfg(feature = "alloc")]
#[inline(always)]
unsafe fn push(escape: Escape, text: &[u8], string: &mut String) {
    // SAFETY: only the result is appended, which is UTF-8.
    let bytes = unsafe { string.as_mut_vec() };
    let mut room = text.len() + 2; // enough if nothing needs an escape
    loop {
        bytes.reserve(room);
        // SAFETY: the caller's promise.
        match unsafe { into(escape, text, bytes.spare_capacity_mut()) } {
            Ok(json) => {
                let len = json.len();
                // SAFETY: `len` bytes have been written after the others.
                unsafe { bytes.set_len(bytes.len() + len) };
                return;
            }
            Err(error) => room = error.bytes().unwrap_or(usize::MAX), // for which `reserve` panics
        }
    }
}

/// Appends the JSON string of a text, with its quotes, as [`escape_json_into`] makes it.
///
/// ```
/// let mut line = String::from("{\"name\":");
/// webstr::push_escaped("He said \"hi\"\n", &mut line);
/// line.push('}');
/// assert_eq!(line, r#"{"name":"He said \"hi\"\n"}"#);
/// ```
///
/// # Panics
/// If the string would have more than `isize::MAX` bytes.
#[cfg(feature = "alloc")]
#[cfg_attr(docsrs, doc(cfg(feature = "alloc")))]
#[inline]
pub fn push_escaped(text: &str, string: &mut String) {
    // SAFETY: the text is a `&str`.
    unsafe { push(UNICODE, text.as_bytes(), string) }
}

/// [`push_escaped`] in ASCII, as [`escape_json_ascii_into`] makes it.
///
/// ```
/// let mut json = String::new();
/// webstr::push_escaped_ascii("caf\u{e9}", &mut json);
/// assert_eq!(json, r#""caf\u00e9""#);
/// ```
///
/// # Panics
/// If the string would have more than `isize::MAX` bytes.
#[cfg(feature = "alloc")]
#[cfg_attr(docsrs, doc(cfg(feature = "alloc")))]
#[inline]
pub fn push_escaped_ascii(text: &str, string: &mut String) {
    // SAFETY: it is not `UNICODE`.
    unsafe { push(ASCII, text.as_bytes(), string) }
}

/// [`push_escaped`] of bytes that may not be UTF-8, as [`escape_json_lossy_into`] makes it.
///
/// ```
/// let mut json = String::new();
/// webstr::push_escaped_lossy(b"caf\xe9", &mut json);
/// assert_eq!(json, "\"caf\u{fffd}\"");
/// ```
///
/// # Panics
/// If the string would have more than `isize::MAX` bytes.
#[cfg(feature = "alloc")]
#[cfg_attr(docsrs, doc(cfg(feature = "alloc")))]
#[inline]
pub fn push_escaped_lossy(text: &[u8], string: &mut String) {
    // SAFETY: it is not `UNICODE`.
    unsafe { push(LOSSY, text, string) }
}

/// [`push_escaped_lossy`] in ASCII.
///
/// ```
/// let mut json = String::new();
/// webstr::push_escaped_ascii_lossy(b"caf\xe9", &mut json);
/// assert_eq!(json, r#""caf\ufffd""#);
/// ```
///
/// # Panics
/// If the string would have more than `isize::MAX` bytes.
#[cfg(feature = "alloc")]
#[cfg_attr(docsrs, doc(cfg(feature = "alloc")))]
#[inline]
pub fn push_escaped_ascii_lossy(text: &[u8], string: &mut String) {
    // SAFETY: it is not `UNICODE`.
    unsafe { push(ASCII, text, string) }
}

/// The maximum length of the pieces in which a text is displayed.
const PIECE: usize = 340;

/// The end of the first piece of a text: not inside a character, nor inside the beginning of an
/// incomplete one.
fn end_of_piece(text: &[u8]) -> usize {
    if text.len() <= PIECE {
        return text.len();
    }
    // No character is longer than four bytes: after four that begin none, any place will do.
    let begins = |&at: &usize| text[at] & 0xc0 != 0x80;
    (PIECE - 3..=PIECE).rev().find(begins).unwrap_or(PIECE)
}

/// Displays the result.
///
/// # Safety
/// As for [`into`].
unsafe fn display(escape: Escape, mut text: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut buffer = [MaybeUninit::<u8>::uninit(); 6 * PIECE + 2];
    let mut opening = 0;
    loop {
        let (piece, rest) = text.split_at(end_of_piece(text));
        // SAFETY: the caller's promise; a piece of a `&str` is one.
        let json = unsafe { into(escape, piece, &mut buffer) }.expect("room for any result");
        // Only the quotes of the whole string.
        let closing = usize::from(!rest.is_empty());
        f.write_str(&json[opening..json.len() - closing])?;
        if rest.is_empty() {
            return Ok(());
        }
        (text, opening) = (rest, 1);
    }
}

/// Displays the JSON string of a text, with its quotes, as [`escape_json_into`] makes it. Width and
/// precision are ignored.
///
/// ```
/// let name = "He said \"hi\"\n";
/// let line = format!("{{\"name\":{}}}", webstr::Escaped(name));
/// assert_eq!(line, r#"{"name":"He said \"hi\"\n"}"#);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'a>(pub &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: the text is a `&str`.
        unsafe { display(UNICODE, self.0.as_bytes(), f) }
    }
}

/// [`Escaped`] in ASCII, as [`escape_json_ascii_into`] makes it.
///
/// ```
/// assert_eq!(webstr::EscapedAscii("caf\u{e9}").to_string(), r#""caf\u00e9""#);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EscapedAscii<'a>(pub &'a str);

impl fmt::Display for EscapedAscii<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: it is not `UNICODE`.
        unsafe { display(ASCII, self.0.as_bytes(), f) }
    }
}

/// [`Escaped`] of bytes that may not be UTF-8, as [`escape_json_lossy_into`] makes it.
///
/// ```
/// assert_eq!(webstr::EscapedLossy(b"caf\xe9").to_string(), "\"caf\u{fffd}\"");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EscapedLossy<'a>(pub &'a [u8]);

impl fmt::Display for EscapedLossy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: it is not `UNICODE`.
        unsafe { display(LOSSY, self.0, f) }
    }
}

/// [`EscapedLossy`] in ASCII.
///
/// ```
/// assert_eq!(webstr::EscapedAsciiLossy(b"caf\xe9").to_string(), r#""caf\ufffd""#);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EscapedAsciiLossy<'a>(pub &'a [u8]);

impl fmt::Display for EscapedAsciiLossy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: it is not `UNICODE`.
        unsafe { display(ASCII, self.0, f) }
    }
}

/// The leading part of the bytes that is well-formed UTF-8, and the number of remaining bytes, 1 to 3, if
/// they are the beginning of a character that more bytes may complete; 0 if no bytes remain or if they
/// are ill-formed.
///
/// So text can be validated in pieces as it arrives (RFC 6455 §8.1):
///
/// ```
/// let mut kept = Vec::new();
/// let mut text = String::new();
/// for piece in [&b"caf\xc3"[..], b"\xa9, ", b"\xf0\x9f", b"\x98\x80"] {
///     kept.extend_from_slice(piece);
///     let (valid, incomplete) = webstr::utf8_valid_up_to(&kept);
///     assert_eq!(valid.len() + incomplete, kept.len(), "not UTF-8");
///     text.push_str(valid);
///     kept.drain(..valid.len());
/// }
/// assert!(kept.is_empty());
/// assert_eq!(text, "café, 😀");
/// ```
#[inline]
#[must_use]
pub fn utf8_valid_up_to(bytes: &[u8]) -> (&str, usize) {
    let mut incomplete = 0;
    // SAFETY: the slice is readable; the function counts bytes of it that are UTF-8.
    unsafe {
        let src = bytes.as_ptr().cast();
        let valid = ffi::webstr_utf8_valid_up_to(src, bytes.len(), &mut incomplete);
        (str::from_utf8_unchecked(bytes.get_unchecked(..valid)), incomplete)
    }
}

/// Masks or unmasks the payload of a WebSocket frame in place (RFC 6455 §5.3).
///
/// `phase` is the number of the payload's bytes that came before these: 0 for a payload in one piece.
/// Returns the phase of the next byte, 0 to 3.
///
/// ```
/// // The example of RFC 6455 §5.7, in two pieces.
/// let key = [0x37, 0xfa, 0x21, 0x3d];
/// let mut payload = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
/// let phase = webstr::websocket_mask(&mut payload[..2], key, 0);
/// assert_eq!(webstr::websocket_mask(&mut payload[2..], key, phase), 1);
/// assert_eq!(&payload, b"Hello");
/// ```
#[inline]
pub fn websocket_mask(payload: &mut [u8], key: [u8; 4], phase: usize) -> usize {
    let (bytes, phase) = (payload.as_mut_ptr(), (phase % 4) as c_uint);
    // SAFETY: the slice is readable and writable, and the key is elsewhere.
    unsafe {
        let key = key.as_ptr().cast();
        ffi::webstr_websocket_mask(bytes.cast(), payload.len(), key, phase, bytes.cast()) as usize
    }
}

/// The name of the kernels in use: `"avx512"`, `"avx2"`, `"sse2"`, `"neon"` or `"scalar"`, as `WEBSTR_BACKEND`
/// takes it.
///
/// ```
/// println!("webstr runs its {} kernels", webstr::backend());
/// ```
#[must_use]
pub fn backend() -> &'static str {
    // SAFETY: it is a static string of C.
    unsafe { CStr::from_ptr(ffi::webstr_backend()) }.to_str().expect("a name in ASCII")
}
