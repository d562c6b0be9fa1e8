//! Puts together the folder the server serves: wasm, JavaScript and CSS under names that tell their
//! content (so browsers may keep them for ever), the list of those names, and `public/` as it is.

use std::{
    collections::BTreeMap,
    fs,
    hash::{DefaultHasher, Hasher},
    io::Write,
    path::Path,
};

use anyhow::{Context, Result};

use crate::{
    command::say,
    css, paths,
    profile::Profile,
    sizes,
    wasm::{self, APP, Face, WIDGET},
};

/// Builds the whole site for the server of the same profile.
pub(crate) fn build(profile: Profile) -> Result<()> {
    let made = profile.directory().join("site-made");
    for face in [&APP, &WIDGET] {
        wasm::for_browsers(face, profile, &made.join(face.name))?;
    }
    let mut site = Site::start(profile)?;
    for face in [&APP, &WIDGET] {
        site.add_face(face, &made.join(face.name))?;
    }
    for (name, parts) in css::SHEETS {
        site.add(name, css::bundle(parts, profile)?.as_bytes())?;
    }
    site.finish()
}

/// A site being written.
struct Site {
    profile: Profile,
    names: BTreeMap<String, String>,
}

impl Site {
    fn start(profile: Profile) -> Result<Self> {
        let root = paths::site(profile);
        if root.exists() {
            fs::remove_dir_all(&root).with_context(|| format!("emptying {}", root.display()))?;
        }
        fs::create_dir_all(root.join("pkg")).with_context(|| format!("making {}", root.display()))?;
        Ok(Self { profile, names: BTreeMap::new() })
    }

    /// Adds one file of `pkg/` under its logical name, and gives the name it is served by.
    fn add(&mut self, name: &str, content: &[u8]) -> Result<String> {
        let hashed = hashed_name(name, content);
        self.write(&paths::site(self.profile).join("pkg").join(&hashed), content)?;
        self.names.insert(name.to_owned(), hashed.clone());
        Ok(hashed)
    }

    fn add_face(&mut self, face: &Face, made: &Path) -> Result<()> {
        let wasm_name = format!("{}_bg.wasm", face.name);
        let wasm = read(&made.join(&wasm_name))?;
        let hashed = self.add(&wasm_name, &wasm)?;
        // The script finds its wasm file by itself, so a page needs to know one name only.
        let script_name = format!("{}.js", face.name);
        let script = String::from_utf8(read(&made.join(&script_name))?).context("reading the JavaScript")?;
        self.add(&script_name, script.replace(&wasm_name, &hashed).as_bytes())?;
        // Named by wasm-bindgen with a hash of their own; the script imports them by that path.
        let snippets = made.join("snippets");
        if snippets.exists() {
            self.copy(&snippets, &paths::site(self.profile).join("pkg/snippets"))?;
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        let root = paths::site(self.profile);
        self.copy(&paths::root().join("public"), &root)?;
        let manifest = serde_json::to_string_pretty(&self.names).context("writing the list of names")?;
        fs::write(root.join("pkg/manifest.json"), manifest).context("writing pkg/manifest.json")?;
        say(&format!("site: {}", root.display()));
        Ok(())
    }

    fn copy(&self, from: &Path, to: &Path) -> Result<()> {
        fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
        for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
            let path = entry?.path();
            let Some(name) = path.file_name() else { continue };
            if path.is_dir() {
                self.copy(&path, &to.join(name))?;
            } else {
                self.write(&to.join(name), &read(&path)?)?;
            }
        }
        Ok(())
    }

    /// Writes a file; in release also its compressed forms, so that the server never compresses one.
    fn write(&self, path: &Path, content: &[u8]) -> Result<()> {
        let put = |path: &Path, content: &[u8]| {
            fs::File::create(path)
                .and_then(|mut file| file.write_all(content))
                .with_context(|| format!("writing {}", path.display()))
        };
        put(path, content)?;
        if self.profile == Profile::Release && gains_by_compression(path) {
            put(&with_suffix(path, "gz"), &sizes::gzip(content)?)?;
            put(&with_suffix(path, "br"), &sizes::brotli(content)?)?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("reading {}", path.display()))
}

fn with_suffix(path: &Path, suffix: &str) -> std::path::PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn gains_by_compression(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| matches!(extension, "js" | "css" | "wasm" | "svg" | "html" | "json" | "txt"))
}

/// `widget.js` becomes `widget-1f2e3d4c5b6a7988.js`. The hash only has to differ when the content
/// does; nobody can choose the content, so it need not be a cryptographic one.
fn hashed_name(name: &str, content: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(content);
    let hash = hasher.finish();
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}-{hash:016x}.{extension}"),
        None => format!("{name}-{hash:016x}"),
    }
}
