//! Events at the provider, and of its notices on their way.

use app::wire::PaymentId;
use server::sandbox::{Action, SandboxProvider as _};

use super::world::World;

/// A notice with its signature.
#[derive(Clone, PartialEq, Eq)]
struct Notice {
    signature: String,
    body: String,
}

/// The buyers' open pages of the provider, and its notices.
#[derive(Default)]
pub struct Provider {
    pages: Vec<PaymentId>,
    /// Not acknowledged yet.
    on_their_way: Vec<Notice>,
    /// Acknowledged; some come again.
    arrived: Vec<Notice>,
}

impl Provider {
    pub fn opened(&mut self, payment: PaymentId) {
        if !self.pages.contains(&payment) {
            self.pages.push(payment);
        }
    }
}

/// One charge is paid once, or declined: a query shows it without a notice.
const FOUND_BY_ASKING: [Action; 5] = [
    Action::Pay,
    Action::PayTooLittle,
    Action::PayTooMuch,
    Action::PayInAnotherCurrency,
    Action::Decline,
];

/// Their notices are refused.
const NOT_FOR_THE_SHOP: [Action; 3] = [Action::Forge, Action::PayAnotherShop, Action::Probe];

impl World {
    /// A buyer presses a button on a page of the provider.
    pub async fn act_at_the_provider(&self) {
        let pages = self.provider.borrow().pages.clone();
        if pages.is_empty() {
            return;
        }
        // Usually only the latest ones can still be paid.
        let page = pages[pages.len() - 1 - self.below(pages.len().min(3))];
        let action = match self.chance(40) {
            true => Action::Pay,
            false => Action::ALL[self.below(Action::ALL.len())].0,
        };
        self.note(format!("{page}: {action:?}"));
        self.collect_notices().await;
        self.shop().sandbox().act(page, action).await.unwrap();
        if NOT_FOR_THE_SHOP.contains(&action) {
            for (signature, body) in self.shop().take_sandbox_notices().await {
                assert!(!self.shop().receive_notice(&signature, &body).await);
            }
        }
        if FOUND_BY_ASKING.contains(&action) && self.chance(30) {
            let lost = self.shop().take_sandbox_notices().await.len();
            self.note(format!("{lost} notices are lost"));
        }
    }

    async fn collect_notices(&self) {
        let sent = self.shop().take_sandbox_notices().await.into_iter();
        let sent = sent.map(|(signature, body)| Notice { signature, body });
        self.provider.borrow_mut().on_their_way.extend(sent);
    }

    /// Delivers a few notices in any order; some acknowledged ones come again.
    pub async fn deliver_notices(&self) {
        self.collect_notices().await;
        for _ in 0..3 {
            let waiting = self.provider.borrow().on_their_way.clone();
            if !waiting.is_empty() {
                let notice = &waiting[self.below(waiting.len())];
                self.deliver(notice).await;
            }
        }
        let arrived = self.provider.borrow().arrived.clone();
        if !arrived.is_empty() && self.chance(30) {
            let again = &arrived[self.below(arrived.len())];
            self.deliver(again).await;
        }
    }

    pub async fn deliver_all_notices(&self) {
        self.collect_notices().await;
        let waiting = self.provider.borrow().on_their_way.clone();
        for notice in &waiting {
            self.deliver(notice).await;
        }
    }

    async fn deliver(&self, notice: &Notice) {
        let Notice { signature, body } = notice;
        let thanked = self.shop().receive_notice(signature, body).await;
        self.tell("notice", thanked);
        if thanked {
            let mut provider = self.provider.borrow_mut();
            provider.on_their_way.retain(|other| other != notice);
            provider.arrived.push(notice.clone());
        }
    }

    /// Moves the time, at the provider too: late money arrives.
    pub async fn pass_time(&self, ms: i64) {
        self.shop().clock.advance(ms);
        let late = self.shop().sandbox().pay_late().await.unwrap();
        self.note(format!("{ms} ms pass; {late} pay late"));
    }
}
