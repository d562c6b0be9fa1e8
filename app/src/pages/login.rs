//! Sign-in: a plain form that the server answers with a redirect, so it needs no wasm at all.

use crate::{
    api::too_often,
    components::{Icon, Mark},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use tincan_signaling::Code;

/// The sign-in page. What went wrong last time stands in the query.
#[component]
pub(crate) fn Login() -> impl IntoView {
    let query = use_query_map();
    let refused = move || {
        let query = query.read();
        let retry = query.get("retry_after_ms").and_then(|ms| ms.parse().ok());
        query.get("error").map(|code| refusal(&code, retry))
    };
    let next = move || query.read().get("next");
    view! {
        <Title text="Sign in, Tincan"/>
        <main class="login">
            <div class="line" aria-hidden="true">
                <LoginCan/>
                <svg class="string" viewBox="0 0 240 80" preserveAspectRatio="none">
                    <path class="string__rest" d="M-7 16C40 80 200 80 247 16"></path>
                </svg>
                <LoginCan/>
            </div>
            <form class="login__card" method="post" action="/login" aria-labelledby="sign-in">
                <span class="mark"><Mark/>"Tincan"</span>
                <h1 id="sign-in">"Sign in to answer calls"</h1>
                {move || refused().map(|words| view! {
                    <p class="login__err" role="alert"><Icon name="warn" class="ico--sm"/>{words}</p>
                })}
                {move || next().map(|next| view! { <input type="hidden" name="next" value=next/> })}
                <label class="field">
                    <span class="field__label">"Email"</span>
                    <input
                        class="input"
                        type="email"
                        name="email"
                        autocomplete="username"
                        required
                        autofocus
                    />
                </label>
                <label class="field">
                    <span class="field__label">"Password"</span>
                    <input
                        class="input"
                        type="password"
                        name="password"
                        autocomplete="current-password"
                        required
                    />
                </label>
                <button class="btn btn--primary btn--lg btn--block">"Sign in"</button>
            </form>
            <p class="login__foot">"Calls go from browser to browser. We never hear them."</p>
        </main>
    }
}

/// A can seen from the side; only this page shows one so.
#[component]
fn LoginCan() -> impl IntoView {
    view! {
        <svg class="login__can" viewBox="0 0 64 88" fill="currentColor">
            <rect width="64" height="88" rx="17"></rect>
            <path d="M0 27h64M0 61h64" stroke="#fff" stroke-opacity=".25" stroke-width="2"></path>
        </svg>
    }
}

/// Why nobody was signed in. A wrong email and a wrong password read the same, on purpose.
fn refusal(code: &str, retry_after_ms: Option<u64>) -> String {
    match Code::ALL.into_iter().find(|known| known.as_str() == code) {
        Some(Code::Unauthorized) => "Wrong email or password.".into(),
        Some(Code::Forbidden) => "This account is disabled. Ask an admin of your team.".into(),
        Some(Code::RateLimited) => too_often(retry_after_ms),
        Some(Code::Csrf) => "This form is from another page. Reload and try again.".into(),
        _ => "Signing in does not work right now. Try again in a moment.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn each_refusal_has_its_own_words() {
        assert_eq!(refusal("unauthorized", None), "Wrong email or password.");
        assert_eq!(refusal("rate-limited", Some(30_000)), "Too many attempts. Try again in 30 s.");
        assert!(refusal("<script>", None).starts_with("Signing in does not work"));
    }
}
