//! Reads version and persistence of every Redis master for operators.

use std::collections::HashMap;

use redis::{
    Cmd, FromRedisValue, RedisResult,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo},
};

use super::{Redis, servers::Connection};
use crate::engine::ports::PortError;

/// A master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// The version it reports.
    pub version: String,
    /// It writes an append-only file (AOF).
    pub keeps_a_log: bool,
}

impl Redis {
    /// Asks every master.
    ///
    /// # Errors
    /// If one does not answer.
    pub async fn examine(&self) -> Result<Vec<Examined>, PortError> {
        let told: Vec<String> = self
            .call(async |connection| everywhere(connection, redis::cmd("INFO")).await)
            .await?;
        Ok(told.iter().map(|told| examined(told)).collect())
    }
}

fn examined(told: &str) -> Examined {
    let value = |name: &str| {
        let mut lines = told.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
    };
    Examined {
        version: value("redis_version").unwrap_or("unknown").to_owned(),
        keeps_a_log: value("aof_enabled") == Some("1"),
    }
}

/// Runs a command at every master.
pub(super) async fn everywhere<T: FromRedisValue>(
    connection: &mut Connection,
    command: Cmd,
) -> RedisResult<Vec<T>> {
    match connection {
        Connection::Single(connection) => Ok(vec![command.query_async(connection).await?]),
        Connection::Cluster(connection) => {
            let masters = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
            let by_node = connection.route_command(command, masters).await?;
            let by_node: HashMap<String, T> = redis::from_redis_value(by_node)?;
            Ok(by_node.into_values().collect())
        }
    }
}
