//! While nothing is known, the panel says why, and for how long.

use super::*;
use crate::islands::buy_panel::machine::Trouble;

/// The page has just woken up; nobody has said what time it is.
fn begun() -> Story {
    let mut story = Story::asleep(0);
    story.tell(Event::Begun);
    assert_eq!(story.timer_ms(Slot::Overdue), Some(2_000));
    story
}

fn missed(error: Option<ApiError>, retry_at_ms: i64) -> Event {
    Event::ClockMissed { error, retry_at_ms }
}

#[test]
fn a_clock_that_is_late_is_said_with_the_next_try_and_can_be_asked_now() {
    for (error, trouble, name) in [
        (Some(ApiError::Offline), Trouble::Offline, "offline"),
        (Some(busy()), Trouble::Busy, "busy"),
        (None, Trouble::Silent, "busy"),
    ] {
        let mut story = begun();
        story.tell(missed(error, story.page_ms() + 5_000));
        story.is("loading");
        story.tell(Event::Due(Slot::Overdue)).is(name);
        let State::Unread(wait) = story.state() else {
            panic!("{:?}", story.state())
        };
        assert_eq!(
            (wait.trouble, wait.until_ms),
            (trouble, story.page_ms() + 5_000)
        );
        story.tell(Event::Pressed);
        assert_eq!(story.wishes, [Effect::SynchroniseClock]);
        story.tell(Event::Pressed);
        assert_eq!(story.wishes, [], "it is under way");
        story.tell(missed(None, story.page_ms() + 9_000));
        story.tell(Event::Pressed);
        assert_eq!(story.wishes, [Effect::SynchroniseClock]);
    }
}

#[test]
fn a_clock_that_comes_in_time_leaves_nothing_to_say() {
    let mut story = begun();
    story.tell(missed(Some(ApiError::Offline), story.page_ms() + 1_100));
    story
        .at(START_MS + 1)
        .tell(Event::ClockSet)
        .tell(Event::StockRead(Ok(stock(3))))
        .tell(Event::MeRead(Ok(None)))
        .tell(Event::Due(Slot::Overdue))
        .is("open");
}

#[test]
fn a_clock_that_comes_late_wakes_the_panel_which_still_says_that_it_waits() {
    let mut story = begun();
    story
        .tell(missed(None, story.page_ms() + 1_100))
        .tell(Event::Due(Slot::Overdue))
        .is("busy");
    story.at(START_MS + 6_000).tell(Event::ClockSet);
    assert!(story.wants(&Effect::ReadMe) && story.wants(&Effect::ReadStock));
    assert_eq!(story.state(), State::Late);
    story.is("busy");
    // Later news of the clock are none of the panel's business.
    story.tell(missed(None, story.page_ms() + 2_000));
    assert_eq!(story.state(), State::Late);
    story
        .tell(Event::StockRead(Ok(stock(3))))
        .tell(Event::MeRead(Ok(None)))
        .is("open");
}

#[test]
fn facts_that_cannot_be_read_can_be_asked_for_now() {
    let mut story = Story::asleep(START_MS + 1);
    story
        .tell(Event::ClockSet)
        .tell(Event::MeRead(Err(ApiError::Offline)))
        .is("offline");
    story.tell(Event::Pressed);
    assert_eq!(story.timer_ms(Slot::Truth), Some(0));
    story.tell(Event::Pressed);
    assert_eq!(story.timer_ms(Slot::Truth), None, "it is under way");
    story.tell(Event::Due(Slot::Truth));
    assert!(story.wants(&Effect::ReadMe) && story.wants(&Effect::ReadStock));
    story
        .tell(Event::StockRead(Ok(stock(5))))
        .tell(Event::MeRead(Ok(None)))
        .is("open");
}

#[test]
fn without_a_clock_nothing_is_computed_from_the_time() {
    let mut story = begun();
    for event in [Event::Hidden, Event::Shown, Event::Pressed] {
        story.tell(event);
        assert_eq!(story.timer_ms(Slot::Edge), None);
        story.is("loading");
    }
}

#[test]
fn a_page_that_nobody_sees_is_not_late() {
    let mut story = Story::asleep(0);
    story
        .tell(Event::Hidden)
        .tell(Event::Due(Slot::Overdue))
        .is("loading");
    story.tell(Event::Shown).is("loading");
    assert_eq!(story.timer_ms(Slot::Overdue), Some(2_000));
    story.tell(Event::Due(Slot::Overdue));
    assert_eq!(story.state(), State::Late);
    story.tell(Event::Hidden).tell(Event::Shown).is("loading");
}
