//! The custom resource: its generated definition, its rules in-process, and all of it on a real
//! API server.

mod apiserver;
mod cases;
mod definition;
mod reference;
mod rules;
mod typed;
