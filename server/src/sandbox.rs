//! A payment provider built into the binary: it takes no money, and can make every mess that a real
//! one makes. Here is what its page and its adapter share.

use app::wire::{Money, PaymentId};
use async_trait::async_trait;

use crate::engine::ports::PortError;

/// What a visitor of the provider's page can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Pays; the shop has a notice at once.
    Pay,
    /// Pays; the same notice comes three times, twice with one number.
    PayWithRepeats,
    /// Pays; no notice comes: only a question finds it.
    PaySilently,
    /// Pays two times.
    PayTwice,
    /// The money comes after the deadline and its grace, whatever the shop has closed.
    PayLate,
    /// One minor unit too little.
    PayTooLittle,
    /// One minor unit too much.
    PayTooMuch,
    /// The right number in another currency.
    PayInAnotherCurrency,
    /// The bank says no.
    Decline,
    /// A notice with a wrong signature.
    Forge,
    /// A signed notice for a payment that nobody began.
    PayUnknown,
    /// A signed notice that names another shop.
    PayAnotherShop,
    /// The provider looks whether wrong signatures are refused.
    Probe,
}

impl Action {
    /// Every action with its word in forms, in the order of the page.
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
    /// How much.
    pub amount: Money,
    /// It can still be paid.
    pub is_open: bool,
    /// Where the buyer came from.
    pub return_path: String,
}

/// The provider's own side, for its page.
#[async_trait]
pub trait SandboxProvider: Send + Sync + 'static {
    /// A charge.
    async fn page(&self, charge: PaymentId) -> Result<Option<ChargePage>, PortError>;

    /// Does what the visitor chose. An action on a charge that is not open any more changes
    /// nothing.
    async fn act(&self, charge: PaymentId, action: Action) -> Result<(), PortError>;
}
