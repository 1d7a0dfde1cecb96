//! The pages of a round as shoppers will see them at other moments, for staff: the real pages, rendered with a chosen
//! time and chosen units. Nothing of a sale is read or changed.

use crate::{
    api, routes,
    wire::{DEFAULT_STOP_TEXT, ItemDetail, ItemId, LocalText, Round, RoundId},
};

/// A moment of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Long before the start.
    Before,
    /// A minute before the start.
    Soon,
    /// On sale, half of the units gone.
    Selling,
    /// On sale, all units gone.
    SoldOut,
    /// Stopped by hand.
    Stopped,
    /// Over.
    Ended,
}

const MINUTE_MS: i64 = 60_000;

impl Moment {
    /// In order of time.
    pub const ALL: [Moment; 6] = [
        Moment::Before,
        Moment::Soon,
        Moment::Selling,
        Moment::SoldOut,
        Moment::Stopped,
        Moment::Ended,
    ];

    /// Its word in an address.
    pub fn word(self) -> &'static str {
        match self {
            Moment::Before => "before",
            Moment::Soon => "soon",
            Moment::Selling => "selling",
            Moment::SoldOut => "sold_out",
            Moment::Stopped => "stopped",
            Moment::Ended => "ended",
        }
    }

    /// The moment with this word.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|moment| moment.word() == word)
    }
}

/// A round at a moment. The server puts it into the request whose page is rendered.
#[derive(Clone, Debug)]
pub struct Preview {
    pub moment: Moment,
    /// The round, as the list of rounds shows it then.
    pub round: Round,
    /// Its items, as their pages show them then.
    pub items: Vec<ItemDetail>,
}

impl Preview {
    /// A round at a later moment. A stopped one keeps the words with which it was stopped.
    pub fn new(moment: Moment, mut round: Round, mut items: Vec<ItemDetail>) -> Self {
        let sellable = |total: u32| match moment {
            Moment::Before | Moment::Soon => total,
            Moment::Selling | Moment::Stopped => total.div_ceil(2),
            Moment::SoldOut | Moment::Ended => 0,
        };
        let words = round.stopped.take().unwrap_or_else(|| {
            let (zh, en) = DEFAULT_STOP_TEXT;
            LocalText {
                zh: zh.to_owned(),
                en: en.to_owned(),
            }
        });
        let stopped = (moment == Moment::Stopped).then_some(words);
        round.stopped.clone_from(&stopped);
        for item in &mut round.items {
            item.sellable = sellable(item.total);
        }
        for detail in &mut items {
            detail.item.sellable = sellable(detail.item.total);
            detail.stopped.clone_from(&stopped);
        }
        Self {
            moment,
            round,
            items,
        }
    }

    /// The preview being rendered, if it is one.
    pub fn of_page() -> Option<Self> {
        api::extension()
    }

    /// The time of the preview.
    pub fn now_ms(&self) -> i64 {
        let (starts_at_ms, ends_at_ms) = (self.round.starts_at_ms, self.round.ends_at_ms);
        match self.moment {
            Moment::Before => starts_at_ms - 60 * MINUTE_MS,
            Moment::Soon => starts_at_ms - MINUTE_MS,
            Moment::Selling | Moment::SoldOut | Moment::Stopped => {
                (starts_at_ms + MINUTE_MS).min(ends_at_ms - 1)
            }
            Moment::Ended => ends_at_ms,
        }
    }

    /// An item of the round.
    pub fn item(&self, item_id: ItemId) -> Option<ItemDetail> {
        let found = self
            .items
            .iter()
            .find(|detail| detail.item.item_id == item_id);
        found.cloned()
    }
}

/// The address of a round's page at a moment, or of one of its items.
pub fn address(round_id: RoundId, moment: Moment, item_id: Option<ItemId>) -> String {
    let (rounds, word) = (routes::ADMIN_ROUNDS, moment.word());
    let item = item_id.map_or_else(String::new, |item_id| format!("/{item_id}"));
    format!("{rounds}/{round_id}/preview/{word}{item}")
}

/// The target of a link to an item: in a preview, another preview.
pub fn link_to(item_id: ItemId) -> String {
    match Preview::of_page() {
        Some(Preview { moment, round, .. }) => address(round.round_id, moment, Some(item_id)),
        None => routes::item(item_id),
    }
}

/// The target of a link to the rounds: in a preview, another preview.
pub fn link_to_rounds() -> String {
    match Preview::of_page() {
        Some(Preview { moment, round, .. }) => address(round.round_id, moment, None),
        None => routes::HOME.to_owned(),
    }
}
