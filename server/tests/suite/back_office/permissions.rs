//! Permissions: every call of the back office, for every role, for strangers, and from other sites.

use app::wire::Role;
use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{call, signed_in};
use crate::{
    pages::{get, site},
    support::TestShop,
};

const NOBODY: &str = "0192aaaa-bbbb-7ccc-8ddd-eeeeffff0000";

use Role::{Admin, Auditor, Operator, Reviewer, Support};

/// All roles except buyers.
const STAFF: &[Role] = &[Operator, Reviewer, Support, Auditor, Admin];

/// Reading calls, and the roles that may make them.
fn reads() -> Vec<(String, &'static [Role])> {
    let orders: &[Role] = &[Operator, Support, Auditor, Admin];
    let money: &[Role] = &[Operator, Auditor, Admin];
    let log: &[Role] = &[Auditor, Admin];
    let reports: &[Role] = &[Operator, Reviewer, Auditor, Admin];
    vec![
        ("/api/admin/now".to_owned(), STAFF),
        ("/admin".to_owned(), STAFF),
        ("/admin/screen".to_owned(), STAFF),
        ("/api/admin/rounds".to_owned(), STAFF),
        (
            format!("/api/admin/rounds/report?round_id={NOBODY}"),
            reports,
        ),
        (format!("/admin/rounds/{NOBODY}/report"), reports),
        ("/api/admin/products".to_owned(), STAFF),
        ("/admin/products".to_owned(), STAFF),
        ("/api/admin/orders".to_owned(), orders),
        (format!("/api/admin/order?order_id={NOBODY}"), orders),
        ("/api/admin/buyers".to_owned(), orders),
        (format!("/api/admin/buyer?account_id={NOBODY}"), orders),
        ("/api/admin/payments".to_owned(), money),
        ("/api/admin/activities".to_owned(), log),
        ("/api/admin/switches".to_owned(), STAFF),
        ("/admin/switches".to_owned(), STAFF),
        ("/admin/rounds".to_owned(), STAFF),
        ("/admin/rounds/new".to_owned(), &[Operator, Admin]),
        ("/admin/orders".to_owned(), orders),
        ("/admin/orders/ship".to_owned(), &[Operator, Admin]),
        (format!("/admin/orders/{NOBODY}"), orders),
        ("/admin/buyers".to_owned(), orders),
        (format!("/admin/buyers/{NOBODY}"), orders),
        ("/admin/money".to_owned(), money),
        ("/admin/log".to_owned(), log),
        ("/api/admin/undelivered".to_owned(), money),
        ("/admin/messages".to_owned(), money),
        ("/api/admin/system".to_owned(), log),
        ("/api/admin/system/findings".to_owned(), log),
        ("/api/admin/system/differences".to_owned(), log),
        ("/admin/system".to_owned(), log),
    ]
}

/// A call with its body, and the roles that may make it.
type Change = (&'static str, Value, &'static [Role]);

/// Changing calls.
fn changes() -> Vec<Change> {
    let mut changes = before_and_in_a_sale();
    changes.extend(after_a_sale());
    changes
}

fn before_and_in_a_sale() -> Vec<Change> {
    let words = json!({"zh": "停", "en": "Stop"});
    let reason = "a reason";
    let selling: &[Role] = &[Operator, Admin];
    vec![
        ("/api/admin/rounds", super::round(), selling),
        (
            "/api/admin/rounds/approve",
            json!({"round_id": NOBODY, "content_hash": ""}),
            &[Reviewer, Admin],
        ),
        (
            "/api/admin/rounds/send_back",
            json!({"round_id": NOBODY, "reason": reason}),
            &[Operator, Reviewer, Admin],
        ),
        (
            "/api/admin/rounds/stop",
            json!({"round_id": NOBODY, "words": words}),
            selling,
        ),
        (
            "/api/admin/rounds/resume",
            json!({"round_id": NOBODY}),
            selling,
        ),
        (
            "/api/admin/products/archive",
            json!({"product_id": NOBODY, "archived": true}),
            selling,
        ),
        (
            "/api/admin/switches/set",
            json!({"switch": "no_log_ins", "minutes": 1, "reason": reason}),
            selling,
        ),
        (
            "/api/admin/switches/clear",
            json!({"switch": "no_log_ins"}),
            selling,
        ),
    ]
}

fn after_a_sale() -> Vec<Change> {
    let (reason, password) = ("a reason", "a long password");
    let selling: &[Role] = &[Operator, Admin];
    vec![
        (
            "/api/admin/orders/refund",
            json!({"order_id": NOBODY, "reason": reason, "password": password}),
            selling,
        ),
        (
            "/api/admin/orders/ship",
            json!({"order_id": NOBODY, "carrier": "carrier", "number": "12345"}),
            selling,
        ),
        (
            "/api/admin/parked/replay",
            json!({"reservation_id": NOBODY}),
            selling,
        ),
        (
            "/api/admin/parked/drop",
            json!({"reservation_id": NOBODY, "reason": reason, "password": password}),
            selling,
        ),
        (
            "/api/admin/webhooks/replay",
            json!({"delivery_id": NOBODY}),
            selling,
        ),
        (
            "/api/admin/buyers/ban",
            json!({"account_id": NOBODY, "banned": true, "reason": reason, "password": password}),
            &[Operator, Support, Admin],
        ),
    ]
}

#[tokio::test]
async fn every_role_reads_only_what_it_may() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    for role in Role::ALL {
        // Only the limits of roles are tested here.
        shop.clock.advance(60_000);
        let token = signed_in(&shop, role, false).await;
        let banned = signed_in(&shop, role, true).await;
        for (path, allowed) in reads() {
            shop.clock.advance(1_000);
            let status = get(&router, &path, "en", Some(&token)).await.status();
            let is_allowed = status == 200 || status == 404;
            assert_eq!(
                is_allowed,
                allowed.contains(&role),
                "{role:?} {path}: {status}"
            );
            assert!(is_allowed || status == 403, "{role:?} {path}: {status}");
            let status = get(&router, &path, "en", Some(&banned)).await.status();
            assert_eq!(status, 403, "a banned {role:?} {path}");
        }
    }
    shop.clock.advance(60_000);
    for (path, _) in reads() {
        shop.clock.advance(1_000);
        let expected = if path.starts_with("/api/") { 401 } else { 303 };
        let status = get(&router, &path, "en", None).await.status();
        assert_eq!(status, expected, "a stranger {path}");
    }
}

#[tokio::test]
async fn every_role_changes_only_what_it_may() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let mut admin = String::new();
    for role in Role::ALL {
        // Only the limits of roles are tested here.
        shop.clock.advance(60_000);
        let token = signed_in(&shop, role, false).await;
        let banned = signed_in(&shop, role, true).await;
        if role == Admin {
            admin.clone_from(&token);
        }
        for (path, body, allowed) in changes() {
            let (status, answer) = call(&router, path, Some(&token), &body).await;
            let is_allowed = status == 200 || status == 404;
            let answer = String::from_utf8_lossy(&answer);
            assert_eq!(
                is_allowed,
                allowed.contains(&role),
                "{role:?} {path}: {answer}"
            );
            assert!(is_allowed || status == 403, "{role:?} {path}: {answer}");
            let (status, _) = call(&router, path, Some(&banned), &body).await;
            assert_eq!(status, 403, "a banned {role:?} {path}");
        }
    }
    shop.clock.advance(60_000);
    for (path, body, _) in changes() {
        let (status, _) = call(&router, path, None, &body).await;
        assert_eq!(status, 401, "a stranger {path}");
        let request = Request::post(path)
            .header(header::HOST, "shop.example")
            .header("sec-fetch-site", "cross-site")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, format!("seckill_login={admin}"));
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 403, "from another site {path}");
    }
}

/// The pages' forms have the same checks: they use the same calls.
#[tokio::test]
async fn forms_from_other_sites_and_unauthorised_roles_are_refused() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let (admin, auditor) = (
        signed_in(&shop, Admin, false).await,
        signed_in(&shop, Auditor, false).await,
    );
    for path in [
        format!("/admin/orders/{NOBODY}/refund"),
        format!("/admin/buyers/{NOBODY}/ban"),
        format!("/admin/buyers/{NOBODY}/unban"),
        format!("/admin/messages/parked/{NOBODY}/replay"),
        format!("/admin/messages/parked/{NOBODY}/drop"),
        format!("/admin/messages/{NOBODY}/replay"),
        format!("/admin/products/{NOBODY}/archive"),
        format!("/admin/products/{NOBODY}/restore"),
    ] {
        for (token, site, status) in [
            (&admin, "same-origin", 404),
            (&admin, "cross-site", 403),
            (&auditor, "same-origin", 403),
        ] {
            let request = Request::post(&path)
                .header(header::HOST, "shop.example")
                .header("sec-fetch-site", site)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::COOKIE, format!("seckill_login={token}"));
            let body = Body::from("reason=a&password=a+long+password");
            let response = router.clone().oneshot(request.body(body).unwrap()).await;
            assert_eq!(response.unwrap().status(), status, "{site} {path}");
        }
    }
}
