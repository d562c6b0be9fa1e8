//! A PostgreSQL of the tests' own: made in a temporary directory, reached on a free port, gone afterwards.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{command::say, prerequisites};

/// A running server; stopped and removed when dropped.
pub(crate) struct Postgres {
    server: Child,
    programs: PathBuf,
    directory: PathBuf,
    port: u16,
}

impl Postgres {
    /// Makes a cluster and starts it. Durability is off: the tests ask what is stored, not what survives a power cut.
    pub(crate) fn start() -> Result<Self> {
        let programs = prerequisites::postgres()?;
        let directory = env::temp_dir().join(format!("tincan-postgres-{}", std::process::id()));
        fs::create_dir_all(&directory).with_context(|| format!("making {}", directory.display()))?;
        if let Some(user) = other_user() {
            let owned = Command::new("chown").arg(user).arg(&directory).status().context("chown")?;
            ensure!(owned.success(), "cannot give {} to {user}", directory.display());
        }
        let data = directory.join("data");
        let made = as_owner(&programs.join("initdb"))
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
            .arg(&data)
            .current_dir(&directory)
            .stdout(Stdio::null())
            .status()
            .context("initdb")?;
        ensure!(made.success(), "initdb failed");

        let port = free_port()?;
        let log = fs::File::create(directory.join("log")).context("making PostgreSQL's log")?;
        let server = as_owner(&programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(&directory)
            .args(["-p", &port.to_string(), "-h", "127.0.0.1"])
            .args(["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300"])
            .current_dir(&directory)
            .stdout(log.try_clone().context("sharing PostgreSQL's log")?)
            .stderr(log)
            .spawn()
            .context("starting postgres")?;
        let mut postgres = Self { server, programs, directory, port };
        postgres.wait_until_ready()?;
        say(&format!("PostgreSQL of the tests on port {port}"));
        Ok(postgres)
    }

    /// What the tests connect to.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let asked = Instant::now();
        while asked.elapsed() < Duration::from_secs(60) {
            if self.server.try_wait().context("watching postgres")?.is_some() {
                break;
            }
            // pg_isready itself waits for an answer, so this does not spin.
            let ready = Command::new(self.programs.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-t", "1", "-p", &self.port.to_string()])
                .status()
                .context("pg_isready")?;
            if ready.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        bail!("PostgreSQL did not start:\n{log}")
    }

    /// The first line of the server's own pid file; under root our child is `runuser`, not the server.
    fn pid(&self) -> Option<String> {
        let text = fs::read_to_string(self.directory.join("data/postmaster.pid")).ok()?;
        text.lines().next().map(str::to_owned)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        if let Some(pid) = self.pid() {
            // SIGINT is PostgreSQL's "fast" stop: it ends sessions and leaves at once.
            let _ = Command::new("kill").args(["-INT", &pid]).status();
        }
        let _ = self.server.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// PostgreSQL refuses to run as root; then it runs as the user its package made, or as nobody.
fn other_user() -> Option<&'static str> {
    if !prerequisites::is_root() {
        return None;
    }
    let known = |user: &str| crate::command::output("id", &["-u", user]).is_ok();
    if known("postgres") { Some("postgres") } else { Some("nobody") }
}

fn as_owner(program: &Path) -> Command {
    let Some(user) = other_user() else { return Command::new(program) };
    let mut command = Command::new("runuser");
    command.args(["-u", user, "--"]).arg(program);
    command
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("looking for a free port")?;
    Ok(listener.local_addr().context("looking for a free port")?.port())
}
