//! Maps use-case errors to wire codes. Logs causes once, here, and never sends them.

use app::wire::{ApiError, Rejection};
use uuid::Uuid;

use crate::chain::Chain;
use crate::engine::{
    LimitError,
    accounts::sign_in::SignInError,
    back_office::{
        add_round::AddRoundError, review_round::ReviewRoundError, stop_round::StopRoundError,
    },
    customer_service::ChangeError,
    orders::cancel::CancelError,
    payments::pay::PayError,
    ports::{PasswordError, PictureError, PortError, RetryAfter},
    products::add_picture::AddPictureError,
    purchase::{ask_captcha::CaptchaError, hand_out_path::PathError, reserve::ReserveError},
    shipping::ShippingError,
    switches::set::SetSwitchError,
};

/// Seconds after which a client may retry when the shop is busy.
const BUSY_S: u32 = 1;

pub fn port_error(error: PortError) -> ApiError {
    match error {
        PortError::Busy { .. } => {
            tracing::warn!(error = %Chain(&error), "a call is answered with busy");
            ApiError::Busy {
                retry_after_s: BUSY_S,
            }
        }
        PortError::Failed { .. } => internal(&error),
    }
}

/// Logs the chain of causes under a trace id, and answers with only that id.
fn internal(error: &(dyn std::error::Error + 'static)) -> ApiError {
    let trace_id = Uuid::now_v7().simple().to_string();
    tracing::error!(trace_id, error = %Chain(error), "internal error");
    ApiError::Internal { trace_id }
}

pub fn limit_error(error: LimitError) -> ApiError {
    match error {
        LimitError::Over(RetryAfter { wait_ms }) => {
            let seconds = u32::try_from((wait_ms.max(1) + 999) / 1000).unwrap_or(u32::MAX);
            ApiError::RateLimited {
                retry_after_s: seconds,
            }
        }
        LimitError::Port(error) => port_error(error),
    }
}

fn rejected(rejection: Rejection) -> ApiError {
    match rejection {
        Rejection::NotStarted => ApiError::NotStarted,
        Rejection::Ended => ApiError::Ended,
        Rejection::Stopped => ApiError::Stopped,
        Rejection::SoldOut => ApiError::SoldOut,
        Rejection::AlreadyReserved => ApiError::AlreadyReserved {
            reservation_id: None,
        },
        Rejection::PathInvalid => ApiError::PathInvalid,
        Rejection::CaptchaWrong => ApiError::CaptchaWrong,
        Rejection::Busy => ApiError::Busy {
            retry_after_s: BUSY_S,
        },
    }
}

impl From<ReserveError> for ApiError {
    fn from(error: ReserveError) -> Self {
        match error {
            ReserveError::Limit(error) => limit_error(error),
            ReserveError::Refused(rejection) => rejected(rejection),
            ReserveError::AlreadyReserved(earlier) => ApiError::AlreadyReserved {
                reservation_id: Some(earlier),
            },
            ReserveError::NotFound => ApiError::NotFound,
            // Whatever the cause, the buyer may retry with the same path.
            ReserveError::Port(error) => {
                tracing::warn!(error = %Chain(&error), "the gate did not decide a purchase; the buyer is told to ask again");
                ApiError::Busy {
                    retry_after_s: BUSY_S,
                }
            }
        }
    }
}

impl From<CaptchaError> for ApiError {
    fn from(error: CaptchaError) -> Self {
        match error {
            CaptchaError::Limit(error) => limit_error(error),
            CaptchaError::NotFound => ApiError::NotFound,
            CaptchaError::Refused(rejection) => rejected(rejection),
            CaptchaError::NoQuestion(_) => ApiError::Busy {
                retry_after_s: BUSY_S,
            },
            CaptchaError::Port(error) => port_error(error),
        }
    }
}

impl From<PathError> for ApiError {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Closed(error) => error.into(),
            PathError::Missing(field) => ApiError::Invalid {
                field: field.to_owned(),
            },
            PathError::Refused(rejection) => rejected(rejection),
        }
    }
}

impl From<SignInError> for ApiError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Limit(error) => limit_error(error),
            SignInError::Invalid(field) => ApiError::Invalid { field },
            SignInError::CodeNeeded(_) => ApiError::Invalid {
                field: "code_needed".to_owned(),
            },
            SignInError::WrongCode(_) => ApiError::Invalid {
                field: "code".to_owned(),
            },
            SignInError::NoMatch(_) => ApiError::Unauthenticated,
            SignInError::Closed(closed) | SignInError::NoMatchWhileClosed(_, closed) => closed,
            SignInError::Password(PasswordError::Busy) => ApiError::Busy {
                retry_after_s: BUSY_S,
            },
            SignInError::Password(error) => internal(&error),
            SignInError::Port(error) => port_error(error),
        }
    }
}

impl From<CancelError> for ApiError {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::Limit(error) => limit_error(error),
            CancelError::NotFound => ApiError::NotFound,
            CancelError::NotPending => ApiError::OrderState,
            CancelError::Port(error) => port_error(error),
        }
    }
}

impl From<PayError> for ApiError {
    fn from(error: PayError) -> Self {
        match error {
            PayError::Limit(error) => limit_error(error),
            PayError::NotFound => ApiError::NotFound,
            PayError::NotPending => ApiError::OrderState,
            PayError::Port(error) => port_error(error),
        }
    }
}

impl From<ShippingError> for ApiError {
    fn from(error: ShippingError) -> Self {
        match error {
            ShippingError::Limit(error) => limit_error(error),
            ShippingError::NotFound => ApiError::NotFound,
            ShippingError::OtherState => ApiError::OrderState,
            ShippingError::Port(error) => port_error(error),
        }
    }
}

impl From<ChangeError> for ApiError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NotFound => ApiError::NotFound,
            ChangeError::OtherState => ApiError::OrderState,
            ChangeError::NoAddress => ApiError::Invalid {
                field: "address".to_owned(),
            },
            ChangeError::Port(error) => port_error(error),
        }
    }
}

impl From<AddRoundError> for ApiError {
    fn from(error: AddRoundError) -> Self {
        match error {
            AddRoundError::Invalid(wrong) => ApiError::Invalid {
                field: wrong.field(),
            },
            AddRoundError::Port(error) => port_error(error),
        }
    }
}

impl From<ReviewRoundError> for ApiError {
    fn from(error: ReviewRoundError) -> Self {
        let invalid = |field: &str| ApiError::Invalid {
            field: field.to_owned(),
        };
        match error {
            ReviewRoundError::NotFound => ApiError::NotFound,
            ReviewRoundError::OwnRound => invalid("prepared_by"),
            ReviewRoundError::NotYours => ApiError::Forbidden,
            ReviewRoundError::OtherContent => invalid("content_hash"),
            ReviewRoundError::NotWaiting => invalid("state"),
            ReviewRoundError::Invalid(wrong) => invalid(&wrong.field()),
            ReviewRoundError::Port(error) => port_error(error),
        }
    }
}

impl From<SetSwitchError> for ApiError {
    fn from(error: SetSwitchError) -> Self {
        match error {
            SetSwitchError::Invalid(field) => ApiError::Invalid {
                field: field.to_owned(),
            },
            SetSwitchError::Port(error) => port_error(error),
        }
    }
}

impl From<AddPictureError> for ApiError {
    fn from(error: AddPictureError) -> Self {
        let field = match error {
            AddPictureError::Picture(PictureError::Kind) => "picture_kind",
            AddPictureError::Picture(PictureError::TooLarge) => "picture_large",
            AddPictureError::Picture(PictureError::TooManyPixels) => "picture_pixels",
            AddPictureError::Picture(PictureError::Broken) => "picture_broken",
            AddPictureError::Picture(PictureError::Busy) => {
                return ApiError::Busy {
                    retry_after_s: BUSY_S,
                };
            }
            AddPictureError::TooMany => "picture_count",
            AddPictureError::Port(error) => return port_error(error),
        };
        ApiError::Invalid {
            field: field.to_owned(),
        }
    }
}

impl From<StopRoundError> for ApiError {
    fn from(error: StopRoundError) -> Self {
        match error {
            StopRoundError::NotFound => ApiError::NotFound,
            StopRoundError::Words => ApiError::Invalid {
                field: "words".to_owned(),
            },
            StopRoundError::Port(error) => port_error(error),
        }
    }
}
