//! Invalid certificates: signed by an unknown authority, for another machine, or expired. And unencrypted
//! connections, which production refuses.

use std::path::Path;

use test_servers::{
    Certificates, MariaDb, Postgres, ServerCertificate, free_port, mariadb, postgres,
    rabbitmq::{self, RabbitServer},
    redis::{self, RedisServer},
};

use crate::commands::{errors, no_data, run};

/// An unreachable address: a port without a listener.
fn away(scheme: &str) -> String {
    format!("{scheme}://127.0.0.1:{}/shop", free_port())
}

/// The error of a server that does not start because of the address in `setting`.
fn refusal(setting: &str, url: &str, authority: Option<&Path>) -> String {
    let (_folder, data) = no_data();
    let (gate, queue, ledger) = (away("redis"), away("amqp"), away("postgres"));
    let authority = authority.map_or(String::new(), |file| file.display().to_string());
    let mut settings = vec![
        ("SECKILL_MODE", "cluster"),
        ("SECKILL_REDIS_URL", gate.trim_end_matches("/shop")),
        ("SECKILL_AMQP_URL", &queue),
        ("SECKILL_DATABASE_URL", &ledger),
        ("SECKILL_TLS_CA", &authority),
    ];
    settings.retain(|(name, _)| *name != setting);
    settings.push((setting, url));
    let ended = run(&data, &settings, &["serve"]);
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let said = errors(&ended);
    assert!(said.contains(setting), "{said}");
    assert!(said.contains("SECKILL_TLS_CA"), "{said}");
    said
}

/// Checks the error for a certificate of an unknown authority.
fn nobody_trusts(setting: &str, url: &str) {
    for authority in [None, Some(Certificates::shared().stranger())] {
        let said = refusal(setting, url, authority);
        assert!(said.contains("UnknownIssuer"), "{said}");
    }
}

/// Checks the errors for servers started by `start` with an expired certificate, and with another machine's.
fn its_time_and_its_name_count<S>(
    setting: &str,
    start: impl Fn(&ServerCertificate) -> S,
    url: impl Fn(&S) -> String,
) {
    let certificates = Certificates::shared();
    for (certificate, why) in [
        (certificates.expired(), "expired"),
        (certificates.elsewhere(), "not valid for name"),
    ] {
        let server = start(certificate);
        let said = refusal(setting, &url(&server), Some(certificates.authority()));
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn redis_with_an_invalid_certificate_stops_the_start() {
    let setting = "SECKILL_REDIS_URL";
    nobody_trusts(setting, &redis::shared_with_tls().url());
    its_time_and_its_name_count(setting, RedisServer::start_with_tls, RedisServer::url);
}

#[test]
fn rabbitmq_with_an_invalid_certificate_stops_the_start() {
    let setting = "SECKILL_AMQP_URL";
    nobody_trusts(setting, &rabbitmq::shared_with_tls().url());
    its_time_and_its_name_count(setting, RabbitServer::start_with_tls, RabbitServer::url);
}

#[test]
fn postgres_with_an_invalid_certificate_stops_the_start() {
    let setting = "SECKILL_DATABASE_URL";
    nobody_trusts(setting, &postgres::shared_with_tls().url("postgres"));
    let url = |server: &Postgres| server.url("postgres");
    its_time_and_its_name_count(setting, Postgres::start_with_tls, url);
}

#[test]
fn mariadb_with_an_invalid_certificate_stops_the_start() {
    let setting = "SECKILL_DATABASE_URL";
    nobody_trusts(setting, &mariadb::shared_with_tls().url("mysql"));
    let url = |server: &MariaDb| server.url("mysql");
    its_time_and_its_name_count(setting, MariaDb::start_with_tls, url);
}

#[test]
fn a_server_without_tls_stops_the_start() {
    // A Redis without TLS waits for the end of a line, and counts as unreachable.
    let queue = rabbitmq::shared().url().replace("amqp://", "amqps://");
    let said = refusal("SECKILL_AMQP_URL", &queue, None);
    assert!(said.contains("does not speak TLS"), "{said}");
    let ledger = format!("{}?sslmode=verify-full", postgres::shared().url("postgres"));
    let said = refusal("SECKILL_DATABASE_URL", &ledger, None);
    assert!(said.contains("not support TLS"), "{said}");
}

#[test]
fn production_refuses_unencrypted_connections() {
    let (_folder, data) = no_data();
    let production = [
        ("SECKILL_MODE", "cluster"),
        ("SECKILL_ENV", "production"),
        ("SECKILL_PAYMENTS", "sandbox"),
    ];
    let check = |more: &[(&str, &str)]| {
        let settings = [&production[..], more].concat();
        let checked = run(&data, &settings, &["config", "--check"]);
        (checked.status.success(), errors(&checked))
    };
    let plain = [
        ("SECKILL_REDIS_URL", "redis://:verysecret@10.0.0.1:6379"),
        ("SECKILL_AMQP_URL", "amqp://u:verysecret@queue.example/%2f"),
        (
            "SECKILL_DATABASE_URL",
            "postgres://u:verysecret@10.0.0.3/shop?sslmode=require",
        ),
        (
            "SECKILL_DATABASE_REPLICA_URL",
            "mysql://u:verysecret@10.0.0.4/shop",
        ),
    ];
    for setting in plain {
        let (fits, said) = check(&[setting]);
        assert!(!fits && said.contains(setting.0), "{said}");
        assert!(said.contains("SECKILL_PLAIN_SERVERS"), "{said}");
        assert!(!said.contains("verysecret"), "{said}");
        let (fits, said) = check(&[setting, ("SECKILL_PLAIN_SERVERS", "allowed")]);
        assert!(fits, "{said}");
    }
    let protected = [
        ("SECKILL_REDIS_URL", "rediss://:p@10.0.0.1:6379"),
        ("SECKILL_AMQP_URL", "amqps://u:p@queue.example/%2f"),
        (
            "SECKILL_DATABASE_URL",
            "mysql://u:p@10.0.0.3/shop?ssl-mode=VERIFY_IDENTITY",
        ),
    ];
    let (fits, said) = check(&protected);
    assert!(fits, "{said}");
    // On one machine no further settings are needed.
    let (fits, said) = check(&[]);
    assert!(fits, "{said}");
    // For an address without a host, the library's own variable decides.
    let (fits, said) = check(&[
        ("SECKILL_DATABASE_URL", "postgres:///shop"),
        ("PGHOSTADDR", "10.0.0.3"),
    ]);
    assert!(!fits && said.contains("SECKILL_DATABASE_URL"), "{said}");
}
