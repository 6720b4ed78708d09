//! Every setting of the process: a flag with an environment variable.
