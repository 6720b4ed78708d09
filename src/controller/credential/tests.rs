use secrecy::SecretSlice;

use super::*;
use crate::domain::password::PasswordFault;

const HASH: &str = "$2b$10$r5PKCjPDa1/kEixrHI2Hyu3lyYDNgAuGIeSLqiGeAZ06MLtTAe2xa";

fn name(text: &str) -> SecretName {
    SecretName(text.to_owned())
}

fn by_password() -> CredentialSource {
    CredentialSource::Password {
        secret: name("login"),
        key: "password".to_owned(),
    }
}

fn by_hash() -> CredentialSource {
    CredentialSource::Hash {
        secret: name("login"),
        key: "hash".to_owned(),
    }
}

fn generated() -> CredentialSource {
    CredentialSource::Generated {
        secret: name("acme-admin"),
    }
}

fn secret(owner: SecretOwner, key: &str, value: &[u8]) -> ObservedSecret {
    ObservedSecret {
        uid: "uid".to_owned(),
        resource_version: "7".to_owned(),
        owner,
        data: [(key.to_owned(), SecretSlice::from(value.to_vec()))].into(),
    }
}

fn fault(source: &CredentialSource, key: &str, value: &[u8]) -> CredentialFault {
    match judge(source, Some(&secret(SecretOwner::Other, key, value))).observed {
        ObservedCredential::Faulty(fault) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_missing_secret_is_missing_or_to_be_generated() {
    assert_eq!(
        judge(&by_password(), None).observed,
        ObservedCredential::Missing(name("login"))
    );
    assert_eq!(
        judge(&generated(), None).observed,
        ObservedCredential::NotGenerated(name("acme-admin"))
    );
}

#[test]
fn only_our_own_secret_is_taken_for_the_generated_one() {
    let found =
        |owner| judge(&generated(), Some(&secret(owner, "password", b"Secret123"))).observed;
    assert_eq!(
        found(SecretOwner::Other),
        ObservedCredential::Foreign(name("acme-admin"))
    );
    assert_eq!(
        found(SecretOwner::Former),
        ObservedCredential::Leaving(name("acme-admin"))
    );
    let version = CredentialVersion::generated("uid", "7");
    assert_eq!(
        found(SecretOwner::This),
        ObservedCredential::Present {
            version,
            stored: None
        }
    );
}

#[test]
fn a_fault_names_secret_and_key_and_never_the_value() {
    for (source, key, value, expected) in [
        (by_password(), "other", &b"canary-1"[..], "is missing"),
        (by_password(), "password", b"", "is empty"),
        (by_password(), "password", b"canary-\xff1", "is not UTF-8"),
        (by_password(), "password", b"canar", "6 characters"),
        (
            by_hash(),
            "hash",
            b"canary-1",
            "holds no usable bcrypt hash",
        ),
        (
            by_hash(),
            "hash",
            b"$2b$09$r5PKCjPDa1/kEixrHI2Hyu3lyYDNgAuGIeSLqiGeAZ06MLtTAe2xa",
            "cost",
        ),
    ] {
        let said = fault(&source, key, value).to_string();
        assert!(
            said.contains(expected) && said.contains("Secret login"),
            "{said}"
        );
        assert!(!said.contains("canar") && !said.contains("r5PKC"), "{said}");
    }
    assert!(matches!(
        fault(&by_password(), "password", b"abcdefg"),
        CredentialFault::Weak {
            fault: PasswordFault::NeedsLetterAndDigit,
            ..
        }
    ));
}

#[test]
fn a_credential_that_moved_to_another_key_is_another_version() {
    let version = |key: &str| CredentialVersion::referenced("uid", "7", key);
    assert_ne!(version("a"), version("b"));
    assert!(!version("a").is_generated());
}

#[tokio::test]
async fn a_hash_is_compared_and_stored_as_it_is_without_a_computation() {
    let pool = HashPool::start(std::num::NonZeroUsize::MIN, 1).unwrap();
    let credential = judge(
        &by_hash(),
        Some(&secret(SecretOwner::Other, "hash", HASH.as_bytes())),
    );
    let material = credential.material.unwrap();
    let stored = BcryptHash::from_record(HASH.to_owned());
    assert!(material.is_stored_as(&stored, &pool).await.unwrap());
    assert!(
        !material
            .is_stored_as(&BcryptHash::from_record("x".to_owned()), &pool)
            .await
            .unwrap()
    );
    assert_eq!(material.hash(12, &pool).await.unwrap(), stored);
    assert_eq!((pool.hashes(), pool.verifications()), (0, 0));
}
