//! Tests of which notices are accepted, and how they are read.

use serde_json::{Value, json};

use super::*;
use crate::engine::ports::Amount;

const SECRET: &str = "whsec_0123456789abcdef";
const OLDER: &str = "whsec_fedcba9876543210";
const NOW_S: i64 = 1_800_000_000;
const PAYMENT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn notices() -> Notices {
    Notices {
        secrets: vec![SECRET.to_owned(), OLDER.to_owned()],
        live: false,
    }
}

fn verified_at(now_s: i64, header: &str, body: &str) -> Verified {
    let request = NoticeRequest {
        headers: &[(HEADER, header)],
        body: body.as_bytes(),
    };
    notices().verify(request, now_s * 1_000)
}

fn verified(header: &str, body: &str) -> Verified {
    verified_at(NOW_S, header, body)
}

fn digits(secret: &str, time_s: i64, body: &str) -> String {
    let time = time_s.to_string();
    signature::sign(secret.as_bytes(), &[time.as_bytes(), b".", body.as_bytes()])
}

fn header(time_s: i64, body: &str) -> String {
    format!("t={time_s},v1={}", digits(SECRET, time_s, body))
}

fn event(kind: &str, object: &Value) -> String {
    let data = json!({ "object": object });
    json!({ "id": "evt_1", "type": kind, "livemode": false, "data": data }).to_string()
}

/// The content of a signed event.
fn said(kind: &str, object: &Value) -> SignedNotice {
    let body = event(kind, object);
    match verified(&header(NOW_S, &body), &body) {
        Verified::Notice(notice) => notice,
        other => panic!("{kind}: {other:?}"),
    }
}

fn session(payment_status: &str) -> Value {
    json!({
        "id": "cs_test_1", "status": "complete", "payment_status": payment_status,
        "amount_total": 9_900, "currency": "cny", "payment_intent": "pi_1",
        "metadata": { "seckill_payment": PAYMENT },
    })
}

// Computed by another program: printf '%s' "1800000000.$body" | openssl dgst -sha256 -hmac whsec_0123456789abcdef
#[test]
fn a_signature_made_by_another_program_is_accepted() {
    let body =
        r#"{"id":"evt_1","object":"event","type":"ping","livemode":false,"data":{"object":{}}}"#;
    let digits = "c006d32e66cd679b5c7dd8cf329e24d33c2b539ad95d9404e4a53ebba3a8d0b2";
    let header = format!(
        "t=1800000000,v1={digits},v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39"
    );
    let notice = SignedNotice {
        event_id: "evt_1".to_owned(),
        merchant_number: String::new(),
        fact: NoticeFact::Other,
    };
    assert_eq!(verified(&header, body), Verified::Notice(notice));
    let only_v0 = format!("t=1800000000,v0={digits}");
    assert_eq!(verified(&only_v0, body), Verified::Forged);
}

#[test]
fn only_the_signed_raw_body_is_accepted() {
    let body = event("checkout.session.completed", &session("paid"));
    let right = header(NOW_S, &body);
    assert!(matches!(verified(&right, &body), Verified::Notice(_)));
    let changed = body.replace("9900", "9901");
    assert_eq!(verified(&right, &changed), Verified::Forged);
    assert_eq!(verified(&right, &format!("{body} ")), Verified::Forged);
    let other_time = right.replacen("t=1800000000", "t=1800000001", 1);
    assert_eq!(verified(&other_time, &body), Verified::Forged);
    let another = digits("whsec_another", NOW_S, &body);
    assert_eq!(
        verified(&format!("t={NOW_S},v1={another}"), &body),
        Verified::Forged
    );
    let empty = digits("", NOW_S, &body);
    assert_eq!(
        verified(&format!("t={NOW_S},v1={empty}"), &body),
        Verified::Forged
    );
    for malformed in [
        "",
        ",",
        "t",
        "t=",
        "t=x,v1=00",
        "v1=00",
        "t=1800000000",
        "t=1800000000,v1=",
        "t=1800000000,v1=zz",
        "t=1800000000,v1=0",
        "t=1800000000,v1=é",
        "t=-9223372036854775808,v1=00",
    ] {
        assert_eq!(verified(malformed, &body), Verified::Forged, "{malformed}");
    }
    let unsigned = NoticeRequest {
        headers: &[],
        body: body.as_bytes(),
    };
    assert_eq!(notices().verify(unsigned, NOW_S * 1_000), Verified::Forged);
}

#[test]
fn a_notice_is_accepted_within_five_minutes_of_its_signature() {
    let body = event("checkout.session.expired", &session("unpaid"));
    let header = header(NOW_S, &body);
    for (now_s, believed) in [
        (NOW_S + 300, true),
        (NOW_S + 301, false),
        (NOW_S - 300, true),
        (NOW_S - 301, false),
    ] {
        let verified = verified_at(now_s, &header, &body);
        assert_eq!(verified != Verified::Forged, believed, "{now_s}");
    }
}

#[test]
fn during_a_rotation_one_right_signature_of_several_is_enough() {
    let body = event("checkout.session.completed", &session("paid"));
    let unknown = digits("whsec_not_known_here", NOW_S, &body);
    let older = digits(OLDER, NOW_S, &body);
    let newer = digits(SECRET, NOW_S, &body);
    for both in [
        format!("t={NOW_S},v1={unknown},v1={newer}"),
        format!("t={NOW_S},v1={older},v1={unknown}"),
        format!("t={NOW_S}, v1={older}"),
    ] {
        let verified = verified(&both, &body);
        assert!(matches!(verified, Verified::Notice(_)), "{both}");
    }
}

#[test]
fn only_the_first_signatures_of_a_long_header_are_checked() {
    let body = event("checkout.session.completed", &session("paid"));
    let wrong = "v1=00,".repeat(1_000);
    let right = digits(SECRET, NOW_S, &body);
    let header = format!("t={NOW_S},{wrong}v1={right}");
    assert_eq!(verified(&header, &body), Verified::Forged);
}

#[test]
fn a_payment_notice_has_its_number_and_sum() {
    for kind in [
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
    ] {
        let notice = said(kind, &session("paid"));
        assert_eq!(notice.merchant_number, PAYMENT);
        let paid = NoticeFact::Paid {
            provider_number: "pi_1".to_owned(),
            amount: Amount::of(9_900),
        };
        assert_eq!(notice.fact, paid, "{kind}");
        // A slow bank: no money has arrived yet.
        assert_eq!(said(kind, &session("unpaid")).fact, NoticeFact::Other);
    }
}

#[test]
fn the_end_of_a_session_and_a_failed_refund_are_reported() {
    for kind in [
        "checkout.session.async_payment_failed",
        "checkout.session.expired",
    ] {
        assert_eq!(said(kind, &session("unpaid")).fact, NoticeFact::Closed);
    }
    let refund = |status: &str| {
        json!({
            "id": "re_1", "amount": 9_900, "status": status, "payment_intent": "pi_1",
            "metadata": { "seckill_payment": PAYMENT },
        })
    };
    let failed = said("refund.failed", &refund("failed"));
    assert_eq!(failed.fact, NoticeFact::RefundFailed);
    assert_eq!(failed.merchant_number, PAYMENT);
    let canceled = said("refund.updated", &refund("canceled"));
    assert_eq!(canceled.fact, NoticeFact::RefundFailed);
    for kind in ["refund.updated", "charge.refunded"] {
        assert_eq!(said(kind, &refund("succeeded")).fact, NoticeFact::Other);
    }
}

#[test]
fn unknown_events_and_other_programs_objects_are_ignored() {
    let mut foreign = session("paid");
    foreign["metadata"] = json!({});
    for kind in [
        "checkout.session.completed",
        "checkout.session.expired",
        "invoice.paid",
    ] {
        let notice = said(kind, &foreign);
        assert_eq!(notice.fact, NoticeFact::Other, "{kind}");
        assert_eq!(notice.merchant_number, "");
    }
    for object in [json!({}), json!({ "metadata": 1 }), json!([]), json!(null)] {
        assert_eq!(said("of.tomorrow", &object).fact, NoticeFact::Other);
    }
}

#[test]
fn a_signed_notice_of_the_other_mode_or_without_its_facts_is_refused() {
    let right = event("checkout.session.completed", &session("paid"));
    let live = right.replace("\"livemode\":false", "\"livemode\":true");
    assert_ne!(live, right);
    let long_id = right.replace("evt_1", &"e".repeat(65));
    let odd_id = right.replace("evt_1", "evt 1");
    let mut bodies = vec![live, long_id, odd_id, "{".to_owned(), "{}".to_owned()];
    for (field, value) in [
        ("payment_intent", json!(null)),
        ("payment_intent", json!("x".repeat(65))),
        ("amount_total", json!(null)),
        ("amount_total", json!(-1)),
        ("currency", json!("renminbi")),
    ] {
        let mut session = session("paid");
        session[field] = value;
        bodies.push(event("checkout.session.completed", &session));
    }
    for body in bodies {
        let header = header(NOW_S, &body);
        assert_eq!(verified(&header, &body), Verified::Forged, "{body}");
    }
}
