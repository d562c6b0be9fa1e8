//! The suites that read the code without running it: format, lints, and the tree's own rules.

use anyhow::Result;

use crate::{
    command::{cargo, watched},
    prerequisites,
    report::Tally,
    tidy,
};

/// Everything is formatted.
pub(super) fn fmt(_filter: &[String]) -> Result<Tally> {
    prerequisites::component("rustfmt", "rustfmt")?;
    Ok(Tally::one(watched(cargo().args(["fmt", "--all", "--check"]), |_| {})?))
}

/// No lint speaks up: on the host, and in what browsers run.
pub(super) fn clippy(_filter: &[String]) -> Result<Tally> {
    prerequisites::component("clippy", "cargo-clippy")?;
    prerequisites::wasm_target("wasm32-unknown-unknown")?;
    let runs: [&[&str]; 3] = [
        &["--workspace", "--all-targets"],
        &["-p", "tincan-app", "--lib", "--features", "hydrate", "--target", "wasm32-unknown-unknown"],
        &["-p", "tincan-widget", "--lib", "--target", "wasm32-unknown-unknown"],
    ];
    let mut tally = Tally::default();
    for arguments in runs {
        let mut command = cargo();
        command.arg("clippy").args(arguments).args(["--", "-D", "warnings"]);
        tally.add(Tally::one(watched(&mut command, |_| {})?));
    }
    Ok(tally)
}

/// What Cargo.toml cannot hold.
pub(super) fn tidy(_filter: &[String]) -> Result<Tally> {
    let mut tally = Tally::default();
    for (name, complaints) in tidy::check()? {
        let passed = complaints.is_empty();
        eprintln!("{} {name}", if passed { "ok  " } else { "FAIL" });
        for complaint in complaints {
            eprintln!("     {complaint}");
        }
        tally.add(Tally::one(passed));
    }
    Ok(tally)
}
