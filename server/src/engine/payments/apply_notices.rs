//! `apply_notices`: turns providers' notices into paid orders and refunds.

use app::wire::PaymentId;
use uuid::Uuid;

use super::{Deps, settle};
use crate::{
    chain::Chain,
    engine::ports::{NoticeFact, NoticeOutcome, PortError, Receipt, Settled, StoredNotice},
};

/// Notices that are applied in one transaction: each costs it a statement.
const AT_ONCE: u32 = 64;
/// Most notices that one run skips because they cannot be applied.
const LOOK_PAST: u32 = 40 * AT_ONCE;

/// Applies the oldest notices. After a crash between settling and marking, settles them again,
/// which changes nothing. A failing notice does not stop the others. Returns how many were applied.
///
/// # Errors
/// The first error, after every other notice was tried.
pub async fn run_once(deps: &Deps) -> Result<u32, PortError> {
    let (mut applied, mut stuck, mut first_error) = (0, 0, None);
    loop {
        let waiting = deps.inbox.unapplied(stuck, AT_ONCE).await?;
        if waiting.is_empty() {
            return first_error.map_or(Ok(applied), Err);
        }
        let stuck_before = stuck;
        match apply(deps, &waiting).await {
            Err(PortError::Failed { .. }) => {
                for stored in &waiting {
                    match apply(deps, std::slice::from_ref(stored)).await {
                        Ok(()) => applied += 1,
                        Err(error @ PortError::Failed { .. }) => {
                            let notice_id = stored.notice_id;
                            tracing::error!(%notice_id, error = %Chain(&error), "a payment notice cannot be applied; the next run tries again");
                            stuck += 1;
                            first_error.get_or_insert(error);
                        }
                        Err(busy) => return Err(busy),
                    }
                }
            }
            answer => {
                answer?;
                applied += waiting.len() as u32;
            }
        }
        let is_last = waiting.len() < AT_ONCE as usize || stuck == stuck_before;
        if is_last || stuck >= LOOK_PAST {
            return first_error.map_or(Ok(applied), Err);
        }
    }
}

/// Applies all of them; if that fails, marks none.
async fn apply(deps: &Deps, waiting: &[StoredNotice]) -> Result<(), PortError> {
    let (mut receipts, mut paid) = (Vec::new(), Vec::new());
    let mut done: Vec<(Uuid, NoticeOutcome)> = Vec::new();
    for stored in waiting {
        match (&stored.notice.fact, payment_id(stored)) {
            (NoticeFact::Other, _) | (NoticeFact::Closed, None) => {
                done.push((stored.notice_id, NoticeOutcome::Nothing));
            }
            (NoticeFact::Closed, Some(payment_id)) => {
                deps.payments.closed(payment_id).await?;
                done.push((stored.notice_id, NoticeOutcome::Nothing));
            }
            (NoticeFact::RefundFailed, _) => {
                let merchant_number = &stored.notice.merchant_number;
                tracing::error!(
                    merchant_number,
                    "a refund did not arrive: send it to the buyer another way"
                );
                done.push((stored.notice_id, NoticeOutcome::Unknown));
            }
            (NoticeFact::Paid { .. }, None) => {
                let merchant_number = &stored.notice.merchant_number;
                tracing::error!(
                    merchant_number,
                    "received money for an unknown payment: look at the provider's account"
                );
                done.push((stored.notice_id, NoticeOutcome::Unknown));
            }
            (
                NoticeFact::Paid {
                    provider_number,
                    amount,
                },
                Some(payment_id),
            ) => {
                paid.push(stored.notice_id);
                receipts.push(Receipt {
                    payment_id,
                    provider_number: provider_number.clone(),
                    amount: amount.clone(),
                });
            }
        }
    }
    let settled = settle(deps, receipts).await?;
    done.extend(paid.into_iter().zip(settled.into_iter().map(outcome)));
    deps.inbox.applied(&done, deps.clock.now_ms()).await
}

/// Our payment id, if the notice names one.
fn payment_id(stored: &StoredNotice) -> Option<PaymentId> {
    stored.notice.merchant_number.parse().ok()
}

fn outcome(settled: Settled) -> NoticeOutcome {
    match settled {
        Settled::Paid => NoticeOutcome::Paid,
        Settled::RefundDue => NoticeOutcome::RefundDue,
        Settled::Known => NoticeOutcome::Known,
        Settled::Unknown => NoticeOutcome::Unknown,
    }
}
