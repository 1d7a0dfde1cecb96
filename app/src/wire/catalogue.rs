//! The items on sale, their times, and their stock.

use serde::{Deserialize, Serialize};

use super::{ItemId, LocalText, Money, RoundId};

/// A sale window `[starts_at_ms, ends_at_ms)` with its items. Only approved rounds are on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Round {
    pub round_id: RoundId,
    pub title: LocalText,
    /// Opens at this instant (inclusive).
    pub starts_at_ms: i64,
    /// Closes at this instant (exclusive).
    pub ends_at_ms: i64,
    /// The operator's words, when the round was stopped by hand.
    pub stopped: Option<LocalText>,
    /// Its items in the order of the page.
    pub items: Vec<Item>,
}

impl Round {
    /// The round's phase at `now_ms`.
    pub fn phase_at(&self, now_ms: i64) -> Phase {
        Phase::at(
            self.starts_at_ms,
            self.ends_at_ms,
            self.stopped.is_some(),
            now_ms,
        )
    }
}

/// A product in a round, as a card on a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub item_id: ItemId,
    pub title: LocalText,
    /// Address of its picture (square).
    pub picture_url: String,
    /// Price in this round.
    pub sale_price: Money,
    /// Ordinary price.
    pub list_price: Money,
    /// Units offered in this round.
    pub total: u32,
    /// Units sellable when this was read; may be up to a page's life old.
    pub sellable: u32,
}

/// One item with all data of its page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemDetail {
    /// The card.
    #[serde(flatten)]
    pub item: Item,
    /// Its description, a few sentences.
    pub description: LocalText,
    /// Units one buyer may have (1).
    pub limit_per_buyer: u32,
    /// Seconds a buyer has to pay.
    pub pay_window_s: u32,
    pub round_id: RoundId,
    pub round_title: LocalText,
    /// The round opens (inclusive).
    pub starts_at_ms: i64,
    /// The round closes (exclusive).
    pub ends_at_ms: i64,
    /// The operator's words, when the round was stopped by hand.
    pub stopped: Option<LocalText>,
}

impl ItemDetail {
    /// The phase of the item's round at `now_ms`.
    pub fn phase_at(&self, now_ms: i64) -> Phase {
        Phase::at(
            self.starts_at_ms,
            self.ends_at_ms,
            self.stopped.is_some(),
            now_ms,
        )
    }
}

/// The phase of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not open yet.
    Upcoming,
    /// Open.
    Running,
    /// Stopped by hand.
    Stopped,
    /// Over.
    Ended,
}

impl Phase {
    /// The word on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Phase::Upcoming => "upcoming",
            Phase::Running => "running",
            Phase::Stopped => "stopped",
            Phase::Ended => "ended",
        }
    }

    /// This phase and those that time alone may bring.
    pub fn and_later(self) -> &'static [Phase] {
        match self {
            Phase::Upcoming => &[Phase::Upcoming, Phase::Running, Phase::Ended],
            Phase::Running => &[Phase::Running, Phase::Ended],
            Phase::Stopped => &[Phase::Stopped, Phase::Ended],
            Phase::Ended => &[Phase::Ended],
        }
    }

    /// The one rule for the window, used by pages, paths and the embedded gate alike. The end
    /// outranks a stop: a stopped round past its end is ended.
    pub fn at(starts_at_ms: i64, ends_at_ms: i64, stopped: bool, now_ms: i64) -> Phase {
        if now_ms >= ends_at_ms {
            Phase::Ended
        } else if stopped {
            Phase::Stopped
        } else if now_ms < starts_at_ms {
            Phase::Upcoming
        } else {
            Phase::Running
        }
    }
}

/// The current stock of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stock {
    /// Units offered in this round.
    pub total: u32,
    /// Units that can be bought now.
    pub sellable: u32,
    pub phase: Phase,
    /// The round opens (inclusive).
    pub starts_at_ms: i64,
    /// The round closes (exclusive).
    pub ends_at_ms: i64,
    /// The operator's words, while the round is stopped by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<LocalText>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_includes_its_start_and_excludes_its_end() {
        let at = |now| Phase::at(10, 20, false, now);
        assert_eq!(
            [at(9), at(10), at(19), at(20)],
            [
                Phase::Upcoming,
                Phase::Running,
                Phase::Running,
                Phase::Ended
            ]
        );
        assert_eq!(Phase::at(10, 20, true, 15), Phase::Stopped);
        assert_eq!(Phase::at(10, 20, true, 25), Phase::Ended);
    }

    #[test]
    fn a_phase_has_one_name_and_is_followed_by_the_next_in_time() {
        for (stopped, at_ms) in [(false, 9), (false, 10), (true, 10), (false, 20)] {
            let phase = Phase::at(10, 20, stopped, at_ms);
            assert_eq!(serde_json::to_value(phase).unwrap(), phase.name());
            let later = [at_ms, 10, 20].map(|later| later.max(at_ms));
            let mut phases = later
                .map(|later| Phase::at(10, 20, stopped, later))
                .to_vec();
            phases.dedup();
            assert_eq!(phase.and_later(), phases);
        }
    }
}
