//! Names the shared library's ABI.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let (os, major) = (env::var("CARGO_CFG_TARGET_OS").unwrap(), env!("CARGO_PKG_VERSION_MAJOR"));
    let elf = ["linux", "android", "freebsd", "netbsd", "openbsd", "dragonfly"];
    // Of this package's own shared library: linkers ignore it in its tests, and no other package sees it.
    if elf.contains(&os.as_str()) {
        println!("cargo::rustc-link-arg=-Wl,-soname,libwebstr.so.{major}");
    }
}
