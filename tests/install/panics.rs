//! A library with a function that panics, as a control: `check_library.sh` must report it.
#![no_std]

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}

#[unsafe(no_mangle)]
pub extern "C" fn checked(count: usize) -> usize {
    assert!(count < 1 << 30);
    count
}
