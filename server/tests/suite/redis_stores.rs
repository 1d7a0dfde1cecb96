//! The small stores on a real Redis: shared by copies, and sensible when it is gone.

use crate::servers::redis::{Persistence, RedisServer, shared, shared_cluster};

#[test]
fn a_server_comes_back_with_what_it_was_told_to_keep() {
    let durable = RedisServer::start_with(Persistence::Disk);
    durable.cli(&["set", "a", "1"]);
    durable.restart();
    assert_eq!(durable.cli(&["get", "a"]), "1");
    durable.restart_empty();
    assert_eq!(durable.cli(&["get", "a"]), "");
    durable.pause();
    durable.resume();
    assert_eq!(shared().cli(&["ping"]), "PONG");
    let cluster = shared_cluster();
    assert_eq!(cluster.urls().len(), 3);
}
