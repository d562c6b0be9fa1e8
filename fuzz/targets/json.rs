//! `cargo +nightly fuzz run json`: see [`tincan_fuzz_properties::json`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tincan_fuzz_properties::json::hold(bytes));
