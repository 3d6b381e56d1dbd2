//! Writes `include/webstr.h` from `src/ffi.rs` and names the shared library's ABI.

use std::env;
use std::fmt::Write;
use std::fs;
use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=src/ffi.rs");
    println!("cargo::rerun-if-changed=cbindgen.toml");
    println!("cargo::rerun-if-changed=include/webstr.h");

    let root = env::var("CARGO_MANIFEST_DIR").unwrap();
    write_header(Path::new(&root));

    let elf = ["linux", "android", "freebsd", "netbsd", "openbsd", "dragonfly"];
    if elf.contains(&env::var("CARGO_CFG_TARGET_OS").unwrap().as_str()) {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libwebstr.so.{}", version("MAJOR"));
    }
}

fn version(part: &str) -> u32 {
    env::var(format!("CARGO_PKG_VERSION_{part}")).unwrap().parse().unwrap()
}

/// The header in the tree is renewed only when it differs, so that a build from a read-only
/// source works and a difference shows in `git status`.
fn write_header(root: &Path) {
    let (major, minor, patch) = (version("MAJOR"), version("MINOR"), version("PATCH"));
    let mut macros = String::new();
    for (name, value) in [("MAJOR", major), ("MINOR", minor), ("PATCH", patch)] {
        writeln!(macros, "#define WEBSTR_VERSION_{name} {value}").unwrap();
    }
    writeln!(macros, "/* 0x00MMmmpp, to compare with webstr_version(). */").unwrap();
    writeln!(macros, "#define WEBSTR_VERSION 0x{:08x}", major << 16 | minor << 8 | patch).unwrap();

    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
    config.after_includes = Some(macros);
    let mut header = Vec::new();
    cbindgen::Builder::new()
        .with_config(config)
        .with_src(root.join("src/ffi.rs"))
        .generate()
        .expect("cbindgen reads src/ffi.rs")
        .write(&mut header);
    // Rust's customary heading, as C says it.
    let header = String::from_utf8(header).unwrap().replace("# Safety", "Requirements:");

    let path = root.join("include/webstr.h");
    if fs::read(&path).ok().as_deref() != Some(header.as_bytes()) {
        fs::write(&path, header).unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
        println!("cargo::warning=include/webstr.h did not match src/ffi.rs and was written anew");
    }
}
