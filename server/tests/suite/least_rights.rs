//! A shop on servers where its users have only the necessary rights: tests the rules in `deploy/` with a sale
//! from the migration to the audit.

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};
use test_servers::{MariaDb, Postgres, http, rabbitmq::RabbitServer, redis, redis::RedisServer};

use crate::{
    commands::{Running, errors, no_data, run},
    support::eventually,
};

const LIMIT: Duration = Duration::from_secs(30);

/// A shipped file.
fn shipped(name: &str) -> String {
    let deploy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy");
    fs::read_to_string(deploy.join(name)).unwrap()
}

/// Redis and RabbitMQ with the shipped users.
struct Servers {
    redis: RedisServer,
    rabbit: RabbitServer,
    _folder: tempfile::TempDir,
}

impl Servers {
    fn start() -> Servers {
        let folder = tempfile::tempdir().unwrap();
        let users = folder.path().join("users.acl");
        // Lets the test read what was refused.
        let looker = redis::USERS.replace("user default off", "user default on nopass +@all ~* &*");
        fs::write(&users, looker.replace("PASSWORD", "gatesecret")).unwrap();
        let broker = shipped("rabbitmq/seckill.conf");
        Servers {
            redis: RedisServer::start_with_options(&["--aclfile", users.to_str().unwrap()]),
            rabbit: RabbitServer::start_with_settings(&format!(
                "default_user = seckill\ndefault_pass = queuesecret\n{broker}"
            )),
            _folder: folder,
        }
    }

    fn settings(&self) -> Vec<(&'static str, String)> {
        let redis = self.redis.url().replace("//", "//seckill:gatesecret@");
        vec![
            ("SECKILL_MODE", "cluster".to_owned()),
            ("SECKILL_REDIS_URL", redis),
            (
                "SECKILL_AMQP_URL",
                self.rabbit.url_of("seckill:queuesecret", "%2f"),
            ),
        ]
    }
}

/// The result of a question in words, in either language: products first, then left to right.
fn worked_out(words: &str) -> i64 {
    let mut terms: Vec<i64> = Vec::new();
    let mut operator = "";
    for word in words.split(' ') {
        let Ok(number) = word.parse::<i64>() else {
            operator = word;
            continue;
        };
        match (operator, terms.last_mut()) {
            ("times" | "乘", Some(last)) => *last *= number,
            ("minus" | "减", _) => terms.push(-number),
            _ => terms.push(number),
        }
    }
    terms.iter().sum()
}

/// Buys over HTTP with a buyer's token, until the order exists.
async fn buys(url: &str, token: &str, item: &str) {
    let client = http::client().build().unwrap();
    let post = async |path: &str, body: Value| -> Value {
        let asked = client.post(format!("{url}{path}")).bearer_auth(token);
        let answer = asked.json(&body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    };
    // Retries without a captcha or a path while the item is unknown or a limit is reached.
    let path = eventually("a hidden path for a right answer", async || {
        let asked = async |path: &str, body: Value| -> Value {
            let asked = client.post(format!("{url}/api/{path}")).bearer_auth(token);
            asked
                .json(&body)
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap()
        };
        let captcha = asked("captcha", json!({"item_id": item})).await;
        let captcha_id = captcha["captcha_id"].as_str()?;
        let words = asked("captcha_words", json!({"captcha_id": captcha_id})).await;
        let answer = worked_out(words["words"].as_str()?).to_string();
        let body = json!({"item_id": item, "captcha_id": captcha_id, "answer": answer});
        let answer = asked("path", body).await;
        answer["path"].as_str().map(str::to_owned)
    })
    .await;
    let reserved = post(&format!("/seckill/{path}"), json!({"item_id": item})).await;
    let id = reserved["reservation_id"].as_str().unwrap().to_owned();
    eventually("the order", async || {
        let asked = client
            .get(format!("{url}/api/reservation?reservation_id={id}"))
            .bearer_auth(token);
        let answer: Value = asked.send().await.unwrap().json().await.unwrap();
        (answer["state"] == "ordered").then_some(())
    })
    .await;
}

/// From the migration to the audit. Only the migration uses its own user.
async fn a_sale(servers: &Servers, owner: String, serving: String) {
    let (folder, data) = no_data();
    let mut settings = servers.settings();
    let with = |settings: &[(&'static str, String)], url: &str| {
        let mut all = settings.to_vec();
        all.push(("SECKILL_DATABASE_URL", url.to_owned()));
        all
    };
    let strings = |all: &[(&'static str, String)]| -> Vec<(&'static str, &'static str)> {
        all.iter()
            .map(|(name, value)| (*name, &*value.clone().leak()))
            .collect()
    };
    let done = |settings: &[(&str, &str)], arguments: &[&str]| {
        let ended = run(&data, settings, arguments);
        assert!(ended.status.success(), "{arguments:?}: {}", errors(&ended));
        String::from_utf8(ended.stdout).unwrap()
    };
    let refused = run(&data, &strings(&with(&settings, &serving)), &["migrate"]);
    assert!(
        !refused.status.success(),
        "the serving user changed the schema"
    );
    done(&strings(&with(&settings, &owner)), &["migrate"]);
    settings = with(&settings, &serving);
    let settings = strings(&settings);

    let tokens = folder.path().join("tokens");
    let tokens_path = tokens.to_str().unwrap();
    let mut shop = Running::serve(&data, &settings);
    shop.wait_until_ready(LIMIT).await;
    let round = [
        "seed",
        "--load",
        "--stock",
        "2",
        "--buyers",
        "1",
        "--starts-in-s",
        "0",
    ];
    let made = done(
        &settings,
        &[&round[..], &["--tokens", tokens_path]].concat(),
    );
    let made: Value = serde_json::from_str(&made).unwrap();
    let token = fs::read_to_string(&tokens).unwrap();
    buys(&shop.url, token.trim(), made["item_id"].as_str().unwrap()).await;

    done(&settings, &["account", "list"]);
    done(
        &settings,
        &["round", "stop", made["round_id"].as_str().unwrap()],
    );
    done(&settings, &["parked", "list"]);
    done(&settings, &["doctor"]);
    done(&settings, &["audit"]);
    let export = folder.path().join("export");
    let refused = run(&data, &settings, &["export", export.to_str().unwrap()]);
    assert!(errors(&refused).contains("instances run"), "{refused:?}");
    let answer = http::get(format!("{}/readyz", shop.url)).await.unwrap();
    assert!(answer.status().is_success());
    let refused = servers.redis.cli(&["acl", "log"]);
    assert_eq!(refused, "", "Redis refused something");
}

#[tokio::test]
async fn a_sale_needs_no_more_rights_than_are_shipped_on_postgres() {
    let (servers, ledger) = (Servers::start(), Postgres::start());
    ledger.create_database("seckill");
    let mut users = shipped("postgres/users.sql");
    for (variable, value) in [
        (":'owner_password'", "'o'"),
        (":'password'", "'s'"),
        (":\"DBNAME\"", "seckill"),
    ] {
        users = users.replace(variable, value);
    }
    ledger.run("seckill", &users);
    let owner = ledger.url_of("seckill_owner:o", "seckill");
    a_sale(&servers, owner, ledger.url_of("seckill:s", "seckill")).await;
    let rights = "has_table_privilege('seckill', 'seaql_migrations', 'INSERT, UPDATE, DELETE')";
    let refuse = format!("DO $$ BEGIN ASSERT NOT {rights}; END $$");
    ledger.run("seckill", &refuse);
}

#[tokio::test]
async fn a_sale_needs_no_more_rights_than_are_shipped_on_mariadb() {
    let (servers, ledger) = (Servers::start(), MariaDb::start());
    ledger.create_database("seckill");
    // As in docs/operations.md; this server's own default differs.
    ledger.run("mysql", "ALTER DATABASE seckill CHARACTER SET utf8mb4");
    let users = shipped("mariadb/users.sql");
    let users = users
        .replace("OWNER_PASSWORD", "o")
        .replace("SHOP_PASSWORD", "s");
    ledger.run("mysql", &users);
    let owner = ledger.url_of("seckill_owner:o", "seckill");
    a_sale(&servers, owner, ledger.url_of("seckill:s", "seckill")).await;
}
