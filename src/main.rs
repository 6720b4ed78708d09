//! The binary: no logic, see [`organization_operator::cli`].

fn main() {}
