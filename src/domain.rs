//! What an organization is and what must happen to it: pure, printable, comparable.
