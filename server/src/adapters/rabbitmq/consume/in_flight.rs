//! The entries that this process's consumer has taken and not ended.

use std::collections::BTreeMap;

use app::wire::ItemId;

use super::{Consumer, State, Subscription, Taken};
use crate::{
    adapters::rabbitmq::{PORT, under_way::count},
    engine::ports::{InFlight, PortError},
};

impl Consumer {
    /// For each item, when this process's oldest entry was held; `None` while it does not consume.
    /// Includes all that the broker delivered before this call.
    pub(in crate::adapters::rabbitmq) async fn in_flight(
        &self,
    ) -> Result<Option<BTreeMap<ItemId, i64>>, PortError> {
        let channel_of = |state: &State| {
            let subscription = state.subscription.as_ref()?;
            let channel = subscription.open.channel.clone();
            Some((channel, subscription.consumer_tag.clone()))
        };
        let asked = channel_of(&*self.state.lock().await);
        let Some((channel, consumer_tag)) = asked else {
            return Ok(None);
        };
        // The answer comes on the channel of the deliveries, after them; a broken connection gives no
        // answer.
        count(&channel, &self.topology.names.orders).await?;
        let mut state = self.state.lock().await;
        let same = |found: &&mut Subscription| found.consumer_tag == consumer_tag;
        let Some(subscription) = state.subscription.as_mut().filter(same) else {
            return Err(PortError::busy(
                PORT,
                "the connection was replaced by another",
            ));
        };
        subscription.receive_delivered().await?;
        let mut in_flight = InFlight::default();
        for Taken { entry, .. } in &subscription.taken {
            in_flight.add(entry.unit.item_id, entry.held_at_ms);
        }
        Ok(Some(in_flight.oldest_ms))
    }
}

impl Subscription {
    /// Receives what has arrived so far.
    async fn receive_delivered(&mut self) -> Result<(), PortError> {
        while let Ok(delivery) = self.deliveries.try_recv() {
            self.add(delivery).await?;
        }
        Ok(())
    }
}
