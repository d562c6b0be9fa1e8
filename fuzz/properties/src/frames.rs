//! Frames of a socket: what can be read can be answered, and what a room takes from it survives
//! being printed and read again.

use tincan_signaling::{
    event::{Event, Pushed, Signal},
    frame::{self, Frame, Push, Version},
    json::{Quick, Small},
    wire::Join,
};

/// The first byte says how the rest comes: text of either version, or binary.
pub fn hold(bytes: &[u8]) {
    let Some((kind, rest)) = bytes.split_first() else { return };
    let version = if kind & 1 == 0 { Version::V1 } else { Version::V2 };
    let parsed = if kind & 2 == 0 {
        let Ok(text) = std::str::from_utf8(rest) else { return };
        Frame::parse_text(version, text)
    } else {
        Frame::parse_binary(rest)
    };
    match parsed {
        Ok(frame) => understood(version, &frame),
        Err(bad) => {
            // A refusal is printed with whatever could be read of the address.
            let topic = bad.topic.as_deref().unwrap_or("phoenix");
            answer(version, bad.join_ref.as_deref(), bad.reference.as_deref(), topic);
        }
    }
}

fn understood(version: Version, frame: &Frame<'_>) {
    answer(version, frame.join_ref.as_deref(), frame.reference.as_deref(), &frame.topic);
    match &frame.push {
        Push::Broadcast { event, payload } => pushed(event, payload),
        Push::Join(payload) => drop(serde_json::from_str::<Join>(payload)),
        Push::Leave | Push::Heartbeat | Push::AccessToken(_) | Push::Presence(_) | Push::Unknown(_) => {}
    }
}

/// An answer to any frame is a frame of the same version with the same address.
fn answer(version: Version, join_ref: Option<&str>, reference: Option<&str>, topic: &str) {
    let printed = frame::print(version, join_ref, reference, topic, "phx_reply", "{}");
    let read = Frame::parse_text(version, &printed).expect("what is printed can be read");
    assert_eq!(read.topic, topic);
    assert_eq!(read.reference.as_deref(), reference);
    assert_eq!(read.join_ref.as_deref(), join_ref);
}

/// What a room takes is the same after it was relayed, for whoever reads it.
pub(crate) fn pushed(event: &str, payload: &str) {
    match Pushed::parse(event, payload) {
        Ok(Pushed::Logged(logged)) => {
            let (name, printed) = (logged.name(), logged.to_json(None));
            let server = Event::parse::<Quick>(name, &printed).and_then(Result::ok);
            let page = Event::parse::<Small>(name, &printed).and_then(Result::ok);
            assert_eq!((&server, &page), (&Some(logged.clone()), &Some(logged)));
        }
        Ok(Pushed::Signal(signal)) => {
            let (name, printed) = (signal.body.name(), signal.to_json());
            let server = Signal::parse::<Quick>(name, &printed).and_then(Result::ok);
            let page = Signal::parse::<Small>(name, &printed).and_then(Result::ok);
            assert_eq!((&server, &page), (&Some(signal.clone()), &Some(signal)));
        }
        Ok(Pushed::Typing) => {}
        Err(refusal) => assert!(!refusal.reason.is_empty()),
    }
}
