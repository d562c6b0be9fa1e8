//! The end of a call: why, how long it was, and what can be done next.

use super::{
    can::{LOOSE, icon, me, them},
    head::head,
};
use crate::{
    effect::picture::{Picture, picture},
    page::{Act, Page},
    words::{self, Words},
};
use tincan_signaling::Call;

const BODY: &str = concat!(
    r#"<div class="w__body w__body--mid"><div class="end"><div class="line paper-string" data-at="line"></div>"#,
    r#"<div class="note" role="status"><h2 data-at="title"></h2><p class="num" data-at="text"></p>"#,
    r#"<p class="note__more" data-at="notice" hidden></p></div></div></div>"#
);
const FOOT: &str = concat!(
    r#"<div class="w__foot"><button class="btn btn--primary btn--lg" type="button" data-focus data-at="again">"#,
    icon!("phone", "ico ico--solid"),
    r#"Call again</button><button class="btn btn--quiet" type="button" data-at="back">Back to chat</button></div>"#
);

/// The reason in words, **Call again** and the way back to the chat.
pub(crate) fn over(page: Page) -> Vec<Picture> {
    let words = move || {
        let me = page.me.get();
        page.call.with(|call| match (call, me) {
            (Call::Ended(ended), Some(me)) => words::ended(ended, me),
            _ => Words::default(),
        })
    };
    let (body, foot) = (picture(BODY), picture(FOOT));
    body.holds("line", move || {
        vec![
            me("can can--lg can--rim"),
            picture(LOOSE),
            them("can can--lg can--rim", &words::initial(&page.them())),
        ]
    })
    .words("title", move || words().title)
    .words("text", move || words().text)
    .shown("notice", move || page.notice.get().is_some())
    .words("notice", move || page.notice.get().unwrap_or_default());
    foot.shown("again", move || page.available.get().voice_enabled)
        .press("again", move || page.act(Act::Call))
        .press("back", move || page.act(Act::Dismiss));
    vec![head(page), body, foot]
}
