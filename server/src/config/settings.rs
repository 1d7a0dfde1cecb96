//! The table of settings: name, default, meaning.

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Without the prefix `SECKILL_`.
    pub name: &'static str,
    /// Used when nobody says otherwise.
    pub default: &'static str,
    /// What it does.
    pub about: &'static str,
    /// An address that may hold a password: shown without it.
    pub secret: bool,
}

const fn setting(name: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting {
        name,
        default,
        about,
        secret: false,
    }
}

const fn secret(name: &'static str, default: &'static str, about: &'static str) -> Setting {
    Setting {
        secret: true,
        ..setting(name, default, about)
    }
}

/// Every setting, in the order `server config` prints them.
pub const SETTINGS: &[Setting] = &[
    setting("ADDR", "127.0.0.1:3000", "where to listen"),
    setting(
        "ENV",
        "development",
        "development or production; production refuses `off` below, and the demonstration",
    ),
    setting(
        "MODE",
        "embedded",
        "embedded: this process and a data folder; cluster: the three servers below",
    ),
    secret(
        "REDIS_URL",
        "redis://127.0.0.1:6379",
        "cluster: the gate; nodes of a Redis Cluster separated by commas",
    ),
    secret(
        "AMQP_URL",
        "amqp://127.0.0.1:5672/%2f",
        "cluster: the queue (RabbitMQ)",
    ),
    secret(
        "DATABASE_URL",
        "postgres://127.0.0.1:5432/seckill",
        "cluster: the ledger, postgres://… or mysql://…",
    ),
    secret(
        "DATABASE_REPLICA_URL",
        "",
        "cluster: a copy of the ledger for the pages' reads; empty: none",
    ),
    setting(
        "DATABASE_CONNECTIONS",
        "10",
        "cluster: connections of this process to the ledger, and as many to its copy",
    ),
    setting(
        "NAMESPACE",
        "seckill",
        "cluster: prefix of Redis keys and RabbitMQ names, so that shops can share servers",
    ),
    setting("DATA_DIR", "./data", "the data folder"),
    setting("SITE_ROOT", "target/site", "the built assets"),
    setting(
        "TLS",
        "off",
        "on: TLS ends in front of the server, cookies are Secure",
    ),
    setting(
        "TRUSTED_PROXIES",
        "",
        "addresses or networks whose X-Forwarded-For is believed",
    ),
    setting(
        "CAPTCHA",
        "arithmetic",
        "arithmetic, text, or off (for load tools)",
    ),
    setting("CAPTCHA_LIFE_S", "120", "a question is good for this long"),
    setting(
        "PATH_LIFE_S",
        "60",
        "a hidden path is good for this long; one from before the start, after it",
    ),
    setting(
        "PATH_OPENS_BEFORE_S",
        "60",
        "questions and paths from this long before the start",
    ),
    setting(
        "LOGIN_LIFE_S",
        "1800",
        "a log-in lasts this long after its last use",
    ),
    setting("LOGIN_LIFE_MAX_S", "172800", "and this long at most"),
    setting(
        "PAY_WINDOW_S",
        "600",
        "time to pay, unless the round says otherwise",
    ),
    setting(
        "USER_LIMIT",
        "5",
        "calls per 5 s of one buyer and action, or off",
    ),
    setting("IP_LIMIT", "50", "requests a second of one address, or off"),
    setting(
        "ORDERS_PER_S",
        "",
        "orders written a second, at most; empty: no cap",
    ),
    setting(
        "QUEUE_AGE_S",
        "120",
        "a reservation that waited this long for its order is late",
    ),
    setting(
        "FAIL_FAST_PERCENT",
        "100",
        "of 100 late reservations so many are released, the rest ordered",
    ),
    setting(
        "RECONCILE_S",
        "60",
        "time between two comparisons of gate and ledger",
    ),
    setting(
        "PAGE_LIFE_S",
        "60",
        "a cached page is kept this long at most",
    ),
    setting(
        "UTC_OFFSET_MIN",
        "480",
        "pages show times this many minutes east of UTC",
    ),
    setting(
        "DRAIN_S",
        "0",
        "answers for this long after SIGTERM, while /readyz is red",
    ),
    setting(
        "DRILL",
        "",
        "fails on purpose, once: call:before|after:number:die|fail|panic; refused in production",
    ),
    setting(
        "LOG",
        "info,sea_orm_migration=warn,sqlx::postgres::notice=warn,lapin=off",
        "what is logged, as a tracing filter",
    ),
];
