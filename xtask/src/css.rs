//! Bundles the style sheets: one file per face.

use anyhow::{Result, anyhow};
use lightningcss::{
    bundler::{Bundler, FileProvider},
    stylesheet::{MinifyOptions, ParserOptions, PrinterOptions},
    targets::{Browsers, Targets},
};

use crate::{paths, profile::Profile};

/// Each served style sheet, and the files under `style/` it is made of, in their order.
pub(crate) const SHEETS: [(&str, &[&str]); 3] = [
    ("tincan.css", &["app.css"]),
    ("widget.css", &["tokens.css", "base.css", "widget.css"]),
    ("demo.css", &["demo.css"]),
];

/// The text of one sheet, with what its parts import; shortened for release.
pub(crate) fn bundle(parts: &[&str], profile: Profile) -> Result<String> {
    parts.iter().map(|part| bundle_one(part, profile)).collect()
}

fn bundle_one(part: &str, profile: Profile) -> Result<String> {
    let path = paths::root().join("style").join(part);
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut style = bundler.bundle(&path).map_err(|error| anyhow!("style/{part}: {error}"))?;
    let targets = Targets::from(oldest_browsers());
    style
        .minify(MinifyOptions { targets, ..MinifyOptions::default() })
        .map_err(|error| anyhow!("style/{part}: {error}"))?;
    let options =
        PrinterOptions { minify: profile == Profile::Release, targets, ..PrinterOptions::default() };
    Ok(style.to_css(options).map_err(|error| anyhow!("style/{part}: {error}"))?.code)
}

/// The first versions with nesting, `color-mix()` and everything else the pages use.
fn oldest_browsers() -> Browsers {
    Browsers {
        chrome: Some(120 << 16),
        edge: Some(120 << 16),
        firefox: Some(121 << 16),
        safari: Some((17 << 16) | (2 << 8)),
        ios_saf: Some((17 << 16) | (2 << 8)),
        ..Browsers::default()
    }
}
