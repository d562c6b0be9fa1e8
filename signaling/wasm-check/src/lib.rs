//! The core's scenarios for a wasm host: how many there are, what each is called, and a way to run one.
//! A scenario that fails panics, which ends the module with a trap and its words on `console.error`.

use tincan_signaling::scenarios::ALL;
use wasm_bindgen::prelude::wasm_bindgen;

/// How many scenarios there are.
#[wasm_bindgen]
pub fn count() -> usize {
    ALL.len()
}

/// What a scenario is called.
#[wasm_bindgen]
pub fn name(index: usize) -> Option<String> {
    ALL.get(index).map(|scenario| scenario.name.to_owned())
}

/// Runs one; false when there is none of that number.
#[wasm_bindgen]
pub fn run(index: usize) -> bool {
    console_error_panic_hook::set_once();
    let Some(scenario) = ALL.get(index) else { return false };
    (scenario.run)();
    true
}
