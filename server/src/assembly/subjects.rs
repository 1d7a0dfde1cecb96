//! The subjects of the engine over their ports.

use std::sync::{Arc, atomic::AtomicBool};

use futures::lock::Mutex;

use super::{Environment, Parts};
use crate::{
    adapters::{
        cached::CachedCatalogue, catalogue_changes::CatalogueChanges, pictures::Jpegs, sql::Sql,
        webhook_sender::HttpWebhooks,
    },
    config::Config,
    engine::{
        Engine, Rules, accounts, audit, back_office, customer_service, live, messages, notices,
        orders, payments,
        ports::{Catalogue, Job},
        products, purchase, reports, shipping, stock, switches, system, webhooks,
    },
};

/// Every subject.
pub fn engine(config: &Config, environment: Environment, sql: &Sql, parts: Parts) -> Engine {
    let (rules, sql) = (config.rules(), Arc::new(sql.clone()));
    let catalogue = cached_catalogue(&sql, &parts.catalogue_changes);
    let switches = Arc::new(switches::Deps {
        clock: parts.clock.clone(),
        switches: sql.clone(),
        in_effect: Arc::default(),
    });
    let payments = Arc::new(payments(rules, &environment, &parts));
    let accounts = Arc::new(accounts::Deps {
        rules,
        clock: parts.clock.clone(),
        ids: environment.ids.clone(),
        limits: parts.limits.clone(),
        accounts: sql.clone(),
        tokens: parts.tokens.clone(),
        passwords: environment.passwords.clone(),
        factors: sql.clone(),
        wake: parts.wake.clone(),
        switches: switches.in_effect.clone(),
    });
    let shipping = Arc::new(shipping(rules, &parts));
    let audit = Arc::new(audit(&sql, &catalogue, &parts));
    let customers = customer_service(&sql, &payments, &shipping, &accounts, &parts);
    Engine {
        accounts,
        audit: audit.clone(),
        back_office: Arc::new(back_office(
            config.sale.self_approval,
            &environment,
            &sql,
            &parts,
        )),
        orders: Arc::new(orders(rules, &environment, &parts)),
        customer_service: Arc::new(customers),
        live: Arc::new(live(&sql, &parts)),
        payments,
        products: Arc::new(products(&sql, &parts)),
        purchase: Arc::new(purchase(rules, &environment, &catalogue, &parts, &switches)),
        reports: Arc::new(reports::Deps {
            clock: parts.clock.clone(),
            ledger: sql.clone(),
            latest: Mutex::default(),
        }),
        shipping,
        webhooks: Arc::new(webhooks(config, &sql, &catalogue, &parts)),
        messages: Arc::new(messages::Deps {
            rules,
            clock: parts.clock.clone(),
            messages: parts.ledger.messages.clone(),
        }),
        notices: Arc::new(notices::Deps {
            clock: parts.clock.clone(),
            notices: sql,
            notifier: environment.notifier,
        }),
        switches,
        system: Arc::new(system(audit, &parts)),
        stock: Arc::new(stock::Deps {
            clock: parts.clock,
            catalogue,
            gate: parts.gate,
            restock: parts.restock,
            due: parts.ledger.due,
        }),
    }
}

/// Clears its cache when the catalogue changes.
fn cached_catalogue(sql: &Arc<Sql>, changes: &CatalogueChanges) -> Arc<dyn Catalogue> {
    let primary = Arc::new(sql.without_replica());
    let catalogue = Arc::new(CachedCatalogue::new(sql.clone(), primary));
    let forgets = catalogue.clone();
    changes.listen(move |_| forgets.forget_all());
    catalogue
}

fn audit(sql: &Arc<Sql>, catalogue: &Arc<dyn Catalogue>, parts: &Parts) -> audit::Deps {
    audit::Deps {
        clock: parts.clock.clone(),
        facts: sql.clone(),
        catalogue: catalogue.clone(),
        gate: parts.audited_gate.clone(),
        ledger: parts.ledger.gate.clone(),
        queue: parts.ledger.queue.clone(),
        outbox: parts.outbox.clone(),
        activity_log: sql.clone(),
    }
}

fn back_office(
    self_approval: bool,
    environment: &Environment,
    sql: &Arc<Sql>,
    parts: &Parts,
) -> back_office::Deps {
    back_office::Deps {
        clock: parts.clock.clone(),
        ids: environment.ids.clone(),
        catalogue: sql.clone(),
        overview: sql.clone(),
        events: parts.catalogue_events.clone(),
        accounts: sql.clone(),
        passwords: environment.passwords.clone(),
        activity_log: sql.clone(),
        self_approval,
    }
}

fn customer_service(
    sql: &Arc<Sql>,
    payments: &Arc<payments::Deps>,
    shipping: &Arc<shipping::Deps>,
    accounts: &Arc<accounts::Deps>,
    parts: &Parts,
) -> customer_service::Deps {
    customer_service::Deps {
        clock: parts.clock.clone(),
        directory: sql.clone(),
        bans: sql.clone(),
        activity_log: sql.clone(),
        orders: parts.ledger.reader.clone(),
        reservations: parts.ledger.reservations.clone(),
        payments: payments.clone(),
        shipping: shipping.clone(),
        people: accounts.clone(),
    }
}

fn system(audit: Arc<audit::Deps>, parts: &Parts) -> system::Deps {
    system::Deps {
        counters: parts.counters.clone(),
        audit,
        looked: Arc::default(),
    }
}

fn live(sql: &Arc<Sql>, parts: &Parts) -> live::Deps {
    live::Deps {
        clock: parts.clock.clone(),
        overview: sql.clone(),
        gate: parts.gate.clone(),
        queue: parts.ledger.queue.clone(),
        outbox: parts.outbox.clone(),
        ledger: sql.clone(),
        counters: parts.counters.clone(),
        latest: Mutex::default(),
    }
}

fn orders(rules: Rules, environment: &Environment, parts: &Parts) -> orders::Deps {
    let ledger = &parts.ledger;
    orders::Deps {
        rules,
        clock: parts.clock.clone(),
        ids: environment.ids.clone(),
        limits: parts.limits.clone(),
        outbox: parts.outbox.clone(),
        queue: ledger.queue.clone(),
        parked: ledger.parked.clone(),
        writer: ledger.writer.clone(),
        closer: ledger.closer.clone(),
        reader: ledger.reader.clone(),
        reservations: ledger.reservations.clone(),
        wake: parts.wake.clone(),
        gave_back: AtomicBool::new(false),
    }
}

fn payments(rules: Rules, environment: &Environment, parts: &Parts) -> payments::Deps {
    let ledger = &parts.ledger;
    payments::Deps {
        rules,
        clock: parts.clock.clone(),
        ids: environment.ids.clone(),
        limits: parts.limits.clone(),
        gateway: parts.gateway.clone(),
        payments: ledger.payments.clone(),
        inbox: ledger.inbox.clone(),
        refunds: ledger.refunds.clone(),
        confirms: ledger.confirms.clone(),
        orders: ledger.reader.clone(),
        gate: parts.gate.clone(),
        wake: parts.wake.clone(),
    }
}

fn products(sql: &Arc<Sql>, parts: &Parts) -> products::Deps {
    products::Deps {
        clock: parts.clock.clone(),
        products: sql.clone(),
        pictures: sql.clone(),
        maker: Arc::new(Jpegs::default()),
    }
}

fn shipping(rules: Rules, parts: &Parts) -> shipping::Deps {
    shipping::Deps {
        rules,
        clock: parts.clock.clone(),
        limits: parts.limits.clone(),
        orders: parts.ledger.reader.clone(),
        addresses: parts.ledger.addresses.clone(),
        shipments: parts.ledger.shipments.clone(),
    }
}

fn webhooks(
    config: &Config,
    sql: &Arc<Sql>,
    catalogue: &Arc<dyn Catalogue>,
    parts: &Parts,
) -> webhooks::Deps {
    webhooks::Deps {
        clock: parts.clock.clone(),
        endpoints: sql.clone(),
        deliveries: sql.clone(),
        sender: Arc::new(HttpWebhooks::new(config.webhooks.private_addresses)),
        catalogue: catalogue.clone(),
        gate: parts.gate.clone(),
        slow: std::sync::Mutex::default(),
        announced: std::sync::Mutex::default(),
    }
}

fn purchase(
    rules: Rules,
    environment: &Environment,
    catalogue: &Arc<dyn Catalogue>,
    parts: &Parts,
    switches: &switches::Deps,
) -> purchase::Deps {
    purchase::Deps {
        rules,
        clock: parts.clock.clone(),
        ids: environment.ids.clone(),
        limits: parts.limits.clone(),
        catalogue: catalogue.clone(),
        questions: environment.questions.clone(),
        captchas: parts.captchas.clone(),
        paths: parts.paths.clone(),
        purchases: parts.purchases.clone(),
        wake: parts.wake.clone(),
        switches: switches.in_effect.clone(),
        after_hold: match parts.outbox {
            Some(_) => Job::Relay,
            None => Job::WriteOrders,
        },
    }
}
