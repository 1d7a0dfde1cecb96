//! Previews of a round's pages at future moments, for staff only.

use app::wire::{AddedRound, Role};
use axum::http::header;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256};

use super::{add, round, signed_in};
use crate::{
    pages::{get, html, site},
    support::{HOUR_MS, TestShop},
};

#[tokio::test]
async fn a_waiting_round_has_a_preview_that_only_staff_see() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let operator = signed_in(&shop, Role::Operator, false).await;
    let mut coming = round();
    for field in ["starts_at_ms", "ends_at_ms"] {
        coming[field] = (coming[field].as_i64().unwrap() + 24 * HOUR_MS).into();
    }
    let (_, body) = add(&router, Some(&operator), &coming).await;
    let added: AddedRound = serde_json::from_slice(&body).unwrap();
    let path = |moment: &str| format!("/admin/rounds/{}/preview/{moment}", added.round_id);
    let item = added.item_ids[0];

    for (moment, list, panel) in [
        ("before", "Desk lamp", "01:00:00"),
        ("soon", "Desk lamp", "01:00.0"),
        ("selling", "Desk lamp", "data-state=\"open\""),
        ("sold_out", "Desk lamp", "data-state=\"sold_out\""),
        ("stopped", "Desk lamp", "data-state=\"stopped\""),
        ("ended", "Desk lamp", "data-state=\"ended\""),
    ] {
        let answer = get(&router, &path(moment), "en", Some(&operator)).await;
        let policy = answer.headers()[header::CONTENT_SECURITY_POLICY].clone();
        let policy = policy.to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"));
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "private, no-store");
        let page = html(answer).await;
        let link = format!("{}/{item}", path(moment));
        assert!(
            page.contains(list) && page.contains(&link),
            "{moment}: {page}"
        );
        let page = html(get(&router, &link, "en", Some(&operator)).await).await;
        assert!(page.contains(panel), "{moment}: {page}");
        assert!(
            page.contains("Nothing can be pressed here"),
            "{moment}: {page}"
        );
        // The policy allows each of its scripts, so that the browser has nothing to report.
        for script in page.split("<script").skip(1) {
            let (text, _) = script.split_once("</script>").unwrap();
            let (attributes, text) = text.split_once('>').unwrap();
            if attributes.contains("application/ld+json") {
                continue;
            }
            let hash = STANDARD.encode(Sha256::digest(text));
            assert!(policy.contains(&hash), "{moment}: {text}");
        }
    }
    let rounds = html(get(&router, "/admin/rounds", "en", Some(&operator)).await).await;
    assert!(rounds.contains(&path("before")), "{rounds}");

    let home = html(get(&router, "/", "en", None).await).await;
    assert!(!home.contains("Desk lamp"), "it is not approved");
    let buyer = signed_in(&shop, Role::Buyer, false).await;
    assert_eq!(
        get(&router, &path("soon"), "en", Some(&buyer))
            .await
            .status(),
        403
    );
    assert_eq!(get(&router, &path("soon"), "en", None).await.status(), 303);
    assert_eq!(
        get(&router, &path("later"), "en", Some(&operator))
            .await
            .status(),
        404
    );
}
