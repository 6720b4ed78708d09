//! Who waits for what: organizations that rest until another one, or the database, gives way. Woken
//! at once when it does, since their own objects don't change.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use kube::{core::DeserializeGuard, runtime::reflector::ObjectRef};
use tokio::sync::mpsc;

use super::cluster::ObjectKey;
use crate::{crd::Organization, domain::reason::ReasonKind};

/// What an organization may wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitsFor {
    /// A name, an e-mail address or a collection that another one has.
    Others,
    /// The database.
    Database,
}

impl WaitsFor {
    /// What an organization that rests for that reason waits for, if that is any of these.
    #[must_use]
    pub fn of(reason: ReasonKind) -> Option<Self> {
        match reason {
            ReasonKind::NameConflict
            | ReasonKind::EmailConflict
            | ReasonKind::CollectionConflict
            | ReasonKind::AdoptionRequired => Some(Self::Others),
            ReasonKind::MongoUnavailable | ReasonKind::MongoUnauthorized => Some(Self::Database),
            _ => None,
        }
    }
}

/// The way to have an organization looked at, whichever of the watched scopes it is in.
#[derive(Debug, Clone, Default)]
pub struct Waker {
    /// By namespace; `None`: all of them.
    scopes: Vec<(Option<String>, mpsc::UnboundedSender<OrganizationRef>)>,
}

/// Where a scope's controller hears whom to look at.
pub type Wakes = mpsc::UnboundedReceiver<OrganizationRef>;

type OrganizationRef = ObjectRef<DeserializeGuard<Organization>>;

impl Waker {
    /// Adds a scope: one namespace, or all.
    pub fn add_scope(&mut self, namespace: Option<String>) -> Wakes {
        let (sender, receiver) = mpsc::unbounded_channel();
        self.scopes.push((namespace, sender));
        receiver
    }

    /// Has the organization looked at.
    pub fn wake(&self, namespace: &str, name: &str) {
        for (scope, sender) in &self.scopes {
            if scope.as_deref().is_none_or(|scope| scope == namespace) {
                // Nobody listens any more: the process is ending.
                let _ = sender.send(ObjectRef::new(name).within(namespace));
            }
        }
    }
}

/// Everyone's last reason, and the way to have an organization looked at.
#[derive(Debug)]
pub struct Waiting {
    reasons: Mutex<HashMap<ObjectKey, ReasonKind>>,
    waker: Waker,
}

impl Waiting {
    /// With the queue to which those are sent who are to be looked at.
    #[must_use]
    pub fn new(waker: Waker) -> Self {
        Self {
            reasons: Mutex::default(),
            waker,
        }
    }

    /// Notes why an organization rests now; gives the reason it had before.
    pub fn note(&self, key: &ObjectKey, reason: ReasonKind) -> Option<ReasonKind> {
        self.reasons
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.clone(), reason)
    }

    /// Whether an organization rests for that reason already.
    #[must_use]
    pub fn has(&self, key: &ObjectKey, reason: ReasonKind) -> bool {
        let reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        reasons.get(key) == Some(&reason)
    }

    /// The organization is gone; gives the reason it had.
    pub fn forget(&self, key: &ObjectKey) -> Option<ReasonKind> {
        self.reasons
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(key)
    }

    /// Has all looked at that wait for that.
    pub fn wake(&self, cause: WaitsFor) {
        let reasons = self.reasons.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in reasons
            .iter()
            .filter(|(_, reason)| WaitsFor::of(**reason) == Some(cause))
        {
            self.waker.wake(&key.namespace, &key.name);
        }
    }
}
