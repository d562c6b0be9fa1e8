//! Why there is no microphone: one cause each, never merged, because each has its own way out.

/// Why the microphone could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MicError {
    /// Blocked for this site in the browser.
    Blocked,
    /// The question was closed without an answer.
    Dismissed,
    /// The operating system blocks this browser.
    System,
    /// The page around us does not allow it.
    Policy,
    NoDevice,
    /// Another program has it.
    Busy,
    /// The page is not served securely.
    Insecure,
    /// The browser, perhaps one inside another app, has no such thing.
    NoApi,
}

/// What is known when asking for the microphone went wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) secure: bool,
    pub(crate) api: bool,
    /// Whether the page's policy allows it.
    pub(crate) allowed: bool,
    /// The name and the message of the exception.
    pub(crate) name: &'a str,
    pub(crate) message: &'a str,
    /// The permission is still to be asked for.
    pub(crate) still_prompt: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Failed(MicError),
    /// The wanted device cannot be had: ask for any.
    AnyDevice,
}

/// Tells the causes apart.
pub(crate) fn classify(facts: Facts<'_>) -> Verdict {
    let Facts { secure, api, allowed, name, message, still_prompt } = facts;
    let says = |wanted: &str| {
        message
            .split(|letter: char| !letter.is_ascii_alphabetic())
            .any(|word| word.eq_ignore_ascii_case(wanted))
    };
    Verdict::Failed(match name {
        _ if !secure => MicError::Insecure,
        _ if !api => MicError::NoApi,
        _ if !allowed => MicError::Policy,
        "OverconstrainedError" => return Verdict::AnyDevice,
        "NotFoundError" | "DevicesNotFoundError" => MicError::NoDevice,
        "NotReadableError" | "TrackStartError" | "AbortError" => MicError::Busy,
        "SecurityError" => MicError::Policy,
        "TypeError" | "NotSupportedError" => MicError::NoApi,
        _ if says("system") => MicError::System,
        _ if says("dismissed") || still_prompt => MicError::Dismissed,
        _ => MicError::Blocked,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_has_its_own_name() {
        let denied = Facts {
            secure: true,
            api: true,
            allowed: true,
            name: "NotAllowedError",
            message: "Permission denied",
            still_prompt: false,
        };
        for (facts, error) in [
            (denied, MicError::Blocked),
            (Facts { message: "Permission dismissed", still_prompt: true, ..denied }, MicError::Dismissed),
            (Facts { still_prompt: true, ..denied }, MicError::Dismissed),
            (
                Facts { message: "Permission denied by system", still_prompt: true, ..denied },
                MicError::System,
            ),
            (Facts { allowed: false, ..denied }, MicError::Policy),
            (Facts { name: "NotFoundError", ..denied }, MicError::NoDevice),
            (Facts { name: "NotReadableError", ..denied }, MicError::Busy),
            (Facts { secure: false, api: false, name: "", ..denied }, MicError::Insecure),
            (Facts { api: false, name: "", ..denied }, MicError::NoApi),
        ] {
            assert_eq!(classify(facts), Verdict::Failed(error), "{facts:?}");
        }
        assert_eq!(classify(Facts { name: "OverconstrainedError", ..denied }), Verdict::AnyDevice);
    }
}
