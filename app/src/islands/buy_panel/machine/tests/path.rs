//! Only the path outlives its page.

use super::*;
use crate::islands::buy_panel::machine::Readiness;

/// The next page of a tab whose visitor has answered.
fn next_page(now_ms: i64, kept: Option<HiddenPath>) -> Scenario {
    let mut scenario = Scenario::asleep(now_ms);
    scenario
        .tell(Event::ClockSet)
        .tell(Event::StockRead(Ok(stock(5))))
        .tell(Event::MeRead(Ok(Some(me()))));
    assert!(scenario.wants(&Effect::RecallPath(me().account_id)));
    scenario.tell(Event::PathRecalled(kept));
    scenario
}

fn ready() -> Scenario {
    let mut scenario = Scenario::signed_in(START_MS - 40_000, 5);
    scenario.tell(Event::Pressed).answer();
    assert_eq!(scenario.kept(), Some(&path(START_MS + 60_000)));
    scenario
}

#[test]
fn a_buyer_who_has_answered_is_ready_on_the_next_page_too() {
    let mut scenario = next_page(START_MS - 30_000, ready().kept().cloned());
    scenario.tell(Event::MineRead(Ok(None)));
    assert_eq!(
        scenario.state(),
        State::Warm {
            opens_at_ms: START_MS,
            readiness: Readiness::Ready
        }
    );
    scenario.at(START_MS).tell(Event::Pressed);
    assert_eq!(scenario.purchase(), Some("p"));
}

#[test]
fn a_stored_path_that_has_expired_is_forgotten() {
    let mut scenario = next_page(START_MS + 59_500, Some(path(START_MS + 60_000)));
    assert!(scenario.wants(&Effect::ForgetPath));
    scenario.tell(Event::MineRead(Ok(None)));
    assert_eq!(
        scenario.state(),
        State::Open {
            ends_at_ms: END_MS,
            readiness: Readiness::ToAnswer
        }
    );
}

#[test]
fn a_path_is_kept_while_its_purchase_has_no_answer() {
    let mut scenario = Scenario::buying();
    assert!(scenario.kept().is_some());
    for event in [
        Event::Purchased(Err(busy())),
        Event::Due(Slot::Purchase),
        Event::Purchased(Err(ApiError::NotStarted)),
    ] {
        scenario.tell(event);
        assert!(!scenario.wants(&Effect::ForgetPath));
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
        let mut scenario = Scenario::buying();
        scenario.tell(Event::Purchased(answer.clone()));
        assert!(scenario.wants(&Effect::ForgetPath), "{answer:?}");
    }
    // Found on the next page: the answer to the purchase was lost, and it was yes.
    let mut scenario = next_page(START_MS + 1_000, Some(path(START_MS + 60_000)));
    scenario.tell(Event::MineRead(Ok(Some(status(ReservationState::Queued)))));
    assert!(scenario.wants(&Effect::ForgetPath));
}

#[test]
fn after_signing_out_a_path_belongs_to_no_account() {
    let mut scenario = ready();
    scenario.tell(Event::MeRead(Ok(None)));
    assert!(scenario.wants(&Effect::ForgetPath));

    // Signed out on a page that had no path.
    let mut scenario = Scenario::asleep(START_MS - 30_000);
    scenario.tell(Event::ClockSet).tell(Event::MeRead(Ok(None)));
    assert!(scenario.wants(&Effect::ForgetPath));

    let mut scenario = ready();
    let other = Me {
        account_id: AccountId(Uuid::from_u128(77)),
        ..me()
    };
    let account_id = other.account_id;
    scenario.tell(Event::MeRead(Ok(Some(other))));
    assert!(scenario.wants(&Effect::RecallPath(account_id)));
    scenario
        .tell(Event::PathRecalled(None))
        .tell(Event::MineRead(Ok(None)));
    scenario.at(START_MS).tell(Event::Pressed);
    assert_eq!(scenario.purchase(), None);
}

#[test]
fn the_same_account_read_again_changes_nothing() {
    let mut scenario = ready();
    scenario.tell(Event::MeRead(Ok(Some(me()))));
    assert!(!scenario.wants(&Effect::RecallPath(me().account_id)));
    scenario.at(START_MS).tell(Event::Pressed);
    assert_eq!(scenario.purchase(), Some("p"));
}
