//! Time as an input: nothing below `main` asks the system for it.
