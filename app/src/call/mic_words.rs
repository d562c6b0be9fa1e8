//! What is wrong with the microphone, one text for each cause, and the way out.

use tincan_client::MicError;

/// The cause in words for an agent.
pub(crate) const fn mic_words(error: MicError) -> &'static str {
    match error {
        MicError::Blocked => {
            "The microphone is blocked for this site. Allow it at the symbol beside the address, then try again."
        }
        MicError::Dismissed => "Please choose Allow when the browser asks for the microphone.",
        MicError::System => {
            "Your computer blocks the microphone for this browser. Allow it in the system's privacy settings."
        }
        MicError::Policy => "This page may not use the microphone where it is shown.",
        MicError::NoDevice => "No microphone found. Plug one in and try again.",
        MicError::Busy => "Another app is using the microphone. Close it and try again.",
        MicError::Insecure => "Calls need https. Open the dashboard under its https address.",
        MicError::NoApi => "This browser cannot make calls. Open the dashboard in a current browser.",
    }
}
