//! Who speaks in a room, and who is rung.

use crate::id::{LegId, Sub};
use serde::{Deserialize, Serialize};

/// In what capacity somebody speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Visitor,
    Agent,
    Manager,
    Admin,
    /// Of the instance; has no tenant and enters no room.
    Operator,
    /// A telephone's leg.
    Gateway,
    /// The server itself.
    System,
}

impl Role {
    /// Agents, managers and admins: whoever may answer visitors.
    pub const fn is_staff(self) -> bool {
        matches!(self, Self::Agent | Self::Manager | Self::Admin)
    }

    /// The role as it stands in tokens and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Visitor => "visitor",
            Self::Agent => "agent",
            Self::Manager => "manager",
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Gateway => "gateway",
            Self::System => "system",
        }
    }
}

/// Who said it. Written by the server into every logged event; a client's own is dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    pub sub: Sub,
    pub role: Role,
    /// The display name; visitors see nothing else of an agent.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegId>,
}

impl Sender {
    /// The server's own voice.
    pub fn system() -> Self {
        Self { sub: Sub(uuid::Uuid::nil()), role: Role::System, name: String::new(), leg: None }
    }
}

/// Somebody whose telephone (so to say) rings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    pub sub: Sub,
    pub name: String,
}
