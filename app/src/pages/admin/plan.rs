//! What the plan gives, and the one switch that narrows it.

use super::latest::Latest;
use crate::{
    api::{SetVoice, TenantPage},
    components::Icon,
};
use leptos::{form::ActionForm, prelude::*};
use tincan_signaling::Entitlements;

/// The entitlements as rows.
#[component]
pub(crate) fn Plan(tenant: TenantPage, may_change: bool) -> impl IntoView {
    let rows = rows(&tenant.given);
    let voice = ServerAction::new();
    let latest = Latest::new().follow(voice);
    let switch =
        tenant.given.voice_enabled.then(|| view! { <Voice tenant=tenant.clone() voice may_change/> });
    view! {
        <section class="panel c5" id="plan" aria-labelledby="plan-title">
            <div class="panel__head">
                <div>
                    <h2 id="plan-title">"What your plan gives"</h2>
                    <p>"The same check hides the button and refuses the call."</p>
                </div>
            </div>
            <ul class="rows">
                {switch}
                {rows.into_iter().map(|row| view! { <Capability row/> }).collect_view()}
            </ul>
            <div aria-live="polite">{latest.words()}</div>
        </section>
    }
}

/// One line of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    icon: &'static str,
    title: &'static str,
    hint: String,
    on: bool,
}

fn rows(given: &Entitlements) -> Vec<Row> {
    let row = |icon, title, on, yes: String, no: &str| Row {
        icon,
        title,
        hint: if on { yes } else { no.into() },
        on,
    };
    let mut rows = Vec::new();
    if !given.voice_enabled {
        rows.push(row("phone", "Voice calls", false, String::new(), "Visitors see no call button"));
    }
    let relay = "Calls get through strict networks".to_owned();
    rows.push(row("globe", "TURN relay", given.turn_relay, relay, "Calls connect directly or not at all"));
    let people = format!("{} people can sign in", given.max_agents);
    rows.push(row("users", "Team", given.max_agents > 0, people, "Nobody can sign in"));
    rows.push(row(
        "video",
        "Video",
        given.video_enabled,
        "Calls may carry video".into(),
        "Visitors see no video button",
    ));
    rows.push(row(
        "keypad",
        "SIP gateway",
        given.sip_gateway,
        "Telephones can join".into(),
        "Telephones cannot join",
    ));
    rows.push(row(
        "lock",
        "Recording",
        given.recording,
        "On demand, the visitor agrees first".into(),
        "Nothing is recorded",
    ));
    rows
}

#[component]
fn Capability(row: Row) -> impl IntoView {
    view! {
        <li class="ent">
            <Icon name=row.icon/>
            <div class="grow">{row.title}<small>{row.hint}</small></div>
            {if row.on {
                view! { <span class="chip chip--go"><Icon name="check"/>"On"</span> }.into_any()
            } else {
                view! { <span class="chip">"Not in plan"</span> }.into_any()
            }}
        </li>
    }
}

/// Voice calls: in the plan, and switched by the admin. The switch stays the same element, so that
/// it keeps the focus of whoever pressed it.
#[component]
fn Voice(tenant: TenantPage, voice: ServerAction<SetVoice>, may_change: bool) -> impl IntoView {
    let on = RwSignal::new(tenant.voice_switch);
    Effect::new(move |_| {
        if let Some(Ok(now)) = voice.value().get() {
            on.set(now);
        }
    });
    let lines = tenant.given.max_concurrent_calls;
    let hint =
        move || if on.get() { format!("{lines} at once") } else { "Off. Visitors see no call button".into() };
    view! {
        <li class="ent">
            <Icon name="phone"/>
            <div class="grow">"Voice calls"<small>{hint}</small></div>
            {if may_change {
                view! {
                    <ActionForm action=voice>
                        <input type="hidden" name="on" value=move || (!on.get()).to_string()/>
                        <button
                            class="switch"
                            role="switch"
                            aria-checked=move || on.get().to_string()
                            aria-label="Voice calls"
                        ></button>
                    </ActionForm>
                }.into_any()
            } else if tenant.voice_switch {
                view! { <span class="chip chip--go"><Icon name="check"/>"On"</span> }.into_any()
            } else {
                view! { <span class="chip chip--warn">"Switched off"</span> }.into_any()
            }}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_stands_there_too() {
        let free = rows(&Entitlements { max_agents: 3, ..Entitlements::default() });
        assert!(free.iter().any(|row| row.title == "Voice calls" && !row.on));
        assert!(free.iter().any(|row| row.hint == "3 people can sign in" && row.on));
        let paid = rows(&Entitlements { voice_enabled: true, turn_relay: true, ..Entitlements::default() });
        assert!(paid.iter().all(|row| row.title != "Voice calls"));
    }
}
