//! `cargo +nightly fuzz run descriptions`: see [`tincan_fuzz_properties::descriptions`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tincan_fuzz_properties::descriptions::hold(bytes));
