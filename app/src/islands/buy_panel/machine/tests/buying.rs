//! From the button to the reservation.

use super::*;
use crate::islands::buy_panel::machine::{Notice, Readiness};

#[test]
fn the_whole_way_from_the_button_to_the_queue() {
    let mut scenario = Scenario::signed_in(START_MS + 1, 5);
    scenario.tell(Event::Pressed).is("asking");
    assert!(scenario.wants(&Effect::AskQuestion));
    scenario.tell(Event::Asked(Ok(question(1))));
    scenario.tell(Event::Answered("12".to_owned()));
    let captcha_id = question(1).captcha_id;
    assert!(scenario.wants(&Effect::AskPath {
        captcha_id,
        answer: "12".to_owned()
    }));
    scenario
        .tell(Event::PathGiven(Ok(path(START_MS + 60_000))))
        .is("asking");
    assert_eq!(scenario.purchase(), Some("p"));
    assert!(scenario.machine.dialog().is_none());
    scenario.tell(Event::Purchased(Ok(reserved())));
    assert_eq!(
        scenario.state(),
        State::Queued {
            position: Some(37),
            shaky: false,
            given_up: false
        }
    );
    assert_eq!(scenario.timer_ms(Slot::Follow), Some(300));
}

#[test]
fn an_early_answer_is_kept_and_one_press_buys_at_the_start() {
    let mut scenario = Scenario::signed_in(START_MS - 40_000, 5);
    scenario.tell(Event::Pressed).is("warm");
    scenario.answer();
    assert_eq!(scenario.purchase(), None);
    let ready = State::Warm {
        opens_at_ms: START_MS,
        readiness: Readiness::Ready,
    };
    assert_eq!(scenario.state(), ready);
    scenario.tell(Event::Pressed);
    assert!(scenario.purchase().is_none(), "not before the start");
    scenario.at(START_MS).tell(Event::Pressed).is("asking");
    assert_eq!(scenario.purchase(), Some("p"));
}

#[test]
fn a_path_that_grew_old_is_not_used() {
    let mut scenario = Scenario::signed_in(START_MS - 55_000, 5);
    scenario.tell(Event::Pressed).answer();
    // Valid until a minute after the start; the panel computes its state again just before.
    scenario.at(START_MS).tell(Event::Due(Slot::Boundary));
    assert_eq!(scenario.timer_ms(Slot::Boundary), Some(59_500));
    scenario.at(START_MS + 59_500).tell(Event::Pressed);
    assert_eq!(scenario.purchase(), None);
    assert!(scenario.wants(&Effect::AskQuestion));
}

#[test]
fn the_panel_itself_says_that_an_answer_has_expired() {
    let mut scenario = Scenario::signed_in(START_MS - 55_000, 5);
    scenario.tell(Event::Pressed).answer();
    let open = |readiness| State::Open {
        ends_at_ms: END_MS,
        readiness,
    };
    scenario.at(START_MS + 59_499);
    assert_eq!(scenario.state(), open(Readiness::Ready));
    scenario
        .at(START_MS + 59_500)
        .tell(Event::Due(Slot::Boundary));
    assert_eq!(scenario.state(), open(Readiness::Expired));
    scenario.tell(Event::Pressed);
    assert_eq!(scenario.dialog().notice, Some(Notice::TooOld));
    // Closing the dialog does not change that; answering does.
    scenario.tell(Event::DialogClosed);
    assert_eq!(scenario.state(), open(Readiness::Expired));
    scenario.tell(Event::Pressed).answer();
    assert_eq!(scenario.purchase(), Some("p"));
}

#[test]
fn a_second_press_changes_nothing() {
    let mut scenario = Scenario::signed_in(START_MS - 10_000, 5);
    scenario.tell(Event::Pressed).answer();
    scenario.at(START_MS).tell(Event::Pressed);
    assert!(scenario.purchase().is_some());
    scenario.tell(Event::Pressed);
    assert!(scenario.purchase().is_none());
    scenario.is("asking");
}

#[test]
fn a_wrong_answer_brings_a_new_question_into_the_same_sheet() {
    let mut scenario = Scenario::signed_in(START_MS + 1, 5);
    scenario
        .tell(Event::Pressed)
        .tell(Event::Asked(Ok(question(1))));
    scenario.tell(Event::Answered("1".to_owned()));
    scenario
        .tell(Event::PathGiven(Err(ApiError::CaptchaWrong)))
        .is("asking");
    assert!(scenario.wants(&Effect::AskQuestion));
    assert_eq!(scenario.dialog().notice, Some(Notice::Wrong));
    scenario.tell(Event::Asked(Ok(question(2))));
    assert_eq!(scenario.dialog().question, Some(question(2)));
    assert_eq!(scenario.dialog().notice, Some(Notice::Wrong));
}

#[test]
fn an_empty_answer_or_one_without_a_question_is_not_sent() {
    let mut scenario = Scenario::signed_in(START_MS + 1, 5);
    scenario
        .tell(Event::Pressed)
        .tell(Event::Answered("1".to_owned()));
    assert!(scenario.dialog().checking.is_none());
    scenario
        .tell(Event::Asked(Ok(question(1))))
        .tell(Event::Answered("  ".to_owned()));
    assert!(scenario.dialog().checking.is_none());
}

#[test]
fn an_answer_is_checked_once_however_often_it_is_sent() {
    let mut scenario = Scenario::signed_in(START_MS + 1, 5);
    scenario
        .tell(Event::Pressed)
        .tell(Event::Asked(Ok(question(1))));
    scenario
        .tell(Event::Answered("1".to_owned()))
        .tell(Event::Answered("1".to_owned()));
    assert_eq!(scenario.timer_ms(Slot::Dialog), None);
    assert!(
        !scenario
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::AskPath { .. }))
    );
    scenario.tell(Event::NewPicture);
    assert!(
        !scenario.wants(&Effect::AskQuestion),
        "not while an answer is being checked"
    );
}

#[test]
fn a_busy_shop_is_asked_for_the_same_thing_again_in_the_dialog() {
    let mut scenario = Scenario::signed_in(START_MS + 1, 5);
    scenario
        .tell(Event::Pressed)
        .tell(Event::Asked(Err(busy())));
    let first = scenario.timer_ms(Slot::Dialog).unwrap();
    scenario.tell(Event::Due(Slot::Dialog));
    assert!(scenario.wants(&Effect::AskQuestion));
    scenario.tell(Event::Asked(Err(busy())));
    assert!(scenario.timer_ms(Slot::Dialog).unwrap() > first);
    scenario
        .tell(Event::Asked(Ok(question(1))))
        .tell(Event::Answered("1".to_owned()));
    assert_eq!(scenario.dialog().notice, None);
    scenario.tell(Event::PathGiven(Err(ApiError::Offline)));
    scenario.tell(Event::Due(Slot::Dialog));
    let captcha_id = question(1).captcha_id;
    assert!(scenario.wants(&Effect::AskPath {
        captcha_id,
        answer: "1".to_owned()
    }));
}

#[test]
fn closing_the_dialog_cancels_the_purchase() {
    let mut scenario = Scenario::signed_in(START_MS + 1, 5);
    scenario
        .tell(Event::Pressed)
        .tell(Event::DialogClosed)
        .is("open");
    // A path that was on its way is stored, but nothing is bought without another press.
    scenario
        .tell(Event::PathGiven(Ok(path(START_MS + 60_000))))
        .is("open");
    assert_eq!(scenario.purchase(), None);
}

#[test]
fn sold_out_closes_the_dialog() {
    let mut scenario = Scenario::signed_in(START_MS + 1, 5);
    scenario
        .tell(Event::Pressed)
        .tell(Event::Asked(Ok(question(1))));
    scenario.tell(Event::StockRead(Ok(stock(0)))).is("sold_out");
    assert!(scenario.machine.dialog().is_none());
    scenario.tell(Event::StockRead(Ok(stock(1)))).is("open");

    scenario
        .tell(Event::Pressed)
        .tell(Event::Asked(Err(ApiError::SoldOut)))
        .is("sold_out");
    assert!(scenario.machine.dialog().is_none());
}

#[test]
fn definite_answers_to_the_purchase_are_final() {
    for (error, state) in [
        (ApiError::SoldOut, "sold_out"),
        (ApiError::Ended, "ended"),
        (ApiError::Stopped, "stopped"),
        (ApiError::Banned, "lost"),
        (ApiError::Forbidden, "lost"),
        (ApiError::Unauthenticated, "open"),
    ] {
        let mut scenario = Scenario::buying();
        scenario.tell(Event::Purchased(Err(error))).is(state);
        assert_eq!(scenario.timer_ms(Slot::Purchase), None, "{state}");
    }
}

#[test]
fn an_unanswered_purchase_is_sent_again_with_the_same_path() {
    for error in [
        busy(),
        ApiError::Offline,
        ApiError::RateLimited { retry_after_s: 2 },
    ] {
        let mut scenario = Scenario::buying();
        let mut pauses = Vec::new();
        for _ in 0..3 {
            scenario.tell(Event::Purchased(Err(error.clone())));
            assert!(["busy", "offline"].contains(&scenario.state().name()));
            pauses.extend(scenario.timer_ms(Slot::Purchase));
            scenario.now_ms += pauses.last().unwrap();
            scenario.tell(Event::Due(Slot::Purchase));
            assert_eq!(scenario.purchase(), Some("p"));
        }
        assert!(pauses.is_sorted(), "{pauses:?}");
        scenario.tell(Event::Purchased(Ok(reserved()))).is("queued");
    }
}

#[test]
fn a_refused_path_may_mean_that_a_lost_answer_was_yes() {
    let mut scenario = Scenario::buying();
    scenario
        .tell(Event::Purchased(Err(ApiError::Offline)))
        .tell(Event::Due(Slot::Purchase));
    scenario
        .tell(Event::Purchased(Err(ApiError::PathInvalid)))
        .is("asking");
    assert!(scenario.wants(&Effect::ReadMine));
    scenario
        .tell(Event::MineRead(Ok(Some(status(ReservationState::Queued)))))
        .is("queued");
}

#[test]
fn a_refused_path_without_a_reservation_asks_once_more() {
    let mut scenario = Scenario::buying();
    scenario.tell(Event::Purchased(Err(ApiError::PathInvalid)));
    scenario.tell(Event::MineRead(Ok(None))).is("asking");
    assert_eq!(scenario.dialog().notice, Some(Notice::TooOld));
    scenario.tell(Event::DialogClosed);
    assert_eq!(
        scenario.state(),
        State::Open {
            ends_at_ms: END_MS,
            readiness: Readiness::Expired
        },
        "the panel says so too"
    );
    scenario.tell(Event::Pressed);
    scenario.answer();
    assert_eq!(scenario.purchase(), Some("p"));
}

#[test]
fn a_path_that_expires_while_waiting_is_not_sent() {
    let mut scenario = Scenario::buying();
    scenario.tell(Event::Purchased(Err(ApiError::Offline)));
    scenario
        .at(scenario.now_ms + 60_000)
        .tell(Event::Due(Slot::Purchase));
    assert_eq!(scenario.purchase(), None);
    assert!(scenario.wants(&Effect::ReadMine));
}

#[test]
fn a_server_that_says_too_early_is_asked_again_with_the_same_path() {
    let mut scenario = Scenario::buying();
    scenario
        .tell(Event::Purchased(Err(ApiError::NotStarted)))
        .is("asking");
    assert!(scenario.wants(&Effect::SynchroniseClock));
    assert!(scenario.timer_ms(Slot::Purchase).is_some());
    scenario.tell(Event::Due(Slot::Purchase));
    assert_eq!(scenario.purchase(), Some("p"));
    // The clock was wrong: back to the countdown, and the path is kept.
    scenario
        .at(START_MS - 3_000)
        .tell(Event::Purchased(Err(ApiError::NotStarted)))
        .is("warm");
    scenario.at(START_MS).tell(Event::Pressed);
    assert_eq!(scenario.purchase(), Some("p"));
}

#[test]
fn already_reserved_leads_to_the_reservation() {
    let mut scenario = Scenario::buying();
    let known = ApiError::AlreadyReserved {
        reservation_id: Some(reservation_id()),
    };
    scenario.tell(Event::Purchased(Err(known))).is("asking");
    assert!(scenario.wants(&Effect::ReadReservation(reservation_id())));
    scenario
        .tell(Event::Followed(Ok(status(ReservationState::Queued))))
        .is("queued");

    let mut scenario = Scenario::buying();
    let unknown = ApiError::AlreadyReserved {
        reservation_id: None,
    };
    scenario.tell(Event::Purchased(Err(unknown))).is("asking");
    assert!(scenario.wants(&Effect::ReadMine));
}

#[test]
fn a_late_refusal_does_not_undo_a_reservation_found_another_way() {
    let mut scenario = Scenario::buying();
    scenario
        .tell(Event::MineRead(Ok(Some(status(ReservationState::Queued)))))
        .is("queued");
    scenario
        .tell(Event::Purchased(Err(ApiError::PathInvalid)))
        .is("queued");
}

#[test]
fn the_question_in_words_is_shown_or_reported_missing() {
    let mut scenario = Scenario::signed_in(START_MS + 1, 5);
    scenario
        .tell(Event::Pressed)
        .tell(Event::Asked(Ok(question(1))))
        .tell(Event::InWords);
    assert!(scenario.wants(&Effect::AskWords(question(1).captcha_id)));
    scenario.tell(Event::Spelt(Err(ApiError::NotFound)));
    assert_eq!(scenario.dialog().notice, Some(Notice::NoWords));
    scenario
        .tell(Event::NewPicture)
        .tell(Event::Asked(Ok(question(2))));
    let words = crate::wire::CaptchaWords {
        words: "3 plus 5".to_owned(),
    };
    scenario.tell(Event::Spelt(Ok(words)));
    assert_eq!(scenario.dialog().words.as_deref(), Some("3 plus 5"));
    assert_eq!(scenario.dialog().notice, None);
}
