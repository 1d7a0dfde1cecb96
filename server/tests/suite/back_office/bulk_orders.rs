//! Orders exported as a file, and shipped by a list.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering::SeqCst},
};

use app::{
    port::AfterPurchase as _,
    wire::{Action, ActivityQuery, LineProblem, OrderId, OrderState, Role, ShipLine, TypedAddress},
};
use server::engine::{
    customer_service::{Deps, ship_list},
    ports::{ActivityLog as _, ChangedBy, Clock, OrderReader as _},
};

use super::{pages::send_form, signed_in};
use crate::{
    pages::{get, html, site},
    shipping::Customer,
    support::TestShop,
};

const EXPORT: &str = "/admin/orders/export";
const SHIP: &str = "/admin/orders/ship";

/// The text in a page's field for the next list.
fn typed(page: &str) -> &str {
    let (_, field) = page.split_once("<textarea").unwrap();
    let (_, field) = field.split_once('>').unwrap();
    field.split_once("</textarea>").unwrap().0
}

async fn state(customer: &Customer, order: OrderId) -> OrderState {
    let found = customer.client.shop.sql.get(order).await.unwrap();
    found.unwrap().order.state
}

async fn says_where_to(customer: &Customer) {
    let address = TypedAddress {
        name: "Li Lei".to_owned(),
        mobile: "13800000009".to_owned(),
        address: "1 Caoxi Road".to_owned(),
    };
    let client = &customer.client;
    let saved = client.save_shipping_address(&customer.who, customer.order, address);
    saved.await.unwrap();
}

/// A clock that moves ten seconds at each reading.
struct FastClock(AtomicI64);

impl Clock for FastClock {
    fn now_ms(&self) -> i64 {
        self.0.fetch_add(10_000, SeqCst)
    }
}

#[tokio::test]
async fn orders_that_a_list_has_no_time_for_are_named_and_not_shipped() {
    let customer = Customer::of(TestShop::open_embedded().await).await;
    customer.pays().await;
    says_where_to(&customer).await;
    let shop = &customer.client.shop;
    let deps = &shop.engine.customer_service;
    let slow = Deps {
        clock: Arc::new(FastClock(AtomicI64::new(shop.clock.get()))),
        directory: deps.directory.clone(),
        bans: deps.bans.clone(),
        activity_log: deps.activity_log.clone(),
        orders: deps.orders.clone(),
        reservations: deps.reservations.clone(),
        payments: deps.payments.clone(),
        shipping: deps.shipping.clone(),
        people: deps.people.clone(),
    };
    let lines = vec![ShipLine {
        line: 1,
        order: customer.order.to_string(),
        carrier: "SF".to_owned(),
        number: "SF1234".to_owned(),
    }];
    let by = ChangedBy::command();
    let list = ship_list::ship(&slow, lines.clone(), &by).await.unwrap();
    assert_eq!((list.is_run, list.shipped), (true, 0));
    assert_eq!(list.lines[0].problem, Some(LineProblem::NotYet));
    assert_eq!(state(&customer, customer.order).await, OrderState::Paid);
    let list = ship_list::ship(deps, lines, &by).await.unwrap();
    assert_eq!((list.shipped, list.wrong()), (1, 0), "sent again");
}

#[tokio::test]
async fn the_order_file_matches_the_filter_and_its_export_is_logged() {
    let customer = Customer::of(TestShop::open_embedded().await).await;
    let shop = &customer.client.shop;
    let router = site(shop);
    let operator = signed_in(shop, Role::Operator, false).await;
    let file = async |state: &str| {
        let response = send_form(&router, EXPORT, &operator, &[("state", state)]).await;
        assert_eq!(response.status(), 200);
        html(response).await
    };
    let unpaid = file("pending_payment").await;
    let number = customer.order.number();
    assert!(
        unpaid.contains(&format!("\n{number},{},", customer.order)),
        "{unpaid}"
    );
    assert!(
        unpaid.contains("****") && unpaid.contains(",pending_payment,"),
        "{unpaid}"
    );
    assert_eq!(file("paid").await.lines().count(), 1, "only the head");

    let log = shop
        .sql
        .activities(&ActivityQuery::default(), 1)
        .await
        .unwrap();
    assert_eq!(log[0].action, Action::ExportOrders);
    assert!(log[0].new_value.as_deref().unwrap().contains("paid"));
    for wrong in [("state", "payed"), ("item", "7")] {
        let refused = send_form(&router, EXPORT, &operator, &[wrong]).await;
        assert_eq!(refused.status(), 422, "{wrong:?}");
    }
    send_form(&router, EXPORT, &operator, &[("search", "138 0000 0009")]).await;
    let log = shop
        .sql
        .activities(&ActivityQuery::default(), 1)
        .await
        .unwrap();
    let noted = log[0].new_value.as_deref().unwrap();
    assert!(noted.contains("138****0009"), "{noted}");
    let support = signed_in(shop, Role::Support, false).await;
    assert_eq!(
        send_form(&router, EXPORT, &support, &[]).await.status(),
        403
    );
    assert_eq!(
        send_form(&router, EXPORT, "nobody", &[]).await.status(),
        303
    );
}

#[tokio::test]
async fn a_list_is_checked_first_and_ships_nothing_while_a_line_is_wrong() {
    let customer = Customer::of(TestShop::open_embedded().await).await;
    let (shop, order) = (&customer.client.shop, customer.order);
    let router = site(shop);
    let operator = signed_in(shop, Role::Operator, false).await;
    let send = async |text: &str, press: &str| {
        let fields = [("text", text), ("do", press)];
        let response = send_form(&router, SHIP, &operator, &fields).await;
        (response.status().as_u16(), html(response).await)
    };
    let good = format!("order,carrier,number\n{},SF,SF1234\n", order.number());
    let (status, page) = send(&good, "ship").await;
    assert_eq!(status, 422, "{page}");
    assert!(page.contains("The order is: "), "not paid: {page}");
    customer.pays().await;
    let (status, page) = send(&good, "ship").await;
    assert!(
        status == 422 && page.contains("Nobody has said where to send it"),
        "{page}"
    );
    says_where_to(&customer).await;

    let wrong = format!("{good}0000000000,SF,SF1235\n{order},SF,SF1234\n");
    let (status, page) = send(&wrong, "ship").await;
    assert_eq!(status, 422, "{page}");
    for words in [
        "Of 3 lines 2 are wrong",
        "There is no such order",
        "An earlier line has this order",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert_eq!(typed(&page).trim(), wrong.trim(), "it can be mended");
    let (status, page) = send("1,2\n", "check").await;
    assert!(
        status == 422 && page.contains("Line 1 does not have three columns"),
        "{page}"
    );
    assert_eq!(state(&customer, order).await, OrderState::Paid);

    let (status, page) = send(&good, "check").await;
    assert!(status == 200 && page.contains("Ship them (1)"), "{page}");
    assert!(page.contains("Line 1 was taken for a heading"), "{page}");
    assert_eq!(
        state(&customer, order).await,
        OrderState::Paid,
        "only checked"
    );
    let (status, page) = send(&good, "ship").await;
    assert!(
        status == 200 && page.contains("Orders shipped: 1."),
        "{page}"
    );
    assert_eq!(typed(&page), "", "it is done");
    assert_eq!(state(&customer, order).await, OrderState::Shipped);
    let (status, page) = send(&good, "ship").await;
    assert!(
        status == 200 && page.contains("Shipped like this"),
        "{page}"
    );
    assert!(page.contains("Orders shipped: 0."), "{page}");

    let log = shop
        .sql
        .activities(&ActivityQuery::default(), 50)
        .await
        .unwrap();
    let shipped = log.iter().filter(|entry| entry.action == Action::ShipOrder);
    assert_eq!(shipped.count(), 1);
}

#[tokio::test]
async fn only_staff_who_may_ship_can_send_a_list() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let support = signed_in(&shop, Role::Support, false).await;
    assert_eq!(send_form(&router, SHIP, &support, &[]).await.status(), 403);
    assert_eq!(get(&router, SHIP, "en", Some(&support)).await.status(), 403);
}

#[tokio::test]
async fn the_text_of_a_list_is_escaped_when_it_is_shown_again() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let admin = signed_in(&shop, Role::Admin, false).await;
    let hostile = "</textarea><script>alert(1)</script>,SF,SF1234";
    let response = send_form(&router, SHIP, &admin, &[("text", hostile)]).await;
    let page = html(response).await;
    assert!(!page.contains("<script>alert(1)"), "{page}");
    let typed = "&lt;/textarea>&lt;script>alert(1)&lt;/script>,SF,SF1234</textarea>";
    assert!(page.contains(typed), "{page}");
}
