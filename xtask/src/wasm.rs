//! Builds the crates that run in a browser (or in Node) and makes their JavaScript beside them.

mod short;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use wasm_bindgen_cli_support::{Bindgen, Output};

use crate::{
    command::{cargo, step},
    paths, prerequisites,
    profile::Profile,
};

const TARGET: &str = "wasm32-unknown-unknown";

/// One wasm entry: the crate, its features, and the name its files get.
pub(crate) struct Face {
    pub(crate) label: &'static str,
    pub(crate) package: &'static str,
    pub(crate) features: &'static str,
    pub(crate) name: &'static str,
}

/// The pages for staff.
pub(crate) const APP: Face =
    Face { label: "pages for staff", package: "tincan-app", features: "hydrate", name: "tincan" };

/// The visitor's widget.
pub(crate) const WIDGET: Face =
    Face { label: "visitor's widget", package: "tincan-widget", features: "", name: "widget" };

/// Builds a face for browsers into `out`: `NAME.js`, `NAME_bg.wasm` and perhaps `snippets/`.
pub(crate) fn for_browsers(face: &Face, profile: Profile, out: &Path) -> Result<()> {
    let input = compile(face, profile)?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&input).out_name(face.name).web(true)?;
    // The names are what makes a wasm file large; wasm-opt gains nothing after them.
    let mut made = generate(bindgen.remove_name_section(true), profile, out)?;
    if profile == Profile::Release {
        let script = short::shorten(&mut made);
        made.emit(out).context("writing the wasm file")?;
        fs::write(out.join(face.name).with_extension("js"), script).context("writing the JavaScript")?;
    }
    Ok(())
}

/// Builds the tests of a crate, and makes each test program a CommonJS module that runs when it is loaded.
pub(crate) fn tests_for_node(package: &str, out: &Path) -> Result<Vec<PathBuf>> {
    prerequisites::wasm_target(TARGET)?;
    let mut command = cargo();
    command.args([
        "test",
        "--no-run",
        "--tests",
        "--target",
        TARGET,
        "-p",
        package,
        "--message-format",
        "json",
    ]);
    let mut modules = Vec::new();
    for (number, program) in programs(&mut command)?.iter().enumerate() {
        let name = format!("tests{number}");
        let module = out.join(format!("{name}.js"));
        let wasm = fs::read(program).with_context(|| format!("reading {}", program.display()))?;
        if asks_for_javascript(&wasm) {
            let mut bindgen = Bindgen::new();
            bindgen.input_path(program).out_name(&name).nodejs(true)?;
            // The names stay: they are how a test that fails says which one it is.
            generate(bindgen.remove_name_section(false), Profile::Dev, out)?;
        } else {
            fs::create_dir_all(out).with_context(|| format!("making {}", out.display()))?;
            fs::write(out.join(format!("{name}.wasm")), wasm).context("copying a test program")?;
            fs::write(&module, LOADER.replace("NAME", &name)).context("writing a loader")?;
        }
        modules.push(module);
    }
    Ok(modules)
}

/// Starts a test program that needs nothing from its host.
const LOADER: &str = "\
const bytes = require('fs').readFileSync(`${__dirname}/NAME.wasm`);
const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes));
process.exitCode = instance.exports.main(0, 0);
";

/// Whether a wasm file imports what wasm-bindgen has to make: its imports name that module in plain text.
fn asks_for_javascript(wasm: &[u8]) -> bool {
    let module = b"__wbindgen_placeholder__";
    wasm.windows(module.len()).any(|bytes| bytes == module)
}

/// The test programs that a run of cargo with JSON messages made.
fn programs(command: &mut Command) -> Result<Vec<PathBuf>> {
    let output = command.stderr(Stdio::inherit()).output().context("cannot start cargo")?;
    ensure!(output.status.success(), "building the tests for {TARGET} failed");
    let messages = String::from_utf8_lossy(&output.stdout);
    let programs = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message.get("executable")?.as_str().map(PathBuf::from)
    });
    Ok(programs.collect())
}

fn compile(face: &Face, profile: Profile) -> Result<PathBuf> {
    prerequisites::wasm_target(TARGET)?;
    let mut command = cargo();
    command.args(["build", "--lib", "--target", TARGET, "-p", face.package]);
    if !face.features.is_empty() {
        command.args(["--features", face.features]);
    }
    let directory = match profile {
        Profile::Dev => {
            // Cargo's own `dev` profile rather than one of ours: the macros and build scripts, which
            // run on the host, are then shared with the server's build. Only what the browser gets
            // is optimised, and without line tables: it would be tens of megabytes.
            command.env("CARGO_PROFILE_DEV_OPT_LEVEL", "1");
            command.env("CARGO_PROFILE_DEV_DEBUG", "0");
            "debug"
        }
        Profile::Release => {
            command.args(["--profile", "wasm-release"]);
            "wasm-release"
        }
    };
    step(face.label, &mut command)?;
    let file = format!("{}.wasm", face.package.replace('-', "_"));
    Ok(paths::target().join(TARGET).join(directory).join(file))
}

fn generate(bindgen: &mut Bindgen, profile: Profile, out: &Path) -> Result<Output> {
    fs::create_dir_all(out).with_context(|| format!("making {}", out.display()))?;
    let mut made = bindgen
        .typescript(false)
        .demangle(false)
        .debug(profile == Profile::Dev)
        .remove_producers_section(true)
        .generate_output()
        .context("making JavaScript for wasm")?;
    made.emit(out).context("writing JavaScript for wasm")?;
    Ok(made)
}
