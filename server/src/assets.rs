//! The built files that pages load: which hashed name each of them has.

use std::{
    collections::HashMap,
    fs, io,
    path::{Path, PathBuf},
};

/// The site folder, made by the build: `pkg/` with hashed names, and files with fixed ones.
#[derive(Clone, Debug)]
pub struct Assets {
    root: PathBuf,
    hashed: HashMap<String, String>,
}

/// Why the site folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum NoSite {
    #[error("no built pages in {}: {source}. `cargo xtask build` makes them", path.display())]
    Missing { path: PathBuf, source: io::Error },
    #[error("{} is not a manifest of built files: {source}", path.display())]
    Manifest { path: PathBuf, source: serde_json::Error },
}

impl Assets {
    /// Reads `pkg/manifest.json` of a site folder.
    pub fn read(root: &Path) -> Result<Self, NoSite> {
        let path = root.join("pkg/manifest.json");
        let text =
            fs::read_to_string(&path).map_err(|source| NoSite::Missing { path: path.clone(), source })?;
        let hashed = serde_json::from_str(&text).map_err(|source| NoSite::Manifest { path, source })?;
        Ok(Self { root: root.to_path_buf(), hashed })
    }

    /// A site folder with nothing built in it: pages are plain HTML without style and wasm.
    pub fn unbuilt(root: &Path) -> Self {
        Self { root: root.to_path_buf(), hashed: HashMap::new() }
    }

    /// Where the files are.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path a page loads `name` from.
    pub fn path(&self, name: &str) -> String {
        let hashed = self.hashed.get(name).map_or(name, String::as_str);
        format!("/pkg/{hashed}")
    }
}
