//! The environment variable `WEBSTR_BACKEND`.

use core::ffi::CStr;

/// Calls `read` with the value of `WEBSTR_BACKEND`, or with None if it has none.
///
/// Reads it through `std::env`, which locks against concurrent changes made through `std::env`.
#[cfg(all(feature = "std", not(cargo_c)))]
pub fn with_backend<T>(read: impl FnOnce(Option<&CStr>) -> T) -> T {
    let value = std::env::var_os("WEBSTR_BACKEND");
    let value = value.and_then(|v| std::ffi::CString::new(v.into_encoded_bytes()).ok());
    read(value.as_deref())
}

/// Calls `read` with the value of `WEBSTR_BACKEND`, or with None if it has none.
///
/// `std::env` would allocate and lock.
#[cfg(all(unix, any(cargo_c, not(feature = "std"))))]
pub fn with_backend<T>(read: impl FnOnce(Option<&CStr>) -> T) -> T {
    #[cfg_attr(cargo_c, link(name = "c"))] // which std would have done
    unsafe extern "C" {
        fn getenv(name: *const core::ffi::c_char) -> *const core::ffi::c_char;
    }
    // SAFETY: the name is NUL-terminated, and so is the result of getenv unless it is NULL. `read` keeps
    // no reference to it; C too forbids to change the environment meanwhile.
    unsafe {
        let value = getenv(c"WEBSTR_BACKEND".as_ptr());
        read((!value.is_null()).then(|| CStr::from_ptr(value)))
    }
}

/// Calls `read` with the value of `WEBSTR_BACKEND`, or with None if it has none.
///
/// Asks the system, because each C library in a process has a copy of the environment, made when it was
/// loaded.
#[cfg(all(windows, any(cargo_c, not(feature = "std"))))]
pub fn with_backend<T>(read: impl FnOnce(Option<&CStr>) -> T) -> T {
    use core::ffi::c_char;
    #[link(name = "kernel32")]
    unsafe extern "system" {
        fn GetEnvironmentVariableA(name: *const c_char, value: *mut c_char, size: u32) -> u32;
    }
    let mut value = [0_u8; 16]; // longer than any name
    let size = value.len() as u32;
    // SAFETY: the name is NUL-terminated, and `value` has room for `size` bytes.
    let length = unsafe {
        GetEnvironmentVariableA(c"WEBSTR_BACKEND".as_ptr(), value.as_mut_ptr().cast(), size)
    };
    // 0 if there is no value. If the value is too long, the size it needs; `value` is then unspecified.
    read(CStr::from_bytes_until_nul(&value).ok().filter(|_| (1..size).contains(&length)))
}

/// Calls `read` with None: there is no environment.
#[cfg(all(not(any(unix, windows)), any(cargo_c, not(feature = "std"))))]
pub fn with_backend<T>(read: impl FnOnce(Option<&CStr>) -> T) -> T {
    read(None)
}
