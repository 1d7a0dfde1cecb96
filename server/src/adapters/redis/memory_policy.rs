//! What Redis does when its memory is full. It must refuse to write: any other policy deletes keys of
//! its own choice, and with them who holds a unit.

use std::collections::HashMap;

use redis::{
    RedisResult,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo},
};

use super::{PORT, Redis, connection::Connection};
use crate::engine::ports::PortError;

/// The only policy that deletes nothing.
const KEEPS: &str = "noeviction";
const SETTING: &str = "maxmemory-policy";

impl Redis {
    /// Whether every server refuses to write when its memory is full. One that does not tell, as
    /// many that are rented do not, or that does not answer now, counts as one that does.
    ///
    /// # Errors
    /// When one deletes instead.
    pub async fn check_memory_policy(&self) -> Result<(), PortError> {
        let Ok(policies) = self.call(read).await else {
            return Ok(());
        };
        match policies.into_iter().find(|policy| policy != KEEPS) {
            None => Ok(()),
            Some(policy) => Err(PortError::failed(
                PORT,
                format!(
                    "its {SETTING} is {policy}: when its memory is full it deletes who holds a \
                     unit, and units are sold twice. Set it to {KEEPS}"
                ),
            )),
        }
    }
}

/// The policy of every server.
async fn read(connection: &mut Connection) -> RedisResult<Vec<String>> {
    let mut get = redis::cmd("CONFIG");
    get.arg("GET").arg(SETTING);
    let answers: Vec<HashMap<String, String>> = match connection {
        Connection::Single(connection) => vec![get.query_async(connection).await?],
        Connection::Cluster(connection) => {
            let everywhere = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
            let by_node = connection.route_command(get, everywhere).await?;
            let by_node: HashMap<String, HashMap<String, String>> =
                redis::from_redis_value(by_node)?;
            by_node.into_values().collect()
        }
    };
    let policy = |mut answer: HashMap<String, String>| answer.remove(SETTING);
    Ok(answers.into_iter().filter_map(policy).collect())
}
