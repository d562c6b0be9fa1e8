//! What a client pushes into a room: read here once, and nothing behind this line sees JSON.

use super::{Event, MAX_TEXT, Signal};
use crate::{
    code::{Code, Refusal},
    json::Quick,
};

/// What a client may push into a room.
#[derive(Clone, Debug, PartialEq)]
pub enum Pushed {
    Logged(Event),
    Signal(Signal),
    Typing,
}

impl Pushed {
    /// Reads one push. Unknown names, the server's own names and payloads of the wrong shape are
    /// `bad-event`; a text over [`MAX_TEXT`] is `too-large`.
    pub fn parse(name: &str, payload: &str) -> Result<Self, Refusal> {
        let bad = |_| Refusal::new(Code::BadEvent, format!("The payload of {name} has the wrong shape."));
        if name == "candidate" {
            return Signal::candidate(payload).map(Self::Signal).map_err(bad);
        }
        if let Some(event) = Event::parse::<Quick>(name, payload) {
            let event = event.map_err(bad)?;
            return match &event {
                Event::Message { text, .. } if text.len() > MAX_TEXT => {
                    Err(Refusal::new(Code::TooLarge, "A message holds at most 8 KiB of text."))
                }
                Event::Message { text, .. } if text.trim().is_empty() => {
                    Err(Refusal::new(Code::BadEvent, "A message needs text."))
                }
                other if other.is_server_only() => Err(unknown_event()),
                _ => Ok(Self::Logged(event)),
            };
        }
        match name {
            "typing" => Ok(Self::Typing),
            "ice_servers" => Err(unknown_event()),
            _ => {
                let signal = Signal::parse::<Quick>(name, payload).ok_or_else(unknown_event)?;
                signal.map(Self::Signal).map_err(bad)
            }
        }
    }
}

fn unknown_event() -> Refusal {
    Refusal::new(Code::BadEvent, "No such event.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{id::CallId, json::Small};
    use uuid::Uuid;

    #[test]
    fn candidates_keep_the_names_of_the_browser() {
        let json = format!(
            r#"{{"call_id":"{}","candidate":"candidate:1","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"u"}}"#,
            CallId(Uuid::from_u128(1))
        );
        let Ok(Pushed::Signal(signal)) = Pushed::parse("candidate", &json) else { panic!() };
        let again = signal.to_json();
        assert!(again.contains(r#""sdpMLineIndex":0"#) && again.contains(r#""usernameFragment":"u""#));
        assert_eq!(Signal::parse::<Small>("candidate", &again).unwrap().unwrap(), signal);
    }

    #[test]
    fn what_no_client_may_say_is_refused_by_name() {
        let id = CallId(Uuid::from_u128(1));
        for (name, payload, code) in [
            ("shout", "{}".into(), Code::BadEvent),
            ("message", "{}".into(), Code::BadEvent),
            ("message", format!(r#"{{"id":"{id}","text":"{}"}}"#, "x".repeat(MAX_TEXT + 1)), Code::TooLarge),
            ("message", format!(r#"{{"id":"{id}","text":"  "}}"#), Code::BadEvent),
            ("message", format!(r#"{{"id":"{id}","text":7}}"#), Code::BadEvent),
            ("call_timeout", format!(r#"{{"call_id":"{id}"}}"#), Code::BadEvent),
            ("call_end", format!(r#"{{"call_id":"{id}","reason":"completed"}}"#), Code::BadEvent),
            ("ice_servers", format!(r#"{{"call_id":"{id}","ice_servers":[]}}"#), Code::BadEvent),
            ("offer", "[]".into(), Code::BadEvent),
            ("refused", "{}".into(), Code::BadEvent),
        ] {
            assert_eq!(Pushed::parse(name, &payload).unwrap_err().code, code, "{name}");
        }
    }
}
