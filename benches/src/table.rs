//! Lines of a table: times, and factors with their targets.

use crate::measure::median;

/// What a factor, or a difference in ns, is of: medians over the rounds, each of which says its own.
pub enum Of {
    /// Times as long as each of these takes, at the one that is the fastest.
    Times(Vec<usize>),
    /// Nanoseconds longer than it takes.
    Longer(usize),
}

pub struct Check {
    pub ours: usize,
    pub of: Of,
    /// At most; `None`: shown, not judged.
    pub limit: Option<f64>,
}

/// How many were met and missed.
#[derive(Default)]
pub struct Tally {
    pub met: usize,
    pub missed: Vec<String>,
}

const NAME: usize = 30;
const TIME: usize = 11;
const CHECK: usize = 15;

pub fn heading(title: &str, times: &[&str], checks: &[&str]) {
    println!();
    print!("{title:NAME$}{:9}", "backend");
    times.iter().for_each(|name| print!("{name:>TIME$}"));
    checks.iter().for_each(|name| print!("{name:>CHECK$}"));
    println!();
}

impl Check {
    /// The factor or difference in these samples: of each contender, of every round.
    pub fn value(&self, samples: &[Vec<f64>]) -> f64 {
        let over = |other: usize, combine: fn(f64, f64) -> f64| {
            let pairs = samples[self.ours].iter().zip(&samples[other]);
            median(pairs.map(|(&ours, &other)| combine(ours, other)))
        };
        match &self.of {
            Of::Times(others) => others
                .iter()
                .map(|&other| over(other, |ours, other| ours / other))
                .fold(0.0, f64::max),
            Of::Longer(other) => over(*other, |ours, other| ours - other),
        }
    }
}

/// Prints a line: the medians of `times`, then the checks, a `None` as an empty cell.
pub fn line(
    name: &str,
    backend: &str,
    samples: &[Vec<f64>],
    times: &[usize],
    checks: &[Option<Check>],
    tally: &mut Tally,
) {
    println!("{}", format_line(name, backend, samples, times, checks, tally));
}

/// The same, but prints nothing if all checks are met.
pub fn line_if_missed(
    name: &str,
    backend: &str,
    samples: &[Vec<f64>],
    times: &[usize],
    checks: &[Option<Check>],
    tally: &mut Tally,
) {
    let missed = tally.missed.len();
    let line = format_line(name, backend, samples, times, checks, tally);
    if tally.missed.len() > missed {
        println!("{line}");
    }
}

fn format_line(
    name: &str,
    backend: &str,
    samples: &[Vec<f64>],
    times: &[usize],
    checks: &[Option<Check>],
    tally: &mut Tally,
) -> String {
    let mut line = format!("{name:NAME$}{backend:9}");
    for &i in times {
        let ns = median(samples[i].iter().copied());
        line += &format!("{ns:>TIME$.0$}", if ns < 100.0 { 2 } else { 0 });
    }
    let mut verdict = "";
    for check in checks {
        let Some(check) = check else {
            line += &format!("{:CHECK$}", "");
            continue;
        };
        let value = check.value(samples);
        let Some(limit) = check.limit else {
            line += &format!("{value:>8.2}{:1$}", "", CHECK - 8);
            continue;
        };
        let met = value <= limit;
        line += &format!("{value:>8.2} {}{limit:<1$.3}", if met { "≤" } else { ">" }, CHECK - 10);
        if met {
            tally.met += 1;
            verdict = if verdict.is_empty() { "met" } else { verdict };
        } else {
            tally.missed.push(format!("{name}, {backend}: {value:.2}, wanted {limit}"));
            verdict = "missed";
        }
    }
    line + "  " + verdict
}
