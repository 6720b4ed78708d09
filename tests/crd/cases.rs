//! `cases.yaml`, read.

use serde::Deserialize;
use serde_json::{Value, json};

/// Who refuses.
#[derive(Debug, Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Judge {
    Rule,
    Schema,
    Strict,
    Nobody,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    by: Judge,
    #[serde(default)]
    at: String,
    #[serde(default)]
    says: String,
    code: Option<String>,
    r#for: Vec<Difference>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Difference {
    it: String,
    but: Value,
    was: Option<Value>,
    code: Option<String>,
}

/// One manifest, and what becomes of it.
#[derive(Debug)]
pub struct Case {
    pub it: String,
    pub by: Judge,
    /// The field; empty for the object as a whole.
    pub at: String,
    /// The message.
    pub says: String,
    /// The controller's reason, or Accepted.
    pub code: String,
    pub object: Value,
    /// What stood before.
    pub old: Option<Value>,
}

pub fn cases() -> Result<Vec<Case>, serde_saphyr::Error> {
    let groups: Vec<Group> = serde_saphyr::from_str(include_str!("cases.yaml"))?;
    Ok(groups.into_iter().flatten().collect())
}

impl IntoIterator for Group {
    type Item = Case;
    type IntoIter = std::vec::IntoIter<Case>;

    fn into_iter(self) -> Self::IntoIter {
        let code = self.code.unwrap_or_else(|| match self.by {
            Judge::Nobody | Judge::Strict => "Accepted".to_owned(),
            Judge::Rule | Judge::Schema => "InvalidSpec".to_owned(),
        });
        let case = |difference: Difference| {
            let old = difference.was.map(|was| merged(valid("acme"), was));
            let base = old.clone().unwrap_or_else(|| valid("acme"));
            Case {
                it: difference.it,
                by: self.by,
                at: self.at.clone(),
                says: self.says.clone(),
                code: difference.code.unwrap_or_else(|| code.clone()),
                object: merged(base, difference.but),
                old,
            }
        };
        let cases: Vec<_> = self.r#for.into_iter().map(case).collect();
        cases.into_iter()
    }
}

/// As little as an Organization can have.
pub fn valid(name: &str) -> Value {
    json!({
        "apiVersion": "organization-operator.dev/v1alpha1",
        "kind": "Organization",
        "metadata": {"name": name},
        "spec": {"admin": {"email": "admin@acme.example"}},
    })
}

fn merged(mut object: Value, mut patch: Value) -> Value {
    unfold(&mut patch);
    json_patch::merge(&mut object, &patch);
    object
}

/// `{times: 3, of: a, end: b}` is `aaab`.
fn unfold(value: &mut Value) {
    if let (Some(times), Some(of)) = (value["times"].as_u64(), value["of"].as_str()) {
        let times = usize::try_from(times).unwrap_or(usize::MAX);
        *value = Value::String(of.repeat(times) + value["end"].as_str().unwrap_or_default());
    } else if let Value::Object(fields) = value {
        fields.values_mut().for_each(unfold);
    }
}
