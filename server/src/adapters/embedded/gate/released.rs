//! Reservations whose units were released at the gate.

use std::collections::{HashMap, VecDeque};

use app::wire::ReservationId;

/// How many of the latest are remembered. The ledger is told of a batch of returns (256) before the
/// next one starts, so it lacks far fewer. The rest serves repeated requests: within the lifetime of
/// a path, hardly more units can come back.
const CAPACITY: usize = 262_144;

/// The latest released reservations of all items, each with its position. A reservation ends once:
/// none of these will ever hold a unit again, even if the ledger still says so. It does for a while,
/// because it is told only after the gate has the unit back, and that commit may fail.
#[derive(Default)]
pub struct ReleasedUnits {
    /// `None` if the item was unknown when its unit came back.
    positions: HashMap<ReservationId, Option<u32>>,
    /// In the order of their return.
    order: VecDeque<ReservationId>,
}

impl ReleasedUnits {
    /// Records that a unit has come back. Keeps a known position.
    pub fn add(&mut self, id: ReservationId, position: Option<u32>) {
        self.add_within(CAPACITY, id, position);
    }

    fn add_within(&mut self, capacity: usize, id: ReservationId, position: Option<u32>) {
        if let Some(known) = self.positions.get_mut(&id) {
            *known = known.or(position);
            return;
        }
        self.positions.insert(id, position);
        self.order.push_back(id);
        if self.order.len() > capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.positions.remove(&oldest);
        }
    }

    /// The position of a released reservation, if known; `None` if its unit has not come back.
    #[expect(clippy::option_option, reason = "not back; back; back with a position")]
    pub fn get(&self, id: ReservationId) -> Option<Option<u32>> {
        self.positions.get(&id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn id(number: u128) -> ReservationId {
        ReservationId(Uuid::from_u128(number))
    }

    #[test]
    fn a_position_learned_later_is_kept() {
        let mut released = ReleasedUnits::default();
        assert_eq!(released.get(id(1)), None);
        for (position, expected) in [(None, None), (Some(7), Some(7)), (None, Some(7))] {
            released.add(id(1), position);
            assert_eq!(released.get(id(1)), Some(expected));
        }
    }

    #[test]
    fn the_number_of_remembered_reservations_is_bounded() {
        let mut released = ReleasedUnits::default();
        for number in [1, 2, 1, 3] {
            released.add_within(2, id(number), None);
        }
        let known = [1, 2, 3].map(|number| released.get(id(number)).is_some());
        assert_eq!(known, [false, true, true]);
        assert_eq!((released.positions.len(), released.order.len()), (2, 2));
    }
}
