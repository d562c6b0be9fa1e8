//! What each plan gives. One table; everything else asks for [`Entitlements`].

use crate::error::{Refused, refuse};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use tincan_signaling::{Code, Entitlements};

/// What a tenant has bought.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// Text chat for a small team.
    Free,
    /// Calls, relayed when no direct path works.
    Premium,
}

impl Plan {
    /// Every plan there is.
    pub const ALL: [Self; 2] = [Self::Free, Self::Premium];

    /// The plan as it is stored and written on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Premium => "premium",
        }
    }

    /// Everything the plan gives. Video, telephones and recording are in no plan until the product
    /// can do them.
    pub const fn gives(self) -> Entitlements {
        match self {
            Self::Free => Entitlements {
                voice_enabled: false,
                video_enabled: false,
                turn_relay: false,
                sip_gateway: false,
                recording: false,
                max_concurrent_calls: 0,
                max_agents: 3,
            },
            Self::Premium => Entitlements {
                voice_enabled: true,
                video_enabled: false,
                turn_relay: true,
                sip_gateway: false,
                recording: false,
                max_concurrent_calls: 50,
                max_agents: 100,
            },
        }
    }
}

impl FromStr for Plan {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        match Self::ALL.into_iter().find(|plan| plan.as_str() == text) {
            Some(plan) => Ok(plan),
            None => refuse(Code::BadRequest, "A plan is free or premium."),
        }
    }
}

/// What a tenant may use: what its plan gives, narrowed by its own settings. A setting never gives
/// what the plan does not.
pub(crate) fn entitlements(plan: Plan, voice_switch: bool) -> Entitlements {
    let given = plan.gives();
    Entitlements { voice_enabled: given.voice_enabled && voice_switch, ..given }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_only_narrow() {
        for plan in Plan::ALL {
            assert_eq!(plan.as_str().parse::<Plan>().unwrap(), plan);
            assert!(!entitlements(plan, false).voice_enabled);
            assert_eq!(entitlements(plan, true), plan.gives());
        }
        assert!(entitlements(Plan::Premium, true).voice_enabled);
        assert!(!entitlements(Plan::Free, true).voice_enabled);
    }
}
