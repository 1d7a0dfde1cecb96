//! `server webhooks`: tell other programs about events of the shop.

use app::wire::Reason;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Failure, in_words};
use crate::{
    adapters::{
        sql::{Access, Sql},
        system::{SystemClock, SystemIds},
    },
    assembly,
    config::Config,
    engine::{
        ports::{
            ChangedBy, Clock as _, Delivery, DeliveryFilter, DeliveryState, EndpointChange, Replay,
            SwitchedOff, WebhookDeliveries as _, WebhookEndpoint, WebhookEndpoints as _,
            WebhookEvent,
        },
        webhooks::{endpoints, secret},
    },
};

#[derive(Subcommand)]
pub enum Webhooks {
    /// Add an address to be told about events, and print the secret that signs its messages.
    Add {
        /// The address: `https://HOST/PATH`.
        url: String,
        /// The events, separated by commas; all if left out.
        #[arg(long, value_delimiter = ',')]
        events: Vec<WebhookEvent>,
    },
    /// List the addresses.
    List,
    /// Give an address a new secret, and print it; for a day the old one signs as well.
    Rotate {
        /// The address's id.
        endpoint: Uuid,
    },
    /// Send an address its waiting messages and future events again.
    On {
        /// The address's id.
        endpoint: Uuid,
    },
    /// Stop sending to an address; it will never be told of events in the meantime.
    Off {
        /// The address's id.
        endpoint: Uuid,
        /// The reason, for staff.
        #[arg(long)]
        reason: String,
    },
    /// Remove an address and its waiting messages.
    Remove {
        /// The address's id.
        endpoint: Uuid,
    },
    /// List messages, newest first.
    Deliveries(Listed),
    /// Send messages again: one, or all of an address from an instant on.
    Replay(Again),
}

/// Which messages.
#[derive(Args)]
pub struct Listed {
    /// Only of this address.
    #[arg(long)]
    endpoint: Option<Uuid>,
    /// Only messages that were given up.
    #[arg(long, conflicts_with = "waiting")]
    given_up: bool,
    /// Only messages that wait.
    #[arg(long)]
    waiting: bool,
    /// At most this many.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    limit: u32,
    /// Print JSON, one object a line, instead of a table.
    #[arg(long)]
    json: bool,
}

/// The messages to send again.
#[derive(Args)]
pub struct Again {
    /// The message's id.
    #[arg(required_unless_present = "endpoint", conflicts_with = "endpoint")]
    delivery: Option<Uuid>,
    /// All messages to this address that were given up.
    #[arg(long, requires = "since")]
    endpoint: Option<Uuid>,
    /// About events from this instant on: 2026-11-11T20:00:00+08:00.
    #[arg(long, requires = "endpoint")]
    since: Option<Timestamp>,
    /// Also those that arrived.
    #[arg(long, requires = "endpoint")]
    all: bool,
}

impl Webhooks {
    /// Runs the command beside a running shop, whose workers follow within a second.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let access = match self {
            Webhooks::List | Webhooks::Deliveries(_) => Access::Read,
            _ => Access::Write,
        };
        let ledger = assembly::open_ledger(config, access).await?;
        match self {
            Webhooks::Add { url, events } => {
                let plain = config.webhooks.private_addresses;
                add(&ledger, &url, plain, &events).await
            }
            Webhooks::List => {
                for endpoint in ledger.endpoints().await? {
                    print_endpoint(&endpoint);
                }
                Ok(())
            }
            Webhooks::Rotate { endpoint } => rotate(&ledger, endpoint).await,
            Webhooks::On { endpoint } => {
                change(&ledger, endpoint, EndpointChange::SwitchOn, None).await
            }
            Webhooks::Off { endpoint, reason } => {
                let reason = Reason::parse(&reason)?.as_str().to_owned();
                let off = SwitchedOff {
                    at_ms: SystemClock.now_ms(),
                    why: reason.clone(),
                };
                change(
                    &ledger,
                    endpoint,
                    EndpointChange::SwitchOff(off),
                    Some(reason),
                )
                .await
            }
            Webhooks::Remove { endpoint } => {
                let (by, now_ms) = (ChangedBy::command(), SystemClock.now_ms());
                match ledger.remove_endpoint(endpoint, &by, now_ms).await? {
                    true => println!("{endpoint} is removed"),
                    false => return Err(no_endpoint(endpoint)),
                }
                Ok(())
            }
            Webhooks::Deliveries(listed) => list(&ledger, listed).await,
            Webhooks::Replay(again) => replay(&ledger, again).await,
        }
    }
}

fn no_endpoint(endpoint: Uuid) -> Failure {
    format!("there is no webhook {endpoint}").into()
}

async fn add(ledger: &Sql, url: &str, plain: bool, events: &[WebhookEvent]) -> Result<(), Failure> {
    let by = ChangedBy::command();
    let machine = (&SystemClock as _, &SystemIds as _);
    let added = endpoints::add(ledger, machine, url, plain, events, &by).await?;
    println!("{}", added.endpoint_id);
    println!("{}", secret::shown(&added.secret));
    Ok(())
}

async fn rotate(ledger: &Sql, endpoint: Uuid) -> Result<(), Failure> {
    let by = ChangedBy::command();
    let machine = (&SystemClock as _, &SystemIds as _);
    let new = endpoints::rotate(ledger, machine, endpoint, &by).await?;
    let new = new.ok_or_else(|| no_endpoint(endpoint))?;
    println!("{}", secret::shown(&new));
    Ok(())
}

async fn change(
    ledger: &Sql,
    endpoint: Uuid,
    change: EndpointChange,
    reason: Option<String>,
) -> Result<(), Failure> {
    let by = ChangedBy {
        reason,
        ..ChangedBy::command()
    };
    let now_ms = SystemClock.now_ms();
    match ledger
        .change_endpoint(endpoint, &change, &by, now_ms)
        .await?
    {
        true => println!("{endpoint} is changed"),
        false => return Err(no_endpoint(endpoint)),
    }
    Ok(())
}

async fn list(ledger: &Sql, listed: Listed) -> Result<(), Failure> {
    let state = match (listed.given_up, listed.waiting) {
        (true, _) => Some(DeliveryState::GivenUp),
        (_, true) => Some(DeliveryState::Waiting),
        _ => None,
    };
    let filter = DeliveryFilter {
        endpoint_id: listed.endpoint,
        state,
    };
    for delivery in ledger.deliveries(&filter, listed.limit).await? {
        match listed.json {
            true => println!("{}", serde_json::to_string(&delivery)?),
            false => print_delivery(&delivery),
        }
    }
    Ok(())
}

async fn replay(ledger: &Sql, again: Again) -> Result<(), Failure> {
    let replay = match (again.delivery, again.endpoint, again.since) {
        (Some(id), ..) => Replay::One(id),
        (None, Some(endpoint_id), Some(since)) => Replay::Since {
            endpoint_id,
            since_ms: since.as_millisecond(),
            delivered_too: again.all,
        },
        // The command line requires one of the two.
        _ => return Err("which messages?".into()),
    };
    let replayed = ledger
        .replay(&replay, &ChangedBy::command(), SystemClock.now_ms())
        .await?;
    if let (Replay::One(id), 0) = (&replay, replayed) {
        return Err(format!("there is no message {id}").into());
    }
    println!("{replayed} messages are sent again");
    Ok(())
}

fn print_endpoint(endpoint: &WebhookEndpoint) {
    let names: Vec<_> = endpoint.events.iter().map(|event| event.name()).collect();
    let state = match &endpoint.switched_off {
        None => "on".to_owned(),
        Some(off) => format!("off since {}: {}", in_words(off.at_ms), off.why),
    };
    println!("{} {} {state}", endpoint.endpoint_id, endpoint.url);
    println!("    {}", names.join(", "));
}

fn print_delivery(delivery: &Delivery) {
    let state = match delivery.state {
        DeliveryState::Delivered => "delivered".to_owned(),
        DeliveryState::GivenUp => format!("given up after {} tries", delivery.tries),
        DeliveryState::Waiting => match delivery.next_at_ms {
            Some(at_ms) if delivery.tries > 0 => {
                format!("{} tries, next at {}", delivery.tries, in_words(at_ms))
            }
            _ => "waits".to_owned(),
        },
    };
    let error = delivery.last_error.as_deref().unwrap_or_default();
    println!(
        "{} {} {:<14} {} {state} {error}",
        delivery.delivery_id,
        in_words(delivery.at_ms),
        delivery.event,
        delivery.subject_id
    );
}
