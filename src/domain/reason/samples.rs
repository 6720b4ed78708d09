//! One of each reason, for tests.

use super::{Feature, Missing, Reason};
use crate::domain::{
    credential::{CredentialFault, SecretName},
    ids::OrganizationId,
    names::{CollectionName, OrgName},
    password::PasswordFault,
};

#[expect(
    clippy::unwrap_used,
    reason = "a name that is no name is a mistake in this file"
)]
fn name(text: &str) -> OrgName {
    OrgName::parse(text).unwrap()
}

/// Every reason there is, with particulars.
#[must_use]
pub fn one_of_each() -> Vec<Reason> {
    let acme = || name("acme");
    let collection = || CollectionName::of_tenant(&acme());
    let secret = || SecretName("acme-admin".to_owned());
    let key = || "password".to_owned();
    let id = OrganizationId([0xab; 12]);
    let fault = |why: &str| CredentialFault::Invalid {
        secret: secret(),
        key: key(),
        why: why.to_owned(),
    };
    let weak = |fault| CredentialFault::Weak {
        secret: secret(),
        key: key(),
        fault,
    };
    vec![
        Reason::Succeeded,
        Reason::Progressing,
        Reason::Renaming {
            from: acme(),
            to: name("acme-labs"),
        },
        Reason::Archiving,
        Reason::Dropping,
        Reason::Restoring,
        Reason::Suspended,
        Reason::SecretNotFound(secret()),
        Reason::MongoUnavailable,
        Reason::MongoUnauthorized(
            "not allowed to find (aggregate on organizations: code 13)".to_owned(),
        ),
        Reason::InternalError,
        Reason::InvalidSpec(
            "spec.organizationName: it has 1 characters; a name has 2 to 64.".to_owned(),
        ),
        Reason::NameConflict(acme()),
        Reason::EmailConflict,
        Reason::CollectionConflict(collection()),
        Reason::SecretConflict(secret()),
        Reason::Credential(fault("is missing")),
        Reason::Credential(weak(PasswordFault::TooShort)),
        Reason::Credential(weak(PasswordFault::NeedsLetterAndDigit)),
        Reason::Credential(weak(PasswordFault::TooLong)),
        Reason::Credential(weak(PasswordFault::ContainsNul)),
        Reason::AdoptionRequired(acme()),
        Reason::RestoreRefused(id),
        Reason::DataMissing(Missing::Collection(collection())),
        Reason::DataMissing(Missing::Record(id)),
        Reason::SpecOutdated {
            name: name("acme-labs"),
            outdated: acme(),
        },
        Reason::Unsupported(Feature::Sharded),
        Reason::OperationUnknown {
            id,
            field: "operation.version",
        },
        Reason::DeletionProtected,
    ]
}
