//! What is pushed on a channel that was joined.

use super::{Channels, Pace, Place};
use crate::room::push::Speaker;
use tincan_signaling::{
    agent::Wish,
    code::{Code, Refusal},
    event::Pushed,
    id::Topic,
    wire::PresencePush,
};

impl Channels {
    /// A broadcast push.
    pub(super) async fn push(
        &mut self,
        topic: &str,
        reference: Option<&str>,
        event: &str,
        payload: &str,
    ) -> Pace {
        let known = topic.parse().ok().and_then(|topic: Topic| self.joined.get_mut(&topic));
        let Some(channel) = known else {
            if !self.hold(topic, reference, Some(event), payload) {
                self.refuse_anywhere(topic, reference, event, &not_joined());
            }
            return Pace::Uncounted;
        };
        let Place::Room(room) = channel.place.clone() else {
            let refusal = Refusal::new(Code::BadEvent, "A lobby takes presence only.");
            channel.member.refuse(reference, event, &refusal, channel.ack);
            return Pace::Uncounted;
        };
        let pushed = match Pushed::parse(event, payload) {
            Ok(pushed) => pushed,
            Err(refusal) => {
                channel.member.refuse(reference, event, &refusal, channel.ack);
                return Pace::Uncounted;
            }
        };
        let hub = &self.hub;
        hub.meters.heard(event);
        let speaker = Speaker { identity: channel.identity.clone(), socket: Some(self.outbox.id) };
        let pace = match &pushed {
            Pushed::Logged(_) => Pace::Uncounted,
            Pushed::Typing | Pushed::Signal(_) => channel.signals.owe().map_or(Pace::Fine, Pace::Slow),
        };
        let taken = match pushed {
            Pushed::Typing => {
                room.typing(hub, &speaker).await;
                Ok("{}".to_owned())
            }
            Pushed::Signal(signal) => {
                let started = std::time::Instant::now();
                let passed = room.signal(hub, &speaker, signal).await;
                hub.meters.relay_seconds.record(started.elapsed());
                passed.map(|()| "{}".to_owned())
            }
            // Rights may have ended since the join.
            Pushed::Logged(event) => match hub.backend.still_valid(&channel.identity) {
                Ok(()) => Box::pin(room.push(hub, &speaker, event)).await,
                Err(refusal) => Err(refusal),
            }
            .map(|ack| serde_json::to_string(&ack).unwrap_or_default()),
        };
        match taken {
            Ok(response) if channel.ack => channel.member.reply(reference, true, &response),
            Ok(_) => {}
            Err(refusal) => channel.member.refuse(reference, event, &refusal, channel.ack),
        }
        pace
    }

    /// A presence push: in a room shown as it is, in a lobby a wish.
    pub(super) async fn presence(&mut self, topic: &str, reference: Option<&str>, payload: &str) {
        let known = topic.parse().ok().and_then(|topic: Topic| self.joined.get_mut(&topic));
        let Some(channel) = known else {
            if !self.hold(topic, reference, None, payload) {
                self.refuse_anywhere(topic, reference, "presence", &not_joined());
            }
            return;
        };
        self.hub.meters.heard("presence");
        if payload.len() > self.hub.config.limits.presence_bytes {
            let refusal = Refusal::new(Code::TooLarge, "Presence shows less than that.");
            return channel.member.refuse(reference, "presence", &refusal, true);
        }
        let push = serde_json::from_str::<PresencePush>(payload).ok();
        let known = push.filter(|push| matches!(push.event.as_str(), "track" | "untrack"));
        let Some(push) = known else {
            let refusal = Refusal::new(Code::BadEvent, "Presence knows track and untrack.");
            return channel.member.refuse(reference, "presence", &refusal, true);
        };
        if let Err(wait) = channel.presence.take() {
            let refusal = Refusal::rate_limited(wait.as_millis() as u64 + 1);
            return channel.member.refuse(reference, "presence", &refusal, true);
        }
        let meta = (push.event == "track").then(|| push.payload.unwrap_or_default());
        let socket = self.outbox.id;
        match &channel.place {
            Place::Room(room) => match meta {
                Some(meta) => room.track(socket, meta).await,
                None => room.untrack(socket).await,
            },
            Place::Lobby(tenant) => {
                let text = |name: &str| meta.as_ref().and_then(|meta| meta.get(name)?.as_str());
                let wish = match text("status") {
                    Some("ready") => Some(Wish::Ready),
                    Some("paused") => Some(Wish::Paused),
                    None if meta.is_none() => None,
                    _ => {
                        let refusal = Refusal::new(Code::BadEvent, "A status is ready or paused.");
                        return channel.member.refuse(reference, "presence", &refusal, true);
                    }
                };
                let reason = text("reason").map(|reason| reason.chars().take(80).collect());
                let change = tenant.wish(socket, wish, reason, self.hub.now());
                self.hub.follow(tenant.id, change);
            }
        }
        channel.member.reply(reference, true, "{}");
    }
}

fn not_joined() -> Refusal {
    Refusal::new(Code::Forbidden, "Join the channel first.")
}
