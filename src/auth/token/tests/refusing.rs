use aws_lc_rs::hmac;

use super::*;

fn check(text: &str) -> Result<Claims, TokenError> {
    tokens().check(text, now())
}

fn refusal(text: &str) -> Option<TokenError> {
    check(text).err()
}

/// A token of the older service but for its header.
fn headed(header: &str) -> String {
    forge::token(header, &older_claims().to_string(), SECRET)
}

#[test]
fn a_token_of_the_older_service_is_good() {
    let claims = check(&with(&json!({}))).unwrap();
    assert_eq!(claims.admin, identity().admin);
    assert_eq!(claims.organization, Some(identity().organization));
    assert_eq!(
        (claims.token_version, claims.issuer, claims.id),
        (0, None, None)
    );
    for text in [with(&json!({"org_id": null})), without("org_id")] {
        assert_eq!(check(&text).unwrap().organization, None);
    }
    // Whatever else somebody put there.
    for more in [
        json!({"iat": NOW + 1}),
        json!({"scope": ["read"]}),
        json!({"iss": "elsewhere"}),
    ] {
        assert!(check(&with(&more)).is_ok(), "{more}");
    }
}

#[test]
fn any_other_algorithm_is_refused_in_any_spelling() {
    let claims = older_claims().to_string();
    for alg in [
        "none", "None", "NONE", "nOnE", "hs256", "HS256 ", "HS-256", "HS384", "HS512", "RS256",
        "RS512", "PS256", "ES256", "EdDSA", "ES256K", "dir", "",
    ] {
        let header = format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#);
        // Under the very secret, and without a signature.
        for text in [
            forge::token(&header, &claims, SECRET),
            format!("{}.", forge::unsigned(&header, &claims)),
        ] {
            let refused = refusal(&text);
            assert!(
                matches!(refused, Some(TokenError::Header | TokenError::Malformed)),
                "{alg}: {refused:?}"
            );
        }
    }
    // Signed as it says.
    for (alg, algorithm) in [("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        let header = format!(r#"{{"alg":"{alg}","typ":"JWT"}}"#);
        let text = forge::sign(&forge::unsigned(&header, &claims), SECRET, algorithm);
        assert_eq!(refusal(&text), Some(TokenError::Header), "{alg}");
    }
    for header in [
        r#"{"typ":"JWT"}"#,
        r#"{"alg":null}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","alg":"none"}"#,
    ] {
        assert_eq!(
            refusal(&headed(header)),
            Some(TokenError::Malformed),
            "{header}"
        );
    }
}

#[test]
fn a_header_that_brings_a_key_or_an_extension_is_refused() {
    for more in [
        r#""jku":"https://keys.example/jwks""#,
        r#""x5u":"https://keys.example/cert""#,
        r#""x5c":["AAAA"]"#,
        r#""jwk":{"kty":"oct","k":"AAAA"}"#,
        r#""jwk":{}"#,
        r#""crit":[]"#,
        r#""crit":["exp"]"#,
        r#""crit":["b64"],"b64":false"#,
        r#""zip":"DEF""#,
        r#""enc":"A128GCM""#,
    ] {
        let text = headed(&format!(r#"{{"alg":"HS256","typ":"JWT",{more}}}"#));
        let refused = refusal(&text);
        assert!(
            matches!(refused, Some(TokenError::Header | TokenError::Malformed)),
            "{more}: {refused:?}"
        );
    }
}

#[test]
fn a_header_without_a_type_or_with_unknown_fields_is_good() {
    for header in [
        r#"{"alg":"HS256"}"#,
        r#"{"typ":"at+jwt","alg":"HS256"}"#,
        r#"{"alg":"HS256","kid":null}"#,
        r#"{"alg":"HS256","more":1}"#,
    ] {
        assert!(check(&headed(header)).is_ok(), "{header}");
    }
}

#[test]
fn what_is_not_three_parts_of_base64url_is_refused() {
    let good = with(&json!({}));
    let [header, claims, signature] = [0, 1, 2].map(|part| good.split('.').nth(part).unwrap());
    for text in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        header.to_owned(),
        format!("{header}.{claims}"),
        format!("{good}."),
        format!("{good}.{signature}"),
        format!(".{good}"),
        format!("{header}.{claims}.{signature}="),
        format!("{header}=.{claims}.{signature}"),
        format!("{good} "),
        format!(" {good}"),
        format!("{header}..{signature}"),
        good.replace('.', ","),
        "é.é.é".to_owned(),
    ] {
        assert!(refusal(&text).is_some(), "{text}");
    }
    let array = forge::token(forge::OLDER_HEADER, "[]", SECRET);
    assert!(refusal(&array).is_some());
    let deep = format!(r#"{{"deep":{}1{}}}"#, "[".repeat(1000), "]".repeat(1000));
    assert!(refusal(&forge::token(forge::OLDER_HEADER, &deep, SECRET)).is_some());
}

#[test]
fn a_signature_must_be_whole_and_ours() {
    let good = with(&json!({}));
    let signature_begins = good.rfind('.').unwrap() + 1;
    for end in signature_begins..good.len() {
        assert!(refusal(&good[..end]).is_some(), "cut at {end}");
    }
    let others = forge::older(OTHER_SECRET, &older_claims());
    assert_eq!(refusal(&others), Some(TokenError::Signature));
    assert_eq!(
        refusal(&forge::older("", &older_claims())),
        Some(TokenError::Signature)
    );

    // The claims of one under the signature of another.
    let (message, _) = good.rsplit_once('.').unwrap();
    let (_, signature) = with(&json!({"exp": NOW + 61}))
        .rsplit_once('.')
        .map(owned)
        .unwrap();
    assert_eq!(
        refusal(&format!("{message}.{signature}")),
        Some(TokenError::Signature)
    );
}

fn owned((one, other): (&str, &str)) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

#[test]
fn a_token_is_good_up_to_and_in_its_last_second() {
    for (exp, good) in [
        (json!(NOW), true),
        (json!(NOW - 1), false),
        (json!(NOW + 1), true),
        // The fraction doesn't count, on either side.
        (json!(1_800_000_000.0), true),
        (json!(1_800_000_000.2), true),
        (json!(1_799_999_999.9), false),
        (json!(1.9e9), true),
        (json!(0), false),
        (json!(-1), false),
        (json!(-0.5), false),
        (json!(i64::MAX), true),
    ] {
        let refused = refusal(&with(&json!({"exp": exp})));
        assert_eq!(refused, (!good).then_some(TokenError::Expired), "{exp}");
    }
}

#[test]
fn a_token_without_an_end_that_is_a_number_is_refused() {
    assert_eq!(refusal(&without("exp")), Some(TokenError::Claims));
    for exp in [
        json!(null),
        json!(true),
        json!((NOW + 60).to_string()),
        json!("never"),
        json!([NOW + 60]),
        json!({}),
        json!(1e300),
        json!(u64::MAX),
    ] {
        assert!(refusal(&with(&json!({"exp": exp}))).is_some(), "{exp}");
    }
    for exp in [
        "1e400",
        "NaN",
        "Infinity",
        "0x7fffffff",
        "1800000060,\"exp\":0",
    ] {
        let claims = older_claims().to_string();
        let claims = claims.replace(&(NOW + 60).to_string(), exp);
        let text = forge::token(forge::OLDER_HEADER, &claims, SECRET);
        assert!(refusal(&text).is_some(), "{exp}");
    }
}

#[test]
fn a_token_is_good_from_its_first_second_on() {
    for (nbf, refused) in [
        (json!(NOW), None),
        (json!(NOW - 1), None),
        (json!(1_800_000_000.5), None),
        (json!(NOW + 1), Some(TokenError::NotYetValid)),
        (json!(1_800_000_001.0), Some(TokenError::NotYetValid)),
        (json!(null), Some(TokenError::Claims)),
        (json!("0"), Some(TokenError::Claims)),
    ] {
        assert_eq!(refusal(&with(&json!({"nbf": nbf}))), refused, "{nbf}");
    }
}

#[test]
fn a_token_for_an_audience_is_refused_whatever_the_audience() {
    for aud in [
        json!("organization-operator"),
        json!(""),
        json!([]),
        json!(["a"]),
        json!(null),
        json!(7),
    ] {
        assert_eq!(
            refusal(&with(&json!({"aud": aud}))),
            Some(TokenError::Audience),
            "{aud}"
        );
    }
}

#[test]
fn the_claims_that_authority_rests_on_must_be_of_their_kind() {
    for claim in ["sub", "email", "organization_name"] {
        assert_eq!(
            refusal(&without(claim)),
            Some(TokenError::Claims),
            "{claim}"
        );
    }
    for claims in [
        json!({"sub": null}),
        json!({"sub": 7}),
        json!({"sub": [ADMIN]}),
        json!({"sub": ""}),
        json!({"sub": "jane@acme.example"}),
        json!({"sub": format!("{ADMIN} ")}),
        json!({"sub": &ADMIN[1..]}),
        json!({"org_id": ""}),
        json!({"org_id": 7}),
        json!({"org_id": "Acme"}),
        json!({"email": 7}),
        json!({"organization_name": null}),
        json!({"organization_name": "no name"}),
        json!({"ver": null}),
        json!({"ver": "0"}),
        json!({"ver": 0.5}),
        json!({"iss": 7}),
        json!({"jti": {}}),
    ] {
        assert_eq!(
            refusal(&with(&claims)),
            Some(TokenError::Claims),
            "{claims}"
        );
    }
}

#[test]
fn no_refusal_holds_a_part_of_the_token() {
    for text in [
        with(&json!({"sub": "canary"})),
        with(&json!({"exp": "canary"})),
        headed("canary"),
    ] {
        let refused = refusal(&text).unwrap();
        let words = format!("{refused} {refused:?}");
        assert!(!words.contains("canary"), "{words}");
    }
}
