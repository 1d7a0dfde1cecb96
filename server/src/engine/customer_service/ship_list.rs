//! Ships many paid orders by a list.

use std::collections::{HashMap, HashSet};

use app::wire::{
    ApiError, CheckedLine, CheckedList, LineProblem, OrderId, OrderState, ShipLine, Shipment,
};

use super::{ChangeError, Deps, look_up::order_number, ship_order::ship_order};
use crate::{
    chain::Chain,
    engine::ports::{ChangedBy, OrderToShip, PortError},
};

/// Most lines of a list: each is a transaction, and usually all are done within one request.
pub const MOST_LINES: usize = 300;
/// Time limit for shipping. The rest of a request's ten seconds is for the answer, without which the caller would not
/// know which orders were shipped.
const TO_SHIP_MS: i64 = 7_000;

/// How a list names an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Called {
    Id(OrderId),
    Number(String),
}

fn called(order: &str) -> Option<Called> {
    let order = order.trim();
    if let Ok(id) = order.parse::<OrderId>() {
        return Some(Called::Id(id));
    }
    order_number(order).map(Called::Number)
}

/// What shipping the list would do, line by line. Changes nothing.
///
/// # Errors
/// If the ledger fails.
pub async fn check(deps: &Deps, lines: Vec<ShipLine>) -> Result<CheckedList, PortError> {
    let (mut ids, mut numbers) = (Vec::new(), Vec::new());
    for line in &lines {
        match called(&line.order) {
            Some(Called::Id(id)) => ids.push(id),
            Some(Called::Number(number)) => numbers.push(number),
            None => {}
        }
    }
    let found = deps.directory.to_ship(&ids, &numbers).await?;
    let mut by_name: HashMap<Called, Vec<OrderToShip>> = HashMap::new();
    for order in found {
        let names = [
            Called::Id(order.order_id),
            Called::Number(order.order_id.number()),
        ];
        for name in names {
            by_name.entry(name).or_default().push(order.clone());
        }
    }
    let mut seen = HashSet::new();
    let lines = lines.into_iter().map(|line| {
        let orders = called(&line.order).and_then(|name| by_name.get(&name));
        let orders = orders.map_or(&[][..], |orders| &orders[..]);
        checked(line, orders, &mut seen)
    });
    Ok(CheckedList {
        lines: lines.collect(),
        is_run: false,
        shipped: 0,
    })
}

fn checked(line: ShipLine, orders: &[OrderToShip], seen: &mut HashSet<OrderId>) -> CheckedLine {
    let shipment = Shipment::parse(&line.carrier, &line.number);
    let wrong = |problem| (None, Some(problem), false);
    let (order_id, problem, is_done) = match (orders, shipment) {
        ([], _) => wrong(LineProblem::NoOrder),
        ([_, _, ..], _) => wrong(LineProblem::SeveralOrders),
        ([order], _) if !seen.insert(order.order_id) => wrong(LineProblem::Twice),
        ([_], Err(ApiError::Invalid { field })) if field == "carrier" => {
            wrong(LineProblem::Carrier)
        }
        ([_], Err(_)) => wrong(LineProblem::Number),
        ([order], Ok(shipment)) => {
            let is_done = order.shipment.as_ref() == Some(&shipment);
            let problem = match order.state {
                _ if is_done => None,
                OrderState::Paid if order.has_address => None,
                OrderState::Paid => Some(LineProblem::NoAddress),
                state => Some(LineProblem::State(state)),
            };
            (Some(order.order_id), problem, is_done)
        }
    };
    CheckedLine {
        line,
        order_id,
        problem,
        is_done,
    }
}

/// Ships a list if every line can be shipped; otherwise returns the problems. If an order changes between check and
/// shipping, its line says so; the others are shipped while there is time.
///
/// # Errors
/// If the ledger fails before anything is done.
pub async fn ship(
    deps: &Deps,
    lines: Vec<ShipLine>,
    by: &ChangedBy,
) -> Result<CheckedList, PortError> {
    let until_ms = deps.clock.now_ms() + TO_SHIP_MS;
    let mut list = check(deps, lines).await?;
    if list.wrong() > 0 {
        return Ok(list);
    }
    list.is_run = true;
    for checked in list.lines.iter_mut().filter(|line| !line.is_done) {
        let shipment = Shipment::parse(&checked.line.carrier, &checked.line.number);
        let (Some(order_id), Ok(shipment)) = (checked.order_id, shipment) else {
            continue;
        };
        if deps.clock.now_ms() >= until_ms {
            checked.problem = Some(LineProblem::NotYet);
            continue;
        }
        match ship_order(deps, order_id, &shipment, by).await {
            Ok(()) => {
                checked.is_done = true;
                list.shipped += 1;
            }
            Err(error) => checked.problem = Some(problem(deps, order_id, error).await),
        }
    }
    Ok(list)
}

async fn problem(deps: &Deps, order_id: OrderId, error: ChangeError) -> LineProblem {
    match error {
        ChangeError::NotFound => LineProblem::NoOrder,
        ChangeError::NoAddress => LineProblem::NoAddress,
        ChangeError::OtherState => match deps.orders.get(order_id).await {
            Ok(Some(order)) => LineProblem::State(order.order.state),
            _ => LineProblem::Unknown,
        },
        ChangeError::Port(error) => {
            tracing::warn!(%order_id, error = %Chain(&error), "cannot ship an order of a list; the list can be sent again");
            LineProblem::Unknown
        }
    }
}
