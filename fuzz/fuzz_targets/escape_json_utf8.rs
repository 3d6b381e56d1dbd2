#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| webstr_fuzz::escape_json_utf8(data));
