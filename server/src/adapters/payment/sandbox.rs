//! The built-in payment provider: a [`PaymentGateway`] for the shop, a [`SandboxProvider`] for its
//! own page, and a sender of its notices.

mod deliver;
mod notice;

use std::sync::Arc;

use app::{
    routes,
    wire::{Money, PaymentId},
};
use async_trait::async_trait;

use crate::{
    adapters::sql::{SandboxCharge, SandboxNotice, Sql},
    engine::ports::{
        Amount, Charge, ChargeRequest, Clock, Ids, NoticeRequest, PaymentGateway, PortError,
        Receipt, RefundRequest, RefundState, Verified,
    },
    sandbox::{Action, ChargePage, SandboxProvider},
};

pub use deliver::deliver;

use notice::{Said, Signature, Status};

const NAME: &str = "sandbox";
/// Signs notices. It is no secret: anyone who can open the provider's page can pay without money.
const SECRET: &[u8] = b"the sandbox takes no money";
/// Late money arrives this long after the charge has expired.
const LATE_MS: i64 = 5_000;

pub struct Sandbox {
    sql: Sql,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

impl Sandbox {
    /// A provider with its tables in the shop's database.
    pub fn new(sql: Sql, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { sql, clock, ids }
    }

    /// Whether a charge can still be paid.
    async fn is_open(&self, charge: &SandboxCharge) -> Result<bool, PortError> {
        let waits = !charge.closed
            && charge.pays_at_ms.is_none()
            && charge.expires_at_ms > self.clock.now_ms();
        let paid = self.sql.sandbox_receipt(PaymentId(charge.id)).await?;
        Ok(waits && paid.is_none())
    }

    /// A receipt with a new provider number.
    fn receipt(&self, charge: &SandboxCharge, amount: Amount) -> Receipt {
        Receipt {
            payment_id: PaymentId(charge.id),
            provider_number: self.ids.secret(),
            amount,
        }
    }

    /// Pays a charge.
    async fn take(&self, charge: &SandboxCharge, amount: Amount) -> Result<Receipt, PortError> {
        let receipt = self.receipt(charge, amount);
        let now_ms = self.clock.now_ms();
        self.sql.add_sandbox_payment(&receipt, now_ms).await?;
        Ok(receipt)
    }

    async fn announce(&self, notices: Vec<SandboxNotice>) -> Result<(), PortError> {
        self.sql.add_sandbox_notices(notices).await
    }

    /// A notice to send at once.
    fn notice(&self, said: &Said, signature: Signature) -> SandboxNotice {
        let body = said.to_body();
        SandboxNotice {
            id: self.ids.id(),
            signature: notice::sign(SECRET, &body, signature),
            body,
            due_at_ms: Some(self.clock.now_ms()),
            tries: 0,
        }
    }

    fn paid(&self, receipt: &Receipt) -> Said {
        Said {
            event_id: self.ids.id().to_string(),
            merchant: notice::MERCHANT.to_owned(),
            merchant_number: receipt.payment_id.to_string(),
            status: Status::Paid,
            number: Some(receipt.provider_number.clone()),
            amount: Some(receipt.amount.minor),
            currency: Some(receipt.amount.currency.clone()),
        }
    }

    async fn pay(&self, charge: &SandboxCharge, amount: Amount) -> Result<(), PortError> {
        let receipt = self.take(charge, amount).await?;
        let notice = self.notice(&self.paid(&receipt), Signature::Right);
        self.announce(vec![notice]).await
    }

    /// Makes late money arrive even at closed charges. Returns for how many charges.
    pub async fn pay_late(&self) -> Result<u32, PortError> {
        let now_ms = self.clock.now_ms();
        let late = self.sql.late_sandbox_charges(now_ms, 100).await?;
        for charge in &late {
            let id = PaymentId(charge.id);
            // Another instance may do the same: the money has one number.
            let receipt = Receipt {
                payment_id: id,
                provider_number: charge.id.simple().to_string(),
                amount: amount(charge),
            };
            self.sql.add_sandbox_payment(&receipt, now_ms).await?;
            let notice = self.notice(&self.paid(&receipt), Signature::Right);
            self.announce(vec![notice]).await?;
            self.sql.delay_sandbox_charge(id, None).await?;
        }
        Ok(late.len() as u32)
    }

    /// Sends a notice that does not match the charge's state.
    async fn disturb(&self, charge: &SandboxCharge, action: Action) -> Result<(), PortError> {
        let mut said = self.paid(&self.receipt(charge, amount(charge)));
        let signature = match action {
            Action::Forge => Signature::Wrong,
            Action::Probe => Signature::Probe,
            _ => Signature::Right,
        };
        match action {
            Action::PayUnknown => said.merchant_number = self.ids.id().to_string(),
            Action::PayAnotherShop => said.merchant = "another-shop".to_owned(),
            _ => {}
        }
        let notice = self.notice(&said, signature);
        self.announce(vec![notice]).await
    }
}

fn amount(charge: &SandboxCharge) -> Amount {
    Amount {
        minor: charge.amount,
        currency: charge.currency.clone(),
    }
}

#[async_trait]
impl SandboxProvider for Sandbox {
    async fn page(&self, charge: PaymentId) -> Result<Option<ChargePage>, PortError> {
        let Some(found) = self.sql.sandbox_charge(charge).await? else {
            return Ok(None);
        };
        Ok(Some(ChargePage {
            amount: Money(found.amount),
            is_open: self.is_open(&found).await?,
            return_path: found.return_path,
        }))
    }

    async fn act(&self, charge: PaymentId, action: Action) -> Result<(), PortError> {
        let Some(found) = self.sql.sandbox_charge(charge).await? else {
            return Ok(());
        };
        let right = amount(&found);
        let is_open = self.is_open(&found).await?;
        match action {
            Action::Forge | Action::PayUnknown | Action::PayAnotherShop | Action::Probe => {
                self.disturb(&found, action).await
            }
            _ if !is_open => Ok(()),
            Action::Pay => self.pay(&found, right).await,
            Action::PayWithRepeats => {
                let receipt = self.take(&found, right).await?;
                let said = self.paid(&receipt);
                let again = self.paid(&receipt);
                let notices = [&said, &said, &again];
                let notices = notices.map(|said| self.notice(said, Signature::Right));
                self.announce(notices.into()).await
            }
            Action::PaySilently => self.take(&found, right).await.map(drop),
            Action::PayTwice => {
                self.pay(&found, right.clone()).await?;
                self.pay(&found, right).await
            }
            Action::PayLate => {
                let at_ms = found.expires_at_ms + LATE_MS;
                self.sql.delay_sandbox_charge(charge, Some(at_ms)).await
            }
            Action::PayTooLittle => {
                let minor = right.minor - 1;
                self.pay(&found, Amount { minor, ..right }).await
            }
            Action::PayTooMuch => {
                let minor = right.minor + 1;
                self.pay(&found, Amount { minor, ..right }).await
            }
            Action::PayInAnotherCurrency => {
                let currency = "USD".to_owned();
                self.pay(&found, Amount { currency, ..right }).await
            }
            Action::Decline => {
                self.sql.close_sandbox_charge(charge).await?;
                let said = Said {
                    event_id: self.ids.id().to_string(),
                    merchant: notice::MERCHANT.to_owned(),
                    merchant_number: charge.to_string(),
                    status: Status::Closed,
                    number: None,
                    amount: None,
                    currency: None,
                };
                let notice = self.notice(&said, Signature::Right);
                self.announce(vec![notice]).await
            }
        }
    }
}

#[async_trait]
impl PaymentGateway for Sandbox {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn create(&self, charge: &ChargeRequest) -> Result<String, PortError> {
        let row = SandboxCharge {
            id: charge.payment_id.0,
            amount: charge.amount.minor,
            currency: charge.amount.currency.clone(),
            return_path: routes::order(charge.order_id),
            expires_at_ms: charge.expires_at_ms,
            closed: false,
            pays_at_ms: None,
        };
        self.sql.add_sandbox_charge(row).await?;
        // A path in this shop, so that it works under any host name that the browser uses.
        Ok(routes::sandbox(charge.payment_id))
    }

    async fn query(&self, payment_id: PaymentId) -> Result<Charge, PortError> {
        if let Some(receipt) = self.sql.sandbox_receipt(payment_id).await? {
            return Ok(Charge::Paid(receipt));
        }
        Ok(match self.sql.sandbox_charge(payment_id).await? {
            None => Charge::Unknown,
            Some(charge) if charge.closed || charge.expires_at_ms <= self.clock.now_ms() => {
                Charge::Closed
            }
            Some(_) => Charge::Open,
        })
    }

    async fn close(&self, payment_id: PaymentId) -> Result<Charge, PortError> {
        self.sql.close_sandbox_charge(payment_id).await?;
        // Closes first, then reads: money that arrived before the closing is seen.
        self.query(payment_id).await
    }

    async fn refund(&self, refund: &RefundRequest) -> Result<RefundState, PortError> {
        let now_ms = self.clock.now_ms();
        let number = &refund.provider_number;
        match self.sql.refund_sandbox_payment(number, now_ms).await? {
            true => Ok(RefundState::Done),
            false => Err(PortError::failed(NAME, format!("no payment {number}"))),
        }
    }

    fn verify(&self, request: NoticeRequest<'_>) -> Verified {
        notice::verify(SECRET, request)
    }

    fn thanks(&self) -> &'static str {
        "success"
    }
}
