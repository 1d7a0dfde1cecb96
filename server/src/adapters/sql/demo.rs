//! Filling a shop with products, rounds and accounts, for demonstrations, load tests and tests.

use app::wire::{AccountId, ItemId, LocalText, Money, RoundId};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait, PaginatorTrait,
};
use uuid::Uuid;

use super::{
    Answer, Duplicate, LedgerError, Sql, accounts,
    entity::{account, item, login_token, product, round},
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
    /// How many pieces a gate outside this process splits the stock into, 1 to 64.
    pub segments: u8,
}

/// Rows an `INSERT`: below every database's limit of bind parameters.
const CHUNK: usize = 1000;

impl Sql {
    /// Whether nobody has put anything into the shop yet.
    pub async fn is_empty(&self) -> Result<bool, PortError> {
        let rounds = round::Entity::find().count(&self.read).answer(self).await?;
        let people = account::Entity::find()
            .count(&self.read)
            .answer(self)
            .await?;
        Ok(rounds == 0 && people == 0)
    }

    /// Writes a round with its items in one transaction.
    pub async fn add_round(&self, new: &NewRound) -> Result<(), PortError> {
        let added = self.transact(Duplicate::Answer, new, |transaction, new| {
            Box::pin(insert_round(transaction, new))
        });
        Ok(added.await?)
    }

    /// Writes accounts, a thousand a transaction. None of their mobile numbers may exist.
    pub async fn add_accounts(&self, accounts: &[Account]) -> Result<(), PortError> {
        for chunk in accounts.chunks(CHUNK) {
            let added = self.transact(Duplicate::Answer, chunk, |transaction, chunk| {
                Box::pin(async move {
                    account::Entity::insert_many(chunk.iter().map(accounts::to_row))
                        .exec_without_returning(transaction)
                        .await?;
                    Ok(())
                })
            });
            added.await?;
        }
        Ok(())
    }

    /// Writes log-ins, a thousand a transaction.
    pub async fn add_log_ins(
        &self,
        log_ins: &[(TokenHash, AccountId)],
        expires_at_ms: i64,
    ) -> Result<(), PortError> {
        let row = |(token, account_id): &(TokenHash, AccountId)| login_token::ActiveModel {
            token_hash: Set(token.0.clone()),
            account_id: Set(account_id.0),
            expires_at_ms: Set(expires_at_ms),
            max_expires_at_ms: Set(expires_at_ms),
        };
        for chunk in log_ins.chunks(CHUNK) {
            let rows: Vec<_> = chunk.iter().map(row).collect();
            let added = self.transact(Duplicate::Answer, rows, |transaction, rows| {
                Box::pin(async move {
                    login_token::Entity::insert_many(rows.clone())
                        .exec_without_returning(transaction)
                        .await?;
                    Ok(())
                })
            });
            added.await?;
        }
        Ok(())
    }

    /// How many accounts there are: load buyers are numbered from here on.
    pub async fn count_accounts(&self) -> Result<u64, PortError> {
        account::Entity::find().count(&self.read).answer(self).await
    }
}

async fn insert_round(
    transaction: &DatabaseTransaction,
    new: &NewRound,
) -> Result<(), LedgerError> {
    round_row(new).insert(transaction).await?;
    for (sequence, new_item) in (0..).zip(&new.items) {
        let known = product::Entity::find_by_id(new_item.product_id)
            .one(transaction)
            .await?;
        if known.is_none() {
            product_row(new_item).insert(transaction).await?;
        }
        let row = item_row(new.round_id, sequence, new_item);
        row.insert(transaction).await?;
    }
    Ok(())
}

fn round_row(new: &NewRound) -> round::ActiveModel {
    round::ActiveModel {
        id: Set(new.round_id.0),
        title_zh: Set(new.title.zh.clone()),
        title_en: Set(new.title.en.clone()),
        starts_at_ms: Set(new.starts_at_ms),
        ends_at_ms: Set(new.ends_at_ms),
        status: Set(round::Status::Approved),
        stopped_zh: Set(new.stopped.as_ref().map(|words| words.zh.clone())),
        stopped_en: Set(new.stopped.as_ref().map(|words| words.en.clone())),
        pay_window_s: Set(new.pay_window_s.map(u32::cast_signed)),
    }
}

fn item_row(round_id: RoundId, sequence: i32, new: &NewItem) -> item::ActiveModel {
    item::ActiveModel {
        id: Set(new.item_id.0),
        round_id: Set(round_id.0),
        product_id: Set(new.product_id),
        sequence: Set(sequence),
        sale_price: Set(new.sale_price.0),
        limit_per_buyer: Set(1),
        total: Set(i64::from(new.stock)),
        sellable: Set(i64::from(new.stock)),
        locked: Set(0),
        sold: Set(0),
        segments: Set(new.segments.into()),
        gate_epoch: Set(None::<Uuid>),
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
