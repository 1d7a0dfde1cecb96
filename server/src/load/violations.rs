//! Promises to shoppers that the shop broke.

use std::collections::HashSet;

use super::{report::Outcomes, tally::Outcome};

/// At most this many unexpected answers are quoted.
const QUOTED: usize = 5;

/// The units of the item, in a run in which none can have come back unpaid.
#[derive(Clone, Copy, Debug)]
pub struct Units {
    /// All.
    pub total: u32,
    /// For sale after the run.
    pub left: u32,
}

/// A line for each kind, with its count; empty if every promise was kept. `units` bounds the orders.
pub fn violations(outcomes: &[Outcome], units: Option<Units>) -> Vec<String> {
    let (mut found, mut quoted) = (Vec::new(), Vec::new());
    let (mut positions, mut orders) = (HashSet::new(), HashSet::new());
    let mut twice = 0;
    for outcome in outcomes {
        let position = match outcome {
            Outcome::Ordered { position, order_id } => {
                if !orders.insert(*order_id) {
                    found.push(format!("order {order_id} belongs to two shoppers"));
                }
                *position
            }
            Outcome::Failed { position, .. } => *position,
            Outcome::Unexpected(answer) => {
                quoted.push(answer);
                continue;
            }
            _ => continue,
        };
        twice += u32::from(position != 0 && !positions.insert(position));
    }
    if twice > 0 {
        found.push(format!(
            "shoppers who were told a number that somebody else has: {twice}"
        ));
    }
    let counts = Outcomes::of(outcomes);
    let (sold_out, failed, no_end) = (counts.sold_out, counts.failed, counts.no_end);
    if let Some(Units { total, left }) = units {
        if orders.len() > total as usize {
            found.push(format!("{} orders of {total} units", orders.len()));
        }
        if sold_out > 0 && left > 0 {
            found.push(format!(
                "shoppers who were told \"sold out\": {sold_out}, while {left} units are left"
            ));
        }
    }
    if failed > 0 {
        found.push(format!(
            "shoppers who were told a number and got no order: {failed}"
        ));
    }
    if no_end > 0 {
        found.push(format!(
            "shoppers who were told a number and heard nothing more: {no_end}"
        ));
    }
    if counts.answered() == 0 {
        found.push("nobody was told a number or \"sold out\": nothing was checked".to_owned());
    }
    if !quoted.is_empty() {
        let some: Vec<_> = quoted
            .iter()
            .take(QUOTED)
            .map(|answer| answer.as_str())
            .collect();
        found.push(format!(
            "answers that no contract knows: {}, such as {}",
            quoted.len(),
            some.join("; ")
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use app::wire::{OrderId, Rejection, ReservationId};
    use uuid::Uuid;

    use super::*;

    const UNITS: Option<Units> = Some(Units { total: 2, left: 0 });

    fn ordered(position: u32, order: u128) -> Outcome {
        let order_id = OrderId(Uuid::from_u128(order));
        Outcome::Ordered { position, order_id }
    }

    #[test]
    fn a_shop_that_kept_everything_has_no_violation() {
        let refused = Outcome::Refused("ended".to_owned());
        let good = [
            ordered(1, 1),
            ordered(2, 2),
            Outcome::SoldOut,
            Outcome::SoldOut,
            refused,
        ];
        assert_eq!(violations(&good, UNITS), Vec::<String>::new());
        // Units that came back meanwhile are sold again.
        let more = [ordered(1, 1), ordered(2, 2), ordered(3, 3)];
        assert_eq!(violations(&more, None), Vec::<String>::new());
        // Two whose answer was lost do not know their numbers.
        assert_eq!(
            violations(&[ordered(0, 1), ordered(0, 2)], UNITS),
            Vec::<String>::new()
        );
    }

    #[test]
    fn every_broken_promise_is_named() {
        let failed = Outcome::Failed {
            position: 4,
            reason: Some(Rejection::SoldOut),
        };
        let found = [
            (
                vec![ordered(1, 1), ordered(2, 2), ordered(3, 3)],
                "3 orders of 2 units",
            ),
            (
                vec![ordered(1, 1), ordered(1, 2)],
                "who were told a number that somebody else has: 1",
            ),
            (
                vec![ordered(1, 1), ordered(2, 1)],
                "belongs to two shoppers",
            ),
            (vec![failed], "got no order: 1"),
            (
                vec![Outcome::NoEnd(ReservationId(Uuid::nil()))],
                "heard nothing more",
            ),
            (
                vec![Outcome::SoldOut, Outcome::Unexpected("500 oops".to_owned())],
                "500 oops",
            ),
            (
                vec![Outcome::Refused("banned".to_owned())],
                "nothing was checked",
            ),
        ];
        for (outcomes, expected) in found {
            let said = violations(&outcomes, UNITS);
            assert!(
                matches!(&said[..], [one] if one.contains(expected)),
                "{said:?}"
            );
        }
        let left = Some(Units { total: 2, left: 1 });
        let said = violations(&[ordered(1, 1), Outcome::SoldOut], left);
        assert_eq!(
            said,
            ["shoppers who were told \"sold out\": 1, while 1 units are left"]
        );
    }
}
