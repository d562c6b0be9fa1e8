//! The loader on the host page: what it tells us and what we tell it, origins checked both ways.

use crate::boot::Boot;
use js_sys::{Object, Reflect};
use leptos::ev;
use serde::Deserialize;
use tincan_signaling::LegId;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Window};

/// What the loader says.
#[derive(Debug, Deserialize)]
#[serde(tag = "tincan", rename_all = "snake_case")]
pub(crate) enum Heard {
    /// The first word: what the host page keeps for us.
    Init {
        #[serde(default)]
        resume: Option<String>,
        #[serde(default)]
        leg: Option<LegId>,
        #[serde(default)]
        open: bool,
        #[serde(default)]
        page: Option<String>,
    },
    /// The widget was opened or closed, perhaps with something to do.
    Shown {
        #[serde(default)]
        open: bool,
        #[serde(default)]
        act: Option<Asked>,
    },
    Resume {
        #[serde(default)]
        resume: Option<String>,
    },
    Hangup,
    Shutdown,
    /// The host page goes, perhaps to come back as it was.
    Leave,
}

/// What the host page asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asked {
    Call,
    Return,
}

/// The origin around us: named by the loader in the fragment, believed only when the tenant's list
/// has it. The browser enforces the same list by `frame-ancestors`.
pub(crate) fn parent_origin() -> Option<String> {
    let hash = leptos::prelude::window().location().hash().ok()?;
    Some(hash.strip_prefix('#')?.to_owned()).filter(|origin| !origin.is_empty())
}

fn trusted(boot: &Boot) -> Option<String> {
    parent_origin().filter(|origin| boot.parents.iter().any(|known| known == origin))
}

/// Listens to the loader and says hello. Without a loader the page stands alone and just starts.
pub(crate) fn greet(boot: &'static Boot, heard: impl Fn(Heard) + 'static) {
    let Some(origin) = trusted(boot) else {
        heard(Heard::Init { resume: None, leg: None, open: true, page: None });
        return;
    };
    let handle = leptos::prelude::window_event_listener(ev::message, move |event: MessageEvent| {
        let ours =
            parent().is_some_and(|parent| event.source().is_some_and(|source| source == *parent.as_ref()));
        if event.origin() != origin || !ours {
            return;
        }
        if let Some(message) = read(&event.data()) {
            heard(message);
        }
    });
    // For the life of the page.
    std::mem::forget(handle);
    say("hello", &[]);
}

fn read(data: &JsValue) -> Option<Heard> {
    let text = js_sys::JSON::stringify(data).ok()?.as_string()?;
    serde_json::from_str(&text).ok()
}

/// Says something to the loader, and to it alone.
pub(crate) fn say(kind: &str, fields: &[(&str, JsValue)]) {
    let (Some(parent), Some(origin)) = (parent(), parent_origin()) else { return };
    let message = Object::new();
    let text = JsValue::from_str;
    for (name, value) in [("tincan", text(kind))].iter().chain(fields) {
        // Setting a key of a fresh object does not fail.
        let _ = Reflect::set(&message, &text(name), value);
    }
    // A parent that is gone needs no message.
    let _ = parent.post_message(&message, &origin);
}

/// Tells the host page's own listeners.
pub(crate) fn event(name: &str, fields: &[(&str, JsValue)]) {
    let detail = Object::new();
    for (key, value) in fields {
        let _ = Reflect::set(&detail, &JsValue::from_str(key), value);
    }
    say("event", &[("name", JsValue::from_str(name)), ("detail", detail.into())]);
}

/// The loader keeps this for the next page.
pub(crate) fn keep_resume(resume: &str) {
    say("resume", &[("resume", JsValue::from_str(resume))]);
}

/// The window around us, if there is one.
fn parent() -> Option<Window> {
    let window = leptos::prelude::window();
    let parent = window.parent().ok()??;
    (parent != window).then_some(parent)
}

/// Words for the owner of the site, who reads consoles.
pub(crate) fn tell_owner(text: &str) {
    let console = Reflect::get(&js_sys::global(), &"console".into());
    let Ok(console) = console else { return };
    if let Ok(warn) = Reflect::get(&console, &"warn".into()) {
        let warn: js_sys::Function = warn.unchecked_into();
        // A console that is gone needs no words.
        let _ = warn.call1(&console, &JsValue::from_str(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_is_understood() {
        let init =
            r#"{"tincan":"init","resume":"R","leg":"00000000-0000-0000-0000-000000000007","open":true}"#;
        assert!(matches!(
            serde_json::from_str(init),
            Ok(Heard::Init { resume: Some(_), leg: Some(_), open: true, page: None })
        ));
        let shown = r#"{"tincan":"shown","open":true,"quiet":1,"act":"return"}"#;
        assert!(matches!(
            serde_json::from_str(shown),
            Ok(Heard::Shown { open: true, act: Some(Asked::Return) })
        ));
        assert!(serde_json::from_str::<Heard>(r#"{"tincan":"format disk"}"#).is_err());
    }
}
