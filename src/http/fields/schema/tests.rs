use jsonschema::Validator;
use serde_json::{Map, Value};

use super::*;
use crate::{
    domain::password::check_strength,
    http::{
        error::{Detail, Fault},
        json::{Model, object},
    },
};

fn schema<T: ToSchema>() -> Value {
    serde_json::to_value(T::schema()).unwrap()
}

/// With formats: what the document says of e-mail addresses counts.
fn validator<T: ToSchema>() -> Validator {
    let options = jsonschema::options().should_validate_formats(true);
    options.build(&schema::<T>()).unwrap()
}

fn read<T: Model>(json: &Value) -> Result<T, Vec<Detail>> {
    T::read(&object(&json.to_string()).unwrap())
}

/// The first example of every field.
fn example<T: ToSchema>() -> Map<String, Value> {
    let schema = schema::<T>();
    let fields = schema["properties"].as_object().unwrap().iter();
    fields
        .map(|(name, field)| (name.clone(), field["examples"][0].clone()))
        .collect()
}

fn fields_are_the_readers<T: ToSchema + Model>() {
    let schema = schema::<T>();
    let faults = |fields: Vec<&str>, fault: Fault| {
        let leaked = fields.into_iter().map(|field| &*field.to_owned().leak());
        leaked
            .map(|field| Detail::in_body(field, &fault))
            .collect::<Vec<_>>()
    };
    let required = schema["required"].as_array().unwrap().iter();
    let required: Vec<_> = required.map(|name| name.as_str().unwrap()).collect();
    let missing = read::<T>(&json!({})).err().unwrap();
    assert_eq!(missing, faults(required.clone(), Fault::Missing));

    let all: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
    let numbers: Map<_, _> = all.iter().map(|name| ((*name).clone(), json!(1))).collect();
    let wrong = read::<T>(&numbers.into()).err().unwrap();
    // In the reader's order; the document's is the sender's affair.
    let wrong: Vec<_> = wrong.iter().map(|detail| format!("{detail:?}")).collect();
    let named: Vec<_> = all.iter().map(|name| name.as_str()).collect();
    assert_eq!(wrong.len(), named.len());
    for fault in faults(named, Fault::NotAString) {
        assert!(wrong.contains(&format!("{fault:?}")), "{fault:?}");
    }

    let mut nulls = Value::from(example::<T>());
    for name in &all {
        if !required.contains(&name.as_str()) {
            nulls[name.as_str()] = Value::Null;
        }
    }
    assert!(read::<T>(&nulls).is_ok() && validator::<T>().is_valid(&nulls));
    for name in required {
        let mut null = Value::from(example::<T>());
        null[name] = Value::Null;
        assert!(
            read::<T>(&null).is_err() && !validator::<T>().is_valid(&null),
            "{name}"
        );
    }
}

#[test]
fn the_fields_are_those_that_the_reader_reads_and_requires() {
    fields_are_the_readers::<CreateOrg>();
    fields_are_the_readers::<UpdateOrg>();
    fields_are_the_readers::<Login>();
    fields_are_the_readers::<Refresh>();
}

fn example_is_taken<T: ToSchema + Model>() {
    let mut body = Value::from(example::<T>());
    body["a_key_of_nobodys"] = json!({"x": [1]});
    assert!(validator::<T>().is_valid(&body), "{body}");
    assert!(read::<T>(&body).is_ok(), "{body}");
}

#[test]
fn a_body_of_the_examples_is_taken_and_other_keys_are_ignored() {
    example_is_taken::<CreateOrg>();
    example_is_taken::<UpdateOrg>();
    example_is_taken::<Login>();
    example_is_taken::<Refresh>();
}

/// Reader and schema say the same of an update whose `field` is that text.
fn agree(field: &str, text: &str) -> bool {
    let body = json!({"organization_name": "another", field: text});
    let reader = read::<UpdateOrg>(&body).is_ok();
    let schema = validator::<UpdateOrg>().is_valid(&body);
    assert_eq!(
        reader, schema,
        "{field} {text:?}: reader {reader}, schema {schema}"
    );
    reader
}

#[test]
fn a_name_is_taken_exactly_where_the_document_says_so() {
    let long = |length| "a".repeat(length);
    for name in [
        "ab",
        "--",
        "Ab_-9",
        &long(64),
        " acme ",
        &format!("\t{}\n", long(64)),
    ] {
        assert!(agree("new_organization_name", name));
    }
    for name in [
        "",
        "a",
        " a ",
        &long(65),
        "a b",
        "ac.me",
        "acmé",
        "аcme",
        "\0ab",
    ] {
        assert!(!agree("new_organization_name", name));
    }
    // Every blank that is taken off is in the class, and nothing else is.
    for character in char::MIN..='\u{ffff}' {
        if character.is_whitespace() {
            assert!(agree(
                "organization_name",
                &format!("{character}acme{character}")
            ));
        }
    }
    for other in [
        "\u{1c}", "\u{1f}", "\u{180e}", "\u{200b}", "\u{feff}", "\u{8}", "\u{e}",
    ] {
        assert!(!agree("organization_name", &format!("{other}acme")));
    }
}

#[test]
fn a_password_of_the_lengths_shown_is_taken_and_others_are_not() {
    let taken = |password: &str| {
        let body = json!({"organization_name": "acme", "password": password});
        read::<UpdateOrg>(&body).is_ok() && check_strength(password).is_ok()
    };
    let shown = |password: &str| {
        validator::<UpdateOrg>()
            .is_valid(&json!({"organization_name": "acme", "password": password}))
    };
    for length in [0, 5, 6, 72, 73] {
        let password: String = "a1".chars().cycle().take(length).collect();
        assert_eq!(taken(&password), shown(&password), "{length}");
        assert_eq!(taken(&password), (6..=72).contains(&length));
    }
    // Code points, as the reader counts; that 72 of them may be too many bytes, the text tells.
    assert!(taken("ééééé1") && shown("ééééé1"));
    assert!(shown(&"é1".repeat(36)) && !taken(&"é1".repeat(36)));
}

#[test]
fn an_address_of_the_length_shown_is_looked_at_and_a_longer_one_is_not() {
    // Blanks around it count.
    let padded = |length: usize| format!("{}a@x.io", " ".repeat(length - 6));
    let schema = schema::<CreateOrg>();
    let longest = schema["properties"]["email"]["maxLength"].as_u64().unwrap();
    let longest = usize::try_from(longest).unwrap();
    let read = |length| {
        let body = json!({"email": padded(length), "password": ""});
        read::<Login>(&body).is_ok()
    };
    assert!(read(longest) && !read(longest + 1));
    for (email, valid) in [
        ("a@x.io", true),
        ("jane", false),
        ("a@", false),
        ("@x.io", false),
    ] {
        assert_eq!(agree("email", email), valid);
    }
}
