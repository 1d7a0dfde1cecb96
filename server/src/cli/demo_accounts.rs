//! The accounts of the demonstration: one a role, all with a password that everybody can read here.
//! For a shop on somebody's own machine; production refuses them.

use app::wire::{AccountId, Mobile, Password, Role};

use super::Failure;
use crate::{
    adapters::{
        sql::Sql,
        system::{Argon2Passwords, SystemIds},
    },
    engine::ports::{Account, Accounts, Ids, Passwords},
};

const PEOPLE: [(&str, &str, Role); 4] = [
    ("13800000001", "小明", Role::Buyer),
    ("13800000002", "运营小王", Role::Operator),
    ("13800000003", "审核小李", Role::Reviewer),
    ("13800000004", "管理员", Role::Admin),
];
const PASSWORD: &str = "seckill-demo";

/// Makes them.
pub async fn add(sql: &Sql, now_ms: i64) -> Result<(), Failure> {
    let passwords = Argon2Passwords::new()?;
    let mut accounts = Vec::new();
    for (mobile, nickname, role) in PEOPLE {
        accounts.push(Account {
            account_id: AccountId(SystemIds.id()),
            mobile: Mobile::parse(mobile)?,
            nickname: nickname.to_owned(),
            role,
            banned: false,
            password_hash: passwords.hash(password()?).await?,
            created_at_ms: now_ms,
        });
    }
    Ok(sql.add_accounts(&accounts).await?)
}

/// Says who can sign in.
pub fn print() {
    println!("An empty shop was filled with a demonstration. Sign in with password {PASSWORD}:");
    for (mobile, nickname, role) in PEOPLE {
        println!("  {mobile}  {role:?} ({nickname})");
    }
}

/// Fails when one of them is there, may do more than buy, and still has the public password.
///
/// A buyer is no reason: anybody may register one of these numbers with any password, and must not
/// be able to keep the shop from starting.
pub async fn refuse(sql: &Sql) -> Result<(), Failure> {
    let passwords = Argon2Passwords::new()?;
    let mut found = Vec::new();
    for (mobile, _, _) in PEOPLE {
        let Some(account) = sql.by_mobile(&Mobile::parse(mobile)?).await? else {
            continue;
        };
        let hash = Some(account.password_hash);
        if account.role != Role::Buyer && passwords.verify(password()?, hash).await? {
            found.push(mobile);
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(format!(
        "production does not serve a shop with the demonstration's accounts ({}): their password \
         is public. Use an empty database or data folder: run `server migrate`, then `server serve`",
        found.join(", ")
    )
    .into())
}

fn password() -> Result<Password, Failure> {
    Ok(Password::parse(PASSWORD.to_owned())?)
}
