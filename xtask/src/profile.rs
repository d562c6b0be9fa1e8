//! Which of the two builds is meant, and where cargo puts it.

use std::path::PathBuf;

use crate::paths;

/// A build for work on the code (quick to make), or the one that is shipped (small and fast).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    pub(crate) fn from_flag(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    /// The directory of the host build; the site lies in it, beside the program.
    pub(crate) fn directory(self) -> PathBuf {
        paths::target().join(match self {
            Self::Dev => "debug",
            Self::Release => "release",
        })
    }
}
