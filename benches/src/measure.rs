//! Measures contenders side by side, and records the samples.

use std::cell::RefCell;
use std::fs::File;
use std::io::Write as _;
use std::time::Instant;

use serde_json::{Map, Value, json};

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

/// The best of the rounds: what else the machine does only ever makes a call slower.
pub fn best(times: &[f64]) -> f64 {
    times.iter().copied().fold(f64::INFINITY, f64::min)
}

pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Prints the medians in a line.
pub fn print(case: &Value, names: &[String], times: &[Vec<f64>]) {
    print!("{case}:");
    for (name, times) in names.iter().zip(times) {
        print!("  {name} {:.2}", median(times.iter().copied()));
    }
    println!();
}

/// How a twin is named: a contender that is measured twice in a comparison, so that its difference
/// from itself shows the noise.
pub const AGAIN: &str = " again";

/// The raw samples of a run, for `make bench`: with the argument `--json FILE` a line of JSON for
/// each comparison, after a first one that says how many there will be. With `--quick` a tenth of
/// the rounds.
pub struct Record {
    suite: &'static str,
    file: Option<RefCell<File>>,
    quick: bool,
}

impl Record {
    pub fn from_args(suite: &'static str, comparisons: usize) -> Self {
        let args: Vec<String> = std::env::args().collect();
        let path = args.iter().position(|arg| arg == "--json").map(|i| &args[i + 1]);
        let file = path.map(|path| RefCell::new(File::create(path).expect("FILE can be written")));
        let record = Self { suite, file, quick: args.iter().any(|arg| arg == "--quick") };
        record.line(&json!({ "suite": suite, "comparisons": comparisons }));
        record
    }

    pub fn is_wanted(&self) -> bool {
        self.file.is_some()
    }

    pub fn rounds(&self, rounds: usize) -> usize {
        if self.quick { (rounds / 10).max(7) } else { rounds }
    }

    /// What `measure` returned for contenders of these names in this case; `units` are what a call
    /// handles: bytes, units of a string, keys.
    pub fn add(&self, case: Value, units: usize, names: &[String], times: &[Vec<f64>]) {
        let times: Map<String, Value> = names
            .iter()
            .zip(times)
            .map(|(name, times)| {
                let times = times.iter().map(|time| (time * 100.0).round() / 100.0).collect();
                (name.clone(), times)
            })
            .collect();
        self.line(&json!({ "suite": self.suite, "case": case, "units": units, "ns": times }));
    }

    fn line(&self, line: &Value) {
        if let Some(file) = &self.file {
            // In one piece, as it is read while it grows.
            file.borrow_mut().write_all(format!("{line}\n").as_bytes()).expect("FILE takes a line");
        }
    }
}
