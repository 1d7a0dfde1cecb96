//! Alipay's answers, as far as the shop reads them, and its formats of times and numbers. Other fields are ignored.

use app::wire::PaymentId;
use jiff::{Timestamp, fmt::strtime, tz::Offset};
use serde::Deserialize;

/// Alipay's times are in Beijing's time zone, wherever the shop is.
const BEIJING: Offset = Offset::constant(8);

/// The answer to a query for a trade.
#[derive(Debug, Deserialize)]
pub struct Trade {
    /// Alipay's number.
    pub trade_no: String,
    /// Our number.
    pub out_trade_no: String,
    /// `WAIT_BUYER_PAY`, `TRADE_SUCCESS`, `TRADE_FINISHED` or `TRADE_CLOSED`.
    pub trade_status: String,
    /// In yuan.
    pub total_amount: String,
}

/// The answer to a refund.
#[derive(Debug, Deserialize)]
pub struct Refund {
    /// Alipay's number of the trade.
    pub trade_no: String,
    /// `Y` if this call has moved money; other values have no meaning.
    pub fund_change: Option<String>,
}

/// The answer to a query for a refund.
#[derive(Debug, Deserialize)]
pub struct RefundQuery {
    /// Our number of the refund; `None` if Alipay does not know it.
    pub out_request_no: Option<String>,
    /// `REFUND_SUCCESS`; `None` if no such refund is done.
    pub refund_status: Option<String>,
}

/// The answer to closing a trade.
#[derive(Debug, Deserialize)]
pub struct Done {
    pub out_trade_no: Option<String>,
}

/// The common part of every answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Outcome {
    pub code: String,
    pub sub_code: String,
    pub sub_msg: String,
}

/// Our number of a payment at Alipay, which accepts only letters, digits and `_`.
pub fn number(payment_id: PaymentId) -> String {
    payment_id.0.simple().to_string()
}

/// Whether Alipay's number of a trade fits into the ledger.
pub fn is_trade_no(number: &str) -> bool {
    (1..=64).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// Formats an instant, rounded down to a second. `None` if there is no such day.
pub fn time(at_ms: i64) -> Option<String> {
    let at = Timestamp::from_millisecond(at_ms).ok()?;
    strtime::format("%Y-%m-%d %H:%M:%S", BEIJING.to_datetime(at)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_beijing_s() {
        let written = time(1_800_000_000_999);
        assert_eq!(written.as_deref(), Some("2027-01-15 16:00:00"));
        assert_eq!(time(0).as_deref(), Some("1970-01-01 08:00:00"));
        assert_eq!(time(i64::MAX), None);
    }

    #[test]
    fn numbers_at_alipay_are_letters_and_digits() {
        let number = number(PaymentId(uuid::Uuid::from_u128(0xab)));
        assert_eq!(number, "000000000000000000000000000000ab");
        assert!(is_trade_no("2027011522001400000000000001"));
        for other in ["", "nobody's", "pi_1", &"1".repeat(65)] {
            assert!(!is_trade_no(other), "{other}");
        }
    }
}
