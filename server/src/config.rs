//! The settings, and the only reader of the environment. Each is `SECKILL_NAME` in the environment,
//! else `name` in the TOML file given by `--config`, else its default.

mod cluster;
mod settings;

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    num::NonZeroU32,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use ipnet::IpNet;

use crate::{
    adapters::{
        captcha::CaptchaKind,
        faulty::Drill,
        quotas::{NoLimits, Quotas},
    },
    engine::Rules,
    workers::Schedule,
};

pub use cluster::Cluster;
pub use settings::{SETTINGS, Setting};

/// A setting that cannot be used. Says which and why; never its value when that is secret.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct ConfigError {
    /// The variable's name.
    pub name: String,
    /// What is wrong with it.
    pub problem: String,
}

/// Everything that can be set, parsed and checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Real buyers: no protection is off, and nobody has a password that everybody knows.
    pub production: bool,
    /// Where to listen.
    pub addr: SocketAddr,
    /// The servers of a cluster; `None` for the embedded shop.
    pub cluster: Option<Cluster>,
    /// Where the embedded ledger is.
    pub data_dir: PathBuf,
    /// Where the built assets are.
    pub site_root: PathBuf,
    /// Which pictures the questions have.
    pub captcha: CaptchaKind,
    /// Numbers of the sale.
    pub rules: Rules,
    /// Seconds a buyer has to pay, where the round does not say otherwise.
    pub pay_window_s: u32,
    /// Calls per time.
    pub quotas: Quotas,
    /// Which limits are off.
    pub no_limits: NoLimits,
    /// Pages are kept this long at most.
    pub page_life: Duration,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// TLS ends in front of the server: cookies are `Secure`.
    pub tls: bool,
    /// Minutes east of UTC in which pages show times.
    pub utc_offset_min: i32,
    /// When the workers run.
    pub schedule: Schedule,
    /// Time between the order to stop and the end of answering, for balancers to look elsewhere.
    pub drain: Duration,
    /// What fails on purpose.
    pub drill: Option<Drill>,
    /// What is logged (`tracing` filter).
    pub log: String,
}

/// The raw values by name.
struct Values(BTreeMap<&'static str, String>);

impl Config {
    /// Reads the environment and the file.
    ///
    /// # Errors
    /// The first setting that is malformed, unknown (in the file) or forbidden in production.
    pub fn load(file: Option<&Path>) -> Result<Config, ConfigError> {
        Config::parse(&read(file)?)
    }

    /// The defaults, for tests that change a few fields.
    ///
    /// # Errors
    /// Never, unless a default is malformed.
    pub fn defaults() -> Result<Config, ConfigError> {
        Config::parse(&Values::defaults())
    }

    fn parse(values: &Values) -> Result<Config, ConfigError> {
        let cluster = match values.one_of("MODE", &["embedded", "cluster"])? {
            "cluster" => Some(Cluster::parse(values)?),
            _ => None,
        };
        let production = values.one_of("ENV", &["development", "production"])? == "production";
        let off = |name| {
            let off = values.get(name) == "off";
            match off && production {
                true => Err(error(name, "cannot be off in production")),
                false => Ok(off),
            }
        };
        let captcha = values.one_of("CAPTCHA", &["arithmetic", "text", "off"])?;
        let per = |name, default| match values.get(name) == "off" {
            true => Ok(default),
            false => values.parsed::<NonZeroU32>(name),
        };
        let quotas = Quotas::default();
        let rules = Rules {
            captcha_required: !off("CAPTCHA")?,
            captcha_life_ms: values.seconds("CAPTCHA_LIFE_S")?,
            path_life_ms: values.seconds("PATH_LIFE_S")?,
            path_opens_before_ms: values.seconds("PATH_OPENS_BEFORE_S")?,
            login_life_ms: values.seconds("LOGIN_LIFE_S")?,
            login_life_max_ms: values.seconds("LOGIN_LIFE_MAX_S")?,
            queue_age_ms: values.seconds("QUEUE_AGE_S")?,
            fail_fast_percent: values.percent("FAIL_FAST_PERCENT")?,
        };
        let orders_per_s = match values.get("ORDERS_PER_S") {
            "" => None,
            _ => Some(values.parsed::<NonZeroU32>("ORDERS_PER_S")?.get()),
        };
        Ok(Config {
            production,
            addr: values.parsed("ADDR")?,
            cluster,
            data_dir: values.get("DATA_DIR").into(),
            site_root: values.get("SITE_ROOT").into(),
            captcha: if captcha == "text" {
                CaptchaKind::Text
            } else {
                CaptchaKind::Arithmetic
            },
            rules,
            pay_window_s: values.parsed::<NonZeroU32>("PAY_WINDOW_S")?.get(),
            no_limits: NoLimits {
                address: off("IP_LIMIT")?,
                action: off("USER_LIMIT")?,
            },
            quotas: Quotas {
                address_per_s: per("IP_LIMIT", quotas.address_per_s)?,
                action_per_5s: per("USER_LIMIT", quotas.action_per_5s)?,
            },
            page_life: Duration::from_secs(values.parsed("PAGE_LIFE_S")?),
            trusted_proxies: values.proxies("TRUSTED_PROXIES")?,
            tls: values.one_of("TLS", &["on", "off"])? == "on",
            utc_offset_min: values.parsed("UTC_OFFSET_MIN")?,
            schedule: Schedule {
                orders_per_s,
                reconcile: Duration::from_secs(
                    values.parsed::<NonZeroU32>("RECONCILE_S")?.get().into(),
                ),
                ..Schedule::default()
            },
            drain: Duration::from_secs(values.parsed::<u8>("DRAIN_S")?.into()),
            drill: values.drill("DRILL", production)?,
            log: values.get("LOG").to_owned(),
        })
    }

    /// Every setting with its value and its meaning. Passwords in addresses are hidden.
    ///
    /// # Errors
    /// When the file cannot be read or names an unknown setting.
    pub fn listing(
        file: Option<&Path>,
    ) -> Result<Vec<(String, String, &'static str)>, ConfigError> {
        let values = read(file)?;
        let shown = |setting: &Setting| {
            (
                variable(setting.name),
                match setting.secret {
                    true => cluster::without_passwords(values.get(setting.name)),
                    false => values.get(setting.name).to_owned(),
                },
                setting.about,
            )
        };
        Ok(SETTINGS.iter().map(shown).collect())
    }
}

fn variable(name: &str) -> String {
    format!("SECKILL_{name}")
}

fn error(name: &str, problem: impl ToString) -> ConfigError {
    ConfigError {
        name: variable(name),
        problem: problem.to_string(),
    }
}

fn read(file: Option<&Path>) -> Result<Values, ConfigError> {
    let Values(mut values) = Values::defaults();
    if let Some(file) = file {
        let broken = |problem: String| ConfigError {
            name: file.display().to_string(),
            problem,
        };
        let text = std::fs::read_to_string(file).map_err(|error| broken(error.to_string()))?;
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| broken(error.to_string()))?;
        for (key, value) in table {
            let known = SETTINGS
                .iter()
                .find(|setting| setting.name.eq_ignore_ascii_case(&key));
            let known = known.ok_or_else(|| broken(format!("there is no setting `{key}`")))?;
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            values.insert(known.name, value);
        }
    }
    for setting in SETTINGS {
        if let Ok(value) = std::env::var(variable(setting.name)) {
            values.insert(setting.name, value);
        }
    }
    Ok(Values(values))
}

impl Values {
    fn defaults() -> Self {
        let defaults = SETTINGS
            .iter()
            .map(|setting| (setting.name, setting.default.to_owned()));
        Self(defaults.collect())
    }

    fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    fn parsed<T: FromStr<Err: ToString>>(&self, name: &str) -> Result<T, ConfigError> {
        self.get(name)
            .trim()
            .parse()
            .map_err(|problem: T::Err| error(name, problem.to_string()))
    }

    fn seconds(&self, name: &str) -> Result<i64, ConfigError> {
        Ok(i64::from(self.parsed::<NonZeroU32>(name)?.get()) * 1000)
    }

    fn drill(&self, name: &str, production: bool) -> Result<Option<Drill>, ConfigError> {
        match self.get(name) {
            "" => Ok(None),
            _ if production => Err(error(name, "is not for production")),
            _ => self.parsed(name).map(Some),
        }
    }

    fn percent(&self, name: &str) -> Result<u8, ConfigError> {
        match self.parsed(name)? {
            percent @ 0..=100 => Ok(percent),
            _ => Err(error(name, "is 0 to 100")),
        }
    }

    fn one_of(&self, name: &str, words: &[&'static str]) -> Result<&'static str, ConfigError> {
        let value = self.get(name);
        let known = words.iter().find(|word| **word == value);
        known
            .copied()
            .ok_or_else(|| error(name, format!("is one of {}", words.join(", "))))
    }

    fn proxies(&self, name: &str) -> Result<Vec<IpNet>, ConfigError> {
        let words = self
            .get(name)
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty());
        words
            .map(|word| {
                let address = word.parse::<IpAddr>().map(IpNet::from);
                word.parse::<IpNet>()
                    .or(address)
                    .map_err(|problem| error(name, problem))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(changes: &[(&'static str, &str)]) -> Result<Config, ConfigError> {
        let Values(mut values) = Values::defaults();
        values.extend(
            changes
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        Config::parse(&Values(values))
    }

    #[test]
    fn the_defaults_are_sound() {
        let config = Config::defaults().unwrap();
        assert_eq!(config.rules, Rules::default());
        assert_eq!(config.quotas, Quotas::default());
        assert_eq!(config.pay_window_s, 600);
    }

    #[test]
    fn protections_cannot_be_switched_off_in_production() {
        for name in ["CAPTCHA", "USER_LIMIT", "IP_LIMIT"] {
            assert!(with(&[(name, "off")]).is_ok());
            let refused = with(&[(name, "off"), ("ENV", "production")]).unwrap_err();
            assert_eq!(refused.name, format!("SECKILL_{name}"));
        }
    }

    #[test]
    fn a_malformed_setting_is_named() {
        for (name, value) in [
            ("ADDR", "here"),
            ("PAY_WINDOW_S", "0"),
            ("PAY_WINDOW_S", "-5"),
            ("CAPTCHA", "none"),
            ("TRUSTED_PROXIES", "10.0.0.0/99"),
            ("USER_LIMIT", "many"),
            ("MODE", "both"),
            ("FAIL_FAST_PERCENT", "101"),
        ] {
            let refused = with(&[(name, value)]).unwrap_err();
            assert_eq!(refused.name, format!("SECKILL_{name}"), "{value}");
        }
    }
}
