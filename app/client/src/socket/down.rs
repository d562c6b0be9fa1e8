//! Frames from the server, as far as a client needs to tell them apart.

use serde::Deserialize;
use std::borrow::Cow;
use tincan_signaling::{
    code::{Code, Refusal},
    json::{self, Raw},
    wire::Broadcast,
};

/// One frame from the server. Payloads are JSON text, read by whoever they are for.
#[derive(Debug)]
pub(crate) struct Down<'a> {
    pub(crate) join_ref: Option<Cow<'a, str>>,
    pub(crate) reference: Option<Cow<'a, str>>,
    pub(crate) topic: Cow<'a, str>,
    pub(crate) what: What<'a>,
}

/// What the server said.
#[derive(Debug)]
pub(crate) enum What<'a> {
    Reply(Result<&'a str, Refusal>),
    Broadcast(Broadcast<'a>),
    PresenceState(&'a str),
    PresenceDiff(&'a str),
    /// The token of this channel has ended.
    Unauthorized,
    /// The channel is gone; `phx_error` asks to come back just the same.
    Closed,
    Other,
}

#[derive(Deserialize)]
struct Frame<'a>(
    #[serde(borrow)] Option<Cow<'a, str>>,
    #[serde(borrow)] Option<Cow<'a, str>>,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Cow<'a, str>,
    #[serde(borrow)] Raw<'a>,
);

impl<'a> Down<'a> {
    /// Reads a 2.0.0 text frame; `None` when it is none.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let Frame(join_ref, reference, topic, event, Raw(payload)) = json::read(text).ok()?;
        let what = match event.as_ref() {
            "phx_reply" => What::Reply(reply(payload)?),
            "broadcast" => What::Broadcast(json::read(payload).ok()?),
            "presence_state" => What::PresenceState(payload),
            "presence_diff" => What::PresenceDiff(payload),
            "system" if json::read(payload).is_ok_and(|system: System<'_>| system.is_unauthorized()) => {
                What::Unauthorized
            }
            "phx_close" | "phx_error" => What::Closed,
            _ => What::Other,
        };
        Some(Self { join_ref, reference, topic, what })
    }
}

/// What the server says of itself.
#[derive(Deserialize)]
struct System<'a> {
    #[serde(borrow)]
    status: Cow<'a, str>,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

impl System<'_> {
    fn is_unauthorized(&self) -> bool {
        self.status == "error" && self.message == "unauthorized"
    }
}

fn reply(payload: &str) -> Option<Result<&str, Refusal>> {
    #[derive(Deserialize)]
    struct Reply<'a> {
        status: &'a str,
        #[serde(borrow)]
        response: Raw<'a>,
    }
    let Reply { status, response: Raw(response) } = json::read(payload).ok()?;
    Some(if status == "ok" { Ok(response) } else { Err(refusal(response)) })
}

/// A refused push carries our own shape, a refused join only `reason: "<Code>: <text>"`, with the
/// codes of Supabase Realtime. Its `Unauthorized` is about rights; a token has codes of its own.
fn refusal(response: &str) -> Refusal {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Reason {
        reason: String,
    }
    if let Ok(refusal) = json::read::<Refusal>(response) {
        return refusal;
    }
    let Reason { reason } = json::read(response).unwrap_or_default();
    let (name, text) = reason.split_once(':').unwrap_or(("", &reason));
    let code = if name.ends_with("RateLimitReached") {
        Code::RateLimited
    } else if name.ends_with("Token") {
        Code::Unauthorized
    } else {
        Code::Forbidden
    };
    Refusal::new(code, text.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(text: &str) -> What<'_> {
        Down::parse(text).unwrap().what
    }

    #[test]
    fn replies_and_refusals_are_read() {
        let ok = r#"["1","1","realtime:x","phx_reply",{"status":"ok","response":{"seq":4}}]"#;
        assert!(matches!(what(ok), What::Reply(Ok(response)) if response == r#"{"seq":4}"#));
        let push = r#"["1","2","realtime:x","phx_reply",{"status":"error","response":{"error":"taken","code":"taken","reason":"Taken by A","by":"A"}}]"#;
        assert!(matches!(what(push), What::Reply(Err(refusal)) if refusal == Refusal::taken("A")));
        for (reason, code) in [
            ("InvalidJWTToken: it ended", Code::Unauthorized),
            ("ClientJoinRateLimitReached: slower", Code::RateLimited),
            ("Unauthorized: no permission", Code::Forbidden),
            ("bare", Code::Forbidden),
        ] {
            let text = format!(
                r#"["1","2","x","phx_reply",{{"status":"error","response":{{"reason":"{reason}"}}}}]"#
            );
            assert!(matches!(what(&text), What::Reply(Err(refusal)) if refusal.code == code), "{reason}");
        }
    }

    #[test]
    fn the_rest_is_told_apart() {
        let system = r#"["1",null,"x","system",{"extension":"system","status":"error","message":"unauthorized","channel":"x"}]"#;
        assert!(matches!(what(system), What::Unauthorized));
        assert!(matches!(what(r#"["1","1","x","phx_close",{}]"#), What::Closed));
        assert!(matches!(what(r#"[null,null,"x","news",{}]"#), What::Other));
        let broadcast =
            r#"[null,null,"x","broadcast",{"type":"broadcast","event":"typing","payload":{"a":1}}]"#;
        assert!(matches!(what(broadcast), What::Broadcast(broadcast) if broadcast.event == "typing"));
        for junk in ["", "{}", "[]", "[1,2,3]", r#"["1","1","x","phx_reply",7]"#] {
            assert!(Down::parse(junk).is_none(), "{junk}");
        }
    }
}
