//! The suites of Rust tests, run by nextest where it is installed and by cargo otherwise.

use std::process::Command;

use anyhow::Result;

use crate::{
    command::{cargo, output, watched},
    postgres::Postgres,
    report::Tally,
    suites::browsers,
};

/// The backend's tests, on SQLite and on a PostgreSQL started for them.
pub(super) fn storage(filter: &[String]) -> Result<Tally> {
    let postgres = Postgres::start()?;
    run(&["tincan-backend"], filter, &[("TINCAN_TEST_POSTGRES", &postgres.url())])
}

/// The relay's and the server's tests, what fuzzing once found, then unchanged foreign clients against
/// the real program.
pub(super) fn relay(filter: &[String]) -> Result<Tally> {
    let mut tally = run(
        &[
            "tincan-relay",
            "tincan",
            "tincan-app",
            "tincan-client",
            "tincan-widget",
            "xtask",
            "tincan-fuzz-properties",
        ],
        filter,
        &[],
    )?;
    tally.add(browsers::clients(filter)?);
    Ok(tally)
}

/// The tests of some crates.
pub(super) fn run(packages: &[&str], filter: &[String], environment: &[(&str, &str)]) -> Result<Tally> {
    let mut command = runner(!filter.is_empty());
    for package in packages {
        command.args(["-p", package]);
    }
    command.envs(environment.iter().copied()).args(filter);
    let mut tally = Tally::default();
    let success = watched(&mut command, |line| tally.read(line))?;
    Ok(tally.ended(success))
}

fn runner(filtered: bool) -> Command {
    let mut command = cargo();
    if output("cargo-nextest", &["--version"]).is_err() {
        command.args(["test", "--no-fail-fast"]);
        return command;
    }
    command.args(["nextest", "run", "--no-fail-fast"]);
    // A crate without tests is no failure, nor is a filter that fits another suite.
    command.arg(if filtered { "--no-tests=pass" } else { "--no-tests=warn" });
    command
}
