//! Before a call: why the browser asks for the microphone, and a test one may skip.

use super::{
    can::{icon, string},
    head::back_head,
};
use crate::{
    effect::{
        dom,
        picture::{Picture, picture},
        string::{self, Strand},
    },
    page::{Act, Page},
};

const BODY: &str = concat!(
    r#"<div class="w__body"><div class="mic"><p class="why">"#,
    icon!("shield", "ico"),
    "<span>Your browser will ask to use the microphone. We only listen during the call.</span></p>",
    r#"<div class="mic__meter"><div class="paper-string">"#,
    string!("me" "M0 40L240 40"),
    r#"</div><div class="bar" aria-hidden="true"></div><p role="status" data-at="heard">"#,
    r#"<span data-at="tick" hidden>"#,
    icon!("check", "ico ico--sm"),
    r#"</span><span data-at="words"></span></p></div>"#,
    r#"<label class="field" data-at="devices" hidden><span class="field__label">Microphone</span>"#,
    r#"<span class="pick">"#,
    icon!("mic", "ico"),
    r#"<select class="input" data-at="device"></select>"#,
    icon!("down", "ico"),
    r#"</span></label><button class="btn btn--quiet btn--sm" type="button" data-at="sound">"#,
    icon!("play", "ico ico--sm ico--solid"),
    "Play test sound</button></div></div>"
);
const FOOT: &str = concat!(
    r#"<div class="w__foot"><button class="btn btn--primary btn--lg" type="button" data-focus data-at="start">"#,
    icon!("phone", "ico ico--solid"),
    r#"Start call</button><button class="btn btn--quiet" type="button" data-at="skip">Skip test</button></div>"#
);

/// The microphone test.
pub(crate) fn before(page: Page) -> Vec<Picture> {
    let (body, foot) = (picture(BODY), picture(FOOT));
    meter(page, &body);
    devices(page, &body);
    body.press("sound", move || page.act(Act::TestSound));
    foot.press("start", move || page.act(Act::Start)).press("skip", move || page.act(Act::Start));
    vec![back_head(page, "Before we call"), body, foot]
}

/// What the microphone hears, as a strand, as a bar and in words.
fn meter(page: Page, body: &Picture) {
    string::run(move || {
        let level = page.my_level();
        string::set_level(level);
        [Some((Strand::Alone, level)), None]
    });
    let heard = move || page.test.with(|test| test.open && test.heard);
    body.class("heard", move || if heard() { "mic__words mic__ok" } else { "mic__words" })
        .shown("tick", heard)
        .pick("words", move || {
            if page.rung() {
                return "We are calling you right now. Start the call to answer.";
            }
            page.test.with(|test| match (test.open, test.heard, test.silent) {
                (false, ..) => "Waiting for the microphone. Choose Allow when your browser asks.",
                (true, true, _) => "We can hear you",
                (true, false, false) => "Say something",
                (true, false, true) => "We can’t hear anything. Is the right microphone selected or muted?",
            })
        });
}

/// The menu of microphones; it has names only once the browser granted one.
fn devices(page: Page, body: &Picture) {
    body.shown("devices", move || page.test.with(|test| !test.devices.is_empty()))
        .holds("device", move || page.test.with(|test| test.devices.iter().map(dom::option).collect()))
        .value("device", move || page.test.with(|test| test.device.clone()))
        .on("device", "change", move |event| page.act(Act::Device(dom::value_of(&event))));
}
