//! Signals: a candidate or any other payload is read or refused, and relayed as it was read.

use crate::frames::pushed;

/// The first byte says which event the rest is the payload of.
pub fn hold(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let Ok(payload) = std::str::from_utf8(rest) else { return };
    let names = ["candidate", "offer", "answer", "dtmf", "ice_servers"];
    pushed(names[usize::from(*kind) % names.len()], payload);
}
