//! `cargo +nightly fuzz run tokens`: see [`tincan_fuzz_properties::tokens`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tincan_fuzz_properties::tokens::hold(bytes));
