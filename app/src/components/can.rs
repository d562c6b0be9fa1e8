//! A can: a person, seen into the can.

use super::Icon;
use leptos::prelude::*;

/// A disc with the initial of whoever has a name of their own, or a figure for those who have none.
#[component]
pub(crate) fn Can(
    #[prop(into)] name: Signal<String>,
    /// Classes beside `can`.
    #[prop(into, optional)]
    class: Signal<&'static str>,
    /// The dot at its edge: `on`, `away`, `call`, or none.
    #[prop(into, optional)]
    dot: Signal<Option<&'static str>>,
) -> impl IntoView {
    view! {
        <span class=move || format!("can {}", class.get()) aria-hidden="true">
            {move || match initial(&name.read()) {
                Some(letter) => view! { <span>{letter}</span> }.into_any(),
                None => view! { <Icon name="user"/> }.into_any(),
            }}
            {move || dot.get().map(|dot| view! { <span class=format!("can__dot can__dot--{dot}")></span> })}
        </span>
    }
}

/// The first letter of a name; none for names that were only given a number ("Visitor 4821").
pub(crate) fn initial(name: &str) -> Option<String> {
    let numbered =
        name.strip_prefix("Visitor").is_some_and(|rest| rest.trim().chars().all(char::is_alphanumeric));
    if numbered || name == UNKNOWN {
        return None;
    }
    name.chars().find(|letter| letter.is_alphanumeric()).map(|letter| letter.to_uppercase().collect())
}

/// What a visitor without a name is called.
pub(crate) const UNKNOWN: &str = "Unknown Caller";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_names_have_an_initial() {
        assert_eq!(initial("Agent One").as_deref(), Some("A"));
        assert_eq!(initial("  ödön").as_deref(), Some("Ö"));
        assert_eq!(initial("Visitor 4821"), None);
        assert_eq!(initial("Visitor"), None);
        assert_eq!(initial(UNKNOWN), None);
        assert_eq!(initial(""), None);
    }
}
