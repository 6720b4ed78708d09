//! The `Organization` custom resource: its shape, its rules, its generated definition.
