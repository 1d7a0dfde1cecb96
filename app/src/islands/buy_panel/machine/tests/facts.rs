//! The shown state follows from the facts and the time.

use super::*;
use crate::islands::buy_panel::machine::{Loss, Readiness};

#[test]
fn nothing_is_claimed_before_the_server_has_spoken() {
    let mut scenario = Scenario::asleep(START_MS + 1);
    scenario.is("loading");
    scenario.tell(Event::ClockSet);
    assert!(scenario.wants(&Effect::ReadMe) && scenario.wants(&Effect::ReadStock));
    scenario.tell(Event::StockRead(Ok(stock(3)))).is("loading");
    scenario.tell(Event::MeRead(Ok(Some(me())))).is("loading");
    assert!(scenario.wants(&Effect::ReadMine));
    scenario.tell(Event::MineRead(Ok(None))).is("open");
}

#[test]
fn a_corrected_clock_does_not_repeat_every_request() {
    let mut scenario = Scenario::signed_in(START_MS - 100_000, 5);
    scenario.tell(Event::ClockSet);
    assert!(!scenario.wants(&Effect::ReadMe));
}

#[test]
fn time_alone_leads_through_the_round() {
    let mut scenario = Scenario::signed_in(START_MS - 60_001, 5);
    scenario.is("before");
    assert_eq!(scenario.timer_ms(Slot::Boundary), Some(1));
    scenario
        .at(START_MS - 60_000)
        .tell(Event::Due(Slot::Boundary))
        .is("warm");
    assert_eq!(scenario.timer_ms(Slot::Boundary), Some(60_000));
    scenario.at(START_MS - 1).is("warm");
    scenario.at(START_MS).is("open");
    scenario.at(END_MS - 1).is("open");
    scenario.at(END_MS).is("ended");
}

#[test]
fn questions_are_asked_from_as_long_before_the_start_as_the_shop_says() {
    for opens_before_s in [10, 600] {
        let opens_at_ms = START_MS - i64::from(opens_before_s) * 1_000;
        let mut scenario = Scenario::asleep(opens_at_ms - 1);
        scenario.machine = Machine::new((START_MS, END_MS), opens_before_s, None, Language::En);
        scenario
            .tell(Event::ClockSet)
            .tell(Event::StockRead(Ok(stock(5))))
            .tell(Event::MeRead(Ok(None)))
            .is("before");
        assert_eq!(scenario.timer_ms(Slot::Boundary), Some(1));
        scenario.at(opens_at_ms).is("warm");
    }
}

#[test]
fn a_signed_out_visitor_is_asked_to_sign_in_and_never_for_a_reservation() {
    let mut scenario = Scenario::asleep(START_MS - 90_000);
    scenario
        .tell(Event::ClockSet)
        .tell(Event::StockRead(Ok(stock(5))))
        .tell(Event::MeRead(Ok(None)));
    assert_eq!(
        scenario.state(),
        State::Before {
            opens_at_ms: START_MS,
            signed_in: false
        }
    );
    assert!(!scenario.wants(&Effect::ReadMine));
    scenario.at(START_MS + 5).tell(Event::Pressed);
    assert!(scenario.machine.dialog().is_none());
    assert_eq!(
        scenario.state(),
        State::Open {
            ends_at_ms: END_MS,
            readiness: Readiness::SignedOut
        }
    );
}

#[test]
fn a_banned_account_is_told_so() {
    let mut scenario = Scenario::asleep(START_MS + 1);
    scenario
        .tell(Event::ClockSet)
        .tell(Event::StockRead(Ok(stock(5))));
    scenario.tell(Event::MeRead(Ok(Some(Me {
        banned: true,
        ..me()
    }))));
    assert_eq!(
        scenario.state(),
        State::Lost {
            loss: Loss::Banned,
            again: false
        }
    );
}

#[test]
fn failed_reads_are_repeated_with_growing_pauses() {
    let mut scenario = Scenario::asleep(START_MS + 1);
    scenario.tell(Event::ClockSet);
    let mut pauses = Vec::new();
    for _ in 0..7 {
        scenario
            .tell(Event::MeRead(Err(ApiError::Offline)))
            .is("offline");
        pauses.extend(scenario.timer_ms(Slot::Resync));
        scenario.tell(Event::Due(Slot::Resync));
        assert!(scenario.wants(&Effect::ReadMe));
    }
    assert_eq!(pauses, [1_100, 2_200, 4_400, 8_800, 17_600, 17_600, 17_600]);
    scenario
        .tell(Event::StockRead(Ok(stock(5))))
        .tell(Event::MeRead(Ok(None)))
        .is("open");
}

#[test]
fn a_limit_is_waited_out_as_long_as_the_server_says() {
    let mut scenario = Scenario::asleep(START_MS + 1);
    scenario.tell(Event::ClockSet);
    scenario
        .tell(Event::MeRead(Err(ApiError::RateLimited {
            retry_after_s: 5,
        })))
        .is("busy");
    assert!(
        scenario
            .timer_ms(Slot::Resync)
            .is_some_and(|ms| (5_000..=6_000).contains(&ms))
    );
}

#[test]
fn stock_is_read_more_often_the_more_it_matters() {
    for (now_ms, sellable, ms) in [
        (START_MS - 90_000, 5, Some(60_000)),
        (START_MS - 30_000, 5, Some(15_000)),
        (START_MS + 1, 5, Some(10_000)),
        (START_MS + 1, 0, Some(5_000)),
        (END_MS + 1, 0, None),
    ] {
        let scenario = Scenario::signed_in(now_ms, sellable);
        assert_eq!(scenario.timer_ms(Slot::Stock), ms, "{now_ms}");
    }
}

#[test]
fn a_hidden_page_is_quiet_and_reads_everything_when_it_is_seen_again() {
    let mut scenario = Scenario::signed_in(START_MS + 1, 0);
    scenario.tell(Event::Hidden).tell(Event::Due(Slot::Stock));
    assert!(!scenario.wants(&Effect::ReadStock));
    scenario.tell(Event::Shown);
    assert!(scenario.wants(&Effect::ReadMe) && scenario.wants(&Effect::ReadStock));
}

#[test]
fn units_that_come_back_open_the_sale_again() {
    let mut scenario = Scenario::signed_in(START_MS + 1, 0);
    scenario.is("sold_out");
    scenario.tell(Event::Due(Slot::Stock));
    assert!(scenario.wants(&Effect::ReadStock));
    scenario.tell(Event::StockRead(Ok(stock(1)))).is("open");
}

#[test]
fn a_stopped_round_shows_the_operators_words_and_resumes_by_itself() {
    let mut scenario = Scenario::signed_in(START_MS + 1, 5);
    let words = LocalText {
        zh: "九点回来".to_owned(),
        en: "Back at nine".to_owned(),
    };
    scenario.tell(Event::StockRead(Ok(Stock {
        phase: Phase::Stopped,
        stopped: Some(words),
        ..stock(5)
    })));
    assert_eq!(scenario.timer_ms(Slot::Stock), Some(10_000));
    assert_eq!(
        scenario.state(),
        State::Stopped {
            words: Some("Back at nine".to_owned())
        }
    );
    scenario.tell(Event::StockRead(Ok(stock(5)))).is("open");
}

#[test]
fn a_round_that_was_moved_counts_down_to_its_new_start() {
    let mut scenario = Scenario::signed_in(START_MS - 10_000, 5);
    let moved = Stock {
        starts_at_ms: START_MS + 500_000,
        ..stock(5)
    };
    scenario.tell(Event::StockRead(Ok(moved))).is("before");
}
