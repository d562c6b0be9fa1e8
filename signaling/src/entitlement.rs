//! What a tenant may use, and the pure checks that both the server and the faces ask.

use crate::code::{Code, Refusal};
use serde::{Deserialize, Serialize};

/// Everything a tenant is entitled to. Computed in one place (the backend) from plan, licence and
/// the tenant's own settings; settings only narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlements {
    /// Visitors and agents may talk.
    pub voice_enabled: bool,
    /// Calls may carry video.
    pub video_enabled: bool,
    /// Media may be relayed through TURN when no direct path works.
    pub turn_relay: bool,
    /// Telephones may join rooms.
    pub sip_gateway: bool,
    /// Calls may be recorded.
    pub recording: bool,
    /// Calls at the same time.
    pub max_concurrent_calls: u32,
    /// Users who are not disabled.
    pub max_agents: u32,
}

/// Why an entitlement check said no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Denied {
    VoiceNotEnabled,
    NotEntitled { capability: &'static str },
    LimitReached { what: &'static str, limit: u32 },
}

impl Entitlements {
    /// May a call start while `running` others go on? The Call button asks the same.
    pub fn call(&self, running: u32) -> Result<(), Denied> {
        if !self.voice_enabled {
            return Err(Denied::VoiceNotEnabled);
        }
        below("calls at the same time", running, self.max_concurrent_calls)
    }

    /// May video be sent?
    pub fn video(&self) -> Result<(), Denied> {
        capability(self.video_enabled, "video_enabled")
    }

    /// May TURN credentials be issued?
    pub fn turn(&self) -> Result<(), Denied> {
        capability(self.turn_relay, "turn_relay")
    }

    /// May a telephone join?
    pub fn telephone(&self) -> Result<(), Denied> {
        capability(self.sip_gateway, "sip_gateway")
    }

    /// May one more user be added to `existing` ones?
    pub fn add_user(&self, existing: u32) -> Result<(), Denied> {
        below("users", existing, self.max_agents)
    }
}

fn capability(enabled: bool, capability: &'static str) -> Result<(), Denied> {
    if enabled { Ok(()) } else { Err(Denied::NotEntitled { capability }) }
}

fn below(what: &'static str, existing: u32, limit: u32) -> Result<(), Denied> {
    if existing < limit { Ok(()) } else { Err(Denied::LimitReached { what, limit }) }
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::VoiceNotEnabled => {
                Self::new(Code::VoiceNotEnabled, "Voice calls are not part of this plan.")
            }
            Denied::NotEntitled { capability } => Self {
                capability: Some(capability.to_owned()),
                ..Self::new(Code::NotEntitled, "This plan does not include it.")
            },
            Denied::LimitReached { what, limit } => Self {
                limit: Some(limit.into()),
                ..Self::new(Code::LimitReached, format!("The plan's limit of {limit} {what} is reached."))
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_needs_voice_and_a_free_line() {
        let mut plan = Entitlements { voice_enabled: true, max_concurrent_calls: 2, ..Default::default() };
        assert_eq!(plan.call(1), Ok(()));
        assert_eq!(plan.call(2), Err(Denied::LimitReached { what: "calls at the same time", limit: 2 }));
        plan.voice_enabled = false;
        assert_eq!(plan.call(0), Err(Denied::VoiceNotEnabled));
    }

    #[test]
    fn what_is_not_in_the_plan_is_named() {
        let refusal = Refusal::from(Entitlements::default().turn().unwrap_err());
        assert_eq!(refusal.code, Code::NotEntitled);
        assert_eq!(refusal.capability.as_deref(), Some("turn_relay"));
    }
}
