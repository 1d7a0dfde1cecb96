//! The highest position that each segment gave to a buyer of this process. A segment about to give a
//! lower one in the same epoch has lost holds: a truncated log or a lagging replica loses only the newest
//! entries, never older ones. So a loss is noticed at the first call after it, and a restart without a
//! loss causes no suspicion.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use uuid::Uuid;

use super::super::segment::Segment;

/// Most segments that are remembered.
const MAX_SEGMENTS: usize = 100_000;

/// By the tag of the segment: the epoch, and the position.
#[derive(Default)]
pub struct ToldPositions(Mutex<HashMap<String, (Uuid, u32)>>);

impl ToldPositions {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Uuid, u32)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a buyer was told this position.
    pub fn note(&self, segment: &Segment, epoch: Uuid, position: u32) {
        let mut told = self.lock();
        if let Some(known) = told.get_mut(segment.tag()) {
            *known = match *known {
                (same, highest) if same == epoch => (epoch, highest.max(position)),
                _ => (epoch, position),
            };
            return;
        }
        if told.len() >= MAX_SEGMENTS {
            told.clear();
        }
        told.insert(segment.tag().to_owned(), (epoch, position));
    }

    /// Whether a position was recorded since the load with this epoch.
    pub fn knows(&self, segment: &Segment, epoch: Uuid) -> bool {
        matches!(self.lock().get(segment.tag()), Some((same, _)) if *same == epoch)
    }

    /// The highest position that buyers were told since the load with this epoch, or 0.
    pub fn highest(&self, segment: &Segment, epoch: Uuid) -> u32 {
        match self.lock().get(segment.tag()) {
            Some((same, highest)) if *same == epoch => *highest,
            _ => 0,
        }
    }
}
