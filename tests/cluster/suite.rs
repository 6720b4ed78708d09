//! What users install, installed: the chart and deploy/ on a real control plane whose nodes are
//! simulated. Containers don't run there; the programs in them run as processes, with the very
//! arguments, settings and rights that the pods have.

mod as_installed;
mod chart;
mod cluster;
mod generated;
mod granted;
mod helm;
mod http;
mod lifecycle;
mod lint_extra;
mod overlays;
mod pods;
mod refusals;
mod rendered;
mod two_releases;
mod waiting;
