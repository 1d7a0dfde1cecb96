//! What lives in the browser. Each island is rendered on the server in a state that is the same
//! for everybody, and finds the visitor's own state after it woke up.
