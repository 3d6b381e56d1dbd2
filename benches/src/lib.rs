//! What the benchmarks share.

pub mod contents;
pub mod documents;
pub mod escapers;
pub mod measure;

use std::ffi::c_void;

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
    let mut backends: Vec<_> =
        webstr::BACKENDS.iter().copied().filter(|backend| (backend.available)()).collect();
    backends.dedup_by_key(|backend| backend.name);
    backends
}
