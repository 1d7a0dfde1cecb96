//! Clients with persistent connections: HTTP/1.1, one request after the other on each. They read no more
//! of an answer than they check, to leave the processors to the server.

use std::{
    io::{self, ErrorKind},
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
};

use super::{RequestError, failed};

/// Requests as sent over the network.
pub type Requests = Arc<Vec<Vec<u8>>>;

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
}

/// A request with those browser headers that cause work for the server.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let of_body = match method {
        "POST" => {
            let length = body.len();
            format!("content-type: application/json\r\ncontent-length: {length}\r\n")
        }
        _ => String::new(),
    };
    format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}{of_body}\r\n{body}")
        .into_bytes()
}

/// Sends `count` requests over `connections`, repeating the list as needed. Each answer must have this
/// status; with `keep` they are returned in the order of the requests.
pub async fn send(
    to: SocketAddr,
    connections: u32,
    call: &'static str,
    (requests, count): (&Requests, usize),
    status: u16,
    keep: bool,
) -> Result<Vec<Vec<u8>>, RequestError> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        let (requests, next) = (requests.clone(), next.clone());
        tasks.spawn(async move {
            let mut connection = Connection::open(to).await.map_err(failed("connect"))?;
            let mut kept = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(kept);
                }
                let request = &requests[number % requests.len()];
                let answer = connection.ask(request).await.map_err(failed("an answer"))?;
                if answer.status != status {
                    return Err(RequestError::Status {
                        call,
                        status: answer.status,
                        expected: status,
                        body: String::from_utf8_lossy(&answer.body).into_owned(),
                    });
                }
                if keep {
                    kept.push((number, answer.body));
                }
            }
        });
    }
    let mut kept = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        kept.extend(ended??);
    }
    kept.sort_unstable_by_key(|(number, _)| *number);
    Ok(kept.into_iter().map(|(_, body)| body).collect())
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(to: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if let Some(answer) = complete(&self.buffer)? {
                return Ok(answer);
            }
        }
    }
}

/// The answer, once it is complete.
fn complete(read: &[u8]) -> io::Result<Option<Answer>> {
    let Some(head) = read.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(None);
    };
    let body = &read[head + 4..];
    let text = String::from_utf8_lossy(&read[..head]);
    let status = text
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    let length = length.map_or(Some(0), |length| length.parse::<usize>().ok());
    let (Some(status), Some(length)) = (status, length) else {
        return Err(ErrorKind::InvalidData.into());
    };
    // The head of a 304 states the length that the body would have.
    let length = if status == 304 { 0 } else { length };
    Ok((body.len() >= length).then(|| Answer {
        status,
        body: body[..length].to_vec(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_with_the_last_byte_of_its_body() {
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        assert!(complete(&whole[..20]).unwrap().is_none());
        assert!(complete(&whole[..whole.len() - 1]).unwrap().is_none());
        let answer = complete(whole).unwrap().unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"ok"[..]));
        let unchanged = b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n";
        assert_eq!(complete(unchanged).unwrap().unwrap().status, 304);
        assert!(complete(b"220 smtp.example\r\n\r\n").is_err());
    }
}
