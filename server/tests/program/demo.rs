//! `tincan demo`: one line for programs, the same after a restart, and an orderly end.

use crate::folder::Folder;
use serde_json::Value;
use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

/// A demo that runs, until it is dropped at the latest.
pub(crate) struct Demo {
    child: Child,
    line: String,
    /// Read all the time: a full pipe would hold the program up.
    log: Option<JoinHandle<String>>,
}

impl Demo {
    pub(crate) fn start(folder: &Folder, more: &[(&str, &str)]) -> Self {
        let mut program = folder.program();
        program.args(["demo", "--port", "0", "--data-dir", "demo-data", "--json"]);
        program.envs(more.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        let mut err = child.stderr.take().unwrap();
        let log = thread::spawn(move || {
            let mut log = String::new();
            err.read_to_string(&mut log).unwrap();
            log
        });
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        Self { child, line, log: Some(log) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.line).unwrap()
    }

    /// Ends it as a service manager does, and gives what it wrote to its log.
    pub(crate) fn stop(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let asked = Instant::now();
        let log = self.log.take().unwrap().join().unwrap();
        assert!(self.child.wait().unwrap().success(), "{log}");
        assert!(asked.elapsed() < Duration::from_secs(8), "it took {:?}", asked.elapsed());
        log
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // After an orderly stop there is nothing left to end.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[tokio::test]
async fn one_line_says_everything_and_a_restart_says_the_same() {
    let folder = Folder::empty();
    let demo = Demo::start(&folder, &[]);
    let told = demo.json();
    let mut keys: Vec<&String> = told.as_object().unwrap().keys().collect();
    keys.sort();
    let expected = ["admin", "agents", "demo_url", "free_tenant", "other_tenant", "tenant_key", "url"];
    assert_eq!(keys, expected);
    let url = told["url"].as_str().unwrap();
    let port = url.strip_prefix("http://127.0.0.1:").unwrap();
    assert_eq!(told["demo_url"], format!("http://localhost:{port}/demo"));
    assert_eq!(told["agents"].as_array().unwrap().len(), 2);
    // It is ready, under both names.
    for name in ["127.0.0.1", "localhost"] {
        let health = reqwest::get(format!("http://{name}:{port}/healthz")).await.unwrap();
        assert!(health.status().is_success());
    }
    demo.stop();

    let again = Demo::start(&folder, &[("TINCAN__PUBLIC_URL", "http://127.0.0.1:5999")]);
    let then = again.json();
    assert_eq!((&then["agents"], &then["tenant_key"]), (&told["agents"], &told["tenant_key"]));
    assert_eq!(then["url"], "http://127.0.0.1:5999");
    assert_eq!(then["demo_url"], "http://localhost:5999/demo");
    again.stop();
}
