//! The stage: ringing and talking.

use super::{
    can::{self, BEADS, LIVE, SLACK, TORN, icon},
    head::stage_head,
};
use crate::{
    effect::{
        picture::{Picture, picture},
        string::{self, Strand},
    },
    field::Field,
    page::{Act, Page},
    words,
};
use tincan_signaling::call::CallState;

const RINGING: &str = concat!(
    r#"<div class="call"><div class="call__mid"><div class="line" data-at="line"></div>"#,
    r#"<div class="call__who"><p class="call__state"><span role="status" data-at="state"></span>"#,
    r#"<span class="num" aria-hidden="true" data-at="time"></span></p>"#,
    r#"<p class="call__text" data-at="more"></p></div></div><div class="call__tray">"#,
    r#"<button class="round round--stop" type="button" data-focus data-at="cancel"><span class="round__disc">"#,
    icon!("phone-down", "ico ico--lg ico--solid"),
    "</span><span>Cancel</span></button></div></div>"
);
const TALKING: &str = concat!(
    r#"<div><div class="call__mid"><div class="line" data-at="line"></div>"#,
    r#"<div class="call__names"><span data-at="me"></span><span class="clip" data-at="them"></span></div>"#,
    r#"<div class="call__who"><p class="call__time" role="timer" aria-label="Call duration" data-at="time"></p>"#,
    r#"<p role="status" data-at="state"></p><p class="call__text" data-at="detail"></p></div></div>"#,
    r#"<div class="call__tray"><button class="round" type="button" data-at="mute">"#,
    r#"<span class="round__disc" data-at="mic"></span><span data-at="word"></span></button>"#,
    r#"<button class="round" type="button" data-at="chat"><span class="round__disc">"#,
    icon!("chat", "ico ico--lg"),
    r#"</span><span>Chat</span></button>"#,
    r#"<button class="round round--stop" type="button" data-at="end"><span class="round__disc">"#,
    icon!("phone-down", "ico ico--lg ico--solid"),
    r#"</span><span>Hang up</span></button></div>"#,
    r#"<div class="call__sheet" data-at="ask" hidden><button class="hear" type="button" data-at="hear">"#,
    icon!("speaker", "ico ico--lg"),
    r#"Tap to hear</button><p class="call__text" data-at="why"></p></div></div>"#
);

/// Somebody is rung, or the room has not answered the request yet.
pub(crate) fn ringing(page: Page, asked: bool) -> Vec<Picture> {
    let call = picture(RINGING);
    call.put("line", &can::me("can can--xl can--rim can--me"))
        .put("line", &picture(BEADS))
        .put("line", &can::them("can can--xl can--rim can--them ripple", &words::initial(&page.boot.tenant)))
        .press("cancel", move || page.act(Act::Cancel));
    if asked {
        call.text("state", "Connecting…").text("more", "One moment, we set the call up.");
    } else {
        call.text("state", "Ringing…")
            .text("more", "You will hear it here, even from another tab.")
            .words("time", move || words::clock(page.rings()));
    }
    vec![stage_head(page), call]
}

/// The call itself.
pub(crate) fn talking(page: Page) -> Vec<Picture> {
    let state = Field::of(page.state_now(), move || page.state());
    let call = picture(TALKING);
    call.class("", move || if page.blocked.get() { "call call--ask" } else { "call" })
        .holds("line", move || line(page, state.get()))
        .pick("me", move || if page.muted.get() { "You, muted" } else { "You" })
        .words("them", move || page.them())
        .words("time", move || words::clock(page.talked().unwrap_or_default()))
        .words("state", move || {
            words::state(state.get(), page.muted.get(), &page.them(), page.held_by_them())
        })
        .class("state", move || match state.get() {
            CallState::Active => "call__words",
            _ => "call__words call__state",
        })
        .pick("detail", move || match state.get() {
            CallState::Connecting => "Almost there.",
            CallState::Reconnecting => "Stay here, we keep trying for half a minute.",
            CallState::Held => "They are coming back.",
            _ => "",
        })
        .shown("ask", move || page.blocked.get())
        .press("hear", move || page.act(Act::Hear))
        .words("why", move || {
            [&page.them(), " is on the line. Your browser waits for a tap before it plays sound."].concat()
        });
    tray(page, &call);
    vec![stage_head(page), call]
}

/// The two cans and what is between them.
fn line(page: Page, state: CallState) -> Vec<Picture> {
    let away = matches!(state, CallState::Reconnecting | CallState::Held);
    let me = match (page.muted.get(), away) {
        (false, false) => can::me("can can--xl can--rim can--me"),
        (true, false) => can::muted("can can--xl can--rim can--mute"),
        (_, true) => can::me("can can--xl can--rim can--mute"),
    };
    let class = if away { "can can--xl can--rim can--mute" } else { "can can--xl can--rim can--them" };
    let string = match state {
        CallState::Connecting => BEADS,
        CallState::Reconnecting => TORN,
        CallState::Held => SLACK,
        _ => {
            run(page);
            LIVE
        }
    };
    vec![me, picture(string), can::them(class, &words::initial(&page.them()))]
}

/// Keeps the two strands moving.
fn run(page: Page) {
    string::run(move || {
        if !page.open.now() {
            return [None, None];
        }
        let mine = if page.muted.now() { 0.0 } else { page.my_level() };
        [Some((Strand::Them, page.their_level())), Some((Strand::Me, mine))]
    });
}

fn tray(page: Page, call: &Picture) {
    let muted = move || page.muted.get();
    call.attribute("mute", "aria-label", move || {
        Some(if muted() { "Unmute microphone" } else { "Mute microphone" })
    })
    .attribute("mute", "data-active", move || muted().then_some(""))
    .press("mute", move || page.act(Act::Mute(!page.muted.now())))
    .holds("mic", move || {
        let icon = if muted() { icon!("mic-off", "ico ico--lg") } else { icon!("mic", "ico ico--lg") };
        vec![picture(icon)]
    })
    .pick("word", move || if muted() { "Unmute" } else { "Mute" })
    .press("chat", move || page.chatting.set(true))
    .press("end", move || page.act(Act::HangUp));
}
