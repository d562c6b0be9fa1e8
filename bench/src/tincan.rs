//! Our server under load: the release program on embedded SQLite. Its limits are all on, with
//! numbers that this load does not reach.

use crate::process::{Process, free_port};
use anyhow::{Context, Result};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What tokens name as their issuer; nobody connects to it.
pub(crate) const PUBLIC_URL: &str = "http://localhost:8080";

/// Starts the server on this data directory.
pub(crate) async fn start(data: &Path) -> Result<Process> {
    let program = env::var_os("TINCAN_BENCH_PROGRAM").context("TINCAN_BENCH_PROGRAM names no program")?;
    let address = free_port()?;
    let mut command = Command::new(program);
    command
        .arg("serve")
        .current_dir(data)
        .env("TINCAN__DATA_DIR", data)
        .env("TINCAN__SITE_ROOT", site(data)?)
        .env("TINCAN__PUBLIC_URL", PUBLIC_URL)
        .env("TINCAN__LISTEN__ADDRESSES", address.ip().to_string())
        .env("TINCAN__LISTEN__PORT", address.port().to_string())
        .env("TINCAN__METRICS__LISTEN", free_port()?.to_string())
        .env("TINCAN__AUTH__ACCESS_TTL_S", "604800")
        .stderr(Stdio::null());
    for (key, number) in LIMITS {
        command.env(format!("TINCAN__LIMITS__{key}"), number);
    }
    Process::start(&mut command, address).await
}

/// Starts it on a copy, which is gone with the next one.
pub(crate) async fn start_on_copy(data: &Path) -> Result<Process> {
    let copy = data.with_file_name("run");
    if copy.exists() {
        fs::remove_dir_all(&copy)?;
    }
    fs::create_dir_all(&copy)?;
    for entry in fs::read_dir(data)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), copy.join(entry.file_name()))?;
        }
    }
    start(&copy).await
}

/// A site without pages: nobody here asks for one.
fn site(data: &Path) -> Result<PathBuf> {
    let site = data.with_file_name("site");
    fs::create_dir_all(site.join("pkg"))?;
    fs::write(site.join("pkg/manifest.json"), "{}")?;
    Ok(site)
}

/// Everybody comes from one machine here, and is much faster than people are.
const LIMITS: [(&str, &str); 15] = [
    ("WIDGET_SESSIONS_PER_MINUTE", "10000000"),
    ("SOCKET__SOCKETS", "19000"),
    ("SOCKET__SOCKETS_PER_TENANT", "19000"),
    ("SOCKET__SOCKETS_PER_ADDRESS", "19000"),
    ("SOCKET__UPGRADES__BURST", "1000000"),
    ("SOCKET__UPGRADES__PER_SECOND", "1000000"),
    ("SOCKET__RATES__SIGNALS__BURST", "1000000"),
    ("SOCKET__RATES__SIGNALS__PER_SECOND", "1000000"),
    ("SOCKET__RATES__MESSAGES__BURST", "1000000"),
    ("SOCKET__RATES__MESSAGES__PER_SECOND", "1000000"),
    ("SOCKET__RATES__FRAMES__BURST", "1000000"),
    ("SOCKET__RATES__FRAMES__PER_SECOND", "1000000"),
    ("SOCKET__RATES__BYTES__BURST", "1000000000"),
    ("SOCKET__RATES__BYTES__PER_SECOND", "1000000000"),
    ("SOCKET__RECORDS", "100000"),
];
