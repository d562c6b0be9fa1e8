//! What a session description and a candidate must be to pass: enough for a call, and nothing more
//! (RFC 8866, RFC 8829, RFC 8839).
//!
//! Browsers read more kinds of lines than they write, and each of them a little differently. So
//! this reads strictly: what one of them could read as something else than what is seen here is
//! refused.

use crate::{
    code::{Code, Refusal},
    entitlement::Entitlements,
};

/// The longest session description, in bytes.
pub const MAX_SDP: usize = 64 * 1024;
/// The longest candidate, in bytes. Browsers' have some 200.
pub const MAX_CANDIDATE: usize = 2 * 1024;

/// What was seen of a description so far.
#[derive(Default)]
struct Seen {
    audio: u32,
    video: u32,
    /// Whether the lines before the first section have a fingerprint, which then counts for all.
    fingerprint: bool,
    /// Whether the section at hand has one.
    own_fingerprint: bool,
}

/// Refuses a description that a call does not need: more than one audio or video section, data
/// channels, video without the right to it (also when switched off by port 0: a bundle switches it
/// on), media that is not encrypted between the ends, a section without a fingerprint or with one
/// weaker than SHA-256 (RFC 8122).
pub fn check(sdp: &str, entitlements: &Entitlements) -> Result<(), Refusal> {
    if sdp.len() > MAX_SDP {
        return Err(Refusal::new(Code::TooLarge, "A session description holds at most 64 KiB."));
    }
    let mut lines = lines(sdp)?;
    if lines.next() != Some(("v", "0")) {
        return bad("A session description begins with v=0.");
    }
    let mut seen = Seen::default();
    for (kind, value) in lines {
        match kind {
            "v" => return bad("Only one session description at a time is taken."),
            "m" => seen.section(value)?,
            "a" => seen.attribute(value)?,
            _ => {}
        }
    }
    seen.end_of_section()?;
    if seen.audio + seen.video == 0 {
        return bad("A session description for a call has a section.");
    }
    if seen.video > 0 {
        entitlements.video()?;
    }
    Ok(())
}

/// Refuses what is no candidate as browsers write them. Empty means that there are no more.
pub fn check_candidate(candidate: &str) -> Result<(), Refusal> {
    if candidate.len() > MAX_CANDIDATE {
        return Err(Refusal::new(Code::TooLarge, "A candidate holds at most 2 KiB."));
    }
    if candidate.is_empty() || is_candidate(candidate) {
        return Ok(());
    }
    bad("This is not a candidate.")
}

impl Seen {
    fn section(&mut self, value: &str) -> Result<(), Refusal> {
        self.end_of_section()?;
        let mut words = value.split(' ');
        match words.next() {
            Some("audio") => self.audio += 1,
            Some("video") => self.video += 1,
            _ => return bad("Only audio and video sections are taken."),
        }
        if self.audio > 1 || self.video > 1 {
            return bad("At most one audio and one video section are taken.");
        }
        let port = words.next().unwrap_or_default();
        if port.parse::<u16>().is_err() {
            return bad("A section has one port.");
        }
        if !words.next().is_some_and(|protocol| PROTOCOLS.contains(&protocol)) {
            return bad("Media must be encrypted from end to end (DTLS-SRTP).");
        }
        self.own_fingerprint = false;
        Ok(())
    }

    /// Names are compared without case, since some browser does; ours are written in lower case.
    fn attribute(&mut self, value: &str) -> Result<(), Refusal> {
        let (name, value) = value.split_once(':').unwrap_or((value, ""));
        let is = |known| name.trim().eq_ignore_ascii_case(known);
        if is("crypto") {
            return bad("Keys of media do not pass here: use DTLS-SRTP.");
        }
        if is("candidate") && value.len() > MAX_CANDIDATE {
            return bad("A candidate holds at most 2 KiB.");
        }
        if !is("fingerprint") {
            return Ok(());
        }
        let (hash, digest) = value.split_once(' ').unwrap_or_default();
        if !HASHES.iter().any(|known| hash.eq_ignore_ascii_case(known)) {
            return bad("Fingerprints must be SHA-256 or stronger.");
        }
        if name != "fingerprint" || !is_digest(digest) {
            return bad("This is not a fingerprint.");
        }
        match self.audio + self.video {
            0 => self.fingerprint = true,
            _ => self.own_fingerprint = true,
        }
        Ok(())
    }

    fn end_of_section(&self) -> Result<(), Refusal> {
        if self.audio + self.video == 0 || self.fingerprint || self.own_fingerprint {
            return Ok(());
        }
        bad("A fingerprint is missing.")
    }
}

/// Each line as its letter and its value. Lines end with CR LF or LF; a CR elsewhere ends a line for
/// some and not for others.
fn lines(sdp: &str) -> Result<impl Iterator<Item = (&str, &str)>, Refusal> {
    let cut = || sdp.split_terminator('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    for line in cut() {
        let letter = line.as_bytes().first().is_some_and(u8::is_ascii_lowercase);
        if !letter || line.as_bytes().get(1) != Some(&b'=') || line.bytes().any(is_control) {
            return bad("This is not a session description.");
        }
    }
    Ok(cut().map(|line| (&line[..1], &line[2..])))
}

const fn is_control(byte: u8) -> bool {
    byte < b' ' || byte == 0x7f
}

/// Pairs of hexadecimal digits with colons between them.
fn is_digest(text: &str) -> bool {
    text.split(':').all(|pair| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `candidate:1 1 udp 2122260223 192.0.2.1 54321 typ host ...` (RFC 8839, section 5.1). The address
/// may be a name that only the other side's network knows (`….local`).
fn is_candidate(text: &str) -> bool {
    let text = text.strip_prefix("a=").unwrap_or(text);
    let Some(text) = text.strip_prefix("candidate:") else { return false };
    let mut words = text.split(' ');
    let mut next = || words.next().unwrap_or_default();
    let (foundation, component, transport) = (next(), next(), next());
    let (priority, address, port, typ, kind) = (next(), next(), next(), next(), next());
    (1..=32).contains(&foundation.len())
        && component.parse::<u8>().is_ok_and(|component| component > 0)
        && ["udp", "tcp"].iter().any(|known| transport.eq_ignore_ascii_case(known))
        && priority.parse::<u32>().is_ok()
        && is_address(address)
        && port.parse::<u16>().is_ok()
        && typ == "typ"
        && ["host", "srflx", "prflx", "relay"].contains(&kind)
        && !text.bytes().any(is_control)
}

fn is_address(text: &str) -> bool {
    let name = |byte: u8| byte.is_ascii_alphanumeric() || b".-:%_".contains(&byte);
    (1..=255).contains(&text.len()) && text.bytes().all(name)
}

fn bad<T>(why: &str) -> Result<T, Refusal> {
    Err(Refusal::new(Code::BadEvent, why))
}

/// DTLS-SRTP over UDP, and over TCP as RFC 7850 names it.
const PROTOCOLS: [&str; 4] =
    ["UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVP"];
const HASHES: [&str; 3] = ["sha-256", "sha-384", "sha-512"];

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fingerprint:sha-256 AB:CD\r\n";
    const VIDEO: &str = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=fingerprint:sha-256 AB:CD";

    fn with(more: &str) -> String {
        format!("{GOOD}{more}\r\n")
    }

    #[test]
    fn only_what_a_call_needs_passes() {
        let plan = Entitlements::default();
        assert_eq!(check(GOOD, &plan), Ok(()));
        assert_eq!(check(&GOOD.replace("\r\n", "\n"), &plan), Ok(()));
        for (sdp, code) in [
            (with("m=application 9 UDP/DTLS/SCTP webrtc-datachannel"), Code::BadEvent),
            (with("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=fingerprint:sha-256 AB"), Code::BadEvent),
            (with(VIDEO), Code::NotEntitled),
            // A bundle makes of it a section like any other.
            (with(&VIDEO.replace(" 9 ", " 0 ")), Code::NotEntitled),
            (with("what is this"), Code::BadEvent),
            (with(&"a=x".repeat(MAX_SDP)), Code::TooLarge),
            (with(&"a=\u{fc}".repeat(MAX_SDP / 3)), Code::TooLarge),
            (with(GOOD), Code::BadEvent),
            (GOOD.split("m=").next().unwrap().to_owned(), Code::BadEvent),
            (String::new(), Code::BadEvent),
            ("hello".into(), Code::BadEvent),
        ] {
            assert_eq!(check(&sdp, &plan).unwrap_err().code, code, "{}", &sdp[..sdp.len().min(400)]);
        }
        let video = Entitlements { video_enabled: true, ..plan };
        assert_eq!(check(&with(VIDEO), &video), Ok(()));
    }

    #[test]
    fn nothing_hides_between_the_lines() {
        let plan = Entitlements::default();
        for hidden in [
            "a=x\rm=application 9 UDP/DTLS/SCTP webrtc-datachannel",
            "a=x\u{b}m=video 9 UDP/TLS/RTP/SAVPF 96",
            "a=x\0",
            " m=video 9 UDP/TLS/RTP/SAVPF 96",
            "M=video 9 UDP/TLS/RTP/SAVPF 96",
            "m=Video 9 UDP/TLS/RTP/SAVPF 96",
            "m =video 9 UDP/TLS/RTP/SAVPF 96",
            "m=audio/video 9 UDP/TLS/RTP/SAVPF 96",
            "",
        ] {
            assert_eq!(check(&with(hidden), &plan).unwrap_err().code, Code::BadEvent, "{hidden:?}");
        }
        assert!(check(&GOOD.replace(" 9 ", " 9/2 "), &plan).is_err());
    }

    #[test]
    fn media_is_encrypted_between_the_ends_and_every_section_is_bound_to_its_certificate() {
        let plan = Entitlements { video_enabled: true, ..Entitlements::default() };
        for weak in [
            "a=fingerprint:sha-1 AB",
            "a=Fingerprint:SHA-1 AB",
            "a=fingerprint:md5 AB",
            "a= fingerprint:sha-256 AB",
            "a=FINGERPRINT:sha-256 AB",
            "a=fingerprint:sha-256 AB:C",
            "a=fingerprint:sha-256",
            "a=fingerprint",
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA",
            "a=CRYPTO:1 x",
        ] {
            assert_eq!(check(&with(weak), &plan).unwrap_err().code, Code::BadEvent, "{weak}");
        }
        for plain in ["RTP/AVP", "RTP/SAVPF", "RTP/SAVP", "udp/tls/rtp/savpf", ""] {
            let sdp = GOOD.replace("UDP/TLS/RTP/SAVPF", plain);
            assert_eq!(check(&sdp, &plan).unwrap_err().code, Code::BadEvent, "{plain}");
        }
        let fingerprint = "a=fingerprint:sha-256 AB:CD\r\n";
        let without = GOOD.replace(fingerprint, "");
        assert_eq!(check(&without, &plan).unwrap_err().code, Code::BadEvent);
        // Once for all of them, or each its own.
        let once = without.replace("m=audio", &format!("{fingerprint}m=audio"));
        assert_eq!(check(&once, &plan), Ok(()));
        let unbound = with("m=video 9 UDP/TLS/RTP/SAVPF 96");
        assert_eq!(check(&unbound, &plan).unwrap_err().code, Code::BadEvent);
        let unbound = format!("{without}{VIDEO}\r\n");
        assert_eq!(check(&unbound, &plan).unwrap_err().code, Code::BadEvent);
    }

    #[test]
    fn candidates_are_as_browsers_write_them() {
        for good in [
            "",
            "candidate:842163049 1 udp 1677729535 203.0.113.7 46154 typ srflx raddr 192.0.2.1 rport 46154 generation 0 ufrag abcd network-cost 999",
            "candidate:0 1 UDP 2122252543 4f1b2c3d-0000-4000-8000-0123456789ab.local 50000 typ host",
            "candidate:1 2 tcp 1518280447 2001:db8::1 9 typ host tcptype active",
            "a=candidate:4 1 udp 1 192.0.2.1 5 typ relay raddr 0.0.0.0 rport 0",
        ] {
            assert_eq!(check_candidate(good), Ok(()), "{good}");
        }
        for wrong in [
            "candidate",
            "candidate:1",
            "hello",
            "candidate:1 1 udp 1 192.0.2.1 5 typ other",
            "candidate:1 0 udp 1 192.0.2.1 5 typ host",
            "candidate:1 1 sctp 1 192.0.2.1 5 typ host",
            "candidate:1 1 udp 1 192.0.2.1 70000 typ host",
            "candidate:1 1 udp 1 <script> 5 typ host",
            "candidate:1 1 udp 1 192.0.2.1 5 typ host\r\na=crypto:1",
        ] {
            assert_eq!(check_candidate(wrong).unwrap_err().code, Code::BadEvent, "{wrong}");
        }
        let long = format!("candidate:1 1 udp 1 192.0.2.1 5 typ host x {}", "y".repeat(MAX_CANDIDATE));
        assert_eq!(check_candidate(&long).unwrap_err().code, Code::TooLarge);
    }
}
