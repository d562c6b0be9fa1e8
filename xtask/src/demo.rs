//! `cargo xtask demo`: builds what is needed and becomes the program, so that signals and the exit
//! code are the program's own and its standard output holds nothing else.

use std::{os::unix::process::CommandExt, process::Command};

use anyhow::{Context, Result};

use crate::{command::say, paths, profile::Profile, server, site};

/// Everything but `--release` goes to the program as it is.
pub(crate) fn run(mut arguments: Vec<String>) -> Result<()> {
    let before = arguments.len();
    arguments.retain(|argument| argument != "--release");
    let profile = Profile::from_flag(arguments.len() != before);

    site::build(profile)?;
    let program = server::build(profile)?;
    say("tincan demo");
    let error = Command::new(&program)
        .arg("demo")
        .args(arguments)
        .env("TINCAN__SITE_ROOT", paths::site(profile))
        .exec();
    Err(error).with_context(|| format!("cannot start {}", program.display()))
}
