//! A path outlives its page, and nothing else.

use super::*;
use crate::islands::buy_panel::machine::Readiness;

/// The next page of the tab of somebody who has answered.
fn next_page(now_ms: i64, kept: Option<HiddenPath>) -> Story {
    let mut story = Story::asleep(now_ms);
    story
        .tell(Event::ClockSet)
        .tell(Event::StockRead(Ok(stock(5))))
        .tell(Event::MeRead(Ok(Some(me()))));
    assert!(story.wants(&Effect::RecallPath(me().account_id)));
    story.tell(Event::PathRecalled(kept));
    story
}

fn ready() -> Story {
    let mut story = Story::signed_in(START_MS - 40_000, 5);
    story.tell(Event::Pressed).answer();
    assert_eq!(story.kept(), Some(&path(START_MS + 60_000)));
    story
}

#[test]
fn who_has_answered_is_ready_on_the_next_page_too() {
    let mut story = next_page(START_MS - 30_000, ready().kept().cloned());
    story.tell(Event::MineRead(Ok(None)));
    assert_eq!(
        story.state(),
        State::Warm {
            opens_at_ms: START_MS,
            readiness: Readiness::Ready
        }
    );
    story.at(START_MS).tell(Event::Pressed);
    assert_eq!(story.purchase(), Some("p"));
}

#[test]
fn a_kept_path_that_has_expired_is_forgotten() {
    let mut story = next_page(START_MS + 59_500, Some(path(START_MS + 60_000)));
    assert!(story.wants(&Effect::ForgetPath));
    story.tell(Event::MineRead(Ok(None)));
    assert_eq!(
        story.state(),
        State::Open {
            ends_at_ms: END_MS,
            readiness: Readiness::ToAnswer
        }
    );
}

#[test]
fn a_path_is_kept_while_its_purchase_has_no_answer() {
    let mut story = Story::buying();
    assert!(story.kept().is_some());
    for event in [
        Event::Purchased(Err(busy())),
        Event::Due(Slot::Purchase),
        Event::Purchased(Err(ApiError::NotStarted)),
    ] {
        story.tell(event);
        assert!(!story.wants(&Effect::ForgetPath));
    }
}

#[test]
fn a_path_that_is_used_or_refused_is_forgotten() {
    for answer in [
        Ok(reserved()),
        Err(ApiError::PathInvalid),
        Err(ApiError::SoldOut),
        Err(ApiError::Ended),
        Err(ApiError::Banned),
    ] {
        let mut story = Story::buying();
        story.tell(Event::Purchased(answer.clone()));
        assert!(story.wants(&Effect::ForgetPath), "{answer:?}");
    }
    // Found on the next page: the answer to the purchase was lost, and it was yes.
    let mut story = next_page(START_MS + 1_000, Some(path(START_MS + 60_000)));
    story.tell(Event::MineRead(Ok(Some(status(ReservationState::Queued)))));
    assert!(story.wants(&Effect::ForgetPath));
}

#[test]
fn a_path_is_nobodys_after_signing_out_and_not_the_next_accounts() {
    let mut story = ready();
    story.tell(Event::MeRead(Ok(None)));
    assert!(story.wants(&Effect::ForgetPath));

    // Signed out on a page that knew of no path.
    let mut story = Story::asleep(START_MS - 30_000);
    story.tell(Event::ClockSet).tell(Event::MeRead(Ok(None)));
    assert!(story.wants(&Effect::ForgetPath));

    let mut story = ready();
    let other = Me {
        account_id: AccountId(Uuid::from_u128(77)),
        ..me()
    };
    let account_id = other.account_id;
    story.tell(Event::MeRead(Ok(Some(other))));
    assert!(story.wants(&Effect::RecallPath(account_id)));
    story
        .tell(Event::PathRecalled(None))
        .tell(Event::MineRead(Ok(None)));
    story.at(START_MS).tell(Event::Pressed);
    assert_eq!(story.purchase(), None);
}

#[test]
fn the_same_account_read_again_changes_nothing() {
    let mut story = ready();
    story.tell(Event::MeRead(Ok(Some(me()))));
    assert!(!story.wants(&Effect::RecallPath(me().account_id)));
    story.at(START_MS).tell(Event::Pressed);
    assert_eq!(story.purchase(), Some("p"));
}
