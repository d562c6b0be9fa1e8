//! The tenant's settings: how to install the widget, where it works, who signs in, what the plan
//! gives. Managers look, admins change. Every form works before wasm arrives.

mod copy;
mod install;
mod latest;
mod nav;
mod once;
mod origins;
mod plan;
mod team;

use crate::{
    api::{ApiError, Boot, TenantPage, read_tenant},
    call::{CallBar, Ringer},
    components::Icon,
};
use install::Install;
use leptos::prelude::*;
use leptos_meta::Title;
use nav::Nav;
use origins::Origins;
use plan::Plan;
use team::Team;

/// The settings of the tenant of whoever is signed in.
#[component]
pub(crate) fn Admin() -> impl IntoView {
    let boot = expect_context::<Boot>();
    let ringer = expect_context::<Ringer>();
    view! {
        <Title text=move || ringer.title("Settings")/>
        {if boot.sees_settings() {
            view! { <Settings boot/> }.into_any()
        } else {
            view! { <NotYours/> }.into_any()
        }}
    }
}

#[component]
fn Settings(boot: Boot) -> impl IntoView {
    let may_change = boot.changes_settings();
    let tenant = Resource::new(|| (), |()| read_tenant());
    view! {
        <div class="adm">
            <Nav/>
            <main class="adm__main">
                <CallBar/>
                <Transition fallback=|| view! { <p class="muted">"Loading the settings"</p> }>
                    {move || Suspend::new(async move {
                        match tenant.await {
                            Ok(tenant) => view! { <Head tenant may_change/> }.into_any(),
                            Err(error) => view! { <Trouble error/> }.into_any(),
                        }
                    })}
                </Transition>
                <div class="adm__grid">
                    <div class="adm__stack c7">
                        <Transition>
                            {move || Suspend::new({
                                let public_url = boot.public_url.clone();
                                async move {
                                    let key = tenant.await.ok()?.key;
                                    Some(view! { <Install public_url key/> })
                                }
                            })}
                        </Transition>
                        <Origins may_change/>
                    </div>
                    <Transition>
                        {move || Suspend::new(async move {
                            let tenant = tenant.await.ok()?;
                            Some(view! { <Plan tenant may_change/> })
                        })}
                    </Transition>
                    <Team may_change me=boot.me/>
                </div>
            </main>
        </div>
    }
}

#[component]
fn Head(tenant: TenantPage, may_change: bool) -> impl IntoView {
    let plan = match tenant.plan.as_str() {
        "premium" => "Plan Premium",
        "free" => "Plan Free",
        _ => "Plan of your own",
    };
    view! {
        <header class="adm__head">
            <div class="grow">
                <h1>{tenant.name}</h1>
                <p>{plan}{(!may_change).then_some(". You may look, an admin may change.")}</p>
            </div>
        </header>
    }
}

/// What a part of the page says when it could not be read or changed.
#[component]
pub(crate) fn Trouble(error: ApiError) -> impl IntoView {
    view! {
        <p class="login__err" role="alert"><Icon name="warn" class="ico--sm"/>{error.words()}</p>
    }
}

#[component]
fn NotYours() -> impl IntoView {
    view! {
        <main class="empty empty--page">
            <h1>"Settings are for admins and managers"</h1>
            <p>"Ask an admin of your team if something should change."</p>
            <div class="row"><a class="btn" href="/dashboard">"Dashboard"</a></div>
        </main>
    }
}
