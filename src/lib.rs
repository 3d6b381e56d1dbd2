//! Hot string routines of the web stack, fast and exact:
//!
//! - [`accept()`], [`accept_many`], [`key_valid`]: the WebSocket opening handshake's
//!   `Sec-WebSocket-Accept` (RFC 6455 §4.2.2);
//! - [`push_escaped`], [`escape_json_into`], [`Escaped`] and their kin: JSON strings, in UTF-8 or ASCII,
//!   as CPython's `json` makes them;
//! - [`utf8_valid_up_to`] and [`websocket_mask`], for the messages of a WebSocket.
//!
//! ```
//! let value = webstr::accept(b"dGhlIHNhbXBsZSBub25jZQ==");
//! assert_eq!(&value, b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
//!
//! # #[cfg(feature = "alloc")] {
//! let mut line = String::from("{\"name\":");
//! webstr::push_escaped("He said \"hi\"\n", &mut line);
//! line.push('}');
//! assert_eq!(line, r#"{"name":"He said \"hi\"\n"}"#);
//! # }
//! ```
//!
//! The kernels are chosen at the first call, for the CPU. The environment variable
//! `WEBSTR_BACKEND=scalar|sse2|avx2|avx512|neon` forces others that the machine has.
//!
//! # Features
//!
//! - `std` (by default): the environment is read by [`std::env`](https://doc.rust-lang.org/std/env/), which
//!   waits for a thread that changes it. Without `std` the crate is `no_std`, and C's `getenv` reads it.
//! - `alloc` (by default, as a part of `std`): the functions that append to a `String`.
//! - `capi`: the functions of [`ffi`] have their names of C, for code in C in the same program. Two versions of
//!   the crate in one program cannot both have them.
//!
//! [`ffi`] has the same functions, and those for units of 2 and 4 bytes, as C sees them. Their contract
//! stands in `include/webstr.h`, which is written from there.

#![no_std]
#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// Some of the generic code serves only the vectors of x86-64.
#![cfg_attr(not(target_arch = "x86_64"), allow(dead_code, unused_imports, unused_macros))]

#[cfg(all(feature = "alloc", not(cargo_c)))]
extern crate alloc;
#[cfg(any(test, all(feature = "std", not(cargo_c))))]
extern crate std;

// `--cfg cargo_c`, which is cargo-c's word and that of `make`, builds the C library: without std and alloc,
// whatever features are on.
#[cfg(all(cargo_c, not(panic = "abort")))]
compile_error!("the C library must not unwind: build it with panic = \"abort\"");

/// Nothing here panics: no call of this is left in the C library, which its tests check. With debug
/// assertions a misuse may come here.
#[cfg(cargo_c)]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    unsafe extern "C" {
        safe fn abort() -> !;
    }
    abort()
}

mod dispatch;
mod env;
mod escape;
pub mod ffi;
#[cfg(not(cargo_c))]
mod safe;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod utf8;
mod vector;
mod websocket;

#[cfg(not(cargo_c))]
pub use safe::*;

/// The example of docs/rust.md.
#[cfg(all(doctest, feature = "alloc"))]
#[doc = include_str!("../docs/rust.md")]
struct Guide;

/// The kernels behind the C functions, for this crate's own tests and benchmarks.
#[doc(hidden)]
pub use {
    dispatch::{
        ACCEPT_CANDIDATES, Backend, Candidate, ESCAPE_CANDIDATES, InstructionSet,
        MESSAGE_CANDIDATES, backends,
    },
    escape::{EscapeFunctions, UnitFunctions, Utf8Functions},
    websocket::{accept::AcceptFunctions, message::MessageFunctions},
};
