use std::collections::BTreeSet;

use jsonwebtoken::dangerous::insecure_decode_claims;

use super::*;

#[test]
fn a_minted_token_is_checked_back_to_its_identity() {
    let tokens = tokens();
    let claims = tokens.check(&minted(&tokens), now()).unwrap();
    let Identity {
        admin,
        organization,
        email,
        organization_name,
        token_version,
    } = identity();
    let expected = Claims {
        admin,
        organization: Some(organization),
        token_version,
        email,
        organization_name,
        expires_at: NOW + 604_800,
        issuer: Some("organization-operator".to_owned()),
        id: claims.id.clone(),
    };
    assert_eq!(claims, expected);
    assert!(claims.is_of(&live()));
}

#[test]
fn header_and_claims_are_laid_out_as_existing_clients_read_them() {
    let tokens = tokens();
    let text = minted(&tokens);
    let keys = tokens.keys().unwrap();
    let kid = keys.names().next().unwrap();
    let header = format!(r#"{{"typ":"JWT","alg":"HS256","kid":"{kid}"}}"#);
    let (first, _) = text.split_once('.').unwrap();
    assert_eq!(first, forge::base64url(header.as_bytes()));

    // No aud, nbf or iat, over which python-jose and PyJWT would stumble.
    let claims: Value = insecure_decode_claims(&text).unwrap();
    let expected = json!({
        "sub": ADMIN,
        "email": "jane@acme.example",
        "organization_name": "Acme",
        "org_id": ORGANIZATION,
        "exp": NOW + 604_800,
        "iss": "organization-operator",
        "jti": claims["jti"],
        "ver": 7,
    });
    assert_eq!(claims, expected);
    assert!(claims["jti"].is_string());
}

#[test]
fn each_token_has_an_id_of_its_own() {
    let tokens = tokens();
    let id = |()| tokens.check(&minted(&tokens), now()).unwrap().id;
    let ids: BTreeSet<_> = [(); 3].map(id).into_iter().collect();
    assert_eq!(ids.len(), 3);
}

#[test]
fn a_token_says_how_long_it_is_good_and_is_not_printed() {
    let token = tokens().mint(&identity(), now()).unwrap();
    assert_eq!(token.expires_in, Duration::from_hours(168));
    let printed = format!("{token:?}");
    assert!(!printed.contains(token.text.expose_secret()), "{printed}");
}

#[test]
fn a_lifetime_past_the_end_of_time_ends_with_it() {
    let tokens = Tokens::new(keys(SECRET, &[]), Duration::MAX);
    let claims = tokens.check(&minted(&tokens), now()).unwrap();
    assert_eq!(claims.expires_at, Timestamp::MAX.as_second());
}

#[test]
fn a_token_dies_with_its_admin_organization_version_or_access() {
    let tokens = tokens();
    let claims = tokens.check(&minted(&tokens), now()).unwrap();
    let others = [
        LiveIdentity {
            admin: AdminId([1; 12]),
            ..live()
        },
        LiveIdentity {
            organization: OrganizationId([1; 12]),
            ..live()
        },
        LiveIdentity {
            token_version: 8,
            ..live()
        },
        LiveIdentity {
            token_version: 6,
            ..live()
        },
        LiveIdentity {
            disabled: true,
            ..live()
        },
    ];
    for other in others {
        assert!(!claims.is_of(&other), "{other:?}");
    }
}

#[test]
fn without_an_organization_the_admin_decides() {
    let tokens = tokens();
    let claims = tokens
        .check(&with(&json!({"org_id": null})), now())
        .unwrap();
    let never_changed = LiveIdentity {
        token_version: 0,
        ..live()
    };
    assert!(claims.is_of(&never_changed));
    assert!(!claims.is_of(&live()), "the password was changed since");
    assert!(!claims.is_of(&LiveIdentity {
        admin: AdminId([1; 12]),
        ..never_changed
    }));
}
