//! The program `tincan`: reads what was typed and runs that command.

use clap::Parser;
use std::{
    io::{self, Write},
    process::ExitCode,
};
use tincan::{
    cli::{Cli, Command},
    commands::{audit, config, demo, doctor, key, migrate, serve, tenant, user},
};

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { settings, command } = Cli::parse();
    let outcome = match command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&settings).await,
        Command::Demo(options) => demo::run(&settings, &options).await,
        Command::Migrate => migrate::run(&settings).await,
        Command::Config(verb) => config::run(&settings, &verb),
        Command::Tenant(verb) => tenant::run(&settings, verb).await,
        Command::User(verb) => user::run(&settings, verb).await,
        Command::Key(verb) => key::run(&settings, &verb).await,
        Command::Audit(options) => audit::run(&settings, &options).await,
        Command::Doctor => doctor::run(&settings).await,
    };
    outcome.unwrap_or_else(|error| {
        // Whoever closed standard error does not want to read this.
        let _unread = writeln!(io::stderr(), "tincan: {error:#}");
        ExitCode::FAILURE
    })
}
