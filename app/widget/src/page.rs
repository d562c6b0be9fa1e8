//! The page's state as signals, and the acts a visitor can do. Views read signals and name acts;
//! one driver (`effect::line`) carries them out.

use crate::{
    boot::Boot,
    field::Field,
    screen::{self, Screen, Step, View},
    timeline::Timeline,
};
use std::{cell::OnceCell, time::Duration};
use tincan_client::Device;
use tincan_signaling::{
    CallId, LegId, Sub, Timestamp,
    call::{Call, CallState},
    wire::AvailabilityEvent,
};

/// How the way to the server is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Link {
    #[default]
    Connecting,
    Up,
    /// Was up and is looked for again.
    Lost,
    /// The page cannot go on; a reload is needed.
    Over,
}

/// Something the visitor does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Send,
    Typing,
    /// Press on **Call** or **Call again**.
    Call,
    /// Out of the microphone test, into the call.
    Start,
    /// Ask for the microphone once more.
    AskAgain,
    /// Out of the test or the advice, back to the chat.
    Back,
    Device(String),
    TestSound,
    Cancel,
    HangUp,
    Mute(bool),
    Hear,
    Accept,
    Decline,
    /// **Return to your call** or **Use here**: this page's leg replaces the other.
    TakeOver,
    /// Puts the end screen away.
    Dismiss,
    Close,
}

/// The microphone test as it is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Test {
    /// The microphone is open.
    pub(crate) open: bool,
    /// Something was heard.
    pub(crate) heard: bool,
    /// Nothing was heard for a while.
    pub(crate) silent: bool,
    pub(crate) devices: Vec<Device>,
    pub(crate) device: String,
}

/// What is named once the line stands.
#[derive(Default)]
struct Hands {
    act: OnceCell<Box<dyn Fn(Act)>>,
    levels: OnceCell<[Box<dyn Fn() -> f32>; 2]>,
}

/// Everything the views look at.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    pub(crate) boot: &'static Boot,
    pub(crate) me: Field<Option<Sub>>,
    pub(crate) link: Field<Link>,
    pub(crate) available: Field<AvailabilityEvent>,
    pub(crate) timeline: Field<Timeline>,
    /// Lines of mine the server does not have yet.
    pub(crate) pending: Field<Vec<String>>,
    /// Why a line could not be sent; its text is back in the field.
    pub(crate) unsent: Field<Option<String>>,
    /// Who is typing.
    pub(crate) typing: Field<Option<String>>,
    pub(crate) draft: Field<String>,
    pub(crate) call: Field<Call>,
    pub(crate) leg: Field<Option<LegId>>,
    pub(crate) former: Field<Option<LegId>>,
    pub(crate) step: Field<Step>,
    pub(crate) dismissed: Field<Option<CallId>>,
    pub(crate) test: Field<Test>,
    /// The browser does not play the other side yet.
    pub(crate) blocked: Field<bool>,
    /// This side's own connection is down.
    pub(crate) torn: Field<bool>,
    pub(crate) muted: Field<bool>,
    /// The chat is in front of the call.
    pub(crate) chatting: Field<bool>,
    pub(crate) open: Field<bool>,
    /// A sentence that answers the last press.
    pub(crate) notice: Field<Option<String>>,
    /// The server's time, a few times a second while somebody looks at it.
    pub(crate) now: Field<Timestamp>,
    pub(crate) screen: Field<Screen>,
    hands: &'static Hands,
}

impl Page {
    /// A page at rest.
    pub(crate) fn new(boot: &'static Boot) -> Self {
        let (me, call, leg) = (Field::new(None), Field::new(Call::Idle), Field::new(None));
        let (former, step, dismissed) = (Field::new(None), Field::new(Step::Chat), Field::new(None));
        let screen = Field::of(Screen::Chat, move || {
            let Some(me) = me.get() else { return Screen::Chat };
            call.with(|call| {
                screen::screen(&View {
                    call,
                    me,
                    leg: leg.get(),
                    former: former.get(),
                    step: step.get(),
                    dismissed: dismissed.get(),
                })
            })
        });
        Self {
            boot,
            me,
            link: Field::new(Link::Connecting),
            available: Field::new(AvailabilityEvent {
                agent_status: boot.agent_status,
                voice_enabled: boot.voice_enabled,
            }),
            timeline: Field::new(Timeline::default()),
            pending: Field::new(Vec::new()),
            unsent: Field::new(None),
            typing: Field::new(None),
            draft: Field::new(String::new()),
            call,
            leg,
            former,
            step,
            dismissed,
            test: Field::new(Test::default()),
            blocked: Field::new(false),
            torn: Field::new(false),
            muted: Field::new(false),
            chatting: Field::new(false),
            open: Field::new(false),
            notice: Field::new(None),
            now: Field::new(Timestamp(0)),
            screen,
            hands: Box::leak(Box::default()),
        }
    }

    /// Names what the visitor did. Runs at once, inside the tap: sound may only be unlocked there.
    pub(crate) fn act(self, act: Act) {
        if let Some(carry_out) = self.hands.act.get() {
            carry_out(act);
        }
    }

    /// Who carries out acts. Said once.
    pub(crate) fn on_act(self, act: impl Fn(Act) + 'static) {
        let _first = self.hands.act.set(Box::new(act));
    }

    /// Where the two voices are measured: mine, theirs. Said once.
    pub(crate) fn measure(self, me: impl Fn() -> f32 + 'static, them: impl Fn() -> f32 + 'static) {
        let _first = self.hands.levels.set([Box::new(me), Box::new(them)]);
    }

    /// How loud I am right now, 0 to 1.
    pub(crate) fn my_level(self) -> f32 {
        self.hands.levels.get().map_or(0.0, |[me, _]| me())
    }

    /// How loud the other side is right now, 0 to 1.
    pub(crate) fn their_level(self) -> f32 {
        self.hands.levels.get().map_or(0.0, |[_, them]| them())
    }

    /// The other side's name, or the tenant's.
    pub(crate) fn them(self) -> String {
        let name = self.call.with(|call| {
            let me = self.me.get();
            match call {
                Call::Accepted(_) => {
                    call.legs().iter().find(|leg| Some(leg.sub) != me).map(|leg| leg.name.clone())
                }
                Call::Ringing(ringing) if Some(ringing.head.caller) != me => {
                    Some(ringing.head.caller_name.clone())
                }
                Call::Ended(ended) if Some(ended.head.caller) != me => Some(ended.head.caller_name.clone()),
                Call::Ended(ended) => ended.answered_name.clone(),
                Call::Idle | Call::Ringing(_) => None,
            }
        });
        name.filter(|name| !name.is_empty()).unwrap_or_else(|| self.boot.tenant.clone())
    }

    /// The call's state in one word; what this side knows of its own connection comes first.
    pub(crate) fn state(self) -> CallState {
        let state = self.call.with(Call::state);
        match state {
            CallState::Active | CallState::Held if self.torn.get() => CallState::Reconnecting,
            other => other,
        }
    }

    /// The same, not followed.
    pub(crate) fn state_now(self) -> CallState {
        self.call.peek(Call::state)
    }

    /// Whether somebody else's leg holds the call.
    pub(crate) fn held_by_them(self) -> bool {
        let me = self.me.get();
        self.call.with(|call| call.legs().iter().any(|leg| leg.held && Some(leg.sub) != me))
    }

    /// Whether an agent calls this visitor right now.
    pub(crate) fn rung(self) -> bool {
        let me = self.me.get();
        self.call.with(|call| me.is_some_and(|me| call.is_rung(me)))
    }

    /// How long it rings already.
    pub(crate) fn rings(self) -> Duration {
        let asked = self.call.with(|call| call.head().map(|head| head.requested_at));
        asked.map_or(Duration::ZERO, |at| self.now.get().since(at))
    }

    /// How long was talked.
    pub(crate) fn talked(self) -> Option<Duration> {
        let now = self.now.get();
        self.call.with(|call| call.talked(now))
    }
}
