//! The staff's calls. [`Permission`](crate::wire::Permission) says which role may call what.

use std::sync::Arc;

use async_trait::async_trait;

use super::{BulkOrders, Products, Reports, SystemOffice, Undeliverables, Visitor};
use crate::wire::{
    AccountId, ActivityList, ActivityQuery, AddedRound, ApiError, BuyerHistory, BuyerList,
    LocalText, Now, OrderHistory, OrderId, OrderList, OrderQuery, PaymentGroup, PaymentId,
    PaymentList, RoundDraft, RoundId, RoundOverview, SetSwitch, Switch,
};

/// Everything that staff can do. Every method checks the caller and the input itself, like those of
/// [`Storefront`](super::Storefront): `unauthenticated` without a log-in, `forbidden` for an account whose role does
/// not allow it.
#[async_trait]
pub trait BackOffice:
    BulkOrders + CustomerService + Products + Reports + SystemOffice + Undeliverables
{
    /// The shop's current state, read at most a second ago. All staff.
    async fn now(&self, visitor: &Visitor) -> Result<Arc<Now>, ApiError>;

    /// Rounds that ended less than a day ago or end later, approved or not, by start, with all their units. All staff.
    async fn rounds(&self, visitor: &Visitor) -> Result<Vec<RoundOverview>, ApiError>;

    /// A round as it was written, however long ago it ended. All staff.
    async fn round(&self, visitor: &Visitor, round_id: RoundId) -> Result<RoundDraft, ApiError>;

    /// Makes those checks of [`add_round`](Self::add_round) that do not need the catalogue.
    fn check_round(&self, visitor: &Visitor, draft: RoundDraft) -> Result<(), ApiError>;

    /// Adds a round. It is approved at once, for its window and for the pages, if the caller may approve it too and the
    /// shop allows that; otherwise it waits for approval. Repeating the call adds nothing and says so. Operators and
    /// administrators.
    ///
    /// # Errors
    /// `invalid` with the invalid field: `key` when another round has this key, `items[1].product` when the shop has
    /// the product with other texts.
    async fn add_round(&self, visitor: &Visitor, draft: RoundDraft)
    -> Result<AddedRound, ApiError>;

    /// Approves a waiting round exactly as it was viewed: `content_hash` is the overview's. A repeat changes nothing.
    /// Reviewers and administrators, except for their own rounds if the shop requires a second person.
    ///
    /// # Errors
    /// `not_found`; `invalid` with `prepared_by` for one's own round, `content_hash` for changed content, `state` for a
    /// round that was sent back, `ends_at_ms` for one that is over.
    async fn approve_round(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
        content_hash: &str,
    ) -> Result<(), ApiError>;

    /// Sends a round that waits for approval back. For roles that may approve or prepare rounds.
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
    /// `not_found`; `invalid` for invalid words.
    async fn stop_round(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
        words: LocalText,
    ) -> Result<(), ApiError>;

    /// Resumes a stopped round; one that is not stopped stays as it is. Operators and administrators.
    ///
    /// # Errors
    /// `not_found`.
    async fn resume_round(&self, visitor: &Visitor, round_id: RoundId) -> Result<(), ApiError>;

    /// The switches that are set, as this instance knows them: for the banner on every staff page.
    fn switches_in_effect(&self) -> Arc<Vec<SetSwitch>>;

    /// The switches that are set, from the ledger, or if it does not answer from this instance's memory. All staff.
    async fn switches(&self, visitor: &Visitor) -> Result<Vec<SetSwitch>, ApiError>;

    /// Sets a switch for so many minutes from now on, even one that is already set. Every instance follows within two
    /// seconds. Operators and administrators.
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

    /// The staff's actions, newest first.
    async fn activities(
        &self,
        visitor: &Visitor,
        query: ActivityQuery,
    ) -> Result<ActivityList, ApiError>;
}

/// The confirmation of an irreversible step: a reason, and the caller's password again, since a computer may be left
/// unlocked.
#[derive(Clone)]
pub struct Confirmation {
    /// The reason in the caller's words, for the activity log.
    pub reason: String,
    /// The caller's own.
    pub password: String,
}

/// All orders, buyers and payments. Every method checks the caller, like those of [`BackOffice`].
///
/// Methods with a [`Confirmation`] answer `invalid` with `reason` or `password_wrong` if it is not valid.
#[async_trait]
pub trait CustomerService: Send + Sync + 'static {
    /// Orders, newest first.
    async fn orders(&self, visitor: &Visitor, query: OrderQuery) -> Result<OrderList, ApiError>;

    /// The whole history of an order.
    async fn order(&self, visitor: &Visitor, order_id: OrderId) -> Result<OrderHistory, ApiError>;

    /// Refunds an order that is paid, shipped or received.
    ///
    /// # Errors
    /// `not_found`; `order_state` when it is in another state.
    async fn refund(
        &self,
        visitor: &Visitor,
        order_id: OrderId,
        confirmation: Confirmation,
    ) -> Result<(), ApiError>;

    /// Marks a paid order as shipped, with its carrier and the carrier's number.
    ///
    /// # Errors
    /// `not_found`; `invalid` with `carrier` or `number`, or with `address` when the order has no shipping address;
    /// `order_state` when it is not paid, or shipped already.
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

    /// A buyer with their orders and reservations.
    async fn buyer(
        &self,
        visitor: &Visitor,
        account_id: AccountId,
    ) -> Result<BuyerHistory, ApiError>;

    /// Keeps a buyer from buying, or lets them buy again, within half a minute. A repeat changes nothing.
    ///
    /// # Errors
    /// `not_found`, also for staff accounts.
    async fn set_banned(
        &self,
        visitor: &Visitor,
        account_id: AccountId,
        banned: bool,
        confirmation: Confirmation,
    ) -> Result<(), ApiError>;

    /// Payments, newest first, and money that matches none.
    async fn payments(
        &self,
        visitor: &Visitor,
        group: Option<PaymentGroup>,
        before: Option<PaymentId>,
    ) -> Result<PaymentList, ApiError>;
}
