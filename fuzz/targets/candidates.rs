//! `cargo +nightly fuzz run candidates`: see [`tincan_fuzz_properties::candidates`].

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tincan_fuzz_properties::candidates::hold(bytes));
