//! Session descriptions: whatever passes holds nothing that a call does not need.

use tincan_signaling::{
    Entitlements,
    sdp::{self, MAX_SDP},
};

/// The bytes are a session description.
pub fn hold(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let voice = Entitlements { voice_enabled: true, ..Entitlements::default() };
    let video = Entitlements { video_enabled: true, ..voice.clone() };
    let passes = sdp::check(text, &voice).is_ok();
    assert!(!passes || sdp::check(text, &video).is_ok(), "a plan with more takes no less");
    if !passes {
        return;
    }
    assert!(text.len() <= MAX_SDP);
    // As any receiver might split lines.
    let lines = text.split(['\r', '\n']);
    let media: Vec<&str> = lines.clone().filter(|line| line.starts_with("m=")).collect();
    assert!(media.len() <= 1, "one audio section is all that voice needs");
    assert!(media.iter().all(|line| line.starts_with("m=audio")));
    assert!(lines.clone().any(|line| line.starts_with("a=fingerprint:")));
    let weak = |line: &str| {
        let line = line.to_ascii_lowercase();
        line.starts_with("a=fingerprint:sha-1 ") || line.starts_with("a=fingerprint:md5")
    };
    assert!(!lines.into_iter().any(weak), "no weak fingerprint passes");
}
