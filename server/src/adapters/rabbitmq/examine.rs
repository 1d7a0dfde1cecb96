//! Reads the broker's version for operators. It is in the broker's greeting, which the library does not
//! expose.

use tokio::{io::AsyncReadExt as _, time::timeout};

use super::{
    PORT,
    connection::{Broker, CONNECT_TIMEOUT},
};
use crate::{adapters::tls::Trust, engine::ports::PortError};

/// Type, channel and length of a frame.
const FRAME_HEAD: usize = 7;
/// Largest greeting; real ones have some hundred bytes.
const MOST: usize = 64 * 1024;

/// The version that a broker reports.
///
/// # Errors
/// If the address is malformed, or the broker does not greet within seconds.
pub async fn broker_version(url: &str, trust: &Trust) -> Result<String, PortError> {
    let broker = Broker::new(url, trust)?;
    let greeting = timeout(CONNECT_TIMEOUT, greeting(&broker)).await;
    let greeting = greeting.map_err(|_| PortError::busy(PORT, "no greeting in time"))?;
    let greeting = greeting.map_err(|error| PortError::busy(PORT, error))?;
    Ok(version(&greeting).unwrap_or_else(|| "unknown".to_owned()))
}

async fn greeting(broker: &Broker) -> std::io::Result<Vec<u8>> {
    let mut stream = broker.greet().await?;
    let mut head = [0; FRAME_HEAD];
    stream.read_exact(&mut head).await?;
    let [_, _, _, length @ ..] = head;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(MOST);
    let mut frame = vec![0; length.min(MOST)];
    stream.read_exact(&mut frame).await?;
    Ok(frame)
}

/// A field of the table of properties: length of the name, name, type `S`, length of the text, text.
fn version(greeting: &[u8]) -> Option<String> {
    const FIELD: &[u8] = b"\x07versionS";
    let at = greeting
        .windows(FIELD.len())
        .position(|bytes| bytes == FIELD)?;
    let (length, text) = greeting[at + FIELD.len()..].split_first_chunk::<4>()?;
    let text = text.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_truncated_greeting_or_one_without_a_version_does_not_panic() {
        let greeting = b"..\x07productS\0\0\0\x08RabbitMQ\x07versionS\0\0\0\x063.10.8..";
        assert_eq!(version(greeting).as_deref(), Some("3.10.8"));
        for end in 0..greeting.len() - 3 {
            assert_eq!(version(&greeting[..end]), None, "{end}");
        }
    }
}
