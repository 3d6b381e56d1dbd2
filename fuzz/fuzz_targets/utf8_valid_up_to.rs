#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| webstr_fuzz::utf8_valid_up_to(data));
