//! `make bench-targets`, and the samples of `make bench`: the C library as it is installed, a copy for
//! each backend, takes turns with the crates, plain C and `memcpy` in one process, all called through
//! pointers. Every target is printed as met or missed. The crates choose their instructions when they
//! are built, so `make` compiles this with `-C target-cpu=native`, which can only help them.
//!
//! `WEBSTR_LIBRARY` names the library, `WEBSTR_BESIDE` another build of it for the table `escape`.

mod accept;
mod escape;
mod ladder;
mod utf8;

use webstr_benches::contenders::Destination;
use webstr_benches::library::{self, Backend};
use webstr_benches::measure::Bench;

/// Rounds of a comparison, in which each contender takes about 30 µs.
const ROUNDS: usize = 100;
/// The same where a call takes milliseconds.
const DOCUMENT_ROUNDS: usize = 40;
/// What a target that one contender is not slower than another leaves to noise.
const EVEN: f64 = 1.02;

/// Whether the targets against other code count for this one of the backends, which come best first.
fn is_target(i: usize, backend: &Backend) -> bool {
    i == 0 || backend.name == "avx2"
}

fn main() {
    // `cargo test --benches` runs this too, and measures nothing.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    println!("{}", webstr_benches::setting());
    let (mut bench, backends) = (Bench::from_args(), library::installed());
    let destination = Destination::new();
    escape::tables(&mut bench, &backends, destination);
    utf8::tables(&mut bench, &backends, destination);
    accept::table(&mut bench, &backends);
    ladder::table(&mut bench, &backends, destination);
    bench.summary();
}
