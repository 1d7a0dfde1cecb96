//! The one error envelope: `{"error": <code>, …}` with a real HTTP status.

#[cfg(feature = "ssr")]
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

use super::{JsonText, ReservationId, Switch};

/// Why a purchase failed: the same codes in the gate, the ledger, the wire and the pages. Errors
/// that no purchase ends with are only in [`ApiError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// The round has not opened yet.
    NotStarted,
    /// The round is over.
    Ended,
    /// An operator stopped the round.
    Stopped,
    /// No unit is sellable now.
    SoldOut,
    /// This buyer already holds a unit of this item.
    AlreadyReserved,
    /// The address is unknown, used, expired, or somebody else's.
    PathInvalid,
    /// The answer is wrong, or the question was used or has expired.
    CaptchaWrong,
    /// The shop cannot decide right now.
    Busy,
}

impl Rejection {
    /// Its code, the same in gate, ledger and wire.
    pub const fn code(self) -> &'static str {
        match self {
            Rejection::NotStarted => "not_started",
            Rejection::Ended => "ended",
            Rejection::Stopped => "stopped",
            Rejection::SoldOut => "sold_out",
            Rejection::AlreadyReserved => "already_reserved",
            Rejection::PathInvalid => "path_invalid",
            Rejection::CaptchaWrong => "captcha_wrong",
            Rejection::Busy => "busy",
        }
    }
}

/// The errors that callers see. Codes and statuses are a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "error", rename_all = "snake_case", from = "Flat")]
pub enum ApiError {
    /// 401: sign in first (or the mobile number and password do not match).
    #[error("sign in first")]
    Unauthenticated,
    /// 403: not for this caller, or the request did not come from our own pages.
    #[error("not allowed")]
    Forbidden,
    /// 403: an operator has banned the account from buying.
    #[error("this account may not buy")]
    Banned,
    /// 403, see [`Rejection::CaptchaWrong`].
    #[error("wrong answer")]
    CaptchaWrong,
    /// 403, see [`Rejection::PathInvalid`].
    #[error("this address is not valid")]
    PathInvalid,
    /// 404: it does not exist, or it is not the caller's.
    #[error("not found")]
    NotFound,
    /// 409, see [`Rejection::NotStarted`].
    #[error("not started yet")]
    NotStarted,
    /// 409, see [`Rejection::SoldOut`].
    #[error("sold out")]
    SoldOut,
    /// 409, see [`Rejection::AlreadyReserved`]; names the reservation, so that it can be followed.
    #[error("already reserved")]
    AlreadyReserved {
        /// The caller's own earlier reservation, when it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reservation_id: Option<ReservationId>,
    },
    /// 409, see [`Rejection::Stopped`].
    #[error("stopped")]
    Stopped,
    /// 409: the order's state does not allow this (any more).
    #[error("the order is in another state")]
    OrderState,
    /// 410, see [`Rejection::Ended`].
    #[error("ended")]
    Ended,
    /// 422: something in the request is malformed or out of bounds.
    #[error("`{field}` is not valid")]
    Invalid {
        /// The wire name of the invalid field; `body` for the request as a whole.
        field: String,
    },
    /// 429 with `Retry-After`.
    #[error("too many calls")]
    RateLimited {
        /// Seconds after which a call will be accepted again; at least 1.
        retry_after_s: u32,
    },
    /// 503 with `Retry-After`.
    #[error("busy")]
    Busy {
        /// Seconds after which to try again; at least 1.
        retry_after_s: u32,
    },
    /// 503 with `Retry-After`, see [`Switch::QueueOnly`].
    #[error("no purchases are taken now")]
    QueueOnly,
    /// 503 with `Retry-After`, see [`Switch::NoLogIns`].
    #[error("nobody can sign in now")]
    NoLogIns,
    /// 503 with `Retry-After`, see [`Switch::ReadingOnly`].
    #[error("nothing can be changed now")]
    ReadingOnly,
    /// 500; the detail is in the server's log under this id and nowhere else.
    #[error("internal error {trace_id}")]
    Internal {
        /// A reference a person can quote.
        trace_id: String,
    },
    /// Never sent by the server: the browser's error for a missing answer.
    #[error("no connection")]
    Offline,
}

/// The envelope for reading: one flat record for all codes. Reading the tagged enum itself would
/// cost every phone some kilobytes of generated code.
#[derive(Deserialize)]
struct Flat {
    error: String,
    field: Option<String>,
    reservation_id: Option<ReservationId>,
    retry_after_s: Option<u32>,
    trace_id: Option<String>,
}

impl From<Flat> for ApiError {
    /// An unknown code (of a newer server, say) is read as an internal error.
    fn from(flat: Flat) -> Self {
        let retry_after_s = flat.retry_after_s.unwrap_or(1);
        match flat.error.as_str() {
            "unauthenticated" => ApiError::Unauthenticated,
            "forbidden" => ApiError::Forbidden,
            "banned" => ApiError::Banned,
            "captcha_wrong" => ApiError::CaptchaWrong,
            "path_invalid" => ApiError::PathInvalid,
            "not_found" => ApiError::NotFound,
            "not_started" => ApiError::NotStarted,
            "sold_out" => ApiError::SoldOut,
            "already_reserved" => ApiError::AlreadyReserved {
                reservation_id: flat.reservation_id,
            },
            "stopped" => ApiError::Stopped,
            "order_state" => ApiError::OrderState,
            "ended" => ApiError::Ended,
            "invalid" => ApiError::Invalid {
                field: flat.field.unwrap_or_default(),
            },
            "rate_limited" => ApiError::RateLimited { retry_after_s },
            "busy" => ApiError::Busy { retry_after_s },
            "queue_only" => ApiError::QueueOnly,
            "no_log_ins" => ApiError::NoLogIns,
            "reading_only" => ApiError::ReadingOnly,
            "offline" => ApiError::Offline,
            _ => ApiError::Internal {
                trace_id: flat.trace_id.unwrap_or_default(),
            },
        }
    }
}

/// A switch is set for minutes: asking every second would only be load.
const SWITCH_RETRY_S: u32 = 10;

impl ApiError {
    /// The error for shoppers whom a switch stops; `None` for a switch that stops nobody.
    pub fn of_switch(switch: Switch) -> Option<Self> {
        match switch {
            Switch::CaptchaOff => None,
            Switch::QueueOnly => Some(ApiError::QueueOnly),
            Switch::NoLogIns => Some(ApiError::NoLogIns),
            Switch::ReadingOnly => Some(ApiError::ReadingOnly),
        }
    }

    /// The HTTP status that goes with the code.
    pub fn status(&self) -> u16 {
        match self {
            ApiError::Unauthenticated => 401,
            ApiError::Forbidden
            | ApiError::Banned
            | ApiError::CaptchaWrong
            | ApiError::PathInvalid => 403,
            ApiError::NotFound => 404,
            ApiError::NotStarted
            | ApiError::SoldOut
            | ApiError::AlreadyReserved { .. }
            | ApiError::Stopped
            | ApiError::OrderState => 409,
            ApiError::Ended => 410,
            ApiError::Invalid { .. } => 422,
            ApiError::RateLimited { .. } => 429,
            ApiError::Internal { .. } => 500,
            ApiError::Busy { .. }
            | ApiError::QueueOnly
            | ApiError::NoLogIns
            | ApiError::ReadingOnly
            | ApiError::Offline => 503,
        }
    }

    /// The value of `Retry-After`, for the codes that carry one.
    pub fn retry_after_s(&self) -> Option<u32> {
        match self {
            ApiError::RateLimited { retry_after_s } | ApiError::Busy { retry_after_s } => {
                Some(*retry_after_s)
            }
            ApiError::QueueOnly | ApiError::NoLogIns | ApiError::ReadingOnly => {
                Some(SWITCH_RETRY_S)
            }
            _ => None,
        }
    }

    /// The code in the envelope, for log lines, metrics and form redirects.
    pub fn code(&self) -> &'static str {
        match self {
            ApiError::Unauthenticated => "unauthenticated",
            ApiError::Forbidden => "forbidden",
            ApiError::Banned => "banned",
            ApiError::CaptchaWrong => Rejection::CaptchaWrong.code(),
            ApiError::PathInvalid => Rejection::PathInvalid.code(),
            ApiError::NotFound => "not_found",
            ApiError::NotStarted => Rejection::NotStarted.code(),
            ApiError::SoldOut => Rejection::SoldOut.code(),
            ApiError::AlreadyReserved { .. } => Rejection::AlreadyReserved.code(),
            ApiError::Stopped => Rejection::Stopped.code(),
            ApiError::OrderState => "order_state",
            ApiError::Ended => Rejection::Ended.code(),
            ApiError::Invalid { .. } => "invalid",
            ApiError::RateLimited { .. } => "rate_limited",
            ApiError::Busy { .. } => Rejection::Busy.code(),
            ApiError::QueueOnly => Switch::QueueOnly.code(),
            ApiError::NoLogIns => Switch::NoLogIns.code(),
            ApiError::ReadingOnly => Switch::ReadingOnly.code(),
            ApiError::Internal { .. } => "internal",
            ApiError::Offline => "offline",
        }
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonText;

    /// Every error of a server function leaves the server here, exactly once: its body and its
    /// status are set together.
    #[cfg(feature = "ssr")]
    fn ser(&self) -> Bytes {
        crate::api::answer_with(self);
        serde_json::to_vec(self).unwrap_or_default().into()
    }

    /// On the server: unreadable arguments are the caller's mistake. In the browser: a missing
    /// answer, or one that a proxy replaced, is `offline`.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        if cfg!(feature = "ssr") {
            match error {
                ServerFnErrorErr::Args(text)
                | ServerFnErrorErr::MissingArg(text)
                | ServerFnErrorErr::Deserialization(text)
                | ServerFnErrorErr::Request(text) => ApiError::Invalid {
                    field: field_in(&text).to_owned(),
                },
                // Only a bug of ours gets here (an answer that cannot be encoded).
                _ => ApiError::Internal {
                    trace_id: "encoding".to_owned(),
                },
            }
        } else {
            ApiError::Offline
        }
    }
}

/// The field that serde quotes in backticks; `body` if it names none.
fn field_in(message: &str) -> &str {
    message
        .split('`')
        .nth(1)
        .filter(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .unwrap_or("body")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_holds_the_code_and_its_fields() {
        let limited = ApiError::RateLimited { retry_after_s: 3 };
        assert_eq!(
            serde_json::to_string(&limited).unwrap(),
            r#"{"error":"rate_limited","retry_after_s":3}"#
        );
        assert_eq!(
            serde_json::to_string(&ApiError::SoldOut).unwrap(),
            r#"{"error":"sold_out"}"#
        );
        assert_eq!(limited.code(), "rate_limited");
        assert_eq!((limited.status(), limited.retry_after_s()), (429, Some(3)));
    }

    #[test]
    fn the_code_of_a_rejection_is_the_word_it_is_written_as() {
        for rejection in [
            Rejection::NotStarted,
            Rejection::Ended,
            Rejection::Stopped,
            Rejection::SoldOut,
            Rejection::AlreadyReserved,
            Rejection::PathInvalid,
            Rejection::CaptchaWrong,
            Rejection::Busy,
        ] {
            let word = serde_json::to_value(rejection).unwrap();
            assert_eq!(word, rejection.code());
        }
    }

    #[test]
    fn every_error_is_read_back_as_it_was_written() {
        let reservation_id = Some(ReservationId(uuid::Uuid::from_u128(7)));
        let named = |text: &str| text.to_owned();
        for error in [
            ApiError::Unauthenticated,
            ApiError::Forbidden,
            ApiError::Banned,
            ApiError::CaptchaWrong,
            ApiError::PathInvalid,
            ApiError::NotFound,
            ApiError::NotStarted,
            ApiError::SoldOut,
            ApiError::AlreadyReserved { reservation_id },
            ApiError::AlreadyReserved {
                reservation_id: None,
            },
            ApiError::Stopped,
            ApiError::OrderState,
            ApiError::Ended,
            ApiError::Invalid {
                field: named("item_id"),
            },
            ApiError::RateLimited { retry_after_s: 3 },
            ApiError::Busy { retry_after_s: 2 },
            ApiError::QueueOnly,
            ApiError::NoLogIns,
            ApiError::ReadingOnly,
            ApiError::Internal {
                trace_id: named("abc"),
            },
            ApiError::Offline,
        ] {
            let json = serde_json::to_string(&error).unwrap();
            assert!(
                json.contains(&format!("\"error\":\"{}\"", error.code())),
                "{json}"
            );
            assert_eq!(serde_json::from_str::<ApiError>(&json).unwrap(), error);
        }
    }

    #[test]
    fn an_unreadable_argument_names_its_field() {
        assert_eq!(field_in("missing field `item_id` at line 1"), "item_id");
        assert_eq!(field_in("`captcha_id` is not an id"), "captcha_id");
        assert_eq!(field_in("expected value at line 1"), "body");
        assert_eq!(field_in("unknown `<script>`"), "body");
    }
}
