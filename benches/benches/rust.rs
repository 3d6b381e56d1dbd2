//! `make bench-rust`: the safe functions beside the C library as it is installed, and beside serde_json.

use std::ffi::c_void;
use std::fmt::Write;
use std::hint::black_box;
use std::mem::MaybeUninit;

use webstr_benches::library;
use webstr_benches::measure::{Contender, measure, median};
use webstr_benches::setting;

const LENGTHS: [usize; 8] = [0, 4, 8, 17, 32, 64, 1024, 16384];

/// A call over and over.
fn contender<'a>(mut call: impl FnMut() + 'a) -> Contender<'a> {
    Box::new(move |calls| (0..calls).for_each(|_| call()))
}

fn main() {
    let backend = library::installed().remove(0);
    let escape_c = backend.functions("", 1).into.expect("the library exports it");
    println!("{}\nclean and escaped ASCII, ns per string, medians:", setting());
    let names = ["C", "escape_json_into", "push_escaped", "Escaped", "serde_json"];
    println!("{:20}{}", backend.name, names.map(|name| format!("{name:>18}")).concat());
    for (content, pattern) in [("clean", "abcdefgh"), ("one in 16", "abcdefgh\nijklmno")] {
        for len in LENGTHS {
            let text = &pattern.repeat(len / pattern.len() + 1)[..len];
            let mut buffer = vec![MaybeUninit::<u8>::uninit(); 6 * len + 2];
            let (dst, cap) = (buffer.as_mut_ptr().cast::<c_void>(), buffer.len());

            let mut room = buffer.clone();
            let mut strings = [(); 3].map(|()| String::with_capacity(6 * len + 2));
            let [pushed, displayed, by_serde] = &mut strings;
            let mut contenders = [
                contender(|| {
                    let text = black_box(text);
                    // SAFETY: the text is readable, and the buffer has this room.
                    black_box(unsafe { escape_c(text.as_ptr().cast(), text.len(), dst, cap) });
                }),
                contender(|| {
                    black_box(webstr::escape_json_into(black_box(text), &mut room).is_ok());
                }),
                contender(|| {
                    pushed.clear();
                    webstr::push_escaped(black_box(text), pushed);
                    black_box(&*pushed);
                }),
                contender(|| {
                    displayed.clear();
                    write!(displayed, "{}", webstr::Escaped(black_box(text)))
                        .expect("it takes all");
                    black_box(&*displayed);
                }),
                contender(|| {
                    by_serde.clear();
                    // SAFETY: serde_json appends UTF-8.
                    serde_json::to_writer(unsafe { by_serde.as_mut_vec() }, black_box(text))
                        .expect("it takes all");
                    black_box(&*by_serde);
                }),
            ];
            let times = measure(&mut contenders, 400).into_iter().map(median);
            let times: String = times.map(|ns| format!("{ns:18.2}")).collect();
            println!("{:20}{times}", format!("{content}, {len}"));
        }
    }
}
