//! Guarantees for people who write settings.

mod alipay;

use std::{ffi::OsString, fs, net::SocketAddr, path::Path};

use super::*;

/// The values from these environment variables; names without their prefix.
fn set(variables: &[(&str, &str)]) -> Result<Values, ConfigError> {
    let mut values = Values::default();
    values.add_environment(variables.iter().map(|(name, value)| {
        (
            OsString::from(format!("SECKILL_{name}")),
            OsString::from(value),
        )
    }))?;
    Ok(values)
}

fn with(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    Config::parse(&set(variables)?)
}

/// The configuration from a file with this text.
fn from_file(text: &str) -> Result<Config, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.toml");
    fs::write(&file, text).unwrap();
    let mut values = Values::default();
    values.add_file(&file)?;
    Config::parse(&values)
}

fn said(result: Result<Config, ConfigError>) -> String {
    crate::chain::Chain(&result.unwrap_err()).to_string()
}

#[test]
fn the_defaults_are_sound() {
    let config = Config::defaults().unwrap();
    assert_eq!(config.rules(), Rules::default());
    assert_eq!(config.quotas(), Quotas::default());
    assert_eq!(config.no_limits(), NoLimits::default());
    assert_eq!(config.schedule(), Schedule::default());
    assert_eq!(config.sale.pay_window_s, 600);
}

/// A shop with Stripe.
const STRIPE: [(&str, &str); 4] = [
    ("PAYMENTS", "stripe"),
    ("STRIPE_SECRET_KEY", "sk_test_topsecret-topsecret"),
    ("STRIPE_WEBHOOK_SECRETS", "whsec_topsecret-topsecret"),
    ("SHOP_URL", "https://shop.example"),
];

/// That shop with another setting.
fn stripe_with(changes: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let kept = STRIPE.iter().filter(|(name, _)| {
        let changed = |(other, _): &(&str, &str)| name == other;
        !changes.iter().any(changed)
    });
    let all: Vec<_> = kept.chain(changes).copied().collect();
    with(&all)
}

#[test]
fn recommended_values_are_valid() {
    let is_of = |section: Section, name: &str| section.settings.iter().any(|one| one.name == name);
    for setting in settings() {
        for value in [setting.default, &setting.example] {
            let made = match setting.name {
                "MODE" => with(&[("MODE", value)]),
                // A whole key would be a real one.
                "ALIPAY_PRIVATE_KEY" | "ALIPAY_PUBLIC_KEY" => continue,
                name if is_of(Stripe::section(), name) && !value.is_empty() => {
                    stripe_with(&[(name, value)])
                }
                name if is_of(Alipay::section(), name) && !value.is_empty() => {
                    alipay::with_alipay(&[(name, value)])
                }
                name => with(&[("MODE", "cluster"), (name, value)]),
            };
            assert!(made.is_ok(), "{} = {value}: {made:?}", setting.name);
        }
    }
}

#[test]
fn production_takes_payments_only_with_a_provider_that_is_named() {
    let refused = said(with(&[("ENV", "production")]));
    assert!(
        refused.starts_with("SECKILL_PAYMENTS is 'sandbox'"),
        "{refused}"
    );
    assert!(with(&[("ENV", "production"), ("PAYMENTS", "sandbox")]).is_ok());
}

#[test]
fn production_refuses_switched_off_protections_and_injected_faults() {
    for (name, value) in [
        ("CAPTCHA", "off"),
        ("USER_LIMIT", "off"),
        ("IP_LIMIT", "off"),
        ("INJECT_FAULT", "write:before:1:die"),
    ] {
        assert!(with(&[(name, value)]).is_ok());
        let refused = said(with(&[(name, value), ("ENV", "production")]));
        let begins = format!("SECKILL_{name} is '{value}', which production");
        assert!(refused.starts_with(&begins), "{refused}");
    }
}

#[test]
fn a_malformed_setting_is_named_with_its_value_its_form_and_an_example() {
    assert_eq!(
        said(with(&[("ADDR", "localhost:4410")])),
        "SECKILL_ADDR is 'localhost:4410'; write IP:PORT, such as 127.0.0.1:3000"
    );
    assert_eq!(
        said(with(&[("PAY_WINDOW_S", "10min")])),
        "SECKILL_PAY_WINDOW_S is '10min'; write a whole number of seconds from 1 to 2000000, \
         such as 600"
    );
    for (name, value) in [
        ("PAY_WINDOW_S", "0"),
        ("PAY_WINDOW_S", "-5"),
        ("CAPTCHA", "none"),
        ("TRUSTED_PROXIES", "10.0.0.0/99"),
        ("USER_LIMIT", "many"),
        ("MODE", "both"),
        ("FAIL_FAST_PERCENT", "101"),
        ("LOG", "info,x=loud"),
        ("INJECT_FAULT", "write"),
        ("TLS", "yes"),
        ("ORDERS_PER_S", "0"),
    ] {
        let refused = said(with(&[(name, value)]));
        let begins = format!("SECKILL_{name} is '{value}'; write ");
        assert!(refused.starts_with(&begins), "{refused}");
        assert!(refused.contains(", such as "), "{refused}");
    }
}

#[test]
fn a_value_that_may_hold_a_password_is_never_repeated() {
    for name in [
        "REDIS_URL",
        "AMQP_URL",
        "DATABASE_URL",
        "DATABASE_REPLICA_URL",
    ] {
        let refused = said(with(&[("MODE", "cluster"), (name, "http://:topsecret@h")]));
        assert!(
            refused.starts_with(&format!("SECKILL_{name} cannot be used")),
            "{refused}"
        );
        assert!(!refused.contains("topsecret"), "{refused}");
    }
}

#[test]
fn stripe_needs_its_secrets_and_the_shop_s_address() {
    let config = stripe_with(&[]).unwrap();
    assert_eq!(config.payments.provider, Provider::Stripe);
    let page = Some("https://checkout.stripe.com".to_owned());
    assert_eq!(config.pay_page(), page);
    assert_eq!(Config::defaults().unwrap().pay_page(), None);
    for (name, _) in &STRIPE[1..] {
        let refused = said(stripe_with(&[(*name, "")]));
        let begins = format!("SECKILL_{name} is not set, and SECKILL_PAYMENTS=stripe needs it; ");
        assert!(refused.starts_with(&begins), "{refused}");
        assert!(refused.contains(", such as "), "{refused}");
    }
    // Other shops do not need it.
    assert!(with(&[("PAYMENTS", "sandbox")]).unwrap().stripe.is_none());
}

#[test]
fn stripe_credentials_must_be_well_formed_and_are_never_shown() {
    for (name, value) in [
        ("STRIPE_SECRET_KEY", "pk_test_topsecret-topsecret"),
        ("STRIPE_SECRET_KEY", "sk_test_topsecret"),
        ("STRIPE_SECRET_KEY", "sk_test_topsecret topsecret"),
        ("STRIPE_WEBHOOK_SECRETS", "topsecret-topsecret-topsecret"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_topsecret-topsecret,"),
        ("STRIPE_WEBHOOK_SECRETS", "whsec_"),
    ] {
        let refused = said(stripe_with(&[(name, value)]));
        let begins = format!("SECKILL_{name} cannot be used");
        assert!(refused.starts_with(&begins), "{refused}");
        assert!(!refused.contains("topsecret"), "{refused}");
    }
    let secret = "whsec_topsecret-topsecret";
    let of = |number: usize| vec![secret; number].join(",");
    let three = stripe_with(&[("STRIPE_WEBHOOK_SECRETS", &of(3))]).unwrap();
    assert_eq!(three.stripe.as_ref().unwrap().webhook_secrets.len(), 3);
    assert!(!format!("{three:?}").contains("topsecret"), "{three:?}");
    assert!(stripe_with(&[("STRIPE_WEBHOOK_SECRETS", &of(4))]).is_err());
    let listing = shown::listing(&set(&STRIPE).unwrap());
    assert!(!listing.contains("topsecret"), "{listing}");
}

#[test]
fn a_site_has_no_path_and_needs_tls_unless_it_is_local() {
    for (origin, fits) in [
        ("https://shop.example", true),
        ("https://shop.example:8443", true),
        ("http://127.0.0.1:3000", true),
        ("http://localhost:3000", true),
        ("http://[::1]:3000", true),
        ("http://shop.example", false),
        ("https://shop.example/", false),
        ("https://shop.example/shop", false),
        ("https://user:password@shop.example", false),
        ("https://shop.example; form-action *", false),
        ("ftp://shop.example", false),
        ("shop.example", false),
    ] {
        for name in ["SHOP_URL", "STRIPE_API_URL", "STRIPE_PAGE_URL"] {
            let made = stripe_with(&[(name, origin)]);
            assert_eq!(made.is_ok(), fits, "{name}={origin}: {made:?}");
        }
    }
}

#[test]
fn a_name_that_is_no_setting_is_told_with_the_nearest_one() {
    let values = set(&[
        ("ADR", "x"),
        ("REDIS_URL_FIEL", "x"),
        ("QQ", "x"),
        ("TEST_STACK", "x"),
    ]);
    let warnings: Vec<_> = values
        .unwrap()
        .warnings
        .iter()
        .map(Warning::to_string)
        .collect();
    assert_eq!(
        warnings,
        [
            "SECKILL_ADR is not a setting and has no effect; did you mean SECKILL_ADDR?",
            "SECKILL_REDIS_URL_FIEL is not a setting and has no effect; \
             did you mean SECKILL_REDIS_URL_FILE?",
            "SECKILL_QQ is not a setting and has no effect",
        ]
    );
}

#[test]
fn a_file_names_settings_in_lower_case_and_the_environment_outranks_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("shop.toml");
    let text = "addr = \"127.0.0.1:4000\"\npay_window_s = 60\ntls = true\n\
                trusted_proxies = [\"10.0.0.2\", \"10.1.0.0/16\"]\n";
    fs::write(&file, text).unwrap();
    let mut values = Values::default();
    values.add_file(&file).unwrap();
    let variables = [("SECKILL_PAY_WINDOW_S", "90"), ("SECKILL_ADDR", "")];
    values
        .add_environment(variables.map(|(name, value)| (name.into(), value.into())))
        .unwrap();
    let config = Config::parse(&values).unwrap();
    assert_eq!(
        config.process.addr,
        "127.0.0.1:4000".parse::<SocketAddr>().unwrap()
    );
    assert_eq!((config.sale.pay_window_s, config.web.tls), (90, true));
    assert_eq!(config.web.trusted_proxies.len(), 2);
}

#[test]
fn a_mistake_in_the_file_is_reported_with_its_correction() {
    for (key, meant) in [
        ("SECKILL_ADDR", "`addr`"),
        ("ADDR", "`addr`"),
        ("redis_ulr", "`redis_url`"),
    ] {
        let refused = said(from_file(&format!("{key} = \"x\"")));
        let words =
            format!("there is no setting `{key}`; keys are the settings' names in lower case");
        assert!(refused.contains(&words), "{refused}");
        assert!(
            refused.ends_with(&format!("did you mean {meant}?")),
            "{refused}"
        );
    }
    let refused = said(from_file("addr = \"here\""));
    assert!(refused.starts_with("addr (in "), "{refused}");
    let refused = said(from_file("[addr]\nport = 3000"));
    assert!(
        refused.starts_with("addr is of type table; write IP:PORT"),
        "{refused}"
    );
}

#[test]
fn a_file_that_is_no_toml_is_not_repeated() {
    let text = "addr = \"127.0.0.1:4000\"\n  database_url = \"postgres://u:topsecret@h/db\nx = 1\n";
    let refused = said(from_file(text));
    assert!(refused.contains("shop.toml: line 2, column "), "{refused}");
    assert!(
        !refused.contains("topsecret") && !refused.contains("postgres"),
        "{refused}"
    );
}

#[test]
fn a_password_can_be_in_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("redis");
    let path = secret.to_str().unwrap();
    fs::write(&secret, "redis://:topsecret@10.0.0.1:6379\n").unwrap();
    let config = with(&[("MODE", "cluster"), ("REDIS_URL_FILE", path)]).unwrap();
    assert_eq!(
        config.cluster.unwrap().redis_urls,
        ["redis://:topsecret@10.0.0.1:6379"]
    );
    let config = from_file(&format!("mode = \"cluster\"\nredis_url_file = \"{path}\"")).unwrap();
    assert_eq!(config.cluster.unwrap().redis_urls.len(), 1);

    fs::write(&secret, "topsecret").unwrap();
    let refused = said(with(&[("MODE", "cluster"), ("REDIS_URL_FILE", path)]));
    assert!(
        refused.starts_with("the file of SECKILL_REDIS_URL_FILE cannot be used"),
        "{refused}"
    );
    assert!(!refused.contains("topsecret"), "{refused}");
    let both = [("REDIS_URL_FILE", path), ("REDIS_URL", "redis://h")];
    assert!(said(with(&both)).contains("are both set"));
    fs::write(&secret, "").unwrap();
    let refused = said(with(&[("REDIS_URL_FILE", path)]));
    assert!(refused.ends_with("it is empty"), "{refused}");
    fs::remove_file(&secret).unwrap();
    let refused = said(with(&[("REDIS_URL_FILE", path)]));
    let begins = format!("cannot read {path}, given by SECKILL_REDIS_URL_FILE: ");
    assert!(refused.starts_with(&begins), "{refused}");
    // Only for settings that may hold a password.
    assert_eq!(set(&[("ADDR_FILE", path)]).unwrap().warnings.len(), 1);
}

#[test]
fn the_listing_marks_changed_values_and_shows_no_password() {
    let values = set(&[
        ("ADDR", "127.0.0.1:4000"),
        ("AMQP_URL", "amqp://topsecret@h:1/%2f"),
        (
            "DATABASE_URL",
            "postgres://u:topsecret@db/x?password=topsecret",
        ),
    ]);
    let listing = shown::listing(&values.unwrap());
    assert!(!listing.contains("topsecret"), "{listing}");
    let marked: Vec<_> = listing
        .lines()
        .filter_map(|line| line.strip_prefix("* SECKILL_")?.split('=').next())
        .collect();
    assert_eq!(marked, ["ADDR", "AMQP_URL", "DATABASE_URL"]);
    assert_eq!(
        listing.lines().filter(|line| line.contains(" # ")).count(),
        settings().len()
    );
}

#[test]
fn the_page_of_the_manual_is_the_program_s() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let page = fs::read_to_string(page).unwrap_or_default();
    assert!(
        page == markdown(),
        "run `server config --markdown > docs/configuration.md`"
    );
}
