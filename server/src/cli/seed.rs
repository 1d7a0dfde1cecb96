//! `server seed`: a believable shop for a folder that has none.

use app::wire::{AccountId, Mobile, Password, Role};

use super::{Failure, demo_shop};
use crate::{
    adapters::{
        sql::Sql,
        system::{Argon2Passwords, SystemClock, SystemIds},
    },
    engine::ports::{Account, Clock, Ids, Passwords},
};

/// One account a role, all with the same password: for a shop on somebody's own machine.
const PEOPLE: [(&str, &str, Role); 4] = [
    ("13800000001", "小明", Role::Buyer),
    ("13800000002", "运营小王", Role::Operator),
    ("13800000003", "审核小李", Role::Reviewer),
    ("13800000004", "管理员", Role::Admin),
];
const PASSWORD: &str = "seckill-demo";

/// Fills an empty shop and prints who can sign in; leaves any other shop alone.
pub async fn demo_shop_if_empty(sql: &Sql) -> Result<(), Failure> {
    if !sql.is_empty().await? {
        return Ok(());
    }
    let now_ms = SystemClock.now_ms();
    for round in demo_shop::rounds(now_ms) {
        sql.add_round(&round).await?;
    }
    let passwords = Argon2Passwords::new()?;
    let mut accounts = Vec::new();
    for (mobile, nickname, role) in PEOPLE {
        accounts.push(Account {
            account_id: AccountId(SystemIds.id()),
            mobile: Mobile::parse(mobile)?,
            nickname: nickname.to_owned(),
            role,
            banned: false,
            password_hash: passwords
                .hash(Password::parse(PASSWORD.to_owned())?)
                .await?,
            created_at_ms: now_ms,
        });
    }
    sql.add_accounts(&accounts).await?;

    println!("An empty shop was filled with a demonstration. Sign in with password {PASSWORD}:");
    for (mobile, nickname, role) in PEOPLE {
        println!("  {mobile}  {role:?} ({nickname})");
    }
    Ok(())
}
