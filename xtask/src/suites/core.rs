//! The pure core: its tests on the host, and the very same tests compiled to wasm and run in Node.

use std::process::Command;

use anyhow::{Context, Result};

use crate::{command::say, prerequisites, profile::Profile, report::Tally, suites::rust, wasm};

pub(super) fn run(filter: &[String]) -> Result<Tally> {
    let mut tally = rust::run(&["tincan-signaling"], filter, &[])?;
    // What the first half found is told even when the second cannot run.
    tally.add(in_node().unwrap_or_else(|error| {
        say(&format!("the core in Node: {error:#}"));
        Tally::one(false)
    }));
    Ok(tally)
}

/// A test program there has no output and no arguments: it runs every test, and the first that
/// fails ends it with a stack that names the test. So each program counts as one.
fn in_node() -> Result<Tally> {
    prerequisites::node()?;
    let out = Profile::Dev.directory().join("core-in-node");
    let mut tally = Tally::default();
    for module in wasm::tests_for_node("tincan-signaling", &out)? {
        let status = Command::new("node").arg(&module).status().context("cannot start node")?;
        say(&format!("in Node: {} {}", module.display(), if status.success() { "passed" } else { "FAILED" }));
        tally.add(Tally::one(status.success()));
    }
    Ok(tally)
}
