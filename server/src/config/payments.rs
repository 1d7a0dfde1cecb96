//! How buyers pay.

use std::time::Duration;

use super::{
    forms::{OneOf, Seconds},
    section::section,
};

/// Who takes the money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// The one that is built in, and takes none.
    Sandbox,
    /// Stripe.
    Stripe,
}

impl Provider {
    /// As it stands in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Provider::Sandbox => "sandbox",
            Provider::Stripe => "stripe",
        }
    }
}

section! {
    /// The provider, and money that is under way.
    #[derive(Clone, Debug)]
    Payments, "Payments" {
        provider: Provider = "PAYMENTS", "sandbox",
            OneOf(&[("sandbox", Provider::Sandbox), ("stripe", Provider::Stripe)]),
            "Who takes the money. The sandbox is built in and takes none: production uses it only where it is named here.";
        grace: Duration = "PAY_GRACE_S", "30", Seconds(0, 3_600),
            "Money that is under way at an order's deadline may come for so long after it.";
        close_patience: Duration = "PAY_CLOSE_PATIENCE_S", "300", Seconds(0, 3_600),
            "After the grace an order waits this long for a provider that does not say what became of the money; then it is closed, and money that still comes goes back.";
    }
}
