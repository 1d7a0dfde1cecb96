//! Log lines and metrics of an attack.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use app::wire::{Me, Role};
use axum::http::{Request, StatusCode, header};
use metrics_exporter_prometheus::PrometheusHandle;
use server::telemetry::metrics::recorder;
use tracing_subscriber::fmt::MakeWriter;

use super::{FIREFOX, PASSWORD, Person, later};
use crate::{pages::site, support::TestShop};

/// The log and the metrics of this thread.
struct Watch {
    log: Log,
    metrics: PrometheusHandle,
    _log: tracing::subscriber::DefaultGuard,
    _metrics: metrics::LocalRecorderGuard<'static>,
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}

impl Watch {
    fn begin() -> Watch {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .without_time()
            .with_writer(log.clone())
            .finish();
        // Lives as long as the test's process.
        let recorder = Box::leak(Box::new(recorder().unwrap()));
        Watch {
            log,
            metrics: recorder.handle(),
            _log: tracing::subscriber::set_default(subscriber),
            _metrics: metrics::set_default_local_recorder(recorder),
        }
    }

    /// The security lines since the last call.
    fn lines(&self) -> Vec<String> {
        let text = std::mem::take(&mut *self.log.0.lock().unwrap());
        let text = String::from_utf8(text).unwrap();
        let of_security = text
            .lines()
            .filter_map(|line| line.split_once(" seckill::security: security event "));
        of_security
            .map(|(level, fields)| format!("{} {fields}", level.trim()))
            .collect()
    }

    fn count(&self, event: &str) -> u64 {
        let begin = format!("seckill_security_events_total{{event=\"{event}\"}} ");
        let scraped = self.metrics.render();
        let line = scraped.lines().find_map(|line| line.strip_prefix(&begin));
        line.map_or(0, |number| number.parse().unwrap())
    }
}

async fn me(person: &Person) -> Me {
    serde_json::from_slice(&person.get("/api/me").await.body).unwrap()
}

#[tokio::test]
async fn each_account_event_is_logged_and_counted_once() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let watch = Watch::begin();
    let mut person = Person::at(&router, [10, 2, 0, 1], FIREFOX);
    person.registers("13800138011").await;
    let id = me(&person).await.account_id;
    let at = format!("account_id={id} ip=10.2.0.1");
    assert_eq!(watch.lines(), [format!("INFO event=\"registered\" {at}")]);

    later(&shop);
    person.signs_in("13800138011", PASSWORD).await;
    assert_eq!(
        watch.lines(),
        [
            format!("INFO event=\"log_in\" {at}"),
            format!("INFO event=\"log_ins_ended\" {at} number=1")
        ]
    );
    later(&shop);
    let form = [
        ("current_password", "a wrong guess"),
        ("new_password", PASSWORD),
    ];
    person.browser_sends("/api/password", &form).await;
    let form = [
        ("current_password", PASSWORD),
        ("new_password", "other unrelated words"),
    ];
    person.browser_sends("/api/password", &form).await;
    assert_eq!(
        watch.lines(),
        [
            format!("WARN event=\"password_refused\" {at}"),
            format!("INFO event=\"password_changed\" {at}"),
            format!("INFO event=\"log_ins_ended\" {at} number=1")
        ]
    );
    person.browser_sends("/api/logout", &[]).await;
    assert_eq!(watch.lines(), [format!("INFO event=\"log_out\" {at}")]);
    for (event, number) in [
        ("registered", 1),
        ("log_in", 1),
        ("log_ins_ended", 2),
        ("password_refused", 1),
        ("password_changed", 1),
        ("log_out", 1),
    ] {
        assert_eq!(watch.count(event), number, "{event}");
    }
}

#[tokio::test]
async fn a_guessing_attack_through_the_form_is_logged_with_the_attacked_account() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let mut owner = Person::at(&router, [10, 2, 0, 2], FIREFOX);
    owner.registers("13800138012").await;
    let id = me(&owner).await.account_id;
    let watch = Watch::begin();
    let mut thief = Person::at(&router, [10, 2, 0, 3], "curl");
    for guess in 0..20 {
        thief
            .signs_in("13800138012", &format!("a wrong guess {guess}"))
            .await;
    }
    let lines = watch.lines();
    let failed = format!("WARN event=\"log_in_failed\" account_id={id} ip=10.2.0.3");
    let seen = lines.iter().filter(|line| **line == failed).count();
    assert_eq!((seen, watch.count("log_in_failed")), (5, 5), "{lines:#?}");
    let limited = "WARN event=\"log_in_limited\" ip=10.2.0.3";
    let seen = lines.iter().filter(|line| *line == limited).count();
    assert_eq!((seen, watch.count("log_in_limited")), (1, 15), "{lines:#?}");
    assert_eq!(lines.len(), 6, "{lines:#?}");

    later(&shop);
    let unknown = "13800138013\" event=\"log_in";
    thief.signs_in(unknown, "a wrong guess").await;
    thief.signs_in("13800138013", "a wrong guess").await;
    assert_eq!(watch.lines(), ["WARN event=\"log_in_failed\" ip=10.2.0.3"]);
}

#[tokio::test]
async fn refused_requests_are_logged_once_a_minute_per_address() {
    let shop = TestShop::open_embedded().await;
    let router = site(&shop);
    let mut buyer = Person::at(&router, [10, 2, 0, 4], FIREFOX);
    buyer.registers("13800138014").await;
    let me = me(&buyer).await;
    assert_eq!(me.role, Role::Buyer);
    let at = format!("account_id={} ip=10.2.0.4", me.account_id);
    let watch = Watch::begin();
    for path in ["/admin/rounds", "/api/admin/rounds"] {
        assert_eq!(buyer.get(path).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(
        watch.lines(),
        [format!(
            "WARN event=\"role_refused\" {at} route=\"/admin/rounds\""
        )]
    );
    for _ in 0..3 {
        let request = buyer.asking(Request::post("/api/logout"));
        let mut request = request.body(axum::body::Body::empty()).unwrap();
        let from = "cross-site".parse().unwrap();
        request.headers_mut().insert("sec-fetch-site", from);
        assert_eq!(buyer.answer(request).await.status, StatusCode::FORBIDDEN);
    }
    assert_eq!(
        watch.lines(),
        [format!(
            "WARN event=\"cross_site\" {at} route=\"/api/logout\""
        )]
    );
    let path = format!("/seckill/{}", "ab".repeat(16));
    let item = shop.item(1).await;
    let purchase = || {
        let request = buyer
            .asking(Request::post(&path))
            .header(header::CONTENT_TYPE, "application/json");
        request
            .body(format!(r#"{{"item_id":"{item}"}}"#).into())
            .unwrap()
    };
    let mut refused = Vec::new();
    for _ in 0..6 {
        refused.push(buyer.answer(purchase()).await.status.as_u16());
    }
    assert_eq!(refused, [403, 403, 403, 403, 403, 429]);
    let lines = watch.lines();
    assert_eq!(
        lines,
        [
            format!("WARN event=\"path_refused\" {at}"),
            format!("WARN event=\"limited\" {at}")
        ]
    );
    for _ in 0..60 {
        buyer.get("/api/clock").await;
    }
    for (event, number) in [("role_refused", 2), ("cross_site", 3), ("path_refused", 5)] {
        assert_eq!(watch.count(event), number, "{event}");
    }
    assert!(watch.count("limited") > 1, "more than 50 requests a second");
    assert_eq!(
        watch.lines(),
        [""; 0],
        "of this address and kind there is a line"
    );
}
