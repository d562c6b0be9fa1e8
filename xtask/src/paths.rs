//! Where things lie: the work tree and cargo's target directory.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::profile::Profile;

/// The root of the work tree, wherever xtask is called from.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

/// Cargo's target directory; a relative `CARGO_TARGET_DIR` counts from the caller's directory, as in cargo.
pub(crate) fn target() -> PathBuf {
    let Some(given) = env::var_os("CARGO_TARGET_DIR") else {
        return root().join("target");
    };
    env::current_dir().map_or_else(|_| PathBuf::from(&given), |here| here.join(&given))
}

/// The folder the server serves: beside the program, where it looks without being told.
pub(crate) fn site(profile: Profile) -> PathBuf {
    profile.directory().join("site")
}

/// The npm project of the tests that need Node.
pub(crate) fn end2end() -> PathBuf {
    root().join("end2end")
}
