//! The client's own logic, compiled from its own files: how a page folds a room's log over
//! reconnects, what it says again and how long it waits. What is not here is the
//! browser around it.

#[path = "../../../../app/client/src/socket/backoff.rs"]
pub(super) mod backoff;
#[path = "../../../../app/client/src/room/ledger.rs"]
pub(super) mod ledger;
#[path = "../../../../app/client/src/room/outbox.rs"]
pub(super) mod outbox;
