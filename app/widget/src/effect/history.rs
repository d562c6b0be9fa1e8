//! What was said before this page joined, read over HTTP.

use super::http;
use crate::timeline::{Said, Timeline};
use serde::Deserialize;
use std::time::Duration;
use tincan_signaling::{CallId, EventId, Refusal, SessionId, Timestamp, event::Role};

#[derive(Deserialize)]
pub(crate) struct History {
    items: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Line {
    Message {
        id: EventId,
        at: Timestamp,
        text: String,
        from: Author,
    },
    Call {
        id: CallId,
        /// Absent while it goes on: the room shows it then.
        #[serde(default)]
        ended_at: Option<Timestamp>,
        #[serde(default)]
        talked_ms: Option<u64>,
    },
    /// A later server may know more kinds.
    #[serde(other)]
    Unknown,
}

#[derive(Deserialize)]
struct Author {
    role: Role,
    #[serde(default)]
    name: String,
}

/// The newest page of the conversation.
pub(crate) async fn read(session: SessionId, token: &str) -> Result<History, Refusal> {
    http::get(&["/api/chat-sessions/", &session.to_string(), "/messages"].concat(), token).await
}

impl History {
    /// Puts every line where it belongs; what is there already stays.
    pub(crate) fn merge_into(self, timeline: &mut Timeline) {
        for line in self.items {
            match line {
                Line::Message { id, at, text, from } => {
                    let mine = from.role == Role::Visitor;
                    timeline.put(Said { id, mine, name: from.name, text, at });
                }
                Line::Call { id, ended_at: Some(at), talked_ms } => {
                    timeline.put_call(id, at, talked_ms.map(Duration::from_millis));
                }
                Line::Call { ended_at: None, .. } | Line::Unknown => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::Item;

    #[test]
    fn a_page_of_history_is_read() {
        let text = r#"{"items":[
            {"kind":"message","id":"00000000-0000-0000-0000-000000000001","at":5,"text":"hello","from":{"sub":"x","role":"agent","name":"Agent One"}},
            {"kind":"call","id":"00000000-0000-0000-0000-000000000002","at":9,"ended_at":12,"talked_ms":192000},
            {"kind":"call","id":"00000000-0000-0000-0000-000000000003","at":20,"ended_at":null},
            {"kind":"rating","stars":5}]}"#;
        let history: History = serde_json::from_str(text).unwrap();
        let mut timeline = Timeline::default();
        history.merge_into(&mut timeline);
        assert!(matches!(&timeline.items[..], [Item::Text(line), Item::Call { talked: Some(talk), .. }]
            if !line.mine && talk.as_secs() == 192));
    }
}
