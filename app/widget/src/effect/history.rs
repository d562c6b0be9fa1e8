//! What was said before this page joined, read over HTTP.

use super::{http, json::Json};
use crate::timeline::{Said, Timeline};
use std::time::Duration;
use tincan_signaling::{Refusal, SessionId, Timestamp};

/// The newest page of the conversation, each line in its place; what is there already stays.
pub(crate) async fn read(session: SessionId, token: &str) -> Result<History, Refusal> {
    let path = ["/api/chat-sessions/", &session.to_string(), "/messages"].concat();
    http::get(&path, token).await.map(|answer| History(answer.list("items")))
}

/// Lines as the server tells them; a later server may know more kinds.
pub(crate) struct History(Vec<Json>);

impl History {
    /// Puts every line where it belongs.
    pub(crate) fn merge_into(self, timeline: &mut Timeline) {
        for line in &self.0 {
            match line.text("kind").as_deref() {
                Some("message") => {
                    if let Some(line) = message(line) {
                        timeline.put(line);
                    }
                }
                // A call that goes on has no end yet: the room shows it.
                Some("call") => {
                    if let (Some(id), Some(at)) = (line.read("id"), line.millis("ended_at")) {
                        let talked = line.millis("talked_ms").map(Duration::from_millis);
                        timeline.put_call(id, Timestamp(at), talked);
                    }
                }
                _ => {}
            }
        }
    }
}

fn message(line: &Json) -> Option<Said> {
    let from = line.get("from");
    Some(Said {
        id: line.read("id")?,
        mine: from.text("role")? == "visitor",
        name: from.text("name").unwrap_or_default(),
        text: line.text("text")?,
        at: Timestamp(line.millis("at")?),
    })
}
