//! The suites that run in Node against the real program: unchanged clients from npm, and calls in Chromium.

use std::{fs, process::Command};

use anyhow::{Context, Result};

use crate::{command::watched, paths, prerequisites, profile::Profile, report::Tally, server, site};

/// Calls between real browsers.
pub(super) fn run(filter: &[String]) -> Result<Tally> {
    let chromium = prerequisites::chromium()?;
    node("tests", filter, &[("TINCAN_TEST_CHROMIUM", chromium.to_string_lossy().as_ref())])
}

/// The pictures of the README.
pub(super) fn shots() -> Result<Tally> {
    let chromium = prerequisites::chromium()?;
    let shots = paths::root().join("docs/shots");
    let environment = [
        ("TINCAN_TEST_CHROMIUM", chromium.to_string_lossy()),
        ("TINCAN_TEST_SHOTS", shots.to_string_lossy()),
    ];
    let environment: Vec<_> = environment.iter().map(|(key, value)| (*key, value.as_ref())).collect();
    node("tests", &["^pictures".to_owned()], &environment)
}

/// Existing Realtime clients, as npm and PyPI give them.
pub(super) fn clients(filter: &[String]) -> Result<Tally> {
    let chromium = prerequisites::chromium()?;
    prerequisites::python()?;
    node("clients", filter, &[("TINCAN_TEST_CHROMIUM", chromium.to_string_lossy().as_ref())])
}

fn node(folder: &str, filter: &[String], environment: &[(&str, &str)]) -> Result<Tally> {
    prerequisites::node_packages()?;
    site::build(Profile::Dev)?;
    let program = server::build(Profile::Dev)?;
    let directory = paths::end2end().join(folder);
    let mut files: Vec<_> = fs::read_dir(&directory)
        .with_context(|| format!("reading {}", directory.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    let mut command = Command::new("node");
    // One file after the other: each has its own server and browsers, and times of calls are looked at.
    command.args(["--test", "--test-reporter=spec", "--test-concurrency=1"]);
    for pattern in filter {
        command.arg(format!("--test-name-pattern={pattern}"));
    }
    command
        .args(files)
        .current_dir(paths::end2end())
        .env("TINCAN_TEST_PROGRAM", program)
        .env("TINCAN_TEST_SITE", paths::site(Profile::Dev))
        .envs(environment.iter().copied());
    let mut tally = Tally::default();
    let success = watched(&mut command, |line| tally.read(line))?;
    Ok(tally.ended(success))
}
