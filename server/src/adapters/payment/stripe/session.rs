//! Checkout Sessions: the request that creates one, and the meaning of its state.

use app::wire::PaymentId;

use super::{
    api::StripeError,
    money,
    shapes::{self, Expandable, Intent, Session},
};
use crate::engine::ports::{Charge, ChargeRequest, Receipt};

/// Stripe expires a session at least this long after its creation, and at most `LONGEST_MS`.
const SHORTEST_MS: i64 = 30 * 60_000;
const LONGEST_MS: i64 = 24 * 3_600_000;
/// The largest difference between Stripe's clock and ours, including the time of the call.
const MARGIN_MS: i64 = 60_000;
/// Longest name of the sold product.
const NAME: usize = 200;

/// When Stripe ends a session by itself. The same for all calls that create a charge, as far as possible: with the
/// same key Stripe accepts only the same call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// At the charge's expiry, in unix seconds.
    Exact(i64),
    /// Late enough that Stripe accepts it until the deadline. The shop closes the session earlier.
    Later(i64),
    /// Stripe's default, a day: sooner than the charge's expiry. The buyer may start again.
    Sooner,
}

impl Expiry {
    pub fn of(expires_at_ms: i64, now_ms: i64) -> Expiry {
        // Not earlier than the charge's expiry.
        let seconds = |ms: i64| (ms + 999).div_euclid(1_000);
        let left_ms = expires_at_ms - now_ms;
        if left_ms < SHORTEST_MS + MARGIN_MS {
            Expiry::Later(seconds(expires_at_ms + SHORTEST_MS + MARGIN_MS))
        } else if left_ms > LONGEST_MS - MARGIN_MS {
            Expiry::Sooner
        } else {
            Expiry::Exact(seconds(expires_at_ms))
        }
    }

    /// The idempotency key.
    pub fn key(self, payment_id: PaymentId) -> String {
        match self {
            Expiry::Exact(_) => payment_id.to_string(),
            Expiry::Later(_) => format!("{payment_id}-later"),
            Expiry::Sooner => format!("{payment_id}-sooner"),
        }
    }
}

/// The form of the request; `back` is the address to which the buyer returns.
pub fn form(
    charge: &ChargeRequest,
    expiry: Expiry,
    back: &str,
) -> Result<Vec<(&'static str, String)>, StripeError> {
    let number = charge.payment_id.to_string();
    let amount = money::to_stripe(&charge.amount)?;
    let mut form = vec![
        ("mode", "payment".to_owned()),
        ("client_reference_id", number.clone()),
        (shapes::METADATA, number.clone()),
        (shapes::INTENT_METADATA, number),
        ("line_items[0][quantity]", "1".to_owned()),
        (
            "line_items[0][price_data][currency]",
            charge.amount.currency.to_ascii_lowercase(),
        ),
        ("line_items[0][price_data][unit_amount]", amount.to_string()),
        (
            "line_items[0][price_data][product_data][name]",
            name(charge),
        ),
        // The buyer pays exactly the order's sum, in its currency.
        ("adaptive_pricing[enabled]", "false".to_owned()),
        ("success_url", back.to_owned()),
        ("cancel_url", back.to_owned()),
    ];
    if let Expiry::Exact(at_s) | Expiry::Later(at_s) = expiry {
        form.push(("expires_at", at_s.to_string()));
    }
    Ok(form)
}

/// In both languages: the buyer's browser decides Stripe's language.
fn name(charge: &ChargeRequest) -> String {
    let title = &charge.title;
    let both = match title.zh == title.en {
        true => title.zh.clone(),
        false => format!("{} / {}", title.zh, title.en),
    };
    both.chars().take(NAME).collect()
}

/// The state of a session's charge. Its `PaymentIntent` says whether money arrived.
pub fn charge(session: &Session, payment_id: PaymentId) -> Result<Charge, StripeError> {
    let unreadable = |what: &str| StripeError::Unusable(format!("session {}: {what}", session.id));
    let intent = match &session.payment_intent {
        None => None,
        Some(Expandable::Object(intent)) => Some(intent),
        Some(Expandable::Id(_)) => {
            return Err(unreadable("its payment was requested but is missing"));
        }
    };
    if let Some(intent) = intent.filter(|intent| intent.status == "succeeded") {
        return receipt(intent, payment_id).map(Charge::Paid);
    }
    // A slow bank, or a payment that must be captured in the dashboard.
    let under_way = |intent: &Intent| ["processing", "requires_capture"].contains(&&*intent.status);
    let declined =
        |intent: &Intent| ["requires_payment_method", "canceled"].contains(&&*intent.status);
    match (session.status.as_deref(), intent) {
        (_, Some(intent)) if under_way(intent) => Ok(Charge::Open),
        (Some("open"), _) => Ok(Charge::Open),
        (Some("expired"), _) => Ok(Charge::Closed),
        // The bank declined, days later.
        (Some("complete"), Some(intent)) if declined(intent) => Ok(Charge::Closed),
        // A voucher that was not paid yet.
        (Some("complete"), Some(_)) => Ok(Charge::Open),
        _ => Err(unreadable("an unknown state")),
    }
}

fn receipt(intent: &Intent, payment_id: PaymentId) -> Result<Receipt, StripeError> {
    if !shapes::is_intent_id(&intent.id) {
        let unknown = "a payment's number has an unknown format".to_owned();
        return Err(StripeError::Unusable(unknown));
    }
    Ok(Receipt {
        payment_id,
        provider_number: intent.id.clone(),
        amount: money::from_stripe(intent.amount_received, &intent.currency)?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW_MS: i64 = 1_800_000_000_000;
    const MINUTE_MS: i64 = 60_000;

    #[test]
    fn a_session_expires_with_its_charge_as_far_as_stripe_allows() {
        let of = |minutes: i64| Expiry::of(NOW_MS + minutes * MINUTE_MS, NOW_MS);
        assert_eq!(of(31), Expiry::Exact(1_800_001_860));
        assert_eq!(of(24 * 60 - 1), Expiry::Exact(1_800_086_340));
        assert_eq!(of(30), Expiry::Later(1_800_003_660));
        assert_eq!(of(24 * 60), Expiry::Sooner);
        // A fraction of a second does not make it earlier.
        assert_eq!(
            Expiry::of(NOW_MS + 40 * MINUTE_MS + 1, NOW_MS),
            Expiry::Exact(1_800_002_401)
        );
    }

    #[test]
    fn a_charge_of_ten_minutes_is_made_by_the_same_call_until_it_ends() {
        let expires_at_ms = NOW_MS + 10 * MINUTE_MS;
        let first = Expiry::of(expires_at_ms, NOW_MS);
        let last = Expiry::of(expires_at_ms, expires_at_ms);
        assert_eq!(first, last);
        let Expiry::Later(at_s) = last else {
            panic!("{last:?}");
        };
        assert!(
            at_s * 1_000 - expires_at_ms >= SHORTEST_MS,
            "Stripe takes it"
        );
    }

    /// The meaning of a session and a payment in these states.
    fn meaning(status: &str, intent: Option<&str>) -> Result<Charge, StripeError> {
        let intent = intent.map(|status| {
            json!({ "id": "pi_1", "status": status, "amount_received": 9_900, "currency": "cny" })
        });
        let session = json!({ "id": "cs_1", "status": status, "payment_intent": intent });
        let session: Session = serde_json::from_value(session).unwrap();
        charge(&session, PaymentId(uuid::Uuid::from_u128(1)))
    }

    #[test]
    fn received_money_is_paid_and_expected_money_is_open() {
        for status in ["open", "complete", "expired"] {
            let paid = meaning(status, Some("succeeded")).unwrap();
            assert!(matches!(paid, Charge::Paid(_)), "{status}: {paid:?}");
            for waits in ["processing", "requires_capture"] {
                assert_eq!(meaning(status, Some(waits)).unwrap(), Charge::Open);
            }
        }
        assert_eq!(meaning("open", None).unwrap(), Charge::Open);
        let declined = Some("requires_payment_method");
        assert_eq!(meaning("open", declined).unwrap(), Charge::Open);
        assert_eq!(meaning("expired", None).unwrap(), Charge::Closed);
        assert_eq!(
            meaning("expired", Some("canceled")).unwrap(),
            Charge::Closed
        );
        assert_eq!(meaning("complete", declined).unwrap(), Charge::Closed);
        let voucher = Some("requires_action");
        assert_eq!(meaning("complete", voucher).unwrap(), Charge::Open);
        assert_eq!(meaning("expired", voucher).unwrap(), Charge::Closed);
        assert!(meaning("complete", None).is_err());
        assert!(meaning("another", None).is_err());
    }
}
