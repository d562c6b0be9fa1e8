//! The microphone is not there: what it is and the way out.

use super::{can::icon, head::back_head};
use crate::{
    effect::{
        loader,
        picture::{Picture, picture},
    },
    page::{Act, Page},
    words,
};
use tincan_client::MicError;

const BODY: &str = concat!(
    r#"<div class="w__body"><div class="note" role="alert"><h2 data-at="title"></h2><p data-at="text"></p></div>"#,
    r#"<div class="addr" aria-hidden="true" data-at="bar"><div class="addr__bar"><span class="addr__key">"#,
    icon!("settings", "ico ico--sm"),
    r#"</span><span class="ltr clip" data-at="host"></span></div><div class="addr__pop">"#,
    icon!("mic", "ico ico--sm"),
    r#"<span class="grow">Microphone</span><span class="switch" aria-checked="true"></span></div></div>"#,
    r#"<ol class="steps note" data-at="steps"></ol></div>"#
);
const FOOT: &str = concat!(
    r#"<div class="w__foot"><button class="btn btn--primary btn--lg" type="button" data-at="again">Try again</button>"#,
    r#"<button type="button" data-at="back">Write instead</button></div>"#
);

/// One screen a cause.
pub(crate) fn problem(page: Page, problem: MicError) -> Vec<Picture> {
    let advice = words::advice(problem);
    let (body, foot) = (picture(BODY), picture(FOOT));
    body.text("title", advice.title)
        .text("text", advice.text)
        .text("host", &loader::parent_host())
        .shown("bar", move || problem == MicError::Blocked)
        .shown("steps", move || !advice.steps.is_empty());
    for step in advice.steps {
        body.put("steps", picture("<li></li>").text("", step));
    }
    foot.shown("again", move || advice.again)
        .class("back", move || if advice.again { "btn btn--quiet" } else { "btn btn--primary btn--lg" })
        .press("again", move || page.act(Act::AskAgain))
        .press("back", move || page.act(Act::Back));
    vec![back_head(page, "Microphone"), body, foot]
}
