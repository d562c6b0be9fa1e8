//! What can be typed after `tincan`, and the small print of answering at a terminal.

use crate::config::{Config, ConfigError, LogFormat, Overrides, file_in_use, load};
use clap::{Args, Parser, Subcommand};
use std::{
    env,
    fmt::Display,
    io::{self, Write as _},
    path::PathBuf,
};

/// Voice calls from a chat widget, peer to peer.
#[derive(Debug, Parser)]
#[command(name = "tincan", version)]
pub struct Cli {
    #[command(flatten)]
    pub settings: Settings,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Settings that every command knows; they win over the environment and the file.
#[derive(Debug, Args)]
pub struct Settings {
    /// The configuration file [default: tincan.toml, when it is there]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the database and the keys live [default: data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// The port; 0 picks a free one [default: 8080]
    #[arg(long, global = true, value_name = "N")]
    pub port: Option<u16>,
    /// Where browsers reach this server, such as https://chat.example.com
    #[arg(long, global = true, value_name = "URL")]
    pub public_url: Option<String>,
    /// How log lines look [default: pretty]
    #[arg(long, global = true, value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server (what happens without a command)
    Serve,
    /// Run a server with sample tenants, users and a sample customer's site
    Demo(crate::commands::demo::Options),
    /// Bring the database up to date and stop
    Migrate,
    /// Look at the configuration
    #[command(subcommand)]
    Config(crate::commands::config::Verb),
    /// Make and list tenants, and change their plan
    #[command(subcommand)]
    Tenant(crate::commands::tenant::Verb),
    /// Make, list and disable users, change roles, and reset passwords
    #[command(subcommand)]
    User(crate::commands::user::Verb),
    /// Look after the keys that sign tokens
    #[command(subcommand)]
    Key(crate::commands::key::Verb),
    /// Show who did what: sign-ins, changes of people, plans, sites and keys
    Audit(crate::commands::audit::Options),
    /// Check that this server can run here, and say how to mend what is wrong
    Doctor,
}

impl Settings {
    /// The configuration with these settings on top.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let file = file_in_use(self.config.clone());
        load(file.as_deref(), env::vars(), Overrides::new(), self.overrides())
    }

    /// The same, from `defaults` instead of the program's own, and without a file that was not
    /// named: a demo does not run on the settings of the server in the same folder.
    pub fn load_apart(&self, defaults: Overrides) -> Result<Config, ConfigError> {
        load(self.config.as_deref(), env::vars(), defaults, self.overrides())
    }

    fn overrides(&self) -> Overrides {
        let data_dir = self.data_dir.as_ref().map(|dir| dir.display().to_string());
        let format = self.log_format.map(|format| match format {
            LogFormat::Pretty => "pretty".to_owned(),
            LogFormat::Json => "json".to_owned(),
        });
        [
            ("data_dir", data_dir),
            ("listen.port", self.port.map(|port| port.to_string())),
            ("public_url", self.public_url.clone()),
            ("log.format", format),
        ]
        .into_iter()
        .filter_map(|(key, text)| text.map(|text| (key, text)))
        .collect()
    }
}

/// Writes one answer to standard output. A reader that went away is not an error of ours.
pub fn say(text: impl Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
