//! Real servers for the end-to-end tests and for `make run`: nothing of this ships.
