//! Stripe: Checkout Sessions and Refunds over its REST API. A charge is a Checkout Session, a receipt is its
//! `PaymentIntent`, and both have our number in their metadata.
//!
//! Stripe finds a session only by its own number, so the adapter stores that in a table.

mod api;
mod money;
mod notice;
mod refund;
mod session;
mod shapes;

use std::sync::Arc;

use app::{routes, wire::PaymentId};
use async_trait::async_trait;

use crate::{
    adapters::sql::Sql,
    engine::ports::{
        Charge, ChargeRequest, Clock, Ids, NoticeRequest, PaymentGateway, PortError, RefundRequest,
        RefundState, Verified,
    },
};

use api::{Api, StripeError};
use shapes::{Refund, Refunds, Session};

const NAME: &str = "stripe";
/// Longest address that the ledger can store.
const ADDRESS: usize = 2_000;
/// The shop refunds a payment only in full: further refunds of it were made elsewhere.
const REFUNDS: &str = "20";

/// The shop's Stripe credentials and addresses. No `Debug`: it holds secrets.
pub struct StripeOptions {
    /// The API key. A live key contains `_live_`.
    pub secret_key: String,
    /// The secrets that may sign notices.
    pub webhook_secrets: Vec<String>,
    /// The API's origin.
    pub api_url: String,
    /// The origin of the pages where buyers pay.
    pub page_url: String,
    /// The shop's origin, where buyers return.
    pub shop_url: String,
}

pub struct Stripe {
    api: Api,
    sql: Sql,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    notices: notice::Notices,
    page_url: String,
    shop_url: String,
}

impl Stripe {
    /// A gateway to the account of the options. Makes no call yet.
    ///
    /// # Errors
    /// If the system's certificates cannot be used.
    pub fn new(
        options: StripeOptions,
        sql: Sql,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, PortError> {
        let live = options.secret_key.contains("_live_");
        if !live {
            tracing::warn!(
                "SECKILL_STRIPE_SECRET_KEY is a test key: orders are paid without money"
            );
        }
        Ok(Self {
            api: Api::new(options.api_url, options.secret_key, clock.clone())?,
            sql,
            clock,
            ids,
            notices: notice::Notices {
                secrets: options.webhook_secrets,
                live,
            },
            page_url: options.page_url,
            shop_url: options.shop_url,
        })
    }

    async fn look(&self, payment_id: PaymentId, session_id: &str) -> Result<Charge, PortError> {
        let path = format!("/v1/checkout/sessions/{session_id}");
        let query = [("expand[]", "payment_intent")];
        match self.api.get::<Session>(&path, &query).await {
            Ok(session) => Ok(session::charge(&session, payment_id)?),
            Err(StripeError::Refused { status: 404, .. }) => Ok(Charge::Unknown),
            Err(error) => Err(error.into()),
        }
    }

    /// The state of a refund; `None` when Stripe was not asked for it.
    async fn sent_back(
        &self,
        intent: &str,
        charged: i64,
    ) -> Result<Option<RefundState>, PortError> {
        let query = [("payment_intent", intent), ("limit", REFUNDS)];
        let refunds: Refunds = self.api.get("/v1/refunds", &query).await?;
        Ok(refund::state(&refunds.data, charged)?)
    }
}

#[async_trait]
impl PaymentGateway for Stripe {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn create(&self, charge: &ChargeRequest) -> Result<String, PortError> {
        let back = format!("{}{}", self.shop_url, routes::order(charge.order_id));
        let expiry = session::Expiry::of(charge.expires_at_ms, self.clock.now_ms());
        let form = session::form(charge, expiry, &back)?;
        let key = expiry.key(charge.payment_id);
        let path = "/v1/checkout/sessions";
        let session: Session = self.api.post(path, &form, &key).await?;
        if !shapes::is_session_id(&session.id) {
            return Err(PortError::failed(
                NAME,
                "a session's number has an unknown format",
            ));
        }
        // Stored before the buyer gets the page: every payable session can be queried.
        self.sql
            .keep_stripe_session(charge.payment_id, &session.id)
            .await?;
        let url = session.url.filter(|url| url.len() <= ADDRESS);
        let url = url.ok_or_else(|| PortError::failed(NAME, "a session has no page"))?;
        // Browsers would not follow: the pages' policy allows form redirects only to that origin.
        let page = url.strip_prefix(&self.page_url);
        if !page.is_some_and(|path| path.starts_with('/')) {
            let other = "the page to pay at has another origin than SECKILL_STRIPE_PAGE_URL says";
            return Err(PortError::failed(NAME, other));
        }
        Ok(url)
    }

    async fn query(&self, payment_id: PaymentId) -> Result<Charge, PortError> {
        match self.sql.stripe_session(payment_id).await? {
            Some(session_id) => self.look(payment_id, &session_id).await,
            None => Ok(Charge::Unknown),
        }
    }

    async fn close(&self, payment_id: PaymentId) -> Result<Charge, PortError> {
        let Some(session_id) = self.sql.stripe_session(payment_id).await? else {
            return Ok(Charge::Unknown);
        };
        let path = format!("/v1/checkout/sessions/{session_id}/expire");
        // A new key each time: with the same key Stripe would repeat its earlier answer, even if the
        // session has changed.
        let key = self.ids.id().to_string();
        match self.api.post::<Session>(&path, &[], &key).await {
            // Refused: it was paid, or has expired.
            Ok(_) | Err(StripeError::Refused { .. }) => self.look(payment_id, &session_id).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn refund(&self, refund: &RefundRequest) -> Result<RefundState, PortError> {
        let intent = &refund.provider_number;
        if !shapes::is_intent_id(intent) {
            let another = format!(
                "payment {} was taken by another provider",
                refund.payment_id
            );
            return Err(PortError::failed(NAME, another));
        }
        let amount = money::to_stripe(&refund.amount)?;
        // Query first: Stripe forgets a key after a day, and with a known key it repeats the
        // refund's first state.
        if let Some(state) = self.sent_back(intent, amount).await? {
            return Ok(state);
        }
        let form = [
            ("payment_intent", intent.clone()),
            ("amount", amount.to_string()),
            (shapes::METADATA, refund.payment_id.to_string()),
        ];
        let key = format!("{}-refund", refund.payment_id);
        let made: Refund = self.api.post("/v1/refunds", &form, &key).await?;
        let state = refund::state(&[made], amount)?;
        Ok(state.unwrap_or(RefundState::Pending))
    }

    fn verify(&self, request: NoticeRequest<'_>) -> Verified {
        self.notices.verify(request, self.clock.now_ms())
    }

    fn thanks(&self) -> &'static str {
        ""
    }
}
