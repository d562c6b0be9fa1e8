//! The rules of the tree that neither Cargo.toml nor a lint can hold. Each is a function from the
//! tree to its complaints; no complaint is a pass.

use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, ensure};

use crate::{paths, sizes};

/// A file git knows or would take: its path from the root, and its text when it is text.
struct File {
    path: String,
    text: String,
}

type Rule = (&'static str, fn(&[File]) -> Vec<String>);

const RULES: [Rule; 9] = [
    ("every Rust file opens with `//!`", opens_with_its_purpose),
    ("sqlx only in server/backend/src/storage", sql_in_one_place),
    ("web_sys only in the client, drivers and effects", browser_in_drivers),
    ("what a tenant may use is asked only in the backend", entitlements_in_one_place),
    ("no clock in signaling", no_clock_in_the_core),
    ("no test is ignored or sleeps", tests_neither_sleep_nor_rest),
    ("both dark themes of style/tokens.css are one", dark_themes_agree),
    ("embed.js is at most 5 KB as gzip", loader_is_small),
    ("no path or host of somebody's machine", no_paths_of_a_machine),
];

/// Every rule by name, with what is wrong.
pub(crate) fn check() -> Result<Vec<(&'static str, Vec<String>)>> {
    let files = files()?;
    Ok(RULES.iter().map(|(name, rule)| (*name, rule(&files))).collect())
}

fn files() -> Result<Vec<File>> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(paths::root())
        .output()
        .context("git ls-files")?;
    ensure!(listed.status.success(), "git ls-files failed: is this a git work tree?");
    let listed = String::from_utf8(listed.stdout).context("git ls-files: paths are not UTF-8")?;
    let read = |path: &str| {
        let text = fs::read_to_string(paths::root().join(path)).ok()?;
        Some(File { path: path.to_owned(), text })
    };
    // A file that was just deleted, or is no text, has no lines to complain about.
    Ok(listed.split('\0').filter(|path| !path.is_empty()).filter_map(read).collect())
}

fn opens_with_its_purpose(files: &[File]) -> Vec<String> {
    rust(files).filter(|file| !file.text.starts_with("//!")).map(|file| file.path.clone()).collect()
}

fn sql_in_one_place(files: &[File]) -> Vec<String> {
    let allowed = |file: &&File| {
        !file.path.starts_with("server/backend/src/storage") && !file.path.starts_with("xtask/")
    };
    lines(rust(files).filter(allowed), |line| code(line).contains("sqlx::"))
}

fn entitlements_in_one_place(files: &[File]) -> Vec<String> {
    let relay = rust(files).filter(|file| file.path.starts_with("server/relay/src"));
    lines(relay, |line| {
        let line = code(line);
        line.contains("entitlement::") || line.contains("entitlements(") || line.contains("sdp::check(")
    })
}

fn browser_in_drivers(files: &[File]) -> Vec<String> {
    let is_driver = |file: &File| {
        Path::new(&file.path).with_extension("").components().any(|part| {
            part.as_os_str().to_str().is_some_and(|part| part.contains("driver") || part.contains("effect"))
        })
    };
    let allowed = |file: &&File| {
        !file.path.starts_with("app/client/") && !file.path.starts_with("xtask/") && !is_driver(file)
    };
    lines(rust(files).filter(allowed), |line| code(line).contains("web_sys"))
}

fn no_clock_in_the_core(files: &[File]) -> Vec<String> {
    let core = rust(files).filter(|file| file.path.starts_with("signaling/"));
    lines(core, |line| {
        let line = code(line);
        line.contains("Instant::now") || line.contains("SystemTime") || line.contains("Utc::now")
    })
}

fn tests_neither_sleep_nor_rest(files: &[File]) -> Vec<String> {
    let ignored = concat!("#[", "ignore");
    let tests = files.iter().filter(|file| {
        !file.path.starts_with("xtask/") && (has_extension(file, "rs") || has_extension(file, "mjs"))
    });
    lines(tests, |line| {
        let line = code(line);
        line.contains(ignored)
            || line.contains("thread::sleep")
            || line.contains("waitForTimeout")
            || line.contains("test.skip")
    })
}

/// Dark by choice and dark by the system's wish are written twice, as CSS has no way to say "or" there.
fn dark_themes_agree(files: &[File]) -> Vec<String> {
    let Some(file) = files.iter().find(|file| file.path == "style/tokens.css") else {
        return vec!["style/tokens.css is missing".to_owned()];
    };
    let by_choice = blocks(&file.text, ":root[data-theme=\"dark\"]");
    let by_system = blocks(&file.text, ":root:not([data-theme=\"light\"])");
    if by_choice.is_empty() {
        return vec!["style/tokens.css has no dark theme".to_owned()];
    }
    if by_choice == by_system {
        Vec::new()
    } else {
        vec!["style/tokens.css: the two dark themes differ".to_owned()]
    }
}

/// The declarations of each rule that begins with a selector, in order.
fn blocks<'a>(text: &'a str, selector: &str) -> Vec<Vec<&'a str>> {
    let mut blocks = Vec::new();
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if line.starts_with(selector) && line.ends_with('{') {
            blocks.push(
                lines.by_ref().take_while(|line| *line != "}").filter(|line| !line.is_empty()).collect(),
            );
        }
    }
    blocks
}

fn loader_is_small(files: &[File]) -> Vec<String> {
    let Some(loader) = files.iter().find(|file| file.path == "public/embed.js") else {
        return vec!["public/embed.js is missing".to_owned()];
    };
    match sizes::gzip(loader.text.as_bytes()) {
        Ok(gzip) if gzip.len() <= 5 * 1024 => Vec::new(),
        Ok(gzip) => vec![format!("public/embed.js: {} bytes as gzip", gzip.len())],
        Err(error) => vec![format!("public/embed.js: {error}")],
    }
}

fn no_paths_of_a_machine(files: &[File]) -> Vec<String> {
    // Written in two halves so that this file passes its own rule.
    let forbidden = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("\"resolved\"", ": \"http"),
    ];
    lines(files.iter(), |line| forbidden.iter().any(|path| line.contains(path)))
}

fn rust(files: &[File]) -> impl Iterator<Item = &File> {
    files.iter().filter(|file| has_extension(file, "rs"))
}

fn has_extension(file: &File, extension: &str) -> bool {
    Path::new(&file.path).extension().is_some_and(|found| found == extension)
}

/// `path:line` for every line the rule complains about.
fn lines<'a>(files: impl Iterator<Item = &'a File>, wrong: impl Fn(&str) -> bool) -> Vec<String> {
    files
        .flat_map(|file| {
            let numbered = file.text.lines().enumerate().filter(|(_, line)| wrong(line));
            numbered
                .map(|(at, line)| format!("{}:{}: {}", file.path, at + 1, line.trim()))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// A line without its comment: prose may name what code may not use.
fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}
