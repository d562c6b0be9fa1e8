//! Running other programs: says what runs, how long it took, and fails with its name.

use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, bail, ensure};

/// The cargo that called us, so that both use one toolchain.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(crate::paths::root());
    // Read by Leptos when it is compiled: a value left over in a shell would change the names our pages ask for.
    command.env_remove("LEPTOS_OUTPUT_NAME");
    command
}

/// Runs a step of the build. Its standard output goes to standard error: ours belongs to the program that is run last.
pub(crate) fn step(label: &str, command: &mut Command) -> Result<()> {
    say(label);
    let started = Instant::now();
    let status = command
        .stdout(std::io::stderr())
        .status()
        .with_context(|| format!("{label}: cannot start {}", name(command)))?;
    ensure!(status.success(), "{label}: {} failed", name(command));
    say(&format!("{label}: {:.1} s", started.elapsed().as_secs_f32()));
    Ok(())
}

/// Runs a program to its end, shows what it writes as it comes, and gives the lines to `each`.
pub(crate) fn watched(command: &mut Command, mut each: impl FnMut(&str)) -> Result<bool> {
    // One pipe for both streams keeps their lines in order.
    let (reader, writer) = std::io::pipe().context("making a pipe")?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(writer.try_clone().context("sharing a pipe")?)
        .stderr(writer)
        .spawn()
        .with_context(|| format!("cannot start {}", name(command)))?;
    // The command still holds the writing end; without this the pipe never ends.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    for line in BufReader::new(reader).split(b'\n') {
        let line = line.context("reading what a program writes")?;
        let line = String::from_utf8_lossy(&line);
        eprintln!("{line}");
        each(&line);
    }
    Ok(child.wait().context("waiting for a program")?.success())
}

/// What a program prints, when it is there and succeeds.
pub(crate) fn output(program: impl AsRef<OsStr>, arguments: &[&str]) -> Result<String> {
    let program = program.as_ref();
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("cannot start {}", program.to_string_lossy()))?;
    if !output.status.success() {
        bail!("{} failed: {}", program.to_string_lossy(), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// One line of progress.
pub(crate) fn say(line: &str) {
    eprintln!("==> {line}");
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}
