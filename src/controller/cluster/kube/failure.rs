//! What a failed call to the API server comes to, in words that hold no body.

use crate::controller::cluster::ClusterError;

/// A `test` of a JSON patch that failed is a 422: somebody was faster.
pub(super) fn classify(error: &kube::Error) -> ClusterError {
    match error {
        kube::Error::Api(status) => match status.code {
            404 => ClusterError::Gone,
            409 | 412 | 422 if status.code != 422 || is_failed_test(&status.message) => {
                ClusterError::Conflict
            }
            code @ (408 | 429 | 500..=599) => {
                ClusterError::Unreachable(format!("{code} {}: {}", status.reason, status.message))
            }
            code => ClusterError::Refused(format!("{code} {}: {}", status.reason, status.message)),
        },
        other => ClusterError::Unreachable(describe(other)),
    }
}

fn is_failed_test(message: &str) -> bool {
    message.contains("the server rejected our request due to an error in our request")
        || message.contains("testing path")
        || message.contains("testing value")
}

/// An error in one line that holds no body: some of kube's print whole answers.
#[must_use]
pub fn describe(error: &kube::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    match error {
        kube::Error::Api(status) => {
            format!("{} {}: {}", status.code, status.reason, status.message)
        }
        kube::Error::SerdeError(_) => "an answer that can't be read".to_owned(),
        _ => cause.to_string(),
    }
}
