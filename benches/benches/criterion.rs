//! The comparisons of the peers suite as criterion suites: content × length and whole documents.
//!
//! `make bench-escape-criterion ARGS="--quick 'clean ASCII/64'"` looks at one group only, quickly. The
//! comparison side by side, less exposed to what else the machine does, is peers.rs.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use webstr_benches::contenders::Destination;
use webstr_benches::contents::{CONTENTS, LENGTHS};
use webstr_benches::documents;
use webstr_benches::library::{self, Backend};
use webstr_benches::strings::Strings;

struct Suite {
    criterion: Criterion,
    backends: Vec<Backend>,
    destination: Destination,
}

impl Suite {
    /// A sample is a call with each of the strings.
    fn bench(&mut self, group: &str, strings: &Strings, bytes: usize) {
        let mut group = self.criterion.benchmark_group(group);
        group.throughput(Throughput::Bytes(bytes as u64));
        for (name, mut contender) in self.destination.all(&self.backends, strings) {
            group.bench_function(name, |bencher| {
                bencher.iter_custom(|calls| {
                    let start = Instant::now();
                    contender(calls as usize);
                    start.elapsed()
                });
            });
        }
        group.finish();
    }
}

fn main() {
    let criterion = Criterion::default()
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400))
        .configure_from_args();
    let mut suite =
        Suite { criterion, backends: library::installed(), destination: Destination::new() };
    suite.destination.check_special(&suite.backends);
    for content in &CONTENTS {
        for len in LENGTHS {
            let text = (content.text)(len);
            let group = format!("{}/{len}", content.name);
            suite.bench(&group, &Strings::in_order(&[&text]), len);
        }
    }
    for document in documents::documents() {
        let texts: Vec<&str> = document.strings.iter().map(String::as_str).collect();
        let bytes = texts.iter().map(|text| text.len()).sum();
        suite.bench(&format!("every string/{}", document.name), &Strings::in_order(&texts), bytes);
    }
    suite.criterion.final_summary();
}
