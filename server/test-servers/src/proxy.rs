//! A TCP proxy on a loopback port, for the faults of a network: connections that are slow, cut, or
//! silent while both ends are well. It knows nothing of what is said over them. What a server does when
//! it is killed or paused itself belongs to the server's own file here.

use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicU16, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Connections at once; more are closed at once.
const CONNECTIONS: usize = 256;
/// Bytes that one direction of a connection holds at most.
const CHUNK: usize = 64 * 1024;
/// The server is on this machine: it answers by then, or it is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// Threads that were told to end do so by then.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// A running proxy. All its threads have ended when it is dropped.
pub struct Proxy {
    port: u16,
    /// Where new connections go.
    target: Arc<AtomicU16>,
    forwarder: Arc<Forwarder>,
    acceptor: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Listens on a port of its own and passes everything to `target_port`, which need not listen
    /// yet.
    pub fn start(target_port: u16) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let forwarder = Arc::new(Forwarder::default());
        let target = Arc::new(AtomicU16::new(target_port));
        let acceptor = std::thread::spawn({
            let (forwarder, target) = (Arc::clone(&forwarder), Arc::clone(&target));
            move || accept(&listener, &target, &forwarder)
        });
        Proxy {
            port,
            target,
            forwarder,
            acceptor: Some(acceptor),
        }
    }

    /// Where clients connect.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// New connections go to `target_port` from now on, as after a fail-over by name or address;
    /// what is connected stays.
    pub fn set_target(&self, target_port: u16) {
        self.target.store(target_port, Ordering::SeqCst);
    }

    /// Everything passes, as at the beginning. A connection that lost bytes stays silent: TCP
    /// never goes on after a gap.
    pub fn pass(&self) {
        self.set(Delivery::Pass, Delivery::Pass, OnConnect::Forward);
    }

    /// Bytes arrive at least `ms` milliseconds late, each way (twice that, when they came while
    /// others waited).
    pub fn delay(&self, ms: u64) {
        let late = Delivery::Late(Duration::from_millis(ms));
        self.set(late, late, OnConnect::Forward);
    }

    /// The bytes of clients pass; the server's answers are lost, and its connections never end.
    pub fn lose_answers(&self) {
        self.set(Delivery::Pass, Delivery::Lose, OnConnect::Forward);
    }

    /// Connections are accepted and never closed, and bytes are lost both ways: a host that is gone
    /// without a word.
    pub fn half_open(&self) {
        self.set(Delivery::Lose, Delivery::Lose, OnConnect::HalfOpen);
    }

    /// New connections are closed at once; existing ones stay (see
    /// [`drop_connections`](Self::drop_connections)).
    pub fn refuse(&self) {
        self.set(Delivery::Pass, Delivery::Pass, OnConnect::Close);
    }

    /// Closes every connection; new ones are treated as before. They are gone when this returns.
    pub fn drop_connections(&self) {
        let mut state = self.forwarder.lock();
        state.cut_all();
        self.forwarder.changed.notify_all();
        let (_state, waited) = self
            .forwarder
            .changed
            .wait_timeout_while(state, END_TIMEOUT, |state| {
                state.connections.values().any(|ends| ends.cut)
            })
            .unwrap();
        assert!(!waited.timed_out(), "a connection did not end");
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.forwarder.lock().connections.len()
    }

    fn set(&self, to_server: Delivery, to_client: Delivery, on_connect: OnConnect) {
        let mut state = self.forwarder.lock();
        (state.to_server, state.to_client) = (to_server, to_client);
        state.on_connect = on_connect;
        self.forwarder.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.forwarder.lock();
        state.ended = true;
        state.cut_all();
        drop(state);
        self.forwarder.changed.notify_all();
        // The acceptor waits for a connection; this is the last one.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        let ended = self.acceptor.take().map(JoinHandle::join);
        assert!(
            std::thread::panicking() || matches!(ended, Some(Ok(()))),
            "the thread that accepts connections panicked"
        );
    }
}

/// What happens to bytes of one direction.
#[derive(Clone, Copy, Default)]
enum Delivery {
    #[default]
    Pass,
    Late(Duration),
    Lose,
}

/// What happens to new connections.
#[derive(Clone, Copy, Default)]
enum OnConnect {
    #[default]
    Forward,
    Close,
    /// Accepted, and everything is lost.
    HalfOpen,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToServer,
    ToClient,
}

#[derive(Default)]
struct Forwarder {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    to_server: Delivery,
    to_client: Delivery,
    on_connect: OnConnect,
    ended: bool,
    connections: HashMap<u64, Ends>,
}

/// Both ends of a connection.
struct Ends {
    client: Arc<TcpStream>,
    /// None where nothing is forwarded.
    server: Option<Arc<TcpStream>>,
    /// Told to end.
    cut: bool,
}

impl Ends {
    fn close(&self) {
        for end in [Some(&self.client), self.server.as_ref()]
            .into_iter()
            .flatten()
        {
            // One that is closed already is what is wanted.
            drop(end.shutdown(Shutdown::Both));
        }
    }
}

impl State {
    fn cut_all(&mut self) {
        for ends in self.connections.values_mut() {
            ends.cut = true;
            ends.close();
        }
    }
}

fn accept(listener: &TcpListener, target: &AtomicU16, forwarder: &Arc<Forwarder>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for number in 0.. {
        let Ok((client, _)) = listener.accept() else {
            continue;
        };
        let on_connect = {
            let state = forwarder.lock();
            if state.ended {
                break;
            }
            match state.connections.len() < CONNECTIONS {
                true => state.on_connect,
                false => OnConnect::Close,
            }
        };
        let server = match on_connect {
            OnConnect::Close => continue,
            OnConnect::HalfOpen => None,
            OnConnect::Forward => {
                let target = target.load(Ordering::SeqCst);
                let target = SocketAddr::from((Ipv4Addr::LOCALHOST, target));
                match TcpStream::connect_timeout(&target, CONNECT_TIMEOUT) {
                    Ok(server) => Some(server),
                    Err(_) => continue,
                }
            }
        };
        threads.retain(|thread| !thread.is_finished());
        let forwarder = Arc::clone(forwarder);
        threads.push(std::thread::spawn(move || {
            forwarder.forward_connection(number, client, server);
        }));
    }
    for thread in threads {
        thread.join().unwrap();
    }
}

impl Forwarder {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// One connection, from its beginning to its end.
    fn forward_connection(&self, number: u64, client: TcpStream, server: Option<TcpStream>) {
        let (client, server) = (Arc::new(client), server.map(Arc::new));
        let ends = Ends {
            client: Arc::clone(&client),
            server: server.clone(),
            cut: false,
        };
        {
            let mut state = self.lock();
            if state.ended {
                return;
            }
            state.connections.insert(number, ends);
        }
        match &server {
            None => while (&*client).read(&mut [0; 4096]).is_ok_and(|read| read > 0) {},
            Some(server) => {
                for end in [&client, server] {
                    drop(end.set_nodelay(true));
                }
                std::thread::scope(|scope| {
                    scope.spawn(|| self.forward(number, server, &client, Direction::ToClient));
                    self.forward(number, &client, server, Direction::ToServer);
                });
            }
        }
        let mut state = self.lock();
        if let Some(ends) = state.connections.remove(&number) {
            ends.close();
        }
        self.changed.notify_all();
    }

    /// Forwards one direction until its source has nothing more to send.
    fn forward(&self, number: u64, from: &TcpStream, to: &TcpStream, direction: Direction) {
        let (mut source, mut sink) = (from, to);
        let mut chunk = vec![0; CHUNK];
        let mut lost = false;
        let ended_well = loop {
            match source.read(&mut chunk) {
                Ok(0) => break true,
                Err(_) => break false,
                Ok(read) => {
                    lost |= !self.is_delivered(number, direction);
                    if !lost && sink.write_all(&chunk[..read]).is_err() {
                        break false;
                    }
                }
            }
        };
        lost |= !self.is_delivered(number, direction);
        match (direction, lost) {
            // The client never learns that the server has gone.
            (Direction::ToClient, true) => {}
            (_, false) if ended_well => drop(to.shutdown(Shutdown::Write)),
            _ => {
                drop(from.shutdown(Shutdown::Both));
                drop(to.shutdown(Shutdown::Both));
            }
        }
    }

    /// Waits for as long as bytes are under way; false when they are lost.
    fn is_delivered(&self, number: u64, direction: Direction) -> bool {
        let begun = Instant::now();
        let mut state = self.lock();
        loop {
            if state.connections.get(&number).is_none_or(|ends| ends.cut) {
                return false;
            }
            let delivery = match direction {
                Direction::ToServer => state.to_server,
                Direction::ToClient => state.to_client,
            };
            let left = match delivery {
                Delivery::Pass => return true,
                Delivery::Lose => return false,
                Delivery::Late(late) => late.saturating_sub(begun.elapsed()),
            };
            if left.is_zero() {
                return true;
            }
            (state, _) = self.changed.wait_timeout(state, left).unwrap();
        }
    }
}
