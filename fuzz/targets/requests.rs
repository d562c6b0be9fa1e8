//! `cargo +nightly fuzz run requests`: see [`tincan_fuzz_properties::requests`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tincan_fuzz_properties::requests::hold(bytes));
