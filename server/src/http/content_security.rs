//! Headers that tell browsers what our pages never do.

use axum::{
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// For every answer; a page adds a policy of its own.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), geolocation=(), microphone=()",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
];

/// One year of TLS only; sent only behind TLS.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The type of a script element that holds data for search engines.
const DATA: &str = "type=\"application/ld+json\"";

/// Characters of an unknown script that are logged.
const SHOWN: usize = 60;

/// Adds the headers that an answer does not set itself.
pub fn complete(response: &mut Response, is_behind_tls: bool) {
    let headers = response.headers_mut();
    headers.reserve(HEADERS.len() + 1);
    if is_behind_tls {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
    for (name, value) in HEADERS {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
}

/// The policy of one page: its own inline scripts by their hashes, so that cached bytes need no nonce; everything else
/// from this site only. A script not in `known` got into the page by a bug, and browsers do not run it. *Pay* is a
/// form, and browsers check the target of its redirect: `pay_page`, if that is elsewhere.
pub fn policy(html: &str, known: &[String], pay_page: Option<&str>) -> String {
    let mut hashes = String::new();
    for script in inline_scripts(html) {
        if known.iter().any(|known| known == script) {
            hashes.push_str(&source(script));
        } else {
            let begins: String = script.chars().take(SHOWN).collect();
            tracing::error!(
                begins,
                "a page has a script that is not the program's; browsers do not run it"
            );
        }
    }
    let pay_page = pay_page.map_or_else(String::new, |origin| format!(" {origin}"));
    format!(
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'{hashes}; style-src 'self'; \
         img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; \
         form-action 'self'{pay_page}; frame-ancestors 'none'"
    )
}

/// The policy of a page that only displays: these scripts only, no form, no call.
pub fn preview_policy(scripts: &[&str]) -> String {
    let hashes: String = scripts.iter().map(|script| source(script)).collect();
    format!(
        "default-src 'none'; script-src{hashes}; style-src 'self'; img-src 'self' data:; \
         manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// An inline script's hash as a policy writes it, after a space.
fn source(script: &str) -> String {
    format!(" 'sha256-{}'", STANDARD.encode(Sha256::digest(script)))
}

/// The texts of scripts without `src`, except data, which browsers do not run and a policy need not allow. Our own
/// renderer writes the HTML: lower-case tags, `>` escaped in attributes.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|after| {
        let (attributes, rest) = after.split_once('>')?;
        let (text, _) = rest.split_once("</script>")?;
        let is_data = attributes.contains(DATA);
        (!is_data && !attributes.contains("src=")).then_some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_allowed_by_their_hash_and_others_by_their_place() {
        let html = "<script type=\"module\">alert(1)</script><script src=\"/a.js\"></script>\
                    <script type=\"application/ld+json\">{}</script>";
        assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["alert(1)"]);
        // printf 'alert(1)' | openssl dgst -sha256 -binary | base64
        let known = ["alert(1)".to_owned()];
        let hash = "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='";
        assert!(policy(html, &known, None).contains(hash));
        assert!(
            !policy(html, &[], None).contains("sha256"),
            "a foreign script"
        );
    }

    #[test]
    fn forms_lead_to_this_site_and_to_the_page_where_buyers_pay() {
        assert!(policy("", &[], None).contains("; form-action 'self'; "));
        let elsewhere = policy("", &[], Some("https://pay.example"));
        assert!(elsewhere.contains("; form-action 'self' https://pay.example; "));
    }
}
