//! Names the shared library's ABI and, with the feature `header`, writes `include/webstr.h`.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "header")]
    header::write();

    // The C library is the only thing that the feature links.
    if env::var_os("CARGO_FEATURE_CAPI").is_some() {
        let (os, major) = (env::var("CARGO_CFG_TARGET_OS").unwrap(), version("MAJOR"));
        let elf = ["linux", "android", "freebsd", "netbsd", "openbsd", "dragonfly"];
        if elf.contains(&os.as_str()) {
            println!("cargo::rustc-link-arg=-Wl,-soname,libwebstr.so.{major}");
        } else if os == "macos" {
            println!("cargo::rustc-link-arg=-Wl,-install_name,@rpath/libwebstr.{major}.dylib");
        }
    }
}

fn version(part: &str) -> u32 {
    env::var(format!("CARGO_PKG_VERSION_{part}")).unwrap().parse().unwrap()
}

#[cfg(feature = "header")]
mod header {
    use std::fmt::Write;
    use std::path::Path;
    use std::{env, fs};

    use super::version;

    /// Writes the header of `src/ffi.rs`, if it differs from the one in the tree.
    pub fn write() {
        for file in ["src/ffi.rs", "cbindgen.toml", "include/webstr.h"] {
            println!("cargo::rerun-if-changed={file}");
        }
        let (major, minor, patch) = (version("MAJOR"), version("MINOR"), version("PATCH"));
        let mut macros = String::new();
        for (name, value) in [("MAJOR", major), ("MINOR", minor), ("PATCH", patch)] {
            writeln!(macros, "#define WEBSTR_VERSION_{name} {value}").unwrap();
        }
        writeln!(macros, "/* 0x00MMmmpp, to compare with webstr_version(). */").unwrap();
        let version = major << 16 | minor << 8 | patch;
        writeln!(macros, "#define WEBSTR_VERSION 0x{version:08x}").unwrap();

        let root = env::var("CARGO_MANIFEST_DIR").unwrap();
        let root = Path::new(&root);
        let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap();
        config.after_includes = Some(macros);
        // cbindgen knows functions of C by an unconditional `no_mangle`.
        let code = fs::read_to_string(root.join("src/ffi.rs")).unwrap();
        let code =
            code.replace("cfg_attr(feature = \"capi\", unsafe(no_mangle))", "unsafe(no_mangle)");
        let source = Path::new(&env::var("OUT_DIR").unwrap()).join("ffi.rs");
        fs::write(&source, code).unwrap();
        let mut header = Vec::new();
        cbindgen::Builder::new()
            .with_config(config)
            .with_src(source)
            .generate()
            .expect("cbindgen reads src/ffi.rs")
            .write(&mut header);
        // Rust's customary heading, in the words of C.
        let header = String::from_utf8(header).unwrap().replace("# Safety", "Requirements:");

        let path = root.join("include/webstr.h");
        if fs::read(&path).ok().as_deref() != Some(header.as_bytes()) {
            fs::write(&path, header).unwrap();
            println!(
                "cargo::warning=include/webstr.h did not match src/ffi.rs and was written anew"
            );
        }
    }
}
