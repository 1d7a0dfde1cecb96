//! The back office of the fake shop.

use app::{
    port::{
        BackOffice, BulkOrders, Confirmation, CustomerService, Pictures, Products, Reports,
        SystemOffice, Undeliverables, Visitor,
    },
    wire::{
        AccountId, ActivityList, ActivityQuery, AddedPicture, AddedRound, ApiError, BuyerHistory,
        BuyerList, CheckedList, Differences, DoctorCheck, ItemDetail, ListedProduct, LocalText,
        Now, OrderHistory, OrderId, OrderList, OrderQuery, PaymentGroup, PaymentId, PaymentList,
        PictureSize, ProductId, ProductList, ProductQuery, ReservationId, Round, RoundDraft,
        RoundId, RoundOverview, RoundReport, RoundState, SetSwitch, ShipLine, Switch, SystemReport,
        Undelivered,
    },
};
use std::sync::Arc;

use async_trait::async_trait;
use uuid::Uuid;

use super::{FakeShop, item, round_id};

#[async_trait]
impl BackOffice for FakeShop {
    async fn now(&self, visitor: &Visitor) -> Result<Arc<Now>, ApiError> {
        visitor.signed_in()?;
        Ok(Arc::default())
    }

    async fn rounds(&self, visitor: &Visitor) -> Result<Vec<RoundOverview>, ApiError> {
        visitor.signed_in()?;
        Ok(Vec::new())
    }

    async fn round(&self, _: &Visitor, _: RoundId) -> Result<RoundDraft, ApiError> {
        Err(ApiError::NotFound)
    }

    fn check_round(&self, visitor: &Visitor, _: RoundDraft) -> Result<(), ApiError> {
        visitor.signed_in()?;
        Ok(())
    }

    async fn add_round(
        &self,
        visitor: &Visitor,
        draft: RoundDraft,
    ) -> Result<AddedRound, ApiError> {
        visitor.signed_in()?;
        self.drafts.lock().unwrap().push(draft);
        Ok(AddedRound {
            round_id: round_id(),
            item_ids: vec![item().item_id],
            is_new: true,
            state: RoundState::Approved,
        })
    }

    async fn approve_round(&self, _: &Visitor, _: RoundId, _: &str) -> Result<(), ApiError> {
        Err(ApiError::NotFound)
    }

    async fn send_round_back(&self, _: &Visitor, _: RoundId, _: &str) -> Result<(), ApiError> {
        Err(ApiError::NotFound)
    }

    async fn stop_round(
        &self,
        visitor: &Visitor,
        round_id: RoundId,
        words: LocalText,
    ) -> Result<(), ApiError> {
        visitor.signed_in()?;
        self.stops.lock().unwrap().push((round_id, Some(words)));
        Ok(())
    }

    async fn resume_round(&self, visitor: &Visitor, round_id: RoundId) -> Result<(), ApiError> {
        visitor.signed_in()?;
        self.stops.lock().unwrap().push((round_id, None));
        Ok(())
    }

    fn switches_in_effect(&self) -> Arc<Vec<SetSwitch>> {
        Arc::default()
    }

    async fn switches(&self, _: &Visitor) -> Result<Vec<SetSwitch>, ApiError> {
        Ok(Vec::new())
    }

    async fn set_switch(
        &self,
        _: &Visitor,
        _: Switch,
        _: u32,
        _: &str,
    ) -> Result<SetSwitch, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn clear_switch(&self, _: &Visitor, _: Switch) -> Result<(), ApiError> {
        Err(ApiError::NotFound)
    }

    async fn activities(&self, _: &Visitor, _: ActivityQuery) -> Result<ActivityList, ApiError> {
        Err(ApiError::NotFound)
    }
}

#[async_trait]
impl Products for FakeShop {
    async fn products(&self, _: &Visitor, _: ProductQuery) -> Result<ProductList, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn product(&self, _: &Visitor, _: ProductId) -> Result<ListedProduct, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn set_archived(&self, _: &Visitor, _: ProductId, _: bool) -> Result<(), ApiError> {
        Err(ApiError::NotFound)
    }

    async fn add_picture(&self, _: &Visitor, _: Vec<u8>) -> Result<AddedPicture, ApiError> {
        Err(ApiError::NotFound)
    }
}

#[async_trait]
impl Reports for FakeShop {
    async fn round_report(&self, _: &Visitor, _: RoundId) -> Result<Arc<RoundReport>, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn round_preview(
        &self,
        _: &Visitor,
        _: RoundId,
    ) -> Result<(Round, Vec<ItemDetail>), ApiError> {
        Err(ApiError::NotFound)
    }
}

#[async_trait]
impl BulkOrders for FakeShop {
    async fn begin_export(&self, _: &Visitor, _: &OrderQuery) -> Result<(), ApiError> {
        Err(ApiError::NotFound)
    }

    async fn export_part(
        &self,
        _: &Visitor,
        _: OrderQuery,
        _: Option<OrderId>,
    ) -> Result<OrderList, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn ship_list(
        &self,
        _: &Visitor,
        _: Vec<ShipLine>,
        _: bool,
    ) -> Result<CheckedList, ApiError> {
        Err(ApiError::NotFound)
    }
}

#[async_trait]
impl SystemOffice for FakeShop {
    async fn system(&self, _: &Visitor) -> Result<SystemReport, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn checks(&self, _: &Visitor) -> Result<Vec<DoctorCheck>, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn differences(&self, _: &Visitor) -> Result<Differences, ApiError> {
        Err(ApiError::NotFound)
    }
}

#[async_trait]
impl Undeliverables for FakeShop {
    async fn undelivered(&self, _: &Visitor) -> Result<Undelivered, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn replay_parked(&self, _: &Visitor, _: Option<ReservationId>) -> Result<u32, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn drop_parked(
        &self,
        _: &Visitor,
        _: ReservationId,
        _: Confirmation,
    ) -> Result<(), ApiError> {
        Err(ApiError::NotFound)
    }

    async fn replay_message(&self, _: &Visitor, _: Uuid) -> Result<(), ApiError> {
        Err(ApiError::NotFound)
    }
}

#[async_trait]
impl Pictures for FakeShop {
    async fn picture(&self, _: &str, _: PictureSize) -> Result<Option<Vec<u8>>, ApiError> {
        Ok(None)
    }
}

#[async_trait]
impl CustomerService for FakeShop {
    async fn orders(&self, _: &Visitor, _: OrderQuery) -> Result<OrderList, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn order(&self, _: &Visitor, _: OrderId) -> Result<OrderHistory, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn refund(&self, _: &Visitor, _: OrderId, _: Confirmation) -> Result<(), ApiError> {
        Err(ApiError::NotFound)
    }

    async fn ship(&self, _: &Visitor, _: OrderId, _: &str, _: &str) -> Result<(), ApiError> {
        Err(ApiError::NotFound)
    }

    async fn buyers(
        &self,
        _: &Visitor,
        _: Option<String>,
        _: Option<AccountId>,
    ) -> Result<BuyerList, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn buyer(&self, _: &Visitor, _: AccountId) -> Result<BuyerHistory, ApiError> {
        Err(ApiError::NotFound)
    }

    async fn set_banned(
        &self,
        _: &Visitor,
        _: AccountId,
        _: bool,
        _: Confirmation,
    ) -> Result<(), ApiError> {
        Err(ApiError::NotFound)
    }

    async fn payments(
        &self,
        _: &Visitor,
        _: Option<PaymentGroup>,
        _: Option<PaymentId>,
    ) -> Result<PaymentList, ApiError> {
        Err(ApiError::NotFound)
    }
}
