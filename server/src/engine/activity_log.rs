//! The chain of the activity log: each entry's hash covers the one before, so that an entry that was
//! changed, taken out or put in is found.

use app::wire::Activity;
use sha2::{Digest, Sha256};

use super::ports::{ActivityLog, ChainEnd, PortError};

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
    let digest = digest.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the log's chain says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Where the log ends. Whoever keeps this elsewhere can see that later logs go on from it.
    pub end: ChainEnd,
    /// The first thing that is wrong.
    pub broken: Option<String>,
}

/// Reads the whole log and checks its chain.
///
/// # Errors
/// The ledger.
pub async fn verify(log: &dyn ActivityLog) -> Result<Verified, PortError> {
    let end = log.chain_end().await?;
    let (mut number, mut hash) = (0, String::new());
    let broken = 'log: loop {
        let page = log.activities_after(number, PAGE).await?;
        if page.is_empty() {
            break (number < end.number)
                .then(|| format!("entries {} to {} are missing", number + 1, end.number));
        }
        for activity in page {
            if activity.number != number + 1 {
                break 'log Some(format!("entry {} is missing", number + 1));
            }
            number += 1;
            hash = chained(&hash, &activity);
            if activity.hash != hash {
                break 'log Some(format!("entry {number} was changed"));
            }
            if number == end.number && hash != end.hash {
                break 'log Some(format!("entry {number} is another one than was noted"));
            }
        }
    };
    Ok(Verified { end, broken })
}
