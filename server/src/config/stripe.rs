//! Stripe, if it is the payment provider.

use super::{
    ConfigError,
    forms::{AtMost, List, Origin, Secret},
    payments::{Payments, Provider},
    section::section,
    sources::Values,
    web::Web,
};

section! {
    /// The shop's credentials at Stripe. Contains secrets: never logged.
    #[derive(Clone, PartialEq, Eq)]
    Stripe, "Stripe, where `SECKILL_PAYMENTS=stripe`" {
        secret_key: String = "STRIPE_SECRET_KEY", "",
            Secret(&["sk_test_", "sk_live_", "rk_test_", "rk_live_"]),
            "The key for Stripe's API: a secret key, or better a restricted one that may write Checkout Sessions and refunds and read payments. A test key takes no money. Needed.";
        webhook_secrets: Vec<String> = "STRIPE_WEBHOOK_SECRETS", "",
            AtMost(List(Secret(&["whsec_"])), 3),
            "Signs Stripe's notices; the new one and the old one during a rotation. Needed.";
        api_url: String = "STRIPE_API_URL", "https://api.stripe.com", Origin("https://api.stripe.com"),
            "The address of Stripe's API; another one for tests.";
        page_url: String = "STRIPE_PAGE_URL", "https://checkout.stripe.com", Origin("https://checkout.stripe.com"),
            "The address of Stripe's page; another one if the shop has its own domain there. The shop's pages lead to no other site.";
    }
}

impl Stripe {
    /// The section of a shop whose payment provider is Stripe.
    pub(super) fn needed(values: &Values) -> Result<Self, ConfigError> {
        let needed = [
            Self::secret_key().describe(),
            Self::webhook_secrets().describe(),
            Web::needed_shop_url(),
        ];
        Payments::require(Provider::Stripe, &needed, values)?;
        Self::read(values)
    }
}

impl std::fmt::Debug for Stripe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stripe(…)")
    }
}
