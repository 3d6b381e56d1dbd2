//! Measures contenders side by side, judges their targets and records the samples.

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
            let few = (30_000.0 / time(contender, 1)).clamp(1.0, 16.0) as usize;
            let once = time(contender, few).min(time(contender, few));
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

pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// What a comparison measures: a name, the units (strings, keys) of one call, the contender.
pub type Entry<'a> = (String, usize, Contender<'a>);

#[derive(Clone, Copy)]
pub enum Limit {
    /// The longest time, as a multiple of the other contender's.
    Times(f64),
    /// As `Times`, or half a nanosecond more.
    Near(f64),
    /// The longest time beyond the other contender's, in nanoseconds.
    Longer(f64),
}

/// A target: the limit of `ours` over each of `others`, in the median of the rounds.
pub struct Target {
    pub ours: String,
    pub others: Vec<&'static str>,
    pub limit: Limit,
}

impl Target {
    pub fn times(ours: impl ToString, others: &[&'static str], limit: Option<f64>) -> Option<Self> {
        let (ours, others) = (ours.to_string(), others.to_vec());
        limit.map(|limit| Self { ours, others, limit: Limit::Times(limit) })
    }
}

/// A run: which rows it measures, where the samples go, which targets were missed.
pub struct Bench {
    /// The table that follows; `rows` choose by parts of "TABLE: ROW".
    pub table: &'static str,
    tables: Vec<String>,
    rows: Vec<String>,
    file: Option<File>,
    quick: bool,
    met: usize,
    missed: Vec<String>,
}

impl Bench {
    /// Arguments: parts of rows' names, or none for all; `--tables=NAME,…`, with "utf8-mask" a part of "utf8"; `--quick` for a tenth of
    /// the rounds; `--json=FILE` for the samples, a line of JSON for each comparison.
    pub fn from_args() -> Self {
        let args: Vec<String> = std::env::args().skip(1).collect();
        let option = |name: &str| args.iter().find_map(|arg| arg.strip_prefix(name));
        Self {
            table: "",
            tables: option("--tables=")
                .map_or(Vec::new(), |names| names.split(',').map(str::to_string).collect()),
            rows: args.iter().filter(|arg| !arg.starts_with("--")).cloned().collect(),
            file: option("--json=").map(|path| File::create(path).expect("FILE can be written")),
            quick: args.iter().any(|arg| arg == "--quick"),
            met: 0,
            missed: Vec::new(),
        }
    }

    /// Begins a table, unless it is not wanted.
    pub fn begin(&mut self, table: &'static str) -> bool {
        self.table = table;
        let is_part = |name: &String| {
            table
                .strip_prefix(name.as_str())
                .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
        };
        let wanted = self.tables.is_empty() || self.tables.iter().any(is_part);
        if wanted {
            println!("\n{table}: ns, medians of the rounds");
        }
        wanted
    }

    pub fn wants(&self, row: &str) -> bool {
        let name = format!("{}: {row}", self.table);
        self.rows.is_empty() || self.rows.iter().any(|part| name.contains(part.as_str()))
    }

    /// Measures a row, prints its medians and its targets, and records its samples.
    pub fn row(&mut self, row: &str, rounds: usize, entries: Vec<Entry>, targets: Vec<Target>) {
        let mut contenders = Vec::new();
        let mut names = Vec::new();
        for (name, units, contender) in entries {
            names.push((name, units as f64));
            contenders.push(contender);
        }
        let mut times =
            measure(&mut contenders, if self.quick { (rounds / 10).max(7) } else { rounds });
        print!("{row:28}");
        for ((name, units), samples) in names.iter().zip(&mut times) {
            samples.iter_mut().for_each(|ns| *ns /= units);
            print!("  {name} {}", Ns(median(samples.iter().copied())));
        }
        println!();
        let of = |name: &str| {
            let i = names.iter().position(|(known, _)| known == name);
            &times[i.unwrap_or_else(|| panic!("{row} has no {name}"))]
        };
        for Target { ours, others, limit } in targets {
            let over = |combine: fn(f64, f64) -> f64| {
                let pairs = |other: &&str| {
                    median(of(&ours).iter().zip(of(other)).map(|(&a, &b)| combine(a, b)))
                };
                others.iter().map(pairs).fold(f64::NEG_INFINITY, f64::max)
            };
            let factor = |limit| (over(|ours, other| ours / other), limit, "×");
            let longer = |limit| (over(|ours, other| ours - other), limit, "ns beyond");
            let (value, limit, unit) = match limit {
                Limit::Near(limit) if factor(limit).0 > limit => longer(0.5),
                Limit::Times(limit) | Limit::Near(limit) => factor(limit),
                Limit::Longer(limit) => longer(limit),
            };
            let text =
                format!("{ours}: {value:.2} {unit} {}, at most {limit:.3}", others.join(", "));
            if value <= limit {
                self.met += 1;
                println!("    met     {text}");
            } else {
                println!("    missed  {text}");
                self.missed.push(format!("{}: {row}: {text}", self.table));
            }
        }
        let Some(file) = &mut self.file else { return };
        let rounded =
            |times: &Vec<f64>| times.iter().map(|t| (t * 100.0).round() / 100.0).collect();
        let ns: Map<String, Value> = names
            .into_iter()
            .zip(&times)
            .map(|((name, _), times)| (name, rounded(times)))
            .collect();
        let line = json!({ "table": self.table, "row": row, "ns": ns });
        writeln!(file, "{line}").expect("FILE takes a line");
    }

    /// Prints how many targets were met, and which were missed.
    pub fn summary(&self) {
        println!("\n{} met, {} missed", self.met, self.missed.len());
        self.missed.iter().for_each(|missed| println!("missed: {missed}"));
    }
}

/// Nanoseconds, to two decimals if they are few.
struct Ns(f64);

impl std::fmt::Display for Ns {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{:.*}", if self.0 < 100.0 { 2 } else { 0 }, self.0)
    }
}
