//! The demonstration's accounts: one for each role, all with a password published here. For a shop
//! on one's own machine; production refuses them.

use app::wire::{Mobile, Nickname, Password, Role};

use super::Failure;
use crate::{
    adapters::{sql::Sql, system::Argon2Passwords},
    engine::{
        back_office::{
            self,
            add_accounts::{NewAccount, add_accounts},
        },
        ports::{Accounts, ChangedBy, Passwords},
    },
};

const PEOPLE: [(&str, &str, Role); 6] = [
    ("13800000001", "小明", Role::Buyer),
    ("13800000002", "运营小王", Role::Operator),
    ("13800000003", "审核小李", Role::Reviewer),
    ("13800000004", "管理员", Role::Admin),
    ("13800000005", "客服小张", Role::Support),
    ("13800000006", "审计小陈", Role::Auditor),
];
const PASSWORD: &str = "seckill-demo";

pub async fn add(office: &back_office::Deps) -> Result<(), Failure> {
    let mut people = Vec::new();
    for (mobile, nickname, role) in PEOPLE {
        people.push(NewAccount {
            mobile: Mobile::parse(mobile)?,
            nickname: Nickname::parse(nickname)?,
            role,
            password: password()?,
        });
    }
    Ok(add_accounts(office, people, &ChangedBy::command()).await?)
}

/// Prints who can sign in.
pub fn print() {
    println!("An empty shop was filled with a demonstration. Sign in with password {PASSWORD}:");
    for (mobile, nickname, role) in PEOPLE {
        println!("  {mobile}  {role:?} ({nickname})");
    }
}

/// Fails when one of them exists, may do more than buy, and still has the public password.
///
/// Buyers do not count: anybody may register one of these numbers with any password, and must not
/// be able to keep the shop from starting.
pub async fn refuse(sql: &Sql) -> Result<(), Failure> {
    let passwords = Argon2Passwords::new()?;
    let mut found = Vec::new();
    for (mobile, _, _) in PEOPLE {
        let Some(account) = sql.by_mobile(&Mobile::parse(mobile)?).await? else {
            continue;
        };
        let hash = Some(account.password_hash);
        if account.role.is_staff() && passwords.verify(password()?, hash).await? {
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
