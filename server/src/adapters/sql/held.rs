//! An item's data for the gate: its counters and holders. Reads only the needed columns, page by
//! page: an item may have a million holders.

use app::wire::{AccountId, ItemId, Rejection, ReservationId};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

use super::{
    LedgerError,
    catalogue::window,
    counter,
    entity::{item, order, reservation, round},
    inconsistent,
};
use crate::engine::ports::{GateStock, Holder, ItemSummary, LedgerStatus, PortError, Release};

/// Holders read by one statement.
const PAGE: u32 = 5_000;

/// The number of segments of the stock.
pub(super) fn segments(item: &item::Model) -> Result<u8, PortError> {
    u8::try_from(item.segments)
        .ok()
        .filter(|segments| (1..=64).contains(segments))
        .ok_or_else(|| inconsistent(format!("{} segments", item.segments)))
}

/// The reason of a failed reservation for which the ledger has no unit: the gate lost data and
/// promised too much, so the unit is withdrawn, not returned. (The unit of an `already_reserved`
/// failure is returned; if the ledger has none for the next buyer, that one is withdrawn.)
const WITHDRAWN_REASON: &str = Rejection::SoldOut.code();

/// What to do with the unit of an ended reservation, by its reason if it failed.
pub(super) fn release(reason: Option<&str>) -> Release {
    match reason {
        Some(WITHDRAWN_REASON) => Release::Withdraw,
        _ => Release::Return,
    }
}

/// Units that the gate counts as held but the item's counters do not: of queued reservations, and
/// of those that came back in the ledger and not yet at the gate.
fn held_in_gate_only() -> Condition {
    let returns = Condition::any()
        .add(reservation::Column::Reason.is_null())
        .add(reservation::Column::Reason.ne(WITHDRAWN_REASON));
    let is_due = Condition::all()
        .add(reservation::Column::ReleaseDueAtMs.is_not_null())
        .add(returns);
    Condition::any()
        .add(reservation::Column::State.eq(reservation::State::Queued))
        .add(is_due)
}

fn of_item(item_id: ItemId) -> Select<reservation::Entity> {
    reservation::Entity::find().filter(reservation::Column::ItemId.eq(item_id.0))
}

/// An item of an approved round.
pub(super) async fn summary(
    read: &DatabaseTransaction,
    item_id: ItemId,
) -> Result<Option<ItemSummary>, LedgerError> {
    let found = item::Entity::find_by_id(item_id.0)
        .find_also_related(round::Entity)
        .filter(round::Column::Status.eq(round::Status::Approved))
        .one(read)
        .await?;
    let Some((item, Some(round))) = found else {
        return Ok(None);
    };
    let ahead = of_item(item_id)
        .filter(held_in_gate_only())
        .count(read)
        .await? as i64;
    let due = of_item(item_id)
        .filter(reservation::Column::ReleaseDueAtMs.is_not_null())
        .count(read)
        .await? as i64;
    let live = order::Entity::find()
        .filter(order::Column::ItemId.eq(item_id.0))
        .filter(order::Column::LiveKey.is_not_null())
        .count(read)
        .await? as i64;
    let is_good = reservation::Column::State.ne(reservation::State::Failed);
    let good = of_item(item_id).filter(is_good);
    Ok(Some(ItemSummary {
        window: window(&round),
        stock: GateStock {
            total: counter(item.total)?,
            // Fewer than are promised can only result from a manual change of the database: then
            // the gate sells none, and the order writer refuses the surplus.
            sellable: counter((item.sellable - ahead).max(0))?,
            locked: counter(item.locked + ahead.min(item.sellable))?,
            sold: counter(item.sold)?,
        },
        holding: counter(ahead + live)?,
        due: counter(due)?,
        last_position: highest_position(read, of_item(item_id)).await?,
        last_good_position: highest_position(read, good).await?,
        segments: segments(&item)?,
        epoch: item.gate_epoch,
    }))
}

/// The highest position of these reservations, or 0.
async fn highest_position(
    read: &DatabaseTransaction,
    of: Select<reservation::Entity>,
) -> Result<u32, LedgerError> {
    let last: Option<Option<i64>> = of
        .select_only()
        .column_as(reservation::Column::Position.max(), "last")
        .into_tuple()
        .one(read)
        .await?;
    Ok(counter(last.flatten().unwrap_or(0))?)
}

/// The holders, by buyer.
pub(super) async fn holders(
    read: &DatabaseTransaction,
    item_id: ItemId,
    after: Option<Holder>,
    limit: u32,
) -> Result<Vec<Holder>, LedgerError> {
    let mut page = of_item(item_id)
        .left_join(order::Entity)
        .filter(held_in_gate_only().add(order::Column::LiveKey.is_not_null()));
    if let Some(last) = after {
        let (buyer, id) = (last.buyer.0, last.reservation_id.0);
        let known = Condition::all()
            .add(reservation::Column::BuyerId.eq(buyer))
            .add(reservation::Column::Id.lte(id));
        page = page
            .filter(reservation::Column::BuyerId.gte(buyer))
            .filter(known.not());
    }
    let rows: Vec<(Uuid, Uuid, i64, Option<order::State>)> = page
        .select_only()
        .columns([
            reservation::Column::Id,
            reservation::Column::BuyerId,
            reservation::Column::Position,
        ])
        .column(order::Column::State)
        .order_by_asc(reservation::Column::BuyerId)
        .order_by_asc(reservation::Column::Id)
        .limit(u64::from(limit))
        .into_tuple()
        .all(read)
        .await?;
    let holder = |(id, buyer, position, order): (Uuid, Uuid, i64, Option<order::State>)| {
        Ok(Holder {
            buyer: AccountId(buyer),
            reservation_id: ReservationId(id),
            position: counter(position)?,
            paid: order.is_some_and(order::State::is_sold),
        })
    };
    rows.into_iter().map(holder).collect()
}

/// All holders; about this many.
pub(super) async fn all_holders(
    read: &DatabaseTransaction,
    item_id: ItemId,
    about: u32,
) -> Result<Vec<Holder>, LedgerError> {
    let mut all: Vec<Holder> = Vec::with_capacity(about as usize);
    loop {
        let page = holders(read, item_id, all.last().copied(), PAGE).await?;
        let last = page.len() < PAGE as usize;
        all.extend(page);
        if last {
            return Ok(all);
        }
    }
}

/// The state of those of these reservations that exist.
pub(super) async fn status(
    read: &DatabaseTransaction,
    ids: &[ReservationId],
) -> Result<Vec<LedgerStatus>, LedgerError> {
    type Row = (
        Uuid,
        reservation::State,
        Option<i64>,
        Option<String>,
        Option<order::State>,
        Option<String>,
    );
    let rows: Vec<Row> = reservation::Entity::find()
        .left_join(order::Entity)
        .filter(reservation::Column::Id.is_in(ids.iter().map(|id| id.0)))
        .select_only()
        .columns([
            reservation::Column::Id,
            reservation::Column::State,
            reservation::Column::ReleaseDueAtMs,
            reservation::Column::Reason,
        ])
        .columns([order::Column::State, order::Column::LiveKey])
        .into_tuple()
        .all(read)
        .await?;
    let status = |(id, state, release_due, reason, order, live): Row| {
        let returns = release_due.is_some() && release(reason.as_deref()) == Release::Return;
        LedgerStatus {
            reservation_id: ReservationId(id),
            holds: state == reservation::State::Queued || returns || live.is_some(),
            paid: order.is_some_and(order::State::is_sold),
        }
    };
    Ok(rows.into_iter().map(status).collect())
}
