//! What the tables share: the C baselines, and the measuring side by side.

#![allow(dead_code)] // no table uses all of it

use std::ffi::c_void;
use std::time::Instant;

use libloading::Library;

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

pub type Size = unsafe extern "C" fn(*const c_void, usize) -> usize;
pub type Write = unsafe extern "C" fn(*const c_void, usize, *mut c_void) -> usize;

/// One thing to measure: called with a number of calls to make.
pub type Contender<'a> = Box<dyn FnMut(usize) + 'a>;

/// Nanoseconds per call of each contender in each of `rounds` rounds in which they take turns, of
/// about 30 µs each: long to the clock, short to the scheduler.
pub fn measure(contenders: &mut [Contender], rounds: usize) -> Vec<Vec<f64>> {
    let time = |contender: &mut Contender, calls: usize| {
        let start = Instant::now();
        contender(calls);
        start.elapsed().as_secs_f64() * 1e9 / calls as f64
    };
    let calls: Vec<usize> = contenders
        .iter_mut()
        .map(|contender| {
            let once = time(contender, 16).min(time(contender, 16));
            (30_000.0 / once).clamp(1.0, 20_000.0) as usize
        })
        .collect();
    let mut times = vec![Vec::with_capacity(rounds); contenders.len()];
    for _ in 0..rounds {
        for (i, contender) in contenders.iter_mut().enumerate() {
            times[i].push(time(contender, calls[i]));
        }
    }
    times
}

pub fn best(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The best of the rounds for each contender: what else the machine does only ever makes a call
/// slower.
pub fn interleave(contenders: &mut [Contender], rounds: usize) -> Vec<f64> {
    measure(contenders, rounds).iter().map(|times| best(times)).collect()
}
