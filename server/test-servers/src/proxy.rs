//! A TCP proxy on a loopback port, for the faults of a network: a wire that is slow, cut, or mute
//! while both its ends are well. It knows nothing of what is said over it. What a server does when
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
const CONNECT: Duration = Duration::from_secs(2);
/// Threads that were told to end do so by then.
const END: Duration = Duration::from_secs(10);

/// A running proxy. All its threads have ended when it is dropped.
pub struct Proxy {
    port: u16,
    /// Where new connections go.
    target: Arc<AtomicU16>,
    wires: Arc<Wires>,
    acceptor: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Listens on a port of its own and passes everything to `target_port`, which need not listen
    /// yet.
    pub fn start(target_port: u16) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let wires = Arc::new(Wires::default());
        let target = Arc::new(AtomicU16::new(target_port));
        let acceptor = std::thread::spawn({
            let (wires, target) = (Arc::clone(&wires), Arc::clone(&target));
            move || accept(&listener, &target, &wires)
        });
        Proxy {
            port,
            target,
            wires,
            acceptor: Some(acceptor),
        }
    }

    /// Where clients connect.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// New connections go to `target_port` from now on, as after a fail-over by name or address;
    /// what is connected stays.
    pub fn aim(&self, target_port: u16) {
        self.target.store(target_port, Ordering::SeqCst);
    }

    /// Everything passes, as at the beginning. A connection that lost bytes stays mute: TCP never
    /// goes on after a gap.
    pub fn pass(&self) {
        self.set(Way::Pass, Way::Pass, Greeting::Connect);
    }

    /// Bytes arrive at least `ms` milliseconds late, each way (twice that, when they came while
    /// others waited).
    pub fn delay(&self, ms: u64) {
        let late = Way::Late(Duration::from_millis(ms));
        self.set(late, late, Greeting::Connect);
    }

    /// What clients say passes; the server's answers are lost, and its connections never end.
    pub fn lose_answers(&self) {
        self.set(Way::Pass, Way::Lose, Greeting::Connect);
    }

    /// Connections are accepted and never closed, and bytes are lost both ways: a host that is gone
    /// without a word.
    pub fn half_open(&self) {
        self.set(Way::Lose, Way::Lose, Greeting::Swallow);
    }

    /// New connections are closed at once; what is connected stays (see
    /// [`drop_connections`](Self::drop_connections)).
    pub fn refuse(&self) {
        self.set(Way::Pass, Way::Pass, Greeting::Close);
    }

    /// Closes every connection; new ones are treated as before. They are gone when this returns.
    pub fn drop_connections(&self) {
        let mut state = self.wires.lock();
        state.cut_all();
        self.wires.changed.notify_all();
        let (_state, waited) = self
            .wires
            .changed
            .wait_timeout_while(state, END, |state| {
                state.connections.values().any(|ends| ends.cut)
            })
            .unwrap();
        assert!(!waited.timed_out(), "a connection did not end");
    }

    /// How many connections there are.
    pub fn connections(&self) -> usize {
        self.wires.lock().connections.len()
    }

    fn set(&self, asks: Way, answers: Way, greeting: Greeting) {
        let mut state = self.wires.lock();
        (state.asks, state.answers, state.greeting) = (asks, answers, greeting);
        self.wires.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.wires.lock();
        state.ended = true;
        state.cut_all();
        drop(state);
        self.wires.changed.notify_all();
        // The acceptor waits for a connection; this is the last one.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        let ended = self.acceptor.take().map(JoinHandle::join);
        assert!(
            std::thread::panicking() || matches!(ended, Some(Ok(()))),
            "the proxy broke"
        );
    }
}

/// What happens to bytes of one direction.
#[derive(Clone, Copy, Default)]
enum Way {
    #[default]
    Pass,
    Late(Duration),
    Lose,
}

/// What happens to new connections.
#[derive(Clone, Copy, Default)]
enum Greeting {
    #[default]
    Connect,
    Close,
    Swallow,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Asks,
    Answers,
}

#[derive(Default)]
struct Wires {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    asks: Way,
    answers: Way,
    greeting: Greeting,
    ended: bool,
    connections: HashMap<u64, Ends>,
}

/// Both ends of a connection.
struct Ends {
    client: Arc<TcpStream>,
    /// None where the client talks into the void.
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

fn accept(listener: &TcpListener, target: &AtomicU16, wires: &Arc<Wires>) {
    let mut threads: Vec<JoinHandle<()>> = Vec::new();
    for number in 0.. {
        let Ok((client, _)) = listener.accept() else {
            continue;
        };
        let greeting = {
            let state = wires.lock();
            if state.ended {
                break;
            }
            match state.connections.len() < CONNECTIONS {
                true => state.greeting,
                false => Greeting::Close,
            }
        };
        let server = match greeting {
            Greeting::Close => continue,
            Greeting::Swallow => None,
            Greeting::Connect => {
                let target = target.load(Ordering::SeqCst);
                let target = SocketAddr::from((Ipv4Addr::LOCALHOST, target));
                match TcpStream::connect_timeout(&target, CONNECT) {
                    Ok(server) => Some(server),
                    Err(_) => continue,
                }
            }
        };
        threads.retain(|thread| !thread.is_finished());
        let wires = Arc::clone(wires);
        threads.push(std::thread::spawn(move || {
            wires.carry_on(number, client, server);
        }));
    }
    for thread in threads {
        thread.join().unwrap();
    }
}

impl Wires {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// One connection, from its beginning to its end.
    fn carry_on(&self, number: u64, client: TcpStream, server: Option<TcpStream>) {
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
                    scope.spawn(|| self.pump(number, server, &client, Direction::Answers));
                    self.pump(number, &client, server, Direction::Asks);
                });
            }
        }
        let mut state = self.lock();
        if let Some(ends) = state.connections.remove(&number) {
            ends.close();
        }
        self.changed.notify_all();
    }

    /// Carries one direction until its source has nothing more to say.
    fn pump(&self, number: u64, from: &TcpStream, to: &TcpStream, direction: Direction) {
        let (mut source, mut sink) = (from, to);
        let mut chunk = vec![0; CHUNK];
        let mut lost = false;
        let ended_well = loop {
            match source.read(&mut chunk) {
                Ok(0) => break true,
                Err(_) => break false,
                Ok(read) => {
                    lost |= !self.passes(number, direction);
                    if !lost && sink.write_all(&chunk[..read]).is_err() {
                        break false;
                    }
                }
            }
        };
        lost |= !self.passes(number, direction);
        match (direction, lost) {
            // The client never learns that the server has gone.
            (Direction::Answers, true) => {}
            (_, false) if ended_well => drop(to.shutdown(Shutdown::Write)),
            _ => {
                drop(from.shutdown(Shutdown::Both));
                drop(to.shutdown(Shutdown::Both));
            }
        }
    }

    /// Waits for as long as bytes are on their way; false when they never arrive.
    fn passes(&self, number: u64, direction: Direction) -> bool {
        let begun = Instant::now();
        let mut state = self.lock();
        loop {
            if state.connections.get(&number).is_none_or(|ends| ends.cut) {
                return false;
            }
            let way = match direction {
                Direction::Asks => state.asks,
                Direction::Answers => state.answers,
            };
            let left = match way {
                Way::Pass => return true,
                Way::Lose => return false,
                Way::Late(late) => late.saturating_sub(begun.elapsed()),
            };
            if left.is_zero() {
                return true;
            }
            (state, _) = self.changed.wait_timeout(state, left).unwrap();
        }
    }
}
