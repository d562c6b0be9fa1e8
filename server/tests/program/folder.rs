//! An empty folder to run the program in.

use crate::site;
use std::{
    io::Write as _,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

/// The folder and what is in it.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn empty() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With built pages outside the working directory.
    pub(crate) fn program(&self) -> Command {
        let site = self.0.path().join("site");
        if !site.exists() {
            site::build(&site);
        }
        let work = self.0.path().join("work");
        std::fs::create_dir_all(&work).unwrap();
        // Another build of it, such as a release, when somebody measures.
        let program = std::env::var_os("TINCAN_PROGRAM");
        let mut program = Command::new(program.unwrap_or_else(|| env!("CARGO_BIN_EXE_tincan").into()));
        program.current_dir(work).env("TINCAN__SITE_ROOT", site).env("TINCAN__METRICS__LISTEN", "off");
        program
    }

    /// Runs one command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::from(self.program().args(arguments).output().unwrap())
    }

    /// The same with something on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Run {
        let mut program = self.program();
        program.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Run::from(child.wait_with_output().unwrap())
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        self.program();
        std::fs::write(self.0.path().join("work").join(name), text).unwrap();
    }
}

/// What a command said.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) good: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            good: output.status.success(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.out.contains(words) || self.err.contains(words), "{words:?} is not in {self:#?}");
        self
    }

    pub(crate) fn is_good(&self) -> &Self {
        assert!(self.good, "{self:#?}");
        self
    }

    pub(crate) fn fails(&self) -> &Self {
        assert!(!self.good, "{self:#?}");
        self
    }
}
