//! Which of two definitions is the older one. Fields are only ever added to it, so an older one lacks
//! some; its number tells the rest.

use std::cmp::Ordering;

use serde_json::Value;

use super::{VERSION, VERSION_ANNOTATION};

/// Where the schema of the one version is.
const SCHEMA: &str = "/spec/versions/0/schema/openAPIV3Schema";

/// What an organization consists of, but for what every object has.
const PARTS: [&str; 2] = ["spec", "status"];

/// The schema in a definition.
#[must_use]
pub fn schema_of(definition: &Value) -> Option<&Value> {
    definition.pointer(SCHEMA)
}

/// The fields, and values of fields, that `other` doesn't know of `schema`.
#[must_use]
pub fn lacking(schema: &Value, other: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for part in PARTS {
        let own = &schema["properties"][part];
        walk(part, own, &other["properties"][part], &mut found);
    }
    found
}

fn walk(path: &str, schema: &Value, other: &Value, found: &mut Vec<String>) {
    if other.is_null() {
        if !schema.is_null() {
            found.push(path.to_owned());
        }
        return;
    }
    let fields = schema["properties"].as_object();
    for (name, field) in fields.into_iter().flatten() {
        let path = format!("{path}.{name}");
        walk(&path, field, &other["properties"][name], found);
    }
    if schema["items"].is_object() {
        walk(
            &format!("{path}[]"),
            &schema["items"],
            &other["items"],
            found,
        );
    }
    let known = other["enum"].as_array();
    for value in schema["enum"].as_array().into_iter().flatten() {
        // Without a list of values it takes any.
        if known.is_some_and(|known| !known.contains(value)) {
            found.push(format!("{path}: {value}"));
        }
    }
}

/// Why `present` is newer than `ours`, the definition of this program; `None`: it is not.
#[must_use]
pub fn newer(present: &Value, ours: &Value) -> Option<String> {
    let number = present["metadata"]["annotations"][VERSION_ANNOTATION].as_str();
    let number = number.and_then(|number| number.parse::<u32>().ok());
    match number.map(|number| number.cmp(&VERSION)) {
        Some(Ordering::Greater) => return Some(format!("its {VERSION_ANNOTATION} is larger")),
        Some(Ordering::Less) => return None,
        // Of the same number, or of one without: somebody may have edited it.
        Some(Ordering::Equal) | None => {}
    }
    let versions = |definition: &Value| {
        let versions = definition["spec"]["versions"].as_array();
        versions.map_or(0, Vec::len)
    };
    if versions(present) > versions(ours) {
        return Some("it has another version".to_owned());
    }
    let more = lacking(schema_of(present)?, schema_of(ours)?);
    let first = more.into_iter().next()?;
    Some(format!("it has {first}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::definition, *};

    fn ours() -> Value {
        definition().unwrap()
    }

    fn edited(pointer: &str, edit: impl FnOnce(&mut Value)) -> Value {
        let mut other = ours();
        edit(other.pointer_mut(pointer).unwrap());
        other
    }

    fn lacks(other: &Value) -> Vec<String> {
        let ours = ours();
        lacking(schema_of(&ours).unwrap(), schema_of(other).unwrap())
    }

    fn spec(path: &str) -> String {
        format!("{SCHEMA}/properties/spec/properties{path}")
    }

    fn remove(field: &'static str) -> impl FnOnce(&mut Value) {
        move |object| drop(object.as_object_mut().unwrap().remove(field))
    }

    #[test]
    fn a_definition_lacks_nothing_of_itself_and_is_not_newer() {
        assert_eq!(lacks(&ours()), [""; 0]);
        assert_eq!(newer(&ours(), &ours()), None);
    }

    #[test]
    fn fields_and_values_that_an_older_one_lacks_are_named() {
        let other = edited(&spec(""), remove("restoreFrom"));
        assert_eq!(lacks(&other), ["spec.restoreFrom"]);
        assert_eq!(newer(&other, &ours()), None);
        let other = edited(&spec("/admin/properties"), remove("passwordHashSecretRef"));
        assert_eq!(lacks(&other), ["spec.admin.passwordHashSecretRef"]);
        let conditions = format!("{SCHEMA}/properties/status/properties/conditions");
        let other = edited(
            &format!("{conditions}/items/properties"),
            remove("observedGeneration"),
        );
        assert_eq!(lacks(&other), ["status.conditions[].observedGeneration"]);
        let other = edited(&spec("/deletionPolicy/enum"), |values| {
            *values = json!(["Retain", "Delete"]);
        });
        assert_eq!(lacks(&other), [r#"spec.deletionPolicy: "Archive""#]);
        let other = edited(SCHEMA, remove("properties"));
        assert_eq!(lacks(&other), ["spec", "status"]);
    }

    #[test]
    fn one_with_a_larger_number_or_with_more_in_it_is_newer() {
        let numbered = |number: &str| {
            edited("/metadata/annotations", |annotations| {
                annotations[VERSION_ANNOTATION] = json!(number);
            })
        };
        assert!(newer(&numbered(&(VERSION + 1).to_string()), &ours()).is_some());
        assert_eq!(newer(&numbered("0"), &ours()), None);

        let more = |object: &mut Value| object["later"] = json!({"type": "string"});
        let later = edited(&spec(""), more);
        assert_eq!(newer(&later, &ours()).unwrap(), "it has spec.later");
        // Its number says that it is from before, whatever somebody put into it.
        let mut former = later.clone();
        former["metadata"]["annotations"][VERSION_ANNOTATION] = json!("0");
        assert_eq!(newer(&former, &ours()), None);
        let mut unnumbered = later;
        unnumbered["metadata"] = json!({});
        assert!(newer(&unnumbered, &ours()).is_some());
        let other = edited("/spec/versions", |versions| {
            let first = versions[0].clone();
            versions.as_array_mut().unwrap().push(first);
        });
        assert!(newer(&other, &ours()).is_some());
    }
}
