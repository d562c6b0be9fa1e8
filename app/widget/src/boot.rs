//! What the page's shell tells the widget before anything is asked: read once, never changed.

use tincan_signaling::agent::Availability;

/// The JSON in `<script id="boot">`.
#[derive(Debug)]
pub(crate) struct Boot {
    /// The tenant's public key.
    pub(crate) key: String,
    /// The tenant's name as visitors see it.
    pub(crate) tenant: String,
    pub(crate) theme: Theme,
    pub(crate) voice_enabled: bool,
    pub(crate) agent_status: Availability,
    pub(crate) ws_url: String,
    /// The origins that may show the widget; messages go to and come from no other.
    pub(crate) parents: Vec<String>,
}

/// The tenant's colour.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    pub(crate) hue: f64,
    pub(crate) chroma: f64,
}

impl Default for Theme {
    fn default() -> Self {
        Self { hue: 218.0, chroma: 0.1 }
    }
}
