//! Many orders at once.

use super::{OrderId, OrderState};

/// A line of a list of shipped orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipLine {
    /// Counted from 1, as editors count.
    pub line: u64,
    /// An order's number or id.
    pub order: String,
    pub carrier: String,
    /// The carrier's number.
    pub number: String,
}

/// A line with its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedLine {
    pub line: ShipLine,
    /// The line's order, if it names one.
    pub order_id: Option<OrderId>,
    /// The problem; `None` if the order can be shipped.
    pub problem: Option<LineProblem>,
    /// It was already shipped exactly like this: nothing to do.
    pub is_done: bool,
}

/// The problem of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineProblem {
    /// No order has this number or id.
    NoOrder,
    /// Several orders have this number: use the id.
    SeveralOrders,
    /// An earlier line names the same order.
    Twice,
    /// The carrier is not valid.
    Carrier,
    /// The carrier's number is not valid.
    Number,
    /// The order has no shipping address.
    NoAddress,
    /// The order is not paid, or was shipped with other data.
    State(OrderState),
    /// The ledger did not answer for this one.
    Unknown,
    /// The request's time ran out before this line.
    NotYet,
}

/// A list of shipped orders, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckedList {
    /// In the order of the list.
    pub lines: Vec<CheckedLine>,
    /// Whether it was carried out, rather than only checked.
    pub is_run: bool,
    /// Orders that this call shipped.
    pub shipped: u64,
}

impl CheckedList {
    /// Lines with an order that can be shipped.
    pub fn to_ship(&self) -> usize {
        let to_ship = |line: &&CheckedLine| line.problem.is_none() && !line.is_done;
        self.lines.iter().filter(to_ship).count()
    }

    /// Lines that block the whole list.
    pub fn wrong(&self) -> usize {
        let is_wrong = |line: &&CheckedLine| line.problem.is_some();
        self.lines.iter().filter(is_wrong).count()
    }
}
