//! A provider's statement compared with the shop's data.

use server::engine::{
    payments::statement::{Day, Difference, Matched, StatementLine, compare},
    ports::{MoneyMoved as _, MovementKind},
};

use super::*;
use crate::support::{HOUR_MS, START_MS};

/// The day in whose middle the tests start.
const DAY: Day = Day {
    from_ms: START_MS - 12 * HOUR_MS,
    to_ms: START_MS + 12 * HOUR_MS,
};

fn line(kind: MovementKind, number: &str, minor: i64) -> StatementLine {
    StatementLine {
        kind,
        provider_number: number.to_owned(),
        amount: Amount::of(minor),
    }
}

/// A paid order, and the provider's number of its payment.
async fn paid() -> (Buyer, String) {
    paid_in(TestShop::new().await).await
}

async fn paid_in(shop: TestShop) -> (Buyer, String) {
    let buyer = Buyer::of(shop).await;
    buyer.pays(Action::Pay).await;
    buyer.deliver(|_| {}).await;
    buyer.work().await;
    let ledger = &buyer.client.shop.sql;
    let moved = ledger.between("sandbox", DAY.from_ms, DAY.to_ms).await;
    let number = moved.unwrap().remove(0).provider_number;
    (buyer, number)
}

async fn matched(buyer: &Buyer, day: Day, lines: Vec<StatementLine>) -> Matched {
    let ledger = &buyer.client.shop.sql;
    compare(ledger, "sandbox", day, lines).await.unwrap()
}

#[tokio::test]
async fn a_statement_agrees_only_on_money_that_both_have() {
    let (buyer, number) = paid().await;
    let same = vec![line(MovementKind::Payment, &number, PRICE)];
    let found = matched(&buyer, DAY, same.clone()).await;
    assert_eq!((found.agree, found.differences), (1, vec![]));

    let by = ChangedBy::command();
    let payments = &buyer.client.shop.engine.payments;
    assert!(refund::order(payments, buyer.order, &by).await.unwrap());
    buyer.work().await;
    let found = matched(&buyer, DAY, same.clone()).await;
    let only_here = Difference::OnlyHere {
        kind: MovementKind::Refund,
        provider_number: number.clone(),
        amount: Amount::of(PRICE),
        order_id: buyer.order,
    };
    assert_eq!((found.agree, found.differences), (1, vec![only_here]));

    let lines = vec![
        line(MovementKind::Payment, &number, PRICE - 1),
        line(MovementKind::Refund, &number, PRICE),
        line(MovementKind::Refund, &number, PRICE),
        line(MovementKind::Payment, "of-nobody", 100),
    ];
    let found = matched(&buyer, DAY, lines).await;
    assert_eq!(found.agree, 1);
    assert_eq!(
        found.differences,
        [
            Difference::Twice {
                kind: MovementKind::Refund,
                provider_number: number.clone(),
            },
            Difference::OtherSum {
                kind: MovementKind::Payment,
                provider_number: number,
                there: Amount::of(PRICE - 1),
                here: Amount::of(PRICE),
                order_id: buyer.order,
            },
            Difference::OnlyThere {
                kind: MovementKind::Payment,
                provider_number: "of-nobody".to_owned(),
                amount: Amount::of(100),
            },
        ]
    );
}

#[tokio::test]
async fn money_recorded_on_another_day_agrees() {
    let (buyer, number) = paid().await;
    let lines = vec![line(MovementKind::Payment, &number, PRICE)];
    let yesterday = Day {
        from_ms: DAY.from_ms - 24 * HOUR_MS,
        to_ms: DAY.from_ms,
    };
    let found = matched(&buyer, yesterday, lines).await;
    assert_eq!((found.agree, found.differences), (1, vec![]));
    let until_just_now = Day {
        to_ms: buyer.client.shop.clock.get() + 60_000,
        ..DAY
    };
    let found = matched(&buyer, until_just_now, Vec::new()).await;
    assert_eq!(
        (found.differences, found.perhaps_of_other_days.len()),
        (vec![], 1)
    );
    let found = matched(&buyer, DAY, Vec::new()).await;
    assert_eq!(
        (found.differences.len(), found.perhaps_of_other_days.len()),
        (1, 0)
    );
    let ledger = &buyer.client.shop.sql;
    let other = compare(ledger, "stripe", DAY, Vec::new()).await.unwrap();
    assert_eq!(other, Matched::default(), "another provider's");
}

#[tokio::test]
async fn money_reported_late_may_be_in_the_previous_statement() {
    let (buyer, _) = paid_in(TestShop::open_embedded().await).await;
    let late = "UPDATE payments SET received_at_ms = received_at_ms + 7200000";
    buyer.client.shop.change_by_hand(late).await;
    let next_day = Day {
        from_ms: START_MS + HOUR_MS,
        to_ms: START_MS + 25 * HOUR_MS,
    };
    let found = matched(&buyer, next_day, Vec::new()).await;
    let apart = found.perhaps_of_other_days.len();
    assert_eq!((found.differences, apart), (vec![], 1));
}
