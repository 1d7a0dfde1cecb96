//! Passes a path from one page of a tab to the next, only for one item and the account that got it.

use serde::{Deserialize, Serialize};

use crate::{
    browser::storage,
    wire::{AccountId, HiddenPath, ItemId},
};

#[derive(Serialize, Deserialize)]
struct StoredPath {
    account_id: AccountId,
    path: HiddenPath,
}

/// The path that an earlier page stored for this account.
pub fn recall(item_id: ItemId, account_id: AccountId) -> Option<HiddenPath> {
    read(&storage::kept(&name(item_id))?, account_id)
}

/// Stores a path for the next page, replacing an earlier one.
pub fn keep(item_id: ItemId, account_id: AccountId, path: HiddenPath) {
    // Writing ids, numbers and text does not fail.
    if let Ok(text) = serde_json::to_string(&StoredPath { account_id, path }) {
        storage::keep(&name(item_id), &text);
    }
}

/// Removes the stored path.
pub fn forget(item_id: ItemId) {
    storage::forget(&name(item_id));
}

fn name(item_id: ItemId) -> String {
    format!("seckill_path:{item_id}")
}

/// `None` if another account or another version of this program stored it.
fn read(text: &str, account_id: AccountId) -> Option<HiddenPath> {
    let stored: StoredPath = serde_json::from_str(text).ok()?;
    (stored.account_id == account_id).then_some(stored.path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_stored_path_is_read_only_by_its_account() {
        let account = |number| AccountId(Uuid::from_u128(number));
        let path = HiddenPath {
            path: "0f".to_owned(),
            expires_at_ms: 1_800_000_000_000,
        };
        let text = serde_json::to_string(&StoredPath {
            account_id: account(1),
            path: path.clone(),
        })
        .unwrap();
        assert_eq!(read(&text, account(1)), Some(path));
        assert_eq!(read(&text, account(2)), None);
        for other in ["", "null", "{}", "0f", r#"{"account_id":1,"path":"0f"}"#] {
            assert_eq!(read(other, account(1)), None, "{other}");
        }
    }
}
