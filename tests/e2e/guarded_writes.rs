//! What decides who was first, on a real API server: writes that only the object as it was read
//! accepts.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use kube::ResourceExt;
use organization_operator::{
    auth::pool::HashPool,
    controller::cluster::{Cluster, ClusterError, KubeApi, KubeCluster, ObjectKey},
    crd::{
        ChangeStatus, Organization,
        change::{CHANGE_ANNOTATION, MANAGED_BY_API, MANAGED_BY_LABEL},
    },
    runtime::metrics::Metrics,
    service::objects::{FIELD_MANAGER, KubeObjects, Objects},
};
use serde_json::json;

use crate::{
    samples::organization,
    world::{World, status},
};

const DEADLINE: Duration = Duration::from_secs(30);

struct Writers {
    controller: KubeCluster,
    service: KubeObjects,
}

fn writers(world: &World) -> Result<Writers> {
    let metrics = Metrics::new(Arc::new(HashPool::start(NonZeroUsize::MIN, 1)?));
    let client = || world.client.clone();
    let api = KubeApi::new(client(), client(), DEADLINE, FIELD_MANAGER, metrics.clone());
    Ok(Writers {
        controller: KubeCluster::new(client(), client(), DEADLINE, metrics),
        service: KubeObjects::new(api),
    })
}

fn key_of(object: &Organization) -> ObjectKey {
    ObjectKey {
        namespace: object.namespace().unwrap_or_default(),
        name: object.name_any(),
        uid: object.uid().unwrap_or_default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_answer_and_a_revocation_the_first_one_holds() -> Result<()> {
    // Its operator never looks: all writes here are the test's.
    let url = "mongodb://127.0.0.1:1/?directConnection=true";
    let world = World::unready("guarded", url, &[]).await?;
    let Writers {
        controller,
        service,
    } = writers(&world)?;
    let mut manifest = organization("acme");
    manifest["metadata"]["labels"] = json!({MANAGED_BY_LABEL: MANAGED_BY_API});
    world.apply(&manifest).await?;
    let read = || async {
        let object = service.get(&world.namespace, "acme").await?;
        object.context("it is gone")
    };
    let before = read().await?;
    service.ask(&before, "asked", None).await?;
    let asked = read().await?;

    // Who read it before has no say any more.
    let outdated = service.ask(&before, "again", None).await;
    assert_eq!(outdated, Err(ClusterError::Conflict));
    let answered = organization_operator::crd::OrganizationStatus {
        last_change: Some(ChangeStatus {
            id: "asked".to_owned(),
            outcome: "Done".to_owned(),
            reason: None,
        }),
        ..status(&asked)
    };
    let key = key_of(&asked);
    let outdated = controller
        .write_status(&key, &answered, before.metadata.resource_version.as_deref())
        .await;
    assert_eq!(outdated, Err(ClusterError::Conflict));
    assert_eq!(status(&read().await?).last_change, None);

    // The answer is first: the revocation comes too late.
    controller
        .write_status(&key, &answered, asked.metadata.resource_version.as_deref())
        .await?;
    let late = service.ask(&asked, "revoked", None).await;
    assert_eq!(late, Err(ClusterError::Conflict));

    // What follows from an answer is of that change alone.
    let another = controller.settle_change(&key, "another", None).await;
    assert_eq!(another, Err(ClusterError::Conflict));
    let mut former = serde_json::to_value(&asked.spec)?;
    former["displayName"] = json!("as it was");
    controller
        .settle_change(&key, "asked", Some(&former))
        .await?;
    let settled = read().await?;
    assert!(!settled.annotations().contains_key(CHANGE_ANNOTATION));
    assert_eq!(settled.spec.display_name.as_deref(), Some("as it was"));

    // And a deletion is of that very object.
    let stranger = ObjectKey {
        uid: "another".to_owned(),
        ..key.clone()
    };
    controller.delete_organization(&stranger).await?;
    assert!(service.get(&world.namespace, "acme").await?.is_some());
    controller.delete_organization(&key).await?;
    assert!(service.get(&world.namespace, "acme").await?.is_none());
    Ok(())
}
