//! The controller as one of several replicas: it runs while this process holds the Lease.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{controller, process::Parts};
use crate::{
    clock::SystemClock,
    config::ControllerArgs,
    runtime::{
        leader::{Candidate, LeaseLost, Sight, fence},
        readiness::{Need, Readiness},
    },
};

/// How long a process that hands over, but isn't at its end yet, leaves the Lease to others: six
/// looks of theirs.
const HANDED_OVER: Duration = Duration::from_millis(1500);

/// What a Lease that was lost means for the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Losing {
    /// Its end: it is of no other use.
    Ends,
    /// Where somebody else has the Lease, its end. Where the API server was silent, the controller
    /// alone ends, and stands by: what else the process does needs no Lease, and no API server.
    EndsIfTaken,
}

/// When the controller comes to its end.
pub struct Ends {
    /// The process was told to stop: others take over.
    pub handover: CancellationToken,
    /// The controller may not go on any longer. Until then it takes the Lease back where no other
    /// wants it.
    pub stop: CancellationToken,
}

/// The controller, whenever this process leads, until it is stopped.
pub async fn control(
    mut parts: Parts,
    args: ControllerArgs,
    ends: Ends,
    losing: Losing,
) -> anyhow::Result<()> {
    let Ends { handover, stop } = ends;
    let candidacy = args.lease.candidacy(&parts.args.cluster);
    if candidacy.is_none() {
        parts.metrics.set_leader(true);
        let _ = parts.readiness.met(Need::Lease);
    }
    let readiness = parts.readiness.clone();
    // Before anybody leads: it is no tenant's, and each replica may install it.
    let definition = parts.definition(args.install_crds);
    let served = definition.served(&readiness);
    if stop.run_until_cancelled(served).await.is_none() {
        return Ok(());
    }
    let Some(candidacy) = candidacy else {
        return Ok(controller::control(parts, args, stop).await?);
    };
    let unfenced = parts.clients.writes.clone();
    let mut candidate = Candidate::new(candidacy, unfenced, Arc::new(SystemClock));
    parts.clients.writes = fence::client(parts.clients.config.clone(), &candidate.tenure())?;
    let winning = candidate.win(|sight| stand_by(&readiness, sight));
    let mut won = stop.run_until_cancelled(winning).await;
    while won.is_some() {
        let told = if handover.is_cancelled() {
            &stop
        } else {
            &handover
        };
        lead(&mut candidate, &parts, &args, told.clone(), losing).await?;
        let standing = candidate.win(|sight| stand_by(&readiness, sight));
        won = stop.run_until_cancelled(standing).await;
    }
    Ok(())
}

/// One term, to its end.
async fn lead(
    candidate: &mut Candidate,
    parts: &Parts,
    args: &ControllerArgs,
    stop: CancellationToken,
    losing: Losing,
) -> anyhow::Result<()> {
    tracing::info!("this process leads");
    let _ = parts.readiness.met(Need::Lease);
    parts.readiness.remark("it leads");
    parts.metrics.set_leader(true);
    let ended = tokio::select! {
        biased;
        lost = candidate.hold() => Err(lost),
        // Dropped with all its passes at the end of the term, wherever they are.
        ended = controller::control(parts.clone(), args.clone(), stop) => Ok(ended),
    };
    parts.metrics.set_leader(false);
    match ended {
        Ok(ended) => {
            candidate.release().await;
            candidate.stand_by(HANDED_OVER);
            Ok(ended?)
        }
        Err(LeaseLost::Silence) if losing == Losing::EndsIfTaken => {
            tracing::warn!("the API server confirmed no renewal in time; the controller stands by");
            candidate.stand_by(Duration::ZERO);
            Ok(())
        }
        Err(lost) => Err(lost.into()),
    }
}

/// A standby is ready: it needs no watch for what it does. One that stands by another installation's
/// leader is not: nobody would notice that there are two.
fn stand_by(readiness: &Readiness, sight: Sight) {
    match sight {
        Sight::Led(leader) => {
            if readiness.met(Need::Lease) {
                tracing::info!(leader, "this process stands by");
            }
            let _ = readiness.met(Need::Watch);
            readiness.remark(&format!("it stands by: {leader} leads"));
        }
        Sight::LedByAnother {
            installation,
            leader,
        } => {
            tracing::warn!(installation, leader, "another installation holds the Lease");
            let why = format!(
                "held by installation {installation} (pod {leader}): remove one of both, or have each \
                 watch namespaces of its own, with a Lease of its own"
            );
            let _ = readiness.unmet(Need::Lease, why);
            let _ = readiness.met(Need::Watch);
        }
        Sight::Blind(why) => {
            let _ = readiness.unmet(Need::Lease, why);
        }
    }
}
