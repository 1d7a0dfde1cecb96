//! Payment.

use std::time::Duration;

use super::{
    ConfigError,
    forms::{OneOf, Seconds},
    section::{Setting, section},
    sources::Values,
};

/// The payment provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// The built-in one, which takes no money.
    Sandbox,
    Stripe,
    Alipay,
}

impl Provider {
    /// Its name in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Provider::Sandbox => "sandbox",
            Provider::Stripe => "stripe",
            Provider::Alipay => "alipay",
        }
    }
}

section! {
    /// The provider, and payments still in progress at the deadline.
    #[derive(Clone, Debug)]
    Payments, "Payments" {
        provider: Provider = "PAYMENTS", "sandbox",
            OneOf(&[("sandbox", Provider::Sandbox), ("stripe", Provider::Stripe), ("alipay", Provider::Alipay)]),
            "The payment provider. The sandbox is built in and takes no money: production uses it only if it is named here.";
        grace: Duration = "PAY_GRACE_S", "30", Seconds(0, 3_600),
            "Payments in progress at an order's deadline may still arrive for this long after it.";
        close_patience: Duration = "PAY_CLOSE_PATIENCE_S", "300", Seconds(0, 3_600),
            "After the grace an order waits this long for a provider that does not report the payment's state; then it is closed, and money that still comes is returned.";
    }
}

impl Payments {
    /// Fails if a setting that the provider needs is not set.
    pub(super) fn require(
        provider: Provider,
        settings: &[Setting],
        values: &Values,
    ) -> Result<(), ConfigError> {
        match settings.iter().find(|setting| !values.is_set(setting.name)) {
            None => Ok(()),
            Some(missing) => Err(ConfigError::Missing {
                setting: missing.variable(),
                by: format!(
                    "{}={}",
                    Self::provider().describe().variable(),
                    provider.name()
                ),
                form: missing.form.clone(),
                example: missing.example.clone(),
            }),
        }
    }
}
