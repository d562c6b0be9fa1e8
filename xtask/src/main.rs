//! The one tool that builds, runs and tests Tincan. Reads its arguments and hands over; each step has its own file.

mod bench;
mod command;
mod css;
mod demo;
mod measure;
mod paths;
mod postgres;
mod prerequisites;
mod profile;
mod report;
mod server;
mod site;
mod sizes;
mod suites;
mod tidy;
mod wasm;

use std::process::ExitCode;

use profile::Profile;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let result = match command.as_str() {
        "demo" => demo::run(rest),
        "build" => build(&rest),
        "test" => suites::run(&rest),
        "sizes" => sizes::run(),
        "measure" => measure::run(&rest),
        "bench" => bench::run(&rest),
        "shots" => suites::shots(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn build(arguments: &[String]) -> anyhow::Result<()> {
    let profile = Profile::from_flag(arguments.iter().any(|argument| argument == "--release"));
    site::build(profile)?;
    server::build(profile)?;
    Ok(())
}

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  demo [--release] [OPTIONS]   build everything and run `tincan demo OPTIONS`
                               (--port N, --data-dir DIR, --json, ...)
  test [--only SUITE[,SUITE]] [-- FILTER]
                               run every test, or only some suites:
                               fmt, clippy, tidy, core, storage, relay, e2e
  build [--release]            build the pages and the server, run nothing
  sizes                        what a visitor downloads, from a release build
  measure [CALLS]              times of a call, memory and CPU, from a release build
  bench [OPTIONS]              the relay beside its peers, from release builds
                               (--rows a,b,c, --sockets N,N, --quick, --help)
  shots                        make the pictures of docs/shots anew";
