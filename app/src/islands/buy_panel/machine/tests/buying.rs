//! From the button to the reservation.

use super::*;
use crate::islands::buy_panel::machine::{Notice, Readiness};

#[test]
fn the_whole_way_from_the_button_to_the_queue() {
    let mut story = Story::signed_in(START_MS + 1, 5);
    story.tell(Event::Pressed).is("asking");
    assert!(story.wants(&Effect::AskQuestion));
    story.tell(Event::Asked(Ok(question(1))));
    story.tell(Event::Answered("12".to_owned()));
    let captcha_id = question(1).captcha_id;
    assert!(story.wants(&Effect::AskPath {
        captcha_id,
        answer: "12".to_owned()
    }));
    story
        .tell(Event::PathGiven(Ok(path(START_MS + 60_000))))
        .is("asking");
    assert_eq!(story.purchase(), Some("p"));
    assert!(story.machine.sheet().is_none());
    story.tell(Event::Purchased(Ok(reserved())));
    assert_eq!(
        story.state(),
        State::Queued {
            position: Some(37),
            shaky: false,
            given_up: false
        }
    );
    assert_eq!(story.timer_ms(Slot::Follow), Some(300));
}

#[test]
fn an_early_answer_is_kept_and_one_press_buys_at_the_start() {
    let mut story = Story::signed_in(START_MS - 40_000, 5);
    story.tell(Event::Pressed).is("warm");
    story.answer();
    assert_eq!(story.purchase(), None);
    let ready = State::Warm {
        opens_at_ms: START_MS,
        readiness: Readiness::Ready,
    };
    assert_eq!(story.state(), ready);
    story.tell(Event::Pressed);
    assert!(story.purchase().is_none(), "not before the start");
    story.at(START_MS).tell(Event::Pressed).is("asking");
    assert_eq!(story.purchase(), Some("p"));
}

#[test]
fn a_path_that_grew_old_is_not_used() {
    let mut story = Story::signed_in(START_MS - 55_000, 5);
    story.tell(Event::Pressed).answer();
    // Good until a minute after the start; the panel looks again just before.
    story.at(START_MS).tell(Event::Due(Slot::Edge));
    assert_eq!(story.timer_ms(Slot::Edge), Some(59_500));
    story.at(START_MS + 59_500).tell(Event::Pressed);
    assert_eq!(story.purchase(), None);
    assert!(story.wants(&Effect::AskQuestion));
}

#[test]
fn the_panel_itself_says_that_an_answer_has_expired() {
    let mut story = Story::signed_in(START_MS - 55_000, 5);
    story.tell(Event::Pressed).answer();
    let open = |readiness| State::Open {
        ends_at_ms: END_MS,
        readiness,
    };
    story.at(START_MS + 59_499);
    assert_eq!(story.state(), open(Readiness::Ready));
    story.at(START_MS + 59_500).tell(Event::Due(Slot::Edge));
    assert_eq!(story.state(), open(Readiness::Expired));
    story.tell(Event::Pressed);
    assert_eq!(story.sheet().notice, Some(Notice::TooOld));
    // Closing the question changes nothing about that; answering it does.
    story.tell(Event::SheetClosed);
    assert_eq!(story.state(), open(Readiness::Expired));
    story.tell(Event::Pressed).answer();
    assert_eq!(story.purchase(), Some("p"));
}

#[test]
fn a_second_press_changes_nothing() {
    let mut story = Story::signed_in(START_MS - 10_000, 5);
    story.tell(Event::Pressed).answer();
    story.at(START_MS).tell(Event::Pressed);
    assert!(story.purchase().is_some());
    story.tell(Event::Pressed);
    assert!(story.purchase().is_none());
    story.is("asking");
}

#[test]
fn a_wrong_answer_brings_a_new_question_into_the_same_sheet() {
    let mut story = Story::signed_in(START_MS + 1, 5);
    story
        .tell(Event::Pressed)
        .tell(Event::Asked(Ok(question(1))));
    story.tell(Event::Answered("1".to_owned()));
    story
        .tell(Event::PathGiven(Err(ApiError::CaptchaWrong)))
        .is("asking");
    assert!(story.wants(&Effect::AskQuestion));
    assert_eq!(story.sheet().notice, Some(Notice::Wrong));
    story.tell(Event::Asked(Ok(question(2))));
    assert_eq!(story.sheet().question, Some(question(2)));
    assert_eq!(story.sheet().notice, Some(Notice::Wrong));
}

#[test]
fn an_empty_answer_or_one_without_a_question_is_not_sent() {
    let mut story = Story::signed_in(START_MS + 1, 5);
    story
        .tell(Event::Pressed)
        .tell(Event::Answered("1".to_owned()));
    assert!(story.sheet().checking.is_none());
    story
        .tell(Event::Asked(Ok(question(1))))
        .tell(Event::Answered("  ".to_owned()));
    assert!(story.sheet().checking.is_none());
}

#[test]
fn an_answer_is_checked_once_however_often_it_is_sent() {
    let mut story = Story::signed_in(START_MS + 1, 5);
    story
        .tell(Event::Pressed)
        .tell(Event::Asked(Ok(question(1))));
    story
        .tell(Event::Answered("1".to_owned()))
        .tell(Event::Answered("1".to_owned()));
    assert_eq!(story.timer_ms(Slot::Sheet), None);
    assert!(
        !story
            .wishes
            .iter()
            .any(|wish| matches!(wish, Effect::AskPath { .. }))
    );
    story.tell(Event::NewPicture);
    assert!(
        !story.wants(&Effect::AskQuestion),
        "not while an answer is being checked"
    );
}

#[test]
fn a_busy_shop_is_asked_for_the_same_thing_again_in_the_sheet() {
    let mut story = Story::signed_in(START_MS + 1, 5);
    story.tell(Event::Pressed).tell(Event::Asked(Err(busy())));
    let first = story.timer_ms(Slot::Sheet).unwrap();
    story.tell(Event::Due(Slot::Sheet));
    assert!(story.wants(&Effect::AskQuestion));
    story.tell(Event::Asked(Err(busy())));
    assert!(story.timer_ms(Slot::Sheet).unwrap() > first);
    story
        .tell(Event::Asked(Ok(question(1))))
        .tell(Event::Answered("1".to_owned()));
    assert_eq!(story.sheet().notice, None);
    story.tell(Event::PathGiven(Err(ApiError::Offline)));
    story.tell(Event::Due(Slot::Sheet));
    let captcha_id = question(1).captcha_id;
    assert!(story.wants(&Effect::AskPath {
        captcha_id,
        answer: "1".to_owned()
    }));
}

#[test]
fn closing_the_sheet_takes_the_wish_back() {
    let mut story = Story::signed_in(START_MS + 1, 5);
    story
        .tell(Event::Pressed)
        .tell(Event::SheetClosed)
        .is("open");
    // A path that was on its way is kept, but nothing is bought without another press.
    story
        .tell(Event::PathGiven(Ok(path(START_MS + 60_000))))
        .is("open");
    assert_eq!(story.purchase(), None);
}

#[test]
fn sold_out_closes_the_sheet() {
    let mut story = Story::signed_in(START_MS + 1, 5);
    story
        .tell(Event::Pressed)
        .tell(Event::Asked(Ok(question(1))));
    story.tell(Event::StockRead(Ok(stock(0)))).is("sold_out");
    assert!(story.machine.sheet().is_none());
    story.tell(Event::StockRead(Ok(stock(1)))).is("open");

    story
        .tell(Event::Pressed)
        .tell(Event::Asked(Err(ApiError::SoldOut)))
        .is("sold_out");
    assert!(story.machine.sheet().is_none());
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
        let mut story = Story::buying();
        story.tell(Event::Purchased(Err(error))).is(state);
        assert_eq!(story.timer_ms(Slot::Purchase), None, "{state}");
    }
}

#[test]
fn an_unanswered_purchase_is_sent_again_with_the_same_path() {
    for error in [
        busy(),
        ApiError::Offline,
        ApiError::RateLimited { retry_after_s: 2 },
    ] {
        let mut story = Story::buying();
        let mut pauses = Vec::new();
        for _ in 0..3 {
            story.tell(Event::Purchased(Err(error.clone())));
            assert!(["busy", "offline"].contains(&story.state().name()));
            pauses.extend(story.timer_ms(Slot::Purchase));
            story.now_ms += pauses.last().unwrap();
            story.tell(Event::Due(Slot::Purchase));
            assert_eq!(story.purchase(), Some("p"));
        }
        assert!(pauses.is_sorted(), "{pauses:?}");
        story.tell(Event::Purchased(Ok(reserved()))).is("queued");
    }
}

#[test]
fn a_refused_path_may_mean_that_a_lost_answer_was_yes() {
    let mut story = Story::buying();
    story
        .tell(Event::Purchased(Err(ApiError::Offline)))
        .tell(Event::Due(Slot::Purchase));
    story
        .tell(Event::Purchased(Err(ApiError::PathInvalid)))
        .is("asking");
    assert!(story.wants(&Effect::ReadMine));
    story
        .tell(Event::MineRead(Ok(Some(status(ReservationState::Queued)))))
        .is("queued");
}

#[test]
fn a_refused_path_without_a_reservation_asks_once_more() {
    let mut story = Story::buying();
    story.tell(Event::Purchased(Err(ApiError::PathInvalid)));
    story.tell(Event::MineRead(Ok(None))).is("asking");
    assert_eq!(story.sheet().notice, Some(Notice::TooOld));
    story.tell(Event::SheetClosed);
    assert_eq!(
        story.state(),
        State::Open {
            ends_at_ms: END_MS,
            readiness: Readiness::Expired
        },
        "the panel says so too"
    );
    story.tell(Event::Pressed);
    story.answer();
    assert_eq!(story.purchase(), Some("p"));
}

#[test]
fn a_path_that_expires_while_waiting_is_not_sent() {
    let mut story = Story::buying();
    story.tell(Event::Purchased(Err(ApiError::Offline)));
    story
        .at(story.now_ms + 60_000)
        .tell(Event::Due(Slot::Purchase));
    assert_eq!(story.purchase(), None);
    assert!(story.wants(&Effect::ReadMine));
}

#[test]
fn a_server_that_says_too_early_is_asked_again_with_the_same_path() {
    let mut story = Story::buying();
    story
        .tell(Event::Purchased(Err(ApiError::NotStarted)))
        .is("asking");
    assert!(story.wants(&Effect::SynchroniseClock));
    assert!(story.timer_ms(Slot::Purchase).is_some());
    story.tell(Event::Due(Slot::Purchase));
    assert_eq!(story.purchase(), Some("p"));
    // The clock was wrong: back to the countdown, the path is kept.
    story
        .at(START_MS - 3_000)
        .tell(Event::Purchased(Err(ApiError::NotStarted)))
        .is("warm");
    story.at(START_MS).tell(Event::Pressed);
    assert_eq!(story.purchase(), Some("p"));
}

#[test]
fn already_reserved_leads_to_the_reservation() {
    let mut story = Story::buying();
    let known = ApiError::AlreadyReserved {
        reservation_id: Some(reservation_id()),
    };
    story.tell(Event::Purchased(Err(known))).is("asking");
    assert!(story.wants(&Effect::ReadReservation(reservation_id())));
    story
        .tell(Event::Followed(Ok(status(ReservationState::Queued))))
        .is("queued");

    let mut story = Story::buying();
    let unknown = ApiError::AlreadyReserved {
        reservation_id: None,
    };
    story.tell(Event::Purchased(Err(unknown))).is("asking");
    assert!(story.wants(&Effect::ReadMine));
}

#[test]
fn a_late_refusal_does_not_undo_a_reservation_found_another_way() {
    let mut story = Story::buying();
    story
        .tell(Event::MineRead(Ok(Some(status(ReservationState::Queued)))))
        .is("queued");
    story
        .tell(Event::Purchased(Err(ApiError::PathInvalid)))
        .is("queued");
}

#[test]
fn words_are_shown_and_their_absence_is_said() {
    let mut story = Story::signed_in(START_MS + 1, 5);
    story
        .tell(Event::Pressed)
        .tell(Event::Asked(Ok(question(1))))
        .tell(Event::InWords);
    assert!(story.wants(&Effect::AskWords(question(1).captcha_id)));
    story.tell(Event::Spelt(Err(ApiError::NotFound)));
    assert_eq!(story.sheet().notice, Some(Notice::NoWords));
    story
        .tell(Event::NewPicture)
        .tell(Event::Asked(Ok(question(2))));
    let words = crate::wire::CaptchaWords {
        words: "3 plus 5".to_owned(),
    };
    story.tell(Event::Spelt(Ok(words)));
    assert_eq!(story.sheet().words.as_deref(), Some("3 plus 5"));
    assert_eq!(story.sheet().notice, None);
}
