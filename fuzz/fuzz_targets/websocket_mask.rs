#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| webstr_fuzz::websocket_mask(data));
