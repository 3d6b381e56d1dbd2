//! The parts that the benchmarks share.

pub mod contenders;
pub mod contents;
pub mod documents;
pub mod library;
pub mod measure;
pub mod strings;
pub mod table;

use std::ffi::c_void;
use std::process::Command;

use libloading::Library;

/// An `escape_json_*_size` function.
pub type Size = unsafe extern "C" fn(*const c_void, usize) -> usize;
/// An `escape_json_*` function.
pub type Write = unsafe extern "C" fn(*const c_void, usize, *mut c_void) -> usize;

/// The plain C functions of benches/baseline, in the library that `WEBSTR_BASELINE` names.
pub fn baseline() -> Library {
    let path = std::env::var_os("WEBSTR_BASELINE")
        .expect("WEBSTR_BASELINE names the library of benches/baseline: run this by `make`");
    // SAFETY: a library of plain functions without constructors.
    unsafe { Library::new(path) }.expect("the baseline library loads")
}

/// The backends that this machine has, best first.
pub fn backends() -> Vec<&'static webstr::Backend> {
    webstr::backends().map(|backend| &*Box::leak(Box::new(backend))).collect()
}

/// The machine and the compiler, without which a number says nothing.
pub fn setting() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name| {
        let mut lines = cpu.lines().filter_map(|line| line.split_once(':'));
        lines.find(|(key, _)| key.trim() == name).map_or("?", |(_, value)| value.trim())
    };
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let rustc = Command::new(rustc).arg("--version").output();
    let rustc =
        rustc.map_or("rustc ?".into(), |out| String::from_utf8_lossy(&out.stdout).into_owned());
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    format!(
        "{} (family {}, model {}), {}, compiled {} AVX2, load {}",
        field("model name"),
        field("cpu family"),
        field("model"),
        rustc.trim(),
        if cfg!(target_feature = "avx2") { "for" } else { "without" },
        load.split(' ').next().unwrap_or("?"),
    )
}
