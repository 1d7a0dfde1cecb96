//! Tests of which notices are accepted, and how they are read.

use super::*;
use crate::{
    adapters::payment::alipay::keys::{ShopKey, tests::*},
    engine::ports::Amount,
};

const APP: &str = "2021000000000001";
const SELLER: &str = "2088000000000001";
const PAYMENT: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const NUMBER_THERE: &str = "01890a5dac96774bbcceb302099a8057";

fn verified(body: &str) -> Verified {
    let notices = Notices {
        key: AlipayKey::parse(ALIPAY_PUBLIC).unwrap(),
        app_id: APP.to_owned(),
        seller_id: SELLER.to_owned(),
    };
    notices.verify(body.as_bytes())
}

/// The fields of a paid trade, with some replaced.
fn with(changes: &[(&str, &str)]) -> Fields {
    let paid = [
        ("app_id", APP),
        ("charset", "utf-8"),
        ("gmt_create", "2027-01-15 16:00:00"),
        ("notify_id", "2027011500222160000000000000000001"),
        ("notify_type", "trade_status_sync"),
        ("out_trade_no", NUMBER_THERE),
        ("seller_id", SELLER),
        ("subject", "手冲壶 Pour-over kettle + a=b&c"),
        ("total_amount", "99.00"),
        ("trade_no", "2027011522001400000000000001"),
        ("trade_status", "TRADE_SUCCESS"),
    ];
    let fields = paid.iter().chain(changes);
    fields
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn encoded(fields: &Fields) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    form.finish()
}

/// A body signed with `key`.
fn signed_by(key: &str, mut fields: Fields) -> String {
    let text: Vec<_> = fields
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let sign = ShopKey::parse(key).unwrap().sign(&text.join("&")).unwrap();
    fields.insert("sign".to_owned(), sign);
    fields.insert("sign_type".to_owned(), "RSA2".to_owned());
    encoded(&fields)
}

fn signed(changes: &[(&str, &str)]) -> String {
    signed_by(ALIPAY, with(changes))
}

fn said(changes: &[(&str, &str)]) -> SignedNotice {
    match verified(&signed(changes)) {
        Verified::Notice(notice) => notice,
        other => panic!("{changes:?}: {other:?}"),
    }
}

fn fact(changes: &[(&str, &str)]) -> NoticeFact {
    said(changes).fact
}

#[test]
fn money_is_reported_with_alipay_s_number_and_ours_as_the_shop_writes_it() {
    let notice = said(&[]);
    assert_eq!(notice.merchant_number, PAYMENT);
    assert_eq!(notice.event_id, "2027011500222160000000000000000001");
    let paid = NoticeFact::Paid {
        provider_number: "2027011522001400000000000001".to_owned(),
        amount: Amount::of(9_900),
    };
    assert_eq!(notice.fact, paid);
    // The same trade later: partly refunded in the console, or no longer refundable.
    let partly = [
        ("refund_fee", "9.00"),
        ("gmt_refund", "2027-01-15 17:00:00"),
    ];
    assert_eq!(fact(&partly), paid);
    assert_eq!(fact(&[("trade_status", "TRADE_FINISHED")]), paid);
}

#[test]
fn a_closed_trade_has_no_money_unless_it_was_refunded() {
    assert_eq!(
        fact(&[("trade_status", "TRADE_CLOSED")]),
        NoticeFact::Closed
    );
    for refund in [
        ("refund_fee", "99.00"),
        ("gmt_refund", "2027-01-15 17:00:00"),
    ] {
        let went_back = fact(&[("trade_status", "TRADE_CLOSED"), refund]);
        assert_eq!(went_back, NoticeFact::Other);
    }
    for status in ["WAIT_BUYER_PAY", "OF_TOMORROW", ""] {
        assert_eq!(fact(&[("trade_status", status)]), NoticeFact::Other);
    }
}

#[test]
fn a_changed_notice_is_forged() {
    let right = signed(&[]);
    assert_ne!(verified(&right), Verified::Forged);
    for (from, to) in [
        ("99.00", "99.01"),
        (NUMBER_THERE, "01890a5dac96774bbcceb302099a8058"),
        ("TRADE_SUCCESS", "TRADE_FINISHED"),
        ("sign=", "sign=A"),
        ("sign=", "sing="),
        ("&total_amount=", "&total_amount=1.00&total_amount="),
        ("&total_amount=", "&extra=1&total_amount="),
    ] {
        let changed = right.replace(from, to);
        assert_ne!(changed, right);
        assert_eq!(verified(&changed), Verified::Forged, "{from} {to}");
    }
    let kept_from = format!("{right}&sign=x");
    for body in [
        kept_from.as_str(),
        "",
        "sign=&sign_type=RSA2",
        "{\"trade_status\":\"TRADE_SUCCESS\"}",
        "\u{0}%ff%fe&&==&%",
    ] {
        assert_eq!(verified(body), Verified::Forged, "{body}");
    }
    assert_eq!(verified(&signed_by(SHOP, with(&[]))), Verified::Forged);
    let many: Vec<String> = (0..200).map(|number| format!("field{number}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "1")).collect();
    assert_eq!(verified(&signed(&many)), Verified::Forged);
}

#[test]
fn signed_notices_for_others_or_with_invalid_content_are_refused() {
    let long = "1".repeat(65);
    for change in [
        ("app_id", "2021000000000002"),
        ("app_id", ""),
        ("seller_id", "2088000000000002"),
        ("total_amount", "99.005"),
        ("total_amount", "-1.00"),
        ("total_amount", ""),
        ("trade_no", "nobody's"),
        ("trade_no", ""),
        ("notify_id", ""),
        ("out_trade_no", &long),
        ("out_trade_no", "壶"),
    ] {
        assert_eq!(verified(&signed(&[change])), Verified::Forged, "{change:?}");
    }
    let mut anybody_s = with(&[]);
    anybody_s.remove("app_id");
    assert_eq!(verified(&signed_by(ALIPAY, anybody_s)), Verified::Forged);
}

#[test]
fn a_notice_without_a_seller_is_accepted_for_this_application() {
    let mut fields = with(&[]);
    fields.remove("seller_id");
    assert!(matches!(
        verified(&signed_by(ALIPAY, fields)),
        Verified::Notice(_)
    ));
}

#[test]
fn numbers_of_other_shops_are_not_changed() {
    assert_eq!(
        said(&[("out_trade_no", "shop-7")]).merchant_number,
        "shop-7"
    );
    assert_eq!(said(&[("out_trade_no", "")]).merchant_number, "");
    let long = "a".repeat(100);
    let event = said(&[("notify_id", &long)]).event_id;
    // printf 'a%.0s' $(seq 100) | sha256sum
    assert_eq!(
        event,
        "2816597888e4a0d3a36b82b83316ab32680eb8f00f8cd3b904d681246d285a0e"
    );
}

#[test]
fn empty_fields_may_be_signed_or_not_and_change_nothing() {
    let paid = fact(&[]);
    for empty in [
        "refund_fee",
        "gmt_refund",
        "seller_id",
        "voucher_detail_list",
    ] {
        assert_eq!(fact(&[(empty, "")]), paid, "{empty}, signed");
    }
    for empty in ["refund_fee", "gmt_refund", "voucher_detail_list"] {
        let unsigned = format!("{}&{empty}=", signed(&[]));
        let Verified::Notice(notice) = verified(&unsigned) else {
            panic!("{empty} is not signed");
        };
        assert_eq!(notice.fact, paid);
    }
    let closed = [("trade_status", "TRADE_CLOSED")];
    assert_eq!(fact(&closed), NoticeFact::Closed);
    let unsigned = format!("{}&refund_fee=", signed(&closed));
    let Verified::Notice(notice) = verified(&unsigned) else {
        panic!("{unsigned}");
    };
    assert_eq!(notice.fact, NoticeFact::Closed);
}
