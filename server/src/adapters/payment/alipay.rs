//! Alipay: website payment through its open platform's gateway. A charge is a trade with our payment number, so that
//! the shop need not store any number of Alipay's to find it again.
//!
//! A trade starts at Alipay when the buyer scans the code on its page or logs in there. Until then Alipay does not
//! know it, and the page can still be opened.

mod api;
mod keys;
mod money;
mod notice;
mod page;
mod shapes;

use std::sync::Arc;

use app::{routes, wire::PaymentId};
use async_trait::async_trait;
use serde_json::json;

use crate::engine::ports::{
    Charge, ChargeRequest, Clock, NoticeRequest, PaymentGateway, PortError, Receipt, RefundRequest,
    RefundState, Verified,
};

pub use keys::{AlipayKey, ShopKey};

use api::{AlipayError, Api};
use shapes::{Done, Refund, RefundQuery, Trade};

const NAME: &str = "alipay";
/// Alipay's code for a trade that has not started.
const NO_SUCH_TRADE: &str = "ACQ.TRADE_NOT_EXIST";
/// The domain of the sandbox gateway, which takes no real money.
const SANDBOX: &str = ".alipaydev.com";

/// Shared configuration of Alipay and the shop. No `Debug`: it holds a secret.
pub struct AlipayOptions {
    /// The shop's application.
    pub app_id: String,
    /// The account that receives the money.
    pub seller_id: String,
    /// Signs the shop's requests.
    pub key: ShopKey,
    /// Verifies Alipay's answers.
    pub alipay_key: AlipayKey,
    /// The address of API calls and of the pages for buyers.
    pub gateway_url: String,
    /// The shop's origin, where buyers return and notices arrive.
    pub shop_url: String,
}

pub struct Alipay {
    api: Api,
    clock: Arc<dyn Clock>,
    notices: notice::Notices,
    shop_url: String,
}

impl Alipay {
    /// A gateway for the application of the options. Makes no call yet.
    ///
    /// # Errors
    /// If the system's certificates cannot be used.
    pub fn new(options: AlipayOptions, clock: Arc<dyn Clock>) -> Result<Self, PortError> {
        let AlipayOptions {
            app_id,
            seller_id,
            key,
            alipay_key,
            gateway_url,
            shop_url,
        } = options;
        if gateway_url.contains(SANDBOX) {
            tracing::warn!(
                "SECKILL_ALIPAY_GATEWAY_URL is Alipay's sandbox: orders are paid without money"
            );
        }
        let notices = notice::Notices {
            key: alipay_key.clone(),
            app_id: app_id.clone(),
            seller_id,
        };
        Ok(Self {
            api: Api::new(gateway_url, app_id, key, alipay_key, clock.clone())?,
            clock,
            notices,
            shop_url,
        })
    }

    async fn look(&self, payment_id: PaymentId) -> Result<Charge, AlipayError> {
        let number = shapes::number(payment_id);
        let asked = json!({ "out_trade_no": number });
        let trade: Trade = match self.api.call("alipay.trade.query", &asked).await {
            Err(AlipayError::Refused { sub_code, .. }) if sub_code == NO_SUCH_TRADE => {
                return Ok(Charge::Unknown);
            }
            trade => trade?,
        };
        if trade.out_trade_no != number {
            return Err(another_trade());
        }
        match trade.trade_status.as_str() {
            "WAIT_BUYER_PAY" => Ok(Charge::Open),
            "TRADE_SUCCESS" | "TRADE_FINISHED" => receipt(trade, payment_id).map(Charge::Paid),
            // Unpaid, or fully refunded. If the shop's own refund is done, money had arrived.
            "TRADE_CLOSED" => match self.has_sent_back(&trade.trade_no, payment_id).await? {
                true => receipt(trade, payment_id).map(Charge::Paid),
                false => Ok(Charge::Closed),
            },
            other => Err(AlipayError::Unusable(format!(
                "trade {number} has an unknown state: {}",
                other.escape_debug()
            ))),
        }
    }

    /// Whether the shop's refund of the payment is done.
    async fn has_sent_back(
        &self,
        trade_no: &str,
        payment_id: PaymentId,
    ) -> Result<bool, AlipayError> {
        let number = shapes::number(payment_id);
        let asked = json!({ "trade_no": trade_no, "out_request_no": number });
        let method = "alipay.trade.fastpay.refund.query";
        match self.api.call::<RefundQuery>(method, &asked).await {
            Ok(refund) => {
                let done = refund.refund_status.as_deref() == Some("REFUND_SUCCESS");
                Ok(done && refund.out_request_no == Some(number))
            }
            // There is no such refund.
            Err(AlipayError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether all money of a trade was refunded, by the shop or in Alipay's console.
    async fn is_empty(&self, trade_no: &str) -> Result<bool, AlipayError> {
        let asked = json!({ "trade_no": trade_no });
        let trade: Trade = self.api.call("alipay.trade.query", &asked).await?;
        // It was paid before: after that only a full refund closes it.
        Ok(trade.trade_no == trade_no && trade.trade_status == "TRADE_CLOSED")
    }
}

/// A signature proves that an answer is Alipay's, but not to which question.
fn another_trade() -> AlipayError {
    AlipayError::Unusable("an answer is about another trade".to_owned())
}

fn receipt(trade: Trade, payment_id: PaymentId) -> Result<Receipt, AlipayError> {
    if !shapes::is_trade_no(&trade.trade_no) {
        let unknown = "a trade's number has an unknown format".to_owned();
        return Err(AlipayError::Unusable(unknown));
    }
    Ok(Receipt {
        payment_id,
        provider_number: trade.trade_no,
        amount: money::from_yuan(&trade.total_amount)?,
    })
}

#[async_trait]
impl PaymentGateway for Alipay {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn create(&self, charge: &ChargeRequest) -> Result<String, PortError> {
        let notices = routes::pattern::PAYMENT_NOTICE.replace("{provider}", NAME);
        let addresses = page::Addresses {
            notice: &format!("{}{notices}", self.shop_url),
            back: &format!("{}{}", self.shop_url, routes::order(charge.order_id)),
        };
        let now_ms = self.clock.now_ms();
        Ok(page::address(&self.api, charge, &addresses, now_ms)?)
    }

    async fn query(&self, payment_id: PaymentId) -> Result<Charge, PortError> {
        Ok(self.look(payment_id).await?)
    }

    async fn close(&self, payment_id: PaymentId) -> Result<Charge, PortError> {
        let number = shapes::number(payment_id);
        let asked = json!({ "out_trade_no": number });
        match self.api.call::<Done>("alipay.trade.close", &asked).await {
            // Alipay closes only trades that nobody paid.
            Ok(done) if done.out_trade_no.as_deref() == Some(&*number) => Ok(Charge::Closed),
            // Refused: it was paid, is closed, or has not started.
            Ok(_) | Err(AlipayError::Refused { .. }) => Ok(self.look(payment_id).await?),
            Err(error) => Err(error.into()),
        }
    }

    async fn refund(&self, refund: &RefundRequest) -> Result<RefundState, PortError> {
        let (trade_no, payment_id) = (&refund.provider_number, refund.payment_id);
        if !shapes::is_trade_no(trade_no) {
            let another = format!("payment {payment_id} was taken by another provider");
            return Err(PortError::failed(NAME, another));
        }
        let asked = json!({
            "trade_no": trade_no,
            "refund_amount": money::to_yuan(&refund.amount)?,
            // Alipay refunds only once per number.
            "out_request_no": shapes::number(payment_id),
        });
        let refused = match self.api.call::<Refund>("alipay.trade.refund", &asked).await {
            Ok(made) if made.trade_no != *trade_no => return Err(another_trade().into()),
            Ok(made) if made.fund_change.as_deref() == Some("Y") => return Ok(RefundState::Done),
            // It was made before, or is under way.
            Ok(_) => None,
            // It may have been made before, or the money was refunded in Alipay's console.
            Err(error @ AlipayError::Refused { .. }) => Some(error),
            Err(error) => return Err(error.into()),
        };
        let done =
            self.has_sent_back(trade_no, payment_id).await? || self.is_empty(trade_no).await?;
        match (done, refused) {
            (true, _) => Ok(RefundState::Done),
            (false, None) => Ok(RefundState::Pending),
            (false, Some(error)) => Err(error.into()),
        }
    }

    /// Accepts notices of any age: Alipay may repeat one much later, and the ledger knows its number.
    fn verify(&self, request: NoticeRequest<'_>) -> Verified {
        self.notices.verify(request.body)
    }

    fn thanks(&self) -> &'static str {
        "success"
    }
}
