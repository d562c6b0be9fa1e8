//! Every open socket: whose it is, where it comes from, and whether one more may come.

use crate::{
    config::Limits,
    outbox::{Outbox, Queue, SocketId},
    rates::Bucket,
};
use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tincan_backend::Identity;
use tincan_signaling::{
    code::{Code, Refusal},
    id::{ClientSessionId, Sub, TenantId},
};
use tokio::task::AbortHandle;

/// The sockets of this node.
pub(crate) struct Sockets {
    limits: Limits,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    next: u64,
    open: BTreeMap<SocketId, Connected>,
    tenants: HashMap<TenantId, usize>,
    people: HashMap<Sub, usize>,
    addresses: HashMap<IpAddr, Address>,
}

struct Connected {
    outbox: Outbox,
    address: IpAddr,
    tenant: Option<TenantId>,
    /// Whose tokens were shown here: signing out closes the socket.
    sessions: Vec<(ClientSessionId, Sub)>,
    /// Shows the lobby's list to this socket.
    list: Option<AbortHandle>,
}

struct Address {
    sockets: usize,
    upgrades: Bucket,
}

/// What waits in all outboxes together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub(crate) frames: usize,
    pub(crate) bytes: usize,
    pub(crate) addresses: usize,
}

impl Sockets {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, inner: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody wants to open a socket: counted before anything is asked about it.
    pub(crate) fn knock(&self, address: IpAddr) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let most = self.limits.sockets.saturating_mul(ADDRESSES_PER_SOCKET);
        // Those that are quiet again are forgotten every few seconds, not by each who knocks.
        if inner.addresses.len() >= most && !inner.addresses.contains_key(&address) {
            return Err(busy("The server hears from too many addresses right now."));
        }
        let upgrades = self.limits.upgrades;
        let fresh = || Address { sockets: 0, upgrades: Bucket::new(upgrades) };
        let known = inner.addresses.entry(address).or_insert_with(fresh);
        known.upgrades.take().map_err(|wait| Refusal::rate_limited(wait.as_millis() as u64 + 1))
    }

    /// Takes in a socket.
    pub(crate) fn open(&self, address: IpAddr, tenant: Option<TenantId>) -> Result<(Outbox, Queue), Refusal> {
        let mut inner = self.lock();
        let limits = &self.limits;
        if inner.open.len() >= limits.sockets {
            return Err(busy("The server takes no new sockets right now."));
        }
        let here = inner.addresses.get(&address).map_or(0, |known| known.sockets);
        if here >= limits.sockets_per_address {
            return Err(full("There are too many sockets from your address.", limits.sockets_per_address));
        }
        if let Some(tenant) = tenant {
            enter(&mut inner.tenants, tenant, limits.sockets_per_tenant).map_err(|Full| {
                full("There are too many sockets of this tenant.", limits.sockets_per_tenant)
            })?;
        }
        let fresh = || Address { sockets: 0, upgrades: Bucket::new(limits.upgrades) };
        inner.addresses.entry(address).or_insert_with(fresh).sockets += 1;
        inner.next += 1;
        let id = SocketId(inner.next);
        let (outbox, queue) = Outbox::new(id, limits.queue_frames, limits.queue_bytes);
        let connected =
            Connected { outbox: outbox.clone(), address, tenant, sessions: Vec::new(), list: None };
        inner.open.insert(id, connected);
        Ok((outbox, queue))
    }

    /// The socket is gone. False: it was before.
    pub(crate) fn close(&self, socket: SocketId) -> bool {
        let mut inner = self.lock();
        let Some(gone) = inner.open.remove(&socket) else { return false };
        for sub in people(&gone.sessions) {
            leave(&mut inner.people, sub);
        }
        if let Some(tenant) = gone.tenant {
            leave(&mut inner.tenants, tenant);
        }
        if let Some(known) = inner.addresses.get_mut(&gone.address) {
            known.sockets = known.sockets.saturating_sub(1);
        }
        if let Some(list) = gone.list {
            list.abort();
        }
        true
    }

    /// Remembers whose socket this is, so that signing out closes it, and that there are not too
    /// many of one person or tenant.
    pub(crate) fn identify(&self, socket: SocketId, identity: &Identity) -> Result<(), Refusal> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let Some(connected) = inner.open.get_mut(&socket) else { return Ok(()) };
        if let (None, Some(tenant)) = (connected.tenant, identity.tenant) {
            let most = self.limits.sockets_per_tenant;
            enter(&mut inner.tenants, tenant, most)
                .map_err(|Full| full("There are too many sockets of this tenant.", most))?;
            connected.tenant = Some(tenant);
        }
        if !people(&connected.sessions).contains(&identity.sub) {
            let most = self.limits.sockets_per_person;
            enter(&mut inner.people, identity.sub, most)
                .map_err(|Full| full("You have too many sockets open.", most))?;
        }
        let key = (identity.sid, identity.sub);
        if !connected.sessions.contains(&key) {
            connected.sessions.push(key);
        }
        Ok(())
    }

    /// Forgets whoever has no channel on this socket any more.
    pub(crate) fn keep(&self, socket: SocketId, sessions: Vec<(ClientSessionId, Sub)>) {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let Some(connected) = inner.open.get_mut(&socket) else { return };
        let stay = people(&sessions);
        for sub in people(&connected.sessions).into_iter().filter(|sub| !stay.contains(sub)) {
            leave(&mut inner.people, sub);
        }
        connected.sessions = sessions;
    }

    /// The task that shows the lobby's list here; the one before it ends.
    pub(crate) fn lists(&self, socket: SocketId, list: AbortHandle) {
        match self.lock().open.get_mut(&socket) {
            Some(connected) => {
                if let Some(before) = connected.list.replace(list) {
                    before.abort();
                }
            }
            None => list.abort(),
        }
    }

    /// Closes all sockets of a device or of a person.
    pub(crate) fn revoke(&self, wanted: impl Fn(ClientSessionId, Sub) -> bool) {
        for connected in self.lock().open.values() {
            if connected.sessions.iter().any(|(sid, sub)| wanted(*sid, *sub)) {
                connected.outbox.revoke();
            }
        }
    }

    /// Closes every socket, so that everybody comes back through the door.
    pub(crate) fn everybody_again(&self) {
        for connected in self.lock().open.values() {
            connected.outbox.come_again();
        }
    }

    /// Closes those whose turn it is so long after the server began to go down, all of them by the
    /// end of `spread`; gives how many are left.
    pub(crate) fn restart(&self, since: Duration, spread: Duration) -> usize {
        let inner = self.lock();
        let spread = spread.as_millis().max(1) as u64;
        // Neighbours in time of coming are not neighbours in time of going.
        let turn = |socket: SocketId| u128::from(socket.0.wrapping_mul(7919) % spread);
        for (socket, connected) in &inner.open {
            if turn(*socket) <= since.as_millis() {
                connected.outbox.restart();
            }
        }
        inner.open.len()
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().open.len()
    }

    /// Forgets addresses that nobody comes from, and sums up what waits.
    pub(crate) fn look(&self) -> Waiting {
        let mut inner = self.lock();
        inner.forget_quiet_addresses();
        let empty = Waiting { addresses: inner.addresses.len(), ..Waiting::default() };
        inner.open.values().fold(empty, |sum, connected| {
            let (frames, bytes) = connected.outbox.waiting();
            Waiting { frames: sum.frames + frames, bytes: sum.bytes + bytes, ..sum }
        })
    }
}

impl Inner {
    fn forget_quiet_addresses(&mut self) {
        self.addresses.retain(|_, known| known.sockets > 0 || !known.upgrades.is_full());
    }
}

struct Full;

fn enter<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K, most: usize) -> Result<(), Full> {
    let count = counts.get(&key).copied().unwrap_or(0);
    if count >= most {
        return Err(Full);
    }
    counts.insert(key, count + 1);
    Ok(())
}

fn leave<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K) {
    if let Some(count) = counts.get_mut(&key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

fn people(sessions: &[(ClientSessionId, Sub)]) -> Vec<Sub> {
    let mut people = Vec::with_capacity(1);
    for (_, sub) in sessions {
        if !people.contains(sub) {
            people.push(*sub);
        }
    }
    people
}

fn busy(reason: &str) -> Refusal {
    Refusal { retry_after_ms: Some(1_000), ..Refusal::new(Code::Unavailable, reason) }
}

/// More may come when others have gone.
fn full(reason: &str, limit: usize) -> Refusal {
    Refusal {
        retry_after_ms: Some(5_000),
        limit: Some(limit as u64),
        ..Refusal::new(Code::LimitReached, reason)
    }
}

/// Addresses are remembered while a socket is open from there, and a few seconds more.
const ADDRESSES_PER_SOCKET: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::Rate;
    use tincan_signaling::{event::Role, id::Timestamp};
    use uuid::Uuid;

    fn somebody(number: u128) -> Identity {
        Identity {
            sub: Sub(Uuid::from_u128(number)),
            sid: ClientSessionId(Uuid::from_u128(number)),
            role: Role::Visitor,
            tenant: Some(TenantId(Uuid::from_u128(1))),
            session: None,
            name: "Visitor".into(),
            exp: Timestamp(u64::MAX),
        }
    }

    fn code<T>(result: Result<T, Refusal>) -> Option<Code> {
        result.err().map(|refusal| refusal.code)
    }

    fn at(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_knocks_at_its_rate_and_is_forgotten() {
        let limits = Limits { upgrades: Rate { burst: 3.0, per_second: 1.0 }, ..Limits::default() };
        let sockets = Sockets::new(limits);
        for _ in 0..3 {
            assert_eq!(sockets.knock(at(1)), Ok(()));
        }
        let refusal = sockets.knock(at(1)).expect_err("three at once");
        assert_eq!((refusal.code, refusal.retry_after_ms), (Code::RateLimited, Some(1_001)));
        assert_eq!(sockets.knock(at(2)), Ok(()));
        assert_eq!(sockets.look().addresses, 2);
        tokio::time::advance(std::time::Duration::from_secs(1)).await;
        assert_eq!(sockets.knock(at(1)), Ok(()));
        assert_eq!(sockets.look().addresses, 1);
        tokio::time::advance(std::time::Duration::from_secs(3)).await;
        assert_eq!(sockets.look().addresses, 0);
    }

    #[tokio::test]
    async fn each_number_of_sockets_has_an_end_and_comes_back() {
        let limits = Limits {
            sockets: 4,
            sockets_per_address: 2,
            sockets_per_tenant: 2,
            sockets_per_person: 1,
            ..Limits::default()
        };
        let sockets = Sockets::new(limits);
        let tenant = Some(TenantId(Uuid::from_u128(9)));
        let (one, _) = sockets.open(at(1), tenant).expect("the first");
        let (two, _) = sockets.open(at(1), None).expect("the second");
        assert_eq!(code(sockets.open(at(1), None)), Some(Code::LimitReached), "by address");
        let (three, _) = sockets.open(at(2), tenant).expect("elsewhere");
        assert_eq!(code(sockets.open(at(3), tenant)), Some(Code::LimitReached), "by tenant");
        let (_four, _) = sockets.open(at(3), None).expect("of no tenant");
        assert_eq!(code(sockets.open(at(4), None)), Some(Code::Unavailable), "of the node");

        assert_eq!(sockets.identify(two.id, &somebody(5)), Ok(()));
        assert_eq!(sockets.identify(two.id, &somebody(5)), Ok(()), "the same person again");
        assert_eq!(code(sockets.identify(one.id, &somebody(5))), Some(Code::LimitReached), "by person");
        sockets.keep(two.id, Vec::new());
        assert_eq!(sockets.identify(one.id, &somebody(5)), Ok(()));

        for socket in [one.id, two.id, three.id] {
            assert!(sockets.close(socket) && !sockets.close(socket));
        }
        assert!(sockets.open(at(1), tenant).is_ok() && sockets.open(at(1), tenant).is_ok());
        let inner = sockets.lock();
        assert_eq!((inner.people.len(), inner.tenants.len()), (0, 1));
    }

    #[tokio::test]
    async fn addresses_without_end_are_not_remembered_without_end() {
        let limits = Limits { sockets: 2, ..Limits::default() };
        let sockets = Sockets::new(limits);
        for last in 0..8 {
            assert_eq!(sockets.knock(at(last)), Ok(()));
        }
        assert_eq!(code(sockets.knock(at(8))), Some(Code::Unavailable));
        assert_eq!(sockets.knock(at(7)), Ok(()), "whoever is known is heard");
    }
}
