//! The table of the call, row by row. Each row is a short story told to a `Line`; the same stories
//! run natively and, compiled to wasm, in Node.

mod accepted;
mod ended;
mod line;
mod ringing;
