//! `cargo xtask measure`: runs the measuring program on a release build.

use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{paths, prerequisites, profile::Profile, server, site};

/// What is measured, and how, stands in `bench/measure.mjs`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let chromium = prerequisites::chromium()?;
    prerequisites::node_packages()?;
    site::build(Profile::Release)?;
    let program = server::build(Profile::Release)?;
    let status = Command::new("node")
        .arg("bench/measure.mjs")
        .args(arguments)
        .current_dir(paths::root())
        .env("TINCAN_TEST_PROGRAM", program)
        .env("TINCAN_TEST_SITE", paths::site(Profile::Release))
        .env("TINCAN_TEST_CHROMIUM", chromium)
        .status()
        .context("starting node")?;
    ensure!(status.success(), "the measuring program failed");
    Ok(())
}
