//! `announce_rounds`: tells programs that a round starts, is sold out, or ends.

use std::sync::PoisonError;

use app::wire::{Round, RoundId};
use futures::future::try_join_all;

use super::Deps;
use crate::engine::ports::{GateStock, PortError, WebhookEvent};

/// Writes messages for rounds that started or ended, once per endpoint. After downtime this looks back one day,
/// as far as the catalogue reaches. Returns the number of new messages.
///
/// # Errors
/// The first error of catalogue, gate or ledger, after every round was checked.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let endpoints = deps.endpoints.endpoints().await?;
    let is_told = |event| {
        let mut told = endpoints
            .iter()
            .filter(|endpoint| endpoint.switched_off.is_none());
        told.any(|endpoint| endpoint.events.contains(&event))
    };
    let now_ms = deps.clock.now_ms();
    let rounds = deps.catalogue.rounds(now_ms).await?;
    keep_only(deps, &rounds);
    let (mut written, mut first_error) = (0, None);
    for round in rounds.iter() {
        match of_round(deps, round, now_ms, &is_told).await {
            Ok(number) => written += number,
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    first_error.map_or(Ok(written), Err)
}

async fn of_round(
    deps: &Deps,
    round: &Round,
    now_ms: i64,
    is_told: impl Fn(WebhookEvent) -> bool,
) -> Result<u32, PortError> {
    let mut written = 0;
    for (event, at_ms) in [
        (WebhookEvent::RoundStarted, round.starts_at_ms),
        (WebhookEvent::RoundEnded, round.ends_at_ms),
    ] {
        if at_ms <= now_ms && is_told(event) {
            written += announce(deps, event, round.round_id, at_ms).await?;
        }
    }
    let event = WebhookEvent::RoundSoldOut;
    let is_running = (round.starts_at_ms..round.ends_at_ms).contains(&now_ms);
    if is_running
        && is_told(event)
        && is_new(deps, event, round.round_id)
        && is_sold_out(deps, round).await?
    {
        written += announce(deps, event, round.round_id, now_ms).await?;
    }
    Ok(written)
}

async fn announce(
    deps: &Deps,
    event: WebhookEvent,
    round_id: RoundId,
    at_ms: i64,
) -> Result<u32, PortError> {
    if !is_new(deps, event, round_id) {
        return Ok(0);
    }
    let written = deps.deliveries.announce(event, round_id, at_ms).await?;
    let mut announced = deps
        .announced
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    announced.insert((round_id, event));
    Ok(written)
}

fn is_new(deps: &Deps, event: WebhookEvent, round_id: RoundId) -> bool {
    let announced = deps
        .announced
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    !announced.contains(&(round_id, event))
}

/// Forgets rounds that are no longer in the catalogue: they are not checked again.
fn keep_only(deps: &Deps, rounds: &[Round]) {
    let mut announced = deps
        .announced
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    announced.retain(|(round_id, _)| rounds.iter().any(|round| round.round_id == *round_id));
}

/// Whether the gate has no unit of any item left. An item that it does not know is not sold out.
async fn is_sold_out(deps: &Deps, round: &Round) -> Result<bool, PortError> {
    let stocks = round.items.iter().map(|item| deps.gate.stock(item.item_id));
    let stocks = try_join_all(stocks).await?;
    let has_none = |stock: &Option<_>| stock.is_some_and(|stock: GateStock| stock.sellable == 0);
    Ok(!stocks.is_empty() && stocks.iter().all(has_none))
}
