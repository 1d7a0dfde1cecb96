//! The metrics: every name with its kind, unit, labels and meaning, and the recorder that keeps their
//! values. docs/metrics.md describes them for people; a test compares it with this table, and the table
//! with the sources.

use std::time::Duration;

use metrics::{Recorder, Unit};
use metrics_exporter_prometheus::{
    BuildError, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};
use tokio::time::sleep;

use super::counters::{CounterValues, ValueRecorder};

/// The kind of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows; starts at 0 with the process.
    Counter,
    /// A current value.
    Gauge,
    /// Numbers of observations up to each bound, their sum and their count.
    Histogram,
}

impl Kind {
    /// Prometheus's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The name as recorded and scraped.
    pub name: &'static str,
    pub kind: Kind,
    /// The unit of its values.
    pub unit: Unit,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// Its meaning, in one sentence.
    pub about: &'static str,
}

/// Every metric of the program.
pub const METRICS: &[Metric] = &[
    Metric {
        name: "seckill_http_requests_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["route", "status"],
        about: "HTTP requests that were answered.",
    },
    Metric {
        name: "seckill_http_request_seconds",
        kind: Kind::Histogram,
        unit: Unit::Seconds,
        labels: &["route"],
        about: "Time from the head of a request to the head of its answer.",
    },
    Metric {
        name: "seckill_captcha_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["outcome"],
        about: "Captchas that callers asked for, by the answer.",
    },
    Metric {
        name: "seckill_captcha_answers_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["outcome"],
        about: "Answers to questions, right or wrong.",
    },
    Metric {
        name: "seckill_path_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["outcome"],
        about: "Hidden paths that callers asked for, by the answer.",
    },
    Metric {
        name: "seckill_reserve_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["outcome"],
        about: "Purchases that were asked for, by the answer.",
    },
    Metric {
        name: "seckill_security_events_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["event"],
        about: "Log-ins, refusals, and changes of passwords and rights.",
    },
    Metric {
        name: "seckill_queue_age_seconds",
        kind: Kind::Gauge,
        unit: Unit::Seconds,
        labels: &[],
        about: "How long the oldest reservation of the last batch had waited for its order.",
    },
    Metric {
        name: "seckill_orders_written_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["outcome"],
        about: "Reservations that ended as an order, or failed.",
    },
    Metric {
        name: "seckill_queue_published_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["key", "outcome"],
        about: "Messages published to RabbitMQ.",
    },
    Metric {
        name: "seckill_queue_confirm_seconds",
        kind: Kind::Histogram,
        unit: Unit::Seconds,
        labels: &[],
        about: "Time until RabbitMQ confirmed a batch of messages, or failed to.",
    },
    Metric {
        name: "seckill_queue_given_back_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[],
        about: "Messages that an order writer gave back because it could not reach the ledger.",
    },
    Metric {
        name: "seckill_queue_parked_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["reason"],
        about: "Reservations and messages that were parked because they cannot become orders.",
    },
    Metric {
        name: "seckill_queue_connects_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[],
        about: "Connections to RabbitMQ that were made or refused.",
    },
    Metric {
        name: "seckill_gate_withdrawn_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[],
        about: "Units that the gate had promised and the ledger did not have.",
    },
    Metric {
        name: "seckill_payments_settled_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["outcome"],
        about: "Payments received, by their outcome.",
    },
    Metric {
        name: "seckill_payment_notices_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["result"],
        about: "Requests to the address of payment notices.",
    },
    Metric {
        name: "seckill_payments_unanswered_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[],
        about: "Times that an overdue order waited because the provider did not answer.",
    },
    Metric {
        name: "seckill_payments_given_up_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[],
        about: "Payments whose order was closed without an answer of the provider.",
    },
    Metric {
        name: "seckill_refund_failures_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &[],
        about: "Attempts to send money back that failed; each is tried again.",
    },
    Metric {
        name: "seckill_webhook_deliveries_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["outcome"],
        about: "Messages that were sent to webhooks, by outcome.",
    },
    Metric {
        name: "seckill_webhooks_waiting",
        kind: Kind::Gauge,
        unit: Unit::Count,
        labels: &[],
        about: "Messages to webhooks that wait; the same at every worker.",
    },
    Metric {
        name: "seckill_webhooks_oldest_age_seconds",
        kind: Kind::Gauge,
        unit: Unit::Seconds,
        labels: &[],
        about: "Age of the oldest of them; the same at every worker.",
    },
    Metric {
        name: "seckill_worker_entries_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["worker"],
        about: "Entries that a worker has dealt with.",
    },
    Metric {
        name: "seckill_task_restarts_total",
        kind: Kind::Counter,
        unit: Unit::Count,
        labels: &["task"],
        about: "Background tasks that panicked or ended and were started again.",
    },
];

/// Upper bounds of the histograms' buckets, in seconds, as OpenTelemetry's semantic conventions advise
/// for the duration of HTTP requests.
const BUCKETS_S: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// Time between two upkeeps. A process that answers 20,000 requests a second accumulates 100,000
/// observations in between, less than 1 MB.
const UPKEEP: Duration = Duration::from_secs(5);

/// Why the recorder cannot be installed.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// A histogram has no buckets.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A process can have only one.
    #[error("the process has a recorder of metrics already")]
    HasOne,
}

/// Records all of the process's metrics from now on, those of a sale also in `counter_values`.
///
/// # Errors
/// See [`InstallError`].
pub fn install(counter_values: &CounterValues) -> Result<PrometheusHandle, InstallError> {
    let recorder = recorder()?;
    let handle = recorder.handle();
    metrics::set_global_recorder(ValueRecorder::new(recorder, counter_values.clone()))
        .map_err(|_| InstallError::HasOne)?;
    Ok(handle)
}

/// A recorder that knows every metric.
///
/// # Errors
/// When a histogram has no buckets.
pub fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&BUCKETS_S)?
        .build_recorder();
    for metric in METRICS {
        let describe = match metric.kind {
            Kind::Counter => PrometheusRecorder::describe_counter,
            Kind::Gauge => PrometheusRecorder::describe_gauge,
            Kind::Histogram => PrometheusRecorder::describe_histogram,
        };
        let (name, about) = (metric.name.into(), metric.about.into());
        describe(&recorder, name, Some(metric.unit), about);
    }
    Ok(recorder)
}

/// Adds observations to their buckets, for ever. Otherwise the recorder keeps each one until the process
/// is scraped, which never happens in most embedded shops.
pub async fn upkeep(metrics: PrometheusHandle) {
    loop {
        sleep(UPKEEP).await;
        metrics.run_upkeep();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_scraped_with_its_kind_and_meaning() {
        let recorder = recorder().unwrap();
        metrics::with_local_recorder(&recorder, || {
            for metric in METRICS {
                match metric.kind {
                    Kind::Counter => metrics::counter!(metric.name).increment(1),
                    Kind::Gauge => metrics::gauge!(metric.name).set(1.0),
                    Kind::Histogram => metrics::histogram!(metric.name).record(0.02),
                }
            }
        });
        let scraped = recorder.handle().render();
        for metric in METRICS {
            for line in [
                format!("# HELP {} {}", metric.name, metric.about),
                format!("# TYPE {} {}", metric.name, metric.kind.name()),
            ] {
                assert!(scraped.lines().any(|found| found == line), "{line}");
            }
            if metric.kind == Kind::Histogram {
                for (bound, number) in [("0.01", 0), ("0.025", 1), ("10", 1), ("+Inf", 1)] {
                    let bucket = format!("{}_bucket{{le=\"{bound}\"}} {number}", metric.name);
                    assert!(scraped.contains(&bucket), "{bucket}\n{scraped}");
                }
            }
        }
    }
}
