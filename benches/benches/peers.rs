//! This library against the crates that escape JSON strings, the plain C loops, its other backends and
//! `memcpy`, on the same UTF-8 text, side by side in one run. The library is the one that is installed.
//!
//! "webstr" is `escape_json_ucs1_size` and `escape_json_ucs1`, for a buffer of the exact size;
//! "reserved" is `escape_json_ucs1` alone, into a buffer for the longest result, as the crates need
//! one. "into" is `escape_json_ucs1_into` with that room; "into, exact room" has room for a
//! string without escapes, and calls again where that is too little.
//!
//! The crates choose their instructions when they are built: sonic-rs uses the vector units of the
//! target CPU alone. v_jsonescape finds them at run time, and is inlined only if the target CPU has
//! them. So `make` builds this suite with `-C target-cpu=native`, which can only help the crates. json-escape-simd has its `avx512` feature on.

use serde_json::{Value, json};
use webstr_benches::contenders::Destination;
use webstr_benches::contents::{CONTENTS, LENGTHS};
use webstr_benches::library::{self, Backend};
use webstr_benches::measure::{AGAIN, Contender, Record, measure, print};
use webstr_benches::strings::Strings;
use webstr_benches::{documents, setting};

/// Of `measure`: many where a round takes microseconds, so that they outlast a busy moment of the
/// machine; few for the documents, which take milliseconds.
const ROUNDS: usize = 800;
const DOCUMENT_ROUNDS: usize = 40;

/// Of the first of `CONTENTS`, beside `LENGTHS`: every short one, and what makes a curve of the rest.
fn more_lengths() -> impl Iterator<Item = usize> {
    (0..=64).chain([128, 256, 512, 2048, 4096, 8192, 32768, 65536]).filter(|n| !LENGTHS.contains(n))
}

const WRITER_LENGTHS: [usize; 2] = [4096, 1 << 20];

struct Suite {
    backends: Vec<Backend>,
    destination: Destination,
    record: Record,
}

impl Suite {
    /// Times of one text, wherever it lies, or of all strings of a document.
    fn compare(&self, case: Value, strings: &Strings, per: usize, bytes: usize, rounds: usize) {
        self.destination.check_all(&self.backends, strings);
        let all = self.destination.all(&self.backends, strings);
        let (mut names, mut contenders): (Vec<_>, Vec<_>) =
            all.into_iter().map(|(name, contender)| (name.to_string(), contender)).unzip();
        names.push(format!("{}{AGAIN}", names[0]));
        contenders.push(self.destination.two_pass(self.backends[0].functions("", 1), strings));
        self.add(case, bytes, &names, contenders, per, rounds);
    }

    /// The writers alone beside `memcpy`.
    fn writers(&self, len: usize) {
        let text = (CONTENTS[0].text)(len);
        let strings = Strings::in_order(&[&text]);
        let mut names = vec!["memcpy".to_string()];
        let mut contenders = vec![self.destination.memcpy(&strings)];
        for backend in &self.backends {
            let write = backend.functions("", 1).write.expect("the library exports it");
            names.push(format!("webstr {}", backend.name));
            contenders.push(self.destination.c_writer(write, &strings));
        }
        let case = json!({ "writer": CONTENTS[0].name, "bytes": len });
        self.add(case, len, &names, contenders, 1, ROUNDS);
    }

    fn add(
        &self,
        case: Value,
        bytes: usize,
        names: &[String],
        mut contenders: Vec<Contender>,
        per: usize,
        rounds: usize,
    ) {
        let mut times = measure(&mut contenders, self.record.rounds(rounds));
        times.iter_mut().flatten().for_each(|ns| *ns /= per as f64);
        if !self.record.is_wanted() {
            print(&case, names, &times);
        }
        self.record.add(case, bytes, names, &times);
    }
}

fn main() {
    // `cargo test --benches` runs this too, and measures nothing.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let documents = documents::documents();
    let comparisons = CONTENTS.len() * LENGTHS.len()
        + more_lengths().count()
        + 2 * documents.len()
        + WRITER_LENGTHS.len();
    let record = Record::from_args("peers", comparisons);
    eprintln!("{}", setting());
    let suite = Suite { backends: library::installed(), destination: Destination::new(), record };
    suite.destination.check_special(&suite.backends);
    let lengths = CONTENTS.iter().flat_map(|content| LENGTHS.map(|len| (content, len)));
    for (content, len) in lengths.chain(more_lengths().map(|len| (&CONTENTS[0], len))) {
        let strings = Strings::spread((content.text)(len).as_bytes(), 1);
        let case = json!({ "content": content.name, "bytes": len });
        suite.compare(case, &strings, strings.per_call(), len, ROUNDS);
    }
    for document in documents {
        let texts: Vec<&str> = document.strings.iter().map(String::as_str).collect();
        let bytes = texts.iter().map(|text| text.len()).sum();
        let case = json!({ "document": document.name, "strings": texts.len() });
        suite.compare(case, &Strings::in_order(&texts), 1, bytes, DOCUMENT_ROUNDS);
        let case =
            json!({ "document": document.name, "strings": texts.len(), "order": "shuffled" });
        suite.compare(case, &Strings::shuffled(&texts), 1, bytes, DOCUMENT_ROUNDS);
    }
    for len in WRITER_LENGTHS {
        suite.writers(len);
    }
}
