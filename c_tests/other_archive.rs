//! A second Rust static library, with the standard library, panics and a thread inside.
//! Linked beside libwebstr.a it shows that the two runtimes do not collide.

/// Returns 42 if a panic in another thread was caught here.
#[no_mangle]
pub extern "C" fn other_archive_answer() -> u32 {
    std::panic::set_hook(Box::new(|_| ()));
    let text = format!("{}", 42);
    let panicked = std::thread::spawn(|| -> u32 { panic!("caught below") }).join().is_err();
    let caught = std::panic::catch_unwind(|| -> u32 { "x".parse().unwrap() }).is_err();
    if panicked && caught { text.parse().unwrap_or(0) } else { 0 }
}
