//! The server functions: the only way from pages and islands to the shop, and the HTTP contract
//! that other programs rely on. Each one fetches the caller and the shop from the context and
//! passes on; statuses are set in one place, by the server's `http::envelope`.

mod account;
mod catalogue;
mod hidden_path;
#[cfg(feature = "ssr")]
mod local_path;
mod orders;
mod purchase;

pub use account::{Login, Logout, Register, login, logout, me, register};
pub use catalogue::{clock, item, rounds, stock};
pub use orders::{cancel, order, orders};
pub use purchase::{Purchase, captcha, captcha_words, my_reservation, path, purchase, reservation};

#[cfg(feature = "ssr")]
pub use context::{HiddenPathSegment, language, shop, visitor};
#[cfg(feature = "ssr")]
pub use local_path::local_path;

#[cfg(feature = "ssr")]
mod context {
    use http::request::Parts;
    use leptos::prelude::*;

    use crate::{
        port::{Shop, Visitor},
        wire::{ApiError, Language},
    };

    /// The secret part of `/seckill/{path}`, put into the request by the route that owns it.
    #[derive(Clone)]
    pub struct HiddenPathSegment(pub String);

    /// The shop behind this request.
    ///
    /// # Errors
    /// `internal`, when a route was mounted without the services (a bug of ours).
    pub fn shop() -> Result<Shop, ApiError> {
        use_context::<Shop>().ok_or_else(|| ApiError::Internal {
            trace_id: "no-services".to_owned(),
        })
    }

    /// Who is asking.
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

    pub(super) fn extension<T: Clone + Send + Sync + 'static>() -> Option<T> {
        use_context::<Parts>()?.extensions.get::<T>().cloned()
    }
}
