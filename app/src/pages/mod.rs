//! A file per route, rendered on the server only.
