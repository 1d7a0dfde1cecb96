//! The settings that Alipay needs, and how its keys are read and refused.

use super::*;

const SHOP_KEY: &str = include_str!("../../../tests/suite/support/alipay/shop-key.txt");
const ALIPAY_KEY: &str = include_str!("../../../tests/suite/support/alipay/alipay-public-key.txt");
const ALIPAY_PRIVATE: &str = include_str!("../../../tests/suite/support/alipay/alipay-key.txt");

/// A shop with Alipay.
const ALIPAY: [(&str, &str); 6] = [
    ("PAYMENTS", "alipay"),
    ("ALIPAY_APP_ID", "2021000000000001"),
    ("ALIPAY_SELLER_ID", "2088000000000001"),
    ("ALIPAY_PRIVATE_KEY", SHOP_KEY),
    ("ALIPAY_PUBLIC_KEY", ALIPAY_KEY),
    ("SHOP_URL", "https://shop.example"),
];

/// That shop with other settings.
pub fn with_alipay(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let is_kept = |(name, _): &&(&str, &str)| {
        let replaces = |other: &str| other.strip_suffix("_FILE").unwrap_or(other) == *name;
        !changes.iter().any(|(other, _)| replaces(other))
    };
    let all: Vec<_> = ALIPAY
        .iter()
        .filter(is_kept)
        .chain(changes)
        .copied()
        .collect();
    with(&all)
}

#[test]
fn alipay_needs_its_account_both_keys_and_the_shop_s_address() {
    let config = with_alipay(&[]).unwrap();
    assert_eq!(config.payments.provider, Provider::Alipay);
    assert!(config.alipay.is_some() && config.stripe.is_none());
    for (name, _) in &ALIPAY[1..] {
        let refused = said(with_alipay(&[(*name, "")]));
        let begins = format!("SECKILL_{name} is not set, and SECKILL_PAYMENTS=alipay needs it; ");
        assert!(refused.starts_with(&begins), "{refused}");
        assert!(refused.contains(", such as "), "{refused}");
    }
    // Other shops do not need it.
    assert!(stripe_with(&[]).unwrap().alipay.is_none());
}

#[test]
fn keys_are_read_from_files_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let bare = |pem: &str| -> String {
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        lines.collect()
    };
    for (shop, alipay) in [
        (SHOP_KEY.to_owned(), ALIPAY_KEY.to_owned()),
        (bare(SHOP_KEY), bare(ALIPAY_KEY)),
        (
            format!("{}\r\n", bare(SHOP_KEY)),
            format!("\n{}\n", bare(ALIPAY_KEY)),
        ),
    ] {
        let (shop, alipay) = (file("shop", &shop), file("alipay", &alipay));
        let config = with_alipay(&[
            ("ALIPAY_PRIVATE_KEY_FILE", &shop),
            ("ALIPAY_PUBLIC_KEY_FILE", &alipay),
        ]);
        assert!(config.is_ok(), "{config:?}");
    }
    for (name, text) in [
        ("ALIPAY_PRIVATE_KEY_FILE", ALIPAY_KEY),
        ("ALIPAY_PRIVATE_KEY_FILE", "topsecret"),
        ("ALIPAY_PRIVATE_KEY_FILE", &SHOP_KEY[..900]),
        ("ALIPAY_PUBLIC_KEY_FILE", ALIPAY_PRIVATE),
        ("ALIPAY_PUBLIC_KEY_FILE", "topsecret"),
        ("ALIPAY_PUBLIC_KEY_FILE", &ALIPAY_KEY[..200]),
    ] {
        let refused = said(with_alipay(&[(name, &file("wrong", text))]));
        let begins = format!("the file of SECKILL_{name} cannot be used");
        assert!(refused.starts_with(&begins), "{refused}");
        let shows = |line: &str| refused.contains(line);
        assert!(!text.lines().any(shows), "{refused}");
    }
    let nowhere = folder.path().join("none");
    let unreadable = said(with_alipay(&[(
        "ALIPAY_PRIVATE_KEY_FILE",
        nowhere.to_str().unwrap(),
    )]));
    assert!(
        unreadable.contains("SECKILL_ALIPAY_PRIVATE_KEY_FILE"),
        "{unreadable}"
    );
}

#[test]
fn the_shop_s_own_public_key_is_not_taken_for_alipay_s() {
    let refused = said(with_alipay(&[("ALIPAY_PRIVATE_KEY", ALIPAY_PRIVATE)]));
    let begins = "SECKILL_ALIPAY_PUBLIC_KEY is the public half of the shop's own key; write ";
    assert!(refused.starts_with(begins), "{refused}");
}

#[test]
fn malformed_settings_of_alipay_are_refused() {
    for (name, value) in [
        ("ALIPAY_APP_ID", "wx0000000000000001"),
        ("ALIPAY_APP_ID", "1"),
        ("ALIPAY_SELLER_ID", "shop@example.com"),
        ("ALIPAY_SELLER_ID", "208800000000000"),
        ("ALIPAY_GATEWAY_URL", "http://openapi.alipay.com/gateway.do"),
        (
            "ALIPAY_GATEWAY_URL",
            "https://openapi.alipay.com/gateway.do?x=1",
        ),
        (
            "ALIPAY_GATEWAY_URL",
            "https://name@openapi.alipay.com/gateway.do",
        ),
        ("ALIPAY_GATEWAY_URL", "https://openapi.alipay.com/a b"),
        ("ALIPAY_GATEWAY_URL", "openapi.alipay.com/gateway.do"),
        ("SHOP_URL", "http://shop.example"),
    ] {
        let refused = said(with_alipay(&[(name, value)]));
        let begins = format!("SECKILL_{name} is '{value}'; write ");
        assert!(refused.starts_with(&begins), "{refused}");
    }
}

#[test]
fn forms_may_lead_to_the_gateway_and_its_redirects() {
    for (gateway, pages) in [
        (
            "https://openapi.alipay.com/gateway.do",
            "https://*.alipay.com",
        ),
        (
            "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
            "https://*.alipaydev.com",
        ),
        ("https://notalipay.com/gateway.do", "https://notalipay.com"),
        (
            "https://openapi.alipay.com.example:8443/gateway.do",
            "https://openapi.alipay.com.example:8443",
        ),
        ("http://127.0.0.1:4000/gateway.do", "http://127.0.0.1:4000"),
    ] {
        let config = with_alipay(&[("ALIPAY_GATEWAY_URL", gateway)]).unwrap();
        assert_eq!(config.pay_page().as_deref(), Some(pages));
    }
}

#[test]
fn no_key_of_alipay_is_shown() {
    let listing = shown::listing(&set(&ALIPAY).unwrap());
    let config = format!("{:?}", with_alipay(&[]).unwrap());
    for key in [SHOP_KEY, ALIPAY_KEY] {
        let line = key.lines().nth(1).unwrap();
        assert!(!listing.contains(line), "{listing}");
        assert!(!config.contains(line), "{config}");
    }
    assert!(
        listing.contains("SECKILL_ALIPAY_PRIVATE_KEY=***"),
        "{listing}"
    );
    assert!(
        listing.contains("SECKILL_ALIPAY_APP_ID=2021000000000001"),
        "{listing}"
    );
}
