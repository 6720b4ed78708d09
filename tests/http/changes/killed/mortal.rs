//! A process that dies at a call to the Kubernetes API.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use organization_operator::{
    controller::cluster::{ClusterError, memory::MemoryCluster},
    crd::{Organization, OrganizationSpec},
    domain::{credential::SecretName, hash::BcryptHash},
    service::objects::Objects,
};
use tokio::sync::Notify;

/// A way to the objects that ends at a call: from there on nothing gets through, as nothing comes
/// from a process that is dead.
pub struct Mortal {
    pub cluster: Arc<MemoryCluster>,
    pub death: Arc<Death>,
}

/// When a process dies, and that it did.
#[derive(Default)]
pub struct Death {
    /// Halves of calls that are still lived through: a call's making, and its answer's arrival.
    halves: AtomicUsize,
    pub came: Notify,
}

impl Death {
    /// It lives for good.
    pub fn never(&self) {
        self.halves.store(usize::MAX, Ordering::Release);
    }

    /// It dies after so many halves of calls.
    pub fn after(&self, halves: usize) {
        self.halves.store(halves, Ordering::Release);
    }

    async fn live_on(&self) {
        let one_less = |left: usize| match left {
            0 => None,
            usize::MAX => Some(usize::MAX),
            left => Some(left - 1),
        };
        let spent = self
            .halves
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, one_less);
        if spent.is_err() {
            self.came.notify_one();
            std::future::pending::<()>().await;
        }
    }

    async fn spare<T>(&self, call: impl Future<Output = T>) -> T {
        self.live_on().await;
        let answer = call.await;
        self.live_on().await;
        answer
    }
}

#[async_trait]
impl Objects for Mortal {
    async fn get(&self, namespace: &str, name: &str) -> Result<Option<Organization>, ClusterError> {
        let call = Objects::get(&*self.cluster, namespace, name);
        self.death.spare(call).await
    }

    async fn create(&self, organization: &Organization) -> Result<Organization, ClusterError> {
        let call = Objects::create(&*self.cluster, organization);
        self.death.spare(call).await
    }

    async fn create_secret(
        &self,
        owner: &Organization,
        secret: &SecretName,
        hash: &BcryptHash,
    ) -> Result<(), ClusterError> {
        let call = Objects::create_secret(&*self.cluster, owner, secret, hash);
        self.death.spare(call).await
    }

    async fn ask(
        &self,
        read: &Organization,
        annotation: &str,
        spec: Option<&OrganizationSpec>,
    ) -> Result<(), ClusterError> {
        let call = Objects::ask(&*self.cluster, read, annotation, spec);
        self.death.spare(call).await
    }

    async fn delete(&self, read: &Organization) -> Result<(), ClusterError> {
        let call = Objects::delete(&*self.cluster, read);
        self.death.spare(call).await
    }
}
