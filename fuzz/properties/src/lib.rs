//! What must hold for any bytes that come from outside. Each module is one property, `hold`, which
//! panics where it does not hold. `cargo fuzz` looks for such bytes; the tests replay what it once
//! thought interesting (`fuzz/corpus`).

pub mod calls;
pub mod candidates;
pub mod descriptions;
pub mod frames;
pub mod json;
#[cfg(feature = "server")]
pub mod requests;
#[cfg(feature = "server")]
pub mod tokens;
