//! The API's description, OpenAPI 3.1: made from the endpoints themselves, kept in docs/openapi.json
//! and served as /openapi.json.

#[cfg(test)]
mod tests;

use utoipa::{
    ToSchema,
    openapi::{
        Components, ComponentsBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, RefOr,
        Schema, Server,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
        tag::{Tag, TagBuilder},
    },
};

use super::{
    error::{DetailBody, ErrorBody, HealthBody, ValidationBody},
    router,
};

/// What there is to say besides the endpoints.
pub(super) fn without_paths() -> OpenApi {
    let mut license = License::new(env!("CARGO_PKG_LICENSE"));
    license.identifier = Some(env!("CARGO_PKG_LICENSE").to_owned());
    let info = InfoBuilder::new()
        .title(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(env!("CARGO_PKG_DESCRIPTION")))
        .license(Some(license));
    OpenApiBuilder::new()
        .info(info)
        // Wherever this is served.
        .servers(Some([Server::new("/")]))
        .components(Some(components()))
        .tags(Some([
            tag("org", "Organizations."),
            tag("admin", "The admins' logins."),
            tag("health", "Whether the service is well."),
        ]))
        .build()
}

/// What endpoints refer to by name and don't bring along.
fn components() -> Components {
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access_token that POST /admin/login gives."));
    ComponentsBuilder::new()
        .security_scheme("bearer", SecurityScheme::Http(bearer.build()))
        .schemas_from_iter(with_parts::<ErrorBody>())
        .schemas_from_iter(with_parts::<DetailBody>())
        .schemas_from_iter(with_parts::<ValidationBody>())
        .schemas_from_iter(with_parts::<HealthBody>())
        .build()
}

/// A schema with all that it refers to.
fn with_parts<T: ToSchema>() -> Vec<(String, RefOr<Schema>)> {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    schemas
}

fn tag(name: &str, description: &str) -> Tag {
    TagBuilder::new()
        .name(name)
        .description(Some(description))
        .build()
}

/// The document as JSON, indented, with a final newline: byte for byte what is in docs/.
///
/// # Errors
/// None that is known of: the document is made of nothing that JSON can't hold.
pub fn json() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&router::document())?;
    text.push('\n');
    Ok(text)
}
