//! Request ids: in the answer and in every line logged for the request, so that an id a visitor quotes can
//! be found. A line gets it when it is written ([`super::log`]); a request that logs nothing only pays for a
//! number and the header.

use std::{
    fmt::{self, Display},
    hash::{BuildHasher as _, RandomState},
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::http::HeaderValue;

tokio::task_local! {
    static CURRENT: RequestId;
}

/// The header that carries it.
pub const HEADER: &str = "x-request-id";
/// Longest id taken from a proxy: nginx's have 32 characters, a UUID has 36.
const MOST: usize = 64;

/// The id of a request.
#[derive(Clone, Debug)]
pub enum RequestId {
    /// Created here: 16 digits.
    Made(u64),
    /// Taken from a proxy of ours.
    Given(HeaderValue),
}

impl RequestId {
    /// A new id. It looks random: consecutive numbers would show every visitor how many others there are.
    pub fn make() -> Self {
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        static COUNT: AtomicU64 = AtomicU64::new(0);
        RequestId::Made(KEY.hash_one(COUNT.fetch_add(1, Ordering::Relaxed)))
    }

    /// A proxy's id, if it is short and cannot be mistaken for another part of a log line.
    pub fn given(value: &HeaderValue) -> Option<Self> {
        let bytes = value.as_bytes();
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
        let is_safe = (1..=MOST).contains(&bytes.len()) && bytes.iter().all(is_plain);
        is_safe.then(|| RequestId::Given(value.clone()))
    }

    /// For the answer's header.
    pub fn to_header(&self) -> HeaderValue {
        match self {
            RequestId::Made(number) => {
                let mut digits = [0; 16];
                for (at, digit) in digits.iter_mut().enumerate() {
                    let nibble = number >> (60 - 4 * at) & 0xf;
                    *digit = b"0123456789abcdef"[nibble as usize];
                }
                // Digits are valid in a header.
                HeaderValue::from_bytes(&digits).unwrap_or(HeaderValue::from_static(""))
            }
            RequestId::Given(value) => value.clone(),
        }
    }

    /// Runs `work` under this id.
    pub async fn around<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    /// The request that this task handles, if any.
    pub fn with_current<T>(see: impl FnOnce(&RequestId) -> T) -> Option<T> {
        CURRENT.try_with(see).ok()
    }
}

impl Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RequestId::Made(number) => write!(f, "{number:016x}"),
            // `given` accepted only text.
            RequestId::Given(value) => f.write_str(value.to_str().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_the_same_in_header_and_log() {
        for number in [0, 1, 0x0123_4567_89ab_cdef, u64::MAX] {
            let id = RequestId::Made(number);
            assert_eq!(id.to_header().to_str().unwrap(), id.to_string());
            assert_eq!(id.to_string().len(), 16);
        }
    }

    #[test]
    fn ids_do_not_count_requests() {
        let numbers: Vec<_> = (0..100).map(|_| RequestId::make()).collect();
        let made = numbers.windows(2).filter(|pair| match pair {
            [RequestId::Made(first), RequestId::Made(second)] => first.abs_diff(*second) < 1000,
            _ => true,
        });
        assert_eq!(made.count(), 0);
    }

    #[test]
    fn only_a_short_plain_id_is_taken_over() {
        let taken = |text: &[u8]| RequestId::given(&HeaderValue::from_bytes(text).unwrap());
        for plain in ["a", "0192-AbC_d.9", &"x".repeat(64)] {
            assert_eq!(taken(plain.as_bytes()).unwrap().to_string(), plain);
        }
        for other in [
            "",
            " ",
            "a b",
            "a=b",
            "a\"b",
            "a,b",
            "\u{e9}",
            &"x".repeat(65),
        ] {
            assert!(taken(other.as_bytes()).is_none(), "{other}");
        }
    }
}
