//! A holder as Redis stores it, by buyer: `reservation_id|position|held_at_ms|state|resends_or_parked_at_ms|path`.
//! `lua/prelude.lua` reads and writes the same text. The number of resends (or the instant of parking) and the
//! path are used only by the scripts.

use super::{id, malformed, number, read_state::GateHold};
use crate::engine::ports::{Holder, PortError};

const HELD: &str = "h";
const SOLD: &str = "s";
/// Below this the field counts how often the entry was sent again; from here on it is the instant
/// (epoch milliseconds) at which the entry was parked.
const FIRST_INSTANT: i64 = 1000;

/// Encodes a holder that the ledger knows. Its entry is never sent again, so it needs neither the
/// time nor the path.
pub(super) fn encode(holder: &Holder) -> String {
    let state = if holder.paid { SOLD } else { HELD };
    format!("{}|{}|0|{state}|0|", holder.reservation_id, holder.position)
}

/// Decodes the holder stored for a buyer.
pub(super) fn decode(buyer: &str, text: &str) -> Result<GateHold, PortError> {
    let mut fields = text.splitn(6, '|');
    let mut field = || {
        fields
            .next()
            .ok_or_else(|| malformed("a holder without some of its fields"))
    };
    let buyer = buyer
        .parse()
        .map_err(|_| malformed("a holder with an invalid buyer id"))?;
    let (reservation_id, position) = (id(field()?)?, number(field()?)?);
    let held_at_ms = number(field()?)?;
    let paid = field()? == SOLD;
    Ok(GateHold {
        holder: Holder {
            buyer,
            reservation_id,
            position,
            paid,
        },
        held_at_ms,
        is_parked: number::<i64>(field()?)? >= FIRST_INSTANT,
    })
}

#[cfg(test)]
mod tests {
    use app::wire::{AccountId, ReservationId};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_holder_of_the_ledger_is_read_back_as_it_was_written() {
        for paid in [false, true] {
            let holder = Holder {
                buyer: AccountId(Uuid::from_u128(1)),
                reservation_id: ReservationId(Uuid::from_u128(2)),
                position: 3,
                paid,
            };
            let read = decode(&holder.buyer.to_string(), &encode(&holder)).unwrap();
            assert_eq!((read.holder, read.held_at_ms), (holder, 0));
        }
    }

    #[test]
    fn a_holder_that_the_reserve_script_wrote_is_read_with_any_path() {
        let (buyer, id) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let text = format!("{id}|7|1800000000000|h|2|a|b");
        let read = decode(&buyer.to_string(), &text).unwrap();
        assert_eq!(read.holder.reservation_id, ReservationId(id));
        assert_eq!(
            (read.holder.position, read.held_at_ms),
            (7, 1_800_000_000_000)
        );
        assert!(!read.holder.paid && !read.is_parked);
        let parked = text.replace("|2|a", "|1800000000001|a");
        assert!(decode(&buyer.to_string(), &parked).unwrap().is_parked);
    }

    #[test]
    fn a_malformed_holder_is_an_error() {
        let buyer = Uuid::from_u128(1).to_string();
        let short = "00000000-0000-0000-0000-000000000002|1|2|h";
        for text in ["", "x", short, &short[..short.len() - 2]] {
            assert!(decode(&buyer, text).is_err(), "{text:?}");
        }
    }
}
