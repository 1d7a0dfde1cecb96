//! The server functions: the only way from pages and islands to the shop, and the HTTP contract for
//! other programs. Each takes the caller and the shop from the context and passes the call on; an error
//! gets its status where it is encoded. The purchase is a plain call of the browser: it has no static
//! address, and the server's `http::hidden_path` answers it.

mod account;
#[cfg(feature = "ssr")]
mod account_form;
mod back_office;
mod catalogue;
mod customer_service;
mod log_ins;
#[cfg(feature = "ssr")]
mod login_cookie;
mod messages;
mod orders;
mod products;
mod purchase;
mod second_factor;
mod shipping;
mod system;
#[cfg(feature = "ssr")]
mod typed_fields;
mod undelivered;

pub use account::{
    ChangePassword, Login, Logout, Register, change_password, login, logout, me, register,
};
pub use back_office::{
    activities, add_round, admin_rounds, approve_round, clear_switch, now, resume_round,
    round_report, send_round_back, set_switch, stop_round, switches,
};
pub use catalogue::{GetClock, GetItem, GetRounds, GetStock, clock, item, rounds, stock};
pub use customer_service::{
    admin_buyer, admin_buyers, admin_order, admin_orders, admin_payments, ban_buyer, refund_order,
    ship_order,
};
pub use log_ins::{EndLogIn, EndOtherLogIns, end_log_in, end_other_log_ins, log_ins};
pub use messages::{messages, read_messages, unread_messages};
pub use orders::{cancel, order, orders, pay};
pub use products::{admin_products, archive_product};
pub use purchase::{
    Captcha, GetReservation, Path, captcha, captcha_words, my_reservation, path, purchase,
    reservation, reservations,
};
pub use second_factor::{
    BeginSecondFactor, ConfirmSecondFactor, RemoveSecondFactor, begin_second_factor,
    confirm_second_factor, remove_second_factor, second_factor,
};
pub use shipping::{confirm_receipt, save_shipping_address, shipping_address};
pub use system::{checks, differences, system};
pub use undelivered::{drop_parked, replay_message, replay_parked, undelivered};

#[cfg(feature = "ssr")]
pub use account::SIGNED_OUT;
#[cfg(feature = "ssr")]
pub use context::{back_office, extension, language, shop, visitor};
#[cfg(feature = "ssr")]
pub use login_cookie::LoginCookie;
#[cfg(feature = "ssr")]
pub(crate) use status::answer_with;
#[cfg(feature = "ssr")]
pub use typed_fields::TypedFields;

#[cfg(feature = "ssr")]
mod context {
    use http::request::Parts;
    use leptos::prelude::*;

    use crate::{
        port::{Office, Shop, Visitor},
        wire::{ApiError, Language},
    };

    /// The shop behind this request.
    ///
    /// # Errors
    /// `internal`, when a route was mounted without the services (a bug of ours).
    pub fn shop() -> Result<Shop, ApiError> {
        use_context::<Shop>().ok_or_else(|| ApiError::Internal {
            trace_id: "no-services".to_owned(),
        })
    }

    /// The back office behind this request.
    ///
    /// # Errors
    /// `internal`, when a route was mounted without the services (a bug of ours).
    pub fn back_office() -> Result<Office, ApiError> {
        use_context::<Office>().ok_or_else(|| ApiError::Internal {
            trace_id: "no-services".to_owned(),
        })
    }

    /// The caller.
    ///
    /// # Errors
    /// `internal`, when the visitor layer is missing in front of the route (a bug of ours).
    pub fn visitor() -> Result<Visitor, ApiError> {
        extension::<Visitor>().ok_or_else(|| ApiError::Internal {
            trace_id: "no-visitor".to_owned(),
        })
    }

    /// The language of the page being rendered.
    pub fn language() -> Language {
        extension::<Visitor>().map_or_else(Language::default, |visitor| visitor.language)
    }

    /// A value that the server has put into the request.
    pub fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
        use_context::<Parts>()?.extensions.get::<T>().cloned()
    }
}

#[cfg(feature = "ssr")]
mod status {
    use http::{HeaderValue, StatusCode, header};
    use leptos::prelude::*;
    use leptos_axum::ResponseOptions;

    use crate::wire::ApiError;

    /// Gives the running server function's answer the status of `error`, unless it redirects a browser's
    /// form: then the error is in the address.
    pub(crate) fn answer_with(error: &ApiError) {
        let Some(response) = use_context::<ResponseOptions>() else {
            return;
        };
        if redirects(&response) {
            return;
        }
        if let Ok(status) = StatusCode::from_u16(error.status()) {
            response.set_status(status);
        }
        response.insert_header(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        );
        if let Some(seconds) = error.retry_after_s() {
            response.insert_header(header::RETRY_AFTER, seconds.into());
        }
    }

    fn redirects(response: &ResponseOptions) -> bool {
        let parts = response.0.read();
        parts.is_ok_and(|parts| parts.status.is_some_and(|status| status.is_redirection()))
    }
}
