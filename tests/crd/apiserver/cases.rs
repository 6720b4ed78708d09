//! `cases.yaml`, all of it.

use anyhow::{Result, anyhow};

use super::client::{DRY, Namespace, Refusal, STRICT};
use crate::cases::{Case, Judge, cases};

async fn answer(namespace: &Namespace, case: &Case) -> Result<Result<(), Refusal>> {
    let Some(old) = &case.old else {
        return Ok(namespace.create(&case.object, DRY).await?.map(drop));
    };
    let made = namespace.create(old, STRICT).await?;
    made.map_err(|refusal| anyhow!("{}: {refusal:?}", case.it))?;
    let answer = namespace.replace(&case.object, DRY).await?;
    namespace.delete("acme").await?;
    Ok(answer.map(drop))
}

/// Whether it was answered as the table says: one cause alone, in these words.
fn is_expected(case: &Case, answer: &Result<(), Refusal>) -> bool {
    match (case.by, answer) {
        (Judge::Nobody, Ok(())) => true,
        (Judge::Strict, Err(refusal)) => {
            refusal.code == 400 && refusal.message.ends_with(&case.says)
        }
        (Judge::Rule | Judge::Schema, Err(refusal)) => {
            // What is wrong with the object as a whole has no field.
            let at = if case.at.is_empty() {
                "<nil>"
            } else {
                &case.at
            };
            let as_told =
                |(field, message): &(String, String)| field == at && message.ends_with(&case.says);
            refusal.code == 422 && refusal.causes.len() == 1 && refusal.causes.iter().all(as_told)
        }
        (Judge::Nobody, Err(_)) | (Judge::Strict | Judge::Rule | Judge::Schema, Ok(())) => false,
    }
}

#[tokio::test]
async fn an_organization_is_refused_for_one_reason_that_says_what_to_do() -> Result<()> {
    let namespace = Namespace::make("cases").await?;
    let mut unexpected = Vec::new();
    for case in cases()? {
        let answer = answer(&namespace, &case).await?;
        if !is_expected(&case, &answer) {
            unexpected.push(format!("{}: {answer:#?}", case.it));
        }
    }
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    Ok(())
}
