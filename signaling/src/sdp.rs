//! What a session description must be to pass: enough for a call, and nothing more (RFC 8866).

use crate::{
    code::{Code, Refusal},
    entitlement::Entitlements,
};

/// The longest session description, in bytes.
pub const MAX_SDP: usize = 64 * 1024;

/// Refuses a description that a call does not need: more than one audio or video section, data
/// channels, video without the right to it, no fingerprint or one weaker than SHA-256 (RFC 8122).
pub fn check(sdp: &str, entitlements: &Entitlements) -> Result<(), Refusal> {
    if sdp.len() > MAX_SDP {
        return Err(Refusal::new(Code::TooLarge, "A session description holds at most 64 KiB."));
    }
    let bad = |why: &str| Err(Refusal::new(Code::BadEvent, why.to_owned()));
    let (mut audio, mut video, mut fingerprints) = (0_u32, 0_u32, 0_u32);
    let mut lines = sdp.lines();
    if lines.next() != Some("v=0") {
        return bad("A session description begins with v=0.");
    }
    for line in lines {
        if !line.is_empty() && line.as_bytes().get(1) != Some(&b'=') {
            return bad("This is not a session description.");
        }
        if let Some(media) = line.strip_prefix("m=") {
            match media.split_ascii_whitespace().next() {
                Some("audio") => audio += 1,
                Some("video") => video += 1,
                _ => return bad("Only audio and video sections are taken."),
            }
        } else if let Some(fingerprint) = line.strip_prefix("a=fingerprint:") {
            let hash = fingerprint.split_ascii_whitespace().next().unwrap_or_default();
            if !["sha-256", "sha-384", "sha-512"].iter().any(|ok| hash.eq_ignore_ascii_case(ok)) {
                return bad("Fingerprints must be SHA-256 or stronger.");
            }
            fingerprints += 1;
        }
    }
    if audio > 1 || video > 1 {
        return bad("At most one audio and one video section are taken.");
    }
    if fingerprints == 0 {
        return bad("A fingerprint is missing.");
    }
    if video > 0 {
        entitlements.video()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fingerprint:sha-256 AB:CD\r\n";

    #[test]
    fn only_what_a_call_needs_passes() {
        let plan = Entitlements::default();
        assert_eq!(check(GOOD, &plan), Ok(()));
        let with = |more: &str| format!("{GOOD}{more}\r\n");
        for (sdp, code) in [
            (with("m=application 9 UDP/DTLS/SCTP webrtc-datachannel"), Code::BadEvent),
            (with("m=audio 9 UDP/TLS/RTP/SAVPF 0"), Code::BadEvent),
            (with("m=video 9 UDP/TLS/RTP/SAVPF 96"), Code::NotEntitled),
            (with("a=fingerprint:sha-1 AB"), Code::BadEvent),
            (with("what is this"), Code::BadEvent),
            (with(&"a=x".repeat(MAX_SDP)), Code::TooLarge),
            (GOOD.replace("a=fingerprint:sha-256 AB:CD\r\n", ""), Code::BadEvent),
            (String::new(), Code::BadEvent),
            ("hello".into(), Code::BadEvent),
        ] {
            assert_eq!(check(&sdp, &plan).unwrap_err().code, code, "{}", &sdp[..sdp.len().min(40)]);
        }
        let video = Entitlements { video_enabled: true, ..plan };
        assert_eq!(check(&with("m=video 9 UDP/TLS/RTP/SAVPF 96"), &video), Ok(()));
    }
}
