//! Stripe's notices (webhooks): JSON with a header `t=…,v1=…`, HMAC-SHA256 of the time, a dot and the raw body.

use super::{
    api::StripeError,
    money,
    shapes::{self, Anything, Event, Metadata, Refund, Session},
};
use crate::{
    adapters::signature,
    engine::ports::{NoticeFact, NoticeRequest, SignedNotice, Verified},
};

/// The header with the signature.
const HEADER: &str = "stripe-signature";
/// A notice is accepted this long before and after its signing time.
const TOLERANCE_S: i64 = 300;
/// Most parts of the header that are read: during a rotation it has a signature by each secret.
const PARTS: usize = 16;
/// Longest of our payment numbers.
const NUMBER: usize = 64;

/// The data for checking notices.
pub struct Notices {
    /// The secrets that may sign: two or three during a rotation.
    pub secrets: Vec<String>,
    /// The account takes real money.
    pub live: bool,
}

impl Notices {
    /// Checks the signature on the raw bytes first; only then parses.
    pub fn verify(&self, request: NoticeRequest<'_>, now_ms: i64) -> Verified {
        if !self.is_signed(request, now_ms) {
            return Verified::Forged;
        }
        let refused = |reason: &str| {
            tracing::warn!(reason, "a notice that Stripe has signed is refused");
            Verified::Forged
        };
        match serde_json::from_slice::<Event>(request.body) {
            Err(_) => refused("it cannot be read"),
            Ok(event) if event.livemode != self.live => {
                refused("it is of test mode and the key of live mode, or the other way round")
            }
            Ok(event) => match notice(event) {
                Ok(notice) => Verified::Notice(notice),
                Err(error) => refused(&error.to_string()),
            },
        }
    }

    fn is_signed(&self, request: NoticeRequest<'_>, now_ms: i64) -> bool {
        let parts = request.header(HEADER).unwrap_or_default().split(',');
        let parts: Vec<_> = parts
            .take(PARTS)
            .filter_map(|part| part.trim().split_once('='))
            .collect();
        let named = |wanted: &'static str| {
            let found = parts.iter().filter(move |(name, _)| *name == wanted);
            found.map(|(_, value)| *value)
        };
        let Some(time) = named("t").next() else {
            return false;
        };
        let age_s = time
            .parse::<i64>()
            .ok()
            .and_then(|signed_at_s| now_ms.div_euclid(1_000).checked_sub(signed_at_s));
        if age_s.is_none_or(|age_s| age_s.unsigned_abs() > TOLERANCE_S.unsigned_abs()) {
            return false;
        }
        let signed: [&[u8]; 3] = [time.as_bytes(), b".", request.body];
        self.secrets.iter().any(|secret| {
            let secret = secret.as_bytes();
            named("v1").any(|digits| signature::is_signed(secret, &signed, digits))
        })
    }
}

/// Reads an event about a payment of ours. Events of other kinds, or about objects that the shop did not make, change
/// nothing.
fn notice(event: Event) -> Result<SignedNotice, StripeError> {
    if !shapes::is_event_id(&event.id) {
        return Err(unreadable("its number has an unknown format"));
    }
    let object = event.data.object;
    let (metadata, fact) = match event.kind.as_str() {
        "checkout.session.completed" | "checkout.session.async_payment_succeeded" => {
            let session: Session = read(object)?;
            let fact = match (
                session.payment_status.as_deref(),
                ours(session.metadata.as_ref()),
            ) {
                (Some("paid"), true) => paid(&session)?,
                // Another program's, or not paid yet.
                _ => NoticeFact::Other,
            };
            (session.metadata, fact)
        }
        "checkout.session.async_payment_failed" | "checkout.session.expired" => {
            let session: Session = read(object)?;
            (session.metadata, NoticeFact::Closed)
        }
        "refund.failed" => {
            let refund: Refund = read(object)?;
            (refund.metadata, NoticeFact::RefundFailed)
        }
        "refund.updated" => {
            let refund: Refund = read(object)?;
            let fact = match refund.status() {
                "canceled" => NoticeFact::RefundFailed,
                _ => NoticeFact::Other,
            };
            (refund.metadata, fact)
        }
        _ => {
            // An object of any shape.
            let anything: Anything = read(object).unwrap_or_default();
            (anything.metadata, NoticeFact::Other)
        }
    };
    let number = metadata.and_then(|metadata| metadata.seckill_payment);
    let fits = |number: &String| {
        number.len() <= NUMBER && number.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let merchant_number = number.filter(fits);
    Ok(SignedNotice {
        event_id: event.id,
        fact: match merchant_number {
            Some(_) => fact,
            None => NoticeFact::Other,
        },
        merchant_number: merchant_number.unwrap_or_default(),
    })
}

fn ours(metadata: Option<&Metadata>) -> bool {
    metadata.is_some_and(|metadata| metadata.seckill_payment.is_some())
}

fn paid(session: &Session) -> Result<NoticeFact, StripeError> {
    let intent = session.payment_intent.as_ref().map(|intent| intent.id());
    let intent = intent.filter(|id| shapes::is_intent_id(id));
    let money = session.amount_total.zip(session.currency.as_deref());
    let (Some(intent), Some((sum, currency))) = (intent, money) else {
        return Err(unreadable("it is paid, and has no payment or no sum"));
    };
    Ok(NoticeFact::Paid {
        provider_number: intent.to_owned(),
        amount: money::from_stripe(sum, currency)?,
    })
}

fn read<T: serde::de::DeserializeOwned>(object: serde_json::Value) -> Result<T, StripeError> {
    serde_json::from_value(object).map_err(|_| unreadable("its object cannot be read"))
}

fn unreadable(why: &str) -> StripeError {
    StripeError::Unusable(why.to_owned())
}

#[cfg(test)]
mod tests;
