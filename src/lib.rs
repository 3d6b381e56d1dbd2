//! Hot string routines of the web stack, fast and exact, with a C ABI:
//!
//! - [`sec_websocket_accept`]: the WebSocket opening handshake's `Sec-WebSocket-Accept`
//!   (RFC 6455 §4.2.2);
//! - [`escape_json_ucs1`] and its kin: JSON string escaping over raw buffers of 1-, 2- and 4-byte
//!   units, as CPython's `json` does it;
//! - [`webstr_websocket_mask`] and [`webstr_utf8_valid_up_to`], for the messages of a WebSocket.
//!
//! The contract stands in `include/webstr.h`, which is written from [`ffi`].

#![no_std]
// Some of the generic code serves only the vectors of x86-64.
#![cfg_attr(not(target_arch = "x86_64"), allow(dead_code, unused_imports, unused_macros))]

#[cfg(not(feature = "capi"))]
extern crate std;

#[cfg(all(feature = "capi", not(panic = "abort")))]
compile_error!("the C library must not unwind: build it with panic = \"abort\"");

/// Nothing here panics: no call of this is left in the C library, which its build checks.
#[cfg(feature = "capi")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

mod accept;
mod dispatch;
mod escape;
pub mod ffi;
mod message;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod utf8;

pub use ffi::*;

/// The kernels behind the C functions, for this crate's own tests and benchmarks.
#[doc(hidden)]
pub use {
    accept::Accept,
    dispatch::{ACCEPTS, Backend, ESCAPES, Kernels, MESSAGES, Vectors, backends},
    escape::{Escape, EscapeUtf8, Escapes},
    message::Message,
};
