//! What is pushed on a channel that was joined.

use super::{Channel, Channels, Place};
use crate::{presence::MAX_META, rates::Bucket, room::push::Speaker};
use std::time::Duration;
use tincan_signaling::{
    agent::Wish,
    code::{Code, Refusal},
    event::{Event, Pushed},
    wire::PresencePush,
};

impl Channels {
    /// A broadcast push; says how long to wait before the next frame is read.
    pub(super) async fn push(
        &mut self,
        topic: &str,
        reference: Option<&str>,
        event: &str,
        payload: &str,
    ) -> Option<Duration> {
        let Some(channel) = self.joined.get_mut(topic) else {
            let refusal = Refusal::new(Code::Forbidden, "Join the channel first.");
            self.refuse_anywhere(topic, reference, event, &refusal);
            return None;
        };
        let Place::Room(room) = channel.place.clone() else {
            let refusal = Refusal::new(Code::BadEvent, "A lobby takes presence only.");
            channel.member.refuse(reference, event, &refusal, channel.ack);
            return None;
        };
        let pushed = match Pushed::parse(event, payload) {
            Ok(pushed) => pushed,
            Err(refusal) => {
                channel.member.refuse(reference, event, &refusal, channel.ack);
                return None;
            }
        };
        let hub = &self.hub;
        let speaker = Speaker { identity: channel.identity.clone(), socket: Some(self.outbox.id) };
        let (taken, slow) = match pushed {
            Pushed::Typing => {
                room.typing(&speaker).await;
                (Ok("{}".to_owned()), channel.buckets.signals.take().err())
            }
            Pushed::Signal(signal) => {
                let slow = channel.buckets.signals.take().err();
                (room.signal(hub, &speaker, signal).await.map(|()| "{}".to_owned()), slow)
            }
            Pushed::Logged(event) => {
                let taken = match allowed(channel, &event, hub) {
                    Ok(()) => room.push(hub, &speaker, event).await,
                    Err(refusal) => Err(refusal),
                };
                (taken.map(|ack| serde_json::to_string(&ack).unwrap_or_default()), None)
            }
        };
        match taken {
            Ok(response) if channel.ack => channel.member.reply(reference, true, &response),
            Ok(_) => {}
            Err(refusal) => channel.member.refuse(reference, event, &refusal, channel.ack),
        }
        slow
    }

    /// A presence push: in a room shown as it is, in a lobby a wish.
    pub(super) async fn presence(&mut self, topic: &str, reference: Option<&str>, payload: &str) {
        let Some(channel) = self.joined.get_mut(topic) else {
            let refusal = Refusal::new(Code::Forbidden, "Join the channel first.");
            return self.refuse_anywhere(topic, reference, "presence", &refusal);
        };
        let push = serde_json::from_str::<PresencePush>(payload).ok().filter(|_| payload.len() <= MAX_META);
        let known = push.filter(|push| matches!(push.event.as_str(), "track" | "untrack"));
        let Some(push) = known else {
            let refusal = Refusal::new(Code::BadEvent, "Presence knows track and untrack, up to 4 KiB.");
            return channel.member.refuse(reference, "presence", &refusal, true);
        };
        if let Err(refusal) = take(&mut channel.buckets.call_events) {
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

/// Rights that may have ended since the join, and rates.
fn allowed(channel: &mut Channel, event: &Event, hub: &crate::hub::Hub) -> Result<(), Refusal> {
    hub.backend.still_valid(&channel.identity)?;
    let buckets = &mut channel.buckets;
    take(match event {
        Event::Message { .. } => &mut buckets.messages,
        Event::CallRequest { .. } => &mut buckets.call_requests,
        _ => &mut buckets.call_events,
    })
}

fn take(bucket: &mut Bucket) -> Result<(), Refusal> {
    bucket.take().map_err(|wait| Refusal::rate_limited(wait.as_millis() as u64 + 1))
}
