//! What the build and the tests need beside Rust: checked, installed where that is possible without
//! asking (saying so), and otherwise named with the way to get it. Nothing is ever skipped.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    command::{output, say, step},
    paths,
};

/// The Rust target the pages are compiled for.
pub(crate) fn wasm_target(target: &str) -> Result<()> {
    let directory = output(rustc(), &["--print", "target-libdir", "--target", target])?;
    if Path::new(&directory).exists() {
        return Ok(());
    }
    rustup(&["target", "add", target], &format!("the Rust target {target}"))
}

/// A rustup component such as `clippy`; `program` is the file it brings.
pub(crate) fn component(component: &str, program: &str) -> Result<()> {
    if on_path(program).is_some() && output(program, &["--version"]).is_ok() {
        return Ok(());
    }
    rustup(&["component", "add", component], component)
}

/// Chromium, for the end-to-end tests.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(given) = env::var_os("TINCAN_TEST_CHROMIUM") {
        return Ok(given.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome"];
    let find = || names.iter().find_map(|name| on_path(name));
    if let Some(found) = find() {
        return Ok(found);
    }
    apt("chromium", "Chromium (or set TINCAN_TEST_CHROMIUM to a Chrome)")?;
    find().context("chromium was installed but is not on PATH")
}

/// The directory with PostgreSQL's `initdb` and `postgres`.
pub(crate) fn postgres() -> Result<PathBuf> {
    if let Some(found) = postgres_directory() {
        return Ok(found);
    }
    apt("postgresql", "PostgreSQL's server programs (initdb, postgres)")?;
    postgres_directory().context("postgresql was installed but initdb was not found")
}

/// Node 20 or newer, and the packages of `end2end/` exactly as its lock file names them.
pub(crate) fn node_packages() -> Result<()> {
    npm_project(&paths::end2end())
}

/// The same for the packages of any folder with a lock file.
pub(crate) fn npm_project(project: &Path) -> Result<()> {
    node()?;
    let lock = project.join("package-lock.json");
    let installed = project.join("node_modules/.package-lock.json");
    let newer = |a: &Path, b: &Path| -> Option<bool> {
        Some(fs::metadata(a).ok()?.modified().ok()? >= fs::metadata(b).ok()?.modified().ok()?)
    };
    if newer(&installed, &lock) == Some(true) {
        return Ok(());
    }
    let name = project.file_name().unwrap_or_default().to_string_lossy();
    say(&format!("installing the npm packages of {name}/"));
    step("npm ci", Command::new("npm").args(["ci", "--no-fund", "--no-audit"]).current_dir(project))
}

/// `nats-server`, to be measured beside.
pub(crate) fn nats_server() -> Result<()> {
    if on_path("nats-server").is_none() {
        apt("nats-server", "nats-server")?;
    }
    Ok(())
}

/// Node itself.
pub(crate) fn node() -> Result<()> {
    let version = match output("node", &["--version"]) {
        Ok(version) => version,
        Err(_) => {
            apt("nodejs", "Node 20 or newer")?;
            output("node", &["--version"])?
        }
    };
    let major = version.trim_start_matches('v').split('.').next().and_then(|text| text.parse::<u32>().ok());
    ensure!(major.is_some_and(|major| major >= 20), "Node 20 or newer is needed; this is {version}");
    if on_path("npm").is_none() {
        apt("npm", "npm")?;
    }
    Ok(())
}

/// Python with virtual environments: the tests put the Python client into one of their own.
pub(crate) fn python() -> Result<()> {
    let works = || output("python3", &["-c", "import ensurepip, venv"]).is_ok();
    if !works() {
        apt("python3-venv", "Python 3.11 or newer with venv")?;
    }
    ensure!(works(), "python3 cannot make virtual environments");
    Ok(())
}

/// Where a program lies, when it is on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
}

/// Whether this process is root, as installing packages and PostgreSQL's refusal ask.
pub(crate) fn is_root() -> bool {
    output("id", &["-u"]).is_ok_and(|id| id == "0")
}

fn rustc() -> std::ffi::OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

fn rustup(arguments: &[&str], what: &str) -> Result<()> {
    ensure!(
        on_path("rustup").is_some(),
        "{what} is missing, and rustup, which would install it, is not here"
    );
    say(&format!("installing {what}"));
    step(what, Command::new("rustup").args(arguments).current_dir(paths::root()))
}

fn postgres_directory() -> Option<PathBuf> {
    let beside = |program: PathBuf| program.parent().map(Path::to_path_buf);
    if let Some(found) = on_path("initdb").and_then(|link| link.canonicalize().ok()).and_then(beside) {
        return Some(found);
    }
    // Debian keeps the server programs off PATH, one directory a version.
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|directory| directory.join("initdb").is_file() && directory.join("postgres").is_file())
        .collect();
    versions.sort();
    versions.pop()
}

/// Installs a Debian package when that is possible here; otherwise names what is missing.
fn apt(package: &str, what: &str) -> Result<()> {
    static UPDATED: AtomicBool = AtomicBool::new(false);
    if !is_root() || on_path("apt-get").is_none() {
        bail!("{what} is missing: install it and run this again (on Debian: apt-get install {package})");
    }
    say(&format!("{what} is missing: installing the Debian package {package}"));
    let apt_get = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        step(&format!("apt-get {}", arguments.join(" ")), &mut command)
    };
    if !UPDATED.swap(true, Ordering::Relaxed) {
        apt_get(&["update", "-qq"])?;
    }
    apt_get(&["install", "-y", "-qq", "--no-install-recommends", package])
}
