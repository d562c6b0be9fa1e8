//! What a visitor downloads: raw, gzip and brotli sizes of the shipped files.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use crate::{paths, profile::Profile, site};

/// The most a visitor may have to load for the open widget, in bytes after brotli.
const WIDGET_LIMIT: usize = 170_000;

/// Builds the site for release and prints the size of each file; fails when the widget is too heavy.
pub(crate) fn run() -> Result<()> {
    site::build(Profile::Release)?;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:<40} {:>9} {:>9} {:>9}", "file", "raw", "gzip -9", "brotli -11")?;
    let mut widget = 0;
    for path in shipped(&paths::site(Profile::Release))? {
        let content = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (gzip, brotli) = (gzip(&content)?.len(), brotli(&content)?.len());
        writeln!(out, "{name:<40} {:>9} {gzip:>9} {brotli:>9}", content.len())?;
        if name == "shell.html" || name.starts_with("widget") {
            widget += brotli;
        }
    }
    writeln!(out, "{:<40} {widget:>29}", "the open widget")?;
    ensure!(widget <= WIDGET_LIMIT, "the widget weighs {widget} bytes; {WIDGET_LIMIT} is the limit");
    Ok(())
}

/// `content` as gzip makes it at its best.
pub(crate) fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).context("gzip")?;
    encoder.finish().context("gzip")
}

/// `content` as brotli makes it at its best.
pub(crate) fn brotli(content: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut out, &parameters).context("brotli")?;
    Ok(out)
}

fn shipped(site: &Path) -> Result<Vec<PathBuf>> {
    let mut files = vec![site.join("embed.js"), paths::root().join("app/widget/shell.html")];
    let mut package: Vec<PathBuf> = fs::read_dir(site.join("pkg"))
        .context("reading pkg/")?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| ["js", "wasm", "css"].iter().any(|known| extension == *known))
        })
        .collect();
    package.sort();
    files.extend(package);
    Ok(files)
}
