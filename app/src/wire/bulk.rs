//! Many orders at once.

use super::{OrderId, OrderState};

/// A line of a list of what was shipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipLine {
    /// Counted from 1, as editors count.
    pub line: u64,
    /// An order's number or id.
    pub order: String,
    /// Who carries it.
    pub carrier: String,
    /// The carrier's number.
    pub number: String,
}

/// A line, and what will become or became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedLine {
    /// The line.
    pub line: ShipLine,
    /// Its order, where it names one.
    pub order_id: Option<OrderId>,
    /// What stands in the way; nothing where the order can be shipped.
    pub problem: Option<LineProblem>,
    /// It was shipped like this before: nothing is to be done.
    pub is_done: bool,
}

/// Why a line cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineProblem {
    /// No order has this number or id.
    NoOrder,
    /// More than one order has this number: the id says which.
    SeveralOrders,
    /// An earlier line names the order.
    Twice,
    /// This is no carrier.
    Carrier,
    /// This is no carrier's number.
    Number,
    /// Nobody has said where to send it.
    NoAddress,
    /// The order is not paid, or was shipped otherwise.
    State(OrderState),
    /// The ledger did not answer for this one.
    Unknown,
    /// The time of the request was over before it.
    NotYet,
}

/// A list of what was shipped, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckedList {
    /// In the order of the list.
    pub lines: Vec<CheckedLine>,
    /// It was carried out, rather than looked at only.
    pub is_run: bool,
    /// Orders that this call shipped.
    pub shipped: u64,
}

impl CheckedList {
    /// Lines that name an order that can be shipped.
    pub fn to_ship(&self) -> usize {
        let to_ship = |line: &&CheckedLine| line.problem.is_none() && !line.is_done;
        self.lines.iter().filter(to_ship).count()
    }

    /// Lines that stand in the way of all.
    pub fn wrong(&self) -> usize {
        let is_wrong = |line: &&CheckedLine| line.problem.is_some();
        self.lines.iter().filter(is_wrong).count()
    }
}
