use super::*;

#[test]
fn a_token_of_a_previous_key_is_good_until_the_key_goes() {
    let tokens = tokens();
    let ours = minted(&tokens);
    let older = with(&json!({}));

    tokens.replace_keys(keys(OTHER_SECRET, &[SECRET]));
    for text in [&ours, &older, &minted(&tokens)] {
        assert!(tokens.check(text, now()).is_ok());
    }

    tokens.replace_keys(keys(OTHER_SECRET, &[]));
    assert_eq!(tokens.check(&ours, now()), Err(TokenError::UnknownKey));
    assert_eq!(tokens.check(&older, now()), Err(TokenError::Signature));
}

#[test]
fn a_new_token_names_the_current_key() {
    let tokens = Tokens::new(keys(OTHER_SECRET, &[SECRET]), Duration::from_hours(1));
    let header = jsonwebtoken::decode_header(minted(&tokens)).unwrap();
    let keys = tokens.keys().unwrap();
    assert_eq!(header.kid.as_deref(), keys.names().next());
    assert_eq!(keys.names().count(), 2);
}

#[test]
fn a_token_that_names_a_key_is_good_under_that_key_alone() {
    let tokens = Tokens::new(keys(OTHER_SECRET, &[SECRET]), Duration::from_hours(1));
    let keys = tokens.keys().unwrap();
    let names: Vec<_> = keys.names().collect();
    let refusal = |kid: &str, secret| {
        let header = json!({"alg": "HS256", "typ": "JWT", "kid": kid}).to_string();
        let text = forge::token(&header, &older_claims().to_string(), secret);
        tokens.check(&text, now()).err()
    };
    assert_eq!(refusal(names[1], SECRET), None);
    assert_eq!(refusal(names[0], SECRET), Some(TokenError::Signature));
    for unknown in [
        "",
        "0",
        "../../dev/null",
        &names[1].to_uppercase(),
        &names[1][1..],
    ] {
        assert_eq!(
            refusal(unknown, SECRET),
            Some(TokenError::UnknownKey),
            "{unknown}"
        );
    }
}

#[test]
fn a_key_has_the_same_name_everywhere_and_the_name_is_no_part_of_it() {
    let [one, again] = [keys(SECRET, &[]), keys(SECRET, &[SECRET])];
    assert_eq!(one, again, "named twice, it counts once");
    assert_ne!(one, keys(OTHER_SECRET, &[]));
    assert_ne!(keys(OTHER_SECRET, &[SECRET]), keys(SECRET, &[OTHER_SECRET]));
    let printed = format!("{one:?}");
    assert!(!printed.contains(&SECRET[..4]), "{printed}");
    // Written down, since other replicas and versions have to come to the same.
    assert_eq!(one.names().collect::<Vec<_>>(), ["803e4e8c37cfe5dc"]);
}
