//! The loader on the host page: what it tells us and what we tell it, origins checked both ways.

use super::{
    dom::{on_window, window},
    json::{Json, object},
};
use crate::boot::Boot;
use js_sys::Reflect;
use std::cell::OnceCell;
use tincan_signaling::LegId;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{MessageEvent, Window};

thread_local! {
    /// The origin around us, once it was found on the tenant's list: nobody else is told anything.
    static HOST: OnceCell<String> = const { OnceCell::new() };
}

/// What the loader says.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The first word: what the host page keeps for us.
    Init {
        resume: Option<String>,
        leg: Option<LegId>,
        open: bool,
        page: Option<String>,
    },
    /// The widget was opened or closed, perhaps with something to do.
    Shown {
        open: bool,
        act: Option<Asked>,
    },
    Resume {
        resume: String,
    },
    Hangup,
    Shutdown,
    /// The host page goes, perhaps to come back as it was.
    Leave,
}

/// What the host page asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Call,
    Return,
}

/// The origin around us: named by the loader in the fragment, believed only when the tenant's list
/// has it. The browser enforces the same list by `frame-ancestors`.
fn parent_origin() -> Option<String> {
    let hash = window().location().hash().ok()?;
    Some(hash.strip_prefix('#')?.to_owned()).filter(|origin| !origin.is_empty())
}

/// The host name of the page around the widget.
pub(crate) fn parent_host() -> String {
    parent_origin().and_then(|origin| origin.rsplit('/').next().map(str::to_owned)).unwrap_or_default()
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
    // Greeted once; a second time changes nothing.
    HOST.with(|host| drop(host.set(origin.clone())));
    on_window("message", move |event| {
        let Some(event) = event.dyn_ref::<MessageEvent>() else { return };
        let ours =
            parent().is_some_and(|parent| event.source().is_some_and(|source| source == *parent.as_ref()));
        if event.origin() != origin || !ours {
            return;
        }
        if let Some(message) = read(&Json::of(event.data())) {
            heard(message);
        }
    });
    say("hello", &[]);
}

fn read(message: &Json) -> Option<Heard> {
    Some(match message.text("tincan")?.as_str() {
        "init" => Heard::Init {
            resume: message.text("resume"),
            leg: message.read("leg"),
            open: message.flag("open"),
            page: message.text("page"),
        },
        "shown" => Heard::Shown {
            open: message.flag("open"),
            act: match message.text("act").as_deref() {
                Some("call") => Some(Asked::Call),
                Some("return") => Some(Asked::Return),
                _ => None,
            },
        },
        "resume" => Heard::Resume { resume: message.text("resume")? },
        "hangup" => Heard::Hangup,
        "shutdown" => Heard::Shutdown,
        "leave" => Heard::Leave,
        _ => return None,
    })
}

/// Says something to the loader, and to it alone.
pub(crate) fn say(kind: &str, fields: &[(&str, JsValue)]) {
    let (Some(parent), Some(origin)) = (parent(), HOST.with(|host| host.get().cloned())) else { return };
    let mut all = vec![("tincan", JsValue::from_str(kind))];
    all.extend_from_slice(fields);
    let message = object(&all);
    // A parent that is gone needs no message.
    let _ = parent.post_message(&message, &origin);
}

/// Tells the host page's own listeners.
pub(crate) fn event(name: &str, fields: &[(&str, JsValue)]) {
    let detail = object(fields);
    say("event", &[("name", JsValue::from_str(name)), ("detail", detail.into())]);
}

/// The loader keeps this for the next page.
pub(crate) fn keep_resume(resume: &str) {
    say("resume", &[("resume", JsValue::from_str(resume))]);
}

/// The window around us, if there is one.
fn parent() -> Option<Window> {
    let window = window();
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
