//! Actions of buyers and staff; a state that was shown is never taken back.

use app::{
    port::{AfterPurchase as _, Storefront as _, Visitor},
    wire::{OrderId, OrderState, Shipment},
};
use server::engine::{
    payments::refund,
    ports::{ChangedBy, ShipOutcome},
};

use super::world::{BUYERS, World};
use crate::{purchase::visitor, shipping::right};

/// Whether an order can go from one state to another.
pub fn leads_to(from: OrderState, to: OrderState) -> bool {
    use OrderState::{Closed, Paid, PendingPayment, Received, Refunded, Refunding, Shipped};
    from == to
        || match from {
            PendingPayment => true,
            Paid => matches!(to, Shipped | Received | Refunding | Refunded),
            Shipped => matches!(to, Received | Refunding | Refunded),
            Received => matches!(to, Refunding | Refunded),
            Refunding => to == Refunded,
            Refunded | Closed => false,
        }
}

fn has_its_money(state: OrderState) -> bool {
    use OrderState::{Paid, Received, Shipped};
    matches!(state, Paid | Shipped | Received)
}

impl World {
    /// A person was shown a state. `before` is the last state shown when the request started: the
    /// answer may be older than that of another request.
    fn show(&self, order: OrderId, before: Option<OrderState>, now: OrderState) {
        let mut shown = self.shown.borrow_mut();
        let holds = before.is_none_or(|before| leads_to(before, now));
        assert!(
            holds,
            "{order}: {before:?} and then {now:?}\n{:#?}",
            self.trace()
        );
        let latest = shown.entry(order).or_insert(now);
        if leads_to(*latest, now) {
            *latest = now;
        }
        assert!(leads_to(now, *latest), "{order}: {now:?} and {latest:?}");
    }

    fn shown_of(&self, order: OrderId) -> Option<OrderState> {
        self.shown.borrow().get(&order).copied()
    }

    /// A buyer with an order in such a state.
    async fn find_order(&self, fits: impl Fn(OrderState) -> bool) -> Option<(Visitor, OrderId)> {
        let first = self.below(BUYERS as usize) as u32;
        for number in 0..BUYERS {
            let who = visitor(1 + (first + number) % BUYERS);
            let orders = self.client().orders(&who).await.ok()?;
            let fitting: Vec<_> = orders.iter().filter(|order| fits(order.state)).collect();
            if !fitting.is_empty() {
                let order = fitting[self.below(fitting.len())].order_id;
                return Some((who, order));
            }
        }
        None
    }

    pub async fn buy(&self) {
        let item = self.items[self.below(self.items.len())];
        let number = 1 + self.below(BUYERS as usize) as u32;
        let bought = self.client().buy(&visitor(number), item).await;
        self.note(format!("buyer {number} buys: {:?}", bought.map(|_| ())));
    }

    pub async fn go_to_pay(&self) {
        let pending = |state| state == OrderState::PendingPayment;
        let Some((who, order)) = self.find_order(pending).await else {
            return;
        };
        let page = self.client().pay(&who, order).await;
        self.note(format!("{order} goes to pay: {:?}", page.as_ref().err()));
        if let Ok(page) = page {
            let payment = page.url.strip_prefix("/sandbox/").unwrap();
            self.provider.borrow_mut().opened(payment.parse().unwrap());
        }
    }

    pub async fn look(&self) {
        let Some((who, order)) = self.find_order(|_| true).await else {
            return;
        };
        let before = self.shown_of(order);
        if let Ok(detail) = self.client().order(&who, order).await {
            self.note(format!("{order} is shown as {:?}", detail.order.state));
            self.show(order, before, detail.order.state);
        }
    }

    pub async fn cancel(&self) {
        let pending = |state| state == OrderState::PendingPayment;
        let Some((who, order)) = self.find_order(pending).await else {
            return;
        };
        let before = self.shown_of(order);
        let cancelled = self.client().cancel(&who, order).await;
        self.note(format!(
            "{order} is cancelled: {:?}",
            cancelled.as_ref().err()
        ));
        if let Ok(detail) = cancelled {
            assert_eq!(detail.order.state, OrderState::Closed);
            self.show(order, before, OrderState::Closed);
        }
    }

    /// The shop refunds an order.
    pub async fn refund(&self) {
        let Some((_, order)) = self.find_order(has_its_money).await else {
            return;
        };
        let payments = &self.shop().engine.payments;
        let begun = refund::order(payments, order, &ChangedBy::command()).await;
        self.note(format!(
            "{order} is to be refunded: {:?}",
            begun.as_ref().ok()
        ));
        if let Ok(true) = begun {
            self.show(order, None, OrderState::Refunding);
        }
    }

    pub async fn ship(&self) {
        let paid = |state| state == OrderState::Paid;
        let Some((who, order)) = self.find_order(paid).await else {
            return;
        };
        let saved = self.client().save_shipping_address(&who, order, right());
        if saved.await.is_err() {
            return;
        }
        let (shop, by) = (self.shop(), ChangedBy::command());
        let shipment = Shipment::parse("顺丰", "SF1234").unwrap();
        let shipments = &shop.engine.shipping.shipments;
        let sent = shipments
            .ship(order, &shipment, &by, shop.clock.get())
            .await;
        self.note(format!("{order} is shipped: {:?}", sent.as_ref().ok()));
        if let Ok(ShipOutcome::Shipped) = sent {
            self.show(order, None, OrderState::Shipped);
        }
    }

    pub async fn receive(&self) {
        let shipped = |state| state == OrderState::Shipped;
        let Some((who, order)) = self.find_order(shipped).await else {
            return;
        };
        let received = self.client().confirm_receipt(&who, order).await;
        self.tell("receipt", received.is_ok());
        if received.is_ok() {
            self.show(order, None, OrderState::Received);
        }
    }
}
