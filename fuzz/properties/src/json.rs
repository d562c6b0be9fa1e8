//! The small reader and writer of JSON that pages carry: the same as `serde_json`'s for any text.

use serde_json::Value;
use tincan_signaling::json;

/// The bytes are a text, perhaps of JSON.
pub fn hold(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let small = json::read::<Value>(text).ok();
    let large = serde_json::from_str::<Value>(text).ok();
    // Numbers with a fraction, or too long, are rounded by each in its own way.
    let rounded = text.contains(['.', 'e', 'E']) || longest_number(text) > 18;
    if !rounded {
        assert_eq!(small, large);
    }
    let Some(value) = small.filter(|_| !rounded) else { return };
    let printed = json::write(&value).expect("what was read can be written");
    assert_eq!(serde_json::from_str::<Value>(&printed).ok(), Some(value));
}

fn longest_number(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0)
}
