//! The requests in the API's description. Written by hand, with the reader's own bounds: derived
//! ones would be a second list of fields without the rules.
//!
//! Keys that are not listed are allowed, and ignored.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde_json::json;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, RefOr, SchemaFormat, Type,
        schema::{Schema, SchemaType},
    },
};

use super::{CreateOrg, Login, NAME_CODE_POINTS, Refresh, UpdateOrg};
use crate::domain::{email, password};

/// What is taken off a name: Unicode's `White_Space`, as a class of a regular expression.
/// ECMAScript's `\s` is another set, and Python's a third.
const BLANK: &str = r"[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]";

/// A field: its name, whether it has to be there, and what it is.
type Field = (&'static str, Presence, ObjectBuilder);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    /// `null` is the same as nothing.
    Optional,
}
use Presence::{Optional, Required};

impl PartialSchema for CreateOrg {
    fn schema() -> RefOr<Schema> {
        object(
            "An organization to be made, and its first admin.",
            [
                ("organization_name", Required, name("acme")),
                ("email", Required, email("admin@acme.io")),
                ("password", Required, new_password("Secret123")),
            ],
        )
    }
}

impl ToSchema for CreateOrg {
    fn name() -> Cow<'static, str> {
        "OrgCreate".into()
    }
}

impl PartialSchema for UpdateOrg {
    fn schema() -> RefOr<Schema> {
        object(
            "What is to be changed of an organization; what is left out stays as it is. \
             A new name has to be another than the old one.",
            [
                ("organization_name", Required, name("acme")),
                ("new_organization_name", Optional, name("acme-labs")),
                ("email", Optional, email("boss@acme.io")),
                ("password", Optional, new_password("Secret1234")),
            ],
        )
    }
}

impl ToSchema for UpdateOrg {
    fn name() -> Cow<'static, str> {
        "OrgUpdate".into()
    }
}

impl PartialSchema for Login {
    fn schema() -> RefOr<Schema> {
        let password =
            text("Secret123").format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)));
        object(
            "Who logs in.",
            [
                ("email", Required, email("admin@acme.io")),
                ("password", Required, password),
            ],
        )
    }
}

impl ToSchema for Login {
    fn name() -> Cow<'static, str> {
        "AdminLogin".into()
    }
}

impl PartialSchema for Refresh {
    fn schema() -> RefOr<Schema> {
        let token = text("lV0pGk-3vY2mJcQ8rT5wXz7nB4hF6sD1aE9uKoI_RyM")
            .description(Some("As a login or a refresh gave it."));
        object("A refresh token.", [("refresh_token", Required, token)])
    }
}

impl ToSchema for Refresh {
    fn name() -> Cow<'static, str> {
        "RefreshToken".into()
    }
}

fn object<const N: usize>(description: &str, fields: [Field; N]) -> RefOr<Schema> {
    let object = ObjectBuilder::new().description(Some(description));
    let whole = fields
        .into_iter()
        .fold(object, |object, (name, presence, field)| match presence {
            Required => object.property(name, field).required(name),
            Optional => {
                let nullable = [Type::String, Type::Null]
                    .into_iter()
                    .collect::<SchemaType>();
                object.property(name, field.schema_type(nullable))
            }
        });
    Schema::Object(whole.build()).into()
}

fn text(example: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .examples([json!(example)])
}

fn name(example: &str) -> ObjectBuilder {
    let (shortest, longest) = (NAME_CODE_POINTS.start(), NAME_CODE_POINTS.end());
    text(example)
        .pattern(Some(format!(
            "^{BLANK}*[A-Za-z0-9_-]{{{shortest},{longest}}}{BLANK}*$"
        )))
        .description(Some(format!(
            "{shortest} to {longest} of A-Z, a-z, 0-9, _ and -; case counts. Blanks around it are taken off."
        )))
}

fn email(example: &str) -> ObjectBuilder {
    text(example)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Email)))
        .max_length(Some(email::MAX_INPUT))
        .description(Some(
            "An e-mail address, at most 254 bytes of it; reserved domains such as .test are refused.",
        ))
}

fn new_password(example: &str) -> ObjectBuilder {
    text(example)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Password)))
        .min_length(Some(password::MIN_CODE_POINTS))
        // Bytes of UTF-8, of which a code point has at least one.
        .max_length(Some(password::MAX_BYTES))
        .description(Some(format!(
            "At least one letter and one digit, at most {} bytes of UTF-8, no NUL.",
            password::MAX_BYTES
        )))
}
