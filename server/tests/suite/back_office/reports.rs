//! Reports of a round: page, file and call.

use app::wire::{OrderState, Role, RoundReport};
use axum::http::header;
use server::{engine::orders::close_unpaid, sandbox::Action};

use super::signed_in;
use crate::{
    pages::{get, html, site},
    purchase::{TestClient, visitor},
    support::{HOUR_MS, TestShop},
};

#[tokio::test]
async fn a_report_matches_the_bought_paid_and_closed_orders() {
    let client = TestClient::of(TestShop::open_embedded().await);
    let shop = &client.shop;
    let item = shop.item(2).await;
    let (buyer, other) = (visitor(1), visitor(2));
    let order = client.order_of(&buyer, item).await;
    client.order_of(&other, item).await;
    client.pays(&buyer, order, Action::Pay).await;
    for (signature, body) in shop.take_sandbox_notices().await {
        shop.receive_notice(&signature, &body).await;
    }
    shop.settle_payments().await;
    shop.clock.advance(HOUR_MS);
    close_unpaid::run_once(&shop.engine.orders, &shop.engine.payments)
        .await
        .unwrap();

    let router = site(shop);
    let auditor = signed_in(shop, Role::Auditor, false).await;
    let rounds = html(get(&router, "/api/admin/rounds", "en", Some(&auditor)).await).await;
    let rounds: serde_json::Value = serde_json::from_str(&rounds).unwrap();
    let round_id = rounds[0]["round_id"].as_str().unwrap();
    let path = format!("/api/admin/rounds/report?round_id={round_id}");
    let report = html(get(&router, &path, "en", Some(&auditor)).await).await;
    let report: RoundReport = serde_json::from_str(&report).unwrap_or_else(|_| panic!("{report}"));
    let states: Vec<_> = report
        .states
        .iter()
        .map(|sum| (sum.state, sum.orders))
        .collect();
    assert_eq!(states, [(OrderState::Paid, 1), (OrderState::Closed, 1)]);
    assert_eq!(
        (report.orders, report.closed_unpaid, report.is_cut),
        (2, 1, false)
    );
    assert_eq!(report.turnover, report.items[0].sale_price);
    assert!(report.items[0].sold_out_at_ms.is_some());
    assert!(report.until_ordered.is_some() && report.until_paid.is_some());

    let page = html(
        get(
            &router,
            &format!("/admin/rounds/{round_id}/report"),
            "en",
            Some(&auditor),
        )
        .await,
    )
    .await;
    assert!(
        page.contains("1 (50.0 %)") && page.contains("<svg"),
        "{page}"
    );
    let list = html(get(&router, "/admin/rounds", "en", Some(&auditor)).await).await;
    assert!(
        list.contains(&format!("/admin/rounds/{round_id}/report")),
        "{list}"
    );
    let file = get(
        &router,
        &format!("/admin/rounds/{round_id}/report.csv"),
        "en",
        Some(&auditor),
    )
    .await;
    let kind = file.headers()[header::CONTENT_TYPE].to_str().unwrap();
    assert_eq!(kind, "text/csv; charset=utf-8");
    let lines = html(file).await;
    assert!(lines.contains("state,paid,orders,1\r\n"), "{lines}");
}

#[tokio::test]
async fn a_report_file_needs_the_permission() {
    let client = TestClient::of(TestShop::open_embedded().await);
    client.shop.item(1).await;
    let router = site(&client.shop);
    let path = "/admin/rounds/0192aaaa-bbbb-7ccc-8ddd-eeeeffff0000/report.csv";
    let support = signed_in(&client.shop, Role::Support, false).await;
    assert_eq!(get(&router, path, "en", Some(&support)).await.status(), 403);
    assert_eq!(get(&router, path, "en", None).await.status(), 401);
}
