//! A site folder for tests, without the build that makes the real one.

use serde_json::json;
use std::{fs, path::Path};

/// As much of a built site as the server reads: real sample pages, files with something in them.
pub(crate) fn build(site: &Path) {
    fs::create_dir_all(site.join("pkg")).unwrap();
    fs::create_dir_all(site.join("demo")).unwrap();
    let manifest = json!({"tincan.js": "tincan-1a2b.js", "widget.js": "widget-3c4d.js"});
    fs::write(site.join("pkg/manifest.json"), manifest.to_string()).unwrap();
    fs::write(site.join("pkg/tincan-1a2b.js"), "export const x = 1;\n".repeat(100)).unwrap();
    fs::write(site.join("pkg/widget-3c4d.js"), "plain").unwrap();
    fs::write(site.join("pkg/widget-3c4d.js.br"), "brotli").unwrap();
    let public = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public");
    for name in ["embed.js", "favicon.svg", "demo/index.html", "demo/pans.html"] {
        fs::copy(public.join(name), site.join(name)).unwrap();
    }
}
