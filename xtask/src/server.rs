//! Builds the program.

use std::path::PathBuf;

use anyhow::Result;

use crate::{
    command::{cargo, step},
    profile::Profile,
};

/// Builds `tincan` and tells where it lies.
pub(crate) fn build(profile: Profile) -> Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "-p", "tincan"]);
    if profile == Profile::Release {
        command.arg("--release");
    }
    step("server", &mut command)?;
    let program = format!("tincan{}", std::env::consts::EXE_SUFFIX);
    Ok(profile.directory().join(program))
}
