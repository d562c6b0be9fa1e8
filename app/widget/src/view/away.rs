//! A call of this visitor that this page does not carry: the way back to it.

use super::{
    can::{SLACK, icon, me, them},
    head::stage_head,
};
use crate::{
    effect::picture::{Picture, picture},
    page::{Act, Page},
    words,
};

const AWAY: &str = concat!(
    r#"<div class="call"><div class="call__mid"><div class="line" data-at="line"></div>"#,
    r#"<div class="call__who" role="status"><p class="call__state" data-at="title"></p>"#,
    r#"<p class="call__text" data-at="text"></p></div></div><div class="w__foot">"#,
    r#"<button class="btn btn--lg btn--paper" type="button" data-focus data-at="take">"#,
    icon!("phone", "ico ico--solid"),
    r#"<span data-at="word"></span></button>"#,
    r#"<button class="btn btn--quiet" type="button" data-at="write">Write instead</button></div></div>"#
);

/// **Return to your call** when nobody carries it, **Use here** when another tab does.
pub(crate) fn away(page: Page, elsewhere: bool) -> Vec<Picture> {
    let (title, text, word) = if elsewhere {
        ("Call in your other tab", "Your call goes on there. You can move it to this tab.", "Use here")
    } else {
        ("Your call is still on", "One tap and you are back in the same call.", "Return to your call")
    };
    let away = picture(AWAY);
    away.holds("line", move || {
        vec![
            me("can can--xl can--rim can--mute"),
            picture(SLACK),
            them("can can--xl can--rim can--them", &words::initial(&page.them())),
        ]
    })
    .text("title", title)
    .text("text", text)
    .text("word", word)
    .press("take", move || page.act(Act::TakeOver))
    .press("write", move || page.chatting.set(true));
    vec![stage_head(page), away]
}
