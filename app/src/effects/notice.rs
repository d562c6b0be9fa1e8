//! The desktop notification of a call that rings: one a call, whatever the number of tabs.

use tincan_signaling::CallId;
use web_sys::{Notification, NotificationOptions, NotificationPermission};

/// A notification on screen; closed when this is dropped.
pub(crate) struct Notice {
    notification: Notification,
    pub(crate) call: CallId,
}

impl Drop for Notice {
    fn drop(&mut self) {
        self.notification.close();
    }
}

/// Some browsers (on phones) have no notifications at all.
fn there_are_any() -> bool {
    js_sys::Reflect::has(&leptos::prelude::window(), &"Notification".into()).unwrap_or(false)
}

/// Asks for the right to notify, inside the tap on Ready. A no is fine: the page still rings.
pub(crate) fn ask() {
    if there_are_any() && Notification::permission() == NotificationPermission::Default {
        let _ = Notification::request_permission();
    }
}

/// Shows that somebody calls; nothing when notifications are not allowed.
pub(crate) fn show(call: CallId, visitor: &str) -> Option<Notice> {
    if !there_are_any() || Notification::permission() != NotificationPermission::Granted {
        return None;
    }
    let options = NotificationOptions::new();
    options.set_tag(&call.to_string());
    options.set_body(visitor);
    options.set_icon("/favicon.svg");
    let notification = Notification::new_with_options("Incoming call", &options).ok()?;
    Some(Notice { notification, call })
}
