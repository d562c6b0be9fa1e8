//! What ships says nothing twice: short names for what a wasm file and its JavaScript share, and
//! JavaScript without what only people read.

use std::collections::HashMap;

use wasm_bindgen_cli_support::Output;

/// Names shorter than this stay as they are.
const LONG: usize = 8;

/// Gives the imports and exports of the wasm file short names; the JavaScript that goes with it comes back.
pub(crate) fn shorten(output: &mut Output) -> String {
    let mut names = HashMap::new();
    let mut short = |name: &mut String| {
        if name.len() < LONG {
            return;
        }
        let next = format!("${}", names.len());
        name.clone_from(names.entry(name.clone()).or_insert(next));
    };
    let module = output.wasm_mut();
    for import in module.imports.iter_mut() {
        short(&mut import.name);
    }
    for export in module.exports.iter_mut() {
        short(&mut export.name);
    }
    rename(&squeeze(output.js()), &names)
}

/// Leaves out comments and indentation, line by line. What wasm-bindgen makes has no text that goes
/// over several lines.
fn squeeze(script: &str) -> String {
    let lines = script.lines().map(str::trim);
    let code =
        lines.filter(|line| !line.is_empty() && !["//", "/*", "*"].iter().any(|it| line.starts_with(it)));
    code.flat_map(|line| [line, "\n"]).collect()
}

/// Puts other words for whole words.
fn rename(script: &str, names: &HashMap<String, String>) -> String {
    let outside = |letter: char| !(letter.is_ascii_alphanumeric() || letter == '_' || letter == '$');
    script
        .split_inclusive(outside)
        .flat_map(|piece| {
            let word = piece.trim_end_matches(outside);
            [names.get(word).map_or(word, String::as_str), &piece[word.len()..]]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_are_renamed_and_comments_go() {
        let script = "/**\n * Says it.\n */\nexport function say(a) {\n    // now\n    wasm.__wbg_say_1(a, __wbg_say_12);\n}\n";
        let names = HashMap::from([("__wbg_say_1".to_owned(), "$0".to_owned())]);
        let short = rename(&squeeze(script), &names);
        assert_eq!(short, "export function say(a) {\nwasm.$0(a, __wbg_say_12);\n}\n");
    }
}
