//! Who signs in for this tenant.

use super::{Trouble, latest::Latest, once::ShownOnce};
use crate::{
    api::{AddUser, ApiError, Member, ResetPassword, SetUserEnabled, SetUserRole, Shown, list_users},
    components::{Can, Icon, hydrated},
    effects::focus,
};
use leptos::{form::ActionForm, html, prelude::*};
use tincan_signaling::{Sub, event::Role};

/// The team: everybody with role and state, a form to add somebody, and what the last form made.
#[component]
pub(crate) fn Team(may_change: bool, me: Sub) -> impl IntoView {
    let actions = Actions {
        add: ServerAction::new(),
        reset: ServerAction::new(),
        enable: ServerAction::new(),
        role: ServerAction::new(),
    };
    let users = Resource::new(move || actions.changes(), |_| list_users());
    let before = SharedValue::new(Shown::before_this_page).into_inner();
    let made = actions.made();
    let latest =
        Latest::new().follow(actions.add).follow(actions.reset).follow(actions.enable).follow(actions.role);
    view! {
        <section class="panel c12" id="team" aria-labelledby="team-title">
            <div class="panel__head"><h2 id="team-title">"Team"</h2></div>
            <div aria-live="polite">
                {latest.words()}
                {move || made.get().or_else(|| before.clone()).map(|shown| view! { <ShownOnce shown/> })}
            </div>
            <Transition fallback=|| view! { <p class="muted">"Loading"</p> }>
                <Members users actions may_change me/>
            </Transition>
            {may_change.then(|| view! { <Add action=actions.add/> })}
        </section>
    }
}

/// Everything that can be done to the team.
#[derive(Clone, Copy)]
struct Actions {
    add: ServerAction<AddUser>,
    reset: ServerAction<ResetPassword>,
    enable: ServerAction<SetUserEnabled>,
    role: ServerAction<SetUserRole>,
}

impl Actions {
    fn changes(self) -> (usize, usize, usize) {
        (self.add.version().get(), self.enable.version().get(), self.role.version().get())
    }

    /// The password of the form that was sent last.
    fn made(self) -> RwSignal<Option<Shown>> {
        let made = RwSignal::new(None);
        Effect::new(move |_| {
            if let Some(Ok(shown)) = self.add.value().get() {
                made.set(Some(shown));
            }
        });
        Effect::new(move |_| {
            if let Some(Ok(shown)) = self.reset.value().get() {
                made.set(Some(shown));
            }
        });
        made
    }
}

type Read = Resource<Result<Vec<Member>, ApiError>>;

#[component]
fn Members(users: Read, actions: Actions, may_change: bool, me: Sub) -> impl IntoView {
    let all = move || users.get().and_then(Result::ok).unwrap_or_default();
    let refused = move || match users.get() {
        Some(Err(error)) => Some(view! { <Trouble error/> }),
        Some(Ok(_)) | None => None,
    };
    view! {
        {refused}
        <div class="table-wrap">
            <table class="table">
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col">"Access"</th>
                        {may_change.then(|| view! { <th scope="col"><span class="sr">"Change"</span></th> })}
                    </tr>
                </thead>
                <tbody>
                    <For
                        each=all
                        key=|member| member.id
                        children=move |member| {
                            let own = member.id.0 == me.0;
                            view! { <Row member users actions may_change own/> }
                        }
                    />
                </tbody>
            </table>
        </div>
    }
}

/// One person. The row stays the same element when access changes, and so keeps the focus.
#[component]
fn Row(member: Member, users: Read, actions: Actions, may_change: bool, own: bool) -> impl IntoView {
    let (id, before) = (member.id, (member.disabled, member.role));
    let now = Memo::new(move |_| {
        let users = users.get().and_then(Result::ok).unwrap_or_default();
        users.iter().find(|user| user.id == id).map_or(before, |user| (user.disabled, user.role))
    });
    let disabled = Memo::new(move |_| now.get().0);
    let role = Memo::new(move |_| now.get().1);
    view! {
        <tr>
            <td>
                <span class="pers">
                    <Can name=member.name.clone() class="can--soft"/>
                    <span>
                        {member.name.clone()}{own.then_some(" (you)")}<br/>
                        <span class="tiny faint">{member.email.clone()}</span>
                    </span>
                </span>
            </td>
            <td>
                {if may_change && !own {
                    view! { <MemberRole member=member.clone() role actions/> }.into_any()
                } else {
                    (move || role_words(role.get())).into_any()
                }}
            </td>
            <td>
                <span class="chip" class:chip--go=move || !disabled.get()>
                    {move || if disabled.get() { "Disabled" } else { "Active" }}
                </span>
            </td>
            {may_change.then(|| view! { <td><MemberActions member disabled actions own/></td> })}
        </tr>
    }
}

/// The role, and a button that appears when another one is chosen: the change signs somebody out.
#[component]
fn MemberRole(member: Member, role: Memo<Role>, actions: Actions) -> impl IntoView {
    let here = hydrated();
    let chosen = RwSignal::new(member.role.as_str().to_owned());
    let same = move || here.get() && chosen.get() == role.get().as_str();
    let select = NodeRef::<html::Select>::new();
    // The button goes when its work is done; the focus must not go with it.
    let keep_focus = move |_| {
        if let Some(select) = select.get_untracked() {
            focus::give(&select);
        }
    };
    view! {
        <ActionForm action=actions.role>
            <span class="row">
                <input type="hidden" name="user" value=member.id.to_string()/>
                <select
                    node_ref=select
                    class="input adm__role"
                    name="role"
                    aria-label=format!("Role of {}", member.name)
                    on:change=move |event| chosen.set(event_target_value(&event))
                >
                    {ROLES.map(|one| view! {
                        <option value=one.as_str() selected=move || role.get() == one>{role_words(one)}</option>
                    })}
                </select>
                <button
                    class="btn btn--sm"
                    aria-label=format!("Save role of {}", member.name)
                    hidden=same
                    on:click=keep_focus
                >"Save"</button>
            </span>
        </ActionForm>
    }
}

/// Nobody shuts themselves out.
#[component]
fn MemberActions(member: Member, disabled: Memo<bool>, actions: Actions, own: bool) -> impl IntoView {
    let id = member.id.to_string();
    let (reset_id, reset_words) = (id.clone(), format!("Reset password of {}", member.name));
    let word = move || if disabled.get() { "Enable" } else { "Disable" };
    let words = move || format!("{} {}", word(), member.name);
    view! {
        <span class="adm__acts">
            <ActionForm action=actions.reset>
                <input type="hidden" name="user" value=reset_id/>
                <button class="btn btn--sm btn--quiet" aria-label=reset_words>
                    "Reset password"
                </button>
            </ActionForm>
            {(!own).then(move || view! {
                <ActionForm action=actions.enable>
                    <input type="hidden" name="user" value=id.clone()/>
                    <input type="hidden" name="enabled" value=move || disabled.get().to_string()/>
                    <button class="btn btn--sm btn--quiet" aria-label=words>{word}</button>
                </ActionForm>
            })}
        </span>
    }
}

#[component]
fn Add(action: ServerAction<AddUser>) -> impl IntoView {
    let form = NodeRef::<html::Form>::new();
    Effect::new(move |_| {
        if let (Some(Ok(_)), Some(form)) = (action.value().get(), form.get_untracked()) {
            form.reset();
        }
    });
    view! {
        <ActionForm action=action node_ref=form>
            <div class="adm__add">
                <label class="field grow">
                    <span class="field__label">"Name"</span>
                    <input class="input" name="name" autocomplete="off" required/>
                </label>
                <label class="field grow">
                    <span class="field__label">"Email"</span>
                    <input class="input" type="email" name="email" autocomplete="off" required/>
                </label>
                <label class="field">
                    <span class="field__label">"Role"</span>
                    <select class="input" name="role">
                        {ROLES.map(|role| view! { <option value=role.as_str()>{role_words(role)}</option> })}
                    </select>
                </label>
                <button class="btn btn--primary"><Icon name="plus" class="ico--sm"/>"Add"</button>
            </div>
            <p class="field__hint">"A password is made and shown to you once."</p>
        </ActionForm>
    }
}

const fn role_words(role: Role) -> &'static str {
    match role {
        Role::Admin => "Admin",
        Role::Manager => "Manager",
        Role::Agent => "Agent",
        Role::Operator => "Operator",
        Role::Visitor | Role::Gateway | Role::System => "",
    }
}

/// What somebody of a tenant can be.
const ROLES: [Role; 3] = [Role::Agent, Role::Manager, Role::Admin];
