//! Filling a shop: products, rounds and accounts for demonstrations, load tests and tests.

use app::wire::{AccountId, ItemId, LocalText, Money, RoundId};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, PaginatorTrait};
use uuid::Uuid;

use super::{
    Sql, accounts,
    entity::{account, item, login_token, product, round},
    port_error,
};
use crate::engine::ports::{Account, PortError, TokenHash};

/// An approved round to be written.
#[derive(Clone, Debug)]
pub struct NewRound {
    /// Its id.
    pub round_id: RoundId,
    /// What it is called.
    pub title: LocalText,
    /// Opens (inclusive), epoch milliseconds.
    pub starts_at_ms: i64,
    /// Closes (exclusive), epoch milliseconds.
    pub ends_at_ms: i64,
    /// The operator's words when it is stopped.
    pub stopped: Option<LocalText>,
    /// Seconds a buyer has to pay; `None`: the shop's default.
    pub pay_window_s: Option<u32>,
    /// What it sells, in the order of the page.
    pub items: Vec<NewItem>,
}

/// A product, sold in a round.
#[derive(Clone, Debug)]
pub struct NewItem {
    /// The item's id.
    pub item_id: ItemId,
    /// The product's id; a product that exists already is left as it is.
    pub product_id: Uuid,
    /// Title.
    pub title: LocalText,
    /// A few sentences.
    pub description: LocalText,
    /// Address of its picture.
    pub picture_url: String,
    /// Ordinary price.
    pub list_price: Money,
    /// Price in the round.
    pub sale_price: Money,
    /// Units offered, all sellable.
    pub stock: u32,
}

/// Rows an `INSERT`: below every database's limit of bind parameters.
const CHUNK: usize = 1000;

impl Sql {
    /// Whether nobody has put anything into the shop yet.
    pub async fn is_empty(&self) -> Result<bool, PortError> {
        let rounds = round::Entity::find()
            .count(&self.read)
            .await
            .map_err(port_error)?;
        let people = account::Entity::find()
            .count(&self.read)
            .await
            .map_err(port_error)?;
        Ok(rounds == 0 && people == 0)
    }

    /// Writes a round with its items in one transaction.
    pub async fn add_round(&self, new: &NewRound) -> Result<(), PortError> {
        let transaction = self.begin().await?;
        let round = round::ActiveModel {
            id: Set(new.round_id.0),
            title_zh: Set(new.title.zh.clone()),
            title_en: Set(new.title.en.clone()),
            starts_at_ms: Set(new.starts_at_ms),
            ends_at_ms: Set(new.ends_at_ms),
            status: Set(round::Status::Approved),
            stopped_zh: Set(new.stopped.as_ref().map(|words| words.zh.clone())),
            stopped_en: Set(new.stopped.as_ref().map(|words| words.en.clone())),
            pay_window_s: Set(new.pay_window_s.map(u32::cast_signed)),
        };
        round.insert(&transaction).await.map_err(port_error)?;
        for (sequence, new_item) in (0..).zip(&new.items) {
            let known = product::Entity::find_by_id(new_item.product_id)
                .one(&transaction)
                .await
                .map_err(port_error)?;
            if known.is_none() {
                product_row(new_item)
                    .insert(&transaction)
                    .await
                    .map_err(port_error)?;
            }
            let row = item::ActiveModel {
                id: Set(new_item.item_id.0),
                round_id: Set(new.round_id.0),
                product_id: Set(new_item.product_id),
                sequence: Set(sequence),
                sale_price: Set(new_item.sale_price.0),
                limit_per_buyer: Set(1),
                total: Set(i64::from(new_item.stock)),
                sellable: Set(i64::from(new_item.stock)),
                locked: Set(0),
                sold: Set(0),
                segments: Set(1),
                gate_epoch: Set(None::<Uuid>),
            };
            row.insert(&transaction).await.map_err(port_error)?;
        }
        transaction.commit().await.map_err(port_error)
    }

    /// Writes accounts in one transaction. None of their mobile numbers may exist.
    pub async fn add_accounts(&self, accounts: &[Account]) -> Result<(), PortError> {
        let transaction = self.begin().await?;
        for chunk in accounts.chunks(CHUNK) {
            account::Entity::insert_many(chunk.iter().map(accounts::to_row))
                .exec_without_returning(&transaction)
                .await
                .map_err(port_error)?;
        }
        transaction.commit().await.map_err(port_error)
    }

    /// Writes log-ins in one transaction.
    pub async fn add_log_ins(
        &self,
        log_ins: &[(TokenHash, AccountId)],
        expires_at_ms: i64,
    ) -> Result<(), PortError> {
        let transaction = self.begin().await?;
        for chunk in log_ins.chunks(CHUNK) {
            let rows = chunk
                .iter()
                .map(|(token, account_id)| login_token::ActiveModel {
                    token_hash: Set(token.0.clone()),
                    account_id: Set(account_id.0),
                    expires_at_ms: Set(expires_at_ms),
                    dies_at_ms: Set(expires_at_ms),
                });
            login_token::Entity::insert_many(rows)
                .exec_without_returning(&transaction)
                .await
                .map_err(port_error)?;
        }
        transaction.commit().await.map_err(port_error)
    }

    /// How many accounts there are: load buyers are numbered from here on.
    pub async fn count_accounts(&self) -> Result<u64, PortError> {
        account::Entity::find()
            .count(&self.read)
            .await
            .map_err(port_error)
    }
}

fn product_row(new: &NewItem) -> product::ActiveModel {
    product::ActiveModel {
        id: Set(new.product_id),
        title_zh: Set(new.title.zh.clone()),
        title_en: Set(new.title.en.clone()),
        description_zh: Set(new.description.zh.clone()),
        description_en: Set(new.description.en.clone()),
        picture_url: Set(new.picture_url.clone()),
        list_price: Set(new.list_price.0),
    }
}
