//! `cargo xtask test`: the suites, in the order in which a mistake is cheapest to find.

mod browsers;
mod checks;
mod core;
mod rust;

use std::{io::Write, time::Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::{command::say, report::Tally};

/// A suite: its name for `--only`, and what it runs. The text is the filter behind `--`.
type Suite = (&'static str, fn(&[String]) -> Result<Tally>);

const SUITES: [Suite; 7] = [
    ("fmt", checks::fmt),
    ("tidy", checks::tidy),
    ("clippy", checks::clippy),
    ("core", core::run),
    ("storage", rust::storage),
    ("relay", rust::relay),
    ("e2e", browsers::run),
];

/// Runs all suites, or those named, to their end; a failure does not hide the next one.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (chosen, filter) = parse(arguments)?;
    let mut total = Tally::default();
    let mut times = Vec::new();
    for (name, suite) in SUITES {
        if !chosen.is_empty() && !chosen.iter().any(|wanted| wanted == name) {
            continue;
        }
        let started = Instant::now();
        say(&format!("suite {name}"));
        let tally = suite(&filter).unwrap_or_else(|error| {
            eprintln!("xtask: suite {name}: {error:#}");
            Tally::one(false)
        });
        let seconds = started.elapsed().as_secs_f32();
        times.push(format!(
            "{name:<8} {:>4} passed, {:>2} failed, {seconds:>6.1} s",
            tally.passed, tally.failed
        ));
        total.add(tally);
    }
    let mut out = std::io::stdout().lock();
    for line in times {
        writeln!(out, "{line}").context("writing the summary")?;
    }
    writeln!(out, "{} passed, {} failed", total.passed, total.failed).context("writing the summary")?;
    ensure!(total.failed == 0, "some tests failed");
    ensure!(total.passed > 0, "no test ran");
    Ok(())
}

/// Makes the README's pictures: the end-to-end run of them, with another place to put them.
pub(crate) fn shots() -> Result<()> {
    let tally = browsers::shots()?;
    ensure!(tally.failed == 0, "some pictures could not be made");
    Ok(())
}

fn parse(arguments: &[String]) -> Result<(Vec<String>, Vec<String>)> {
    let (mut chosen, mut rest) = (Vec::new(), arguments.iter());
    while let Some(argument) = rest.next() {
        if argument == "--" {
            return Ok((chosen, rest.cloned().collect()));
        }
        let names = match argument.strip_prefix("--only=") {
            Some(names) => names,
            None if argument == "--only" => rest.next().context("--only wants the names of suites")?,
            None => bail!("unknown argument {argument}; a filter stands behind --"),
        };
        chosen.extend(names.split(',').map(str::to_owned));
    }
    for name in &chosen {
        ensure!(
            SUITES.iter().any(|(known, _)| known == name),
            "there is no suite {name}; there are {}",
            SUITES.map(|(known, _)| known).join(", ")
        );
    }
    Ok((chosen, Vec::new()))
}
