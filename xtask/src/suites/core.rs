//! The pure core: its tests on the host, and its scenarios compiled to wasm and run in Node.

use std::process::Command;

use anyhow::Result;

use crate::{
    command::watched,
    paths, prerequisites,
    profile::Profile,
    report::Tally,
    suites::rust,
    wasm::{self, CORE_CHECK},
};

pub(super) fn run(filter: &[String]) -> Result<Tally> {
    let mut tally = rust::run(&["tincan-signaling"], filter, &[])?;
    prerequisites::node()?;
    let out = Profile::Dev.directory().join("core-check");
    wasm::for_node(&CORE_CHECK, &out)?;
    let mut in_wasm = Tally::default();
    let mut command = Command::new("node");
    command
        .args(["--test", "--test-reporter=spec"])
        .arg(paths::root().join("signaling/wasm-check/run.mjs"))
        .env("TINCAN_TEST_CORE", out.join("core.js"));
    let success = watched(&mut command, |line| in_wasm.read(line))?;
    tally.add(in_wasm.ended(success));
    Ok(tally)
}
