//! The organizations as they are watched, found by name, by id or by place: what reads and tokens
//! are answered from without a command to the database.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use kube::ResourceExt;
use tokio::{sync::watch, time::Instant};

use super::tenant::{Keeper, ServedTenant};
use crate::{
    crd::{Organization, change::is_managed_by_api},
    domain::ids::OrganizationId,
};

/// Objects that are gone are remembered, so many, for those who wait for what became of them.
const DEPARTED: usize = 256;

type Place = (String, String);

/// The organizations, as last seen.
#[derive(Debug)]
pub struct Directory {
    index: RwLock<Index>,
    changes: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Index {
    objects: HashMap<Place, Arc<Organization>>,
    by_name: HashMap<String, BTreeSet<Place>>,
    by_id: HashMap<OrganizationId, Place>,
    departed: VecDeque<Arc<Organization>>,
    managed: usize,
    watches: Vec<(Scope, Standing)>,
}

/// What a watch covers: one namespace, or all.
pub type Scope = Option<String>;

/// What is known of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Its first list is still to come.
    Unlisted,
    /// All that there is.
    Current,
    /// What there was when its watch stumbled.
    Stale,
}

impl Directory {
    /// Nothing yet, of the scopes that are watched.
    #[must_use]
    pub fn of(scopes: impl IntoIterator<Item = Scope>) -> Self {
        let scopes = scopes.into_iter();
        let index = Index {
            watches: scopes.map(|scope| (scope, Standing::Unlisted)).collect(),
            ..Index::default()
        };
        Self {
            index: RwLock::new(index),
            changes: watch::Sender::new(()),
        }
    }

    /// All there is in a scope, by a new list: what isn't in it is gone.
    pub fn replace(&self, scope: &Scope, objects: Vec<Organization>) {
        self.change(|index| {
            let is_within = |place: &&Place| scope.as_ref().is_none_or(|scope| *scope == place.0);
            let mut former: BTreeSet<_> = index.objects.keys().filter(is_within).cloned().collect();
            for object in objects {
                let place = place_of(&object);
                former.remove(&place);
                index.remove(&place);
                index.insert(object);
            }
            for place in former {
                if let Some(gone) = index.remove(&place) {
                    index.depart(gone);
                }
            }
            index.stand(scope, |_| Standing::Current);
        });
    }

    /// An object was made or has changed.
    pub fn apply(&self, object: Organization) {
        self.change(|index| {
            index.remove(&place_of(&object));
            index.insert(object);
        });
    }

    /// An object is gone; `object` is its last state.
    pub fn remove(&self, object: Organization) {
        self.change(|index| {
            index.remove(&place_of(&object));
            index.depart(Arc::new(object));
        });
    }

    /// The watch of a scope stumbled: until it goes on, what is here may be of the past.
    pub fn doubt(&self, scope: &Scope) {
        self.change(|index| {
            index.stand(scope, |standing| match standing {
                Standing::Current | Standing::Stale => Standing::Stale,
                Standing::Unlisted => Standing::Unlisted,
            });
        });
    }

    /// The watch of a scope goes on: what it tells from here on is all there is to tell.
    pub fn trust(&self, scope: &Scope) {
        self.change(|index| {
            index.stand(scope, |standing| match standing {
                Standing::Current | Standing::Stale => Standing::Current,
                Standing::Unlisted => Standing::Unlisted,
            });
        });
    }

    /// Whether the first list of every scope is there, and no watch has stumbled since.
    #[must_use]
    pub fn is_current(&self) -> bool {
        let index = self.index();
        let mut watches = index.watches.iter();
        watches.all(|(_, standing)| *standing == Standing::Current)
    }

    /// Whether the first list of every scope is there.
    #[must_use]
    pub fn is_listed(&self) -> bool {
        let index = self.index();
        let mut watches = index.watches.iter();
        watches.all(|(_, standing)| *standing != Standing::Unlisted)
    }

    /// How many the service has made.
    #[must_use]
    pub fn managed(&self) -> usize {
        self.index().managed
    }

    /// The tenant that is called so, served by its object's status.
    #[must_use]
    pub fn tenant_called(&self, name: &str) -> Option<ServedTenant> {
        let index = self.index();
        let places = index.by_name.get(name)?;
        let mut objects = places.iter().filter_map(|place| index.objects.get(place));
        objects.find_map(|object| ServedTenant::of_object(object))
    }

    /// The tenant of that id, served by its object's status.
    #[must_use]
    pub fn tenant(&self, id: OrganizationId) -> Option<ServedTenant> {
        let index = self.index();
        ServedTenant::of_object(index.objects.get(index.by_id.get(&id)?)?)
    }

    /// Who looks after the tenant of that id, by its object: also where that serves nobody now, as
    /// one that is going, or whose collection is missing.
    #[must_use]
    pub fn keeper(&self, id: OrganizationId) -> Option<Keeper> {
        let index = self.index();
        Some(Keeper::of_object(index.objects.get(index.by_id.get(&id)?)?))
    }

    /// The object there.
    #[must_use]
    pub fn object(&self, namespace: &str, name: &str) -> Option<Arc<Organization>> {
        let place = (namespace.to_owned(), name.to_owned());
        self.index().objects.get(&place).cloned()
    }

    /// The object of that uid in its last state, if it went lately.
    #[must_use]
    pub fn departed(&self, uid: &str) -> Option<Arc<Organization>> {
        let index = self.index();
        let mut departed = index.departed.iter().rev();
        departed
            .find(|object| object.metadata.uid.as_deref() == Some(uid))
            .cloned()
    }

    /// Looks at every change until there is what is looked for, or it is too late.
    pub async fn until<T>(
        &self,
        deadline: Instant,
        look: impl FnMut(&Self) -> Option<T>,
    ) -> Option<T> {
        let found = tokio::time::timeout_at(deadline, self.whenever(look));
        found.await.ok()
    }

    /// As [`Self::until`], however long it takes.
    pub async fn whenever<T>(&self, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        let mut changes = self.changes.subscribe();
        loop {
            changes.mark_unchanged();
            if let Some(found) = look(self) {
                return found;
            }
            if changes.changed().await.is_err() {
                // The sender lives as long as this.
                std::future::pending::<()>().await;
            }
        }
    }

    fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Index)) {
        change(&mut self.index.write().unwrap_or_else(PoisonError::into_inner));
        self.changes.send_replace(());
    }
}

impl Index {
    fn insert(&mut self, object: Organization) {
        let place = place_of(&object);
        let status = object.status.as_ref();
        if let Some(name) = status.and_then(|status| status.organization_name.clone()) {
            self.by_name.entry(name).or_default().insert(place.clone());
        }
        if let Some(id) = id_of(&object) {
            self.by_id.insert(id, place.clone());
        }
        self.managed += usize::from(is_managed_by_api(&object));
        self.objects.insert(place, Arc::new(object));
    }

    fn remove(&mut self, place: &Place) -> Option<Arc<Organization>> {
        let object = self.objects.remove(place)?;
        self.managed -= usize::from(is_managed_by_api(&*object));
        let status = object.status.as_ref();
        if let Some(name) = status.and_then(|status| status.organization_name.as_ref())
            && let Some(places) = self.by_name.get_mut(name)
        {
            places.remove(place);
            if places.is_empty() {
                self.by_name.remove(name);
            }
        }
        if let Some(id) = id_of(&object)
            && self.by_id.get(&id) == Some(place)
        {
            self.by_id.remove(&id);
        }
        Some(object)
    }

    fn stand(&mut self, scope: &Scope, next: impl FnOnce(Standing) -> Standing) {
        let mut watches = self.watches.iter_mut();
        if let Some((_, standing)) = watches.find(|(watched, _)| watched == scope) {
            *standing = next(*standing);
        }
    }

    fn depart(&mut self, object: Arc<Organization>) {
        if self.departed.len() == DEPARTED {
            self.departed.pop_front();
        }
        self.departed.push_back(object);
    }
}

fn place_of(object: &Organization) -> Place {
    (object.namespace().unwrap_or_default(), object.name_any())
}

fn id_of(object: &Organization) -> Option<OrganizationId> {
    OrganizationId::parse(object.status.as_ref()?.organization_id.as_deref()?).ok()
}

#[cfg(test)]
mod tests;
