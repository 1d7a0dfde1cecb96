//! `server parked`: reservations that could not be written as orders, and how to handle them by hand.

use app::wire::{Rejection, ReservationId};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde_json::json;

use super::{Failure, audit::beside_a_shop};
use crate::{
    adapters::sql::Access,
    assembly,
    config::Config,
    engine::{
        orders::{Deps, drop_parked::drop_parked},
        ports::{ParkedEntries, QueuedReservation, WriteOutcome},
    },
};

#[derive(Subcommand)]
pub enum Parked {
    /// List them, oldest first.
    List {
        /// At most this many.
        #[arg(long, default_value_t = 1_000)]
        limit: u32,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Print one as JSON.
    Show {
        /// The reservation's id.
        reservation: ReservationId,
    },
    /// Put them back into the queue after fixing the cause: they become orders.
    Replay {
        /// Only this reservation.
        reservation: Option<ReservationId>,
    },
    /// End one without an order: its buyer is told that it failed, and its unit goes back on sale.
    Drop(Dropped),
}

/// The reservations to drop.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct Dropped {
    /// The reservation's id.
    reservation: Option<ReservationId>,
    /// All unreadable messages: check with `list` that no newer version of the shop wrote them.
    #[arg(long)]
    unreadable: bool,
}

impl Parked {
    /// Runs the command beside a running shop.
    pub async fn run(self, config: &Config) -> Result<(), Failure> {
        let access = match self {
            Parked::List { .. } | Parked::Show { .. } => Access::Read,
            Parked::Replay { .. } | Parked::Drop(_) => Access::Write,
        };
        let shop = assembly::assemble(config, beside_a_shop(config, access)?).await?;
        let orders = &shop.engine.orders;
        match self {
            Parked::List { limit, json } => {
                let all = orders.queue.depth().await?.parked;
                let mut found = orders.parked.parked(limit).await?;
                found.entries.sort_by_key(|entry| entry.held_at_ms);
                match json {
                    true => println!("{}", list_as_json(&found, all)),
                    false => print_table(&found, all),
                }
            }
            Parked::Show { reservation } => {
                let found = orders.parked.find_parked(reservation).await?;
                let found = found.ok_or_else(|| not_parked(reservation))?;
                println!("{:#}", as_json(found.reservation()));
            }
            Parked::Replay { reservation } => replay(orders, reservation).await?,
            Parked::Drop(Dropped {
                reservation: Some(id),
                ..
            }) => drop_one(orders, id).await?,
            Parked::Drop(Dropped { .. }) => {
                let removed = orders.parked.remove_unreadable().await?;
                println!("{removed} messages that cannot be read are removed");
            }
        }
        Ok(())
    }
}

/// Puts one or all back into the queue and prints how many.
async fn replay(orders: &Deps, only: Option<ReservationId>) -> Result<(), Failure> {
    let replayed = orders.parked.replay_parked(only).await?;
    match only {
        Some(id) if replayed == 0 => return Err(not_parked(id).into()),
        _ => println!("{replayed} parked reservations are in the queue again"),
    }
    Ok(())
}

async fn drop_one(orders: &Deps, id: ReservationId) -> Result<(), Failure> {
    let found = orders.parked.find_parked(id).await?;
    let entry = found.ok_or_else(|| not_parked(id))?;
    match drop_parked(orders, entry).await? {
        None => return Err(not_parked(id).into()),
        Some(WriteOutcome::Ordered(order)) => {
            println!("reservation {id} is not parked any more: it has become order {order}");
        }
        Some(WriteOutcome::Failed(Rejection::Busy)) => {
            println!("reservation {id} has failed; its unit goes back on sale");
        }
        Some(WriteOutcome::Failed(reason)) => {
            println!("reservation {id} had failed before: {}", reason.code());
        }
    }
    Ok(())
}

fn not_parked(id: ReservationId) -> String {
    format!("reservation {id} is not parked, or somebody else reads what is parked at this moment")
}

/// Without the path, which is a secret of its buyer.
fn as_json(entry: &QueuedReservation) -> serde_json::Value {
    json!({
        "reservation_id": entry.unit.reservation_id,
        "item_id": entry.unit.item_id,
        "buyer": entry.unit.buyer,
        "position": entry.position,
        "held_at_ms": entry.held_at_ms,
        "replayed": entry.replayed,
    })
}

fn list_as_json(found: &ParkedEntries, all: u64) -> serde_json::Value {
    let entries: Vec<_> = found.entries.iter().map(as_json).collect();
    json!({ "all": all, "parked": entries, "unreadable": found.unreadable.len() })
}

fn print_table(found: &ParkedEntries, all: u64) {
    println!(
        "{:<36} {:<36} {:<36} {:>8} {:<20} replayed",
        "reservation", "item", "buyer", "number", "held at"
    );
    for entry in &found.entries {
        let held_at = Timestamp::from_millisecond(entry.held_at_ms - entry.held_at_ms % 1_000);
        println!(
            "{:<36} {:<36} {:<36} {:>8} {:<20} {}",
            entry.unit.reservation_id.to_string(),
            entry.unit.item_id.to_string(),
            entry.unit.buyer.to_string(),
            entry.position,
            held_at.unwrap_or_default().to_string(),
            if entry.replayed { "yes" } else { "no" }
        );
    }
    for bytes in &found.unreadable {
        println!("cannot be read: {}", bytes.escape_ascii());
    }
    let listed = found.entries.len() + found.unreadable.len();
    println!("{listed} of {all} are listed");
}
