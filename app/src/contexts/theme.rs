//! Light or dark: the person's choice, kept in a cookie so that the server renders it at once.
//! Without a choice the system's own wins.

use crate::effects;
use leptos::prelude::*;

/// Light or dark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Theme {
    Light,
    Dark,
}

impl Theme {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    #[cfg(any(feature = "ssr", test))]
    fn from_cookies(cookies: &str) -> Option<Self> {
        let value = cookies.split(';').find_map(|pair| pair.trim().strip_prefix("theme="))?;
        match value {
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }
}

/// The theme that is shown now, once the page knows.
#[derive(Clone, Copy)]
pub(crate) struct ThemeContext(RwSignal<Option<Theme>>);

impl ThemeContext {
    /// What the switch does next, in words.
    pub(crate) fn label(self) -> &'static str {
        if self.0.get() == Some(Theme::Dark) { "Light theme" } else { "Dark theme" }
    }

    /// The icon of the other theme.
    pub(crate) fn icon(self) -> &'static str {
        if self.0.get() == Some(Theme::Dark) { "sun" } else { "moon" }
    }

    /// Shows the other theme and remembers it.
    pub(crate) fn switch(self) {
        let next = if self.0.get_untracked() == Some(Theme::Dark) { Theme::Light } else { Theme::Dark };
        self.0.set(Some(next));
        effects::theme::choose(next.as_str());
    }
}

/// Provides the theme; it starts as the cookie or the system says.
pub(crate) fn provide_theme() {
    let theme = RwSignal::new(None);
    provide_context(ThemeContext(theme));
    Effect::new(move |_| {
        let dark = effects::theme::is_dark();
        theme.set(Some(if dark { Theme::Dark } else { Theme::Light }));
    });
}

/// The theme of this page's switch.
pub(crate) fn use_theme() -> ThemeContext {
    expect_context()
}

/// The choice in the request's cookie, for `data-theme`.
pub(crate) fn chosen_on_server() -> Option<&'static str> {
    #[cfg(feature = "ssr")]
    {
        use axum::http::{header::COOKIE, request::Parts};
        let parts = use_context::<Parts>()?;
        let mut cookies = parts.headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        cookies.find_map(Theme::from_cookies).map(Theme::as_str)
    }
    #[cfg(not(feature = "ssr"))]
    None
}

#[cfg(test)]
mod tests {
    use super::Theme;

    #[test]
    fn the_choice_is_found_among_other_cookies() {
        assert_eq!(Theme::from_cookies("a=b; theme=dark; c=d"), Some(Theme::Dark));
        assert_eq!(Theme::from_cookies("theme=light"), Some(Theme::Light));
        assert_eq!(Theme::from_cookies("mytheme=dark"), None);
        assert_eq!(Theme::from_cookies("theme=pink"), None);
    }
}
