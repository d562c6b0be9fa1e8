//! Everything of a page that is connected: made once, in the browser only.

use crate::{api::Boot, effects::token};
use leptos::prelude::*;
use tincan_client::{
    Lobby, MicState, Microphone, Permission, Socket, SocketConfig, SocketStatus, Speaker, Taken, ring_here,
};
use tincan_signaling::lobby::{Ringing, SessionUpdate, StaffPresence};

/// The socket, the lobby, the microphone and the speaker, with their signals.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) socket: Socket,
    pub(crate) lobby: Lobby,
    pub(crate) microphone: Microphone,
    pub(crate) speaker: Speaker,
    pub(crate) status: ReadSignal<SocketStatus>,
    pub(crate) joined: ReadSignal<bool>,
    pub(crate) ringing: ReadSignal<Vec<Ringing>>,
    pub(crate) taken: ReadSignal<Option<Taken>>,
    pub(crate) sessions: ReadSignal<Vec<SessionUpdate>>,
    pub(crate) own: ReadSignal<Option<StaffPresence>>,
    pub(crate) mic_state: ReadSignal<MicState>,
    pub(crate) permission: ReadSignal<Permission>,
    pub(crate) needs_tap: ReadSignal<bool>,
    /// Whether this is the one tab of several that makes the sound.
    pub(crate) rings_here: ReadSignal<bool>,
}

impl Live {
    /// Connects. Must run in the browser.
    pub(super) fn connect(boot: &Boot) -> Self {
        let socket = Socket::connect(SocketConfig {
            url: boot.socket_url.clone(),
            key: "dashboard".into(),
            me: boot.me,
            token: token::by_refresh_cookie(),
            page_url: None,
        });
        let lobby = socket.lobby(boot.tenant);
        let microphone = Microphone::new();
        let speaker = Speaker::new();
        Self {
            status: socket.status(),
            joined: lobby.joined(),
            ringing: lobby.ringing(),
            taken: lobby.taken(),
            sessions: lobby.sessions(),
            own: lobby.own(),
            mic_state: microphone.state(),
            permission: microphone.permission(),
            needs_tap: speaker.needs_tap(),
            rings_here: ring_here(&format!("tincan-ring-{}", boot.me)),
            socket,
            lobby,
            microphone,
            speaker,
        }
    }
}
