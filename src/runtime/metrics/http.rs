//! What is counted of HTTP requests.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

use super::Metrics;
use crate::http::layers::{ObservedRequest, RequestObserver};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    method: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

pub(super) struct HttpFamilies {
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    panics: Family<RouteLabels, Counter>,
}

/// 1 ms to 16 s.
fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.001, 2.0, 15))
}

impl HttpFamilies {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let families = Self {
            requests: Family::default(),
            durations: Family::new_with_constructor(durations as fn() -> Histogram),
            panics: Family::default(),
        };
        registry.register("http_requests", "HTTP requests", families.requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time from a request's head to the answer's",
            families.durations.clone(),
        );
        registry.register(
            "http_panics",
            "Handlers that panicked",
            families.panics.clone(),
        );
        families
    }
}

impl RequestObserver for Metrics {
    fn observe_request(&self, request: &ObservedRequest) {
        let ObservedRequest {
            route,
            method,
            outcome,
            took,
        } = *request;
        let outcome = outcome.class();
        let http = &self.0.http;
        http.requests
            .get_or_create(&RequestLabels {
                route,
                method,
                outcome,
            })
            .inc();
        http.durations
            .get_or_create(&RouteLabels { route })
            .observe(took.as_secs_f64());
    }

    fn observe_panic(&self, route: &'static str) {
        self.0
            .http
            .panics
            .get_or_create(&RouteLabels { route })
            .inc();
    }
}
