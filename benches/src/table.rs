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

/// Prints lines, and counts the checks that they met and missed.
#[derive(Default)]
pub struct Table {
    /// Printed before the next line.
    heading: String,
    met: usize,
    missed: Vec<String>,
}

const NAME: usize = 30;
const TIME: usize = 11;
const CHECK: usize = 15;

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

impl Table {
    /// Begins a group of lines: the names of their times and checks.
    pub fn group(&mut self, title: &str, times: &[&str], checks: &[&str]) {
        self.heading = format!("\n{title:NAME$}{:9}", "backend");
        self.heading.extend(times.iter().map(|name| format!("{name:>TIME$}")));
        self.heading.extend(checks.iter().map(|name| format!("{name:>CHECK$}")));
    }

    /// Prints a line: the medians of `times`, then the checks, a `None` as an empty cell.
    pub fn line(
        &mut self,
        name: &str,
        backend: &str,
        samples: &[Vec<f64>],
        times: &[usize],
        checks: &[Option<Check>],
    ) {
        let line = self.judge(name, backend, samples, times, checks);
        self.print(&line);
    }

    /// The same, but prints nothing if all checks are met.
    pub fn line_if_missed(
        &mut self,
        name: &str,
        backend: &str,
        samples: &[Vec<f64>],
        times: &[usize],
        checks: &[Option<Check>],
    ) {
        let missed = self.missed.len();
        let line = self.judge(name, backend, samples, times, checks);
        if self.missed.len() > missed {
            self.print(&line);
        }
    }

    /// Prints how many checks were met, and which were missed.
    pub fn summary(&self) {
        println!("\n{} met, {} missed", self.met, self.missed.len());
        self.missed.iter().for_each(|missed| println!("missed: {missed}"));
    }

    fn print(&mut self, line: &str) {
        let heading = std::mem::take(&mut self.heading);
        if !heading.is_empty() {
            println!("{heading}");
        }
        println!("{line}");
    }

    fn judge(
        &mut self,
        name: &str,
        backend: &str,
        samples: &[Vec<f64>],
        times: &[usize],
        checks: &[Option<Check>],
    ) -> String {
        let mut line = format!("{name:NAME$}{backend:9}");
        for &i in times {
            let ns = median(samples[i].iter().copied());
            line += &format!("{ns:>TIME$.0$}", if ns < 100.0 { 2 } else { 0 });
        }
        let mut verdict = "";
        for check in checks {
            let Some(check) = check else {
                line += &" ".repeat(CHECK);
                continue;
            };
            let value = check.value(samples);
            let Some(limit) = check.limit else {
                line += &format!("{value:>8.2}{}", " ".repeat(CHECK - 8));
                continue;
            };
            let (sign, result) = if value <= limit { ("≤", "met") } else { (">", "missed") };
            line += &format!("{value:>8.2} {sign}{limit:<0$.3}", CHECK - 10);
            if value <= limit {
                self.met += 1;
            } else {
                self.missed.push(format!("{name}, {backend}: {value:.2}, wanted {limit:.3}"));
            }
            if verdict != "missed" {
                verdict = result;
            }
        }
        line + "  " + verdict
    }
}
