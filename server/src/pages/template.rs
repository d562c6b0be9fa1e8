//! Fills `{{name}}` in the few static HTML pages that need a value from the server.

/// Puts HTML-escaped values into a template.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    fill_raw(template, &values.iter().map(|(k, v)| (*k, escape(v))).collect::<Vec<_>>())
}

/// Puts values into a template as they are. In one pass: a value that looks like a placeholder
/// stays the text it is.
pub fn fill_raw(template: &str, values: &[(&str, String)]) -> String {
    let mut page = String::with_capacity(template.len() + 512);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        page.push_str(before);
        let known = after.split_once("}}").and_then(|(name, after)| {
            values.iter().find(|(key, _)| *key == name).map(|(_, value)| (value, after))
        });
        if let Some((value, after)) = known {
            page.push_str(value);
            rest = after;
        } else {
            page.push_str("{{");
            rest = after;
        }
    }
    page.push_str(rest);
    page
}

/// Escapes text for HTML content and quoted attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// JSON that can stand inside a `<script>` element: nothing in it can end the element.
pub fn script_json<T: serde::Serialize>(value: &T) -> serde_json::Result<String> {
    serde_json::to_string(value).map(|json| json.replace('<', "\\u003c"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_break_out() {
        let page = fill("<p title=\"{{a}}\">{{b}} {{c}}", &[("a", "\"x"), ("b", "<{{a}}>")]);
        assert_eq!(page, "<p title=\"&quot;x\">&lt;{{a}}&gt; {{c}}");
        assert_eq!(script_json(&"</script>").unwrap(), "\"\\u003c/script>\"");
    }
}
