//! Alipay's notices: forms with a signature among their fields. It covers all other fields, decoded.

use std::collections::BTreeMap;

use app::wire::PaymentId;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    api::{AlipayError, SIGN},
    keys::AlipayKey,
    money, shapes,
};
use crate::{
    engine::ports::{NoticeFact, SignedNotice, Verified},
    hex,
};

/// Most fields of a notice; real ones have about thirty.
const FIELDS: usize = 100;
/// Longest number of a notice, and of our payments, in the ledger.
const NUMBER: usize = 64;

/// The data for checking notices.
pub struct Notices {
    /// The key that signs them.
    pub key: AlipayKey,
    /// The application they are for.
    pub app_id: String,
    /// The account that receives the money.
    pub seller_id: String,
}

/// Decoded fields by name.
type Fields = BTreeMap<String, String>;

impl Notices {
    /// Checks the signature first; only then uses any field.
    pub fn verify(&self, body: &[u8]) -> Verified {
        let Some(fields) = fields(body).filter(|fields| self.has_signed(fields)) else {
            return Verified::Forged;
        };
        match self.notice(&fields) {
            Ok(notice) => Verified::Notice(notice),
            Err(reason) => {
                let reason = reason.to_string();
                tracing::warn!(reason, "a notice that Alipay has signed is refused");
                Verified::Forged
            }
        }
    }

    /// Checks the signature over all fields, or over the non-empty ones: Alipay's own libraries differ. Empty fields
    /// are not used below.
    fn has_signed(&self, fields: &Fields) -> bool {
        let text = |keeps_empty: bool| {
            let signed = fields.iter().filter(|(name, value)| {
                *name != SIGN && *name != "sign_type" && (keeps_empty || !value.is_empty())
            });
            let signed = signed.map(|(name, value)| format!("{name}={value}"));
            signed.collect::<Vec<_>>().join("&")
        };
        let is_over = |sign: &str, keeps_empty| {
            let text = text(keeps_empty);
            self.key.has_signed(text.as_bytes(), sign)
        };
        let sign = fields.get(SIGN);
        sign.is_some_and(|sign| is_over(sign, true) || is_over(sign, false))
    }

    /// Reads a signed notice about a payment.
    fn notice(&self, fields: &Fields) -> Result<SignedNotice, AlipayError> {
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        if field("app_id") != self.app_id {
            return Err(unreadable("it is for another application"));
        }
        // Some kinds of notices lack it.
        if !["", &self.seller_id].contains(&field("seller_id")) {
            return Err(unreadable("its money is another seller's"));
        }
        let went_back = ["refund_fee", "gmt_refund"]
            .iter()
            .any(|name| !field(name).is_empty());
        let fact = match field("trade_status") {
            // `TRADE_FINISHED` is a paid trade that can no longer be refunded.
            "TRADE_SUCCESS" | "TRADE_FINISHED" => paid(field("trade_no"), field("total_amount"))?,
            // Paid and refunded: by the shop, which knows it, or in Alipay's console.
            "TRADE_CLOSED" if went_back => NoticeFact::Other,
            "TRADE_CLOSED" => NoticeFact::Closed,
            // It waits for the buyer, or the notice is about something else.
            _ => NoticeFact::Other,
        };
        Ok(SignedNotice {
            event_id: event_id(field("notify_id"))?,
            merchant_number: merchant_number(field("out_trade_no"))?,
            fact,
        })
    }
}

/// `None` if a field occurs twice, because it would be ambiguous, or there are too many.
fn fields(body: &[u8]) -> Option<Fields> {
    let mut fields = Fields::new();
    for (name, value) in form_urlencoded::parse(body) {
        let is_new = fields
            .insert(name.into_owned(), value.into_owned())
            .is_none();
        if !is_new || fields.len() > FIELDS {
            return None;
        }
    }
    Some(fields)
}

fn paid(trade_no: &str, total_amount: &str) -> Result<NoticeFact, AlipayError> {
    if !shapes::is_trade_no(trade_no) {
        return Err(unreadable("a trade's number has an unknown format"));
    }
    Ok(NoticeFact::Paid {
        provider_number: trade_no.to_owned(),
        amount: money::from_yuan(total_amount)?,
    })
}

/// Alipay's number of the notice; if it is too long for the ledger, its digest.
fn event_id(notify_id: &str) -> Result<String, AlipayError> {
    match notify_id {
        "" => Err(unreadable("it has no number")),
        fits if is_number(fits) => Ok(fits.to_owned()),
        other => Ok(hex::digits(&Sha256::digest(other))),
    }
}

/// Our number of the payment in the shop's format, or any other number unchanged.
fn merchant_number(out_trade_no: &str) -> Result<String, AlipayError> {
    if let Ok(number) = Uuid::try_parse(out_trade_no) {
        return Ok(PaymentId(number).to_string());
    }
    match out_trade_no.is_empty() || is_number(out_trade_no) {
        true => Ok(out_trade_no.to_owned()),
        false => Err(unreadable("the merchant's number has an unknown format")),
    }
}

fn is_number(number: &str) -> bool {
    number.len() <= NUMBER && number.bytes().all(|byte| byte.is_ascii_graphic())
}

fn unreadable(why: &str) -> AlipayError {
    AlipayError::Unusable(why.to_owned())
}

#[cfg(test)]
mod tests;
