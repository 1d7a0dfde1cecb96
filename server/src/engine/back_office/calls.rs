//! [`app::port::BackOffice`] over the engine: checks the caller's role, calls one use case.

use std::sync::Arc;

use app::{
    port::{BackOffice, Visitor},
    wire::{AddedRound, ApiError, ItemDraft, ItemId, Me, ProductId, Role, RoundDraft, RoundId},
};
use async_trait::async_trait;

use super::{Deps, add_round};
use crate::engine::ports::{Ids, NewItem, NewRound};

/// The back office as people and programs meet it.
pub struct OfficeCalls {
    deps: Arc<Deps>,
}

impl OfficeCalls {
    /// Calls to the back office.
    pub fn new(deps: Arc<Deps>) -> Self {
        Self { deps }
    }
}

/// The caller, if it may do everything.
fn administrator(visitor: &Visitor) -> Result<&Me, ApiError> {
    let me = visitor.signed_in()?;
    match me.role {
        _ if me.banned => Err(ApiError::Banned),
        Role::Admin => Ok(me),
        Role::Buyer | Role::Operator | Role::Reviewer => Err(ApiError::Forbidden),
    }
}

#[async_trait]
impl BackOffice for OfficeCalls {
    async fn add_round(
        &self,
        visitor: &Visitor,
        draft: RoundDraft,
    ) -> Result<AddedRound, ApiError> {
        let me = administrator(visitor)?;
        let round = new_round(draft, &*self.deps.ids);
        add_round::add_coming_round(&self.deps, &round).await?;
        let round_id = round.round_id;
        tracing::info!(%round_id, account_id = %me.account_id, "an administrator added a round");
        Ok(AddedRound {
            round_id,
            item_ids: round.items.iter().map(|item| item.item_id).collect(),
        })
    }
}

fn new_round(draft: RoundDraft, ids: &dyn Ids) -> NewRound {
    let item = |item: ItemDraft| NewItem {
        item_id: ItemId(ids.id()),
        product_id: ProductId(ids.id()),
        title: item.title,
        description: item.description,
        picture_url: item.picture_url,
        list_price: item.list_price,
        sale_price: item.sale_price,
        stock: item.stock,
        segments: item.segments,
    };
    NewRound {
        round_id: RoundId(ids.id()),
        title: draft.title,
        starts_at_ms: draft.starts_at_ms,
        ends_at_ms: draft.ends_at_ms,
        stopped: None,
        pay_window_s: draft.pay_window_s,
        items: draft.items.into_iter().map(item).collect(),
    }
}
