//! The definition of organizations on the API server.

use http::Request;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{
    Api, CustomResourceExt as _, Resource as _,
    api::{Patch, PatchParams},
};
use serde_json::Value;

use super::KubeApi;
use crate::{controller::cluster::ClusterError, crd::Organization};

impl KubeApi {
    /// The definition; `None`: there is none.
    ///
    /// # Errors
    /// [`ClusterError`].
    pub async fn get_definition(&self) -> Result<Option<CustomResourceDefinition>, ClusterError> {
        let definitions = Api::<CustomResourceDefinition>::all(self.reads.clone());
        self.within(definitions.get_opt(Organization::crd_name()))
            .await
    }

    /// Applies a definition, whoever has applied another one before; gives it back as stored.
    ///
    /// # Errors
    /// [`ClusterError`].
    #[expect(
        clippy::disallowed_methods,
        reason = "the adapter is where the library writes"
    )]
    pub async fn apply_definition(
        &self,
        definition: &Value,
    ) -> Result<CustomResourceDefinition, ClusterError> {
        let definitions = Api::<CustomResourceDefinition>::all(self.writes.clone());
        let params = PatchParams::apply(self.manager).force();
        self.metrics
            .count_write("patch", "customresourcedefinitions");
        let name = Organization::crd_name();
        self.within(definitions.patch(name, &params, &Patch::Apply(definition)))
            .await
    }

    /// The schema of organizations that the API server publishes: whoever may talk to it may read it.
    ///
    /// # Errors
    /// [`ClusterError::Gone`] where none is published (yet).
    #[expect(clippy::disallowed_methods, reason = "it is a GET")]
    pub async fn served_schema(&self) -> Result<Value, ClusterError> {
        let version = Organization::api_version(&());
        let request = Request::get(format!("/openapi/v3/apis/{version}"))
            .body(Vec::new())
            .map_err(|error| ClusterError::Refused(error.to_string()))?;
        let mut document: Value = self.within(self.reads.request(request)).await?;
        let schemas = document["components"]["schemas"].as_object_mut();
        let kind = |schema: &Value| {
            let kinds = schema["x-kubernetes-group-version-kind"].as_array();
            kinds
                .into_iter()
                .flatten()
                .any(|kind| kind["kind"] == *Organization::kind(&()))
        };
        let found = schemas
            .and_then(|schemas| schemas.values_mut().find(|schema| kind(schema)))
            .map(Value::take);
        found.ok_or(ClusterError::Gone)
    }
}
