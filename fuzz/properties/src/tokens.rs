//! Access tokens: nothing but what we signed ever names anybody.

use std::sync::OnceLock;
use tincan_backend::{Backend, BackendConfig, Clock, Identity, SigningKey, plans::Plan};

struct World {
    backend: Backend,
    token: String,
    owner: Identity,
}

/// The bytes are edits of a good token, two bytes each (where, what), or, when the first is odd, a
/// token of their own.
pub fn hold(bytes: &[u8]) {
    static WORLD: OnceLock<World> = OnceLock::new();
    let world = WORLD.get_or_init(World::new);
    let Some((kind, rest)) = bytes.split_first() else { return };
    let token = if kind & 1 == 0 {
        let mut token = world.token.clone().into_bytes();
        for edit in rest.chunks_exact(2) {
            let at = usize::from(edit[0]) * 4 % token.len() + usize::from(kind >> 1) % 4;
            if let Some(byte) = token.get_mut(at) {
                *byte = edit[1];
            }
        }
        String::from_utf8(token).ok()
    } else {
        std::str::from_utf8(rest).ok().map(str::to_owned)
    };
    let Some(token) = token else { return };
    if let Ok(identity) = world.backend.verify(&token) {
        assert_eq!(token, world.token, "only the token that was signed is one");
        assert_eq!(identity, world.owner);
    }
    if let Some(tenant) = world.backend.tenant_of(&token) {
        assert_eq!(Some(tenant), world.owner.tenant);
    }
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime can be made");
        let world = runtime.block_on(async {
            let folder = tempfile::tempdir().expect("a folder can be made").keep();
            let key = SigningKey { kid: "fuzz".to_owned(), secret: "f".repeat(32) };
            let config =
                BackendConfig { signing_keys: vec![key], ..BackendConfig::new(folder, "http://127.0.0.1:1") };
            let backend = Backend::open(config, Clock::system()).await.expect("the backend opens");
            let console = Identity::console();
            let tenant =
                backend.create_tenant(&console, "Fuzz", Plan::Premium).await.expect("a tenant is made");
            let session = backend.widget_session(&tenant.key, None).await.expect("a visitor may come in");
            let owner = backend.verify(&session.token).expect("a token of our own is good");
            Self { backend, token: session.token, owner }
        });
        // The backend's tasks live as long as the process.
        std::mem::forget(runtime);
        world
    }
}
