//! One leg: one life of one party's media in a call.

use crate::{
    event::{Path, Role, Sender},
    id::{LegId, Sub, Timestamp},
};
use serde::{Deserialize, Serialize};

/// Whether the leg's socket is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Socket {
    Up,
    Lost(Timestamp),
}

/// Whether sound flows, by the leg's own report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// Not up yet in this constellation of legs, since.
    New(Timestamp),
    Up,
    Lost(Timestamp),
}

/// One life of one party's media: a page's, or a SIP dialog's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leg {
    pub id: LegId,
    pub sub: Sub,
    pub role: Role,
    pub name: String,
    /// Legs are numbered as they join; of a pair the higher one offers first and is polite.
    pub order: u32,
    pub socket: Socket,
    pub media: Media,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Path>,
    #[serde(default)]
    pub held: bool,
    #[serde(default)]
    pub muted: bool,
    #[serde(default)]
    pub video: bool,
}

impl Leg {
    /// A fresh leg of whoever speaks.
    pub(crate) fn new(id: LegId, from: &Sender, order: u32, now: Timestamp) -> Self {
        Self {
            id,
            sub: from.sub,
            role: from.role,
            name: from.name.clone(),
            order,
            socket: Socket::Up,
            media: Media::New(now),
            path: None,
            held: false,
            muted: false,
            video: false,
        }
    }

    /// Whether this leg's media was reported up and not lost since.
    pub const fn is_up(&self) -> bool {
        matches!(self.media, Media::Up)
    }

    /// Whether this leg is polite towards `peer` in perfect negotiation: the one that joined last
    /// is, a gateway never.
    pub fn polite_to(&self, peer: &Self) -> bool {
        match (self.role, peer.role) {
            (Role::Gateway, _) => false,
            (_, Role::Gateway) => true,
            _ => self.order > peer.order,
        }
    }

    /// Whether this leg makes the first offer to `peer`: the one that joined last does.
    pub const fn offers_to(&self, peer: &Self) -> bool {
        self.order > peer.order
    }
}
