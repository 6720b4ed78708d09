//! Logins through HTTP: whatever write of one is broken, no refresh token works twice, and none
//! outlives the logout.

use std::sync::{Arc, PoisonError};

use anyhow::{Result, bail, ensure};
use organization_operator::{
    clock::Clock as _,
    domain::observed::Capability,
    faults::{Call, Gated},
    service::Service,
    store::{port::TenantStore as _, refresh::RefreshStore as _},
};

use super::{
    block_on,
    gate::{Fault, Plan, ProcessGate, Way},
    http::{identity, service},
    place::Place,
    run::Run,
    scenarios::PLAIN,
};

/// More steps than any session takes, the repeated ones included.
const STEPS_AT_MOST: usize = 20;

/// What a client has, and what he does next.
#[derive(Debug, Default)]
struct Client {
    /// The refresh tokens that he got, the newest last.
    tokens: Vec<String>,
    rotations: usize,
    is_over: bool,
}

impl Client {
    /// Logs in, comes back twice, and logs out. Gives nothing where he got no answer.
    async fn go_on(&mut self, place: &Place, service: &Service) -> Result<()> {
        let Some(token) = self.tokens.last() else {
            let issued = service
                .refreshes
                .issue(&identity(place)?, place.clock.now())
                .await;
            self.tokens
                .extend(issued.ok().map(|token| token.expose().to_owned()));
            return Ok(());
        };
        if self.rotations == 2 {
            self.is_over = service.log_out(token).await.is_ok();
            return Ok(());
        }
        match service.refresh(token).await {
            Ok(session) => {
                self.tokens.push(session.refresh.expose().to_owned());
                self.rotations += 1;
            }
            // It was used already: what came of it is dead, and he logs in again.
            Err(organization_operator::service::Refusal::InvalidToken) => {
                self.tokens.clear();
                self.rotations = 0;
            }
            Err(_) => {}
        }
        Ok(())
    }
}

/// A session with these faults; gives its writes.
async fn lived(base: &Place, faults: &[Fault]) -> Result<Vec<Call>> {
    let place = base.copy();
    let plan = Plan::of(faults);
    let begin = || ProcessGate::mortal(&plan, &(Arc::new(|| {}) as _));
    let mut gate = begin();
    let mut client = Client::default();
    let mut all = Vec::new();
    let mut is_ready = false;
    for _ in 0..STEPS_AT_MOST {
        let service = service(&place, &gate)?;
        let step = async {
            if !is_ready {
                let store = Gated::new(Arc::clone(&place.store), Arc::clone(&gate));
                is_ready = store.ensure_indexes().await.is_ok()
                    && store.ensure_refresh_index().await.is_ok();
                return Ok(());
            }
            client.go_on(&place, &service).await
        };
        tokio::select! {
            biased;
            done = step => done?,
            _ = gate.event() => gate = begin(),
        }
        all.extend(client.tokens.iter().cloned());
        if client.is_over {
            break;
        }
    }
    ensure!(client.is_over, "he never got out");
    let service = service(&place, &begin())?;
    for token in all {
        ensure!(
            service.refresh(&token).await.is_err(),
            "a token works after the logout"
        );
    }
    let plan = plan.lock().unwrap_or_else(PoisonError::into_inner);
    ensure!(plan.left() == 0, "not every fault came");
    Ok(plan.log.clone())
}

async fn base() -> Result<Place> {
    let run = Run::calm(Place::new(Capability::Fenced), &PLAIN);
    (PLAIN.act)(&run.place)?;
    for deed in PLAIN.given {
        deed(&run.place)?;
    }
    run.rested().await
}

/// The writes of a session without faults.
pub async fn writes() -> Result<Vec<Call>> {
    lived(&base().await?, &[]).await
}

#[test]
fn whatever_write_of_a_session_is_broken_no_token_works_twice_or_outlives_the_logout() -> Result<()>
{
    block_on(async {
        let base = base().await?;
        let points = lived(&base, &[]).await?.len();
        let mut schedules = 0;
        for at in 0..points {
            for way in [Way::Before, Way::After, Way::Lost] {
                let broken = lived(&base, &[Fault { at, way }]).await;
                if let Err(error) = broken {
                    bail!("{at}{way:?}: {error:#}");
                }
                schedules += 1;
            }
        }
        println!("sessions: {points} points x 3 ways, {schedules} schedules, divergences: 0");
        Ok(())
    })
}
