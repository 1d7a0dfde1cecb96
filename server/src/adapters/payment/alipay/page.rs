//! The address where a buyer pays: the gateway's, with a signed order in its query. It is made without a call; Alipay
//! learns of the order when the buyer scans its code or logs in there.
//!
//! A payment's address never changes: its times are derived from the payment's number.

use form_urlencoded::{Serializer, byte_serialize};
use serde_json::json;

use super::{
    api::{AlipayError, Api, CONTENT, Parameters, SIGN},
    money, shapes,
};
use crate::engine::ports::ChargeRequest;

const METHOD: &str = "alipay.trade.page.pay";
/// Alipay's code for the contracted product: website payment.
const PRODUCT: &str = "FAST_INSTANT_TRADE_PAY";
/// Longest address that the ledger can store.
const ADDRESS: usize = 2_000;
/// Longest title, in characters.
const SUBJECT: usize = 128;
/// Alipay ends an unpaid trade at most this long after its creation, whatever was requested.
const LONGEST_MS: i64 = 15 * 24 * 3_600_000;
/// The largest difference between Alipay's clock and ours.
const MARGIN_MS: i64 = 60_000;

/// The addresses for Alipay's notices and for the returning buyer.
pub struct Addresses<'a> {
    pub notice: &'a str,
    pub back: &'a str,
}

/// Makes the address; `now_ms` is used if the payment's number does not contain its start.
pub fn address(
    api: &Api,
    charge: &ChargeRequest,
    addresses: &Addresses<'_>,
    now_ms: i64,
) -> Result<String, AlipayError> {
    let begun_ms = begun_ms(charge).unwrap_or(now_ms);
    let mut parameters = api.parameters(METHOD, begun_ms)?;
    parameters.insert("notify_url", addresses.notice.to_owned());
    parameters.insert("return_url", addresses.back.to_owned());
    parameters.insert(CONTENT, content(charge, "", begun_ms)?);
    let without_title = encoded(api, &parameters, "").len();
    // 25% more: URL encoding turns some base64 characters into three.
    let room = ADDRESS.checked_sub(without_title + api.signature_len() * 5 / 4);
    let subject = subject(charge, room.unwrap_or(0));
    if subject.is_empty() {
        let no_room = "an address at Alipay would be too long: SECKILL_SHOP_URL is, or the key";
        return Err(AlipayError::Unusable(no_room.to_owned()));
    }
    parameters.insert(CONTENT, content(charge, &subject, begun_ms)?);
    let sign = api.sign(&parameters)?;
    let address = encoded(api, &parameters, &sign);
    match address.len() <= ADDRESS {
        true => Ok(address),
        false => Err(AlipayError::Unusable("an address is too long".to_owned())),
    }
}

/// When the payment was started: our numbers are version 7 UUIDs, which contain the time.
fn begun_ms(charge: &ChargeRequest) -> Option<i64> {
    let (seconds, nanos) = charge.payment_id.0.get_timestamp()?.to_unix();
    let ms = i64::try_from(seconds).ok()?.checked_mul(1_000)?;
    ms.checked_add(i64::from(nanos / 1_000_000))
}

/// The JSON content of the order.
fn content(charge: &ChargeRequest, subject: &str, begun_ms: i64) -> Result<String, AlipayError> {
    let mut content = json!({
        "out_trade_no": shapes::number(charge.payment_id),
        "product_code": PRODUCT,
        "subject": subject,
        "total_amount": money::to_yuan(&charge.amount)?,
    });
    // Not earlier than the charge's expiry. If that is beyond Alipay's limit, the trade ends at the limit, and the
    // buyer may start again.
    let ends_ms = charge.expires_at_ms.saturating_add(999);
    if ends_ms.saturating_sub(begun_ms) < LONGEST_MS - MARGIN_MS
        && let Some(time) = shapes::time(ends_ms)
    {
        content["time_expire"] = time.into();
    }
    Ok(content.to_string())
}

fn encoded(api: &Api, parameters: &Parameters, sign: &str) -> String {
    let gateway = format!("{}?", api.gateway_url());
    let begins = gateway.len();
    let mut query = Serializer::for_suffix(gateway, begins);
    query.extend_pairs(parameters).append_pair(SIGN, sign);
    query.finish()
}

/// The title in both languages, as far as it fits: a Chinese character takes nine characters in an address. Leaves out
/// characters that Alipay does not accept in titles or that JSON escapes.
fn subject(charge: &ChargeRequest, room: usize) -> String {
    let title = &charge.title;
    let both = match title.zh == title.en {
        true => title.zh.clone(),
        false => format!("{} {}", title.zh, title.en),
    };
    let taken = |c: char| !c.is_control() && !r#"/=&"\<>"#.contains(c);
    let both: String = both
        .chars()
        .map(|c| if taken(c) { c } else { ' ' })
        .collect();
    let words = both.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut left = room;
    let mut fits = |c: &char| {
        let mut bytes = [0; 4];
        let bytes = c.encode_utf8(&mut bytes).as_bytes();
        let needed: usize = byte_serialize(bytes).map(str::len).sum();
        let fits = needed <= left;
        left = left.saturating_sub(needed);
        fits
    };
    let kept: String = words.chars().take(SUBJECT).take_while(&mut fits).collect();
    match kept.trim() {
        // The title has only such characters.
        "" if words.is_empty() => "-".to_owned(),
        kept => kept.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use app::wire::{LocalText, OrderId, PaymentId};
    use serde_json::Value;
    use uuid::{Builder, Uuid};

    use super::*;
    use crate::{
        adapters::{
            payment::alipay::keys::{AlipayKey, ShopKey, tests::*},
            system::SystemClock,
        },
        engine::ports::Amount,
    };

    const BEGUN_MS: i64 = 1_800_000_000_000;
    const MINUTE_MS: i64 = 60_000;

    fn api() -> Api {
        Api::new(
            "https://openapi.alipay.com/gateway.do".to_owned(),
            "2021000000000001".to_owned(),
            ShopKey::parse(SHOP).unwrap(),
            AlipayKey::parse(ALIPAY_PUBLIC).unwrap(),
            std::sync::Arc::new(SystemClock),
        )
        .unwrap()
    }

    fn charge(zh: &str, en: &str, life_ms: i64) -> ChargeRequest {
        let number = Builder::from_unix_timestamp_millis(BEGUN_MS as u64, &[7; 10]);
        ChargeRequest {
            payment_id: PaymentId(number.into_uuid()),
            order_id: OrderId(Uuid::from_u128(1)),
            amount: Amount::of(9_900),
            title: LocalText {
                zh: zh.to_owned(),
                en: en.to_owned(),
            },
            expires_at_ms: BEGUN_MS + life_ms,
        }
    }

    fn made(charge: &ChargeRequest, shop_url: &str, now_ms: i64) -> Result<String, AlipayError> {
        let addresses = Addresses {
            notice: &format!("{shop_url}/api/payments/notice/alipay"),
            back: &format!("{shop_url}/orders/{}", charge.order_id),
        };
        address(&api(), charge, &addresses, now_ms)
    }

    /// The parameters of an address, and its content.
    fn read(address: &str) -> (HashMap<String, String>, Value) {
        let (gateway, query) = address.split_once('?').unwrap();
        assert_eq!(gateway, "https://openapi.alipay.com/gateway.do");
        assert!(query.starts_with("app_id="), "{query}");
        let parameters = form_urlencoded::parse(query.as_bytes());
        let parameters: HashMap<_, _> = parameters.into_owned().collect();
        let content = serde_json::from_str(&parameters[CONTENT]).unwrap();
        (parameters, content)
    }

    #[test]
    fn an_address_contains_the_sum_and_the_deadline() {
        let charge = charge("手冲壶", "Pour-over kettle", 10 * MINUTE_MS + 1);
        let address = made(&charge, "https://shop.example", BEGUN_MS).unwrap();
        let (parameters, content) = read(&address);
        let number = charge.payment_id.0.simple().to_string();
        let expected = json!({
            "out_trade_no": number,
            "product_code": "FAST_INSTANT_TRADE_PAY",
            "subject": "手冲壶 Pour-over kettle",
            "time_expire": "2027-01-15 16:10:01",
            "total_amount": "99.00",
        });
        assert_eq!(content, expected);
        assert_eq!(parameters["timestamp"], "2027-01-15 16:00:00");
        assert_eq!(parameters["method"], METHOD);
        let notice = "https://shop.example/api/payments/notice/alipay";
        assert_eq!(parameters["notify_url"], notice);
        let later = made(&charge, "https://shop.example", BEGUN_MS + 9 * MINUTE_MS);
        assert_eq!(later.unwrap(), address, "the same whenever it is made");
    }

    #[test]
    fn a_later_deadline_is_cut_to_alipay_s_limit() {
        let until = |minutes: i64| {
            let charge = charge("壶", "Kettle", minutes * MINUTE_MS);
            let address = made(&charge, "https://shop.example", BEGUN_MS).unwrap();
            read(&address).1.get("time_expire").cloned()
        };
        let days_15 = 15 * 24 * 60;
        let last = Some("2027-01-30 15:58:00".into());
        assert_eq!(until(days_15 - 2), last);
        assert_eq!(until(days_15), None);
    }

    #[test]
    fn a_title_is_cut_so_that_the_address_fits_into_the_ledger() {
        let long = "壶".repeat(500);
        for shop_url in [
            "https://shop.example".to_owned(),
            format!("https://{}.example", ["x"; 60].join("")),
        ] {
            let address = made(&charge(&long, "Kettle", MINUTE_MS), &shop_url, BEGUN_MS).unwrap();
            assert!((1_500..=ADDRESS).contains(&address.len()), "{address}");
            let subject = read(&address).1["subject"].as_str().unwrap().to_owned();
            assert!(subject.chars().count() >= 40, "{subject}");
            assert!(subject.chars().all(|c| c == '壶'), "{subject}");
        }
        let latin = "x".repeat(500);
        let address = made(
            &charge(&latin, &latin, MINUTE_MS),
            "https://s.example",
            BEGUN_MS,
        );
        let subject = read(&address.unwrap()).1["subject"].clone();
        assert_eq!(subject.as_str().unwrap().len(), SUBJECT);
        let far = format!("https://{}.example", ["x"; 800].join(""));
        assert!(made(&charge("壶", "Kettle", MINUTE_MS), &far, BEGUN_MS).is_err());
    }

    #[test]
    fn characters_that_alipay_refuses_are_removed_from_titles() {
        for (title, subject) in [
            ("a/b=c&d", "a b c d"),
            ("\"quoted\" \\ \n line", "quoted line"),
            ("  many   spaces ", "many spaces"),
            ("壶 & 杯", "壶 杯"),
            ("/=&", "-"),
        ] {
            let address = made(
                &charge(title, title, MINUTE_MS),
                "https://s.example",
                BEGUN_MS,
            );
            assert_eq!(read(&address.unwrap()).1["subject"], subject, "{title}");
        }
    }
}
