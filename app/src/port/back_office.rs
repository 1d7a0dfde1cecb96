//! What those who run the shop may ask of it. Who may do what is said by
//! [`Permission`](crate::wire::Permission).

use std::sync::Arc;

use async_trait::async_trait;

use super::{BulkOrders, Products, Reports, SystemOffice, Undeliverables, Visitor};
use crate::wire::{
    AccountId, ActivityList, ActivityQuery, AddedRound, ApiError, BuyerHistory, BuyerList,
    LocalText, Now, OrderHistory, OrderId, OrderList, OrderQuery, PaymentGroup, PaymentId,
    PaymentList, RoundDraft, RoundId, RoundOverview, SetSwitch, Switch,
};

/// Everything that those who run the shop can do. Every method checks who is asking and the input
/// itself, like those of [`Storefront`](super::Storefront): `unauthenticated` for a stranger, `forbidden` for an account
/// whose role does not allow it.
#[async_trait]
pub trait BackOffice:
    BulkOrders + CustomerService + Products + Reports + SystemOffice + Undeliverables
{
    /// What happens in the shop now, read at most a second ago. Everybody who runs the shop.
    async fn now(&self, visitor: &Visitor) -> Result<Arc<Now>, ApiError>;

    /// Rounds that ended less than a day ago or end later, approved or not, by their start, with every unit
    /// of theirs. Everybody who runs the shop.
    async fn rounds(&self, visitor: &Visitor) -> Result<Vec<RoundOverview>, ApiError>;

    /// A round as it was written, however long ago it ended. Everybody who runs the shop.
    async fn round(&self, visitor: &Visitor, round_id: RoundId) -> Result<RoundDraft, ApiError>;

    /// What [`add_round`](Self::add_round) would refuse without asking the catalogue.
    fn check_round(&self, visitor: &Visitor, draft: RoundDraft) -> Result<(), ApiError>;

    /// Adds a round. It is on sale in its window and on the pages at once where the caller may approve it,
    /// too, and the shop allows that; otherwise it waits for approval. The same call again adds nothing and
    /// says so. Operators and administrators.
    ///
    /// # Errors
    /// `invalid` with the field that is wrong: `key` when there is another round with this key,
    /// `items[1].product` when the shop has the product with other words.
    async fn add_round(&self, visitor: &Visitor, draft: RoundDraft)
    -> Result<AddedRound, ApiError>;

    /// Approves a round that waits for it, as it was looked at: `content_hash` is the overview's. A repeat
    /// changes nothing. Reviewers and administrators, but for their own rounds where the shop asks for a
    /// second person.
    ///
    /// # Errors
    /// `not_found`; `invalid` with `prepared_by` for one's own round, `content_hash` for another content,
    /// `state` for a round that was sent back, `ends_at_ms` for one that is over.
    async fn approve_round(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
        content_hash: &str,
    ) -> Result<(), ApiError>;

    /// Sends a round that waits for approval back. Those who may approve it or prepare one.
    ///
    /// # Errors
    /// `not_found`; `invalid` with `reason` or `state`.
    async fn send_round_back(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
        reason: &str,
    ) -> Result<(), ApiError>;

    /// Stops a round, or changes the words of a stopped one. Operators and administrators.
    ///
    /// # Errors
    /// `not_found`; `invalid` for words that are none.
    async fn stop_round(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
        words: LocalText,
    ) -> Result<(), ApiError>;

    /// Lets a stopped round go on; one that is not stopped stays as it is. Operators and
    /// administrators.
    ///
    /// # Errors
    /// `not_found`.
    async fn resume_round(&self, visitor: &Visitor, round_id: RoundId) -> Result<(), ApiError>;

    /// Switches that are set, as this instance knows them: for the banner on every page of those who run
    /// the shop.
    fn switches_in_effect(&self) -> Arc<Vec<SetSwitch>>;

    /// Switches that are set, as the ledger has them, or while it does not answer as this instance knows them.
    /// Everybody who runs the shop.
    async fn switches(&self, visitor: &Visitor) -> Result<Vec<SetSwitch>, ApiError>;

    /// Sets a switch for so many minutes from now on, also one that is set already. Every instance follows
    /// within two seconds. Operators and administrators.
    ///
    /// # Errors
    /// `invalid` with `minutes` or `reason`.
    async fn set_switch(
        &self,
        visitor: &Visitor,
        switch: Switch,
        minutes: u32,
        reason: &str,
    ) -> Result<SetSwitch, ApiError>;

    /// Clears a switch before its time; one that is not set stays so. Operators and administrators.
    async fn clear_switch(&self, visitor: &Visitor, switch: Switch) -> Result<(), ApiError>;

    /// What those who run the shop did, newest first.
    async fn activities(
        &self,
        visitor: &Visitor,
        query: ActivityQuery,
    ) -> Result<ActivityList, ApiError>;
}

/// What a step that cannot be taken back asks for: why, and the caller's password again, since a computer
/// may stand unlocked.
#[derive(Clone)]
pub struct Confirmation {
    /// In the words of who does it, for the activity log.
    pub reason: String,
    /// The caller's own.
    pub password: String,
}

/// Orders, buyers and payments of everybody. Every method checks who is asking, as those of
/// [`BackOffice`] do.
///
/// Those that take a [`Confirmation`] answer `invalid` with `reason` or `password_wrong` where it is not right.
#[async_trait]
pub trait CustomerService: Send + Sync + 'static {
    /// Orders, newest first.
    async fn orders(&self, visitor: &Visitor, query: OrderQuery) -> Result<OrderList, ApiError>;

    /// Everything that happened to an order.
    async fn order(&self, visitor: &Visitor, order_id: OrderId) -> Result<OrderHistory, ApiError>;

    /// Gives the money of an order back that is paid, shipped or received.
    ///
    /// # Errors
    /// `not_found`; `order_state` when it is in another state.
    async fn refund(
        &self,
        visitor: &Visitor,
        order_id: OrderId,
        confirmation: Confirmation,
    ) -> Result<(), ApiError>;

    /// Says that a paid order is on its way: who carries it, and under which number.
    ///
    /// # Errors
    /// `not_found`; `invalid` with `carrier` or `number`, or with `address` when nobody has said where the
    /// order is sent; `order_state` when it is not paid, or shipped already.
    async fn ship(
        &self,
        visitor: &Visitor,
        order_id: OrderId,
        carrier: &str,
        number: &str,
    ) -> Result<(), ApiError>;

    /// Buyers, newest first: all, or those with this mobile number or nickname.
    async fn buyers(
        &self,
        visitor: &Visitor,
        search: Option<String>,
        before: Option<AccountId>,
    ) -> Result<BuyerList, ApiError>;

    /// A buyer with what they bought.
    async fn buyer(
        &self,
        visitor: &Visitor,
        account_id: AccountId,
    ) -> Result<BuyerHistory, ApiError>;

    /// Keeps a buyer from buying, or lets them buy again, within half a minute. A repeat changes nothing.
    ///
    /// # Errors
    /// `not_found`, also for somebody who runs the shop.
    async fn set_banned(
        &self,
        visitor: &Visitor,
        account_id: AccountId,
        banned: bool,
        confirmation: Confirmation,
    ) -> Result<(), ApiError>;

    /// Payments, newest first, and money that fits none.
    async fn payments(
        &self,
        visitor: &Visitor,
        group: Option<PaymentGroup>,
        before: Option<PaymentId>,
    ) -> Result<PaymentList, ApiError>;
}
