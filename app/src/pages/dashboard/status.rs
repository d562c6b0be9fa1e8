//! Being reachable: the one big honest control. What it says is the server's finding; what it asks
//! for is the agent's wish.

use crate::{
    components::{Clock, Icon},
    contexts::desk::{Desk, use_desk},
};
use leptos::prelude::*;
use tincan_client::{MicState, SocketStatus};
use tincan_signaling::{
    agent::{AgentStatus, Wish},
    lobby::StaffPresence,
};

/// How the card looks and what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Face {
    class: &'static str,
    icon: &'static str,
    word: &'static str,
    hint: &'static str,
}

/// The card with the status, and the button that changes it.
#[component]
pub(crate) fn Status() -> impl IntoView {
    let desk = use_desk();
    let own = Memo::new(move |_| desk.live.get().and_then(|live| live.own.get()));
    let face = Memo::new(move |_| face(desk, own.get().as_ref()));
    let connected = move || desk.live.get().is_some_and(|live| live.status.get() == SocketStatus::Up);
    let asking = move || desk.live.get().is_some_and(|live| live.mic_state.get() == MicState::Asking);
    // The server knows of other devices too; in a call or without a line it is the wish that counts.
    let reachable = move || match own.get().map(|own| own.status) {
        Some(AgentStatus::Ready | AgentStatus::Asleep) => true,
        Some(AgentStatus::Paused) => false,
        Some(AgentStatus::OnCall | AgentStatus::WrapUp | AgentStatus::Offline) | None => {
            desk.wish.get() == Some(Wish::Ready)
        }
    };
    let since = move || {
        let own = own.get().filter(|_| connected())?;
        face.get().hint.is_empty().then(|| view! { "since " <Clock at=own.since/> })
    };
    view! {
        <div class=move || format!("status {}", face.get().class)>
            <div class="status__main">
                <span class="status__lamp"><Icon name=Signal::derive(move || face.get().icon)/></span>
                <span class="grow">
                    <span class="status__word">{move || face.get().word}</span>
                    <span class="status__since num">{move || face.get().hint}{since}</span>
                </span>
            </div>
            {move || if reachable() {
                view! {
                    <button class="btn btn--sm status__do" type="button" on:click=move |_| desk.pause()>"Pause"</button>
                }.into_any()
            } else {
                view! {
                    <button
                        class="btn btn--sm btn--primary status__do"
                        type="button"
                        disabled=move || !connected() || asking()
                        on:click=move |_| desk.ready()
                    >"Ready"</button>
                }.into_any()
            }}
        </div>
    }
}

fn face(desk: Desk, own: Option<&StaffPresence>) -> Face {
    let face = |class, icon, word, hint| Face { class, icon, word, hint };
    let Some(live) = desk.live.get() else {
        return face("status--asleep", "headset", "Connecting", "Your line is being set up");
    };
    match live.status.get() {
        SocketStatus::Connecting => {
            return face("status--asleep", "headset", "Connecting", "Your line is being set up");
        }
        SocketStatus::Down { .. } => return face("status--off", "offline", "Disconnected", "Trying again"),
        SocketStatus::SignedOut | SocketStatus::Closed => {
            return face("status--off", "offline", "Disconnected", "Sign in again");
        }
        SocketStatus::Up => {}
    }
    if live.mic_state.get() == MicState::Asking && desk.wish.get() != Some(Wish::Ready) {
        return face("status--paused", "mic", "One moment", "Please allow the microphone");
    }
    // Whoever came back and said nothing yet is not shown by the server for some seconds.
    let said_nothing = own.is_none() && live.joined.get() && desk.wish.get() != Some(Wish::Ready);
    status_face(if said_nothing { Some(AgentStatus::Paused) } else { own.map(|own| own.status) })
}

const fn status_face(status: Option<AgentStatus>) -> Face {
    let (class, icon, word, hint) = match status {
        None => ("status--asleep", "headset", "Connecting", "Your line is being set up"),
        Some(AgentStatus::Ready) => ("status--ready", "headset", "Ready", ""),
        Some(AgentStatus::Paused) => ("status--paused", "pause", "Paused", "Calls ring elsewhere"),
        Some(AgentStatus::OnCall) => ("status--call", "phone", "On call", ""),
        Some(AgentStatus::WrapUp) => ("status--wrap", "note", "Wrap-up", ""),
        Some(AgentStatus::Asleep) => {
            ("status--asleep", "clock", "Asleep", "Your browser has put this page to rest")
        }
        Some(AgentStatus::Offline) => {
            ("status--off", "offline", "Disconnected", "The server does not see you")
        }
    };
    Face { class, icon, word, hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_word_of_its_own() {
        use AgentStatus::{Asleep, Offline, OnCall, Paused, Ready, WrapUp};
        let mut words: Vec<&str> = [Ready, Paused, OnCall, WrapUp, Asleep, Offline]
            .map(|status| status_face(Some(status)).word)
            .to_vec();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), 6);
    }
}
