//! The Lease on the API server: read, made, replaced. What follows from it is decided elsewhere.

use std::time::Duration;

use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api, Client, ResourceExt as _,
    api::{ObjectMeta, PostParams},
};
use thiserror::Error;

use super::election::{Sighting, Term};
use crate::{clock::Clock, controller::cluster::describe, crd::FIELD_MANAGER};

/// Where the Lease says which installation its holder is of.
const INSTALLATION_ANNOTATION: &str = "organization-operator.dev/installation";

/// What a released Lease says, in seconds: the API server takes nothing less.
const RELEASED: i32 = 1;

/// A request came to nothing.
#[derive(Debug, Error)]
pub enum LeaseError {
    /// It is not as it was read: what was asked for was not done.
    #[error("somebody else has written the Lease")]
    Conflict,
    /// Whether it was done is not known, or the API server refuses it.
    #[error("{0}")]
    Failed(String),
}

/// The one Lease of an operator.
pub struct LeaseApi {
    api: Api<Lease>,
    name: &'static str,
    deadline: Duration,
    /// Which installation it says to be of, where this process holds it.
    installation: Option<String>,
    /// As it was last read or written: what others put into it is kept.
    last: Option<Lease>,
}

impl LeaseApi {
    /// `client` must be one that doesn't retry; `deadline` holds for each request.
    pub fn new(
        client: Client,
        namespace: &str,
        name: &'static str,
        deadline: Duration,
        installation: Option<String>,
    ) -> Self {
        Self {
            api: Api::namespaced(client, namespace),
            name,
            deadline,
            installation,
            last: None,
        }
    }

    /// The Lease as it is; `None`: there is none.
    pub async fn look(&mut self) -> Result<Option<Sighting>, LeaseError> {
        let found = self.within(self.api.get_opt(self.name)).await?;
        let sighting = found.as_ref().map(sighting);
        self.last = found;
        Ok(sighting)
    }

    /// Writes the Lease over `version`, or as a new one; gives the version that it has then.
    pub async fn write(
        &mut self,
        over: Option<&str>,
        term: &Term,
        duration: Duration,
        clock: &dyn Clock,
    ) -> Result<String, LeaseError> {
        let former = self.last.as_ref().and_then(|lease| lease.spec.as_ref());
        let is_another = former.and_then(term_of).as_ref() != Some(term);
        let transitions = former.and_then(|spec| spec.lease_transitions).unwrap_or(0);
        let spec = LeaseSpec {
            holder_identity: Some(term.holder.clone()),
            acquire_time: term.acquired.map(MicroTime),
            renew_time: Some(MicroTime(clock.now())),
            lease_duration_seconds: Some(i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)),
            lease_transitions: Some(transitions.saturating_add(i32::from(is_another))),
            ..former.cloned().unwrap_or_default()
        };
        let written = self.send(over, spec).await?;
        let version = written.metadata.resource_version.clone();
        self.last = Some(written);
        version.ok_or_else(|| LeaseError::Failed("a Lease without a version".to_owned()))
    }

    /// Gives the Lease up over `version`, so that nobody waits for its end.
    pub async fn release(&mut self, version: &str, clock: &dyn Clock) -> Result<(), LeaseError> {
        let former = self.last.as_ref().and_then(|lease| lease.spec.clone());
        let spec = LeaseSpec {
            holder_identity: Some(String::new()),
            renew_time: Some(MicroTime(clock.now())),
            lease_duration_seconds: Some(RELEASED),
            ..former.unwrap_or_default()
        };
        self.send(Some(version), spec).await.map(drop)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the Lease is no tenant's: who leads is decided before anything else is written"
    )]
    async fn send(&self, over: Option<&str>, spec: LeaseSpec) -> Result<Lease, LeaseError> {
        let params = PostParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PostParams::default()
        };
        let mut lease = Lease {
            metadata: ObjectMeta {
                name: Some(self.name.to_owned()),
                ..ObjectMeta::default()
            },
            spec: Some(spec),
        };
        self.sign(&mut lease);
        let Some(version) = over else {
            return self.within(self.api.create(&params, &lease)).await;
        };
        if let Some(last) = &self.last {
            lease.metadata = last.metadata.clone();
            self.sign(&mut lease);
        }
        lease.metadata.managed_fields = None;
        lease.metadata.resource_version = Some(version.to_owned());
        self.within(self.api.replace(self.name, &params, &lease))
            .await
    }

    /// What a former holder said of itself goes.
    fn sign(&self, lease: &mut Lease) {
        let annotations = lease.metadata.annotations.get_or_insert_default();
        match &self.installation {
            Some(own) => annotations.insert(INSTALLATION_ANNOTATION.to_owned(), own.clone()),
            None => annotations.remove(INSTALLATION_ANNOTATION),
        };
    }

    async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, kube::Error>>,
    ) -> Result<T, LeaseError> {
        match tokio::time::timeout(self.deadline, call).await {
            Ok(Ok(answer)) => Ok(answer),
            // There, gone, or another: it is not as it was read.
            Ok(Err(kube::Error::Api(status))) if matches!(status.code, 404 | 409) => {
                Err(LeaseError::Conflict)
            }
            Ok(Err(error)) => Err(LeaseError::Failed(describe(&error))),
            Err(_) => {
                let why = format!("no answer within {:?}", self.deadline);
                Err(LeaseError::Failed(why))
            }
        }
    }
}

fn sighting(lease: &Lease) -> Sighting {
    let spec = lease.spec.as_ref();
    let seconds = spec
        .and_then(|spec| spec.lease_duration_seconds)
        .unwrap_or(0);
    Sighting {
        version: lease.metadata.resource_version.clone().unwrap_or_default(),
        term: spec.and_then(term_of),
        duration: Duration::from_secs(u64::try_from(seconds).unwrap_or(0)),
        installation: lease.annotations().get(INSTALLATION_ANNOTATION).cloned(),
    }
}

/// `None`: nobody's.
fn term_of(spec: &LeaseSpec) -> Option<Term> {
    let holder = spec.holder_identity.clone()?;
    let is_held = !holder.is_empty();
    is_held.then(|| Term {
        holder,
        acquired: spec.acquire_time.as_ref().map(|time| time.0),
    })
}
