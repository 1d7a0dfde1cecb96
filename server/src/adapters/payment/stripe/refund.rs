//! Interprets Stripe's refunds of a payment.

use super::{api::StripeError, shapes::Refund};
use crate::engine::ports::RefundState;

/// The state of refunding `charged`, in Stripe's unit; `None` if no refund was requested. A refund made in the
/// dashboard counts like ours: the buyer has the money.
///
/// # Errors
/// If refunds have failed: the shop has the money, and Stripe does not try again.
pub fn state(refunds: &[Refund], charged: i64) -> Result<Option<RefundState>, StripeError> {
    let sum = |states: &[&str]| -> i64 {
        let counted = refunds
            .iter()
            .filter(|refund| states.contains(&refund.status()));
        counted.map(|refund| refund.amount).sum()
    };
    if sum(&["succeeded"]) >= charged {
        return Ok(Some(RefundState::Done));
    }
    if sum(&["succeeded", "pending", "requires_action"]) >= charged {
        return Ok(Some(RefundState::Pending));
    }
    let failed = ["failed", "canceled"];
    match refunds.iter().find(|one| failed.contains(&one.status())) {
        None => Ok(None),
        Some(refund) => {
            let reason = refund.failure_reason.as_deref().unwrap_or("no reason");
            Err(StripeError::Unusable(format!(
                "refund {} {}: {reason}; send the money back another way",
                refund.id,
                refund.status()
            )))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refund(amount: i64, status: &str) -> Refund {
        Refund {
            id: "re_1".to_owned(),
            amount,
            status: Some(status.to_owned()),
            failure_reason: None,
            metadata: None,
        }
    }

    #[test]
    fn a_refund_is_done_when_the_whole_sum_is_refunded() {
        let state = |refunds: &[Refund]| super::state(refunds, 9_900).unwrap();
        assert_eq!(state(&[]), None);
        let done = Some(RefundState::Done);
        assert_eq!(state(&[refund(9_900, "succeeded")]), done);
        let by_hand = [refund(9_000, "succeeded"), refund(900, "succeeded")];
        assert_eq!(state(&by_hand), done);
        let pending = Some(RefundState::Pending);
        for waits in ["pending", "requires_action"] {
            assert_eq!(state(&[refund(9_900, waits)]), pending);
        }
        let again = [refund(9_900, "failed"), refund(9_900, "pending")];
        assert_eq!(state(&again), pending);
        assert_eq!(state(&[refund(900, "succeeded")]), None);
    }

    #[test]
    fn a_failed_refund_is_an_error() {
        for status in ["failed", "canceled"] {
            let said = super::state(&[refund(9_900, status)], 9_900).unwrap_err();
            let said = said.to_string();
            assert!(said.contains("re_1") && said.contains(status), "{said}");
        }
    }
}
