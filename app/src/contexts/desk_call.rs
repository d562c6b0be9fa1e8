//! The one call a dashboard is busy with: its room, its driver, and their signals.

use super::Live;
use leptos::prelude::*;
use tincan_client::{CallDriver, Connection, Place};
use tincan_signaling::{Call, SessionId};

/// A call of mine, here or in another tab.
#[derive(Clone)]
pub(crate) struct DeskCall {
    pub(crate) session: SessionId,
    pub(crate) driver: CallDriver,
    pub(crate) call: ReadSignal<Call>,
    pub(crate) place: ReadSignal<Place>,
    pub(crate) muted: ReadSignal<bool>,
    pub(crate) held: ReadSignal<bool>,
    pub(crate) connection: ReadSignal<Connection>,
}

impl DeskCall {
    /// Joins the room and puts a driver in it.
    pub(super) fn open(live: &Live, session: SessionId) -> Self {
        let room = live.socket.room(session);
        let driver = CallDriver::new(&room, &live.microphone, &live.speaker);
        Self {
            session,
            call: room.call(),
            place: driver.place(),
            muted: driver.muted(),
            held: driver.held(),
            connection: driver.connection(),
            driver,
        }
    }
}
