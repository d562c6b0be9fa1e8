//! What the page's shell tells the widget before anything is asked: parsed once, never changed.

use serde::Deserialize;
use tincan_signaling::agent::Availability;

/// The JSON in `<script id="boot">`.
#[derive(Debug, Deserialize)]
pub(crate) struct Boot {
    /// The tenant's public key.
    pub(crate) key: String,
    /// The tenant's name as visitors see it.
    pub(crate) tenant: String,
    #[serde(default)]
    pub(crate) theme: Theme,
    #[serde(default)]
    pub(crate) features: Features,
    #[serde(default)]
    pub(crate) agent_status: Availability,
    pub(crate) ws_url: String,
    /// The origins that may show the widget; messages go to and come from no other.
    #[serde(default)]
    pub(crate) parents: Vec<String>,
}

/// The tenant's colour.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(crate) struct Theme {
    pub(crate) hue: f64,
    pub(crate) chroma: f64,
}

impl Default for Theme {
    fn default() -> Self {
        Self { hue: 218.0, chroma: 0.1 }
    }
}

/// What the tenant's plan lets a visitor do.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Features {
    pub(crate) voice_enabled: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_without_theme_still_boots() {
        let text = r#"{"key":"k","tenant":"Shop","ws_url":"ws://h/s","agent_status":"busy","parents":["https://a"]}"#;
        let boot: Boot = serde_json::from_str(text).unwrap();
        assert_eq!((boot.theme.hue as u16, boot.features.voice_enabled), (218, false));
        assert_eq!(boot.agent_status, Availability::Busy);
    }
}
