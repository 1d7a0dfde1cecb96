//! The settings, and the only reader of the environment. A section is a struct; the section's file states each
//! setting's name, form (type, unit and bounds), default and meaning exactly once.
//!
//! A setting is `SECKILL_NAME` in the environment, else `name` in the TOML file given by `--config`, else its
//! default. One that may hold a password can be read from a file of its own: `SECKILL_NAME_FILE`, `name_file`.

mod alipay;
mod cluster;
mod error;
mod forms;
mod limits;
mod log_ins;
mod orders;
mod payments;
mod process;
mod sale;
mod section;
mod shown;
mod sources;
mod stripe;
#[cfg(test)]
mod tests;
mod transport;
mod web;
mod webhooks;
mod workers;

use std::path::Path;

use crate::{
    adapters::quotas::{NoLimits, Quotas},
    engine::Rules,
    workers::Schedule,
};

pub use alipay::Alipay;
pub use cluster::Cluster;
pub use error::{ConfigError, Warning};
pub use limits::Limits;
pub use log_ins::LogIns;
pub use orders::Orders;
pub use payments::{Payments, Provider};
pub use process::{Mode, Process};
pub use sale::Sale;
pub use section::Setting;
pub use shown::markdown;
pub use sources::is_known;
pub use stripe::Stripe;
pub use transport::Transport;
pub use web::Web;
pub use webhooks::Webhooks;
pub use workers::Workers;

use section::Section;
use sources::Values;

const DAY_MS: i64 = 24 * 3_600_000;

/// All settings, parsed and checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Every setting with its value and its meaning; secrets are masked.
    pub listing: String,
    pub process: Process,
    /// The servers of a cluster; `None` for the embedded shop.
    pub cluster: Option<Cluster>,
    /// Pages and connections.
    pub web: Web,
    pub sale: Sale,
    pub payments: Payments,
    /// How long data of finished orders is kept.
    pub orders: Orders,
    /// Stripe, if it is the payment provider.
    pub stripe: Option<Stripe>,
    /// Alipay, if it is the payment provider.
    pub alipay: Option<Alipay>,
    pub log_ins: LogIns,
    /// Limits on calls.
    pub limits: Limits,
    pub webhooks: Webhooks,
    /// Background work.
    pub workers: Workers,
}

/// Every section, in the order of the manual.
fn sections() -> [Section; 12] {
    [
        Process::section(),
        Cluster::section(),
        Web::section(),
        Sale::section(),
        Payments::section(),
        Stripe::section(),
        Alipay::section(),
        Orders::section(),
        LogIns::section(),
        Limits::section(),
        Webhooks::section(),
        Workers::section(),
    ]
}

/// Every setting, in the order of the sections.
pub fn settings() -> Vec<Setting> {
    sections()
        .into_iter()
        .flat_map(|section| section.settings)
        .collect()
}

impl Config {
    /// Reads the environment and the file. Also returns variables that are no settings.
    ///
    /// # Errors
    /// The first setting that is malformed, unknown (in the file) or forbidden in production.
    pub fn load(file: Option<&Path>) -> Result<(Config, Vec<Warning>), ConfigError> {
        let values = read(file)?;
        Ok((Config::parse(&values)?, values.warnings))
    }

    /// The defaults, for tests that change a few fields.
    ///
    /// # Errors
    /// Never, unless a default is malformed.
    pub fn defaults() -> Result<Config, ConfigError> {
        Config::parse(&Values::default())
    }

    fn parse(values: &Values) -> Result<Config, ConfigError> {
        let process = Process::read(values)?;
        let payments = Payments::read(values)?;
        let config = Config {
            listing: shown::listing(values),
            cluster: match process.mode {
                Mode::Embedded => None,
                Mode::Cluster => Some(Cluster::read(values)?),
            },
            process,
            web: Web::read(values)?,
            sale: Sale::read(values)?,
            orders: Orders::read(values)?,
            stripe: match payments.provider {
                Provider::Stripe => Some(Stripe::needed(values)?),
                Provider::Sandbox | Provider::Alipay => None,
            },
            alipay: match payments.provider {
                Provider::Alipay => Some(Alipay::needed(values)?),
                Provider::Sandbox | Provider::Stripe => None,
            },
            payments,
            log_ins: LogIns::read(values)?,
            limits: Limits::read(values)?,
            webhooks: Webhooks::read(values)?,
            workers: Workers::read(values)?,
        };
        if config.process.production {
            config.refuse_in_production(values)?;
        }
        Ok(config)
    }

    /// For real buyers: no protection may be off, and no fault may be injected.
    fn refuse_in_production(&self, values: &Values) -> Result<(), ConfigError> {
        let refused = if self.sale.captcha.is_none() {
            Sale::captcha().describe()
        } else if self.limits.action_per_5s.is_none() {
            Limits::action_per_5s().describe()
        } else if self.limits.address_per_s.is_none() {
            Limits::address_per_s().describe()
        } else if self.process.injected_fault.is_some() {
            Process::injected_fault().describe()
        } else if !values.is_set(Payments::provider().name) {
            Payments::provider().describe()
        } else {
            let cluster = self.cluster.as_ref();
            return cluster.map_or(Ok(()), |cluster| cluster.refuse_plain(values));
        };
        Err(values.forbidden(&refused))
    }

    /// The sale's settings, for the engine.
    pub fn rules(&self) -> Rules {
        let ms = |time: std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
        Rules {
            captcha_required: self.sale.captcha.is_some(),
            captcha_life_ms: ms(self.sale.captcha_life),
            path_life_ms: ms(self.sale.path_life),
            path_opens_before_ms: i64::from(self.sale.path_opens_before_s) * 1_000,
            login_life_ms: ms(self.log_ins.life),
            login_life_max_ms: ms(self.log_ins.life_max),
            pay_grace_ms: ms(self.payments.grace),
            pay_close_patience_ms: ms(self.payments.close_patience),
            keep_address_ms: i64::from(self.orders.keep_address_days) * DAY_MS,
            keep_messages_ms: i64::from(self.orders.keep_messages_days) * DAY_MS,
            queue_age_ms: ms(self.workers.queue_age),
            fail_fast_percent: self.workers.fail_fast_percent,
        }
    }

    /// The page where buyers pay if the shop does not show it: an origin, or every host of a domain.
    pub fn pay_page(&self) -> Option<String> {
        let stripe = self.stripe.as_ref().map(|stripe| stripe.page_url.clone());
        stripe.or_else(|| self.alipay.as_ref().map(Alipay::pages))
    }

    /// Limits on calls.
    pub fn quotas(&self) -> Quotas {
        let quotas = Quotas::default();
        Quotas {
            address_per_s: self.limits.address_per_s.unwrap_or(quotas.address_per_s),
            action_per_5s: self.limits.action_per_5s.unwrap_or(quotas.action_per_5s),
        }
    }

    /// Which limits are off.
    pub fn no_limits(&self) -> NoLimits {
        NoLimits {
            address: self.limits.address_per_s.is_none(),
            action: self.limits.action_per_5s.is_none(),
        }
    }

    /// When the workers run.
    pub fn schedule(&self) -> Schedule {
        Schedule {
            orders_per_s: self.workers.orders_per_s,
            reconcile: self.workers.reconcile,
            ..Schedule::default()
        }
    }
}

/// Every setting with its value, for people. Also returns variables that are no settings.
///
/// # Errors
/// When a file cannot be read or names an unknown setting.
pub fn listing(file: Option<&Path>) -> Result<String, ConfigError> {
    Ok(shown::listing(&read(file)?))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one reader of the environment"
)]
fn read(file: Option<&Path>) -> Result<Values, ConfigError> {
    let mut values = Values::default();
    if let Some(file) = file {
        values.add_file(file)?;
    }
    values.add_environment(std::env::vars_os())?;
    Ok(values)
}
