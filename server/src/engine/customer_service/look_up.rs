//! Searches orders, buyers and payments.

use app::wire::{
    AccountId, BuyerHistory, BuyerList, ListedOrder, Mobile, OrderChange, OrderEvent, OrderHistory,
    OrderId, OrderList, OrderQuery, PaymentGroup, PaymentId, PaymentList,
};

use super::Deps;
use crate::engine::{
    paging::{TO_READ, page},
    ports::{BuyerSearch, OrderFilter, OrderSearch, PortError},
    storefront::{FAILURES_SHOWN_MS, ORDERS_SHOWN, RESERVATIONS_SHOWN, views},
};

/// The most buyers with one nickname whose orders are searched.
const NAMESAKES: u32 = 100;
/// Most entries of unmatched money that are shown.
const UNMATCHED_SHOWN: u32 = 50;
/// Orders that are read at once for a file.
const ROWS_OF_A_FILE: u32 = 500;

/// Orders, newest first.
///
/// # Errors
/// If the ledger fails.
pub async fn orders(deps: &Deps, query: OrderQuery) -> Result<OrderList, PortError> {
    let rows = deps
        .directory
        .orders(&filter(deps, query).await?, TO_READ)
        .await?;
    let (orders, next) = page(rows, |row: &ListedOrder| row.order.order_id);
    Ok(OrderList { orders, next })
}

/// A part of a query's orders, newest first, for a file.
///
/// # Errors
/// If the ledger fails.
pub async fn orders_at_once(deps: &Deps, query: OrderQuery) -> Result<OrderList, PortError> {
    let filter = filter(deps, query).await?;
    let orders = deps.directory.orders(&filter, ROWS_OF_A_FILE).await?;
    let is_full = orders.len() == ROWS_OF_A_FILE as usize;
    let last = orders.last().filter(|_| is_full);
    let next = last.map(|row| row.order.order_id);
    Ok(OrderList { orders, next })
}

async fn filter(deps: &Deps, query: OrderQuery) -> Result<OrderFilter, PortError> {
    let search = match query.search.as_deref().map(str::trim) {
        None | Some("") => OrderSearch::All,
        Some(text) => order_search(deps, text).await?,
    };
    Ok(OrderFilter {
        search,
        state: query.state,
        item_id: query.item_id,
        before: query.before,
    })
}

/// Digits of an order's number, see `OrderId::number`.
const NUMBER_DIGITS: usize = 10;

/// The order number in a search text; `None` if the text is no order number.
pub fn order_number(text: &str) -> Option<String> {
    let is_number =
        text.len() == NUMBER_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number.then(|| text.to_ascii_uppercase())
}

/// Interprets a search text.
async fn order_search(deps: &Deps, text: &str) -> Result<OrderSearch, PortError> {
    if let Ok(id) = text.parse::<OrderId>() {
        return Ok(OrderSearch::Id(id));
    }
    if let Some(number) = order_number(text) {
        return Ok(OrderSearch::Number(number));
    }
    let search = buyer_search(text);
    let buyers = deps.directory.buyers(&search, None, NAMESAKES).await?;
    let buyers = buyers.into_iter().map(|buyer| buyer.account_id);
    Ok(OrderSearch::Buyers(buyers.collect()))
}

fn buyer_search(text: &str) -> BuyerSearch {
    match Mobile::parse(text) {
        Ok(mobile) => BuyerSearch::Mobile(mobile.as_str().to_owned()),
        Err(_) => BuyerSearch::Nickname(text.to_owned()),
    }
}

/// An order's whole history, with its address if the caller may see it.
///
/// # Errors
/// If the ledger fails.
pub async fn order(
    deps: &Deps,
    order_id: OrderId,
    sees_address: bool,
) -> Result<Option<OrderHistory>, PortError> {
    let filter = OrderFilter {
        search: OrderSearch::Id(order_id),
        ..OrderFilter::default()
    };
    let found = deps.directory.orders(&filter, 1).await?.pop();
    let (Some(listed), Some(record)) = (found, deps.orders.get(order_id).await?) else {
        return Ok(None);
    };
    let of_the_sale = |event, at_ms| OrderChange {
        event,
        at_ms,
        actor: None,
    };
    let mut changes = vec![
        of_the_sale(OrderEvent::Reserved, record.held_at_ms),
        of_the_sale(OrderEvent::Ordered, record.order.created_at_ms),
    ];
    changes.extend(deps.directory.changes(order_id).await?);
    let address = match sees_address {
        true => deps.shipping.addresses.address(order_id).await?,
        false => None,
    };
    Ok(Some(OrderHistory {
        order: record.order,
        buyer: listed.buyer,
        reservation_id: record.reservation_id,
        changes,
        payments: deps.directory.payments_of(order_id).await?,
        address,
        shipment: record.shipment,
    }))
}

/// Buyers, newest first.
///
/// # Errors
/// If the ledger fails.
pub async fn buyers(
    deps: &Deps,
    search: Option<String>,
    before: Option<AccountId>,
) -> Result<BuyerList, PortError> {
    let search = match search.as_deref().map(str::trim) {
        None | Some("") => BuyerSearch::All,
        Some(text) => buyer_search(text),
    };
    let rows = deps.directory.buyers(&search, before, TO_READ).await?;
    let (buyers, next) = page(rows, |buyer| buyer.account_id);
    Ok(BuyerList { buyers, next })
}

/// A buyer with orders and failed reservations.
///
/// # Errors
/// If the ledger or the reader of reservations fails.
pub async fn buyer(deps: &Deps, account_id: AccountId) -> Result<Option<BuyerHistory>, PortError> {
    let Some(buyer) = deps.directory.buyer(account_id).await? else {
        return Ok(None);
    };
    let failed_since_ms = deps.clock.now_ms() - FAILURES_SHOWN_MS;
    let reservations = deps
        .reservations
        .without_order(account_id, failed_since_ms, RESERVATIONS_SHOWN)
        .await?;
    let reservations = reservations
        .into_iter()
        .map(|record| views::reservation(record, None));
    Ok(Some(BuyerHistory {
        buyer,
        orders: deps.orders.of_buyer(account_id, ORDERS_SHOWN).await?,
        reservations: reservations.collect(),
    }))
}

/// Payments, newest first, with the unmatched money.
///
/// # Errors
/// If the ledger fails.
pub async fn payments(
    deps: &Deps,
    group: Option<PaymentGroup>,
    before: Option<PaymentId>,
) -> Result<PaymentList, PortError> {
    let rows = deps.directory.payments(group, before, TO_READ).await?;
    let (payments, next) = page(rows, |row| row.payment_id);
    Ok(PaymentList {
        payments,
        next,
        unmatched: deps.directory.unmatched(UNMATCHED_SHOWN).await?,
    })
}
