//! `tincan doctor`: looks at everything the server needs, and says how to mend what is missing.
//! It changes nothing.

use crate::{
    assets::Assets,
    cli::{self, Settings},
    config::Config,
    listeners::Listeners,
    parts,
};
use std::{
    fmt, fs, io,
    net::{SocketAddr, TcpListener},
    path::Path,
    process::ExitCode,
    time::UNIX_EPOCH,
};
use tincan_backend::{Backend, Clock};

/// What one look found.
struct Finding {
    what: &'static str,
    verdict: Verdict,
    /// What is so, and when something is wrong how to mend it.
    words: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    /// It runs, but perhaps not as wanted.
    Mind,
    Wrong,
}

/// Checks everything and fails when something is wrong.
pub async fn run(settings: &Settings) -> anyhow::Result<ExitCode> {
    let config = match settings.load() {
        Ok(config) => config,
        Err(error) => {
            // Everything else depends on the configuration.
            cli::say(wrong("configuration", format!("{error}. Mend that key, then ask again.")))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let findings = [
        good("configuration", "read; `tincan config check` shows it"),
        data_dir(&config.data_dir),
        database(&config).await,
        public_url(&config),
        site(&config),
        clock(),
        port(&config),
        metrics(&config),
    ];
    for finding in &findings {
        cli::say(finding)?;
    }
    let wrong = findings.iter().filter(|finding| finding.verdict == Verdict::Wrong).count();
    if wrong == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    cli::say(format_args!("\n{wrong} to mend."))?;
    Ok(ExitCode::FAILURE)
}

fn data_dir(folder: &Path) -> Finding {
    let what = "data folder";
    let shown = folder.display();
    // It may not be there yet; then the folder it will be made in must be writable.
    let existing = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    match writable(existing) {
        Ok(()) if folder.is_dir() => good(what, format!("{shown} is writable")),
        Ok(()) => good(what, format!("{shown} will be made at first start")),
        Err(error) => wrong(
            what,
            format!(
                "cannot write in {}: {error}. Give this user the right to, or choose another with --data-dir",
                existing.display()
            ),
        ),
    }
}

fn writable(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".tincan-doctor-{}", std::process::id()));
    fs::write(&probe, b"")?;
    fs::remove_file(&probe)
}

async fn database(config: &Config) -> Finding {
    let what = "database";
    let url = config.database_url();
    let public_url = super::public_url(config);
    match Backend::inspect(&parts::backend_config(config, &public_url)).await {
        Ok(state) if !state.exists => mind(what, format!("{url} is not there yet. Make it: tincan migrate")),
        Ok(state) if state.pending_migrations > 0 => mind(
            what,
            format!(
                "{url} misses {} migrations. `tincan serve` runs them, or now: tincan migrate",
                state.pending_migrations
            ),
        ),
        Ok(_) => good(what, format!("{url} answers and is up to date")),
        Err(error) => wrong(what, format!("{url}: {error}. Check database.url")),
    }
}

fn public_url(config: &Config) -> Finding {
    let what = "public URL";
    let url = super::public_url(config);
    if url.is_loopback() {
        let words = format!("{url} works on this machine only. To go live set public_url");
        return mind(what, words);
    }
    if config.tls.is_none() && config.trusted_proxies.is_empty() {
        let words = format!(
            "{url}, but neither tls nor trusted_proxies is set: behind a proxy all visitors share \
             its address and its limits. Set trusted_proxies to the proxy's address"
        );
        return mind(what, words);
    }
    good(what, format!("{url}"))
}

fn site(config: &Config) -> Finding {
    let root = config.site_root();
    match Assets::read(&root) {
        Ok(_) => good("pages", format!("in {}", root.display())),
        Err(error) => wrong("pages", format!("{error}. Or say where they are with site_root")),
    }
}

/// Without asking anybody: a clock that stands before this program was installed is wrong.
fn clock() -> Finding {
    let what = "clock";
    let now_s = Clock::system().now().0 / 1000;
    let installed = std::env::current_exe()
        .and_then(fs::metadata)
        .and_then(|file| file.modified())
        .ok()
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map(|since| since.as_secs());
    match installed {
        Some(installed) if now_s < installed => wrong(
            what,
            "it stands before the day this program was installed, so tokens and certificates fail. Switch on NTP: timedatectl set-ntp true",
        ),
        _ => good(what, "plausible; whether it is exact was not asked of anybody"),
    }
}

fn port(config: &Config) -> Finding {
    let what = "port";
    let port = config.listen.port;
    match Listeners::bind(&config.listen) {
        Ok(_) if port == 0 => good(what, "a free one will be picked"),
        Ok(_) => good(what, format!("{port} is free")),
        Err(error) if error.source.kind() == io::ErrorKind::AddrInUse => wrong(
            what,
            format!(
                "{port} is taken, perhaps by this server. Stop that program, or choose another with --port"
            ),
        ),
        Err(error) if error.source.kind() == io::ErrorKind::PermissionDenied => wrong(
            what,
            format!(
                "{port} needs more rights. Use one from 1024 on behind a proxy, or give the program CAP_NET_BIND_SERVICE"
            ),
        ),
        Err(error) => wrong(what, format!("{error}. Check listen.addresses")),
    }
}

fn metrics(config: &Config) -> Finding {
    let what = "metrics";
    let crate::config::MetricsListener::On(address) = config.metrics.listen else {
        return good(what, "off");
    };
    let words = match TcpListener::bind(address) {
        Err(error) => {
            return wrong(
                what,
                format!(
                    "cannot listen on {address}: {error}. Choose another with metrics.listen, or set it to \"off\""
                ),
            );
        }
        Ok(_) if is_open(address) => {
            return mind(what, format!("{address} is open to other machines and asks nobody who they are"));
        }
        Ok(_) => format!("on {address}"),
    };
    good(what, words)
}

fn is_open(address: SocketAddr) -> bool {
    !address.ip().is_loopback()
}

fn good(what: &'static str, words: impl Into<String>) -> Finding {
    Finding { what, verdict: Verdict::Good, words: words.into() }
}

fn mind(what: &'static str, words: impl Into<String>) -> Finding {
    Finding { what, verdict: Verdict::Mind, words: words.into() }
}

fn wrong(what: &'static str, words: impl Into<String>) -> Finding {
    Finding { what, verdict: Verdict::Wrong, words: words.into() }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.verdict {
            Verdict::Good => "ok",
            Verdict::Mind => "note",
            Verdict::Wrong => "WRONG",
        };
        write!(f, "{sign:<6} {:<14} {}", self.what, self.words)
    }
}
