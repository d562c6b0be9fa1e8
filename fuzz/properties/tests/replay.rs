//! Replays the corpus: every property holds for all bytes that a search once found interesting.

use std::{fs, path::Path};
use tincan_fuzz_properties as properties;

fn replay(target: &str, hold: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target);
    let mut files = 0;
    for file in fs::read_dir(&folder).expect("the corpus is checked in") {
        let path = file.expect("the folder can be read").path();
        hold(&fs::read(&path).expect("the file can be read"));
        files += 1;
    }
    assert!(files > 10, "{} holds only {files} inputs", folder.display());
}

#[test]
fn frames() {
    replay("frames", properties::frames::hold);
}

#[test]
fn descriptions() {
    replay("descriptions", properties::descriptions::hold);
}

#[test]
fn candidates() {
    replay("candidates", properties::candidates::hold);
}

#[test]
fn calls() {
    replay("calls", properties::calls::hold);
}

#[test]
fn json() {
    replay("json", properties::json::hold);
}

#[cfg(feature = "server")]
#[test]
fn tokens() {
    replay("tokens", properties::tokens::hold);
}

#[cfg(feature = "server")]
#[test]
fn requests() {
    replay("requests", properties::requests::hold);
}
