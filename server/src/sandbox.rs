//! A payment provider built into the binary: it takes no money, and can imitate every fault of a
//! real one. This file has the parts that its page and its adapter share.

use app::wire::{Money, PaymentId};
use async_trait::async_trait;

use crate::engine::ports::PortError;

/// Actions on the provider's page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Pays; the shop gets a notice at once.
    Pay,
    /// Pays; the same notice comes three times, twice with the same number.
    PayWithRepeats,
    /// Pays; no notice comes: only asking the provider reveals it.
    PaySilently,
    PayTwice,
    /// The money comes after the deadline and its grace, even if the shop has closed the order.
    PayLate,
    /// One minor unit too little.
    PayTooLittle,
    /// One minor unit too much.
    PayTooMuch,
    /// The right amount in another currency.
    PayInAnotherCurrency,
    /// The bank refuses.
    Decline,
    /// A notice with a wrong signature.
    Forge,
    /// A signed notice for an unknown payment.
    PayUnknown,
    /// A signed notice that names another shop.
    PayAnotherShop,
    /// The provider checks whether wrong signatures are refused.
    Probe,
}

impl Action {
    /// Every action with its word in forms, in the page's order.
    pub const ALL: [(Action, &'static str); 13] = [
        (Action::Pay, "pay"),
        (Action::Decline, "decline"),
        (Action::PayWithRepeats, "pay_with_repeats"),
        (Action::PaySilently, "pay_silently"),
        (Action::PayTwice, "pay_twice"),
        (Action::PayLate, "pay_late"),
        (Action::PayTooLittle, "pay_too_little"),
        (Action::PayTooMuch, "pay_too_much"),
        (Action::PayInAnotherCurrency, "pay_in_another_currency"),
        (Action::Forge, "forge"),
        (Action::PayUnknown, "pay_unknown"),
        (Action::PayAnotherShop, "pay_another_shop"),
        (Action::Probe, "probe"),
    ];

    /// The action of a word.
    pub fn parse(word: &str) -> Option<Action> {
        let found = Action::ALL.iter().find(|(_, known)| *known == word);
        found.map(|(action, _)| *action)
    }
}

/// A charge as the provider's page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargePage {
    pub amount: Money,
    /// It can still be paid.
    pub is_open: bool,
    /// The shop's page to return to.
    pub return_path: String,
}

/// The provider's own operations, for its page.
#[async_trait]
pub trait SandboxProvider: Send + Sync + 'static {
    /// `None` when there is no such charge.
    async fn page(&self, charge: PaymentId) -> Result<Option<ChargePage>, PortError>;

    /// Performs the chosen action. On a charge that is no longer open it changes nothing.
    async fn act(&self, charge: PaymentId, action: Action) -> Result<(), PortError>;
}
