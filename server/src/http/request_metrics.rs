//! Counts and durations of requests by route and status.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request},
    http::StatusCode,
    response::Response,
};
use metrics::{Counter, Histogram};

/// The metrics of every requested route, as many as there are routes and statuses. They are kept because
/// finding one by its labels costs more than everything else here.
#[derive(Default)]
pub struct RequestMetrics(RwLock<HashMap<String, RouteMetrics>>);

struct RouteMetrics {
    seconds: Histogram,
    answers: Vec<(StatusCode, Counter)>,
}

impl RequestMetrics {
    fn count(&self, route: &str, status: StatusCode, seconds: f64) {
        if !self.count_known(route, status, seconds) {
            self.add(route, status);
            self.count_known(route, status, seconds);
        }
    }

    fn count_known(&self, route: &str, status: StatusCode, seconds: f64) -> bool {
        let routes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let known = routes.get(route).and_then(|route| {
            let mut answers = route.answers.iter();
            let (_, answers) = answers.find(|(known, _)| *known == status)?;
            Some((&route.seconds, answers))
        });
        if let Some((histogram, answers)) = known {
            answers.increment(1);
            histogram.record(seconds);
        }
        known.is_some()
    }

    fn add(&self, route: &str, status: StatusCode) {
        let mut routes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let of_route = routes
            .entry(route.to_owned())
            .or_insert_with(|| RouteMetrics {
                seconds: metrics::histogram!("seckill_http_request_seconds", "route" => route.to_owned()),
                answers: Vec::new(),
            });
        // Two requests may both find it missing; their handles belong to one counter.
        let label = status.as_str().to_owned();
        let answers = metrics::counter!("seckill_http_requests_total", "route" => route.to_owned(), "status" => label);
        of_route.answers.retain(|(known, _)| *known != status);
        of_route.answers.push((status, answers));
    }
}

/// A request in progress. Counted by route, not by address: an address may hold a secret, and the number of
/// addresses is unlimited.
pub struct CountedRequest {
    route: Option<MatchedPath>,
    begun: Instant,
}

impl CountedRequest {
    /// Starts the time.
    pub fn begin(request: &Request) -> Self {
        Self {
            route: request.extensions().get::<MatchedPath>().cloned(),
            begun: Instant::now(),
        }
    }

    /// Ends it with an answer.
    pub fn end(self, metrics: &RequestMetrics, response: &Response) {
        let route = self.route.as_ref().map_or("other", MatchedPath::as_str);
        let seconds = self.begun.elapsed().as_secs_f64();
        metrics.count(route, response.status(), seconds);
    }
}
