//! `cargo +nightly fuzz run frames`: see [`tincan_fuzz_properties::frames`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tincan_fuzz_properties::frames::hold(bytes));
