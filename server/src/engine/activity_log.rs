//! The chain of the activity log: each entry's hash covers the one before, so that an entry that was
//! changed, taken out or put in is found.

use app::wire::Activity;
use sha2::{Digest, Sha256};

use super::ports::{ActivityLog, ChainEnd, PortError};
use crate::hex;

/// Entries read at a time.
const PAGE: u32 = 1000;

/// The hash of an entry behind one with the hash `previous`. The entry's own hash does not count.
pub fn chained(previous: &str, activity: &Activity) -> String {
    let plain = Activity {
        hash: String::new(),
        ..activity.clone()
    };
    let mut digest = Sha256::new();
    digest.update(previous.as_bytes());
    // Its fields are numbers, words and texts: nothing that fails to be written as JSON.
    digest.update(serde_json::to_vec(&plain).unwrap_or_default());
    hex::digits(&digest.finalize())
}

/// What the log's chain says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Where the log ends. Whoever keeps this elsewhere can see that later logs go on from it.
    pub end: ChainEnd,
    /// The first thing that is wrong.
    pub broken: Option<String>,
}

/// Reads the whole log and checks its chain. Entries may be added meanwhile.
///
/// # Errors
/// The ledger.
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
    // What the log has beyond its end was put in by somebody else.
    let end = log.chain_end().await?;
    if broken.is_none() && last.number > end.number {
        broken = Some(format!("entry {} was put in", last.number));
    }
    Ok(Verified { end, broken })
}

/// The next entry behind `last`, and what is wrong with it.
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
        .then(|| format!("entry {number} is another one than was noted"))
}
