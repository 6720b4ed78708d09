use std::{collections::BTreeSet, fmt::Write};

use super::*;
use crate::domain::password::PasswordFault;

fn one_of_each() -> Vec<Reason> {
    let acme = || OrgName::parse("acme").unwrap();
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
            to: OrgName::parse("acme-labs").unwrap(),
        },
        Reason::Archiving,
        Reason::Dropping,
        Reason::Restoring,
        Reason::Suspended,
        Reason::SecretNotFound(secret()),
        Reason::MongoUnavailable,
        Reason::MongoUnauthorized,
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
        Reason::Unsupported(Feature::Sharded),
        Reason::OperationUnknown {
            id,
            field: "operation.version",
        },
        Reason::DeletionProtected,
    ]
}

#[test]
fn every_reason_says_what_is_wrong_and_what_to_do() {
    let mut table = String::new();
    for reason in one_of_each() {
        let means = reason.kind().disposition();
        writeln!(
            table,
            "{} Ready={:?} Reconciling={} Stalled={} {:?}\n    {reason}",
            reason.kind(),
            means.ready,
            means.reconciling,
            means.stalled,
            means.recheck
        )
        .unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn the_snapshot_leaves_no_reason_out() {
    let shown: BTreeSet<_> = one_of_each().iter().map(Reason::kind).collect();
    assert_eq!(shown, ReasonKind::ALL.iter().copied().collect());
}
