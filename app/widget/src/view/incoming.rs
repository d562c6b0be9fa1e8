//! An agent calls: a dialog over the conversation, which stays as it is.

use super::can::{BEADS, icon, me, them};
use crate::{
    effect::picture::{Picture, picture},
    page::{Act, Page},
    words,
};

const RING: &str = concat!(
    r#"<div class="w__veil"><section class="w__ring stage" role="alertdialog" aria-label="Incoming call" "#,
    r#"aria-describedby="ring-who"><p class="w__sub">Incoming call</p><div class="line" data-at="line"></div>"#,
    r#"<p class="call__state" id="ring-who" data-at="who"></p>"#,
    r#"<p class="call__text">Your browser may ask to use the microphone. We only listen during the call.</p>"#,
    r#"<div class="w__answer"><button class="btn btn--lg btn--decline" type="button" data-at="decline">"#,
    icon!("phone-down", "ico ico--solid"),
    r#"Decline</button><button class="btn btn--lg btn--accept" type="button" data-focus data-at="accept">"#,
    icon!("phone", "ico ico--solid"),
    "Accept</button></div></section></div>"
);

/// **Accept** or **Decline**.
pub(crate) fn incoming(page: Page) -> Picture {
    let ring = picture(RING);
    ring.holds("line", move || {
        vec![
            them("can can--xl can--rim can--them", &words::initial(&page.them())),
            picture(BEADS),
            me("can can--xl can--rim can--me ripple"),
        ]
    })
    .words("who", move || [&page.them(), " is calling"].concat())
    .press("decline", move || page.act(Act::Decline))
    .press("accept", move || page.act(Act::Accept));
    ring
}
