//! Reads the configuration from its three sources, the later ones winning.

use super::{Config, ConfigError};
use config::{Config as Values, File, FileFormat};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Pairs of a dotted key and a text, from flags or as defaults of a command.
pub type Overrides = Vec<(&'static str, String)>;

/// The file to read: the one that was named, or `tincan.toml` in the working directory when it is
/// there.
pub fn file_in_use(named: Option<PathBuf>) -> Option<PathBuf> {
    named.or_else(|| Some(PathBuf::from(DEFAULT_FILE)).filter(|path| path.exists()))
}

/// Reads defaults, file, environment and flags into one checked [`Config`]. `environment` are all
/// variables of the process.
pub fn load(
    file: Option<&Path>,
    environment: impl IntoIterator<Item = (String, String)>,
    defaults: Overrides,
    flags: Overrides,
) -> Result<Config, ConfigError> {
    let mut builder = Values::builder();
    for (key, text) in defaults {
        builder = builder.set_default(key, text)?;
    }
    if let Some(path) = file {
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::File { path: path.to_path_buf(), source })?;
        builder = builder.add_source(File::from_str(&text, FileFormat::Toml));
    }
    for (key, text) in variables(environment)? {
        builder = builder.set_override(key, text)?;
    }
    for (key, text) in flags {
        builder = builder.set_override(key, text)?;
    }
    let config: Config = builder.build()?.try_deserialize()?;
    config.validate()?;
    Ok(config)
}

/// `TINCAN__CALL__RING_MS` becomes `call.ring_ms`; a secret may name a file instead (`.._FILE`).
fn variables(
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut values = BTreeMap::new();
    for (name, text) in environment {
        let Some(key) = name.strip_prefix(PREFIX) else { continue };
        let key = key.to_ascii_lowercase().replace("__", ".");
        let secret = key.strip_suffix("_file").filter(|key| SECRETS.contains(key));
        let (key, text) = match secret {
            None => (key, text),
            Some(secret) => {
                let read = fs::read_to_string(&text)
                    .map_err(|error| ConfigError::invalid(&name, format!("cannot read {text}: {error}")))?;
                (secret.to_owned(), read.trim_end().to_owned())
            }
        };
        if values.insert(key, text).is_some() {
            return Err(ConfigError::invalid(name, "set twice, as text and as a file"));
        }
    }
    Ok(values)
}

/// The file that is read without being named.
const DEFAULT_FILE: &str = "tincan.toml";
const PREFIX: &str = "TINCAN__";
const SECRETS: [&str; 3] = ["database.url", "auth.key", "auth.previous_key"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::MetricsListener;

    fn read(file: &str, environment: &[(&str, &str)], flags: Overrides) -> Result<Config, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tincan.toml");
        fs::write(&path, file).unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        load(Some(&path), environment, vec![], flags).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_win_over_environment_over_file() {
        let file = "[listen]\nport = 1\n[call]\nring_ms = 2000\n[log]\nfilter = \"warn\"";
        let environment = [("TINCAN__LISTEN__PORT", "2"), ("TINCAN__CALL__RING_MS", "3000")];
        let config = read(file, &environment, vec![("listen.port", "3".into())]).unwrap();
        assert_eq!(config.listen.port, 3);
        assert_eq!(config.call.ring_ms, 3000);
        assert_eq!(config.log.filter, "warn");
    }

    #[test]
    fn unknown_keys_are_errors_wherever_they_stand() {
        for (file, environment) in [
            ("rign = 1", vec![]),
            ("[call]\nrign_ms = 1", vec![]),
            ("", vec![("TINCAN__CALL__RIGN_MS", "1")]),
            ("", vec![("TINCAN__RIGN", "1")]),
        ] {
            let error = read(file, &environment, vec![]).unwrap_err();
            assert!(error.contains("rign"), "{error}");
        }
    }

    #[test]
    fn lists_are_read_from_the_environment() {
        let environment = [
            ("TINCAN__TRUSTED_PROXIES", "10.0.0.0/8, ::1/128"),
            ("TINCAN__ICE__STUN", "stun:stun.l.google.com:19302"),
            ("TINCAN__METRICS__LISTEN", "off"),
        ];
        let config = read("", &environment, vec![]).unwrap();
        assert_eq!(config.trusted_proxies.len(), 2);
        assert_eq!(config.ice.stun, ["stun:stun.l.google.com:19302"]);
        assert_eq!(config.metrics.listen, MetricsListener::Off);
    }

    #[test]
    fn secrets_come_from_files_and_never_show() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let secret = "0123456789abcdef0123456789abcdef";
        fs::write(&path, format!("{secret}\n")).unwrap();
        let path = path.to_str().unwrap();
        let config = read("", &[("TINCAN__AUTH__KEY_FILE", path)], vec![]).unwrap();
        assert_eq!(config.auth.key.as_ref().unwrap().expose(), secret);
        assert!(!format!("{config:?}").contains(secret));
        assert!(!serde_json::to_string(&config).unwrap().contains(secret));

        let both = [("TINCAN__AUTH__KEY_FILE", path), ("TINCAN__AUTH__KEY", secret)];
        assert!(read("", &both, vec![]).unwrap_err().contains("twice"));
        // A number stays the text it was.
        let digits = "01234567890123456789012345678901";
        let config = read("", &[("TINCAN__AUTH__KEY", digits)], vec![]).unwrap();
        assert_eq!(config.auth.key.unwrap().expose(), digits);
    }

    #[test]
    fn what_would_not_work_is_said_before_anything_starts() {
        for (file, key) in [
            ("public_url = \"http://chat.example.com\"", "public_url"),
            ("[listen]\naddresses = [\"0.0.0.0\"]", "public_url"),
            ("[auth]\nkey = \"short\"", "auth.key"),
            ("[call]\nring_ms = 1", "call.ring_ms"),
            ("[ice]\nstun = [\"stun.example.com\"]", "ice.stun"),
            ("[tls]\ncert = \"/nowhere\"\nkey = \"/nowhere\"", "tls.cert"),
        ] {
            let error = read(file, &[], vec![]).unwrap_err();
            assert!(error.contains(key), "{error}");
        }
    }
}
