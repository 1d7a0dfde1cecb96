//! Removing an item that nobody needs any more: what a benchmark leaves. Not for an item of a shop:
//! those vanish by themselves, a while after their round.

use app::wire::ItemId;
use futures::{TryStreamExt, stream};

use super::{Redis, Results, segment, segment::Segment};
use crate::engine::ports::{PortError, Unit};

/// Removals under way at once.
const ABREAST: usize = 256;

/// Removes an item of one segment and the results of `units`, which are its reservations.
///
/// # Errors
/// When Redis does not answer; a repeat removes the rest.
pub async fn sweep(
    redis: &Redis,
    results: &Results,
    item_id: ItemId,
    units: impl Iterator<Item = Unit>,
) -> Result<(), PortError> {
    let segment = Segment::new(item_id, 0);
    let keys = segment.keys(
        redis,
        [
            "item",
            "holders",
            "positions",
            "transfers",
            "received",
            "outbox",
            "late",
            "filling",
        ],
    );
    let mut unlist = redis::cmd("ZREM");
    unlist.arg(segment::outboxes(redis)).arg(segment.tag());
    redis.ask::<i64>(&unlist).await?;
    let mut remove = redis::cmd("UNLINK");
    remove.arg(&keys);
    redis.ask::<i64>(&remove).await?;
    stream::iter(units.map(Ok))
        .try_for_each_concurrent(ABREAST, |unit| results.forget(unit))
        .await
}
