//! Which functions run: what this CPU has, a table of candidates for each job, and the choice from all
//! tables, made once.
//!
//! The jobs choose independently, within the limit that `WEBSTR_BACKEND` sets. Each takes the first of its
//! candidates, best first, that the CPU can run.

use core::cmp::Ordering::Greater;
use core::ffi::CStr;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use crate::env;
use crate::escape::{self, EscapeFunctions, UnitFunctions, Utf8Functions};
use crate::websocket::accept::{self, AcceptFunctions};
use crate::websocket::message::{self, MessageFunctions};

/// The vector instructions of a backend, by which `webstr_backend` and `WEBSTR_BACKEND` name it. On one
/// architecture the better are greater.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub enum InstructionSet {
    /// None: any CPU.
    Scalar,
    /// 16 bytes: any x86-64.
    Sse2,
    /// 32 bytes, with BMI1, BMI2 and POPCNT.
    Avx2,
    /// 64 bytes, with BW, VL, VBMI and VBMI2.
    Avx512,
    /// 16 bytes: any little-endian AArch64.
    Neon,
}
use InstructionSet::{Avx2, Avx512, Neon, Scalar, Sse2};

/// Declares a module for a set of CPU features: their names, and whether this CPU has all of them.
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
macro_rules! features {
    ($name:ident: $($feature:tt),+) => {
        mod $name {
            #[cfg(test)]
            pub const FEATURES: &[&str] = &[$($feature),+];
            cpufeatures::new!(detected, $($feature),+);
            pub use detected::get as available;
        }
    };
}

#[cfg(target_arch = "x86_64")]
features!(avx2: "avx2", "bmi1", "bmi2", "popcnt");
#[cfg(target_arch = "x86_64")]
features!(avx512: "avx512f", "avx512bw", "avx512vl", "avx512vbmi", "avx512vbmi2");
#[cfg(target_arch = "x86_64")]
features!(sha: "sha", "ssse3", "sse4.1");
#[cfg(all(target_arch = "aarch64", target_endian = "little"))]
features!(sha: "sha2"); // SHA-1 comes with it
#[cfg(not(any(target_arch = "x86_64", all(target_arch = "aarch64", target_endian = "little"))))]
mod sha {
    /// No kernel uses such instructions.
    pub fn available() -> bool {
        false
    }
}

impl InstructionSet {
    /// The value of `WEBSTR_BACKEND` for them.
    pub fn name(self) -> &'static CStr {
        match self {
            Scalar => c"scalar",
            Sse2 => c"sse2",
            Avx2 => c"avx2",
            Avx512 => c"avx512",
            Neon => c"neon",
        }
    }

    fn available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Avx2 => avx2::available(),
            #[cfg(target_arch = "x86_64")]
            Avx512 => avx2::available() && avx512::available(),
            _ => true, // the baseline of a target whose tables have it
        }
    }
}

/// The functions for one job, and the CPU features that they need.
pub struct Candidate<T> {
    /// The instruction set that they need.
    pub set: InstructionSet,
    /// Whether they need the CPU's SHA-1 instructions.
    pub sha: bool,
    /// The functions; they may be called if [`Candidate::available`].
    pub functions: T,
}

impl<T> Candidate<T> {
    const fn new(set: InstructionSet, functions: T) -> Self {
        Self { set, sha: false, functions }
    }

    const fn with_sha(set: InstructionSet, functions: T) -> Self {
        Self { set, sha: true, functions }
    }

    /// Whether this CPU can run them.
    pub fn available(&self) -> bool {
        (!self.sha || sha::available()) && self.set.available()
    }
}

/// The escapes of this target, best first.
pub static ESCAPE_CANDIDATES: &[Candidate<EscapeFunctions>] = &[
    #[cfg(target_arch = "x86_64")]
    Candidate::new(Avx512, escape::AVX512),
    #[cfg(target_arch = "x86_64")]
    Candidate::new(Avx2, escape::AVX2),
    #[cfg(target_arch = "x86_64")]
    Candidate::new(Sse2, escape::SSE2),
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    Candidate::new(Neon, escape::NEON),
    Candidate::new(Scalar, escape::SCALAR),
];

/// The handshakes of this target, best first.
pub static ACCEPT_CANDIDATES: &[Candidate<AcceptFunctions>] = &[
    #[cfg(target_arch = "x86_64")]
    Candidate::with_sha(Avx512, accept::AVX512_SHA),
    #[cfg(target_arch = "x86_64")]
    Candidate::new(Avx512, accept::AVX512),
    #[cfg(target_arch = "x86_64")]
    Candidate::with_sha(Avx2, accept::AVX2_SHA),
    #[cfg(target_arch = "x86_64")]
    Candidate::new(Avx2, accept::AVX2),
    #[cfg(target_arch = "x86_64")]
    Candidate::with_sha(Sse2, accept::SSE41_SHA),
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    Candidate::with_sha(Neon, accept::NEON_SHA),
    Candidate::new(Scalar, accept::SCALAR),
];

/// The message functions of this target, best first.
pub static MESSAGE_CANDIDATES: &[Candidate<MessageFunctions>] = &[
    #[cfg(target_arch = "x86_64")]
    Candidate::new(Avx2, message::AVX2),
    #[cfg(target_arch = "x86_64")]
    Candidate::new(Sse2, message::SSE2),
    #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
    Candidate::new(Neon, message::NEON),
    Candidate::new(Scalar, message::SCALAR),
];

/// The first available candidate of a table whose instruction set is not better than `limit`.
fn best<T>(table: &'static [Candidate<T>], limit: InstructionSet) -> &'static Candidate<T> {
    let fits = |candidate: &&Candidate<T>| {
        candidate.set.partial_cmp(&limit) != Some(Greater) && candidate.available()
    };
    // The last entry needs nothing.
    table.iter().find(fits).unwrap_or(&table[table.len() - 1])
}

/// The functions for all jobs, as a value of `WEBSTR_BACKEND` selects them.
#[derive(Clone, Copy)]
pub struct Backend {
    /// The value of `WEBSTR_BACKEND`.
    pub name: &'static CStr,
    /// The handshake.
    pub accept: AcceptFunctions,
    /// The functions for messages.
    pub message: MessageFunctions,
    /// The escapes of 1-byte units.
    pub ucs1: UnitFunctions<u8>,
    /// The escapes of 2-byte units.
    pub ucs2: UnitFunctions<u16>,
    /// The escapes of 4-byte units.
    pub ucs4: UnitFunctions<u32>,
    /// The escapes of UTF-8.
    pub utf8: Utf8Functions,
}

/// The backends of this CPU, best first.
pub fn backends() -> impl Iterator<Item = Backend> {
    ESCAPE_CANDIDATES.iter().filter(|candidate| candidate.available()).map(|candidate| {
        let EscapeFunctions { ucs1, ucs2, ucs4, utf8 } = candidate.functions;
        let accept = best(ACCEPT_CANDIDATES, candidate.set).functions;
        let message = best(MESSAGE_CANDIDATES, candidate.set).functions;
        Backend { name: candidate.set.name(), accept, message, ucs1, ucs2, ucs4, utf8 }
    })
}

/// A choice from a table; NULL before it is made.
pub type Choice<T> = AtomicPtr<Candidate<T>>;

/// The candidates in use.
pub static ESCAPE: Choice<EscapeFunctions> = AtomicPtr::new(core::ptr::null_mut());
pub static ACCEPT: Choice<AcceptFunctions> = AtomicPtr::new(core::ptr::null_mut());
pub static MESSAGE: Choice<MessageFunctions> = AtomicPtr::new(core::ptr::null_mut());

/// The instruction set to which a value of `WEBSTR_BACKEND` limits all choices: the one that it names, or the best
/// one if there is no value or this CPU lacks it.
fn limit(wanted: Option<&CStr>) -> InstructionSet {
    wanted
        .and_then(|name| ESCAPE_CANDIDATES.iter().find(|candidate| candidate.set.name() == name))
        .filter(|candidate| candidate.available())
        .map_or(best(ESCAPE_CANDIDATES, ESCAPE_CANDIDATES[0].set).set, |candidate| candidate.set)
}

/// Makes all choices, so that no later call makes one. Threads that race here store the same.
#[cold]
#[inline(never)]
fn choose() {
    let limit = env::with_backend(limit);
    ESCAPE.store((&raw const *best(ESCAPE_CANDIDATES, limit)).cast_mut(), Relaxed);
    ACCEPT.store((&raw const *best(ACCEPT_CANDIDATES, limit)).cast_mut(), Relaxed);
    MESSAGE.store((&raw const *best(MESSAGE_CANDIDATES, limit)).cast_mut(), Relaxed);
}

/// A choice, which the first call of all makes.
pub fn chosen<T>(choice: &'static Choice<T>) -> &'static Candidate<T> {
    if choice.load(Relaxed).is_null() {
        choose();
    }
    // SAFETY: `choose` has stored the address of a static.
    unsafe { &*choice.load(Relaxed) }
}

/// `call!(ESCAPE, ucs1.size, (src: *const c_void, len: usize) -> usize)` calls this function of the
/// candidate in use with the variables named. It is as unsafe as that function.
///
/// Each call goes through a pointer of its own, which at first is that of a function that looks the
/// other one up and puts it in its place: so a call takes one jump and no branch.
macro_rules! call {
    ($choice:ident, $($function:ident).+, ($($arg:ident: $type:ty),+) $(-> $result:ty)?) => {{
        type Function = unsafe fn($($type),+) $(-> $result)?;
        static FUNCTION: AtomicPtr<()> = AtomicPtr::new(first_call as Function as *mut ());

        #[cold]
        unsafe fn first_call($($arg: $type),+) $(-> $result)? {
            let function = dispatch::chosen(&dispatch::$choice).functions.$($function).+;
            FUNCTION.store(function as *mut (), Relaxed);
            // SAFETY: as for the function itself.
            unsafe { function($($arg as _),+) }
        }

        // This is `first_call`, or the function that it has stored: pointers to units instead of
        // `c_void` do not change how Rust calls a function.
        core::mem::transmute::<*mut (), Function>(FUNCTION.load(Relaxed))($($arg),+)
    }};
}
pub(crate) use call;

/// The name of the backend in use.
pub fn name() -> &'static CStr {
    chosen(&ESCAPE).set.name()
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;
    use std::{format, println};

    use super::*;

    #[test]
    fn a_backend_limits_the_handshake() {
        for backend in backends() {
            let (escapes, accepts) = (ESCAPE_CANDIDATES.iter(), ACCEPT_CANDIDATES.iter());
            let set = escapes.map(|candidate| candidate.set).find(|v| v.name() == backend.name);
            let limit = set.unwrap();
            let expected = accepts
                .filter(|candidate| candidate.available() && candidate.set <= limit)
                .map(|candidate| candidate.functions)
                .next()
                .unwrap();
            assert!(core::ptr::fn_addr_eq(backend.accept.one, expected.one));
            assert!(core::ptr::fn_addr_eq(backend.accept.many, expected.many));
        }
        assert_eq!(backends().last().unwrap().name, c"scalar");
    }

    fn describe<T>(candidate: &Candidate<T>) -> String {
        format!("{:?}{}", candidate.set, if candidate.sha { " with SHA" } else { "" })
    }

    #[test]
    fn the_choice_is_among_the_backends() {
        assert!(backends().any(|backend| backend.name == name()));
        let (escape, accept) = (chosen(&ESCAPE), chosen(&ACCEPT));
        // Read by `the_environment_limits_the_choice`.
        println!("in use: {}, {}", describe(escape), describe(accept));
    }

    #[test]
    fn a_value_names_vectors_that_this_cpu_has_or_counts_as_absent() {
        let best = ESCAPE_CANDIDATES.iter().find(|candidate| candidate.available()).unwrap().set;
        assert_eq!(limit(None), best);
        for name in [c"", c"unknown", c"SCALAR", c"scalar ", c"avx", c"avx2,bmi2"] {
            assert_eq!(limit(Some(name)), best);
        }
        for candidate in ESCAPE_CANDIDATES {
            let expected = if candidate.available() { candidate.set } else { best };
            assert_eq!(limit(Some(candidate.set.name())), expected);
        }
    }

    /// Runs this program again, which an emulated one could not.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn the_environment_limits_the_choice() {
        let absent = (None, limit(None));
        let named = [c"scalar", c"sse2", c"avx2", c"avx512", c"neon", c"unknown"]
            .map(|name| (Some(name.to_str().unwrap()), limit(Some(name))));
        for (value, limit) in [absent].into_iter().chain(named) {
            let mut command = std::process::Command::new(std::env::current_exe().unwrap());
            command.args(["the_choice_is_among_the_backends", "--nocapture"]);
            match value {
                Some(value) => command.env("WEBSTR_BACKEND", value),
                None => command.env_remove("WEBSTR_BACKEND"),
            };
            let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
            let (escape, accept) = (best(ESCAPE_CANDIDATES, limit), best(ACCEPT_CANDIDATES, limit));
            let expected = format!("in use: {}, {}\n", describe(escape), describe(accept));
            assert!(output.contains(&expected), "{value:?}: no {expected:?} in {output:?}");
        }
    }

    /// The features that functions of a file are compiled for.
    #[cfg(target_arch = "x86_64")]
    fn enabled(code: &str) -> Vec<&str> {
        let mut features: Vec<_> = code
            .split("enable = \"")
            .skip(1)
            .flat_map(|rest| rest.split('"').next().unwrap().split(','))
            .collect();
        features.sort();
        features.dedup();
        features
    }

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn all_features_that_the_kernels_use_are_detected() {
        let sorted = |lists: &[&[&'static str]]| {
            let mut features = lists.concat();
            features.sort();
            features
        };
        let both = sorted(&[avx2::FEATURES, avx512::FEATURES]);
        assert_eq!(enabled(include_str!("escape/x86_64/avx2.rs")), sorted(&[avx2::FEATURES]));
        assert_eq!(enabled(include_str!("escape/x86_64/avx512.rs")), both);
        assert_eq!(enabled(include_str!("escape/x86_64/sse2.rs")), ["sse2"]);
        let all = [both, sorted(&[sha::FEATURES]), ["avx"].into()].concat(); // AVX2 implies AVX
        assert_eq!(enabled(include_str!("utf8/avx2.rs")), sorted(&[avx2::FEATURES]));
        for code in [
            include_str!("websocket/accept/x86_64/avx2.rs"),
            include_str!("websocket/accept/x86_64/avx512.rs"),
            include_str!("websocket/accept/x86_64/sha_ni.rs"),
        ] {
            assert!(enabled(code).iter().all(|feature| all.contains(feature)));
        }
        assert_eq!(sorted(&[sha::FEATURES]), ["sha", "sse4.1", "ssse3"]);
    }

    /// The kernel's own list of this CPU's features.
    #[cfg(all(target_arch = "x86_64", target_os = "linux"))]
    #[test]
    fn detection_agrees_with_the_operating_system() {
        let text = std::fs::read_to_string("/proc/cpuinfo").unwrap();
        let line = text.lines().find(|line| line.starts_with("flags")).unwrap();
        let flags: Vec<_> = line.split_whitespace().collect();
        let has = |features: &str| features.split(' ').all(|feature| flags.contains(&feature));
        assert_eq!(avx2::available(), has("avx2 bmi1 bmi2 popcnt"));
        assert_eq!(avx512::available(), has("avx512f avx512bw avx512vl avx512vbmi avx512_vbmi2"),);
        assert_eq!(sha::available(), has("sha_ni ssse3 sse4_1"));
        let has_vectors = |set| match set {
            Avx512 => avx512::available() && avx2::available(),
            Avx2 => avx2::available(),
            Sse2 | Scalar => true,
            Neon => false,
        };
        for candidate in ESCAPE_CANDIDATES {
            assert_eq!(
                candidate.available(),
                has_vectors(candidate.set),
                "{}",
                describe(candidate)
            );
        }
        for candidate in ACCEPT_CANDIDATES {
            let expected = has_vectors(candidate.set) && (!candidate.sha || sha::available());
            assert_eq!(candidate.available(), expected, "{}", describe(candidate));
        }
    }
}
