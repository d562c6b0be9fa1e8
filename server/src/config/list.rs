//! Lists, which the environment can only give as one text with commas.

use serde::{Deserialize, Deserializer, de::Error};
use std::{fmt::Display, str::FromStr};

/// Reads `["a", "b"]` or `"a, b"`.
pub(super) fn comma_or_sequence<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Sequence(Vec<String>),
        Text(String),
    }
    let texts = match Either::deserialize(deserializer)? {
        Either::Sequence(texts) => texts,
        Either::Text(text) => text.split(',').map(str::to_owned).collect(),
    };
    texts
        .iter()
        .map(|text| text.trim())
        .filter(|text| !text.is_empty())
        .map(|text| text.parse().map_err(|error| D::Error::custom(format!("{text:?}: {error}"))))
        .collect()
}
