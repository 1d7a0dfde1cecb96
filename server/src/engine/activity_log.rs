//! The hash chain of the activity log. Each entry's hash covers the previous one, so that a changed,
//! removed or inserted entry is detected.

use app::wire::Activity;
use sha2::{Digest, Sha256};

use super::ports::{ActivityLog, ChainEnd, PortError};
use crate::hex;

/// Entries read at a time.
const PAGE: u32 = 1000;

/// The hash of `activity`, whose predecessor has the hash `previous`. Ignores `activity.hash`.
pub fn chained(previous: &str, activity: &Activity) -> String {
    let plain = Activity {
        hash: String::new(),
        ..activity.clone()
    };
    let mut digest = Sha256::new();
    digest.update(previous.as_bytes());
    // All fields are numbers or texts, so that writing them as JSON cannot fail.
    digest.update(serde_json::to_vec(&plain).unwrap_or_default());
    hex::digits(&digest.finalize())
}

/// The result of checking the log's chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The last entry. Keep it outside the shop to check that a later log continues from it.
    pub end: ChainEnd,
    /// The first error found.
    pub broken: Option<String>,
}

/// Reads the whole log and checks its chain. Entries may be added at the same time.
///
/// # Errors
/// If the ledger fails.
pub async fn verify(log: &dyn ActivityLog) -> Result<Verified, PortError> {
    let before = log.chain_end().await?;
    let (mut last, mut broken) = (
        ChainEnd {
            number: 0,
            hash: String::new(),
        },
        None,
    );
    loop {
        let page = log.activities_after(last.number, PAGE).await?;
        if page.is_empty() {
            break;
        }
        for activity in page {
            let found = follow(&mut last, &activity, &before);
            broken = broken.or(found);
        }
        if broken.is_some() {
            break;
        }
    }
    if broken.is_none() && last.number < before.number {
        let first = last.number + 1;
        broken = Some(format!("entries {first} to {} are missing", before.number));
    }
    // Entries behind the recorded end were inserted by a third party.
    let end = log.chain_end().await?;
    if broken.is_none() && last.number > end.number {
        broken = Some(format!("entry {} was inserted", last.number));
    }
    Ok(Verified { end, broken })
}

/// Makes `activity` the new `last` entry and returns what is wrong with it.
fn follow(last: &mut ChainEnd, activity: &Activity, end: &ChainEnd) -> Option<String> {
    let number = last.number + 1;
    if activity.number != number {
        return Some(format!("entry {number} is missing"));
    }
    let hash = chained(&last.hash, activity);
    *last = ChainEnd { number, hash };
    if activity.hash != last.hash {
        return Some(format!("entry {number} was changed"));
    }
    (number == end.number && last.hash != end.hash)
        .then(|| format!("entry {number} is not the recorded last entry"))
}
