//! Alipay: website payment by its open platform's gateway. A charge is a trade that bears our number of the payment, so
//! that nothing of Alipay's has to be kept to find it again.
//!
//! The trade begins at Alipay when the buyer scans the code on its page or logs in there. Until then Alipay knows of
//! nothing, and the page can still be opened.

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

use api::{Api, ApiError};
use shapes::{Done, Refund, RefundQuery, Trade};

const NAME: &str = "alipay";
/// Alipay's word for a trade that has not begun.
const NO_SUCH_TRADE: &str = "ACQ.TRADE_NOT_EXIST";
/// The domain of the gateway whose money is none.
const SANDBOX: &str = ".alipaydev.com";

/// What Alipay and the shop know of each other. No `Debug`: it holds a secret.
pub struct AlipayOptions {
    /// The shop's application.
    pub app_id: String,
    /// Who gets the money.
    pub seller_id: String,
    /// Signs what the shop asks for.
    pub key: ShopKey,
    /// Verifies what Alipay says.
    pub alipay_key: AlipayKey,
    /// Where calls and buyers go.
    pub gateway_url: String,
    /// Where buyers come back to, and notices go: the shop's origin.
    pub shop_url: String,
}

/// The provider.
pub struct Alipay {
    api: Api,
    clock: Arc<dyn Clock>,
    notices: notice::Notices,
    shop_url: String,
}

impl Alipay {
    /// A gateway for the application of the options. Calls nobody yet.
    ///
    /// # Errors
    /// When the system's certificates cannot be used.
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

    async fn look(&self, payment_id: PaymentId) -> Result<Charge, ApiError> {
        let number = shapes::number(payment_id);
        let asked = json!({ "out_trade_no": number });
        let trade: Trade = match self.api.call("alipay.trade.query", &asked).await {
            Err(ApiError::Refused { sub_code, .. }) if sub_code == NO_SUCH_TRADE => {
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
            // Nobody paid, or all of it went back. What the shop itself sent back had come.
            "TRADE_CLOSED" => match self.has_sent_back(&trade.trade_no, payment_id).await? {
                true => receipt(trade, payment_id).map(Charge::Paid),
                false => Ok(Charge::Closed),
            },
            other => Err(ApiError::Unusable(format!(
                "trade {number} has a state that is not known: {}",
                other.escape_debug()
            ))),
        }
    }

    /// Whether the shop's refund of the payment is done.
    async fn has_sent_back(&self, trade_no: &str, payment_id: PaymentId) -> Result<bool, ApiError> {
        let number = shapes::number(payment_id);
        let asked = json!({ "trade_no": trade_no, "out_request_no": number });
        let method = "alipay.trade.fastpay.refund.query";
        match self.api.call::<RefundQuery>(method, &asked).await {
            Ok(refund) => {
                let done = refund.refund_status.as_deref() == Some("REFUND_SUCCESS");
                Ok(done && refund.out_request_no == Some(number))
            }
            // There is none.
            Err(ApiError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether all of a trade's money went back, whoever sent it.
    async fn is_empty(&self, trade_no: &str) -> Result<bool, ApiError> {
        let asked = json!({ "trade_no": trade_no });
        let trade: Trade = self.api.call("alipay.trade.query", &asked).await?;
        // It was paid before: nothing else closes it.
        Ok(trade.trade_no == trade_no && trade.trade_status == "TRADE_CLOSED")
    }
}

/// A signature says that an answer is Alipay's, not to which question.
fn another_trade() -> ApiError {
    ApiError::Unusable("an answer is about another trade".to_owned())
}

fn receipt(trade: Trade, payment_id: PaymentId) -> Result<Receipt, ApiError> {
    if !shapes::is_trade_no(&trade.trade_no) {
        let unknown = "a trade's number has no known form".to_owned();
        return Err(ApiError::Unusable(unknown));
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
            // Alipay closes what nobody paid, and nothing else.
            Ok(done) if done.out_trade_no.as_deref() == Some(&*number) => Ok(Charge::Closed),
            // Refused: it was paid, is closed, or has not begun.
            Ok(_) | Err(ApiError::Refused { .. }) => Ok(self.look(payment_id).await?),
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
            // With one number Alipay sends money back once.
            "out_request_no": shapes::number(payment_id),
        });
        let refused = match self.api.call::<Refund>("alipay.trade.refund", &asked).await {
            Ok(made) if made.trade_no != *trade_no => return Err(another_trade().into()),
            Ok(made) if made.fund_change.as_deref() == Some("Y") => return Ok(RefundState::Done),
            // It was made before, or is under way.
            Ok(_) => None,
            // It may have been made before, or somebody has sent the money back in Alipay's console.
            Err(error @ ApiError::Refused { .. }) => Some(error),
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

    /// However old it is: Alipay may repeat a notice long afterwards, and the ledger knows its number.
    fn verify(&self, request: NoticeRequest<'_>) -> Verified {
        self.notices.verify(request.body)
    }

    fn thanks(&self) -> &'static str {
        "success"
    }
}
