//! While nothing is known, the panel says why, and for how long.

use super::*;
use crate::islands::buy_panel::machine::Trouble;

/// The page has just woken up; the time is unknown.
fn begun() -> Scenario {
    let mut scenario = Scenario::asleep(0);
    scenario.tell(Event::Begun);
    assert_eq!(scenario.timer_ms(Slot::Overdue), Some(2_000));
    scenario
}

fn missed(error: Option<ApiError>, retry_at_ms: i64) -> Event {
    Event::ClockMissed { error, retry_at_ms }
}

#[test]
fn a_late_clock_is_shown_with_the_next_try_and_can_be_asked_now() {
    for (error, trouble, name) in [
        (Some(ApiError::Offline), Trouble::Offline, "offline"),
        (Some(busy()), Trouble::Busy, "busy"),
        (None, Trouble::Silent, "busy"),
    ] {
        let mut scenario = begun();
        scenario.tell(missed(error, scenario.page_ms() + 5_000));
        scenario.is("loading");
        scenario.tell(Event::Due(Slot::Overdue)).is(name);
        let State::Unread(wait) = scenario.state() else {
            panic!("{:?}", scenario.state())
        };
        assert_eq!(
            (wait.trouble, wait.until_ms),
            (trouble, scenario.page_ms() + 5_000)
        );
        scenario.tell(Event::Pressed);
        assert_eq!(scenario.effects, [Effect::SynchroniseClock]);
        scenario.tell(Event::Pressed);
        assert_eq!(scenario.effects, [], "it is under way");
        scenario.tell(missed(None, scenario.page_ms() + 9_000));
        scenario.tell(Event::Pressed);
        assert_eq!(scenario.effects, [Effect::SynchroniseClock]);
    }
}

#[test]
fn a_clock_that_comes_in_time_leaves_nothing_to_say() {
    let mut scenario = begun();
    scenario.tell(missed(Some(ApiError::Offline), scenario.page_ms() + 1_100));
    scenario
        .at(START_MS + 1)
        .tell(Event::ClockSet)
        .tell(Event::StockRead(Ok(stock(3))))
        .tell(Event::MeRead(Ok(None)))
        .tell(Event::Due(Slot::Overdue))
        .is("open");
}

#[test]
fn a_clock_that_comes_late_wakes_the_panel_which_still_says_that_it_waits() {
    let mut scenario = begun();
    scenario
        .tell(missed(None, scenario.page_ms() + 1_100))
        .tell(Event::Due(Slot::Overdue))
        .is("busy");
    scenario.at(START_MS + 6_000).tell(Event::ClockSet);
    assert!(scenario.wants(&Effect::ReadMe) && scenario.wants(&Effect::ReadStock));
    assert_eq!(scenario.state(), State::Late);
    scenario.is("busy");
    // The panel ignores later news of the clock.
    scenario.tell(missed(None, scenario.page_ms() + 2_000));
    assert_eq!(scenario.state(), State::Late);
    scenario
        .tell(Event::StockRead(Ok(stock(3))))
        .tell(Event::MeRead(Ok(None)))
        .is("open");
}

#[test]
fn facts_that_cannot_be_read_can_be_asked_for_now() {
    let mut scenario = Scenario::asleep(START_MS + 1);
    scenario
        .tell(Event::ClockSet)
        .tell(Event::MeRead(Err(ApiError::Offline)))
        .is("offline");
    scenario.tell(Event::Pressed);
    assert_eq!(scenario.timer_ms(Slot::Resync), Some(0));
    scenario.tell(Event::Pressed);
    assert_eq!(scenario.timer_ms(Slot::Resync), None, "it is under way");
    scenario.tell(Event::Due(Slot::Resync));
    assert!(scenario.wants(&Effect::ReadMe) && scenario.wants(&Effect::ReadStock));
    scenario
        .tell(Event::StockRead(Ok(stock(5))))
        .tell(Event::MeRead(Ok(None)))
        .is("open");
}

#[test]
fn without_a_clock_nothing_is_computed_from_the_time() {
    let mut scenario = begun();
    for event in [Event::Hidden, Event::Shown, Event::Pressed] {
        scenario.tell(event);
        assert_eq!(scenario.timer_ms(Slot::Boundary), None);
        scenario.is("loading");
    }
}

#[test]
fn a_page_that_nobody_sees_is_not_late() {
    let mut scenario = Scenario::asleep(0);
    scenario
        .tell(Event::Hidden)
        .tell(Event::Due(Slot::Overdue))
        .is("loading");
    scenario.tell(Event::Shown).is("loading");
    assert_eq!(scenario.timer_ms(Slot::Overdue), Some(2_000));
    scenario.tell(Event::Due(Slot::Overdue));
    assert_eq!(scenario.state(), State::Late);
    scenario
        .tell(Event::Hidden)
        .tell(Event::Shown)
        .is("loading");
}
