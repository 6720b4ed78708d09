//! The controller: observe, plan, execute, tell.
