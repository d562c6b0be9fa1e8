//! `cargo xtask bench`: measures the relay beside its peers, all of them release builds.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{
    command::{cargo, step},
    paths, prerequisites,
    profile::Profile,
    server,
};

/// What is measured, and how, stands in `bench/src`; its options are passed on.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    prerequisites::nats_server()?;
    prerequisites::npm_project(&paths::root().join("bench"))?;
    let program = server::build(Profile::Release)?;
    step("bench", cargo().args(["build", "--release", "-p", "tincan-bench", "--bins"]))?;
    let release = Profile::Release.directory();
    let status = Command::new(release.join("tincan-bench"))
        .args(arguments)
        .env("TINCAN_BENCH_PROGRAM", program)
        .env("TINCAN_BENCH_PEERJS", paths::root().join("bench/node_modules/peer/dist/bin/peerjs.js"))
        .env("TINCAN_BENCH_FOLDER", paths::target().join("bench"))
        .status()
        .context("starting the bench")?;
    ensure!(status.success(), "the bench failed");
    Ok(())
}
