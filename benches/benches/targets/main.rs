//! `make bench-escape`: the targets of the one-pass functions, each met or missed. The library as
//! it is installed, a copy for each backend, takes turns with json-escape-simd, sonic-rs, serde_json,
//! the plain C loop of benches/baseline and `memcpy` in one process, all called through pointers, into
//! one destination. The crates are compiled with `-C target-cpu=native` and may write 35 bytes beyond
//! the result; a target counts against the faster of the first two.
//!
//! "into" has room for 6 × length + 35 units; "room + 2" has room for length + 2 units, and where that
//! is too little, a second call for what the first one returned. "size+write" is the two-pass way.
//! While a library does not export `escape_json_*_into`, "into" is its writer and "room + 2" its
//! two-pass way.
//!
//! Arguments: parts of rows' names; without one, all rows. `--quick` takes a tenth of the rounds.
//! `WEBSTR_LIBRARY` names the library, `WEBSTR_BESIDE` another build of it, measured in the same run.

mod against_crates;
mod forms;

use std::path::Path;

use webstr_benches::contenders::Destination;
use webstr_benches::library::{self, Backend, Functions};
use webstr_benches::measure::{Contender, measure};
use webstr_benches::table::{Check, Of, Table};

/// Rounds of a comparison, in which each contender takes about 30 µs.
const ROUNDS: usize = 100;
/// What a target that one contender is not slower than another leaves to noise.
const EVEN: f64 = 1.02;

struct Targets {
    /// Best first, scalar last.
    backends: Vec<Backend>,
    /// The same backends of another build; empty if there is none.
    beside: Vec<Backend>,
    destination: Destination,
    cpu: String,
    filters: Vec<String>,
    quick: bool,
    table: Table,
}

impl Targets {
    fn wants(&self, row: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| row.contains(filter))
    }

    /// The functions of all backends.
    fn functions(&self, form: &str, width: usize) -> Vec<Functions> {
        self.backends.iter().map(|backend| backend.functions(form, width)).collect()
    }

    /// Those of another build, where both have the backend and it exports any.
    fn functions_beside(&self, form: &str, width: usize) -> Vec<Option<Functions>> {
        let beside = |ours: &Backend| {
            let same = self.beside.iter().find(|backend| backend.name == ours.name)?;
            Some(same.functions(form, width)).filter(|f| f.write.is_some() || f.into.is_some())
        };
        self.backends.iter().map(beside).collect()
    }

    /// Whether the targets against other code count for this backend.
    fn is_target(&self, i: usize) -> bool {
        i == 0 || self.backends[i].name == "avx2"
    }

    /// Nanoseconds per string, of each contender in each round.
    fn measure(
        &self,
        mut contenders: Vec<Contender>,
        strings: usize,
        rounds: usize,
    ) -> Vec<Vec<f64>> {
        let rounds = if self.quick { (rounds / 10).max(5) } else { rounds };
        let mut samples = measure(&mut contenders, rounds);
        samples.iter_mut().flatten().for_each(|ns| *ns /= strings as f64);
        samples
    }
}

fn times(ours: usize, others: &[usize], limit: Option<f64>) -> Check {
    Check { ours, of: Of::Times(others.to_vec()), limit }
}

fn main() {
    let mut filters: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs this too, and measures nothing.
    if !filters.iter().any(|arg| arg == "--bench") {
        return;
    }
    let quick = filters.iter().any(|arg| arg == "--quick");
    filters.retain(|arg| !arg.starts_with("--"));
    let beside = std::env::var("WEBSTR_BESIDE").ok().filter(|path| !path.is_empty());
    let mut targets = Targets {
        backends: library::installed(),
        beside: beside.map_or(Vec::new(), |path| library::load(Path::new(&path))),
        destination: Destination::new(),
        cpu: webstr_benches::setting(),
        filters,
        quick,
        table: Table::default(),
    };
    println!("{}", targets.cpu);
    if targets.functions("", 1)[0].into.is_none() {
        println!("escape_json_*_into is not exported: the writer and the two-pass way instead");
    }
    targets.against_crates();
    targets.forms();
    targets.table.summary();
}
