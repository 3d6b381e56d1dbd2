//! The C library as its users load it, by its exported names.

use std::ffi::{CStr, c_char, c_uint, c_void};
use std::path::{Path, PathBuf};

use libloading::Library;

use crate::{Size, Write};

/// An `escape_json_*_into` function.
pub type Into = unsafe extern "C" fn(*const c_void, usize, *mut c_void, usize) -> usize;

/// The names that `WEBSTR_BACKEND` takes, best first.
const BACKENDS: [&str; 5] = ["avx512", "avx2", "sse2", "neon", "scalar"];

/// A copy of the library that uses one backend.
pub struct Backend {
    pub name: &'static str,
    library: Library,
}

/// The functions of one form and width.
#[derive(Clone, Copy)]
pub struct Functions {
    pub size: Size,
    pub write: Write,
    pub into: Into,
}

/// The library that `WEBSTR_LIBRARY` names, once for each backend that this machine has.
pub fn installed() -> Vec<Backend> {
    let path = std::env::var("WEBSTR_LIBRARY")
        .expect("WEBSTR_LIBRARY names the library as installed: run this by `make`");
    load(Path::new(&path))
}

/// The library at `path` once for each backend that this machine has, best first.
pub fn load(path: &Path) -> Vec<Backend> {
    BACKENDS.into_iter().filter_map(|name| load_backend(path, name)).collect()
}

/// `None` if this machine has no such backend. The loader keeps one instance of a file, so that each
/// backend needs a file of its own.
fn load_backend(path: &Path, name: &'static str) -> Option<Backend> {
    let copy = PathBuf::from(format!("{}.{}.{name}", path.display(), std::process::id()));
    std::fs::copy(path, &copy).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    // SAFETY: a library without constructors; no other thread looks at the environment.
    let library = unsafe {
        std::env::set_var("WEBSTR_BACKEND", name);
        Library::new(&copy).expect("the library loads")
    };
    std::fs::remove_file(&copy).expect("the copy is there");
    // SAFETY: the type is that of webstr.h; a static string. This is the first call, which chooses.
    let chosen = unsafe {
        let backend = library.get::<unsafe extern "C" fn() -> *const c_char>("webstr_backend");
        CStr::from_ptr(backend.expect("exported")())
    };
    (chosen.to_bytes() == name.as_bytes()).then_some(Backend { name, library })
}

/// `sec_websocket_accept`.
pub type Accept = unsafe extern "C" fn(*const c_void, *mut c_void);
/// `sec_websocket_accept_many`.
pub type AcceptMany = unsafe extern "C" fn(*const c_void, *mut c_void, usize);
/// `webstr_utf8_valid_up_to`.
pub type ValidUpTo = unsafe extern "C" fn(*const c_void, usize, *mut usize) -> usize;
/// `webstr_websocket_mask`.
pub type Mask =
    unsafe extern "C" fn(*const c_void, usize, *const c_void, c_uint, *mut c_void) -> c_uint;

impl Backend {
    /// # Safety
    /// `F` must be the type of the function in webstr.h.
    unsafe fn get<F: Copy>(&self, symbol: &str) -> F {
        // SAFETY: the caller's promise, and the library stays loaded as long as `self`.
        unsafe { *self.library.get(symbol).expect("exported") }
    }

    /// `escape_json_utf8_into`, or with "ascii_" its ASCII form.
    pub fn utf8(&self, form: &str) -> Into {
        // SAFETY: the type is that of webstr.h.
        unsafe { self.get(&format!("escape_json_{form}utf8_into")) }
    }

    pub fn accept(&self) -> (Accept, AcceptMany) {
        // SAFETY: as above.
        unsafe { (self.get("sec_websocket_accept"), self.get("sec_websocket_accept_many")) }
    }

    pub fn valid_up_to(&self) -> ValidUpTo {
        // SAFETY: as above.
        unsafe { self.get("webstr_utf8_valid_up_to") }
    }

    pub fn mask(&self) -> Mask {
        // SAFETY: as above.
        unsafe { self.get("webstr_websocket_mask") }
    }

    /// The functions of a form, "" or "ascii_", and a width in bytes.
    pub fn functions(&self, form: &str, width: usize) -> Functions {
        let symbol = format!("escape_json_{form}ucs{width}");
        // SAFETY: as above.
        unsafe {
            let (size, into) =
                (self.get(&(symbol.clone() + "_size")), self.get(&(symbol.clone() + "_into")));
            Functions { size, write: self.get(&symbol), into }
        }
    }
}
