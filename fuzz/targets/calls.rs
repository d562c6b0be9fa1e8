//! `cargo +nightly fuzz run calls`: see [`tincan_fuzz_properties::calls`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tincan_fuzz_properties::calls::hold(bytes));
