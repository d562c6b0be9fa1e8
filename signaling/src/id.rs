//! Ids as types of their own, room topics, and the one unit of time.

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Unexpected, Visitor},
};
use std::{fmt, str::FromStr, time::Duration};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Id).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> { Uuid::try_parse(text).map(Self) }
        }
        impl From<Uuid> for $name { fn from(id: Uuid) -> Self { Self(id) } }
        impl From<$name> for Uuid { fn from(id: $name) -> Uuid { id.0 } }
    )*};
}

/// Reads an id. (The library's own reader says what is wrong with it, at the cost of half a
/// kilobyte in every page.)
struct Id;

impl Visitor<'_> for Id {
    type Value = Uuid;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a UUID")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Uuid, E> {
        Uuid::try_parse(text).map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
    }
}

ids! {
    /// A customer of the instance.
    TenantId;
    /// Somebody who signs in: agent, manager, admin or operator.
    UserId;
    /// A person on a tenant's site.
    VisitorId;
    /// One conversation of one visitor; it has exactly one room.
    SessionId;
    /// One call in a room.
    CallId;
    /// One life of one party's media in a call.
    LegId;
    /// A signed-in device of a user (claim `sid`), or one widget of a visitor.
    ClientSessionId;
    /// One logged event. Chosen by whoever pushes it; the same id twice is the same event.
    EventId;
    /// One life of a room's log. Numbers of different epochs cannot be compared.
    Epoch;
    /// Whoever a token speaks for (claim `sub`): a user's or a visitor's id.
    Sub;
}

impl From<UserId> for Sub {
    fn from(id: UserId) -> Self {
        Self(id.0)
    }
}
impl From<VisitorId> for Sub {
    fn from(id: VisitorId) -> Self {
        Self(id.0)
    }
}

/// Milliseconds since the Unix epoch, UTC, by the server's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This moment plus `duration`.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_millis() as u64))
    }

    /// How long ago `earlier` was; zero when it has not happened yet.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// The number of a logged event in its room, from 1. Strictly increasing, not always consecutive
/// for one reader.
pub type Seq = u64;

/// What a channel is about, without the `realtime:` prefix of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// The room of a chat session: `chat_session_<uuid>`.
    Room(SessionId),
    /// The room of a tenant's staff: `tenant_<uuid>`.
    Lobby(TenantId),
}

/// The prefix that Supabase Realtime clients put before each topic.
pub const TOPIC_PREFIX: &str = "realtime:";

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room(id) => write!(f, "chat_session_{id}"),
            Self::Lobby(id) => write!(f, "tenant_{id}"),
        }
    }
}

/// Text that names no topic of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a topic: expected chat_session_<uuid> or tenant_<uuid>")]
pub struct NotATopic;

impl FromStr for Topic {
    type Err = NotATopic;

    /// Takes a topic with or without the `realtime:` prefix.
    fn from_str(text: &str) -> Result<Self, NotATopic> {
        let text = text.strip_prefix(TOPIC_PREFIX).unwrap_or(text);
        let id = |text: &str| Uuid::try_parse(text).map_err(|_| NotATopic);
        if let Some(rest) = text.strip_prefix("chat_session_") {
            Ok(Self::Room(SessionId(id(rest)?)))
        } else if let Some(rest) = text.strip_prefix("tenant_") {
            Ok(Self::Lobby(TenantId(id(rest)?)))
        } else {
            Err(NotATopic)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_read_with_and_without_prefix() {
        let room = Topic::Room(SessionId(Uuid::from_u128(7)));
        assert_eq!(room.to_string().parse(), Ok(room));
        assert_eq!(format!("{TOPIC_PREFIX}{room}").parse(), Ok(room));
        for wrong in ["", "realtime:", "chat_session_", "chat_session_7", "room_1", "tenant_x*"] {
            assert_eq!(wrong.parse::<Topic>(), Err(NotATopic), "{wrong}");
        }
    }
}
