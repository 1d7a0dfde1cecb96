//! Compares a provider's statement of a day with the ledger. Matches money by the provider's number, never
//! by sum.

use std::collections::{BTreeMap, btree_map::Entry};

use app::wire::OrderId;
use serde::Serialize;

use crate::engine::ports::{Amount, MoneyMoved, Movement, MovementKind, PortError};

/// Within this time of midnight, provider and shop may assign money to different days.
pub const NEAR_MIDNIGHT_MS: i64 = 15 * 60_000;

/// A line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The direction of the money.
    pub kind: MovementKind,
    /// The provider's number of the payment.
    pub provider_number: String,
    pub amount: Amount,
}

/// The day of a statement, epoch milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Inclusive.
    pub from_ms: i64,
    /// Exclusive.
    pub to_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "difference")]
pub enum Difference {
    /// Only the statement has it.
    OnlyThere {
        kind: MovementKind,
        provider_number: String,
        amount: Amount,
    },
    /// Only the shop has it.
    OnlyHere {
        kind: MovementKind,
        provider_number: String,
        amount: Amount,
        order_id: OrderId,
    },
    /// Both have it, with different sums.
    OtherSum {
        kind: MovementKind,
        provider_number: String,
        there: Amount,
        here: Amount,
        order_id: OrderId,
    },
    /// The statement has it more than once.
    Twice {
        kind: MovementKind,
        provider_number: String,
    },
}

/// The result of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Matched {
    /// Lines of the statement that agree with the shop.
    pub agree: u64,
    /// Everything that differs.
    pub differences: Vec<Difference>,
    /// The shop learned of it within a quarter of an hour of midnight, or it began before the day: look
    /// in the statement of the neighbouring day.
    pub perhaps_of_other_days: Vec<Movement>,
}

/// Compares the lines of a day.
///
/// # Errors
/// If the ledger fails.
pub async fn compare(
    ledger: &dyn MoneyMoved,
    provider: &str,
    day: Day,
    lines: Vec<StatementLine>,
) -> Result<Matched, PortError> {
    let mut matched = Matched::default();
    let mut there = BTreeMap::new();
    for line in lines {
        match there.entry((line.kind, line.provider_number)) {
            Entry::Vacant(entry) => {
                entry.insert(line.amount);
            }
            Entry::Occupied(entry) => {
                let (kind, provider_number) = entry.key().clone();
                matched.differences.push(Difference::Twice {
                    kind,
                    provider_number,
                });
            }
        }
    }
    let moved = ledger.between(provider, day.from_ms, day.to_ms).await?;
    for here in moved {
        let key = (here.kind, here.provider_number.clone());
        match there.remove(&key) {
            Some(amount) => matched.sum(here, amount),
            None => matched.missing_there(here, day),
        }
    }
    matched.of_other_days(ledger, provider, there).await?;
    Ok(matched)
}

impl Matched {
    fn sum(&mut self, here: Movement, there: Amount) {
        if here.amount == there {
            self.agree += 1;
            return;
        }
        self.differences.push(Difference::OtherSum {
            kind: here.kind,
            provider_number: here.provider_number,
            there,
            here: here.amount,
            order_id: here.order_id,
        });
    }

    fn missing_there(&mut self, here: Movement, day: Day) {
        let since = here.at_ms - day.from_ms;
        let until = day.to_ms - here.at_ms;
        // Its notice may have been late.
        let begun_before = here.begun_at_ms < day.from_ms;
        if begun_before || since.min(until) <= NEAR_MIDNIGHT_MS {
            self.perhaps_of_other_days.push(here);
            return;
        }
        self.differences.push(Difference::OnlyHere {
            kind: here.kind,
            provider_number: here.provider_number,
            amount: here.amount,
            order_id: here.order_id,
        });
    }

    /// Looks on other days for lines that the shop does not have on this day: the notice may have been
    /// late, or the shop may have found the money by asking.
    async fn of_other_days(
        &mut self,
        ledger: &dyn MoneyMoved,
        provider: &str,
        there: BTreeMap<(MovementKind, String), Amount>,
    ) -> Result<(), PortError> {
        for ((kind, number), amount) in there {
            match ledger.by_number(provider, kind, &number).await? {
                Some(here) => self.sum(here, amount),
                None => self.differences.push(Difference::OnlyThere {
                    kind,
                    provider_number: number,
                    amount,
                }),
            }
        }
        Ok(())
    }
}
