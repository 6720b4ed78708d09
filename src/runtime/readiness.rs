//! What has to be so before the process is ready, and what of it is not.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Something that has to be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// The `CustomResourceDefinition` is served, and no older than this program.
    Definition,
    /// The watch of the organizations has delivered its first list.
    Watch,
    /// The database answers.
    Mongo,
    /// The indexes hold.
    Indexes,
    /// Who leads is known: this process, or another one beside which it stands by.
    Lease,
    /// The HTTP service's own watch of the organizations has delivered its first list.
    Directory,
    /// There is a key that tokens are signed with.
    JwtSecret,
}

impl Need {
    /// What a controller needs.
    pub const OF_CONTROLLER: [Self; 5] = [
        Self::Definition,
        Self::Watch,
        Self::Mongo,
        Self::Indexes,
        Self::Lease,
    ];
    /// What the HTTP service needs.
    pub const OF_API: [Self; 5] = [
        Self::Definition,
        Self::Directory,
        Self::JwtSecret,
        Self::Mongo,
        Self::Indexes,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Definition => "definition",
            Self::Watch => "watch",
            Self::Mongo => "mongodb",
            Self::Indexes => "indexes",
            Self::Lease => "lease",
            Self::Directory => "directory",
            Self::JwtSecret => "jwt-secret",
        }
    }
}

/// What is missing, and why. Cheap to clone; all clones are one.
#[derive(Debug, Clone)]
pub struct Readiness(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    missing: BTreeMap<Need, String>,
    remark: Option<String>,
}

impl Readiness {
    /// All of that is needed, and nothing of it seen yet.
    #[must_use]
    pub fn of(needs: impl IntoIterator<Item = Need>) -> Self {
        let needs = needs.into_iter();
        let missing = needs.map(|need| (need, "not seen yet".to_owned()));
        let state = State {
            missing: missing.collect(),
            remark: None,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// It is so. Gives whether it was missing until now.
    #[must_use]
    pub fn met(&self, need: Need) -> bool {
        self.state().missing.remove(&need).is_some()
    }

    /// It is not so; `why` must hold no secret. Gives whether it was so until now.
    #[must_use]
    pub fn unmet(&self, need: Need, why: String) -> bool {
        self.state().missing.insert(need, why).is_none()
    }

    /// A line for each thing that is missing; none: ready.
    #[must_use]
    pub fn report(&self) -> Vec<String> {
        self.state()
            .missing
            .iter()
            .map(|(need, why)| format!("{}: {why}", need.name()))
            .collect()
    }

    /// What else is to be said of a process that is ready.
    pub fn remark(&self, remark: &str) {
        self.state().remark = Some(remark.to_owned());
    }

    /// What was remarked last.
    #[must_use]
    pub fn remarked(&self) -> Option<String> {
        self.state().remark.clone()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ready_once_every_need_is_met_and_names_what_is_not() {
        let readiness = Readiness::of(Need::OF_CONTROLLER);
        for need in Need::OF_CONTROLLER {
            assert!(readiness.met(need));
        }
        assert_eq!(readiness.report(), [""; 0]);
        assert!(readiness.unmet(Need::Mongo, "no server".to_owned()));
        assert!(!readiness.unmet(Need::Mongo, "still none".to_owned()));
        assert_eq!(readiness.report(), ["mongodb: still none"]);
    }
}
