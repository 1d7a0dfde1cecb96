//! The format of a message: a reservation as JSON with a version in the body, the number of failed
//! tries in a header.

use lapin::{
    BasicProperties,
    types::{AMQPValue, FieldTable, ShortString},
};
use serde::{Deserialize, Serialize};

use crate::engine::ports::QueuedReservation;

/// The format's number. Change it with the format: an older version of the program then moves a
/// message that it cannot read to the dead letters.
const VERSION: u32 = 1;
/// Failed tries to write this entry; redeliveries after a lost connection do not count.
const TRIES_HEADER: &str = "tries";
/// AMQP's number for "on disk".
const PERSISTENT: u8 = 2;

#[derive(Serialize, Deserialize)]
struct Body<Entry> {
    v: u32,
    #[serde(flatten)]
    entry: Entry,
}

/// Why a message cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("not the JSON of a reservation: {0}")]
    Json(#[from] serde_json::Error),
    #[error("the version of its format is {0}, this program knows {VERSION}")]
    Version(u32),
}

/// Makes the body and the properties of a message.
pub(super) fn encode(
    entry: &QueuedReservation,
    tries: u32,
) -> Result<(Vec<u8>, BasicProperties), serde_json::Error> {
    let body = serde_json::to_vec(&Body { v: VERSION, entry })?;
    let mut headers = FieldTable::default();
    headers.insert(TRIES_HEADER.into(), AMQPValue::LongUInt(tries));
    let id = ShortString::from(entry.unit.reservation_id.0.to_string());
    let properties = BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type("application/json".into())
        .with_message_id(id)
        .with_headers(headers);
    Ok((body, properties))
}

/// Reads the reservation in a body.
pub(super) fn decode(body: &[u8]) -> Result<QueuedReservation, Unreadable> {
    let body: Body<QueuedReservation> = serde_json::from_slice(body)?;
    if body.v != VERSION {
        return Err(Unreadable::Version(body.v));
    }
    Ok(body.entry)
}

/// How often the entry has failed. A missing header, or one that is no number, counts as zero.
pub(super) fn tries(properties: &BasicProperties) -> u32 {
    let header = properties
        .headers()
        .as_ref()
        .and_then(|headers| headers.inner().get(TRIES_HEADER));
    // Brokers may change the integer type.
    match header {
        Some(AMQPValue::LongUInt(tries)) => *tries,
        Some(AMQPValue::LongInt(tries)) => u32::try_from(*tries).unwrap_or(0),
        Some(AMQPValue::LongLongInt(tries)) => u32::try_from(*tries).unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use app::wire::{AccountId, ItemId, ReservationId};
    use uuid::Uuid;

    use super::*;
    use crate::engine::ports::Unit;

    #[test]
    fn a_reservation_is_read_as_it_was_written() {
        let entry = QueuedReservation {
            unit: Unit {
                reservation_id: ReservationId(Uuid::from_u128(1)),
                item_id: ItemId(Uuid::from_u128(2)),
                buyer: AccountId(Uuid::from_u128(3)),
            },
            path: "p\"1".into(),
            position: 7,
            held_at_ms: 1_800_000_000_000,
            replayed: true,
        };
        let (body, properties) = encode(&entry, 3).unwrap();
        assert_eq!(decode(&body).unwrap(), entry);
        assert_eq!(tries(&properties), 3);
        assert_eq!(tries(&BasicProperties::default()), 0);
    }

    #[test]
    fn a_message_of_an_earlier_version_was_not_replayed() {
        let body = br#"{"v":1,"reservation_id":"00000000-0000-0000-0000-000000000001",
            "item_id":"00000000-0000-0000-0000-000000000001","path":"p","position":1,"held_at_ms":1,
            "buyer":"00000000-0000-0000-0000-000000000001"}"#;
        assert!(!decode(body).unwrap().replayed);
    }

    #[test]
    fn a_message_of_another_format_is_an_error() {
        assert!(matches!(decode(b"{"), Err(Unreadable::Json(_))));
        let entry = br#"{"v":2,"reservation_id":"00000000-0000-0000-0000-000000000001",
            "item_id":"00000000-0000-0000-0000-000000000001","path":"p","position":1,"held_at_ms":1,
            "buyer":"00000000-0000-0000-0000-000000000001"}"#;
        assert!(matches!(decode(entry), Err(Unreadable::Version(2))));
    }
}
