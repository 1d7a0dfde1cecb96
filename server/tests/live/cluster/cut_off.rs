//! One instance is cut off from one server during a sale, while the others reach it: its entries in
//! flight are taken over, and all buyers get an answer before it is reconnected.

use std::time::Instant;

use test_servers::proxy::Proxy;

use super::{
    deployment::{Deployment, Instance, Links},
    waves::{WAVE, Waves},
};

/// The connection of one instance to one server.
struct Link {
    what: &'static str,
    /// The server's name in `/readyz`.
    server: &'static str,
    instance: fn(&Deployment) -> &Instance,
    of: fn(&Links) -> &Proxy,
}

const LINKS: [Link; 5] = [
    Link {
        what: "a worker is cut off from Redis",
        server: "gate",
        instance: |cluster| &cluster.workers[0],
        of: |links| &links.redis,
    },
    Link {
        what: "a worker is cut off from RabbitMQ",
        server: "queue",
        instance: |cluster| &cluster.workers[0],
        of: |links| &links.rabbit,
    },
    Link {
        what: "a worker is cut off from the ledger",
        server: "ledger",
        instance: |cluster| &cluster.workers[0],
        of: |links| &links.ledger,
    },
    Link {
        what: "a web instance is cut off from Redis",
        server: "gate",
        instance: |cluster| &cluster.webs[0],
        of: |links| &links.redis,
    },
    Link {
        what: "a web instance is cut off from the ledger",
        server: "ledger",
        instance: |cluster| &cluster.webs[0],
        of: |links| &links.ledger,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_goes_on_while_one_instance_is_cut_off_from_one_server() {
    let mut waves = Waves::new(LINKS.len()).await;
    for link in &LINKS {
        let wave = waves.begin().await;
        let proxy = |waves: &Waves, act: fn(&Proxy)| {
            act((link.of)(&(link.instance)(&waves.cluster).links));
        };
        proxy(&waves, Proxy::half_open);
        let before = waves.release(&wave);
        let begun = Instant::now();
        let cut_off = &(link.instance)(&waves.cluster).shop;
        cut_off.wait_until_red(&[link.server]).await;
        let noticed = begun.elapsed().as_secs_f64();

        waves.is_answered(wave).await;
        let answered = begun.elapsed().as_secs_f64();
        let cut_off = &(link.instance)(&waves.cluster).shop;
        cut_off.wait_until_red(&[link.server]).await;

        proxy(&waves, Proxy::pass);
        proxy(&waves, Proxy::drop_connections);
        let whole = Instant::now();
        for instance in waves.cluster.instances() {
            instance.shop.wait_until_red(&[]).await;
        }
        println!(
            "{}: {before} of {WAVE} buyers queued before; its /readyz says so after {noticed:.1} s, all \
             answered after {answered:.1} s, still cut off; ready {:.1} s after its end",
            link.what,
            whole.elapsed().as_secs_f64()
        );
    }
    waves.end("one instance cut off from one server").await;
}
