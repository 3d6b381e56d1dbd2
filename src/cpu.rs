//! Which kernels run: the backends of this target, and the choice of one of them, made once.

use core::ffi::{CStr, c_char};
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::accept::{self, Accept};
use crate::escape::{self, Escape};

/// One set of kernels, for everything that the library does.
pub struct Backend {
    /// As `webstr_backend` reports it and the environment variable `WEBSTR_BACKEND` asks for it.
    pub name: &'static CStr,
    /// Whether this machine can run it.
    pub available: fn() -> bool,
    pub accept: Accept,
    pub ucs1: Escape<u8>,
    pub ucs2: Escape<u16>,
    pub ucs4: Escape<u32>,
}

/// The backends of this target, best first; of two of a name, the first that is available is it.
pub static BACKENDS: &[&Backend] = &[
    #[cfg(target_arch = "x86_64")]
    &x86_64::AVX512_SHA,
    #[cfg(target_arch = "x86_64")]
    &x86_64::AVX512,
    #[cfg(target_arch = "x86_64")]
    &x86_64::AVX2_SHA,
    #[cfg(target_arch = "x86_64")]
    &x86_64::AVX2,
    #[cfg(target_arch = "x86_64")]
    &x86_64::SSE2_SHA,
    #[cfg(target_arch = "x86_64")]
    &x86_64::SSE2,
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    &aarch64::NEON_SHA,
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    &aarch64::NEON,
    &SCALAR,
];

static SCALAR: Backend = Backend {
    name: c"scalar",
    available: || true,
    accept: accept::SCALAR,
    ucs1: escape::SCALAR.ucs1,
    ucs2: escape::SCALAR.ucs2,
    ucs4: escape::SCALAR.ucs4,
};

/// The vectors and, where the CPU has them, its SHA instructions.
#[cfg(target_arch = "x86_64")]
mod x86_64 {
    use super::Backend;
    use crate::accept;
    use crate::escape;

    cpufeatures::new!(has_avx512, "avx512f", "avx512bw", "avx512vl", "avx512vbmi", "avx512vbmi2");
    cpufeatures::new!(has_avx2, "avx2", "bmi1", "bmi2", "popcnt");
    cpufeatures::new!(has_sha, "sha", "ssse3", "sse4.1");

    pub static AVX512_SHA: Backend = Backend {
        available: || (AVX512.available)() && has_sha::get(),
        accept: accept::AVX512_SHA,
        ..AVX512
    };
    pub static AVX512: Backend = Backend {
        name: c"avx512",
        available: || has_avx2::get() && has_avx512::get(),
        accept: accept::AVX512,
        ucs1: escape::AVX512.ucs1,
        ucs2: escape::AVX512.ucs2,
        ucs4: escape::AVX512.ucs4,
    };
    pub static AVX2_SHA: Backend = Backend {
        available: || has_avx2::get() && has_sha::get(),
        accept: accept::AVX2_SHA,
        ..AVX2
    };
    pub static AVX2: Backend = Backend {
        name: c"avx2",
        available: || has_avx2::get(),
        accept: accept::AVX2,
        ucs1: escape::AVX2.ucs1,
        ucs2: escape::AVX2.ucs2,
        ucs4: escape::AVX2.ucs4,
    };
    pub static SSE2_SHA: Backend =
        Backend { available: || has_sha::get(), accept: accept::SSE41_SHA, ..SSE2 };
    pub static SSE2: Backend = Backend {
        name: c"sse2",
        available: || true,
        accept: accept::SCALAR,
        ucs1: escape::SSE2.ucs1,
        ucs2: escape::SSE2.ucs2,
        ucs4: escape::SSE2.ucs4,
    };
}

/// The vectors and, where the CPU has them, its SHA instructions.
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
mod aarch64 {
    use super::Backend;
    use crate::accept;
    use crate::escape;

    cpufeatures::new!(has_sha, "sha2"); // SHA-1 comes with it

    pub static NEON_SHA: Backend =
        Backend { available: || has_sha::get(), accept: accept::NEON_SHA, ..NEON };
    pub static NEON: Backend = Backend {
        name: c"neon",
        available: || true,
        accept: accept::SCALAR,
        ucs1: escape::NEON.ucs1,
        ucs2: escape::NEON.ucs2,
        ucs4: escape::NEON.ucs4,
    };
}

/// The backend in use; until the first call [`FIRST_CALL`], whose functions make the choice.
static CHOSEN: AtomicPtr<Backend> = AtomicPtr::new((&raw const FIRST_CALL).cast_mut());

/// The kernels to call.
#[inline(always)]
pub fn backend() -> &'static Backend {
    // SAFETY: CHOSEN only ever holds addresses of statics.
    unsafe { &*CHOSEN.load(Ordering::Relaxed) }
}

/// The name of the backend in use.
pub fn name() -> &'static CStr {
    choose().name
}

/// Makes the choice. Threads that race here all come to the same one.
#[cold]
fn choose() -> &'static Backend {
    let current = backend();
    if !core::ptr::eq(current, &FIRST_CALL) {
        return current;
    }
    let wanted = wanted();
    let available = || BACKENDS.iter().copied().filter(|b| (b.available)());
    let chosen = available()
        .find(|b| wanted == Some(b.name))
        .or_else(|| available().next())
        .unwrap_or(&SCALAR);
    CHOSEN.store((&raw const *chosen).cast_mut(), Ordering::Relaxed);
    chosen
}

/// What the environment asks for. `getenv` and not `std::env`, which allocates and locks.
fn wanted() -> Option<&'static CStr> {
    #[cfg_attr(feature = "capi", link(name = "c"))] // which std would have done
    unsafe extern "C" {
        fn getenv(name: *const c_char) -> *const c_char;
    }
    // SAFETY: the name is NUL-terminated, and so is what getenv returns unless it is NULL. It is
    // compared at once and not kept; to change the environment meanwhile is forbidden to C as well.
    unsafe {
        let value = getenv(c"WEBSTR_BACKEND".as_ptr());
        (!value.is_null()).then(|| CStr::from_ptr(value))
    }
}

/// A function of [`FIRST_CALL`]: chooses, then calls its namesake.
macro_rules! first_call {
    ($set:ident . $f:ident ( $($arg:ident : $ty:ty),* ) $(-> $ret:ty)?) => {{
        unsafe fn choose_and_call($($arg: $ty),*) $(-> $ret)? {
            // SAFETY: the caller's promises are the callee's.
            unsafe { (choose().$set.$f)($($arg),*) }
        }
        choose_and_call
    }};
}

macro_rules! first_call_escape {
    ($set:ident, $unit:ty) => {
        Escape {
            size: first_call!($set.size(src: *const $unit, len: usize) -> usize),
            write: first_call!($set.write(src: *const $unit, len: usize, dst: *mut $unit) -> usize),
            ascii_size: first_call!($set.ascii_size(src: *const $unit, len: usize) -> usize),
            ascii_write:
                first_call!($set.ascii_write(src: *const $unit, len: usize, dst: *mut u8) -> usize),
            into: first_call!(
                $set.into(src: *const $unit, len: usize, dst: *mut $unit, cap: usize) -> usize
            ),
            ascii_into: first_call!(
                $set.ascii_into(src: *const $unit, len: usize, dst: *mut u8, cap: usize) -> usize
            ),
        }
    };
}

static FIRST_CALL: Backend = Backend {
    name: c"",
    available: || false,
    accept: Accept {
        one: first_call!(accept.one(src: *const u8, dst: *mut u8)),
        many: first_call!(accept.many(src: *const u8, dst: *mut u8, count: usize)),
    },
    ucs1: first_call_escape!(ucs1, u8),
    ucs2: first_call_escape!(ucs2, u16),
    ucs4: first_call_escape!(ucs4, u32),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_calls_reach_their_namesakes() {
        macro_rules! check {
            ($set:ident, $unit:ty) => {
                let src = b"a\"\n\x01\x7f\xe9".map(<$unit>::from);
                let results = [&FIRST_CALL, &SCALAR].map(|Backend { $set: escape, .. }| {
                    let (mut units, mut bytes) = ([<$unit>::MAX; 64], [0_u8; 64]);
                    // SAFETY: six units make at most 38.
                    let sizes = unsafe {
                        [
                            (escape.size)(src.as_ptr(), src.len()),
                            (escape.write)(src.as_ptr(), src.len(), units.as_mut_ptr()),
                            (escape.ascii_size)(src.as_ptr(), src.len()),
                            (escape.ascii_write)(src.as_ptr(), src.len(), bytes.as_mut_ptr()),
                        ]
                    };
                    assert!(sizes[1] != sizes[3]);
                    (sizes, units, bytes)
                });
                assert!(results[0] == results[1]);
            };
        }
        check!(ucs1, u8);
        check!(ucs2, u16);
        check!(ucs4, u32);
        let keys = *b"dGhlIHNhbXBsZSBub25jZQ==x3JJHMbDL1EzLkh9GBhXDw==";
        let results = [&FIRST_CALL, &SCALAR].map(|Backend { accept, .. }| {
            let (mut one, mut many) = ([0; 28], [0; 56]);
            // SAFETY: there are two keys and room for a value and for two.
            unsafe {
                (accept.one)(keys.as_ptr(), one.as_mut_ptr());
                (accept.many)(keys.as_ptr(), many.as_mut_ptr(), 2);
            }
            (one, many)
        });
        assert!(results[0] == results[1]);
        assert_eq!(&results[0].0, b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }
}
