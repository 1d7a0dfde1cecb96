//! Turns a batch of reservations into orders, inside one transaction.

use std::collections::{BTreeMap, HashMap, HashSet};

use app::wire::{MessageKind, OrderId, Rejection};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    ends::{Reservations, end, fail, find_or_make},
    units::move_units,
};
use crate::{
    adapters::sql::{
        Sql,
        entity::{item, order, reservation, round},
        errors::LedgerError,
        messages::{self, NewMessage},
        missing, webhooks,
    },
    engine::ports::{QueuedReservation, WebhookEvent, WriteOutcome},
};

pub type Entry = (QueuedReservation, OrderId);
/// For each item, the data its orders need.
pub type Terms = HashMap<Uuid, ItemTerms>;

/// An item's sale price, payment time, and units in the ledger.
pub struct ItemTerms {
    price: i64,
    pay_window_s: u32,
    pub sellable: i64,
}

/// What the transaction reads before it writes.
struct Found {
    reservations: Reservations,
    terms: Terms,
    live: HashSet<String>,
}

/// Turns entries into orders, or fails them. A queue may deliver an entry twice, even in one batch:
/// the second gets the outcome of the first.
pub async fn write(
    sql: &Sql,
    transaction: &DatabaseTransaction,
    batch: &[Entry],
    now_ms: i64,
) -> Result<Vec<WriteOutcome>, LedgerError> {
    let mut entries = Vec::with_capacity(batch.len());
    let mut places = HashMap::with_capacity(batch.len());
    for entry in batch {
        places
            .entry(entry.0.unit.reservation_id)
            .or_insert_with(|| {
                entries.push(entry.clone());
                entries.len() - 1
            });
    }
    let outcomes = write_each(sql, transaction, &entries, now_ms).await?;
    let outcome = |(entry, _): &Entry| outcomes[places[&entry.unit.reservation_id]];
    Ok(batch.iter().map(outcome).collect())
}

/// `batch` must not contain a reservation twice.
async fn write_each(
    sql: &Sql,
    transaction: &DatabaseTransaction,
    batch: &[Entry],
    now_ms: i64,
) -> Result<Vec<WriteOutcome>, LedgerError> {
    let mut found = find(sql, transaction, batch).await?;
    // `None` while unknown; entries that are still `None` at the end get an order.
    let mut outcomes: Vec<Option<WriteOutcome>> = Vec::with_capacity(batch.len());
    for (entry, _) in batch {
        outcomes.push(known_outcome(&mut found, entry)?);
    }
    take_stock(transaction, batch, &mut outcomes).await?;

    let fresh = batch
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| outcome.is_none());
    let fresh: Vec<&Entry> = fresh.map(|(entry, _)| entry).collect();
    order(transaction, &fresh, &found.terms, now_ms).await?;
    let still_queued = |entry: &QueuedReservation| {
        found.reservations[&entry.unit.reservation_id.0].0.state == reservation::State::Queued
    };
    let mut failed: HashMap<Rejection, Vec<Uuid>> = HashMap::new();
    for ((entry, _), outcome) in batch.iter().zip(&outcomes) {
        if let Some(WriteOutcome::Failed(reason)) = outcome
            && still_queued(entry)
        {
            let ids = failed.entry(*reason).or_default();
            ids.push(entry.unit.reservation_id.0);
        }
    }
    for (reason, ids) in failed {
        fail(transaction, ids, reason, now_ms).await?;
    }
    let ordered = |(outcome, (_, order_id)): (Option<WriteOutcome>, &Entry)| {
        outcome.unwrap_or(WriteOutcome::Ordered(*order_id))
    };
    Ok(outcomes.into_iter().zip(batch).map(ordered).collect())
}

fn live_key(entry: &QueuedReservation) -> String {
    format!("{}:{}", entry.unit.item_id, entry.unit.buyer)
}

async fn find(
    sql: &Sql,
    transaction: &DatabaseTransaction,
    batch: &[Entry],
) -> Result<Found, LedgerError> {
    let reservations = find_or_make(transaction, batch.iter().map(|(entry, _)| entry)).await?;
    let terms = terms(sql, transaction, batch).await?;
    let live = order::Entity::find()
        .filter(order::Column::LiveKey.is_in(batch.iter().map(|(entry, _)| live_key(entry))))
        .all(transaction)
        .await?;
    Ok(Found {
        reservations,
        terms,
        live: live
            .into_iter()
            .filter_map(|order| order.live_key)
            .collect(),
    })
}

/// The terms of a batch's items.
pub async fn terms(
    sql: &Sql,
    transaction: &DatabaseTransaction,
    batch: &[Entry],
) -> Result<Terms, LedgerError> {
    let item_ids: HashSet<Uuid> = batch
        .iter()
        .map(|(entry, _)| entry.unit.item_id.0)
        .collect();
    let items = item::Entity::find()
        .filter(item::Column::Id.is_in(item_ids))
        .find_also_related(round::Entity)
        .all(transaction)
        .await?;
    items
        .into_iter()
        .map(|(item, round)| {
            let round = round.ok_or_else(|| missing("round", item.round_id))?;
            let terms = ItemTerms {
                price: item.sale_price,
                pay_window_s: sql.pay_window_s(&round)?,
                sellable: item.sellable,
            };
            Ok((item.id, terms))
        })
        .collect()
}

/// The known outcome of an entry: an earlier run's, or that its buyer has a live order.
fn known_outcome(
    found: &mut Found,
    entry: &QueuedReservation,
) -> Result<Option<WriteOutcome>, LedgerError> {
    let known = end(&found.reservations, entry)?;
    if known.is_some() {
        return Ok(known);
    }
    let first = found.live.insert(live_key(entry));
    Ok((!first).then_some(WriteOutcome::Failed(Rejection::AlreadyReserved)))
}

/// One conditional update per item for all its entries; if stock is too low, one by one, so that
/// the first in line get what is left. By item id, the order in which every transaction locks them.
async fn take_stock(
    transaction: &DatabaseTransaction,
    batch: &[Entry],
    outcomes: &mut [Option<WriteOutcome>],
) -> Result<(), LedgerError> {
    let mut by_item: BTreeMap<Uuid, Vec<usize>> = BTreeMap::new();
    for (index, (entry, _)) in batch.iter().enumerate() {
        if outcomes[index].is_none() {
            by_item.entry(entry.unit.item_id.0).or_default().push(index);
        }
    }
    for (item_id, indexes) in by_item {
        if lock_units(transaction, item_id, indexes.len() as i64).await? {
            continue;
        }
        let mut left = true;
        for index in indexes {
            left = left && lock_units(transaction, item_id, 1).await?;
            if !left {
                outcomes[index] = Some(WriteOutcome::Failed(Rejection::SoldOut));
            }
        }
    }
    Ok(())
}

pub async fn lock_units(
    transaction: &DatabaseTransaction,
    item_id: Uuid,
    units: i64,
) -> Result<bool, LedgerError> {
    let (from, to) = (item::Column::Sellable, item::Column::Locked);
    move_units(transaction, item_id, units, from, to).await
}

/// The order rows for reservations of the ledger.
async fn order(
    transaction: &DatabaseTransaction,
    fresh: &[&Entry],
    terms: &Terms,
    now_ms: i64,
) -> Result<(), LedgerError> {
    if fresh.is_empty() {
        return Ok(());
    }
    insert_orders(transaction, fresh, terms, now_ms).await?;
    reservation::Entity::update_many()
        .col_expr(
            reservation::Column::State,
            Expr::value(reservation::State::Ordered),
        )
        .filter(
            reservation::Column::Id
                .is_in(fresh.iter().map(|(entry, _)| entry.unit.reservation_id.0)),
        )
        .exec(transaction)
        .await?;
    Ok(())
}

/// Inserts orders, and the messages to people and programs about them.
pub async fn insert_orders(
    transaction: &DatabaseTransaction,
    fresh: &[&Entry],
    terms: &Terms,
    now_ms: i64,
) -> Result<(), LedgerError> {
    let mut rows = Vec::with_capacity(fresh.len());
    for (entry, order_id) in fresh {
        let terms = terms
            .get(&entry.unit.item_id.0)
            .ok_or_else(|| missing("item", entry.unit.item_id.0))?;
        rows.push(order::ActiveModel {
            id: Set(order_id.0),
            reservation_id: Set(entry.unit.reservation_id.0),
            item_id: Set(entry.unit.item_id.0),
            buyer_id: Set(entry.unit.buyer.0),
            path: Set(entry.path.clone()),
            amount: Set(terms.price),
            state: Set(order::State::PendingPayment),
            close_reason: Set(None::<order::CloseReason>),
            created_at_ms: Set(now_ms),
            pay_deadline_ms: Set(now_ms + i64::from(terms.pay_window_s) * 1000),
            paid_at_ms: Set(None::<i64>),
            closed_at_ms: Set(None::<i64>),
            live_key: Set(Some(live_key(entry))),
        });
    }
    order::Entity::insert_many(rows)
        .exec_without_returning(transaction)
        .await?;
    let created: Vec<_> = fresh
        .iter()
        .map(|(_, order_id)| (WebhookEvent::OrderCreated, order_id.0))
        .collect();
    let told = fresh.iter().map(|(entry, order_id)| NewMessage {
        account_id: entry.unit.buyer.0,
        order_id: order_id.0,
        kind: MessageKind::Ordered,
    });
    messages::add(transaction, told, now_ms).await?;
    webhooks::add(transaction, &created, now_ms).await
}
