//! Tests of the proxy that makes networks fail in other tests.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use test_servers::{proxy::Proxy, wait_until};

/// Long enough for loopback on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(10);
/// After this time without data, none is expected.
const READ_TIMEOUT: Duration = Duration::from_millis(200);

/// Sends everything back in capitals.
struct Echo {
    port: u16,
    thread: Option<JoinHandle<()>>,
}

impl Echo {
    fn start() -> Echo {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let mut threads = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().unwrap();
                let mut word = [0; 4];
                if stream.read_exact(&mut word).is_ok() && &word == b"stop" {
                    break;
                }
                threads.push(std::thread::spawn(move || {
                    stream.write_all(&word.to_ascii_uppercase()).ok();
                    while stream.read_exact(&mut word).is_ok() {
                        stream.write_all(&word.to_ascii_uppercase()).ok();
                    }
                }));
            }
            for thread in threads {
                thread.join().unwrap();
            }
        });
        Echo {
            port,
            thread: Some(thread),
        }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let mut stop = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
        stop.write_all(b"stop").unwrap();
        self.thread.take().unwrap().join().unwrap();
    }
}

struct Client(TcpStream);

impl Client {
    fn of(proxy: &Proxy) -> Client {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        Client(stream)
    }

    fn say(&mut self, word: &str) {
        self.0.write_all(word.as_bytes()).unwrap();
    }

    fn hear(&mut self) -> std::io::Result<String> {
        let mut word = [0; 4];
        self.0.read_exact(&mut word)?;
        Ok(String::from_utf8_lossy(&word).into_owned())
    }

    /// No data comes, but the connection stays open.
    fn hears_nothing(&mut self) -> bool {
        self.0.set_read_timeout(Some(READ_TIMEOUT)).unwrap();
        let silent = self.hear().is_err_and(|error| {
            matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
        });
        self.0.set_read_timeout(Some(TIMEOUT)).unwrap();
        silent
    }

    fn is_closed(&mut self) -> bool {
        self.hear().is_err_and(|error| {
            matches!(
                error.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset
            )
        })
    }
}

#[test]
fn data_passes_in_both_directions() {
    let echo = Echo::start();
    let proxy = Proxy::start(echo.port);
    let mut clients = [Client::of(&proxy), Client::of(&proxy)];
    for client in &mut clients {
        client.say("word");
        assert_eq!(client.hear().unwrap(), "WORD");
    }
    assert_eq!(proxy.connections(), 2);
    drop(clients);
    wait_until("closed connections to be forgotten", || {
        proxy.connections() == 0
    });
}

#[test]
fn a_slow_connection_is_slow_both_ways() {
    let echo = Echo::start();
    let proxy = Proxy::start(echo.port);
    let mut client = Client::of(&proxy);
    proxy.delay(60);
    let begun = Instant::now();
    client.say("word");
    assert_eq!(client.hear().unwrap(), "WORD");
    assert!(begun.elapsed() >= Duration::from_millis(120));

    proxy.delay(3_600_000);
    client.say("late");
    proxy.pass();
    assert_eq!(client.hear().unwrap(), "LATE", "nothing was lost");
}

#[test]
fn dropped_connections_are_closed_and_new_ones_work() {
    let echo = Echo::start();
    let proxy = Proxy::start(echo.port);
    let mut client = Client::of(&proxy);
    client.say("word");
    client.hear().unwrap();
    proxy.drop_connections();
    assert!(client.is_closed());
    let mut client = Client::of(&proxy);
    client.say("word");
    assert_eq!(client.hear().unwrap(), "WORD");
}

#[test]
fn refused_connections_leave_open_ones_alone() {
    let echo = Echo::start();
    let proxy = Proxy::start(echo.port);
    let mut old = Client::of(&proxy);
    old.say("word");
    old.hear().unwrap();
    proxy.refuse();
    assert!(Client::of(&proxy).is_closed());
    old.say("more");
    assert_eq!(old.hear().unwrap(), "MORE");
}

#[test]
fn a_half_open_connection_is_silent_but_stays_open() {
    let echo = Echo::start();
    let proxy = Proxy::start(echo.port);
    let mut old = Client::of(&proxy);
    old.say("word");
    old.hear().unwrap();
    proxy.half_open();
    let mut new = Client::of(&proxy);
    for client in [&mut old, &mut new] {
        client.say("lost");
        assert!(client.hears_nothing());
    }
    proxy.pass();
    old.say("more");
    assert!(old.hears_nothing(), "there is a gap in what was said");
    let mut client = Client::of(&proxy);
    client.say("word");
    assert_eq!(client.hear().unwrap(), "WORD");
}

#[test]
fn requests_arrive_even_if_their_answers_are_lost() {
    let echo = Echo::start();
    let proxy = Proxy::start(echo.port);
    proxy.lose_answers();
    let mut client = Client::of(&proxy);
    client.say("word");
    assert!(client.hears_nothing());
}

#[test]
fn an_unreachable_server_gives_a_closed_connection() {
    let proxy = Proxy::start(test_servers::free_port());
    assert!(Client::of(&proxy).is_closed());
    proxy.half_open();
    let mut client = Client::of(&proxy);
    client.say("word");
    assert!(
        client.hears_nothing(),
        "a connection that answers nothing accepts anyway"
    );
}
