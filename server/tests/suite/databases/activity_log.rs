//! The activity log on every server: one chain with several writers, and entries cannot be changed.

use sea_orm::ConnectionTrait;
use server::{
    adapters::sql::Sql,
    engine::{
        activity_log::verify,
        ports::{ActivityLog as _, CatalogueOverview as _, CatalogueWriter as _, ChangedBy},
    },
};

use super::{
    on_every_server,
    opened::{Server, until_not_busy},
};
use crate::support::{START_MS, both};

on_every_server! {
    entries_of_several_instances_are_one_chain
    the_database_refuses_to_change_entries
}

async fn entries_of_several_instances_are_one_chain(server: Server) {
    let first = server.open().await;
    let second = first.another_instance().await;
    first.item(1, 5).await;
    let rounds = first.sql.overview(0).await.unwrap();
    let round_id = rounds[0].round_id;
    let by = ChangedBy::command();
    let stop = async |ledger: &Sql, number: u32| {
        let words = both("停", &format!("Stop {number}"));
        let set = async || {
            let set = ledger.set_stopped(round_id, Some(&words), &by, START_MS);
            set.await
        };
        // Twenty concurrent calls wait for a few connections, half a second at most.
        until_not_busy("stop", set).await.unwrap();
    };
    futures::future::join_all((0..20).map(|number| {
        let ledger = if number % 2 == 0 {
            &first.sql
        } else {
            &second.sql
        };
        stop(ledger, number)
    }))
    .await;
    let verified = verify(&first.sql).await.unwrap();
    assert_eq!((verified.end.number, verified.broken), (21, None));
}

async fn the_database_refuses_to_change_entries(server: Server) {
    let opened = server.open().await;
    opened.item(1, 5).await;
    let before = opened.sql.activities_after(0, 10).await.unwrap();
    assert_eq!(before.len(), 1);
    let database = opened.foreign().await;
    for change in [
        "UPDATE activity_log SET name = 'nobody'",
        "DELETE FROM activity_log",
    ] {
        let refused = database.execute_unprepared(change).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{refused}");
    }
    let after = opened.sql.activities_after(0, 10).await.unwrap();
    assert_eq!(after, before);
}
