//! Criterion suite of the escaping of UTF-8 text (ucs1, ensure_ascii=False): content × length and
//! whole documents, for this library, its backends, the plain C loops and the crates of `escapers`.
//!
//! `cargo bench --bench criterion -- --quick 'clean ASCII/64'` looks at one group only, quickly. The
//! comparison side by side, less exposed to what else the machine does, is peers.rs.

use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput};
use webstr_benches::contents::{CONTENTS, LENGTHS};
use webstr_benches::escapers::{self, Escaper};
use webstr_benches::{backends, documents};

fn bench(
    criterion: &mut Criterion,
    group: &str,
    strings: &[&str],
    escapers: &[Escaper],
    buffer: &mut Vec<u8>,
) {
    let bytes: usize = strings.iter().map(|text| text.len()).sum();
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Bytes(bytes as u64));
    for escaper in escapers {
        group.bench_function(escaper.name, |bencher| {
            bencher.iter_custom(|calls| {
                let start = Instant::now();
                escaper.run(calls as usize, strings, buffer);
                start.elapsed()
            });
        });
    }
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default()
        .without_plots()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400))
        .configure_from_args();

    let mut escapers = vec![escapers::ours_exact(), escapers::ours_reserved()];
    escapers.extend(backends().into_iter().map(escapers::backend));
    escapers.push(escapers::c_loops());
    escapers.extend(escapers::crates());
    escapers::check_all(&escapers[1..], &escapers[0]);
    escapers.push(escapers::memcpy());

    let mut buffer = escapers::buffer();
    for content in &CONTENTS {
        for len in LENGTHS {
            let text = (content.text)(len);
            bench(
                &mut criterion,
                &format!("{}/{len}", content.name),
                &[&text],
                &escapers,
                &mut buffer,
            );
        }
    }
    for document in documents::documents() {
        let strings: Vec<&str> = document.strings.iter().map(String::as_str).collect();
        bench(
            &mut criterion,
            &format!("every string/{}", document.name),
            &strings,
            &escapers,
            &mut buffer,
        );
    }
    criterion.final_summary();
}
