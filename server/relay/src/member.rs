//! Members of a channel, and one message printed for many of them.

use crate::{meters, outbox::Outbox};
use axum::extract::ws::Utf8Bytes;
use std::sync::Arc;
use tincan_signaling::{
    code::Refusal,
    event::Sender,
    frame::{self, Version},
    wire::Refused,
};

/// One socket in one channel.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) outbox: Outbox,
    pub(crate) version: Version,
    /// The topic as the client wrote it, prefix and all.
    pub(crate) topic: Arc<str>,
    pub(crate) join_ref: Option<Arc<str>>,
    pub(crate) sender: Sender,
    /// Wants its own broadcasts too.
    pub(crate) own: bool,
    /// Listens to presence, under this key.
    pub(crate) presence: Option<Arc<str>>,
    /// Its presence key, also when it does not listen.
    pub(crate) key: Arc<str>,
}

impl Member {
    /// Sends a channel event with a JSON payload.
    pub(crate) fn send(&self, event: &str, payload: &str) {
        self.outbox.send(frame::print(self.version, None, None, &self.topic, event, payload));
    }

    /// Sends a broadcast that has no number.
    pub(crate) fn broadcast(&self, event: &str, payload: &str) {
        self.outbox.send(frame::print_broadcast(self.version, &self.topic, event, payload));
    }

    /// The same, as soon as there is room in the queue. False: the socket is gone.
    pub(crate) async fn broadcast_patiently(&self, event: &str, payload: &str) -> bool {
        self.outbox.send_patiently(frame::print_broadcast(self.version, &self.topic, event, payload)).await
    }

    /// Answers a push.
    pub(crate) fn reply(&self, reference: Option<&str>, ok: bool, response: &str) {
        reply(&self.outbox, self.version, self.join_ref.as_deref(), reference, &self.topic, ok, response);
    }

    /// Tells this socket that its push was not taken; the reply only if it asked for one.
    pub(crate) fn refuse(&self, reference: Option<&str>, event: &str, refusal: &Refusal, ack: bool) {
        refuse(&self.outbox, self.version, &self.topic, reference, event, refusal);
        if ack {
            self.reply(reference, false, &refusal_json(refusal));
        }
    }
}

/// The response of an error reply: the code twice, since some clients show only `error`.
pub(crate) fn refusal_json(refusal: &Refusal) -> String {
    let mut response = serde_json::to_value(refusal).unwrap_or_default();
    response["error"] = refusal.code.as_str().into();
    response.to_string()
}

/// Sends `phx_reply`.
pub(crate) fn reply(
    outbox: &Outbox,
    version: Version,
    join_ref: Option<&str>,
    reference: Option<&str>,
    topic: &str,
    ok: bool,
    response: &str,
) {
    let status = if ok { "ok" } else { "error" };
    let payload = format!("{{\"status\":\"{status}\",\"response\":{response}}}");
    outbox.send(frame::print(version, join_ref, reference, topic, "phx_reply", &payload));
}

/// Sends `refused`.
pub(crate) fn refuse(
    outbox: &Outbox,
    version: Version,
    topic: &str,
    reference: Option<&str>,
    event: &str,
    refusal: &Refusal,
) {
    meters::refused(refusal);
    let refused = Refused::new(reference, event, refusal.clone());
    let payload = serde_json::to_string(&refused).unwrap_or_default();
    outbox.send(frame::print_broadcast(version, topic, "refused", &payload));
}

/// One message for many members: printed once for each way of writing it.
pub(crate) struct Fanout<'a> {
    event: &'a str,
    payload: &'a str,
    printed: Vec<(Version, Arc<str>, Utf8Bytes)>,
}

impl<'a> Fanout<'a> {
    /// A channel event with a JSON payload.
    pub(crate) fn new(event: &'a str, payload: &'a str) -> Self {
        Self { event, payload, printed: Vec::with_capacity(1) }
    }

    /// Sends it to one more member.
    pub(crate) fn to(&mut self, member: &Member) {
        let same = |(version, topic, _): &&(Version, Arc<str>, Utf8Bytes)| {
            *version == member.version && **topic == *member.topic
        };
        if let Some((_, _, text)) = self.printed.iter().find(same) {
            member.outbox.send(text.clone());
            return;
        }
        let text: Utf8Bytes =
            frame::print(member.version, None, None, &member.topic, self.event, self.payload).into();
        self.printed.push((member.version, member.topic.clone(), text.clone()));
        member.outbox.send(text);
    }
}
