//! Everything the widget says about a call, as plain functions of plain values.

use std::time::Duration;
use tincan_client::MicError;
use tincan_signaling::{
    EndReason, MediaDetail, Refusal, Sub,
    agent::Availability,
    call::{CallState, Ended},
    code::Code,
};

/// A headline and what follows from it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) title: String,
    pub(crate) text: String,
}

impl Words {
    fn new(title: &str, text: &str) -> Self {
        Self { title: title.to_owned(), text: text.to_owned() }
    }
}

/// Why a call is over, told to `me`.
pub(crate) fn ended(ended: &Ended, me: Sub) -> Words {
    let other = other_name(ended, me);
    let words = Words::new;
    let answered = ended.accepted_at.is_some();
    match ended.reason {
        EndReason::Completed if ended.ended_by == Some(me) => words("You ended the call", &talk(ended)),
        EndReason::Completed => Words { title: format!("{other} ended the call"), text: talk(ended) },
        EndReason::Cancelled if ended.ended_by == Some(me) => words("You cancelled the call", ""),
        EndReason::Cancelled if answered => {
            words("The call ended before it was connected", "Nobody was heard yet. You can call again.")
        }
        EndReason::Cancelled => words("The call was cancelled", ""),
        EndReason::Declined if ended.head.caller == me => {
            words("Nobody could answer", "Write to us here, or try again in a moment.")
        }
        EndReason::Declined => words("You declined the call", "You can call back whenever it suits you."),
        EndReason::NoAnswer if ended.head.caller == me => {
            words("Nobody answered", "Write to us here, or try again in a moment.")
        }
        EndReason::NoAnswer => words("You missed a call", "You can call back whenever it suits you."),
        EndReason::Busy => {
            words("All our people are on calls", "Write to us here, or try again in a moment.")
        }
        EndReason::Unavailable => {
            words("Nobody can answer right now", "Write to us here and we answer here.")
        }
        EndReason::NotEntitled => words("Calls are switched off", "Write to us here instead."),
        EndReason::LimitReached => words("All lines are busy", "Write to us here, or try again in a moment."),
        EndReason::MediaFailed => match ended.detail {
            Some(MediaDetail::WithTurn) => {
                words("The connection failed", "Try another network, or write to us here.")
            }
            Some(MediaDetail::NoTurn) | None => words(
                "Your network blocks direct calls",
                "Try another network, for instance your phone’s, or write to us here.",
            ),
        },
        EndReason::NetworkLost => Words {
            title: "The connection was lost".to_owned(),
            text: joined(&talk(ended), "You can call again as soon as you are online."),
        },
        EndReason::ServerGone => Words {
            title: "The call was interrupted on our side".to_owned(),
            text: joined(&talk(ended), "Please call again."),
        },
    }
}

fn other_name(ended: &Ended, me: Sub) -> &str {
    let name = if ended.head.caller == me {
        ended.answered_name.as_deref().unwrap_or_default()
    } else {
        ended.head.caller_name.as_str()
    };
    if name.is_empty() { "The other side" } else { name }
}

fn talk(ended: &Ended) -> String {
    ended.media_up_at.map_or_else(String::new, |up| format!("You talked for {}.", spoken(ended.at.since(up))))
}

fn joined(first: &str, second: &str) -> String {
    if first.is_empty() { second.to_owned() } else { format!("{first} {second}") }
}

/// What a call is like right now, for `role="status"`.
pub(crate) fn state(state: CallState, muted: bool, them: &str, held_by_them: bool) -> String {
    let held =
        if held_by_them { format!("{them} put you on hold.") } else { "The call is on hold.".to_owned() };
    match state {
        CallState::Idle | CallState::Ended => String::new(),
        CallState::Ringing => "Ringing…".to_owned(),
        CallState::Connecting => "Connecting…".to_owned(),
        CallState::Reconnecting => "Reconnecting…".to_owned(),
        CallState::Held => held,
        CallState::Active if muted => "You are muted".to_owned(),
        CallState::Active => format!("Connected with {them}."),
    }
}

/// What the line under the name says of the people behind it.
pub(crate) const fn availability(status: Availability, voice: bool) -> &'static str {
    match (status, voice) {
        (Availability::Online, true) => "Online, write or call",
        (Availability::Online, false) => "Online",
        (Availability::Busy, _) => "All our people are on calls",
        (Availability::Offline, _) => "Nobody is online right now",
    }
}

/// What a press on Call is answered with when nobody is ready; `None` when somebody is.
pub(crate) fn nobody_ready(status: Availability) -> Option<&'static str> {
    match status {
        Availability::Online => None,
        Availability::Busy => {
            Some("All our people are on calls. Write to us here, or try again in a moment.")
        }
        Availability::Offline => {
            Some("Nobody can answer a call right now. Write to us here and we answer here.")
        }
    }
}

/// What a refusal means for a visitor.
pub(crate) fn refusal(refusal: &Refusal) -> String {
    let text = match refusal.code {
        Code::RateLimited => {
            let seconds = refusal.retry_after_ms.unwrap_or(1_000).div_ceil(1_000);
            return format!("Too many attempts. Try again in {seconds} s.");
        }
        Code::VoiceNotEnabled | Code::NotEntitled => "Calls are switched off. Write to us here instead.",
        Code::LimitReached => "All lines are busy. Try again in a moment.",
        Code::TooLarge => "This message is too long.",
        Code::Unauthorized | Code::OriginDenied | Code::Forbidden | Code::NotFound | Code::Csrf => {
            "This chat is no longer valid. Reload the page."
        }
        Code::WrongState | Code::Taken | Code::UnknownCall | Code::UnknownLeg => "This call is over.",
        Code::BadEvent | Code::BadRequest | Code::UseSocket | Code::Unavailable => {
            "That did not work. Try again in a moment."
        }
    };
    text.to_owned()
}

/// What keeps the microphone from us, what it means and how to get out of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Advice {
    pub(crate) title: &'static str,
    pub(crate) text: &'static str,
    pub(crate) steps: &'static [&'static str],
    /// Whether asking again can help.
    pub(crate) again: bool,
}

/// The words for each microphone problem; never one text for two causes.
pub(crate) const fn advice(problem: MicError) -> Advice {
    let (title, text, steps, again): (_, _, &'static [&'static str], _) = match problem {
        MicError::Blocked => (
            "The microphone is blocked for this site.",
            "Two clicks and we go on by ourselves.",
            &["Click the symbol before the address.", "Switch Microphone on, or choose Allow."],
            true,
        ),
        MicError::Dismissed => (
            "Please choose Allow.",
            "Your browser asked whether we may use the microphone, and the question was closed.",
            &[],
            true,
        ),
        MicError::System => (
            "Your computer blocks the microphone for this browser.",
            "It is set in the system, not on this page.",
            &[
                "Open the privacy settings of your system and choose Microphone.",
                "Switch it on for this browser, then come back here.",
            ],
            true,
        ),
        MicError::Policy => (
            "This page does not allow calls.",
            "The site itself keeps the microphone from us. You can write to us here.",
            &[],
            false,
        ),
        MicError::NoDevice => (
            "No microphone found.",
            "Plug in a headset or switch a microphone on. We notice by ourselves.",
            &[],
            true,
        ),
        MicError::Busy => (
            "Another app is using the microphone.",
            "Close the other app or its call, then try again.",
            &[],
            true,
        ),
        MicError::Insecure => (
            "Calls need a secure page.",
            "This page was opened without https, so the browser gives it no microphone. You can write to us here.",
            &[],
            false,
        ),
        MicError::NoApi => (
            "This browser cannot make calls.",
            "Open this page in Safari, Chrome, Firefox or Edge. You can write to us here.",
            &[],
            false,
        ),
    };
    Advice { title, text, steps, again }
}

/// Minutes and seconds as on a telephone: `4:12`, `1:04:12`.
pub(crate) fn clock(span: Duration) -> String {
    let seconds = span.as_secs();
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if h > 0 { format!("{h}:{m:02}:{s:02}") } else { format!("{m}:{s:02}") }
}

/// The same in a sentence: `6 min 12 s`.
pub(crate) fn spoken(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds < 60 { format!("{seconds} s") } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

/// The letter in somebody's can, as it is written; the style sheet shows it as a capital. (Letters
/// of all scripts in capitals are a table of 16 KB, which no visitor should have to load.)
pub(crate) fn initial(name: &str) -> String {
    name.chars()
        .find(|c| !c.is_whitespace() && !c.is_ascii_punctuation())
        .map(String::from)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
