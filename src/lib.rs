//! organization-operator: an organization (a tenant) is a Kubernetes resource, and MongoDB agrees.
//!
//! Two flows run through this crate: an `Organization` is observed, planned and executed
//! ([`controller`], [`domain`], [`store`]); and the process around it is configured, watched and
//! stopped ([`config`], [`cli`], [`runtime`]).

pub mod adopt;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod config;
pub mod controller;
pub mod crd;
pub mod domain;
#[cfg(any(test, feature = "testing"))]
pub mod faults;
pub mod http;
pub mod runtime;
pub mod service;
pub mod store;
pub mod sweep;
