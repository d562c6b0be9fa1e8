//! A password that is shown once. With wasm it is in the answer of the form; without, the answer is
//! a redirect, so it rides in a cookie that the next page takes and clears.

use serde::{Deserialize, Serialize};

/// A password made for somebody, to be passed on now.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    pub(crate) email: String,
    pub(crate) password: String,
}

impl std::fmt::Debug for Shown {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shown({})", self.email)
    }
}

impl Shown {
    /// What the form before this page made, if anything; afterwards it is gone. In the browser it
    /// comes with the page.
    pub(crate) fn before_this_page() -> Option<Self> {
        #[cfg(feature = "ssr")]
        return server::take();
        #[cfg(not(feature = "ssr"))]
        None
    }
}

#[cfg(feature = "ssr")]
pub(crate) use server::show;

#[cfg(feature = "ssr")]
mod server {
    use super::Shown;
    use axum::http::{
        HeaderValue,
        header::{ACCEPT, COOKIE, SET_COOKIE},
        request::Parts,
    };
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    const COOKIE_NAME: &str = "__Host-tincan-once";
    const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

    /// Gives the password to the caller, by cookie when the caller is a plain form.
    pub(crate) fn show(email: String, password: String) -> Shown {
        let by_form = use_context::<Parts>().is_some_and(|parts| {
            let accept = parts.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
            accept.is_some_and(|accept| accept.contains("text/html"))
        });
        if by_form {
            set(&format!("{COOKIE_NAME}={}.{}; Max-Age=60; {ATTRIBUTES}", hex(&email), hex(&password)));
        }
        Shown { email, password }
    }

    /// Takes the password out of the request's cookie and clears it.
    pub(super) fn take() -> Option<Shown> {
        let parts = use_context::<Parts>()?;
        let mut cookies = parts.headers.get_all(COOKIE).iter().filter_map(|cookie| cookie.to_str().ok());
        let shown = cookies.find_map(|cookies| cookies.split(';').find_map(read))?;
        set(&format!("{COOKIE_NAME}=; Max-Age=0; {ATTRIBUTES}"));
        Some(shown)
    }

    fn set(cookie: &str) {
        if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(cookie))
        {
            response.append_header(SET_COOKIE, value);
        }
    }

    fn read(pair: &str) -> Option<Shown> {
        let value = pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('=')?;
        let (email, password) = value.split_once('.')?;
        Some(Shown { email: unhex(email)?, password: unhex(password)? })
    }

    fn hex(text: &str) -> String {
        text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    }

    fn unhex(text: &str) -> Option<String> {
        if !text.is_ascii() || !text.len().is_multiple_of(2) {
            return None;
        }
        let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
        let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
        String::from_utf8(bytes?).ok()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn what_rides_in_the_cookie_is_read_back() {
            let pair = format!(" {COOKIE_NAME}={}.{}", hex("a@b.example"), hex("p;ä=\""));
            let shown = read(&pair).unwrap();
            assert_eq!((shown.email.as_str(), shown.password.as_str()), ("a@b.example", "p;ä=\""));
            for wrong in
                ["", "x=1.2", "__Host-tincan-once=6.6", "__Host-tincan-once=zz.zz", "__Host-tincan-once=é.é"]
            {
                assert!(read(wrong).is_none(), "{wrong}");
            }
        }
    }
}
