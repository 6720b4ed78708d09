//! Changes through HTTP: the service's use cases, with its ports behind a gate of its own.

use std::{
    net::Ipv4Addr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use organization_operator::{
    auth::{
        limiter::{Limiter, LimiterSettings},
        refresh::RefreshTokens,
        token::{Identity, Keys, SigningSecret, Tokens},
    },
    clock::Clock as _,
    crd::DeletionPolicy,
    domain::{
        email::Email,
        ids::{AdminId, OrganizationId},
        names::OrgName,
    },
    faults::Gated,
    http::client_address::ClientAddress,
    service::{NewOrganization, OrganizationUpdate, Refusal, Service, ServiceSettings},
};
use secrecy::{ExposeSecret as _, SecretString};

use super::{
    gate::{Event, ProcessGate},
    place::{CANARY, NAMESPACE, Place},
    run::Run,
};
use crate::world::pool;

const JWT_SECRET: &str = "a-secret-of-the-tests-that-is-long-enough";

/// The lowest that a referenced hash may have.
const COST: u32 = 10;

/// Between two rounds of the controller: what the service computes takes its time.
const MOMENT: Duration = Duration::from_millis(1);

/// What is asked for through HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request {
    Create,
    Update,
    /// Another name, and nothing else.
    Rename,
    /// [`Request::Update`] of a tenant of the older service.
    Adopt,
    Delete,
}

/// The service of a process.
pub fn service(place: &Place, gate: &Arc<ProcessGate>) -> Result<Service> {
    let store = || Arc::new(Gated::new(Arc::clone(&place.store), Arc::clone(gate)));
    let secret = SigningSecret::parse(SecretString::from(JWT_SECRET), false)?;
    let tokens = Tokens::new(Keys::new(&secret, &[]), Duration::from_hours(168));
    let many = 1_000_000;
    let limits = LimiterSettings {
        creates: many,
        ..LimiterSettings::default()
    };
    Ok(Service {
        directory: place.directory(),
        objects: Arc::new(Gated::new(Arc::clone(&place.cluster), Arc::clone(gate))),
        tenants: store(),
        logins: store(),
        refreshes: RefreshTokens::new(store(), Duration::from_hours(720)),
        tokens: Arc::new(tokens),
        limiter: Limiter::new(&limits, Instant::now()),
        pool: pool()?,
        clock: Arc::clone(&place.clock) as _,
        settings: ServiceSettings {
            namespace: NAMESPACE.to_owned(),
            self_service: true,
            max_organizations: 1000,
            deletion_policy: DeletionPolicy::Delete,
            anonymous_read: false,
            bcrypt_cost: COST,
        },
    })
}

/// The admin of the only tenant, as a login would know him.
pub fn identity(place: &Place) -> Result<Identity> {
    let (records, admins) = (
        place.store.documents("organizations"),
        place.store.documents("admins"),
    );
    let (record, admin) = (
        records.first().context("no record")?,
        admins.first().context("no admin")?,
    );
    Ok(Identity {
        admin: AdminId(admin.get_object_id("_id")?.bytes()),
        organization: OrganizationId(record.get_object_id("_id")?.bytes()),
        email: Email::from_record(admin.get_str("email")?.to_owned()),
        organization_name: OrgName::parse(record.get_str("organization_name")?)?,
        token_version: admin.get_i64("token_version").unwrap_or(0),
    })
}

async fn ask(service: &Service, request: Request, token: &str) -> Result<(), Refusal> {
    let parsed = |name: &str| OrgName::parse(name).map_err(|_| Refusal::Unknown);
    let address = |text: &str| Email::parse(text).map_err(|_| Refusal::Unknown);
    let client = ClientAddress::from(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST));
    match request {
        Request::Create => {
            let wished = NewOrganization {
                name: parsed("acme")?,
                email: address("admin@acme.io")?,
                password: CANARY.into(),
            };
            service.create(wished, client).await.map(drop)
        }
        Request::Update | Request::Adopt => {
            let wished = OrganizationUpdate {
                name: parsed("acme")?,
                new_name: Some(parsed("beta")?),
                email: Some(address("new@acme.io")?),
                password: Some(CANARY.into()),
            };
            service.update(wished, token).await.map(drop)
        }
        Request::Rename => {
            let wished = OrganizationUpdate {
                name: parsed("acme")?,
                new_name: Some(parsed("beta")?),
                email: None,
                password: None,
            };
            service.update(wished, token).await.map(drop)
        }
        Request::Delete => service.delete("acme", token).await.map(drop),
    }
}

/// The service is asked, with a controller beside it. Gives the answer, if it lived to give one.
pub async fn served(run: &mut Run<'_>, request: Request) -> Result<Option<Result<(), String>>> {
    let gate = ProcessGate::mortal(&run.plan, &run.witness);
    let service = service(&run.place, &gate)?;
    let token = match request {
        Request::Create => SecretString::from(""),
        Request::Update | Request::Rename | Request::Adopt | Request::Delete => {
            service
                .tokens
                .mint(&identity(&run.place)?, run.place.clock.now())?
                .text
        }
    };
    let mut asked = std::pin::pin!(ask(&service, request, token.expose_secret()));
    let mut process = run.begin()?;
    loop {
        let event = tokio::select! {
            biased;
            answer = &mut asked => return Ok(Some(answer.map_err(|refusal| format!("{refusal:?}")))),
            event = gate.event() => Some(event),
            () = tokio::time::sleep(MOMENT) => None,
        };
        match event {
            Some(Event::Killed) => {
                run.while_away()?;
                run.take_over_before_late().await?;
                return Ok(None);
            }
            Some(Event::Paused) => {
                run.while_away()?;
                run.take_over(|| gate.resume()).await?;
            }
            None => {
                let objects = run.place.cluster.objects();
                if run.round(&process, objects).await? {
                    process = run.begin()?;
                }
            }
        }
    }
}
