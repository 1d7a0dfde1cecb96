//! Alipay, if it is the payment provider.

use reqwest::Url;

use super::{
    ConfigError,
    forms::{Digits, Endpoint, PrivateKey, PublicKey},
    payments::{Payments, Provider},
    section::section,
    sources::Values,
    web::Web,
};
use crate::adapters::payment::alipay::{AlipayKey, ShopKey};

section! {
    /// The credentials that Alipay and the shop share. Contains a secret: never logged.
    #[derive(Clone)]
    Alipay, "Alipay, where `SECKILL_PAYMENTS=alipay`" {
        app_id: String = "ALIPAY_APP_ID", "", Digits { from: 10, to: 32, example: "2021000000000001" },
            "The shop's application at Alipay. Needed.";
        seller_id: String = "ALIPAY_SELLER_ID", "", Digits { from: 16, to: 16, example: "2088000000000001" },
            "The account that gets the money, which Alipay calls PID. Needed.";
        private_key: ShopKey = "ALIPAY_PRIVATE_KEY", "", PrivateKey,
            "Signs the shop's requests to Alipay (RSA2); its public half is in Alipay's console. Needed.";
        public_key: AlipayKey = "ALIPAY_PUBLIC_KEY", "", PublicKey,
            "Verifies Alipay's answers and notices: Alipay's own public key from its console, not the shop's. Needed.";
        gateway_url: Url = "ALIPAY_GATEWAY_URL", "https://openapi.alipay.com/gateway.do",
            Endpoint("https://openapi.alipay.com/gateway.do"),
            "Alipay's gateway, for calls and for buyers; another one for its sandbox and for tests.";
    }
}

/// Alipay's domains: its gateway sends buyers on to other hosts there.
const DOMAINS: [&str; 2] = [".alipay.com", ".alipaydev.com"];

impl Alipay {
    /// The section of a shop whose payment provider is Alipay.
    pub(super) fn needed(values: &Values) -> Result<Self, ConfigError> {
        let needed = [
            Self::app_id().describe(),
            Self::seller_id().describe(),
            Self::private_key().describe(),
            Self::public_key().describe(),
            Web::needed_shop_url(),
        ];
        Payments::require(Provider::Alipay, &needed, values)?;
        let section = Self::read(values)?;
        // Alipay's console shows both keys side by side, so they are easily confused.
        match section.private_key.has_public_half(&section.public_key) {
            false => Ok(section),
            true => {
                let problem = "is the public half of the shop's own key";
                Err(values.refused(&Self::public_key().describe(), problem))
            }
        }
    }

    /// The targets that the pages' policy allows for forms: the gateway, and the hosts it redirects buyers to.
    pub fn pages(&self) -> String {
        let host = self.gateway_url.host_str().unwrap_or_default();
        match DOMAINS.iter().find(|domain| host.ends_with(*domain)) {
            Some(domain) => format!("https://*{domain}"),
            None => self.gateway_url.origin().ascii_serialization(),
        }
    }
}

impl std::fmt::Debug for Alipay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Alipay(…)")
    }
}
