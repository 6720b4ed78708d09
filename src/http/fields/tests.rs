use super::*;
use crate::{domain::password::check_strength, http::json::object};

fn read<T: Model>(json: &str) -> Result<T, Vec<Detail>> {
    T::read(&object(json).unwrap())
}

#[test]
fn names_lose_their_outer_blanks_and_nothing_else() {
    let blanks = "\\t\\n\\u000b\\f\\r \\u0085\u{a0}\u{1680}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\
                  \u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}";
    let json = format!(r#"{{"organization_name":"{blanks}aC-_9{blanks}"}}"#);
    let update: UpdateOrg = read(&json).unwrap();
    assert_eq!(update.organization_name.as_str(), "aC-_9");
    for kept in [
        "\\u001c", "\\u001d", "\\u001e", "\\u001f", "\u{180e}", "\u{200b}", "\u{feff}",
    ] {
        let json = format!(r#"{{"organization_name":"{kept}acme"}}"#);
        let fault = Detail::in_body("organization_name", &Fault::OutsideAlphabet);
        assert_eq!(read::<UpdateOrg>(&json).unwrap_err(), [fault], "{kept}");
    }
}

#[test]
fn the_lengths_of_a_name_are_those_of_the_domain() {
    let longest = "a".repeat(*NAME_CODE_POINTS.end());
    let shortest = "a".repeat(*NAME_CODE_POINTS.start());
    assert!(OrgName::parse(&longest).is_ok() && OrgName::parse(&shortest).is_ok());
    assert!(OrgName::parse(&(longest + "a")).is_err() && OrgName::parse(&shortest[1..]).is_err());
}

#[test]
fn a_new_organization_is_read_into_typed_values() {
    let json =
        r#"{"organization_name":" acme ","email":"Jane <INFO@Acme.IO>","password":" päss1 "}"#;
    let create: CreateOrg = read(json).unwrap();
    assert_eq!(create.organization_name.as_str(), "acme");
    assert_eq!(create.email.as_str(), "info@acme.io");
    assert_eq!(create.password.expose_secret(), " päss1 ");
}

#[test]
fn an_update_of_nothing_is_read() {
    for json in [
        r#"{"organization_name":"acme"}"#,
        r#"{"organization_name":"acme","new_organization_name":null,"email":null,"password":null}"#,
        r#"{"organization_name":"acme","email":"b@x.io","email":null}"#,
    ] {
        let update: UpdateOrg = read(json).unwrap();
        let UpdateOrg {
            organization_name,
            new_organization_name,
            email,
            password,
        } = update;
        assert_eq!(organization_name.as_str(), "acme");
        assert_eq!((new_organization_name, email), (None, None));
        assert!(password.is_none());
    }
}

#[test]
fn an_update_of_everything_is_read() {
    let json = r#"{"password":"Secret123","email":"b@x.io","new_organization_name":"Acme","organization_name":"acme"}"#;
    let update: UpdateOrg = read(json).unwrap();
    assert_eq!(update.new_organization_name, OrgName::parse("Acme").ok());
    assert_eq!(update.email, Email::parse("b@x.io").ok());
    assert!(
        update
            .password
            .is_some_and(|password| password.expose_secret() == "Secret123")
    );
}

#[test]
fn a_new_name_that_is_the_old_one_once_trimmed_is_refused_in_its_place() {
    let json = r#"{"organization_name":" acme","new_organization_name":"acme ","email":1}"#;
    let details = [
        Detail::in_body("new_organization_name", &Fault::SameName),
        Detail::in_body("email", &Fault::NotAString),
    ];
    assert_eq!(read::<UpdateOrg>(json).unwrap_err(), details);
}

#[test]
fn a_password_to_log_in_with_is_taken_as_it_stands() {
    for (sent, password) in [
        ("", ""),
        (" a ", " a "),
        ("\\u0000", "\0"),
        ("e\\u0301", "e\u{301}"),
        ("\\ud83d\\ude00", "😀"),
        ("\\ufffd", "\u{fffd}"),
    ] {
        let json = format!(r#"{{"email":"a@x.io","password":"{sent}"}}"#);
        let login: Login = read(&json).unwrap();
        assert_eq!(login.password.expose_secret(), password, "{sent}");
    }
}

#[test]
fn a_password_that_nobody_can_have_is_compared_like_any_other_and_matches_none() {
    for sent in ["\\ud800", "Secret123\\udc00", "\\udc00\\ud800"] {
        let json = format!(r#"{{"email":"a@x.io","password":"{sent}"}}"#);
        let login: Login = read(&json).unwrap();
        // No such password can ever be set, and the pool matches none that is longer.
        let password = login.password.expose_secret();
        assert!(password.len() > password::MAX_BYTES, "{sent}");
        assert!(check_strength(password).is_err());
    }
}

#[test]
fn operators_of_the_database_are_no_strings_in_any_field() {
    let operators = [
        r#"{"$ne":null}"#,
        r#"{"$gt":""}"#,
        r#"{"$regex":".*"}"#,
        r#"{"$where":"1"}"#,
        r#"["a@x.io"]"#,
        r#"[{"$ne":1}]"#,
        "true",
        "0",
    ];
    let wrong = |field| Detail::in_body(field, &Fault::NotAString);
    for operator in operators {
        let json = format!(
            r#"{{"organization_name":{operator},"new_organization_name":{operator},"email":{operator},"password":{operator},"refresh_token":{operator}}}"#
        );
        let create = read::<CreateOrg>(&json).unwrap_err();
        assert_eq!(
            create,
            ["organization_name", "email", "password"].map(wrong)
        );
        let update = read::<UpdateOrg>(&json).unwrap_err();
        let fields = [
            "organization_name",
            "new_organization_name",
            "email",
            "password",
        ];
        assert_eq!(update, fields.map(wrong));
        assert_eq!(
            read::<Login>(&json).unwrap_err(),
            ["email", "password"].map(wrong)
        );
        assert_eq!(
            read::<Refresh>(&json).unwrap_err(),
            ["refresh_token"].map(wrong)
        );
    }
}

#[test]
fn secrets_are_not_printed() {
    let json = r#"{"organization_name":"acme","email":"a@x.io","password":"Secret123","refresh_token":"Secret123"}"#;
    let printed = [
        format!("{:?}", read::<CreateOrg>(json)),
        format!("{:?}", read::<UpdateOrg>(json)),
        format!("{:?}", read::<Login>(json)),
        format!("{:?}", read::<Refresh>(json)),
        format!("{:?}", object(json).unwrap().get("password")),
    ];
    for text in printed {
        assert!(!text.contains("Secret123"), "{text}");
    }
}
