//! Server-rendered parts that two pages or more use.
