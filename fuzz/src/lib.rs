//! The fuzz targets share `src/testing` with the library's own tests.

extern crate std;

use webstr::{ACCEPTS, Accept, ESCAPES, Escapes, Kernels, MESSAGES, Message, ffi};

#[allow(dead_code)] // for the library's tests alone
#[path = "../../src/testing/mod.rs"]
mod testing;

pub use testing::fuzz::*;
